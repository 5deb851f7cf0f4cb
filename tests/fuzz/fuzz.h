/*
 * What the fuzz targets share. A target's input begins with the choices that
 * it makes, if it makes any; the rest is what a peer would send.
 */
#ifndef COVEY_TEST_FUZZ_H
#define COVEY_TEST_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "support/bytes.h"
#include "support/reencode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that holds whatever arrives. */
#define fuzz_require(condition)                                                \
    do {                                                                       \
        if (!(condition)) {                                                    \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,   \
                          #condition);                                         \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* For an answer that may be any: only where it leads to matters. */
static inline void fuzz_either_way(int err)
{
    (void)err;
}

/* Takes the input's first byte, 0 of an empty one. */
static inline uint8_t fuzz_byte(covey_bytes *input)
{
    if (input->len == 0) return 0;
    uint8_t value = input->at[0];
    *input = covey_bytes_of(input->at + 1, input->len - 1);
    return value;
}

/* What decodes encodes again to the same bytes. Answers whether it does. */
static inline bool fuzz_reencode(reencode_kind kind, covey_bytes input)
{
    covey_bytes again;

    if (reencode(&again, kind, input) != 0) return false;
    fuzz_require(covey_bytes_same(again, input));
    return true;
}

#endif
