/*
 * Test vectors in JSON, below the directory that the environment variable
 * COVEY_VECTORS_DIR names; scripts/get-vectors brings the official ones.
 *
 * Where the directory is not there, vectors_open says loudly which file could
 * not be checked, and skips the test. A directory that lacks the file, and a
 * value that lacks a member, fail the test.
 */
#ifndef COVEY_TEST_VECTORS_H
#define COVEY_TEST_VECTORS_H

#include <jansson.h>

#include "support/bytes.h"

/* What ctest looks for to call a test skipped rather than passed. */
#define VECTORS_NOT_CHECKED "NOT CHECKED"

/* The whole file, "mls/key-schedule.json" for instance. Never NULL. Walk an
 * array with json_array_foreach. */
const json_t *vectors_open(const char *name);

/* Members of an object. Each fails the test when there is no such member, or
 * when it is of another type. */
const json_t *vector_get(const json_t *object, const char *key);
const json_t *vector_list(const json_t *object, const char *key);
covey_bytes vector_hex(const json_t *object, const char *key);
const char *vector_text(const json_t *object, const char *key);
uint64_t vector_number(const json_t *object, const char *key);
bool vector_is_true(const json_t *object, const char *key);

/* Whether there is such a member and it is not null. */
bool vector_has(const json_t *object, const char *key);

/* An element of an array, or a member, that is a text of hex. */
covey_bytes vector_bytes(const json_t *text);

#endif
