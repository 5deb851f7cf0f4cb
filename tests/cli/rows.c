#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content_json.h"
#include "fix_json.h"
#include "view.h"

void rows_add(history *h, json_t *row)
{
    char name[HISTORY_NAME_MAX];

    view_row_name(name, row);
    if (history_add(h, name, row) != 1) abort();
    json_decref(row);
}

json_t *rows_payload(const char *type, const char *sender, unsigned counter,
                     int64_t time_ms)
{
    return json_pack("{s:s, s:s, s:o, s:i, s:I, s:I, s:b}", "type", type,
                     "sender", sender, "counter", u64_to_json(counter),
                     "incarnation", 0, "sent_ms", (json_int_t)time_ms,
                     "received_ms", (json_int_t)time_ms, "mine",
                     strcmp(sender, ROWS_ANNA) == 0);
}

static json_t *member(const char *id, const char *role, int person, bool self)
{
    return json_pack("{s:s, s:s, s:i, s:b, s:b}", "id", id, "role", role,
                     "person", person, "self", self, "confirmed", true);
}

void rows_device(history *h)
{
    json_t *zone =
        json_pack("{s:i, s:i, s:i, s:i, s:s}", "id", 1, "lat_e7", 473770000,
                  "lon_e7", 85417000, "radius_m", 80, "name", "School <b>");
    json_t *policy =
        json_pack("{s:b, s:{s:s, s:i, s:[o]}}", "in_force", true, "document",
                  "kind", "zones", "version", 1, "list", zone);
    json_t *row =
        json_pack("{s:s, s:s, s:s, s:[o, o, o], s:[o]}", "type", "device",
                  "state", "member", "self", ROWS_ANNA, "members",
                  member(ROWS_WATCH, "wearer", 0, false),
                  member(ROWS_ANNA, "guardian", 1, true),
                  member(ROWS_BEN, "guardian", 2, false), "policy", policy);
    json_t *name = json_pack("{s:s, s:s, s:s}", "type", "name", "member",
                             ROWS_BEN, "name", "Ben");

    if (history_put(h, "device", row) != 0 ||
        history_put(h, "name/" ROWS_BEN, name) != 0) {
        abort();
    }
    json_decref(row);
    json_decref(name);
}

void rows_walk(history *h, const track *t, int64_t now_ms)
{
    for (size_t i = 0; i < t->num; i++) {
        json_t *row =
            rows_payload("location", ROWS_WATCH, 1000 + (unsigned)i, now_ms);
        json_object_set_new(row, "trust", json_string("fresh"));
        json_object_set_new(row, "age_ms",
                            json_integer(now_ms - t->fixes[i].time_ms));
        json_object_set_new(row, "fixes",
                            json_pack("[o]", fix_to_json(&t->fixes[i])));
        rows_add(h, row);
    }
}

void rows_text(history *h, const char *sender, unsigned counter,
               int64_t time_ms, const char *text)
{
    json_t *row = rows_payload("text", sender, counter, time_ms);

    json_object_set_new(row, "text", json_string(text));
    rows_add(h, row);
}
