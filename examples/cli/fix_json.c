#include "fix_json.h"

#include "words.h"

json_t *fix_to_json(const covey_fix *fix)
{
    json_t *o =
        json_pack("{s:I, s:i, s:i, s:I, s:s, s:s}", "time_ms",
                  (json_int_t)fix->time_ms, "lat_e7", fix->lat_e7, "lon_e7",
                  fix->lon_e7, "accuracy_cm", (json_int_t)fix->accuracy_cm,
                  "source", word(WORDS_SOURCE, (int)fix->source), "reason",
                  word(WORDS_REASON, (int)fix->reason));

    if (fix->has_altitude) {
        json_object_set_new(o, "altitude_cm", json_integer(fix->altitude_cm));
    }
    if (fix->has_speed) {
        json_object_set_new(o, "speed_cm_s", json_integer(fix->speed_cm_s));
    }
    if (fix->has_heading) {
        json_object_set_new(o, "heading_cdeg", json_integer(fix->heading_cdeg));
    }
    if (fix->has_battery) {
        json_object_set_new(o, "battery_percent",
                            json_integer(fix->battery_percent));
    }
    if (fix->charging != COVEY_YES_NO_UNKNOWN) {
        json_object_set_new(o, "charging",
                            json_boolean(fix->charging == COVEY_YES));
    }
    if (fix->worn != COVEY_YES_NO_UNKNOWN) {
        json_object_set_new(o, "worn", json_boolean(fix->worn == COVEY_YES));
    }
    return o;
}

/* A whole number within a range. */
static bool number(int64_t *out, const json_t *o, const char *name, int64_t low,
                   int64_t high)
{
    const json_t *value = json_object_get(o, name);

    if (!json_is_integer(value) || json_integer_value(value) < low ||
        json_integer_value(value) > high) {
        return false;
    }
    *out = json_integer_value(value);
    return true;
}

static covey_yes_no yes_no(const json_t *o, const char *name)
{
    const json_t *value = json_object_get(o, name);

    if (!json_is_boolean(value)) return COVEY_YES_NO_UNKNOWN;
    return json_is_true(value) ? COVEY_YES : COVEY_NO;
}

static int word_at(words_of which, const json_t *o, const char *name)
{
    int value = word_value(which, json_string_value(json_object_get(o, name)));

    return value > 0 ? value : 0;
}

static void read_optional(covey_fix *fix, const json_t *o)
{
    int64_t value = 0;

    fix->has_altitude = number(&value, o, "altitude_cm", -2000000, 2000000);
    if (fix->has_altitude) fix->altitude_cm = (int32_t)value;
    fix->has_speed = number(&value, o, "speed_cm_s", 0, 50000);
    if (fix->has_speed) fix->speed_cm_s = (uint32_t)value;
    fix->has_heading = number(&value, o, "heading_cdeg", 0, 35999);
    if (fix->has_heading) fix->heading_cdeg = (uint32_t)value;
    fix->has_battery = number(&value, o, "battery_percent", 0, 100);
    if (fix->has_battery) fix->battery_percent = (uint32_t)value;
    fix->charging = yes_no(o, "charging");
    fix->worn = yes_no(o, "worn");
    fix->source = (covey_source)word_at(WORDS_SOURCE, o, "source");
    fix->reason = (covey_reason)word_at(WORDS_REASON, o, "reason");
}

bool fix_from_json(covey_fix *fix, const json_t *o)
{
    covey_fix read = {0};
    int64_t lat = 0;
    int64_t lon = 0;
    int64_t accuracy = 0;

    if (!number(&read.time_ms, o, "time_ms", 0, COVEY_TIME_MS_MAX) ||
        !number(&lat, o, "lat_e7", -900000000, 900000000) ||
        !number(&lon, o, "lon_e7", -1800000000, 1800000000) ||
        !number(&accuracy, o, "accuracy_cm", 0, 100000000)) {
        return false;
    }
    read.lat_e7 = (int32_t)lat;
    read.lon_e7 = (int32_t)lon;
    read.accuracy_cm = (uint32_t)accuracy;
    read_optional(&read, o);
    *fix = read;
    return true;
}
