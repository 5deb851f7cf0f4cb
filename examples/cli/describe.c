#include "describe.h"

#include <stdio.h>
#include <string.h>

#include "clock_text.h"
#include "decimal.h"

/* A row and the names of those in it. */
typedef struct {
    char *out;
    const json_t *row;
    char sender[VIEW_NAME_SIZE];
    char member[VIEW_NAME_SIZE];
    char by[VIEW_NAME_SIZE];
} telling;

static const char *text_of(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));

    return text != NULL ? text : "";
}

static json_int_t number_of(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

void describe_age(char *out, size_t size, int64_t age_ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{86400000, "days"}, {3600000, "h"}, {60000, "min"}};

    if (age_ms < 0) {
        snprintf(out, size, "unknown");
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        if (age_ms >= 2 * units[i].ms) {
            snprintf(out, size, "%lld %s", (long long)(age_ms / units[i].ms),
                     units[i].unit);
            return;
        }
    }
    snprintf(out, size, "%lld s", (long long)(age_ms / 1000));
}

void describe_message(char out[DESCRIBE_SIZE], const json_t *row)
{
    if (strcmp(text_of(row, "type"), "text") == 0) {
        snprintf(out, DESCRIBE_SIZE, "%s", text_of(row, "text"));
    } else if (strcmp(text_of(row, "media"), "voice") == 0) {
        snprintf(out, DESCRIBE_SIZE, "[voice, %lld s, %lld bytes]",
                 (long long)number_of(row, "duration_ms") / 1000,
                 (long long)number_of(row, "size"));
    } else {
        snprintf(out, DESCRIBE_SIZE, "[picture, %lldx%lld, %lld bytes]",
                 (long long)number_of(row, "width"),
                 (long long)number_of(row, "height"),
                 (long long)number_of(row, "size"));
    }
}

/* ---- what members say ---- */

static void tell_message(telling *t)
{
    char message[DESCRIBE_SIZE];

    describe_message(message, t->row);
    snprintf(t->out, DESCRIBE_SIZE, "%s: %.4300s", t->sender, message);
}

static void tell_location(telling *t)
{
    const json_t *fixes = json_object_get(t->row, "fixes");
    const json_t *fix = json_array_get(fixes, json_array_size(fixes) - 1);
    char lat[DECIMAL_TEXT_SIZE];
    char lon[DECIMAL_TEXT_SIZE];
    char time[CLOCK_TEXT_SIZE] = "no time";

    if (fix == NULL) {
        snprintf(t->out, DESCRIBE_SIZE, "%s: a scan of its surroundings",
                 t->sender);
        return;
    }
    decimal_write(lat, number_of(fix, "lat_e7"), 7);
    decimal_write(lon, number_of(fix, "lon_e7"), 7);
    if (number_of(fix, "time_ms") > 0) {
        clock_write(time, number_of(fix, "time_ms"));
    }
    snprintf(t->out, DESCRIBE_SIZE, "%s is at %s %s, within %lld m, %s (%s)%s",
             t->sender, lat, lon,
             (long long)number_of(fix, "accuracy_cm") / 100, time,
             text_of(t->row, "trust"),
             json_object_get(t->row, "answer_to") ? ", as asked" : "");
}

static void tell_sos(telling *t)
{
    bool over = json_is_true(json_object_get(t->row, "over"));

    snprintf(t->out, DESCRIBE_SIZE,
             over ? "%s called the SOS off"
                  : "SOS from %s: `covey sos --seen` "
                    "says that you have seen it",
             t->sender);
}

static void tell_sos_ack(telling *t)
{
    bool person = strcmp(text_of(t->row, "by"), "person") == 0;

    snprintf(t->out, DESCRIBE_SIZE,
             person ? "%s has seen the SOS" : "the SOS rings at %s", t->sender);
}

static void tell_command(telling *t)
{
    snprintf(t->out, DESCRIBE_SIZE, "%s asked: %s", t->sender,
             text_of(t->row, "command"));
}

static void tell_command_receipt(telling *t)
{
    const char *outcome = text_of(t->row, "outcome");
    const char *reason = text_of(t->row, "reason");

    if (strcmp(outcome, "expired") == 0) {
        reason = "it came too late, by its own clock or by that of who asked: "
                 "are both right?";
    }
    snprintf(t->out, DESCRIBE_SIZE, "%s: %s%s%s", t->sender, outcome,
             *reason != 0 ? ", because: " : "", reason);
}

static void tell_pause(telling *t)
{
    snprintf(t->out, DESCRIBE_SIZE,
             number_of(t->row, "until_ms") != 0
                 ? "%s paused: no locations for a while"
                 : "%s is no longer paused",
             t->sender);
}

/* ---- what the library reports ---- */

static const struct {
    const char *event;
    bool alarm;
    /* Member, by: at most one of each, in this order; where there is no
     * member, the first is by. */
    const char *format;
} events[] = {
    {"added", false, "%s was added by %s"},
    {"removed", false, "%s was removed by %s"},
    {"removal_proposed", true,
     "the removal of %s was proposed by %s; who agrees says `covey remove` too"},
    {"epoch", false, "fresh keys"},
    {"current", false, "%s has the newest keys"},
    {"torn", true,
     "%s has read what is not here: the relay lost it, or keeps it back"},
    {"moved", false, "%s moved the circle to another relay"},
    {"silent", true, "%s has not been heard for too long"},
    {"heard", false, "%s is heard again"},
    {"show_digits", false, "joined; the digits are on the screen"},
    {"enter_digits", false, "%s waits for its digits"},
    {"invite_ended", true, "the invite ended without a circle"},
    {"forked", true, "STOPPED: others see another log than this device"},
    {"locked_out", true, "STOPPED: a change that this device cannot follow"},
    {"rolled_back", true, "STOPPED: an older state of this device came back"},
    {"ended", true, "this device is no longer of the circle"},
};

static void tell_relay(telling *t)
{
    static const char *const states[][2] = {
        {"well", "the relay serves again"},
        {"full", "the circle's mailbox at the relay is full"},
        {"refuses", "the relay refuses to serve, or is too busy"},
        {"wrong", "what answers is not a relay, or lies"},
        {"away", "the relay does not answer"},
        {"lost", "the relay has lost all that it had; what some had not read "
                 "is missing"}};
    const char *state = text_of(t->row, "relay");
    const char *why = text_of(t->row, "why");

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(states[i][0], state) == 0) state = states[i][1];
    }
    snprintf(t->out, DESCRIBE_SIZE, "%s", *why != 0 ? why : state);
}

static void tell_counted(telling *t, const char *event)
{
    if (strcmp(event, "missing") == 0) {
        snprintf(t->out, DESCRIBE_SIZE, "%lld updates of %s are missing",
                 (long long)number_of(t->row, "count"), t->member);
    } else if (strcmp(event, "relay") == 0) {
        tell_relay(t);
    } else if (strcmp(event, "notice") == 0) {
        snprintf(t->out, DESCRIBE_SIZE, "NOTICE: %s, by %s",
                 text_of(t->row, "notice"), t->by);
    } else if (strcmp(event, "policy") == 0) {
        snprintf(t->out, DESCRIBE_SIZE, "in force now: %s",
                 text_of(json_object_get(t->row, "document"), "kind"));
    } else {
        snprintf(t->out, DESCRIBE_SIZE, "%s: %s%s%s", event,
                 text_of(t->row, "operation"),
                 *text_of(t->row, "error") != 0 ? ": " : "",
                 text_of(t->row, "error"));
    }
}

static void tell_event(telling *t)
{
    const char *event = text_of(t->row, "event");

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        const char *at = NULL;
        if (strcmp(events[i].event, event) != 0) continue;
        at = strstr(events[i].format, "%s");
        snprintf(t->out, DESCRIBE_SIZE, "%.*s",
                 at != NULL ? (int)(at - events[i].format) : 200,
                 events[i].format);
        if (at == NULL) return;
        const char *by = strstr(at + 2, "%s");
        size_t len = strlen(t->out);
        snprintf(t->out + len, DESCRIBE_SIZE - len, "%s%.*s%s%s", t->member,
                 by != NULL ? (int)(by - at - 2) : 200, at + 2,
                 by != NULL ? t->by : "", by != NULL ? by + 2 : "");
        return;
    }
    tell_counted(t, event);
}

bool describe_is_alarm(const json_t *row)
{
    const char *event = text_of(row, "event");
    const char *type = text_of(row, "type");

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (strcmp(events[i].event, event) == 0) return events[i].alarm;
    }
    return strcmp(type, "sos") == 0 || strcmp(event, "missing") == 0 ||
           (strcmp(event, "relay") == 0 &&
            strcmp(text_of(row, "relay"), "well") != 0);
}

static const struct {
    const char *type;
    void (*tell)(telling *t);
} tellers[] = {
    {"event", tell_event},     {"location", tell_location},
    {"text", tell_message},    {"attachment", tell_message},
    {"sos", tell_sos},         {"sos_ack", tell_sos_ack},
    {"command", tell_command}, {"command_receipt", tell_command_receipt},
    {"pause", tell_pause},
};

void describe(char out[DESCRIBE_SIZE], const view *v, const json_t *row)
{
    telling t = {.out = out, .row = row};
    const char *type = text_of(row, "type");

    view_name(t.sender, v, text_of(row, "sender"));
    view_name(t.member, v, text_of(row, "member"));
    view_name(t.by, v, text_of(row, "by"));
    if (json_object_get(row, "member") == NULL) {
        memcpy(t.member, t.by, sizeof t.member);
    }
    snprintf(out, DESCRIBE_SIZE, "%s: %s", t.sender, type);
    for (size_t i = 0; i < sizeof tellers / sizeof tellers[0]; i++) {
        if (strcmp(tellers[i].type, type) == 0) tellers[i].tell(&t);
    }
}
