#include "nmea.h"

#include <string.h>

#include "clock_text.h"
#include "decimal.h"

#define FIELDS_MAX 24
#define HDOP_CM 500 /* accuracy of a hdop of 1 */
#define ACCURACY_CM 1000

typedef struct {
    const char *at;
    size_t len;
} field;

typedef struct {
    field fields[FIELDS_MAX]; /* 0: talker and sentence */
    size_t num;
} sentence;

void nmea_init(nmea_reader *reader)
{
    *reader = (nmea_reader){0};
}

/* ---- sentences ---- */

static int hex_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* "$" fields "*" two digits that are the exclusive or of what is between. */
static bool split(sentence *s, const char *line, size_t len)
{
    unsigned char sum = 0;
    size_t begin = 1;

    s->num = 0;
    if (len < 4 || line[0] != '$' || line[len - 3] != '*') return false;
    for (size_t i = 1; i <= len - 3; i++) {
        if (i < len - 3) sum ^= (unsigned char)line[i];
        if (line[i] < ' ' || line[i] > '~') return false;
        if (line[i] != ',' && i < len - 3) continue;
        if (s->num == FIELDS_MAX) return false;
        s->fields[s->num++] = (field){line + begin, i - begin};
        begin = i + 1;
    }
    return hex_of(line[len - 2]) == sum >> 4 &&
           hex_of(line[len - 1]) == (sum & 15);
}

static field field_at(const sentence *s, size_t at)
{
    return at < s->num ? s->fields[at] : (field){"", 0};
}

static bool is_sentence(const sentence *s, const char *type)
{
    return s->fields[0].len == 5 && memcmp(s->fields[0].at + 2, type, 3) == 0;
}

static bool is_letter(field f, char letter)
{
    return f.len == 1 && f.at[0] == letter;
}

/* ---- fields ---- */

static bool two_digits(int *value, const char *at)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9') return false;
    *value = (at[0] - '0') * 10 + (at[1] - '0');
    return true;
}

static bool is_plain(field f)
{
    return f.len > 0 && f.at[0] >= '0' && f.at[0] <= '9';
}

static bool read_number(int64_t *value, field f, unsigned digits)
{
    return decimal_read(value, f.at, f.len, digits);
}

/* hhmmss or hhmmss.sss, as milliseconds of the day. */
static bool read_time(int64_t *ms, field f)
{
    int hour = 0;
    int minute = 0;
    int64_t second_ms = 0;

    if (f.len < 6 || !two_digits(&hour, f.at) ||
        !two_digits(&minute, f.at + 2) || !is_plain((field){f.at + 5, 1}) ||
        !is_plain((field){f.at + 4, 1}) ||
        !decimal_read(&second_ms, f.at + 4, f.len - 4, 3) || hour > 23 ||
        minute > 59 || second_ms >= 60000) {
        return false;
    }
    *ms = (hour * 60 + minute) * (int64_t)60000 + second_ms;
    return true;
}

/* ddmmyy; years from 1980 to 2079. */
static bool read_date(int64_t *time_ms, field f, int64_t ms_of_day)
{
    int day = 0;
    int month = 0;
    int year = 0;

    return f.len == 6 && two_digits(&day, f.at) &&
           two_digits(&month, f.at + 2) && two_digits(&year, f.at + 4) &&
           clock_from_date(time_ms, year < 80 ? 2000 + year : 1900 + year,
                           month, day, ms_of_day);
}

/* Degrees of two or three digits, minutes, and the hemisphere. */
static bool read_degrees(int32_t *out, field f, field side, size_t digits,
                         const char *letters)
{
    int64_t degrees = 0;
    int64_t minutes_e7 = 0;

    if (f.len < digits + 2 || !is_plain((field){f.at + digits, 1}) ||
        !is_plain(f) || !decimal_read(&degrees, f.at, digits, 0) ||
        !decimal_read(&minutes_e7, f.at + digits, f.len - digits, 7) ||
        minutes_e7 >= 600000000) {
        return false;
    }
    int64_t value = degrees * 10000000 + (minutes_e7 + 30) / 60;
    if (value > (digits == 2 ? 900000000 : 1800000000)) return false;
    if (!is_letter(side, letters[0]) && !is_letter(side, letters[1])) {
        return false;
    }
    *out = (int32_t)(is_letter(side, letters[1]) ? -value : value);
    return true;
}

/* ---- what they say ---- */

static void take_gga(nmea_reader *reader, const sentence *s)
{
    int64_t hdop = 0;
    int64_t altitude = 0;

    reader->has_gga = read_time(&reader->gga_ms, field_at(s, 1));
    reader->accuracy_cm = ACCURACY_CM;
    if (read_number(&hdop, field_at(s, 8), 2) && hdop >= 0 && hdop <= 100000) {
        reader->accuracy_cm = (uint32_t)(hdop * HDOP_CM / 100);
    }
    reader->has_altitude = read_number(&altitude, field_at(s, 9), 2) &&
                           is_letter(field_at(s, 10), 'M') &&
                           altitude >= -2000000 && altitude <= 2000000;
    reader->altitude_cm = reader->has_altitude ? (int32_t)altitude : 0;
}

/* Knots are 51.4444 cm/s. */
static void take_course(covey_fix *fix, const sentence *s)
{
    int64_t knots_e3 = 0;
    int64_t course = 0;

    if (read_number(&knots_e3, field_at(s, 7), 3) && knots_e3 >= 0 &&
        knots_e3 <= 900000) {
        fix->has_speed = true;
        fix->speed_cm_s = (uint32_t)(knots_e3 * 514444 / 10000000);
    }
    if (read_number(&course, field_at(s, 8), 2) && course >= 0 &&
        course <= 36000) {
        fix->has_heading = true;
        fix->heading_cdeg = (uint32_t)(course % 36000);
    }
}

static bool take_rmc(const nmea_reader *reader, const sentence *s,
                     covey_fix *fix)
{
    covey_fix read = {.accuracy_cm = ACCURACY_CM, .source = COVEY_SOURCE_GNSS};
    int64_t ms_of_day = 0;

    if (!is_letter(field_at(s, 2), 'A') ||
        !read_time(&ms_of_day, field_at(s, 1)) ||
        !read_date(&read.time_ms, field_at(s, 9), ms_of_day) ||
        !read_degrees(&read.lat_e7, field_at(s, 3), field_at(s, 4), 2, "NS") ||
        !read_degrees(&read.lon_e7, field_at(s, 5), field_at(s, 6), 3, "EW")) {
        return false;
    }
    take_course(&read, s);
    if (reader->has_gga && reader->gga_ms == ms_of_day) {
        read.accuracy_cm = reader->accuracy_cm;
        read.has_altitude = reader->has_altitude;
        read.altitude_cm = reader->altitude_cm;
    }
    *fix = read;
    return true;
}

static bool take_line(nmea_reader *reader, covey_fix *fix)
{
    sentence s;

    if (reader->len == 0 && !reader->too_long) return false;
    if (reader->too_long || !split(&s, reader->line, reader->len)) {
        reader->num_bad++;
        return false;
    }
    if (is_sentence(&s, "GGA")) take_gga(reader, &s);
    return is_sentence(&s, "RMC") && take_rmc(reader, &s, fix);
}

bool nmea_take(nmea_reader *reader, char byte, covey_fix *fix)
{
    if (byte == '\n' || byte == '\r') {
        bool has = take_line(reader, fix);
        reader->len = 0;
        reader->too_long = false;
        return has;
    }
    if (reader->len == NMEA_LINE_MAX) {
        reader->too_long = true;
    } else {
        reader->line[reader->len++] = byte;
    }
    return false;
}
