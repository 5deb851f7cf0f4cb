/*
 * Requests that our encoder refuses to make, field by field.
 */
#ifndef CONFORMANCE_RAW_H
#define CONFORMANCE_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A request's shape. Its bytes are of no meaning, and its signature is not
 * one: what it must be refused for comes before that. */
typedef struct {
    const char *what;
    size_t mailbox_len;
    size_t num_appends;
    size_t blob_len;
    bool no_flags; /* of the appends */
    bool no_after;
    uint64_t max_bytes;
    uint64_t max_blob;
    uint64_t wait_ms;
    bool has_wake;
    size_t endpoint_len;
    uint64_t expiry_s;
    bool has_token;
    size_t token_len;
    size_t signature_len;
} raw_shape;

/* One that is right. */
extern const raw_shape raw_good;

/* Gives the length of the encoding. */
size_t raw_encode(uint8_t *out, size_t cap, const raw_shape *shape);

#endif
