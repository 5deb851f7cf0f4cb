#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "clock_text.h"
#include "decimal.h"
#include "gpx.h"

#define DEPTH_MAX 32
#define TEXT_MAX 64
#define SEPARATOR '|' /* between a namespace and a name */
#define SPACE_10 "http://www.topografix.com/GPX/1/0|"
#define SPACE_11 "http://www.topografix.com/GPX/1/1|"

#define HDOP_CM 500 /* accuracy of a hdop of 1 */
#define ACCURACY_CM 1000

/* Where the parser is; anything else is ELSEWHERE. */
typedef enum {
    ELSEWHERE,
    ROOT,
    TRACK,
    SEGMENT,
    POINT,
    ELEVATION,
    TIME,
    HDOP
} place;

static const struct {
    place in;
    const char *name;
    place is;
} places[] = {
    {ROOT, "trk", TRACK},      {TRACK, "trkseg", SEGMENT},
    {SEGMENT, "trkpt", POINT}, {POINT, "ele", ELEVATION},
    {POINT, "time", TIME},     {POINT, "hdop", HDOP},
};

typedef struct {
    XML_Parser parser;
    track *track;
    complaint *error;
    bool failed;
    char space[64]; /* the root's namespace and the separator */
    place stack[DEPTH_MAX];
    size_t depth;
    covey_fix fix;
    bool has[HDOP + 1]; /* of the point */
    char text[TEXT_MAX];
    size_t text_len;
} reading;

/* The first complaint stands. */
static void fail(reading *r, const char *what)
{
    if (r->failed) return;
    r->failed = true;
    (void)complain(r->error, "line %lu: %s",
                   (unsigned long)XML_GetCurrentLineNumber(r->parser), what);
    (void)XML_StopParser(r->parser, XML_FALSE);
}

static bool read_degrees(int32_t *out, const char *text, int64_t limit)
{
    int64_t value = 0;

    if (text == NULL || !decimal_read(&value, text, strlen(text), 7) ||
        value < -limit || value > limit) {
        return false;
    }
    *out = (int32_t)value;
    return true;
}

static void begin_point(reading *r, const char **attributes)
{
    const char *lat = NULL;
    const char *lon = NULL;

    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        if (strcmp(attributes[i], "lat") == 0) lat = attributes[i + 1];
        if (strcmp(attributes[i], "lon") == 0) lon = attributes[i + 1];
    }
    memset(r->has, 0, sizeof r->has);
    r->fix =
        (covey_fix){.accuracy_cm = ACCURACY_CM, .source = COVEY_SOURCE_GNSS};
    if (!read_degrees(&r->fix.lat_e7, lat, 900000000) ||
        !read_degrees(&r->fix.lon_e7, lon, 1800000000)) {
        fail(r, "a trkpt has lat from -90 to 90 and lon from -180 to 180");
    }
}

static void begin_root(reading *r, const char *name)
{
    const char *bar = strchr(name, SEPARATOR);
    size_t len = bar != NULL ? (size_t)(bar - name) + 1 : 0;

    if (strcmp(name + len, "gpx") != 0 ||
        (strncmp(name, SPACE_10, len) != 0 &&
         strncmp(name, SPACE_11, len) != 0) ||
        len != sizeof SPACE_10 - 1) {
        fail(r, "this is not GPX 1.0 or 1.1");
        return;
    }
    memcpy(r->space, name, len);
    r->space[len] = 0;
    r->stack[r->depth++] = ROOT;
}

static place place_of(const reading *r, const char *name)
{
    size_t len = strlen(r->space);
    place in = r->stack[r->depth - 1];

    if (strncmp(name, r->space, len) != 0) return ELSEWHERE;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i].in == in && strcmp(places[i].name, name + len) == 0) {
            return places[i].is;
        }
    }
    return ELSEWHERE;
}

static void on_start(void *ctx, const char *name, const char **attributes)
{
    reading *r = ctx;

    if (r->failed) return;
    if (r->depth == 0) {
        begin_root(r, name);
        return;
    }
    if (r->depth == DEPTH_MAX) {
        fail(r, "elements are too deep in each other");
        return;
    }
    place is = place_of(r, name);
    /* What has a value has nothing else in it, and comes once. */
    if (r->stack[r->depth - 1] >= ELEVATION) fail(r, "an element in a value");
    if (is >= ELEVATION && r->has[is]) fail(r, "a value twice in a trkpt");
    r->has[is] = true;
    r->stack[r->depth++] = is;
    r->text_len = 0;
    if (is == POINT) begin_point(r, attributes);
}

static void on_text(void *ctx, const char *text, int len)
{
    reading *r = ctx;

    if (r->failed || r->depth == 0 || r->stack[r->depth - 1] < ELEVATION) {
        return;
    }
    if ((size_t)len > TEXT_MAX - r->text_len) {
        fail(r, "a value is too long");
        return;
    }
    memcpy(r->text + r->text_len, text, (size_t)len);
    r->text_len += (size_t)len;
}

/* The text without white space around it, which XML Schema collapses. */
static const char *trimmed(reading *r, size_t *len)
{
    const char *at = r->text;
    const char *end = at + r->text_len;

    while (at < end && strchr(" \t\r\n", *at) != NULL) at++;
    while (end > at && strchr(" \t\r\n", end[-1]) != NULL) end--;
    *len = (size_t)(end - at);
    return at;
}

/* What a receiver writes whose clock was never set: as good as no time. */
static bool is_before_1970(const char *text, size_t len)
{
    int year = 0;

    for (size_t i = 0; i < 4; i++) {
        if (i >= len || text[i] < '0' || text[i] > '9') return false;
        year = year * 10 + (text[i] - '0');
    }
    return len > 4 && text[4] == '-' && year < 1970;
}

static void end_value(reading *r, place is)
{
    size_t len = 0;
    const char *text = trimmed(r, &len);
    int64_t value = 0;

    if (is == TIME) {
        if (!is_before_1970(text, len) &&
            !clock_read(&r->fix.time_ms, text, len)) {
            fail(r, "a time is like 2026-11-20T07:45:00Z, from 1970 on");
        }
    } else if (!decimal_read(&value, text, len, 2)) {
        fail(r, "not a number");
    } else if (is == ELEVATION) {
        if (value < -2000000 || value > 2000000) {
            fail(r, "an elevation is from -20000 to 20000 metres");
            return;
        }
        r->fix.altitude_cm = (int32_t)value;
        r->fix.has_altitude = true;
    } else if (value < 0 || value > 100000) {
        fail(r, "a hdop is from 0 to 1000");
    } else {
        r->fix.accuracy_cm = (uint32_t)(value * HDOP_CM / 100);
    }
}

static void on_end(void *ctx, const char *name)
{
    reading *r = ctx;

    (void)name;
    if (r->failed || r->depth == 0) return;
    place is = r->stack[--r->depth];
    if (is >= ELEVATION) end_value(r, is);
    if (is == POINT && !r->failed && !track_add(r->track, &r->fix)) {
        fail(r, "more than 200000 points");
    }
}

/* Entities could make much of little, or name other files. */
static void on_doctype(void *ctx, const char *name, const char *system_id,
                       const char *public_id, int has_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    fail(ctx, "a document type has no place in GPX");
}

/* In pieces, so that no length of it is beyond expat's int. */
static void parse(reading *r, const char *text, size_t len)
{
    const size_t piece = 1u << 20;

    for (size_t at = 0; !r->failed; at += piece) {
        bool last = len - at <= piece;
        size_t part = last ? len - at : piece;
        if (XML_Parse(r->parser, text + at, (int)part, last) != XML_STATUS_OK) {
            fail(r, XML_ErrorString(XML_GetErrorCode(r->parser)));
        }
        if (last) break;
    }
}

bool gpx_read(track *t, const char *text, size_t len, complaint *error)
{
    reading r = {.track = t, .error = error};

    if (len > GPX_SIZE_MAX) return complain(error, "larger than 64 MiB");
    r.parser = XML_ParserCreateNS(NULL, SEPARATOR);
    if (r.parser == NULL) return complain(error, "no memory");
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    parse(&r, text, len);
    XML_ParserFree(r.parser);
    return !r.failed;
}

static char *read_whole(FILE *file, size_t *len)
{
    size_t cap = 1u << 16;
    char *text = malloc(cap);

    *len = 0;
    while (text != NULL) {
        *len += fread(text + *len, 1, cap - *len, file);
        if (*len < cap) break;
        if (cap > GPX_SIZE_MAX) break; /* gpx_read refuses it */
        char *more = realloc(text, 2 * cap);
        if (more == NULL) free(text);
        text = more;
        cap *= 2;
    }
    return text;
}

bool gpx_read_file(track *t, const char *path, complaint *error)
{
    size_t len = 0;
    bool ok = false;
    FILE *file = fopen(path, "rbe");

    if (file == NULL) return complain(error, "%s", strerror(errno));
    char *text = read_whole(file, &len);
    if (text == NULL || ferror(file)) {
        (void)complain(error, "cannot be read");
    } else {
        ok = gpx_read(t, text, len, error);
    }
    free(text);
    fclose(file);
    return ok;
}
