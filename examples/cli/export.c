#include "export.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "clock_text.h"
#include "decimal.h"
#include "gpx.h"

const char *source_name(covey_source source)
{
    static const char *const names[] = {"unknown", "gnss", "wifi", "cell",
                                        "fused"};

    return (unsigned)source < 5 ? names[source] : names[0];
}

/* A fix in words, as all three formats need it. */
typedef struct {
    char lat[DECIMAL_TEXT_SIZE];
    char lon[DECIMAL_TEXT_SIZE];
    char altitude_m[DECIMAL_TEXT_SIZE];
    char accuracy_m[DECIMAL_TEXT_SIZE];
    char time[CLOCK_TEXT_SIZE]; /* empty: not known */
} words;

static words words_of(const covey_fix *fix)
{
    words w;

    decimal_write(w.lat, fix->lat_e7, 7);
    decimal_write(w.lon, fix->lon_e7, 7);
    decimal_write(w.altitude_m, fix->altitude_cm, 2);
    decimal_write(w.accuracy_m, fix->accuracy_cm, 2);
    w.time[0] = 0;
    if (fix->time_ms > 0) clock_write(w.time, fix->time_ms);
    return w;
}

/* ---- GPX ---- */

static void put_xml(FILE *out, const char *text)
{
    for (; *text != 0; text++) {
        switch (*text) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        default: fputc(*text, out);
        }
    }
}

static void put_point(FILE *out, const covey_fix *fix)
{
    char hdop[DECIMAL_TEXT_SIZE];
    words w = words_of(fix);

    /* The inverse of what gpx_read does. */
    decimal_write(hdop, (int64_t)fix->accuracy_cm / 5, 2);
    fprintf(out, "<trkpt lat=\"%s\" lon=\"%s\">", w.lat, w.lon);
    if (fix->has_altitude) fprintf(out, "<ele>%s</ele>", w.altitude_m);
    if (w.time[0] != 0) fprintf(out, "<time>%s</time>", w.time);
    fprintf(out, "<hdop>%s</hdop></trkpt>\n", hdop);
}

bool gpx_write(FILE *out, const track *t, const char *name)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<gpx version=\"1.1\" creator=\"covey\" "
          "xmlns=\"http://www.topografix.com/GPX/1/1\">\n<trk><name>",
          out);
    put_xml(out, name);
    fputs("</name><trkseg>\n", out);
    for (size_t i = 0; i < t->num; i++) put_point(out, &t->fixes[i]);
    fputs("</trkseg></trk>\n</gpx>\n", out);
    return fflush(out) == 0 && !ferror(out);
}

/* ---- GeoJSON ---- */

static void put_json(FILE *out, const char *text)
{
    json_t *value = json_string(text);
    char *encoded = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);

    fputs(encoded != NULL ? encoded : "\"\"", out);
    free(encoded);
    json_decref(value);
}

static void put_coordinates(FILE *out, const covey_fix *fix)
{
    words w = words_of(fix);

    fprintf(out, "[%s,%s%s%s]", w.lon, w.lat, fix->has_altitude ? "," : "",
            fix->has_altitude ? w.altitude_m : "");
}

static void put_feature(FILE *out, const covey_fix *fix)
{
    words w = words_of(fix);

    fputs("{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\","
          "\"coordinates\":",
          out);
    put_coordinates(out, fix);
    fprintf(out, "},\"properties\":{\"accuracy_m\":%s,\"source\":\"%s\"",
            w.accuracy_m, source_name(fix->source));
    if (w.time[0] != 0) fprintf(out, ",\"time\":\"%s\"", w.time);
    fputs("}}", out);
}

bool geojson_write(FILE *out, const track *t, const char *name)
{
    fputs("{\"type\":\"FeatureCollection\",\"features\":[\n", out);
    for (size_t i = 0; i < t->num; i++) {
        put_feature(out, &t->fixes[i]);
        fputs(i + 1 < t->num || t->num > 1 ? ",\n" : "\n", out);
    }
    if (t->num > 1) { /* a line has two ends */
        fputs("{\"type\":\"Feature\",\"geometry\":{\"type\":\"LineString\","
              "\"coordinates\":[",
              out);
        for (size_t i = 0; i < t->num; i++) {
            if (i > 0) fputc(',', out);
            put_coordinates(out, &t->fixes[i]);
        }
        fputs("]},\"properties\":{\"name\":", out);
        put_json(out, name);
        fputs("}}\n", out);
    }
    fputs("]}\n", out);
    return fflush(out) == 0 && !ferror(out);
}

/* ---- CSV ---- */

bool csv_write(FILE *out, const track *t, const char *name)
{
    (void)name;
    fputs("time,latitude,longitude,accuracy_m,altitude_m,source\r\n", out);
    for (size_t i = 0; i < t->num; i++) {
        words w = words_of(&t->fixes[i]);
        fprintf(out, "%s,%s,%s,%s,%s,%s\r\n", w.time, w.lat, w.lon,
                w.accuracy_m, t->fixes[i].has_altitude ? w.altitude_m : "",
                source_name(t->fixes[i].source));
    }
    return fflush(out) == 0 && !ferror(out);
}
