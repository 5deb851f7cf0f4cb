/*
 * Types that several public headers share.
 */
#ifndef COVEY_TYPES_H
#define COVEY_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A view of bytes that somebody else owns; (NULL, 0) is empty. A view that
 * the library hands out is valid until the next call on its object. */
typedef struct {
    const uint8_t *at;
    size_t len;
} covey_bytes;

/* An output or working buffer: the caller sets at and cap, the call len. */
typedef struct {
    uint8_t *at;
    size_t cap;
    size_t len;
} covey_buffer;

/* The host's source of randomness. fill() writes all of out[0..len) from a
 * cryptographic source and returns 0, or returns anything else. It must not
 * call back into the library. */
typedef struct {
    void *ctx;
    int (*fill)(void *ctx, uint8_t *out, size_t len);
} covey_random;

#ifdef __cplusplus
}
#endif

#endif
