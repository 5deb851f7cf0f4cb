/*
 * Members of one MLS group, made with the public functions alone.
 *
 * A source for the program that needs it, as it calls the library under test.
 */
#ifndef COVEY_TEST_MEMBERS_H
#define COVEY_TEST_MEMBERS_H

#include <covey/mls.h>

#include "support/bytes.h"
#include "support/random.h"

typedef struct {
    covey_mls_group *group;
    covey_mls_staged *staged;
} test_member;

/* num members at the leaves of the same index, in epoch 1. Everything lives
 * until test_free_all. Aborts on an error. */
void test_members_new(test_member *members, size_t num, test_random *random);

/* Working memory and an output, the same each time. */
covey_buffer *test_members_scratch(void);
covey_buffer *test_members_output(void);

/* A copy of an output, which lives until test_free_all. */
covey_bytes test_members_copy(const covey_buffer *output);

#endif
