/*
 * What the running device can be wished to do: a name, and a function that
 * answers with an empty object, or with what there is to say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content_json.h"
#include "desk_inside.h"
#include "document_json.h"
#include "fix_json.h"
#include "words.h"

#define COMMAND_GOOD_MS 300000 /* how long a command may be run */

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));

    return text != NULL ? text : "";
}

static json_int_t number_of(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

/* ---- answers ---- */

static json_t *refusal(const char *error, const char *text, const char *hint)
{
    return json_pack("{s:s, s:s, s:s}", "error", error, "text", text, "hint",
                     hint);
}

/* What to do next, where the library's sentence does not say it. */
static const char *hint_of(const desk *d, int err)
{
    covey_device_state state = covey_device_state_of(d->device);

    if (err == COVEY_ERR_CAPACITY) {
        return "much waits to be sent: is the relay reachable? `covey status`";
    }
    if (err <= COVEY_ERR_RANDOM) return "nothing was changed: try again";
    if (err == COVEY_ERR_INVITE) {
        return "an invite begins with COVEY: and is used once, within its "
               "window: let the new device show another";
    }
    if (err != COVEY_ERR_STATE) return "";
    if (state == COVEY_DEVICE_EMPTY) {
        return "this device is of no circle: `covey init`, or `covey invite`";
    }
    if (state == COVEY_DEVICE_JOINED) {
        return "this device has joined, but was not confirmed yet";
    }
    if (state == COVEY_DEVICE_INVITING) {
        return "this device shows an invite: end that first";
    }
    if (state != COVEY_DEVICE_MEMBER) {
        return "this device has stopped: `covey status` says why";
    }
    if (covey_device_busy(d->device) != COVEY_OPERATION_NONE) {
        return "another change is under way: wait for it, or `covey abandon`";
    }
    return "a device of this role, or in this state, cannot do that";
}

static json_t *answer_of(const desk *d, int err)
{
    if (!err) return json_object();
    return refusal(covey_error_name(err), covey_error_text(err),
                   hint_of(d, err));
}

/* Where the name of a relay was said. */
static json_t *answer_about_relay(const desk *d, int err)
{
    if (err != COVEY_ERR_ARGUMENT) return answer_of(d, err);
    return refusal(covey_error_name(err), covey_error_text(err),
                   "a relay is said as HOST, HOST:PORT or HOST/PATH, in small "
                   "letters and without https://, 64 characters at most");
}

/* Something was said: which payload it is. */
static json_t *said(const desk *d, int err, const covey_payload_id *id)
{
    const covey_reference reference = {covey_device_self(d->device), *id};

    return err ? answer_of(d, err) : reference_to_json(&reference);
}

/* ---- joining ---- */

static json_t *act_create(desk *d, const json_t *wish)
{
    return answer_about_relay(d, covey_device_create(d->device,
                                                     text_of(wish, "relay"),
                                                     desk_now(d)));
}

static json_t *act_invite(desk *d, const json_t *wish)
{
    char uri[COVEY_URI_SIZE] = "";
    int role = word_value(WORDS_ROLE, text_of(wish, "role"));
    int err =
        covey_device_invite(d->device, (covey_role)role, text_of(wish, "relay"),
                            (uint32_t)number_of(wish, "window_s"), desk_now(d),
                            uri);

    return err ? answer_about_relay(d, err) : json_pack("{s:s}", "uri", uri);
}

static json_t *act_confirm(desk *d, const json_t *wish)
{
    (void)wish;
    return answer_of(d, covey_device_confirm(d->device, desk_now(d)));
}

static json_t *act_cancel(desk *d, const json_t *wish)
{
    (void)wish;
    return answer_of(d, covey_device_cancel(d->device));
}

static json_t *act_accept(desk *d, const json_t *wish)
{
    bool own = json_is_true(json_object_get(wish, "own"));

    return answer_of(d, covey_device_accept(d->device, text_of(wish, "uri"),
                                            own, desk_now(d)));
}

static json_t *act_digits(desk *d, const json_t *wish)
{
    unsigned tries = 0;
    int err = covey_device_enter_digits(d->device, text_of(wish, "digits"),
                                        desk_now(d), &tries);
    json_t *answer = answer_of(d, err);

    if (err == COVEY_ERR_AUTH) {
        json_object_set_new(answer, "tries_left", json_integer(tries));
        json_object_set_new(
            answer, "hint",
            json_string(tries > 0
                            ? "look again at the digits of the new device"
                            : "somebody may be in between: cancel on the new "
                              "device, and `covey remove` it"));
    }
    return answer;
}

/* ---- the circle ---- */

static json_t *act_remove(desk *d, const json_t *wish)
{
    covey_member_id member;

    if (!member_read(&member, text_of(wish, "member"))) {
        return refusal("member", "there is no such member",
                       "`covey members` lists them");
    }
    return answer_of(d, covey_device_remove(d->device, &member, desk_now(d)));
}

static json_t *act_leave(desk *d, const json_t *wish)
{
    (void)wish;
    return answer_of(d, covey_device_leave(d->device, desk_now(d)));
}

static json_t *act_refresh(desk *d, const json_t *wish)
{
    (void)wish;
    return answer_of(d, covey_device_refresh(d->device, desk_now(d)));
}

static json_t *act_move(desk *d, const json_t *wish)
{
    return answer_about_relay(d, covey_device_move(d->device,
                                                   text_of(wish, "relay"),
                                                   desk_now(d)));
}

static json_t *act_use_relay(desk *d, const json_t *wish)
{
    return answer_about_relay(d, covey_device_use_relay(d->device,
                                                        text_of(wish, "relay"),
                                                        desk_now(d)));
}

static json_t *act_abandon(desk *d, const json_t *wish)
{
    (void)wish;
    return answer_of(d, covey_device_abandon(d->device));
}

static json_t *act_wipe(desk *d, const json_t *wish)
{
    (void)wish;
    return answer_of(d, covey_device_wipe(d->device));
}

static json_t *act_policy(desk *d, const json_t *wish)
{
    covey_document document;
    document_room room;
    complaint error = {""};

    if (!document_from_json(&document, &room, json_object_get(wish, "document"),
                            &error)) {
        return refusal("document", error.text, "`covey policy --help`");
    }
    int err = covey_device_set_policy(d->device, &document, desk_now(d));
    if (err) return answer_of(d, err);
    return json_pack("{s:I}", "version", (json_int_t)document.version);
}

/* ---- saying something ---- */

static json_t *act_text(desk *d, const json_t *wish)
{
    const char *text = text_of(wish, "text");
    covey_content content = {.kind = COVEY_CONTENT_TEXT};
    covey_payload_id id = {0, 0};

    content.of.text.text = (covey_bytes){(const uint8_t *)text, strlen(text)};
    int err = desk_say(d, &content, &id);
    if (err == COVEY_ERR_ARGUMENT) {
        return refusal(covey_error_name(err), "this text cannot be sent",
                       "1 to 4096 bytes of UTF-8, without control characters");
    }
    return said(d, err, &id);
}

static json_t *act_location(desk *d, const json_t *wish)
{
    covey_content content = {.kind = COVEY_CONTENT_LOCATION};
    covey_payload_id id = {0, 0};
    covey_fix fix;

    if (!fix_from_json(&fix, json_object_get(wish, "fix"))) {
        return refusal("fix", "this is not a place", "");
    }
    content.of.location = (covey_location){.fixes = &fix, .num_fixes = 1};
    return said(d, desk_say(d, &content, &id), &id);
}

static json_t *act_attachment(desk *d, const json_t *wish)
{
    covey_content content = {.kind = COVEY_CONTENT_ATTACHMENT};
    covey_payload_id id = {0, 0};

    if (!attachment_from_json(&content.of.attachment, wish)) {
        return refusal("attachment", "this is not an attachment", "");
    }
    return said(d, desk_say(d, &content, &id), &id);
}

/* "read" for one message of somebody else. */
static json_t *act_read(desk *d, const json_t *wish)
{
    covey_content content = {.kind = COVEY_CONTENT_RECEIPT};
    covey_receipt *receipt = &content.of.receipt;
    covey_reference message;
    covey_payload_id id = {0, 0};

    if (!reference_from_json(&message, json_object_get(wish, "message"))) {
        return refusal("message", "there is no such message", "");
    }
    *receipt =
        (covey_receipt){.kind = COVEY_RECEIPT_READ,
                        .sender = message.sender,
                        .incarnation = message.id.incarnation,
                        .ranges = {{message.id.counter, message.id.counter}},
                        .num_ranges = 1};
    return said(d, desk_say(d, &content, &id), &id);
}

/* ---- commands ---- */

static bool wearer_of(const desk *d, covey_member_id *id)
{
    covey_member m;

    for (size_t i = 0; covey_device_member(d->device, i, desk_now(d), &m);
         i++) {
        if (m.role == COVEY_ROLE_WEARER) {
            *id = m.id;
            return true;
        }
    }
    return false;
}

static json_t *act_command(desk *d, const json_t *wish)
{
    covey_content content = {.kind = COVEY_CONTENT_COMMAND};
    covey_command *command = &content.of.command;
    covey_payload_id id = {0, 0};
    int kind = word_value(WORDS_COMMAND, text_of(wish, "command"));

    if (!wearer_of(d, &command->target)) {
        return refusal("wearer", "there is no watch in this circle",
                       "`covey invite --watch` on the watch, then `covey "
                       "accept` here");
    }
    command->kind = (covey_command_kind)kind;
    command->not_after_ms = desk_now(d).utc_ms + COMMAND_GOOD_MS;
    if (kind == COVEY_COMMAND_RING || kind == COVEY_COMMAND_FIND_WATCH) {
        command->of.duration_s = (uint32_t)number_of(wish, "duration_s");
    }
    if (kind == COVEY_COMMAND_READ_MESSAGE &&
        !reference_from_json(&command->of.message,
                             json_object_get(wish, "message"))) {
        return refusal("message", "there is no such message",
                       "`covey inbox` lists them");
    }
    return said(d, desk_say(d, &content, &id), &id);
}

/* ---- SOS and pause ---- */

static json_t *act_sos(desk *d, const json_t *wish)
{
    covey_fix fix = {0};
    covey_location where = {.fixes = &fix, .num_fixes = 1};

    (void)wish;
    bool has = d->where != NULL && d->where(d->where_ctx, &fix);
    if (!has && d->view.newest != NULL) {
        has = fix_from_json(&fix, json_object_get(d->view.newest, "fix"));
    }
    fix.reason = COVEY_REASON_SOS;
    return answer_of(d, covey_device_sos(d->device, desk_now(d),
                                         has ? &where : NULL));
}

static json_t *act_sos_over(desk *d, const json_t *wish)
{
    (void)wish;
    return answer_of(d, covey_device_sos_over(d->device, desk_now(d)));
}

/* Of every call that is on. */
static json_t *act_sos_seen(desk *d, const json_t *wish)
{
    covey_content ack = {.kind = COVEY_CONTENT_SOS_ACK};
    const char *id = NULL;
    json_t *call = NULL;
    int num = 0;
    int err = COVEY_OK;

    (void)wish;
    json_object_foreach(d->view.sos, id, call)
    {
        if (json_is_true(json_object_get(call, "over")) ||
            json_object_get(call, "seen_by") != NULL) {
            continue;
        }
        ack.of.sos_ack.id = strtoull(id, NULL, 16);
        ack.of.sos_ack.by = COVEY_ACK_PERSON;
        err = desk_say(d, &ack, NULL);
        if (err) break;
        num++;
    }
    return err ? answer_of(d, err) : json_pack("{s:i}", "seen", num);
}

static json_t *act_pause(desk *d, const json_t *wish)
{
    json_int_t minutes = number_of(wish, "minutes");
    int64_t until = minutes > 0 ? desk_now(d).utc_ms + minutes * 60000 : 0;

    return answer_of(d, covey_device_pause(d->device, desk_now(d), until));
}

static const struct {
    const char *name;
    json_t *(*act)(desk *d, const json_t *wish);
} acts[] = {
    {"create", act_create},
    {"invite", act_invite},
    {"confirm", act_confirm},
    {"cancel", act_cancel},
    {"accept", act_accept},
    {"digits", act_digits},
    {"remove", act_remove},
    {"leave", act_leave},
    {"refresh", act_refresh},
    {"move", act_move},
    {"use_relay", act_use_relay},
    {"abandon", act_abandon},
    {"wipe", act_wipe},
    {"policy", act_policy},
    {"text", act_text},
    {"location", act_location},
    {"attachment", act_attachment},
    {"read", act_read},
    {"command", act_command},
    {"sos", act_sos},
    {"sos_over", act_sos_over},
    {"sos_seen", act_sos_seen},
    {"pause", act_pause},
};

json_t *desk_act(desk *d, const json_t *wish)
{
    const char *name = text_of(wish, "do");

    d->is_dirty = true;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (strcmp(acts[i].name, name) == 0) return acts[i].act(d, wish);
    }
    return refusal("wish", "this version does not know that",
                   "end the other covey, which is of another version");
}
