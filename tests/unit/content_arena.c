/*
 * Memory for protobuf-c: what the caller lent, and none besides.
 */
#include "content/arena.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "content/covey.pb-c.h"
#include "support/contents.h"
#include "support/guard.h"

Test(content_arena, gives_aligned_pieces_until_the_end)
{
    uint8_t *memory = guard_end(1000);
    covey_scratch s = covey_scratch_of(memory, 1000);
    ProtobufCAllocator arena = covey_arena_allocator(&s);
    uint8_t *last = NULL;
    size_t num = 0;

    for (size_t len = 1;; len += 3, num++) {
        uint8_t *at = arena.alloc(arena.allocator_data, len);

        if (at == NULL) break;
        cr_assert_eq((uintptr_t)at % _Alignof(uint64_t), 0);
        cr_assert(last == NULL || at > last);
        memset(at, 0xff, len);
        arena.free(arena.allocator_data, at);
        last = at + len - 1;
    }
    cr_assert_gt(num, 15);
    cr_assert_leq(s.used, 1000);
    cr_assert_null(arena.alloc(arena.allocator_data, SIZE_MAX));
    cr_assert_null(arena.alloc(arena.allocator_data, SIZE_MAX - 7));
    cr_assert_not_null(arena.alloc(arena.allocator_data, 1), "not latched");
}

Test(content_arena, without_memory_there_is_none)
{
    covey_scratch s = covey_scratch_of(NULL, 0);

    cr_assert_null(covey_arena_take(&s, 0));
    cr_assert_null(covey_arena_take(&s, 1));
}

/* Every allocation fails once: protobuf-c ends, and touches nothing else. */
Test(content_arena, a_message_needs_all_of_its_memory)
{
    uint8_t out[COVEY_PAYLOAD_MAX], room[COVEY_CONTENT_SCRATCH_SIZE];

    for (size_t i = 0; i < CONTENTS_NUM; i++) {
        const char *name;
        covey_payload payload = contents_sample(i, &name);
        covey_buffer to = {out, sizeof out, 0}, work = {room, sizeof room, 0};
        size_t step = i % 4 == 0 ? 1 : 13, cap = 0;
        Covey__Payload *message = NULL;

        cr_assert_eq(covey_payload_encode(&to, &payload, &work), COVEY_OK);
        for (; message == NULL; cap += cap < 4000 ? step : 61) {
            covey_scratch s = covey_scratch_of(guard_end(cap), cap);
            ProtobufCAllocator arena = covey_arena_allocator(&s);

            message = covey__payload__unpack(&arena, to.len, out);
            cr_assert_leq(s.used, cap);
            guard_free_all();
            cr_assert_leq(cap, sizeof room, "%s", name);
        }
        test_free_all();
    }
}

/* ---- what a hostile member could ask for ---- */

/* The most that a decoder of this message could be made to take, if it had
 * it: how many bytes protobuf-c asks for. */
typedef struct {
    size_t bytes;
    size_t calls;
} bill;

static void *count(void *data, size_t len)
{
    bill *b = data;

    b->bytes += len;
    b->calls++;
    return test_alloc(len);
}

static void ignore(void *data, void *at)
{
    (void)data;
    (void)at;
}

static bill asked_for(covey_bytes bytes)
{
    bill b = {0, 0};
    ProtobufCAllocator allocator = {count, ignore, &b};

    (void)covey__payload__unpack(&allocator, bytes.len, bytes.at);
    test_free_all();
    return b;
}

/* The head of a payload, then a pattern up to the limit; `depth` messages
 * around the pattern. */
static covey_bytes hostile(const char *around, const char *pattern)
{
    static uint8_t out[COVEY_PAYLOAD_MAX];
    static const char head[] = "080110001800 2000 2a10"
                               "00000000000000000000000000000000";
    uint8_t inner[COVEY_PAYLOAD_MAX];
    covey_bytes unit = hex(pattern), tags = hex(around);
    size_t len = 0;

    while (len + unit.len < 8000) {
        memcpy(inner + len, unit.at, unit.len);
        len += unit.len;
    }
    for (size_t i = tags.len; i-- > 0;) { /* a tag, a length of two bytes */
        memmove(inner + 3, inner, len);
        inner[0] = tags.at[i];
        inner[1] = (uint8_t)(0x80 | (len & 0x7f));
        inner[2] = (uint8_t)(len >> 7);
        len += 3;
    }
    covey_bytes start = hex(head);
    memcpy(out, start.at, start.len);
    memcpy(out + start.len, inner, len);
    cr_assert_leq(start.len + len, sizeof out);
    return covey_bytes_of(out, start.len + len);
}

Test(content_arena, t37_hostile_messages_cost_no_more_than_the_scratch)
{
    static const struct {
        const char *what, *around, *pattern;
    } attacks[] = {
        {"unknown fields of a payload", "", "7801"},
        {"unknown fields of a body", "32", "f80101"},
        {"unknown fields of a location", "320a", "7801"},
        {"unknown bytes", "320a", "7a00"},
        {"packed numbers", "320a0a", "02"},
        {"numbers that are not packed", "320a", "0802"},
        {"fixes in many pieces", "320a", "0a0102"},
        {"cells", "320a52", "1a00"},
        {"locations", "32", "0a00"},
        {"bodies", "", "3200"},
        {"bodies and sealed ones", "", "32003a00"},
        {"zones", "32620a", "0a00"},
        {"log entries", "3272", "1a00"},
        {"documents of a status", "3212", "4a00"},
        {"ranges", "322a22", "01"},
        {"members in many pieces", "32621a", "0a00"},
        {"texts", "321a", "0a00"},
        {"sos in sos", "3232", "2200"},
    };
    uint8_t room[COVEY_CONTENT_SCRATCH_SIZE + 64];

    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        covey_bytes bytes = hostile(attacks[i].around, attacks[i].pattern);
        covey_buffer work = {room, COVEY_CONTENT_SCRATCH_SIZE, 0};
        covey_payload payload;
        bill b = asked_for(bytes);

        (void)fprintf(stderr, "%-28s %5zu bytes ask for %7zu in %5zu pieces\n",
                      attacks[i].what, bytes.len, b.bytes, b.calls);
        memset(room, 0xa5, sizeof room);
        cr_assert_eq(covey_payload_decode(&payload, bytes, &work),
                     COVEY_ERR_MALFORMED, "%s", attacks[i].what);
        for (size_t at = COVEY_CONTENT_SCRATCH_SIZE; at < sizeof room; at++) {
            cr_assert_eq(room[at], 0xa5);
        }
    }
}

/* A kind of a later version may be as long as a payload may be. */
Test(content_arena, the_longest_unknown_kind_fits)
{
    static uint8_t out[COVEY_PAYLOAD_MAX], room[COVEY_CONTENT_SCRATCH_SIZE];
    covey_buffer work = {room, sizeof room, 0};
    covey_bytes head = hex("080110001800 2000 2a10"
                           "00000000000000000000000000000000");
    size_t body = sizeof out - head.len - 3, inner = body - 4;
    uint8_t *at = out + head.len;
    covey_payload payload;

    memcpy(out, head.at, head.len);
    *at++ = 0x32;
    *at++ = (uint8_t)(0x80 | (body & 0x7f));
    *at++ = (uint8_t)(body >> 7);
    *at++ = 0x82; /* field 16 */
    *at++ = 0x01;
    *at++ = (uint8_t)(0x80 | (inner & 0x7f));
    *at++ = (uint8_t)(inner >> 7);
    cr_assert_eq(covey_payload_decode(&payload, covey_bytes_of(out, sizeof out),
                                      &work),
                 COVEY_OK);
    cr_assert_eq(payload.content.kind, COVEY_CONTENT_UNKNOWN);
}
