/*
 * Values that several vector files hold, and the line that says how many
 * cases of a file were run. Needs <criterion/criterion.h>.
 */
#ifndef COVEY_TEST_VALUES_H
#define COVEY_TEST_VALUES_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "crypto/suite.h"
#include "support/vectors.h"

/* The suite of the vectors that have one. */
static inline const covey_suite *vector_suite(void)
{
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);

    cr_assert_not_null(suite);
    return suite;
}

/* Fails unless the case is of the suite that scripts/get-vectors keeps. */
static inline void check_suite(const json_t *value)
{
    cr_assert_eq(vector_number(value, "cipher_suite"),
                 COVEY_SUITE_X25519_CHACHA);
}

static inline covey_secret secret_of(covey_bytes bytes)
{
    covey_secret secret;

    cr_assert_eq(bytes.len, sizeof secret.bytes);
    memcpy(secret.bytes, bytes.at, sizeof secret.bytes);
    return secret;
}

static inline covey_secret vector_secret(const json_t *object, const char *key)
{
    return secret_of(vector_hex(object, key));
}

static inline covey_digest vector_digest(const json_t *object, const char *key)
{
    covey_digest digest;
    covey_bytes bytes = vector_hex(object, key);

    cr_assert_eq(bytes.len, sizeof digest.bytes);
    memcpy(digest.bytes, bytes.at, sizeof digest.bytes);
    return digest;
}

static inline covey_kem_secret kem_secret_of(covey_bytes bytes)
{
    covey_kem_secret secret;

    cr_assert_eq(bytes.len, sizeof secret.bytes);
    memcpy(secret.bytes, bytes.at, sizeof secret.bytes);
    return secret;
}

#define check_secret(got, object, key)                                         \
    check_bytes(covey_secret_bytes(&(got)), vector_hex((object), (key)))
#define check_digest(got, object, key)                                         \
    check_bytes(covey_digest_bytes(&(got)), vector_hex((object), (key)))

/* Says what was run; nothing at all is a failure. */
static inline void report_cases(const char *file, size_t num_run,
                                size_t num_there)
{
    (void)fprintf(stderr, "%s: %zu of %zu cases\n", file, num_run, num_there);
    cr_assert_gt(num_run, 0, "no case of %s was run", file);
}

#endif
