/*
 * Reads the TLS presentation language of RFC 9420 section 2.1. Failure
 * latches: after it every read gives zeros and empty views, so a parser
 * reads like the RFC's struct and asks once, at the end.
 */
#ifndef COVEY_BASE_READER_H
#define COVEY_BASE_READER_H

#include "base/bytes.h"

typedef struct {
    const uint8_t *at;
    size_t left;
    bool failed;
} covey_reader;

covey_reader covey_reader_of(covey_bytes bytes);

uint8_t covey_read_u8(covey_reader *r);
uint16_t covey_read_u16(covey_reader *r);
uint32_t covey_read_u32(covey_reader *r);
uint64_t covey_read_u64(covey_reader *r);

/* The next len bytes as they stand. */
covey_bytes covey_read_fixed(covey_reader *r, size_t len);

/* opaque<V>, section 2.1.2: only the shortest length encoding is valid. */
covey_bytes covey_read_vec(covey_reader *r);

/* A vector of elements: a reader over its contents. */
covey_reader covey_read_list(covey_reader *r);

/* optional<T>, section 2.1.1: whether a value follows. */
bool covey_read_optional(covey_reader *r);

/* Whether there is another element: stops on failure. */
static inline bool covey_reader_more(const covey_reader *r)
{
    return !r->failed && r->left != 0;
}

/* What has been read since `start`, a reader's earlier `at`. */
static inline covey_bytes covey_reader_since(const covey_reader *r,
                                             const uint8_t *start)
{
    if (r->failed) return covey_bytes_of(NULL, 0);
    return covey_bytes_of(start, (size_t)(r->at - start));
}

/* COVEY_ERR_MALFORMED after a failure or when bytes are left over. */
int covey_reader_finish(const covey_reader *r);

#endif
