/*
 * Messages whose structure is right and whose contents are not, or are: each
 * byte of the input decides something, 0 for what an honest member would
 * write. A fuzzer that changes bytes thus changes lengths, lists and types
 * without breaking the encoding around them.
 */
#ifndef COVEY_FUZZ_GENERATE_H
#define COVEY_FUZZ_GENERATE_H

#include "mls/group.h"

/* A proposal or a commit for this group, of any member. Lives until
 * test_free_all. */
covey_bytes generate_message(const covey_mls_group *group, covey_bytes input);

#endif
