/*
 * Bytes for tests: hex, buffers that live until the program ends, and a
 * comparison that prints both sides. Wrong hex is a mistake of the test and
 * aborts it.
 */
#ifndef COVEY_TEST_BYTES_H
#define COVEY_TEST_BYTES_H

#include "base/bytes.h"

/* len zero bytes, exactly as large as asked, for sanitizers to watch. Lives
 * until test_free_all or the end of the program. */
uint8_t *test_alloc(size_t len);

/* Frees everything that the functions of this header gave out. For loops
 * that would otherwise keep too much. */
void test_free_all(void);

/* The bytes of a text such as "00ff"; blanks are skipped. */
covey_bytes hex(const char *text);

/* The other way round. */
const char *hex_of(covey_bytes bytes);

/* Hex into a buffer of exactly this size. */
void hex_into(uint8_t *out, size_t len, const char *text);

/* A copy in a buffer of its own. */
uint8_t *test_copy(covey_bytes bytes);

/* Whether at[0..len) is zero. */
bool test_is_zero(const void *at, size_t len);

/* Inverts bit number `bit` of a buffer, counted from its first byte. */
static inline void test_flip(uint8_t *at, size_t bit)
{
    at[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

/* Compares two views; needs <criterion/criterion.h>. */
#define check_bytes(got, want)                                                 \
    do {                                                                       \
        covey_bytes got_ = (got), want_ = (want);                              \
        cr_assert(covey_bytes_same(got_, want_), "%s is\n  %s, not\n  %s",     \
                  #got, hex_of(got_), hex_of(want_));                          \
    } while (0)

/* Compares a buffer with hex. */
#define check_hex(at, len, text)                                               \
    check_bytes(covey_bytes_of((at), (len)), hex(text))

#endif
