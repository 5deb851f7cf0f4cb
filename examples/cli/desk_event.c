#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "content_json.h"
#include "desk_inside.h"
#include "document_json.h"
#include "words.h"

/* A row that cannot be written is lost; the user is told at least. */
static void add_row(const desk *d, const char *name, json_t *row)
{
    if (history_add(d->rows, name, row) < 0) {
        fprintf(stderr, "covey: cannot write to %s/history.db\n", d->home.path);
    }
    json_decref(row);
}

static json_t *member_json(const covey_member_id *id)
{
    char text[MEMBER_TEXT_SIZE];

    member_text(text, id);
    return json_string(text);
}

void desk_note(desk *d, const char *event, json_t *more)
{
    json_t *row = json_pack("{s:s, s:s, s:I}", "type", "event", "event", event,
                            "received_ms", (json_int_t)desk_now_ms());
    uint8_t random[8];
    char hex[17];
    char name[HISTORY_NAME_MAX];

    if (more != NULL) json_object_update_new(row, more);
    randombytes_buf(random, sizeof random);
    (void)sodium_bin2hex(hex, sizeof hex, random, sizeof random);
    snprintf(name, sizeof name, "event/%s", hex);
    add_row(d, name, row);
}

/* ---- what is said ---- */

static json_t *payload_row(const covey_member_id *sender,
                           const covey_payload_id *id, int64_t sent_ms,
                           const covey_content *content)
{
    const covey_reference reference = {*sender, *id};
    json_t *row = content_to_json(content);

    const covey_now now = desk_clocks();

    json_object_update_new(row, reference_to_json(&reference));
    json_object_update_new(row,
                           json_pack("{s:I, s:I, s:I}", "sent_ms",
                                     (json_int_t)sent_ms, "received_ms",
                                     (json_int_t)now.utc_ms, "received_mono_ms",
                                     (json_int_t)now.mono_ms));
    return row;
}

static void add_payload(const desk *d, json_t *row)
{
    char name[HISTORY_NAME_MAX];

    view_row_name(name, row);
    add_row(d, name, row);
}

/* Several share a payload, where the library joins them. */
static void add_own_fix(const desk *d, json_t *row,
                        const covey_location *location)
{
    const covey_fix *fix = &location->fixes[location->num_fixes - 1];
    int64_t age = desk_now_ms() - fix->time_ms;
    char name[HISTORY_NAME_MAX];

    if (age < 0) age = -1;
    json_object_set_new(row, "age_ms", json_integer(age));
    json_object_set_new(row, "trust",
                        json_string(age < 0                ? "unknown"
                                    : age < COVEY_FRESH_MS ? "fresh"
                                                           : "stale"));
    snprintf(name, sizeof name, "fix/%lld/%ld/%ld", (long long)fix->time_ms,
             (long)fix->lat_e7, (long)fix->lon_e7);
    add_row(d, name, row);
}

int desk_say(desk *d, const covey_content *content, covey_payload_id *id)
{
    covey_now now = desk_now(d);
    covey_payload_id made = {0, 0};

    int err = covey_device_send(d->device, now, content, &made);
    if (err) return err;
    covey_member_id self = covey_device_self(d->device);
    json_t *row = payload_row(&self, &made, now.utc_ms, content);
    json_object_set_new(row, "mine", json_true());
    if (content->kind == COVEY_CONTENT_LOCATION) {
        add_own_fix(d, row, &content->of.location);
    } else {
        add_payload(d, row);
    }
    if (id != NULL) *id = made;
    return COVEY_OK;
}

/* A phone that hears an SOS says so at once: it rings. */
static void acknowledge(desk *d, const covey_sos *sos)
{
    covey_content ack = {.kind = COVEY_CONTENT_SOS_ACK};
    char id[17];

    snprintf(id, sizeof id, "%016llx", (unsigned long long)sos->id);
    const json_t *known = json_object_get(d->view.sos, id);
    if (sos->over || json_object_get(known, "seen_by") != NULL) return;
    ack.of.sos_ack = (covey_sos_ack){sos->id, COVEY_ACK_DEVICE};
    (void)desk_say(d, &ack, NULL); /* a repeat comes */
}

static void on_payload(desk *d, const covey_said *said)
{
    const covey_payload *payload = said->payload;
    json_t *row = payload_row(&said->sender, &payload->id, payload->sent_ms,
                              &payload->content);
    covey_content_kind kind = payload->content.kind;
    covey_sos sos =
        kind == COVEY_CONTENT_SOS ? payload->content.of.sos : (covey_sos){0};

    json_object_update_new(row,
                           json_pack("{s:s, s:I, s:s}", "trust",
                                     word(WORDS_TRUST, (int)said->trust),
                                     "age_ms", (json_int_t)said->age_ms, "role",
                                     word(WORDS_ROLE, (int)said->role)));
    if (said->is_broken) json_object_set_new(row, "broken", json_true());
    add_payload(d, row);
    if (kind == COVEY_CONTENT_SOS) acknowledge(d, &sos);
}

static void on_sent(desk *d, const covey_payload_id *id)
{
    const covey_reference reference = {covey_device_self(d->device), *id};
    json_t *row = json_pack("{s:s}", "type", "sent");
    char name[HISTORY_NAME_MAX];

    json_object_update_new(row, reference_to_json(&reference));
    view_mark_name(name, "sent", row);
    add_row(d, name, row);
}

/* ---- what happened ---- */

static json_t *people(const covey_event *event)
{
    static const covey_member_id nobody = {{0}};
    json_t *o = json_object();

    if (memcmp(&event->member, &nobody, sizeof nobody) != 0) {
        json_object_set_new(o, "member", member_json(&event->member));
    }
    if (memcmp(&event->by, &nobody, sizeof nobody) != 0) {
        json_object_set_new(o, "by", member_json(&event->by));
    }
    return o;
}

/* Shown is what stands on the screen: the terminal, at once. */
static void on_notice(desk *d, const covey_event *event)
{
    const covey_notice what = event->of.notice.what;
    uint32_t token = event->of.notice.token;
    json_t *row =
        json_pack("{s:s, s:o, s:o}", "notice",
                  word(WORDS_NOTICE, (int)what.kind), "subject",
                  member_json(&what.subject), "by", member_json(&what.by));
    char by[VIEW_NAME_SIZE];

    view_name(by, &d->view, json_string_value(json_object_get(row, "by")));
    bool shown = fprintf(stderr, "NOTICE: %s, by %s\n",
                         what.kind == COVEY_NOTICE_UNKNOWN
                             ? "a command"
                             : word(WORDS_NOTICE, (int)what.kind),
                         by) > 0 &&
                 fflush(stderr) == 0;
    desk_note(d, "notice", row);
    int err = covey_device_notice_shown(d->device, desk_now(d), token, shown);
    if (err) d->error = err;
}

static json_t *failure(const covey_event *event)
{
    return json_pack("{s:s, s:s, s:s}", "operation",
                     word(WORDS_OPERATION, (int)event->of.failed.operation),
                     "error", covey_error_name(event->of.failed.error), "text",
                     covey_error_text(event->of.failed.error));
}

static const struct {
    covey_event_kind kind;
    const char *name;
} names[] = {
    {COVEY_EVENT_SILENT, "silent"},
    {COVEY_EVENT_HEARD, "heard"},
    {COVEY_EVENT_ADDED, "added"},
    {COVEY_EVENT_REMOVED, "removed"},
    {COVEY_EVENT_EPOCH, "epoch"},
    {COVEY_EVENT_REMOVAL_PROPOSED, "removal_proposed"},
    {COVEY_EVENT_CURRENT, "current"},
    {COVEY_EVENT_TORN, "torn"},
    {COVEY_EVENT_MOVED, "moved"},
    {COVEY_EVENT_ENTER_DIGITS, "enter_digits"},
    {COVEY_EVENT_FORKED, "forked"},
    {COVEY_EVENT_ROLLED_BACK, "rolled_back"},
    {COVEY_EVENT_ENDED, "ended"},
    {COVEY_EVENT_SHOW_DIGITS, "show_digits"},
    {COVEY_EVENT_MISSING, "missing"},
    {COVEY_EVENT_DONE, "done"},
    {COVEY_EVENT_RELAY, "relay"},
    {COVEY_EVENT_POLICY, "policy"},
    {COVEY_EVENT_FAILED, "failed"},
    {COVEY_EVENT_LOCKED_OUT, "locked_out"},
    {COVEY_EVENT_INVITE_ENDED, "invite_ended"},
};

/* With the reason, as far as it is known here. */
static json_t *relay_details(const desk *d, covey_relay_state state)
{
    char why[TROUBLE_SIZE];

    desk_trouble(why, d);
    return json_pack("{s:s, s:s}", "relay", word(WORDS_RELAY, (int)state),
                     "why", why);
}

static json_t *details(desk *d, const covey_event *event)
{
    switch (event->kind) {
    case COVEY_EVENT_SHOW_DIGITS:
        return json_pack("{s:s}", "digits", event->of.digits);
    case COVEY_EVENT_MISSING:
        return json_pack("{s:I}", "count", (json_int_t)event->of.missing);
    case COVEY_EVENT_DONE:
        return json_pack("{s:s}", "operation",
                         word(WORDS_OPERATION, (int)event->of.done));
    case COVEY_EVENT_RELAY:
        d->trouble.relay = event->of.relay;
        d->refused_at = d->num_answers;
        return relay_details(d, event->of.relay);
    case COVEY_EVENT_POLICY:
        return json_pack("{s:o}", "document",
                         document_to_json(event->of.document));
    case COVEY_EVENT_FAILED:
    case COVEY_EVENT_LOCKED_OUT:
    case COVEY_EVENT_INVITE_ENDED: return failure(event);
    default: return json_object();
    }
}

static void on_other(desk *d, const covey_event *event)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].kind != event->kind) continue;
        json_t *more = people(event);
        json_object_update_new(more, details(d, event));
        desk_note(d, names[i].name, more);
    }
}

void desk_on_event(void *ctx, covey_device *device, const covey_event *event)
{
    desk *d = ctx;

    (void)device;
    d->is_dirty = true;
    switch (event->kind) {
    case COVEY_EVENT_PAYLOAD: on_payload(d, &event->of.said); break;
    case COVEY_EVENT_SENT: on_sent(d, &event->of.sent); break;
    case COVEY_EVENT_NOTICE: on_notice(d, event); break;
    case COVEY_EVENT_COMMAND: {
        /* Copies: the next call on the device ends the event's life. */
        const covey_reference id = event->of.command.id;
        const covey_command what = event->of.command.what;
        desk_run_command(d, &id, &what);
        break;
    }
    default: on_other(d, event);
    }
}
