/*
 * Randomness for tests. test_random is a host's random hook whose output
 * follows from a number, and which can be told to fail; test_choices makes
 * the choices of a test itself. The same seed gives the same run everywhere.
 */
#ifndef COVEY_TEST_RANDOM_H
#define COVEY_TEST_RANDOM_H

#include "base/bytes.h"

#define TEST_RANDOM_NEVER UINT64_MAX

typedef struct {
    uint64_t seed;
    uint64_t num_calls; /* so far, the failed one included */
    uint64_t fail_at;   /* this call fails, 0 the first: TEST_RANDOM_NEVER */
    bool failed;        /* it did */
} test_random;

/* Never fails until fail_at is set. */
test_random test_random_of(uint64_t seed);

/* The hook: ChaCha20 with the seed as key and the call as nonce. A failing
 * call writes half of its output and answers 7, as a broken driver would. */
covey_random test_random_hook(test_random *random);

/* A hook stuck at one byte, which says that all is well. */
covey_random test_random_stuck(uint8_t *value);

/* A generator for the test's own choices, not for keys. */
typedef struct {
    uint64_t state;
} test_choices;

test_choices test_choices_of(uint64_t seed);
uint64_t test_choice(test_choices *choices);

/* 0 .. below - 1; below is not 0. */
uint32_t test_below(test_choices *choices, uint32_t below);

void test_fill(test_choices *choices, void *out, size_t len);

#endif
