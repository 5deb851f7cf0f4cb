#include "raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const raw_shape raw_good = {
    .what = "a request that is right",
    .mailbox_len = 32,
    .num_appends = 1,
    .blob_len = 256,
    .max_bytes = 20000,
    .max_blob = 4096,
    .signature_len = 64,
};

typedef struct {
    uint8_t *at;
    size_t cap;
    size_t len;
} output;

static void put(output *out, uint8_t byte)
{
    if (out->len == out->cap) {
        fputs("a raw request is too long\n", stderr);
        exit(2);
    }
    out->at[out->len++] = byte;
}

static void put_varint(output *out, uint64_t value)
{
    for (; value > 0x7f; value >>= 7) put(out, (uint8_t)(value | 0x80));
    put(out, (uint8_t)value);
}

static void put_number(output *out, unsigned field, uint64_t value)
{
    put_varint(out, (uint64_t)field << 3);
    put_varint(out, value);
}

static void put_bytes(output *out, unsigned field, size_t len)
{
    put_varint(out, (uint64_t)field << 3 | 2);
    put_varint(out, len);
    for (size_t i = 0; i < len; i++) put(out, (uint8_t)(i * 7 + field));
}

/* What `inner` holds, as a field of `out`. */
static void put_message(output *out, unsigned field, const output *inner)
{
    put_varint(out, (uint64_t)field << 3 | 2);
    put_varint(out, inner->len);
    for (size_t i = 0; i < inner->len; i++) put(out, inner->at[i]);
}

static void put_append(output *out, const raw_shape *shape)
{
    static uint8_t bytes[40000];
    output inner = {bytes, sizeof bytes, 0};

    put_bytes(&inner, 1, shape->blob_len);
    if (!shape->no_flags) {
        put_number(&inner, 2, 0);
        put_number(&inner, 3, 0);
    }
    put_message(out, 2, &inner);
}

static void put_wake(output *out, const raw_shape *shape)
{
    static uint8_t bytes[2000];
    output inner = {bytes, sizeof bytes, 0};

    put_bytes(&inner, 1, shape->endpoint_len);
    put_number(&inner, 2, shape->expiry_s);
    put_message(out, 8, &inner);
}

size_t raw_encode(uint8_t *to, size_t cap, const raw_shape *shape)
{
    output out = {to, cap, 0};

    put_bytes(&out, 1, shape->mailbox_len);
    for (size_t i = 0; i < shape->num_appends; i++) put_append(&out, shape);
    if (!shape->no_after) put_number(&out, 4, 0);
    put_number(&out, 5, shape->max_bytes);
    put_number(&out, 6, shape->max_blob);
    put_number(&out, 7, shape->wait_ms);
    if (shape->has_wake) put_wake(&out, shape);
    if (shape->has_token) put_bytes(&out, 9, shape->token_len);
    put_bytes(&out, 11, shape->signature_len);
    return out.len;
}
