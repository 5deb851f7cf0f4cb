/*
 * A relay in memory: it never forgets, and believes whoever signs.
 */
#ifndef COVEY_FIRMWARE_RELAY_H
#define COVEY_FIRMWARE_RELAY_H

#include <covey/types.h>

/** Answers a request in `out`; 0: it is none that this relay understands. */
size_t relay_answer(covey_bytes request, uint8_t *out, size_t cap);

/** Bytes of the largest blob that it has given out. */
size_t relay_largest(void);

#endif
