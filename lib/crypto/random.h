/*
 * Asks the host for randomness.
 */
#ifndef COVEY_CRYPTO_RANDOM_H
#define COVEY_CRYPTO_RANDOM_H

#include "base/bytes.h"

/* Fills out whole, or zeroes it and answers COVEY_ERR_RANDOM. A source that
 * gives only equal bytes for 16 bytes or more is taken as broken. */
int covey_random_fill(const covey_random *random, void *out, size_t len);

#endif
