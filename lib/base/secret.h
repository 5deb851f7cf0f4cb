/*
 * What is done to secrets: wiped, and compared in constant time.
 */
#ifndef COVEY_BASE_SECRET_H
#define COVEY_BASE_SECRET_H

#include "base/bytes.h"

/* Zeroes, and is not optimised away. */
void covey_wipe(void *at, size_t len);

/* Whether len bytes are equal; the time depends on len alone. */
bool covey_ct_equal(const void *a, const void *b, size_t len);

/* Whether all bytes are zero; the time depends on len alone. */
bool covey_ct_is_zero(const void *a, size_t len);

/* Marks the value as one that an observer may learn: the constant-time
 * tests poison secrets, and this takes the poison off. */
#ifdef COVEY_CT_TEST
#include <valgrind/memcheck.h>
#define COVEY_CT_PUBLIC(at, len) VALGRIND_MAKE_MEM_DEFINED((at), (len))
#else
#define COVEY_CT_PUBLIC(at, len) ((void)(at), (void)(len))
#endif

#endif
