/*
 * What can be said at all. Every message that a payload can reach stands in
 * this table with every field: whoever adds one has to come by here, and to
 * say that it takes no number to dial, no address to fetch, and starts no
 * microphone, camera or call.
 */
#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "content/covey.pb-c.h"
#include "support/contents.h"

enum { REQUIRED, OPTIONAL, REPEATED, ONE };

typedef struct {
    const ProtobufCMessageDescriptor *type;
    uint32_t number;
    int label;
    ProtobufCType kind;
    const char *name;
} entry;

#define T(message) &covey__##message##__descriptor
#define UINT32 PROTOBUF_C_TYPE_UINT32
#define UINT64 PROTOBUF_C_TYPE_UINT64
#define SINT32 PROTOBUF_C_TYPE_SINT32
#define SINT64 PROTOBUF_C_TYPE_SINT64
#define FIXED64 PROTOBUF_C_TYPE_FIXED64
#define BOOL PROTOBUF_C_TYPE_BOOL
#define ENUM PROTOBUF_C_TYPE_ENUM
#define BYTES PROTOBUF_C_TYPE_BYTES
#define STRING PROTOBUF_C_TYPE_STRING
#define MESSAGE PROTOBUF_C_TYPE_MESSAGE

static const entry grammar[] = {
    {T(payload), 1, REQUIRED, UINT64, "counter"},
    {T(payload), 2, REQUIRED, UINT32, "incarnation"},
    {T(payload), 3, REQUIRED, UINT64, "sent_ms"},
    {T(payload), 4, REQUIRED, UINT32, "seen_count"},
    {T(payload), 5, REQUIRED, BYTES, "seen_chain"},
    {T(payload), 6, ONE, MESSAGE, "clear"},
    {T(payload), 7, ONE, MESSAGE, "sealed"},
    {T(sealed), 1, REQUIRED, UINT32, "audience"},
    {T(sealed), 2, REQUIRED, BYTES, "key_id"},
    {T(sealed), 3, REQUIRED, BYTES, "ciphertext"},
    {T(body), 1, ONE, MESSAGE, "location"},
    {T(body), 2, ONE, MESSAGE, "status"},
    {T(body), 3, ONE, MESSAGE, "text"},
    {T(body), 4, ONE, MESSAGE, "attachment"},
    {T(body), 5, ONE, MESSAGE, "receipt"},
    {T(body), 6, ONE, MESSAGE, "sos"},
    {T(body), 7, ONE, MESSAGE, "sos_ack"},
    {T(body), 8, ONE, MESSAGE, "command"},
    {T(body), 9, ONE, MESSAGE, "command_receipt"},
    {T(body), 10, ONE, MESSAGE, "boot"},
    {T(body), 11, ONE, MESSAGE, "joined"},
    {T(body), 12, ONE, MESSAGE, "document"},
    {T(body), 13, ONE, MESSAGE, "notice"},
    {T(body), 14, ONE, MESSAGE, "access_log"},
    {T(body), 15, ONE, MESSAGE, "pause"},
    {T(reference), 1, REQUIRED, BYTES, "sender"},
    {T(reference), 2, REQUIRED, UINT64, "counter"},
    {T(reference), 3, REQUIRED, UINT32, "incarnation"},
    {T(location), 1, REPEATED, SINT64, "lat_e7"},
    {T(location), 2, REPEATED, SINT64, "lon_e7"},
    {T(location), 3, REPEATED, SINT64, "time_ms"},
    {T(location), 4, REPEATED, SINT64, "state"},
    {T(location), 5, REPEATED, SINT64, "accuracy_cm"},
    {T(location), 6, REPEATED, SINT64, "altitude_cm"},
    {T(location), 7, REPEATED, SINT64, "speed_cm_s"},
    {T(location), 8, REPEATED, SINT64, "heading_cdeg"},
    {T(location), 9, REPEATED, SINT64, "battery_percent"},
    {T(location), 10, OPTIONAL, MESSAGE, "scan"},
    {T(location), 11, OPTIONAL, MESSAGE, "answer_to"},
    {T(scan), 1, REQUIRED, SINT64, "time_ms"},
    {T(scan), 2, OPTIONAL, BYTES, "wifi"},
    {T(scan), 3, REPEATED, MESSAGE, "cells"},
    {T(cell), 1, REQUIRED, ENUM, "radio"},
    {T(cell), 2, REQUIRED, UINT32, "mcc"},
    {T(cell), 3, REQUIRED, UINT32, "mnc"},
    {T(cell), 4, REQUIRED, UINT32, "mnc_digits"},
    {T(cell), 5, REQUIRED, UINT32, "area"},
    {T(cell), 6, REQUIRED, UINT64, "id"},
    {T(cell), 7, REQUIRED, SINT32, "rssi_dbm"},
    {T(status), 1, OPTIONAL, UINT32, "battery_percent"},
    {T(status), 2, OPTIONAL, ENUM, "charging"},
    {T(status), 3, OPTIONAL, ENUM, "worn"},
    {T(status), 4, OPTIONAL, SINT32, "signal_dbm"},
    {T(status), 5, OPTIONAL, STRING, "firmware"},
    {T(status), 6, OPTIONAL, UINT64, "paused_until_ms"},
    {T(status), 7, OPTIONAL, ENUM, "limit"},
    {T(status), 8, OPTIONAL, BYTES, "silent"},
    {T(status), 9, REPEATED, MESSAGE, "documents"},
    {T(text), 1, REQUIRED, STRING, "text"},
    {T(attachment), 1, ONE, MESSAGE, "voice"},
    {T(attachment), 2, ONE, MESSAGE, "picture"},
    {T(attachment), 3, REQUIRED, UINT32, "size"},
    {T(attachment), 4, REQUIRED, BYTES, "sha256"},
    {T(attachment), 5, REQUIRED, UINT32, "chunk_size"},
    {T(attachment), 6, REQUIRED, BYTES, "mailbox_seed"},
    {T(attachment), 7, REQUIRED, BYTES, "key"},
    {T(voice), 1, REQUIRED, UINT32, "duration_ms"},
    {T(picture), 1, REQUIRED, UINT32, "width"},
    {T(picture), 2, REQUIRED, UINT32, "height"},
    {T(receipt), 1, REQUIRED, ENUM, "kind"},
    {T(receipt), 2, REQUIRED, BYTES, "sender"},
    {T(receipt), 3, REQUIRED, UINT32, "incarnation"},
    {T(receipt), 4, REPEATED, UINT64, "ranges"},
    {T(sos), 1, REQUIRED, FIXED64, "id"},
    {T(sos), 2, REQUIRED, UINT32, "repeat"},
    {T(sos), 3, REQUIRED, BOOL, "over"},
    {T(sos), 4, OPTIONAL, MESSAGE, "where"},
    {T(sos_ack), 1, REQUIRED, FIXED64, "id"},
    {T(sos_ack), 2, REQUIRED, ENUM, "by"},
    {T(command), 1, REQUIRED, BYTES, "target"},
    {T(command), 2, REQUIRED, UINT64, "not_after_ms"},
    {T(command), 3, ONE, MESSAGE, "locate"},
    {T(command), 4, ONE, MESSAGE, "ring"},
    {T(command), 5, ONE, MESSAGE, "read_message"},
    {T(command), 6, ONE, MESSAGE, "set_policy"},
    {T(command), 7, ONE, MESSAGE, "find_watch"},
    {T(command), 8, ONE, MESSAGE, "power_off"},
    {T(command), 9, ONE, MESSAGE, "sync"},
    {T(ring), 1, REQUIRED, UINT32, "duration_s"},
    {T(read_message), 1, REQUIRED, MESSAGE, "message"},
    {T(command_receipt), 1, REQUIRED, MESSAGE, "command"},
    {T(command_receipt), 2, REQUIRED, ENUM, "outcome"},
    {T(command_receipt), 3, OPTIONAL, UINT32, "reason"},
    {T(command_receipt), 4, OPTIONAL, UINT64, "answer_counter"},
    {T(boot), 1, REQUIRED, BYTES, "nonce"},
    {T(joined), 1, REQUIRED, BYTES, "member"},
    {T(joined), 2, REQUIRED, BYTES, "authenticator"},
    {T(pause), 1, REQUIRED, UINT64, "until_ms"},
    {T(document_version), 1, REQUIRED, UINT32, "kind"},
    {T(document_version), 2, REQUIRED, UINT32, "version"},
    {T(document_name), 1, REQUIRED, UINT32, "kind"},
    {T(document_name), 2, REQUIRED, UINT32, "version"},
    {T(document_name), 3, REQUIRED, BYTES, "hash"},
    {T(document), 1, ONE, MESSAGE, "zones"},
    {T(document), 2, ONE, MESSAGE, "school_hours"},
    {T(document), 3, ONE, MESSAGE, "contacts"},
    {T(document), 4, ONE, MESSAGE, "sos_list"},
    {T(document), 5, ONE, MESSAGE, "reporting"},
    {T(document), 6, ONE, MESSAGE, "precision"},
    {T(document), 15, REQUIRED, UINT32, "version"},
    {T(zones), 1, REPEATED, MESSAGE, "zones"},
    {T(zone), 1, REQUIRED, UINT32, "id"},
    {T(zone), 2, REQUIRED, SINT32, "lat_e7"},
    {T(zone), 3, REQUIRED, SINT32, "lon_e7"},
    {T(zone), 4, REQUIRED, UINT32, "radius_m"},
    {T(zone), 5, REQUIRED, STRING, "name"},
    {T(zone), 6, REQUIRED, BOOL, "tell_enter"},
    {T(zone), 7, REQUIRED, BOOL, "tell_leave"},
    {T(zone), 8, REQUIRED, BOOL, "hidden"},
    {T(hours), 1, REPEATED, UINT32, "spans"},
    {T(members), 1, OPTIONAL, BYTES, "ids"},
    {T(reporting), 1, REQUIRED, UINT32, "interval_s"},
    {T(reporting), 2, REQUIRED, UINT32, "moving_interval_s"},
    {T(reporting), 3, REQUIRED, UINT32, "moved_m"},
    {T(reporting), 4, REQUIRED, UINT32, "reserve_percent"},
    {T(precision), 1, REQUIRED, UINT32, "grid_m"},
    {T(notice), 1, REQUIRED, UINT32, "kind"},
    {T(notice), 2, REQUIRED, BYTES, "subject"},
    {T(notice), 3, REQUIRED, BYTES, "by"},
    {T(notice), 4, OPTIONAL, MESSAGE, "about"},
    {T(notice), 5, OPTIONAL, MESSAGE, "document"},
    {T(access_log), 1, REQUIRED, UINT64, "first"},
    {T(access_log), 2, REQUIRED, BYTES, "before"},
    {T(access_log), 3, REPEATED, MESSAGE, "entries"},
    {T(access_entry), 1, REQUIRED, BYTES, "who"},
    {T(access_entry), 2, REQUIRED, UINT32, "what"},
    {T(access_entry), 3, REQUIRED, UINT64, "time_ms"},
    {T(access_entry), 4, REQUIRED, UINT32, "detail"},
    {T(access_entry), 5, OPTIONAL, BYTES, "subject"},
    {T(access_entry), 6, OPTIONAL, UINT64, "counter"},
    {T(access_entry), 7, OPTIONAL, UINT32, "incarnation"},
};

#define NUM_ENTRIES (sizeof grammar / sizeof grammar[0])
#define TYPES_MAX 64

/* The messages that can be reached, in the order in which they are found. */
typedef struct {
    const ProtobufCMessageDescriptor *types[TYPES_MAX];
    size_t num;
} reached;

static void reach(reached *all, const ProtobufCMessageDescriptor *type)
{
    for (size_t i = 0; i < all->num; i++) {
        if (all->types[i] == type) return;
    }
    cr_assert_lt(all->num, TYPES_MAX);
    all->types[all->num++] = type;
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE) {
            reach(all, type->fields[i].descriptor);
        }
    }
}

static const entry *find(const ProtobufCMessageDescriptor *type,
                         uint32_t number)
{
    for (size_t i = 0; i < NUM_ENTRIES; i++) {
        if (grammar[i].type == type && grammar[i].number == number) {
            return &grammar[i];
        }
    }
    return NULL;
}

static int label_of(const ProtobufCFieldDescriptor *field)
{
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) return ONE;
    return field->label == PROTOBUF_C_LABEL_REQUIRED   ? REQUIRED
           : field->label == PROTOBUF_C_LABEL_REPEATED ? REPEATED
                                                       : OPTIONAL;
}

static void check_grammar(void)
{
    reached all = {.num = 0};
    size_t num = 0;

    reach(&all, &covey__payload__descriptor);
    for (size_t i = 0; i < all.num; i++) {
        for (unsigned f = 0; f < all.types[i]->n_fields; f++, num++) {
            const ProtobufCFieldDescriptor *field = &all.types[i]->fields[f];
            const entry *known = find(all.types[i], field->id);

            cr_assert_not_null(known, "message %zu, field %u", i, field->id);
            cr_assert_eq(known->kind, field->type, "%s", known->name);
            cr_assert_eq(known->label, label_of(field), "%s", known->name);
        }
    }
    cr_assert_eq(num, NUM_ENTRIES, "fields that are no more");
}

Test(content_grammar, all_that_can_be_said_stands_in_the_table)
{
    check_grammar();
}

/* How deep messages stand in each other; a cycle would have no end. */
static int depth_of(const ProtobufCMessageDescriptor *type, int left)
{
    int deepest = 0;

    cr_assert_gt(left, 0, "a message that contains itself");
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].type != PROTOBUF_C_TYPE_MESSAGE) continue;
        int depth = depth_of(type->fields[i].descriptor, left - 1);
        if (depth > deepest) deepest = depth;
    }
    return deepest + 1;
}

/* protobuf-c calls itself for each message in a message. */
Test(content_grammar, t37_no_message_contains_itself)
{
    cr_assert_eq(depth_of(&covey__payload__descriptor, 12), 6);
}

Test(content_grammar, numbers_that_repeat_are_packed)
{
    for (size_t i = 0; i < NUM_ENTRIES; i++) {
        const entry *e = &grammar[i];

        if (e->label != REPEATED || e->kind == MESSAGE) continue;
        for (unsigned f = 0; f < e->type->n_fields; f++) {
            const ProtobufCFieldDescriptor *field = &e->type->fields[f];

            if (field->id != e->number) continue;
            cr_assert(field->flags & PROTOBUF_C_FIELD_FLAG_PACKED, "%s",
                      e->name);
        }
    }
}

static bool listed(const char *name, const char *const *names, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        if (strcmp(name, names[i]) == 0) return true;
    }
    return false;
}

#define LISTED(name, ...)                                                      \
    listed(name, (const char *const[]){__VA_ARGS__},                           \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* A number to dial has 32 bits at least, and is an integer, a text or bytes.
 * Integers of that size are counts, times, places and random names; texts
 * are shown to people; bytes are member ids, hashes, keys and radio
 * addresses, each of one length. A command takes none but its target, a
 * duration, and names of what is there already. */
Test(content_grammar, t24_no_field_takes_a_free_number)
{
    check_grammar();
    for (size_t i = 0; i < NUM_ENTRIES; i++) {
        const entry *e = &grammar[i];

        switch (e->kind) {
        case STRING:
            cr_assert(LISTED(e->name, "text", "name", "firmware"), "%s",
                      e->name);
            break;
        case BYTES:
            cr_assert(LISTED(e->name, "seen_chain", "key_id", "ciphertext",
                             "sender", "wifi", "silent", "sha256",
                             "mailbox_seed", "key", "target", "nonce", "member",
                             "authenticator", "hash", "ids", "subject", "by",
                             "before", "who"),
                      "%s", e->name);
            break;
        case UINT64:
        case FIXED64:
            cr_assert(LISTED(e->name, "counter", "sent_ms", "id",
                             "paused_until_ms", "ranges", "not_after_ms",
                             "answer_counter", "until_ms", "first", "time_ms"),
                      "%s", e->name);
            break;
        default: break;
        }
        cr_assert_not(LISTED(e->name, "number", "phone", "msisdn", "url", "uri",
                             "host", "address", "dial", "call"),
                      "%s", e->name);
    }
}

/* What a command can say beside its target and its end. */
Test(content_grammar, t24_a_command_names_members_and_messages_only)
{
    reached all = {.num = 0};

    reach(&all, &covey__command__descriptor);
    for (size_t i = 0; i < all.num; i++) {
        for (unsigned f = 0; f < all.types[i]->n_fields; f++) {
            const entry *e = find(all.types[i], all.types[i]->fields[f].id);

            cr_assert_not_null(e);
            cr_assert_neq(e->kind, STRING, "%s", e->name);
            cr_assert_neq(e->label, REPEATED, "%s", e->name);
            cr_assert(LISTED(e->name, "target", "not_after_ms", "locate",
                             "ring", "read_message", "set_policy", "find_watch",
                             "power_off", "sync", "duration_s", "message",
                             "kind", "version", "hash", "sender", "counter",
                             "incarnation"),
                      "%s", e->name);
        }
    }
}

/* No flag hides anything from the wearer: those that there are say that an
 * SOS is over, and what a safe zone tells. */
Test(content_grammar, t48_no_flag_asks_for_silence)
{
    for (size_t i = 0; i < NUM_ENTRIES; i++) {
        if (grammar[i].kind != BOOL) continue;
        cr_assert(LISTED(grammar[i].name, "over", "tell_enter", "tell_leave",
                         "hidden"),
                  "%s", grammar[i].name);
    }
}

/* ---- all values of all types ---- */

static uint8_t room[COVEY_CONTENT_SCRATCH_SIZE];

static size_t varint(uint8_t *out, uint64_t value)
{
    size_t len = 0;

    for (; value >= 0x80; value >>= 7) out[len++] = (uint8_t)(value | 0x80);
    out[len++] = (uint8_t)value;
    return len;
}

/* A payload whose Body has the field `number` with these bytes. */
static int decode_body(covey_payload *payload, uint32_t number,
                       covey_bytes inner)
{
    covey_bytes head = hex("080110001800 2000 2a10"
                           "00000000000000000000000000000000 32");
    uint8_t out[256], body[160];
    covey_buffer work = {room, sizeof room, 0};
    size_t body_len = varint(body, (uint64_t)number << 3 | 2), len = head.len;

    body_len += varint(body + body_len, inner.len);
    covey_copy(body + body_len, inner.at, inner.len);
    body_len += inner.len;
    memcpy(out, head.at, head.len);
    len += varint(out + len, body_len);
    memcpy(out + len, body, body_len);
    return covey_payload_decode(payload, covey_bytes_of(out, len + body_len),
                                &work);
}

static int decode_command(covey_payload *payload, uint32_t act,
                          covey_bytes inner)
{
    covey_bytes head = hex("0a10 000102030405060708090a0b0c0d0e0f 1001");
    uint8_t out[128];
    size_t len = head.len;

    memcpy(out, head.at, head.len);
    len += varint(out + len, (uint64_t)act << 3 | 2);
    len += varint(out + len, inner.len);
    covey_copy(out + len, inner.at, inner.len);
    return decode_body(payload, 8, covey_bytes_of(out, len + inner.len));
}

/* Contents of a kind for each number, commands of a kind for each act: what
 * is not in this switch is unknown, and an unknown one has nothing but its
 * number. Nothing in it takes up sound or pictures, and nothing connects. */
Test(content_grammar, t21_no_type_starts_a_microphone)
{
    covey_payload payload;

    for (uint32_t number = 1; number < 1u << 29; number += number / 64 + 1) {
        int err = decode_body(&payload, number, hex("00"));

        if (number > COVEY_CONTENT_PAUSE) {
            cr_assert_eq(err, COVEY_OK);
            cr_assert_eq(payload.content.kind, COVEY_CONTENT_UNKNOWN);
            cr_assert_eq(payload.content.of.unknown, number);
        } else {
            cr_assert_eq(err, COVEY_ERR_MALFORMED);
        }
    }
    for (uint32_t act = 3; act < 1u << 29; act += act / 64 + 1) {
        int err = decode_command(&payload, act, covey_bytes_of(NULL, 0));

        if (err != COVEY_OK) continue;
        cr_assert_eq(payload.content.kind, COVEY_CONTENT_COMMAND);
        switch (payload.content.of.command.kind) {
        case COVEY_COMMAND_LOCATE:
        case COVEY_COMMAND_POWER_OFF:
        case COVEY_COMMAND_SYNC: cr_assert_leq(act, 9); break;
        case COVEY_COMMAND_UNKNOWN:
            cr_assert_gt(act, 9);
            cr_assert_eq(payload.content.of.command.of.unknown, act - 2);
            break;
        default: cr_assert_fail("act %u", act); break;
        }
    }
}

/* The same: a picture or a voice clip is announced when it is there; no
 * message asks for one. */
Test(content_grammar, t22_no_type_takes_a_picture)
{
    for (size_t i = 0; i < NUM_ENTRIES; i++) {
        if (strcmp(grammar[i].name, "picture") == 0 ||
            strcmp(grammar[i].name, "voice") == 0) {
            cr_assert_eq(grammar[i].type, &covey__attachment__descriptor);
        }
    }
    cr_assert_eq(covey__voice__descriptor.n_fields, 1, "its duration");
    cr_assert_eq(covey__picture__descriptor.n_fields, 2, "its two sides");
}

/* No content is an offer to talk, so nothing can answer one. */
Test(content_grammar, t23_no_type_is_a_call)
{
    cr_assert_eq(covey__body__descriptor.n_fields, 15);
    cr_assert_eq(covey__command__descriptor.n_fields, 2 + 7);
}

/* Required by the grammar itself: nothing without it is read. */
Test(content_grammar, t09_every_command_has_an_end)
{
    const entry *end = find(&covey__command__descriptor, 2);
    covey_payload payload;

    cr_assert_str_eq(end->name, "not_after_ms");
    cr_assert_eq(end->label, REQUIRED);
    cr_assert_eq(decode_body(&payload, 8,
                             hex("0a10000102030405060708090a0b0c0d0e0f 1a00")),
                 COVEY_ERR_MALFORMED);
    cr_assert_eq(
        decode_body(&payload, 8,
                    hex("0a10000102030405060708090a0b0c0d0e0f 1000 1a00")),
        COVEY_ERR_MALFORMED, "1970");
    cr_assert_eq(
        decode_body(&payload, 8,
                    hex("0a10000102030405060708090a0b0c0d0e0f 1001 1a00")),
        COVEY_OK);
}

/* Times a thousand years off are times; what is none is refused, and nothing
 * that is read depends on any clock. */
Test(content_grammar, t57_a_time_is_a_time_whatever_the_clock_says)
{
    covey_payload payload;

    cr_assert_eq(decode_body(&payload, 15, hex("08ffb7ff90fdce39")), COVEY_OK);
    cr_assert_eq(payload.content.of.pause.until_ms, COVEY_TIME_MS_MAX);
    cr_assert_eq(decode_body(&payload, 15, hex("0880b8ff90fdce39")),
                 COVEY_ERR_MALFORMED);
    cr_assert_eq(decode_body(&payload, 15, hex("08ffffffffffffffffff01")),
                 COVEY_ERR_MALFORMED);
}

/* Nobody says what he is called: a name is local to the watch. */
Test(content_grammar, t18_no_message_brings_a_name_for_its_sender)
{
    for (size_t i = 0; i < NUM_ENTRIES; i++) {
        const entry *e = &grammar[i];

        if (e->kind != STRING) continue;
        cr_assert(e->type == &covey__text__descriptor ||
                  e->type == &covey__zone__descriptor ||
                  e->type == &covey__status__descriptor);
    }
}

/* Each fix says how old it is, how exact, and whether the watch was worn. */
Test(content_grammar, t16_t53_no_fix_without_its_time_and_state)
{
    const char *name;
    covey_payload payload = contents_sample(1, &name), again;
    uint8_t out[COVEY_PAYLOAD_MAX];
    covey_buffer to = {out, sizeof out, 0}, work = {room, sizeof room, 0};
    covey_fix fix = payload.content.of.location.fixes[0];

    payload.content.of.location.fixes = &fix;
    for (int worn = COVEY_YES_NO_UNKNOWN; worn <= COVEY_NO; worn++) {
        fix.worn = (covey_yes_no)worn;
        fix.time_ms = payload.sent_ms - worn * INT64_C(86400000);
        cr_assert_eq(covey_payload_encode(&to, &payload, &work), COVEY_OK);
        cr_assert_eq(covey_payload_decode(&again, covey_bytes_of(out, to.len),
                                          &work),
                     COVEY_OK);
        cr_assert_eq((int)again.content.of.location.fixes[0].worn, worn);
        cr_assert_eq(again.content.of.location.fixes[0].time_ms, fix.time_ms);
    }
}
