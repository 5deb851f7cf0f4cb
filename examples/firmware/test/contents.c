/*
 * Does this board decode and encode what chapter 3 of SPEC.md says, and how
 * much stack does it take? The payload is "location 2" of
 * tests/vectors/own/contents.json: six minutes of a walk.
 */
#include <covey/content.h>
#include <string.h>

#include "board.h"

static const uint8_t walk[] = {
    0x08, 0xe7, 0x24, 0x10, 0x02, 0x18, 0x80, 0xb9, 0xf5, 0xeb, 0xca, 0x33,
    0x20, 0xd2, 0x09, 0x2a, 0x10, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6,
    0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0x32, 0x6b, 0x0a,
    0x69, 0x0a, 0x0f, 0xb2, 0xf7, 0xe3, 0xf0, 0x03, 0x90, 0x55, 0xba, 0x06,
    0xe9, 0x08, 0xc3, 0x0f, 0xde, 0x05, 0x12, 0x0f, 0x8e, 0x9c, 0xee, 0x30,
    0xdc, 0x87, 0x01, 0xd5, 0x11, 0xac, 0x01, 0xf6, 0x0a, 0xe9, 0x09, 0x1a,
    0x0e, 0x99, 0xe4, 0x24, 0xd6, 0xa9, 0x07, 0x8c, 0x09, 0xbd, 0x0f, 0xd4,
    0x0f, 0xad, 0x08, 0x22, 0x02, 0xbe, 0x26, 0x2a, 0x0c, 0xf2, 0x09, 0xa3,
    0x01, 0xc8, 0x02, 0x96, 0x01, 0x8b, 0x04, 0xa6, 0x04, 0x32, 0x08, 0xfc,
    0x52, 0x31, 0x65, 0x17, 0x19, 0x8e, 0x01, 0x3a, 0x07, 0xfc, 0x01, 0x36,
    0x0e, 0x05, 0x2f, 0x2d, 0x42, 0x0c, 0xf2, 0x3b, 0xd5, 0x03, 0x9c, 0x0c,
    0xe3, 0x10, 0x88, 0x04, 0xda, 0x06, 0x4a, 0x02, 0xa2, 0x01};

static _Alignas(8) uint8_t room[COVEY_CONTENT_SCRATCH_SIZE];
static uint8_t out[COVEY_PAYLOAD_SMALL_MAX];

typedef struct {
    uint32_t instructions;
    uint32_t stack;
} cost;

static void say(const char *what, cost c)
{
    board_log(what);
    board_log_u32(c.instructions);
    board_log(" instructions, ");
    board_log_u32(c.stack);
    board_log(" bytes of stack\n");
}

static int decode(covey_payload *payload, covey_bytes bytes, cost *c)
{
    covey_buffer work = {room, sizeof room, 0};

    board_stack_paint();
    board_count_start();
    int err = covey_payload_decode(payload, bytes, &work);
    c->instructions = board_count_read();
    c->stack = board_stack_depth();
    return err;
}

static int encode(covey_buffer *to, const covey_payload *payload, cost *c)
{
    /* What was decoded stands in the first part of the scratch. */
    static _Alignas(8) uint8_t other[COVEY_CONTENT_SCRATCH_SIZE];
    covey_buffer work = {other, sizeof other, 0};

    board_stack_paint();
    board_count_start();
    int err = covey_payload_encode(to, payload, &work);
    c->instructions = board_count_read();
    c->stack = board_stack_depth();
    return err;
}

int main(void)
{
    covey_buffer to = {out, sizeof out, 0};
    covey_payload payload;
    cost c;

    if (decode(&payload, (covey_bytes){walk, sizeof walk}, &c) ||
        payload.content.of.location.num_fixes != 6) {
        board_log("FAILED: the payload does not decode\n");
        return 1;
    }
    say("decode six fixes: ", c);
    if (encode(&to, &payload, &c) || to.len != sizeof walk ||
        memcmp(out, walk, sizeof walk) != 0) {
        board_log("FAILED: it does not encode to the same bytes\n");
        return 1;
    }
    say("encode six fixes: ", c);
    if (decode(&payload, (covey_bytes){walk, sizeof walk - 1}, &c) !=
        COVEY_ERR_MALFORMED) {
        board_log("FAILED: it decodes without its last byte\n");
        return 1;
    }
    board_log("a payload decodes and encodes again\n");
    return 0;
}
