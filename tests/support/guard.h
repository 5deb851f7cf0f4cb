/*
 * Buffers that stand against a page which nobody may touch: one byte too far
 * ends the test with a segmentation fault, with or without sanitizers.
 */
#ifndef COVEY_TEST_GUARD_H
#define COVEY_TEST_GUARD_H

#include "base/bytes.h"

/* len zero bytes; the byte behind the last is out of bounds. */
uint8_t *guard_end(size_t len);

/* len zero bytes; the byte before the first is out of bounds. */
uint8_t *guard_start(size_t len);

/* A copy that ends at the guard. len may be 0: then no byte is readable. */
covey_bytes guard_copy(covey_bytes bytes);

/* Unmaps them all: each takes four pages, so long loops call this. */
void guard_free_all(void);

#endif
