#include "document_json.h"

#include <string.h>

#include "words.h"

/* ---- to JSON ---- */

static json_t *zone_to_json(const covey_zone *zone)
{
    return json_pack("{s:I, s:i, s:i, s:I, s:o, s:b, s:b, s:b}", "id",
                     (json_int_t)zone->id, "lat_e7", zone->lat_e7, "lon_e7",
                     zone->lon_e7, "radius_m", (json_int_t)zone->radius_m,
                     "name",
                     json_stringn((const char *)zone->name.at, zone->name.len),
                     "tell_enter", zone->tell_enter, "tell_leave",
                     zone->tell_leave, "hidden", zone->hidden);
}

static json_t *list_to_json(const covey_document *d)
{
    json_t *list = json_array();

    if (d->kind == COVEY_DOCUMENT_ZONES) {
        for (size_t i = 0; i < d->of.zones.num_zones; i++) {
            json_array_append_new(list, zone_to_json(&d->of.zones.zones[i]));
        }
    } else if (d->kind == COVEY_DOCUMENT_SCHOOL_HOURS) {
        for (size_t i = 0; i < d->of.school_hours.num_spans; i++) {
            const covey_span *span = &d->of.school_hours.spans[i];
            json_array_append_new(list,
                                  json_pack("{s:I, s:I}", "begin",
                                            (json_int_t)span->begin, "end",
                                            (json_int_t)span->end));
        }
    } else {
        for (size_t i = 0; i < d->of.members.num_ids; i++) {
            char text[MEMBER_TEXT_SIZE];
            member_text(text, &d->of.members.ids[i]);
            json_array_append_new(list, json_string(text));
        }
    }
    return list;
}

json_t *document_to_json(const covey_document *d)
{
    json_t *o =
        json_pack("{s:s, s:I}", "kind", word(WORDS_DOCUMENT, (int)d->kind),
                  "version", (json_int_t)d->version);

    if (d->kind == COVEY_DOCUMENT_REPORTING) {
        json_object_update_new(
            o,
            json_pack("{s:I, s:I, s:I, s:I}", "interval_s",
                      (json_int_t)d->of.reporting.interval_s,
                      "moving_interval_s",
                      (json_int_t)d->of.reporting.moving_interval_s, "moved_m",
                      (json_int_t)d->of.reporting.moved_m, "reserve_percent",
                      (json_int_t)d->of.reporting.reserve_percent));
    } else if (d->kind == COVEY_DOCUMENT_PRECISION) {
        json_object_set_new(o, "grid_m", json_integer(d->of.precision.grid_m));
    } else {
        json_object_set_new(o, "list", list_to_json(d));
    }
    return o;
}

/* ---- from JSON ---- */

static bool number(uint32_t *out, const json_t *o, const char *name,
                   complaint *error)
{
    const json_t *value = json_object_get(o, name);

    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        json_integer_value(value) > UINT32_MAX) {
        return complain(error, "%s is a whole number", name);
    }
    *out = (uint32_t)json_integer_value(value);
    return true;
}

static bool degrees(int32_t *out, const json_t *o, const char *name,
                    complaint *error)
{
    const json_t *value = json_object_get(o, name);

    if (!json_is_integer(value) || json_integer_value(value) < INT32_MIN ||
        json_integer_value(value) > INT32_MAX) {
        return complain(error, "%s is in degrees times 10^7", name);
    }
    *out = (int32_t)json_integer_value(value);
    return true;
}

static bool zone_from_json(covey_zone *zone, const json_t *o, complaint *error)
{
    const char *name = json_string_value(json_object_get(o, "name"));

    *zone = (covey_zone){.tell_enter =
                             json_is_true(json_object_get(o, "tell_enter")),
                         .tell_leave =
                             json_is_true(json_object_get(o, "tell_leave")),
                         .hidden = json_is_true(json_object_get(o, "hidden"))};
    if (name == NULL) return complain(error, "a zone has a name");
    zone->name = (covey_bytes){(const uint8_t *)name, strlen(name)};
    return number(&zone->id, o, "id", error) &&
           degrees(&zone->lat_e7, o, "lat_e7", error) &&
           degrees(&zone->lon_e7, o, "lon_e7", error) &&
           number(&zone->radius_m, o, "radius_m", error);
}

static bool zones_from_json(covey_document *d, document_room *room,
                            const json_t *list, complaint *error)
{
    size_t num = json_array_size(list);

    if (num > COVEY_ZONES_MAX) {
        return complain(error, "at most %d zones", COVEY_ZONES_MAX);
    }
    for (size_t i = 0; i < num; i++) {
        if (!zone_from_json(&room->zones[i], json_array_get(list, i), error)) {
            return false;
        }
    }
    d->of.zones.zones = room->zones;
    d->of.zones.num_zones = num;
    return true;
}

static bool hours_from_json(covey_document *d, const json_t *list,
                            complaint *error)
{
    size_t num = json_array_size(list);

    if (num > COVEY_SPANS_MAX) {
        return complain(error, "at most %d spans", COVEY_SPANS_MAX);
    }
    for (size_t i = 0; i < num; i++) {
        const json_t *o = json_array_get(list, i);
        covey_span *span = &d->of.school_hours.spans[i];
        if (!number(&span->begin, o, "begin", error) ||
            !number(&span->end, o, "end", error)) {
            return false;
        }
    }
    d->of.school_hours.num_spans = num;
    return true;
}

static bool members_from_json(covey_document *d, document_room *room,
                              const json_t *list, complaint *error)
{
    size_t num = json_array_size(list);

    if (num > COVEY_CONTACTS_MAX) {
        return complain(error, "at most %d members", COVEY_CONTACTS_MAX);
    }
    for (size_t i = 0; i < num; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!member_read(&room->members[i], text)) {
            return complain(error, "a member's id has 32 hexadecimal digits");
        }
    }
    d->of.members.ids = room->members;
    d->of.members.num_ids = num;
    return true;
}

static bool reporting_from_json(covey_document *d, const json_t *o,
                                complaint *error)
{
    return number(&d->of.reporting.interval_s, o, "interval_s", error) &&
           number(&d->of.reporting.moving_interval_s, o, "moving_interval_s",
                  error) &&
           number(&d->of.reporting.moved_m, o, "moved_m", error) &&
           number(&d->of.reporting.reserve_percent, o, "reserve_percent",
                  error);
}

bool document_from_json(covey_document *document, document_room *room,
                        const json_t *value, complaint *error)
{
    covey_document d = {0};
    const json_t *list = json_object_get(value, "list");
    int kind = word_value(WORDS_DOCUMENT,
                          json_string_value(json_object_get(value, "kind")));
    bool ok = false;

    if (kind < 0) {
        return complain(error, "kind is zones, school_hours, contacts, "
                               "sos_list, reporting or precision");
    }
    d.kind = (covey_document_kind)kind;
    if (kind == COVEY_DOCUMENT_REPORTING) {
        ok = reporting_from_json(&d, value, error);
    } else if (kind == COVEY_DOCUMENT_PRECISION) {
        ok = number(&d.of.precision.grid_m, value, "grid_m", error);
    } else if (!json_is_array(list)) {
        return complain(error, "%s has a list", word(WORDS_DOCUMENT, kind));
    } else if (kind == COVEY_DOCUMENT_ZONES) {
        ok = zones_from_json(&d, room, list, error);
    } else if (kind == COVEY_DOCUMENT_SCHOOL_HOURS) {
        ok = hours_from_json(&d, list, error);
    } else {
        ok = members_from_json(&d, room, list, error);
    }
    if (ok) *document = d;
    return ok;
}
