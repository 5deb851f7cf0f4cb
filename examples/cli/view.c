#include "view.h"

#include <covey/device.h>
#include <stdio.h>
#include <string.h>

#include "content_json.h"
#include "fix_json.h"
#include "words.h"

#define EVENTS_MAX 1000

void view_init(view *v, history *rows)
{
    *v = (view){.rows = rows,
                .names = json_object(),
                .messages = json_array(),
                .by_id = json_object(),
                .events = json_array(),
                .sos = json_object(),
                .receipts = json_object(),
                .answers = json_object()};
}

void view_free(view *v)
{
    json_decref(v->device);
    json_decref(v->names);
    json_decref(v->messages);
    json_decref(v->by_id);
    json_decref(v->events);
    json_decref(v->sos);
    json_decref(v->receipts);
    json_decref(v->answers);
    json_decref(v->status);
    json_decref(v->newest);
    track_free(&v->track);
    *v = (view){0};
}

static const char *text_of(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));

    return text != NULL ? text : "";
}

static json_int_t number_of(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

void view_mark_name(char out[HISTORY_NAME_MAX], const char *what,
                    const json_t *row)
{
    snprintf(out, HISTORY_NAME_MAX, "%.16s/%.32s/%lld/%.16s", what,
             text_of(row, "sender"), (long long)number_of(row, "incarnation"),
             text_of(row, "counter"));
}

void view_row_name(char out[HISTORY_NAME_MAX], const json_t *row)
{
    view_mark_name(out, "payload", row);
}

static void replace(json_t **at, const json_t *row)
{
    json_decref(*at);
    *at = json_deep_copy(row);
}

/* ---- what rows say ---- */

static bool is_trusted(const json_t *row)
{
    return word_value(WORDS_TRUST, text_of(row, "trust")) > 0;
}

/* A clock that was ahead, the watch's or one's own, must not hide all that
 * comes after it. */
static bool is_newer(const view *v, const json_t *row, const covey_fix *fix)
{
    if (v->newest == NULL) return true;
    return fix->time_ms > number_of(v->newest, "newest_ms") ||
           (is_trusted(row) && !is_trusted(v->newest)) ||
           number_of(row, "received_ms") < number_of(v->newest, "received_ms");
}

static void take_location(view *v, const json_t *row)
{
    const json_t *fixes = json_object_get(row, "fixes");
    char name[HISTORY_NAME_MAX];
    covey_fix fix = {0};

    for (size_t i = 0; i < json_array_size(fixes); i++) {
        if (!fix_from_json(&fix, json_array_get(fixes, i))) continue;
        (void)track_add(&v->track, &fix);
        if (!is_newer(v, row, &fix)) continue;
        replace(&v->newest, row);
        json_object_set_new(v->newest, "newest_ms", json_integer(fix.time_ms));
        json_object_set(v->newest, "fix", json_array_get(fixes, i));
    }
    const json_t *asked = json_object_get(row, "answer_to");
    if (asked != NULL) {
        view_row_name(name, asked);
        json_object_set_new(v->answers, name, json_deep_copy(row));
    }
}

static void take_message(view *v, const json_t *row)
{
    char name[HISTORY_NAME_MAX];
    json_t *copy = json_deep_copy(row);

    view_row_name(name, row);
    json_array_append_new(v->messages, copy);
    json_object_set(v->by_id, name, copy);
}

static void take_sent(view *v, const json_t *row)
{
    char name[HISTORY_NAME_MAX];

    view_row_name(name, row);
    json_t *message = json_object_get(v->by_id, name);
    if (message != NULL) json_object_set_new(message, "sent", json_true());
}

/* "delivered" never replaces "read". */
static void note_receipt(json_t *message, const char *by, const char *receipt)
{
    json_t *all = json_object_get(message, "receipts");

    if (all == NULL) {
        all = json_object();
        json_object_set_new(message, "receipts", all);
    }
    if (strcmp(text_of(all, by), "read") != 0) {
        json_object_set_new(all, by, json_string(receipt));
    }
}

static bool is_in_ranges(const json_t *ranges, uint64_t counter)
{
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        const json_t *range = json_array_get(ranges, i);
        uint64_t first = 0;
        uint64_t last = 0;
        if (u64_from_json(&first, json_array_get(range, 0)) &&
            u64_from_json(&last, json_array_get(range, 1)) &&
            counter >= first && counter <= last) {
            return true;
        }
    }
    return false;
}

static void take_receipt(view *v, const json_t *row)
{
    size_t i = 0;
    json_t *message = NULL;

    json_array_foreach(v->messages, i, message)
    {
        uint64_t counter = 0;
        if (strcmp(text_of(message, "sender"), text_of(row, "of")) == 0 &&
            number_of(message, "incarnation") ==
                number_of(row, "of_incarnation") &&
            u64_from_json(&counter, json_object_get(message, "counter")) &&
            is_in_ranges(json_object_get(row, "ranges"), counter)) {
            note_receipt(message, text_of(row, "sender"),
                         text_of(row, "receipt"));
        }
    }
}

/* What only a program waits for is not kept for people. */
static bool is_of_interest(const json_t *row)
{
    static const char *const others[] = {"epoch", "current", "enter_digits",
                                         "show_digits", "done"};
    const char *event = text_of(row, "event");

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(others[i], event) == 0) return false;
    }
    return true;
}

static void take_event(view *v, const json_t *row)
{
    if (!is_of_interest(row)) return;
    json_array_append_new(v->events, json_deep_copy(row));
    if (json_array_size(v->events) > EVENTS_MAX) {
        json_array_remove(v->events, 0);
    }
}

/* The first call is told; later ones bring its place up to date. */
static void take_sos(view *v, const json_t *row)
{
    const char *id = text_of(row, "sos");
    json_t *known = json_object_get(v->sos, id);

    if (known == NULL) {
        known = json_deep_copy(row);
        json_object_set_new(v->sos, id, known);
        take_event(v, row);
    } else if (json_is_true(json_object_get(row, "over"))) {
        json_object_set_new(known, "over", json_true());
        take_event(v, row);
    }
    if (json_object_get(row, "fixes") != NULL) take_location(v, row);
}

static void take_sos_ack(view *v, const json_t *row)
{
    json_t *known = json_object_get(v->sos, text_of(row, "sos"));

    if (known != NULL && strcmp(text_of(row, "by"), "person") == 0) {
        json_object_set(known, "seen_by", json_object_get(row, "sender"));
    }
    take_event(v, row);
}

static void take_command_receipt(view *v, const json_t *row)
{
    char name[HISTORY_NAME_MAX];

    view_row_name(name, json_object_get(row, "about"));
    json_object_set_new(v->receipts, name, json_deep_copy(row));
    take_event(v, row);
}

static void take_name(view *v, const json_t *row)
{
    json_object_set(v->names, text_of(row, "member"),
                    json_object_get(row, "name"));
}

static void take_status(view *v, const json_t *row)
{
    replace(&v->status, row);
}

static void take_device(view *v, const json_t *row)
{
    replace(&v->device, row);
}

typedef void taker(view *v, const json_t *row);

static const struct {
    const char *type;
    taker *take;
} takers[] = {
    {"location", take_location},  {"text", take_message},
    {"attachment", take_message}, {"receipt", take_receipt},
    {"sent", take_sent},          {"sos", take_sos},
    {"sos_ack", take_sos_ack},    {"command_receipt", take_command_receipt},
    {"status", take_status},      {"name", take_name},
    {"device", take_device},      {"event", take_event},
    {"pause", take_event},        {"command", take_event},
};

static bool take_row(void *ctx, const json_t *row)
{
    const char *type = text_of(row, "type");
    view *v = ctx;

    for (size_t i = 0; i < sizeof takers / sizeof takers[0]; i++) {
        if (strcmp(takers[i].type, type) == 0) takers[i].take(v, row);
    }
    if (v->hook != NULL) v->hook(v->hook_ctx, row);
    return true;
}

bool view_update(view *v)
{
    int64_t last = history_each(v->rows, v->last, take_row, v);

    if (last < 0) return false;
    v->last = last;
    return true;
}

/* ---- members ---- */

static const json_t *members_of(const view *v)
{
    return json_object_get(v->device, "members");
}

static const json_t *member_row(const view *v, const char *member)
{
    const json_t *members = members_of(v);

    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *row = json_array_get(members, i);
        if (strcmp(text_of(row, "id"), member) == 0) return row;
    }
    return NULL;
}

void view_name(char out[VIEW_NAME_SIZE], const view *v, const char *member)
{
    if (member == NULL || *member == 0) {
        snprintf(out, VIEW_NAME_SIZE, "nobody");
        return;
    }
    const char *nick = json_string_value(json_object_get(v->names, member));
    const json_t *row = member_row(v, member);
    if (nick != NULL) {
        snprintf(out, VIEW_NAME_SIZE, "%.60s", nick);
    } else if (row == NULL) {
        snprintf(out, VIEW_NAME_SIZE, "%.8s", member);
    } else if (strcmp(text_of(row, "role"), "wearer") == 0) {
        snprintf(out, VIEW_NAME_SIZE, "the watch");
    } else {
        snprintf(out, VIEW_NAME_SIZE, "%s %.8s", text_of(row, "role"), member);
    }
}

const char *view_member(const view *v, const char *text)
{
    const json_t *members = members_of(v);
    const char *found = NULL;
    size_t len = strlen(text);

    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *row = json_array_get(members, i);
        const char *id = text_of(row, "id");
        const char *nick = text_of(v->names, id);
        bool is_watch = strcmp(text, "watch") == 0 &&
                        strcmp(text_of(row, "role"), "wearer") == 0;
        if (strcmp(nick, text) == 0 || is_watch ||
            (len >= 4 && strncmp(id, text, len) == 0)) {
            if (found != NULL) return NULL;
            found = id;
        }
    }
    return found;
}

/* ---- what a map shows ---- */

/* Since the row came. The clock that only grows does so from the start of the
 * machine: after another start it tells nothing, or too little. */
static int64_t passed_since(const json_t *row, covey_now now)
{
    const json_t *received = json_object_get(row, "received_mono_ms");
    json_int_t mono = (json_int_t)now.mono_ms - json_integer_value(received);
    json_int_t passed = now.utc_ms - number_of(row, "received_ms");

    if (passed < 0) return -1;
    return received != NULL && mono > passed ? mono : passed;
}

int64_t view_age(const view *v, covey_now now, const char **trust)
{
    *trust = "unknown";
    if (v->newest == NULL) return -1;
    json_int_t age = number_of(v->newest, "age_ms");
    json_int_t received = number_of(v->newest, "received_ms");
    int64_t passed = passed_since(v->newest, now);
    if (!is_trusted(v->newest) || age < 0 || received <= 0 || passed < 0)
        return -1;
    age += passed;
    *trust = age < COVEY_FRESH_MS ? "fresh" : "stale";
    return age;
}
