/*
 * Working memory that the caller lends for one call; taken from the front.
 */
#ifndef COVEY_BASE_SCRATCH_H
#define COVEY_BASE_SCRATCH_H

#include "base/bytes.h"

typedef struct {
    uint8_t *at;
    size_t cap;
    size_t used;
} covey_scratch;

static inline covey_scratch covey_scratch_of(uint8_t *at, size_t cap)
{
    return (covey_scratch){at, at == NULL ? 0 : cap, 0};
}

/* NULL when there is not so much left, or no memory at all. */
static inline uint8_t *covey_scratch_take(covey_scratch *scratch, size_t len)
{
    if (scratch->at == NULL || len > scratch->cap - scratch->used) return NULL;
    scratch->used += len;
    return scratch->at + (scratch->used - len);
}

#endif
