/*
 * Writes and reads records of a store for tests, on a simulated flash.
 *
 * A source for the program that needs it, as it calls the library under test.
 */
#ifndef COVEY_TEST_RECORDS_H
#define COVEY_TEST_RECORDS_H

#include "store/change.h"
#include "support/flash.h"

/* The device's key that tests use. */
covey_host_key test_host_key(void);

/* Memory for a change, or for reading: 64 kB, the same each time. */
covey_scratch test_store_memory(void);

/* One change of one record; NULL erases it. What committing answers. */
int test_store_set(covey_store *store, uint32_t slot, const char *text);

/* The record as text, which lives until test_free_all; NULL when there is
 * none. *err is what reading answered. */
const char *test_store_text(covey_store *store, uint32_t slot, int *err);

/* Whether the store holds this text; NULL: no record. */
bool test_store_has(covey_store *store, uint32_t slot, const char *text);

#endif
