#include <string.h>

#include "describe.h"
#include "fix_json.h"
#include "view.h"

#define FIXES_SHOWN 5000
#define MESSAGES_SHOWN 100
#define EVENTS_SHOWN 50

static json_t *named(const view *v, const json_t *row, const char *field)
{
    char name[VIEW_NAME_SIZE];

    view_name(name, v, json_string_value(json_object_get(row, field)));
    return json_string(name);
}

static json_t *track_json(const view *v)
{
    track sorted = {NULL, 0, 0};
    json_t *list = json_array();

    for (size_t i = 0; i < v->track.num; i++) {
        (void)track_add(&sorted, &v->track.fixes[i]);
    }
    track_sort(&sorted);
    size_t first = sorted.num > FIXES_SHOWN ? sorted.num - FIXES_SHOWN : 0;
    for (size_t i = first; i < sorted.num; i++) {
        json_array_append_new(list, fix_to_json(&sorted.fixes[i]));
    }
    track_free(&sorted);
    return list;
}

/* Waiting, sent, delivered, read: as far as the farthest. */
static const char *state_of(const json_t *message)
{
    const json_t *receipts = json_object_get(message, "receipts");
    const char *state =
        json_is_true(json_object_get(message, "sent")) ? "sent" : "waiting";
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach((json_t *)(uintptr_t)receipts, key, value)
    {
        const char *said = json_string_value(value);
        if (said != NULL && strcmp(said, "read") == 0) return "read";
        state = "delivered";
    }
    return state;
}

static json_t *messages_json(const view *v)
{
    size_t num = json_array_size(v->messages);
    json_t *list = json_array();

    for (size_t i = num > MESSAGES_SHOWN ? num - MESSAGES_SHOWN : 0; i < num;
         i++) {
        const json_t *m = json_array_get(v->messages, i);
        bool mine = json_is_true(json_object_get(m, "mine"));
        char text[DESCRIBE_SIZE];
        describe_message(text, m);
        json_array_append_new(list, json_pack("{s:o, s:s, s:O, s:b, s:s}",
                                              "from", named(v, m, "sender"),
                                              "text", text, "time_ms",
                                              json_object_get(m, "sent_ms"),
                                              "mine", mine, "state",
                                              mine ? state_of(m) : "received"));
    }
    return list;
}

static json_t *events_json(const view *v)
{
    size_t num = json_array_size(v->events);
    json_t *list = json_array();

    for (size_t i = num > EVENTS_SHOWN ? num - EVENTS_SHOWN : 0; i < num; i++) {
        const json_t *row = json_array_get(v->events, i);
        char text[DESCRIBE_SIZE];
        describe(text, v, row);
        json_t *time = json_object_get(row, "received_ms");
        json_array_append_new(list, json_pack("{s:s, s:O?, s:b}", "text", text,
                                              "time_ms", time, "alarm",
                                              describe_is_alarm(row)));
    }
    return list;
}

static json_t *members_json(const view *v)
{
    const json_t *members = json_object_get(v->device, "members");
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(members); i++) {
        json_t *copy = json_deep_copy(json_array_get(members, i));
        json_object_set_new(copy, "name", named(v, copy, "id"));
        json_array_append_new(list, copy);
    }
    return list;
}

static json_t *zones_json(const view *v)
{
    const json_t *policy = json_object_get(v->device, "policy");

    for (size_t i = 0; i < json_array_size(policy); i++) {
        json_t *d = json_object_get(json_array_get(policy, i), "document");
        const char *kind = json_string_value(json_object_get(d, "kind"));
        if (kind != NULL && strcmp(kind, "zones") == 0) {
            return json_incref(json_object_get(d, "list"));
        }
    }
    return json_array();
}

json_t *view_to_json(const view *v, covey_now now)
{
    const char *trust = NULL;
    int64_t age = view_age(v, now, &trust);
    json_t *last = json_null();

    if (v->newest != NULL) {
        last = json_deep_copy(json_object_get(v->newest, "fix"));
        json_object_set_new(last, "age_ms", json_integer(age));
        json_object_set_new(last, "trust", json_string(trust));
        json_object_set_new(last, "name", named(v, v->newest, "sender"));
    }
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "now_ms",
                     (json_int_t)now.utc_ms, "last", last, "track",
                     track_json(v), "zones", zones_json(v), "members",
                     members_json(v), "messages", messages_json(v), "events",
                     events_json(v));
}
