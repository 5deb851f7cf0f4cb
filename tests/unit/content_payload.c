/*
 * What is encoded decodes to the same, and nothing else decodes.
 */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "content/covey.pb-c.h"
#include "support/contents.h"
#include "support/guard.h"
#include "support/random.h"

static uint8_t room[COVEY_CONTENT_SCRATCH_SIZE];

static covey_buffer scratch(void)
{
    return (covey_buffer){room, sizeof room, 0};
}

static covey_bytes encoded(const covey_payload *payload)
{
    covey_buffer out = {test_alloc(COVEY_PAYLOAD_MAX), COVEY_PAYLOAD_MAX, 0};
    covey_buffer work = scratch();

    cr_assert_eq(covey_payload_encode(&out, payload, &work), COVEY_OK);
    return covey_bytes_of(out.at, out.len);
}

static int decode(covey_payload *payload, covey_bytes bytes)
{
    covey_buffer work = scratch();

    memset(room, 0xaa, sizeof room);
    return covey_payload_decode(payload, bytes, &work);
}

static void check_same(const covey_payload *got, const covey_payload *want,
                       const char *name)
{
    json_t *a = contents_json(got), *b = contents_json(want);

    cr_assert(json_equal(a, b), "%s:\n%s\nis not\n%s", name, json_dumps(a, 0),
              json_dumps(b, 0));
    json_decref(a);
    json_decref(b);
}

static bool same(const covey_payload *x, const covey_payload *y)
{
    json_t *a = contents_json(x), *b = contents_json(y);
    bool equal = json_equal(a, b);

    json_decref(a);
    json_decref(b);
    return equal;
}

Test(content_payload, every_kind_decodes_to_what_was_encoded)
{
    for (size_t i = 0; i < CONTENTS_NUM; i++) {
        const char *name;
        covey_payload payload = contents_sample(i, &name), again;
        covey_bytes bytes = encoded(&payload);

        cr_assert_eq(decode(&again, guard_copy(bytes)), COVEY_OK, "%s", name);
        check_same(&again, &payload, name);
        check_bytes(encoded(&payload), bytes);
    }
    guard_free_all();
}

Test(content_payload, every_kind_is_among_the_samples)
{
    uint32_t seen = 0, commands = 0, documents = 0;

    for (size_t i = 0; i < CONTENTS_NUM; i++) {
        const char *name;
        covey_payload payload = contents_sample(i, &name);
        covey_content *c = &payload.content;

        seen |= 1u << (c->kind + 1);
        if (c->kind == COVEY_CONTENT_COMMAND) {
            commands |= 1u << c->of.command.kind;
        }
        if (c->kind == COVEY_CONTENT_DOCUMENT) {
            documents |= 1u << c->of.document.kind;
        }
    }
    cr_assert_eq(seen, 0x1fffdu, "all but UNKNOWN: %x", seen);
    cr_assert_eq(commands, 0xfeu);
    cr_assert_eq(documents, 0x7eu);
}

Test(content_payload, every_truncation_is_refused)
{
    for (size_t i = 0; i < CONTENTS_NUM; i++) {
        const char *name;
        covey_payload payload = contents_sample(i, &name), again;
        covey_bytes bytes = encoded(&payload);
        size_t step = bytes.len > 1000 ? 37 : 1;

        for (size_t len = 0; len < bytes.len; len += step) {
            covey_bytes cut = guard_copy(covey_bytes_of(bytes.at, len));

            cr_assert_eq(decode(&again, cut), COVEY_ERR_MALFORMED,
                         "%s cut at %zu", name, len);
            guard_free_all();
        }
    }
}

Test(content_payload, a_byte_more_is_refused)
{
    for (size_t i = 0; i < CONTENTS_NUM; i++) {
        const char *name;
        covey_payload payload = contents_sample(i, &name), again;
        covey_bytes bytes = encoded(&payload);
        uint8_t *more = test_alloc(bytes.len + 1);

        memcpy(more, bytes.at, bytes.len);
        cr_assert_eq(decode(&again, covey_bytes_of(more, bytes.len + 1)),
                     COVEY_ERR_MALFORMED, "%s", name);
    }
}

/* No two encodings of one payload, and no payload without an encoding. */
Test(content_payload, a_flipped_bit_is_refused_or_another_payload)
{
    size_t accepted = 0;

    for (size_t i = 0; i < CONTENTS_NUM; i++) {
        const char *name;
        covey_payload payload = contents_sample(i, &name), again;
        covey_bytes bytes = encoded(&payload);
        uint8_t *flipped = test_copy(bytes);
        size_t step = bytes.len > 1000 ? 53 : 1;

        for (size_t bit = 0; bit < bytes.len * 8; bit += step) {
            test_flip(flipped, bit);
            int err = decode(&again, covey_bytes_of(flipped, bytes.len));
            cr_assert(err == COVEY_OK || err == COVEY_ERR_MALFORMED);
            if (err == COVEY_OK) {
                accepted++;
                cr_assert_not(same(&again, &payload), "%s, bit %zu", name, bit);
            }
            test_flip(flipped, bit);
        }
        test_free_all();
    }
    cr_assert_gt(accepted, 1000, "bits of free values");
}

/* ---- the wire, taken apart ---- */

static uint64_t take_varint(covey_bytes *in)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;

    do {
        cr_assert(in->len > 0 && shift < 64);
        byte = in->at[0];
        value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
        *in = covey_bytes_of(in->at + 1, in->len - 1);
    } while (byte & 0x80);
    return value;
}

static size_t put_varint(uint8_t *out, uint64_t value)
{
    size_t len = 0;

    while (value >= 0x80) {
        out[len++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    out[len++] = (uint8_t)value;
    return len;
}

static const ProtobufCFieldDescriptor *
field_of(const ProtobufCMessageDescriptor *type, uint32_t number)
{
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (type->fields[i].id == number) return &type->fields[i];
    }
    cr_assert_fail("field %u", number);
    return NULL;
}

/* A copy of a message in which the message number *nth, counted as they come,
 * has `more` at its end. */
static size_t with_more(uint8_t *out, covey_bytes in,
                        const ProtobufCMessageDescriptor *type, int *nth,
                        covey_bytes more)
{
    bool here = (*nth)-- == 0;
    size_t len = 0;

    while (in.len > 0) {
        uint64_t tag = take_varint(&in);
        const ProtobufCFieldDescriptor *field =
            field_of(type, (uint32_t)(tag >> 3));

        len += put_varint(out + len, tag);
        if ((tag & 7) == 0) {
            len += put_varint(out + len, take_varint(&in));
        } else if ((tag & 7) == 1) {
            memcpy(out + len, in.at, 8);
            len += 8;
            in = covey_bytes_of(in.at + 8, in.len - 8);
        } else {
            size_t size = (size_t)take_varint(&in);
            covey_bytes inner = covey_bytes_of(in.at, size);
            uint8_t *copy = test_alloc(size + more.len + 64);
            size_t copy_len = size;

            in = covey_bytes_of(in.at + size, in.len - size);
            if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
                copy_len = with_more(copy, inner, field->descriptor, nth, more);
            } else {
                covey_copy(copy, inner.at, size);
            }
            len += put_varint(out + len, copy_len);
            memcpy(out + len, copy, copy_len);
            len += copy_len;
        }
    }
    if (here) {
        covey_copy(out + len, more.at, more.len);
        len += more.len;
    }
    return len;
}

static covey_bytes message_with(covey_bytes bytes, int nth, covey_bytes more,
                                bool *found)
{
    uint8_t *out = test_alloc(2 * COVEY_PAYLOAD_MAX);
    size_t len = with_more(out, bytes, &covey__payload__descriptor, &nth, more);

    *found = nth < 0;
    return covey_bytes_of(out, len);
}

Test(content_payload, taking_apart_leaves_all_as_it_is)
{
    for (size_t i = 0; i < CONTENTS_NUM; i++) {
        const char *name;
        covey_payload payload = contents_sample(i, &name);
        covey_bytes bytes = encoded(&payload);
        bool found;

        check_bytes(message_with(bytes, 0, covey_bytes_of(NULL, 0), &found),
                    bytes);
    }
}

/* In each message of each sample: a varint, eight bytes, a message. */
Test(content_payload, an_unknown_field_is_refused_wherever_it_is)
{
    static const char *const fields[] = {"f80101", "c10c0102030405060708",
                                         "c20c00", "c20c020801"};
    size_t num = 0;

    for (size_t i = 0; i < CONTENTS_NUM; i++) {
        const char *name;
        covey_payload payload = contents_sample(i, &name), again;
        covey_bytes bytes = encoded(&payload);
        bool found = true;

        for (int nth = 0; found; nth++) {
            for (size_t f = 0; f < 4; f++) {
                covey_bytes more =
                    message_with(bytes, nth, hex(fields[f]), &found);

                if (!found) break;
                cr_assert_eq(decode(&again, more), COVEY_ERR_MALFORMED,
                             "%s, message %d, field %zu", name, nth, f);
                num++;
            }
        }
        test_free_all();
    }
    cr_assert_gt(num, 600, "%zu", num);
}

/* ---- kinds of later versions ---- */

/* A payload whose Body, or whose Command, has this alone. */
static covey_bytes with_body(const char *body_hex)
{
    covey_payload payload = contents_head();
    uint8_t *out = test_alloc(512);
    covey_bytes body = hex(body_hex);

    payload.content.kind = COVEY_CONTENT_PAUSE;
    covey_bytes bytes = encoded(&payload);
    size_t head = bytes.len - 6; /* 32 04 7a 02 08 00 */
    memcpy(out, bytes.at, head);
    out[head] = 0x32;
    out[head + 1] = (uint8_t)body.len;
    memcpy(out + head + 2, body.at, body.len);
    return covey_bytes_of(out, head + 2 + body.len);
}

Test(content_payload, an_unknown_kind_is_reported)
{
    covey_payload payload;

    cr_assert_eq(decode(&payload, with_body("820100")), COVEY_OK);
    cr_assert_eq(payload.content.kind, COVEY_CONTENT_UNKNOWN);
    cr_assert_eq(payload.content.of.unknown, 16);
    cr_assert_eq(payload.id.counter, 4711, "it counts");
    cr_assert_eq(payload.seen.count, 1234);
    cr_assert_eq(decode(&payload, with_body("c2bb0103ffffff")), COVEY_OK);
    cr_assert_eq(payload.content.of.unknown, 3000);
}

Test(content_payload, no_kind_and_two_kinds_are_refused)
{
    static const char *const bodies[] = {
        "",                 /* none */
        "7a020800820100",   /* one that is known, and one that is not */
        "820100820100",     /* two that are not */
        "820100 8a0100",    /* different ones */
        "7a0208007a020800", /* the same twice */
        "72027a00",         /* a notice without anything */
        "800101",           /* an unknown number */
        "81010000000000000000",
        "0200",   /* field 0 */
        "820180", /* its length is cut */
    };
    covey_payload payload;

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        cr_assert_eq(decode(&payload, with_body(bodies[i])),
                     COVEY_ERR_MALFORMED, "%s", bodies[i]);
    }
}

/* Command: target, not_after_ms = 1, and an act. */
#define COMMAND(len, act)                                                      \
    "42" len "0a10 000102030405060708090a0b0c0d0e0f 1001" act

Test(content_payload, an_unknown_command_is_reported_to_be_refused)
{
    covey_payload payload;

    cr_assert_eq(decode(&payload, with_body(COMMAND("16", "5200"))), COVEY_OK);
    cr_assert_eq(payload.content.kind, COVEY_CONTENT_COMMAND);
    cr_assert_eq(payload.content.of.command.kind, COVEY_COMMAND_UNKNOWN);
    cr_assert_eq(payload.content.of.command.of.unknown, 8);
    cr_assert_eq(payload.content.of.command.not_after_ms, 1);
    cr_assert_eq(decode(&payload, with_body(COMMAND("1b", "ca0404deadbeef"))),
                 COVEY_OK);
    cr_assert_eq(payload.content.of.command.of.unknown, 71);
    /* None, two, a number. */
    cr_assert_eq(decode(&payload, with_body(COMMAND("14", ""))),
                 COVEY_ERR_MALFORMED);
    cr_assert_eq(decode(&payload, with_body(COMMAND("18", "52005a00"))),
                 COVEY_ERR_MALFORMED);
    cr_assert_eq(decode(&payload, with_body(COMMAND("18", "1a005200"))),
                 COVEY_ERR_MALFORMED);
    cr_assert_eq(decode(&payload, with_body(COMMAND("16", "5001"))),
                 COVEY_ERR_MALFORMED);
    cr_assert_eq(decode(&payload, with_body(COMMAND("16", "1a00"))), COVEY_OK);
    cr_assert_eq(payload.content.of.command.kind, COVEY_COMMAND_LOCATE);
}

Test(content_payload, what_is_unknown_cannot_be_sent)
{
    covey_payload payload = contents_head();
    covey_buffer out = {test_alloc(COVEY_PAYLOAD_MAX), COVEY_PAYLOAD_MAX, 7};
    covey_buffer work = scratch();

    payload.content.kind = COVEY_CONTENT_UNKNOWN;
    cr_assert_eq(covey_payload_encode(&out, &payload, &work),
                 COVEY_ERR_ARGUMENT);
    payload.content.kind = (covey_content_kind)16;
    cr_assert_eq(covey_payload_encode(&out, &payload, &work),
                 COVEY_ERR_ARGUMENT);
    payload.content.kind = COVEY_CONTENT_COMMAND;
    payload.content.of.command.not_after_ms = 1;
    cr_assert_eq(covey_payload_encode(&out, &payload, &work),
                 COVEY_ERR_ARGUMENT);
    payload.content.of.command.kind = COVEY_COMMAND_SYNC;
    cr_assert_eq(covey_payload_encode(&out, &payload, &work), COVEY_OK);
    payload.content.kind = COVEY_CONTENT_NOTICE;
    memset(&payload.content.of, 0, sizeof payload.content.of);
    cr_assert_eq(covey_payload_encode(&out, &payload, &work),
                 COVEY_ERR_ARGUMENT);
}

/* ---- other encodings of the same ---- */

Test(content_payload, only_the_shortest_encoding_is_taken)
{
    static const char *const others[] = {
        "7a03088000",                 /* a long zero */
        "fa00020800",                 /* a long tag */
        "7a8200 0800",                /* a long length */
        "7a0408000800",               /* a field twice */
        "7a00",                       /* a required field is missing */
        "7a0b0880808080808080808001", /* beyond the range */
        "32087a0208007a020800",
    };
    covey_payload payload;

    cr_assert_eq(decode(&payload, with_body("7a020800")), COVEY_OK);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        cr_assert_eq(decode(&payload, with_body(others[i])),
                     COVEY_ERR_MALFORMED, "%s", others[i]);
    }
    /* An SOS whose `over` is 2; packed numbers that are not packed. */
    cr_assert_eq(decode(&payload, with_body("320d 09 0000000000000000"
                                            "10001801")),
                 COVEY_OK);
    cr_assert_eq(decode(&payload, with_body("320d 09 0000000000000000"
                                            "10001802")),
                 COVEY_ERR_MALFORMED);
    cr_assert_eq(decode(&payload, with_body("0a060a0102 1a0104")), COVEY_OK);
    cr_assert_eq(payload.content.of.location.num_fixes, 1);
    cr_assert_eq(decode(&payload, with_body("0a050802 1a0104")),
                 COVEY_ERR_MALFORMED);
    /* Fields out of their order. */
    cr_assert_eq(decode(&payload, with_body("0a061a0104 0a0102")),
                 COVEY_ERR_MALFORMED);
}

/* ---- buffers ---- */

Test(content_payload, a_small_buffer_is_an_error_that_changes_nothing)
{
    covey_payload payload = contents_head();
    covey_bytes bytes;

    payload.content.kind = COVEY_CONTENT_BOOT;
    bytes = encoded(&payload);
    for (size_t cap = 0; cap <= bytes.len; cap++) {
        covey_buffer out = {guard_end(cap), cap, 77};
        covey_buffer work = scratch();
        int err = covey_payload_encode(&out, &payload, &work);

        cr_assert_eq(err, cap == bytes.len ? COVEY_OK : COVEY_ERR_BUFFER);
        cr_assert_eq(out.len, cap == bytes.len ? cap : 77);
        guard_free_all();
    }
    covey_buffer small = {room, sizeof room - 1, 0};
    covey_buffer out = {test_alloc(200), 200, 0};
    cr_assert_eq(covey_payload_encode(&out, &payload, &small),
                 COVEY_ERR_BUFFER);
    payload.id.counter = 42;
    cr_assert_eq(covey_payload_decode(&payload, bytes, &small),
                 COVEY_ERR_BUFFER);
    cr_assert_eq(decode(&payload, covey_bytes_of(bytes.at, bytes.len - 1)),
                 COVEY_ERR_MALFORMED);
    cr_assert_eq(payload.id.counter, 42, "the output of a failed call");
}

Test(content_payload, no_payload_is_longer_than_the_limit)
{
    covey_payload payload = contents_head(), again;
    covey_buffer out = {test_alloc(2 * COVEY_PAYLOAD_MAX),
                        2 * COVEY_PAYLOAD_MAX, 0};
    covey_sealed *sealed = &payload.content.of.sealed;
    covey_buffer work = scratch();

    payload.content.kind = COVEY_CONTENT_SEALED;
    sealed->audience_id = 1;
    sealed->key_id = hex("00");
    sealed->ciphertext = covey_bytes_of(test_alloc(COVEY_PAYLOAD_MAX), 8000);
    cr_assert_eq(covey_payload_encode(&out, &payload, &work), COVEY_OK);
    sealed->ciphertext.len += COVEY_PAYLOAD_MAX - out.len;
    cr_assert_eq(covey_payload_encode(&out, &payload, &work), COVEY_OK);
    cr_assert_eq(out.len, COVEY_PAYLOAD_MAX);
    cr_assert_eq(decode(&again, covey_bytes_of(out.at, out.len)), COVEY_OK);
    cr_assert_eq(again.content.of.sealed.ciphertext.len,
                 sealed->ciphertext.len);
    sealed->ciphertext.len++;
    cr_assert_eq(covey_payload_encode(&out, &payload, &work),
                 COVEY_ERR_ARGUMENT);
    cr_assert_eq(decode(&again, covey_bytes_of(out.at, COVEY_PAYLOAD_MAX + 1)),
                 COVEY_ERR_MALFORMED);
}

/* Any bytes at all, and bytes that begin well. */
Test(content_payload, t37_any_bytes_decode_or_are_refused)
{
    test_choices choices = test_choices_of(37);
    covey_payload payload;

    for (int i = 0; i < 20000; i++) {
        const char *name;
        uint8_t bytes[512];
        size_t len = test_below(&choices, sizeof bytes + 1);

        test_fill(&choices, bytes, len);
        if (i % 2 != 0) {
            payload =
                contents_sample(test_below(&choices, CONTENTS_NUM), &name);
            covey_bytes good = encoded(&payload);
            size_t keep = good.len < len ? good.len : len;

            keep = test_below(&choices, (uint32_t)keep + 1);
            memcpy(bytes, good.at, keep);
            test_free_all();
        }
        int err = decode(&payload, covey_bytes_of(bytes, len));
        cr_assert(err == COVEY_OK || err == COVEY_ERR_MALFORMED);
    }
}

Test(content_payload, the_limits_can_be_asked)
{
    cr_assert_eq(covey_payload_max(), COVEY_PAYLOAD_MAX);
    cr_assert_eq(covey_payload_small_max(), COVEY_PAYLOAD_SMALL_MAX);
    cr_assert_eq(covey_content_scratch_size(), COVEY_CONTENT_SCRATCH_SIZE);
    cr_assert_eq(covey_text_max(), COVEY_TEXT_MAX);
    cr_assert_eq(covey_fixes_max(), COVEY_FIXES_MAX);
    cr_assert_eq(covey_wifi_max(), COVEY_WIFI_MAX);
    cr_assert_eq(covey_cells_max(), COVEY_CELLS_MAX);
    cr_assert_eq(covey_zones_max(), COVEY_ZONES_MAX);
    cr_assert_eq(covey_zone_name_max(), COVEY_ZONE_NAME_MAX);
    cr_assert_eq(covey_contacts_max(), COVEY_CONTACTS_MAX);
    cr_assert_eq(covey_access_entries_max(), COVEY_ACCESS_ENTRIES_MAX);
    cr_assert_eq(covey_attachment_max(), COVEY_ATTACHMENT_MAX);
    cr_assert_eq(covey_chunk_max(), COVEY_CHUNK_MAX);
}
