#include "content_json.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document_json.h"
#include "fix_json.h"
#include "words.h"

/* ---- parts ---- */

static json_t *member_to_json(const covey_member_id *id)
{
    char text[MEMBER_TEXT_SIZE];

    member_text(text, id);
    return json_string(text);
}

json_t *u64_to_json(uint64_t value)
{
    char text[17];

    snprintf(text, sizeof text, "%016" PRIx64, value);
    return json_string(text);
}

bool u64_from_json(uint64_t *value, const json_t *text)
{
    const char *digits = json_string_value(text);
    char *end = NULL;

    if (digits == NULL || strlen(digits) != 16 ||
        strspn(digits, "0123456789abcdef") != 16) {
        return false;
    }
    *value = strtoull(digits, &end, 16);
    return true;
}

json_t *reference_to_json(const covey_reference *r)
{
    return json_pack("{s:o, s:o, s:I}", "sender", member_to_json(&r->sender),
                     "counter", u64_to_json(r->id.counter), "incarnation",
                     (json_int_t)r->id.incarnation);
}

bool reference_from_json(covey_reference *r, const json_t *o)
{
    covey_reference read = {0};
    const json_t *incarnation = json_object_get(o, "incarnation");
    const json_t *sender = json_object_get(o, "sender");

    if (!member_read(&read.sender, json_string_value(sender)) ||
        !u64_from_json(&read.id.counter, json_object_get(o, "counter")) ||
        !json_is_integer(incarnation) || json_integer_value(incarnation) < 0 ||
        json_integer_value(incarnation) > UINT32_MAX) {
        return false;
    }
    read.id.incarnation = (uint32_t)json_integer_value(incarnation);
    *r = read;
    return true;
}

static json_t *hex_to_json(const uint8_t *at, size_t len)
{
    char text[2 * COVEY_ATTACHMENT_KEY_SIZE + 1];

    (void)sodium_bin2hex(text, sizeof text, at, len);
    json_t *value = json_string(text);
    sodium_memzero(text, sizeof text);
    return value;
}

/* ---- each kind; NULL: nothing but its type is told ---- */

static json_t *location_to_json(const covey_location *location)
{
    json_t *fixes = json_array();

    for (size_t i = 0; i < location->num_fixes; i++) {
        json_array_append_new(fixes, fix_to_json(&location->fixes[i]));
    }
    json_t *o = json_pack("{s:o}", "fixes", fixes);
    if (location->has_answer_to) {
        json_object_set_new(o, "answer_to",
                            reference_to_json(&location->answer_to));
    }
    return o;
}

static json_t *status_to_json(const covey_status *status)
{
    json_t *versions = json_object();

    for (size_t i = 0; i < status->num_documents; i++) {
        json_object_set_new(versions,
                            word(WORDS_DOCUMENT,
                                 (int)status->documents[i].kind),
                            json_integer(status->documents[i].version));
    }
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:I, s:o}", "limit",
                  word(WORDS_LIMIT, (int)status->limit), "charging",
                  word(WORDS_YES_NO, (int)status->charging), "worn",
                  word(WORDS_YES_NO, (int)status->worn), "paused_until_ms",
                  (json_int_t)status->paused_until_ms, "documents", versions);
    if (status->has_battery) {
        json_object_set_new(o, "battery_percent",
                            json_integer(status->battery_percent));
    }
    if (status->has_signal) {
        json_object_set_new(o, "signal_dbm", json_integer(status->signal_dbm));
    }
    if (status->firmware.len > 0) {
        json_object_set_new(o, "firmware",
                            json_stringn((const char *)status->firmware.at,
                                         status->firmware.len));
    }
    return o;
}

static json_t *attachment_to_json(const covey_attachment *a)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "media",
                     word(WORDS_MEDIA, (int)a->media), "duration_ms",
                     (json_int_t)a->duration_ms, "width", (json_int_t)a->width,
                     "height", (json_int_t)a->height, "size",
                     (json_int_t)a->size, "chunk_size",
                     (json_int_t)a->chunk_size, "sha256",
                     hex_to_json(a->sha256, sizeof a->sha256), "mailbox_seed",
                     hex_to_json(a->mailbox_seed, sizeof a->mailbox_seed),
                     "key", hex_to_json(a->key, sizeof a->key));
}

static json_t *receipt_to_json(const covey_receipt *receipt)
{
    json_t *ranges = json_array();

    for (size_t i = 0; i < receipt->num_ranges; i++) {
        json_array_append_new(ranges,
                              json_pack("[o, o]",
                                        u64_to_json(receipt->ranges[i].first),
                                        u64_to_json(receipt->ranges[i].last)));
    }
    return json_pack("{s:s, s:o, s:I, s:o}", "receipt",
                     word(WORDS_RECEIPT, (int)receipt->kind), "of",
                     member_to_json(&receipt->sender), "of_incarnation",
                     (json_int_t)receipt->incarnation, "ranges", ranges);
}

static json_t *sos_to_json(const covey_sos *sos)
{
    json_t *o = json_pack("{s:o, s:I, s:b}", "sos", u64_to_json(sos->id),
                          "repeat", (json_int_t)sos->repeat, "over", sos->over);

    if (sos->has_where) {
        json_object_update_new(o, location_to_json(&sos->where));
    }
    return o;
}

static json_t *command_to_json(const covey_command *command)
{
    json_t *o = json_pack("{s:s, s:o, s:I}", "command",
                          word(WORDS_COMMAND, (int)command->kind), "target",
                          member_to_json(&command->target), "not_after_ms",
                          (json_int_t)command->not_after_ms);

    if (command->kind == COVEY_COMMAND_RING ||
        command->kind == COVEY_COMMAND_FIND_WATCH) {
        json_object_set_new(o, "duration_s",
                            json_integer(command->of.duration_s));
    } else if (command->kind == COVEY_COMMAND_READ_MESSAGE) {
        json_object_set_new(o, "message",
                            reference_to_json(&command->of.message));
    } else if (command->kind == COVEY_COMMAND_SET_POLICY) {
        json_object_set_new(o, "document",
                            json_string(
                                word(WORDS_DOCUMENT,
                                     (int)command->of.set_policy.kind)));
        json_object_set_new(o, "version",
                            json_integer(command->of.set_policy.version));
    }
    return o;
}

static json_t *command_receipt_to_json(const covey_command_receipt *r)
{
    json_t *o = json_pack("{s:o, s:s}", "about", reference_to_json(&r->command),
                          "outcome", word(WORDS_OUTCOME, (int)r->outcome));

    if (r->outcome == COVEY_OUTCOME_REFUSED) {
        json_object_set_new(o, "reason",
                            json_string(word(WORDS_REFUSED, (int)r->reason)));
    }
    if (r->has_answer) {
        json_object_set_new(o, "answer", u64_to_json(r->answer));
    }
    return o;
}

static json_t *notice_to_json(const covey_notice *notice)
{
    json_t *o = json_pack("{s:s, s:o, s:o}", "notice",
                          word(WORDS_NOTICE, (int)notice->kind), "subject",
                          member_to_json(&notice->subject), "by",
                          member_to_json(&notice->by));

    if (notice->has_document) {
        json_object_set_new(o, "document",
                            json_string(word(WORDS_DOCUMENT,
                                             (int)notice->document.kind)));
    }
    return o;
}

static json_t *access_to_json(const covey_access_log *log)
{
    return json_pack("{s:o, s:I}", "first", u64_to_json(log->first), "num",
                     (json_int_t)log->num_entries);
}

static json_t *detail_to_json(const covey_content *content)
{
    switch (content->kind) {
    case COVEY_CONTENT_LOCATION: return location_to_json(&content->of.location);
    case COVEY_CONTENT_STATUS: return status_to_json(&content->of.status);
    case COVEY_CONTENT_TEXT:
        return json_pack("{s:o}", "text",
                         json_stringn((const char *)content->of.text.text.at,
                                      content->of.text.text.len));
    case COVEY_CONTENT_ATTACHMENT:
        return attachment_to_json(&content->of.attachment);
    case COVEY_CONTENT_RECEIPT: return receipt_to_json(&content->of.receipt);
    case COVEY_CONTENT_SOS: return sos_to_json(&content->of.sos);
    case COVEY_CONTENT_SOS_ACK:
        return json_pack("{s:o, s:s}", "sos",
                         u64_to_json(content->of.sos_ack.id), "by",
                         word(WORDS_ACK, (int)content->of.sos_ack.by));
    case COVEY_CONTENT_COMMAND: return command_to_json(&content->of.command);
    case COVEY_CONTENT_COMMAND_RECEIPT:
        return command_receipt_to_json(&content->of.command_receipt);
    case COVEY_CONTENT_DOCUMENT:
        return json_pack("{s:o}", "document",
                         document_to_json(&content->of.document));
    case COVEY_CONTENT_NOTICE: return notice_to_json(&content->of.notice);
    case COVEY_CONTENT_ACCESS_LOG:
        return access_to_json(&content->of.access_log);
    case COVEY_CONTENT_PAUSE:
        return json_pack("{s:I}", "until_ms",
                         (json_int_t)content->of.pause.until_ms);
    default: return NULL;
    }
}

json_t *content_to_json(const covey_content *content)
{
    const char *type = content->kind == COVEY_CONTENT_SEALED
                           ? "not_for_me"
                           : word(WORDS_CONTENT, (int)content->kind);
    json_t *o = json_pack("{s:s}", "type", type);
    json_t *detail = detail_to_json(content);

    if (detail != NULL) json_object_update_new(o, detail);
    return o;
}

/* ---- back ---- */

static bool hex_from_json(uint8_t *out, size_t len, const json_t *value)
{
    const char *text = json_string_value(value);
    size_t got = 0;

    return text != NULL && strlen(text) == 2 * len &&
           sodium_hex2bin(out, len, text, 2 * len, NULL, &got, NULL) == 0 &&
           got == len;
}

bool attachment_from_json(covey_attachment *a, const json_t *o)
{
    covey_attachment read = {0};
    json_int_t duration = 0;
    json_int_t width = 0;
    json_int_t height = 0;
    json_int_t size = 0;
    json_int_t chunk = 0;
    int media =
        word_value(WORDS_MEDIA, json_string_value(json_object_get(o, "media")));
    bool ok = media > 0 &&
              json_unpack((json_t *)(uintptr_t)o, "{s:I, s:I, s:I, s:I, s:I}",
                          "duration_ms", &duration, "width", &width, "height",
                          &height, "size", &size, "chunk_size", &chunk) == 0;

    read.media = (covey_media)media;
    read.duration_ms = (uint32_t)duration;
    read.width = (uint32_t)width;
    read.height = (uint32_t)height;
    read.size = (uint32_t)size;
    read.chunk_size = (uint32_t)chunk;
    ok = ok &&
         hex_from_json(read.sha256, sizeof read.sha256,
                       json_object_get(o, "sha256")) &&
         hex_from_json(read.mailbox_seed, sizeof read.mailbox_seed,
                       json_object_get(o, "mailbox_seed")) &&
         hex_from_json(read.key, sizeof read.key, json_object_get(o, "key"));
    if (ok) *a = read;
    sodium_memzero(&read, sizeof read);
    return ok;
}
