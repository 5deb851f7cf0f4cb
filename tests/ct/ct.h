/*
 * Constant time, tested with valgrind: secrets are marked as uninitialised
 * memory, and memcheck reports each branch and each address that depends on
 * such memory. The library under test is built with COVEY_CT_TEST, in which
 * COVEY_CT_PUBLIC takes the mark off what an observer may learn.
 *
 * What this cannot see: instructions whose own time depends on their
 * operands, division above all. The library divides by constants only.
 */
#ifndef COVEY_TEST_CT_H
#define COVEY_TEST_CT_H

#include "base/bytes.h"

/* One thing that is done with secrets. */
typedef struct {
    const char *name;
    void (*run)(void);
} ct_case;

typedef struct {
    const char *name;
    const ct_case *cases;
    size_t num_cases;
} ct_list;

/* A list of every file of cases: all must be clean ... */
extern const ct_list ct_crypto;
extern const ct_list ct_mls;
extern const ct_list ct_group;
/* ... and of planted leaks: each must be reported. */
extern const ct_list ct_leaks;

#define CT_LIST(variable, text, array)                                         \
    const ct_list variable = {text, array, sizeof(array) / sizeof(array)[0]}

/* Fills with fixed bytes and marks as secret. */
void ct_make_secret(void *at, size_t len, uint8_t fill);

/* Marks as secret, as it stands. */
void ct_secret(const void *at, size_t len);

/* Takes the mark off, for the test itself to look at it. */
void ct_public(const void *at, size_t len);

/* Whether every bit, or not one bit, depends on a secret. */
bool ct_is_secret(const void *at, size_t len);
bool ct_is_public(const void *at, size_t len);

/* A check of the test itself: that it did what it says. `ok` is public. */
void ct_require(bool ok, const char *what);

#endif
