#include "crypto/random.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "crypto/hpke.h"
#include "crypto/sign.h"
#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"

#define MAX 100

Test(random, fills_exactly_what_was_asked_for)
{
    for (size_t len = 0; len <= MAX; len++) {
        test_random source = test_random_of(len);
        covey_random hook = test_random_hook(&source);
        test_random again = test_random_of(len);
        covey_random same = test_random_hook(&again);
        uint8_t *at = guard_end(len);
        uint8_t *want = guard_start(len);

        cr_assert_eq(covey_random_fill(&hook, at, len), COVEY_OK);
        cr_assert_eq(same.fill(same.ctx, want, len), 0);
        check_bytes(covey_bytes_of(at, len), covey_bytes_of(want, len));
        cr_assert_eq(source.num_calls, 1);
    }
}

/* T58 */
Test(random, a_hook_that_fails_gives_an_error_and_zeroes)
{
    for (size_t len = 0; len <= MAX; len++) {
        test_random source = test_random_of(1);
        covey_random hook = test_random_hook(&source);
        uint8_t *at = guard_end(len);

        if (len != 0) memset(at, 0xa5, len);
        source.fail_at = 0;
        cr_assert_eq(covey_random_fill(&hook, at, len), COVEY_ERR_RANDOM);
        cr_assert(test_is_zero(at, len), "%zu: a part of it stayed", len);
        cr_assert(source.failed);
    }
}

static int answers(void *ctx, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++) out[i] = (uint8_t)(i + 1);
    return *(int *)ctx;
}

Test(random, whatever_is_not_zero_is_a_failure_and_does_not_travel)
{
    static int codes[] = {1, -1, 7, INT32_MAX, INT32_MIN, COVEY_ERR_AUTH};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        covey_random hook = {&codes[i], answers};
        uint8_t out[32];

        cr_assert_eq(covey_random_fill(&hook, out, sizeof out),
                     COVEY_ERR_RANDOM);
        cr_assert(test_is_zero(out, sizeof out));
    }
}

/* T58 */
Test(random, a_source_stuck_at_any_value_is_refused)
{
    for (unsigned value = 0; value < 256; value++) {
        uint8_t byte = (uint8_t)value;
        covey_random hook = test_random_stuck(&byte);

        for (size_t len = 16; len <= 64; len++) {
            uint8_t *at = guard_end(len);

            cr_assert_eq(covey_random_fill(&hook, at, len), COVEY_ERR_RANDOM,
                         "%zu bytes of %02x", len, value);
            cr_assert(test_is_zero(at, len));
        }
        guard_free_all();
    }
}

/* By chance four equal bytes come once in 2^24, and a reuse guard is four. */
Test(random, short_outputs_may_have_equal_bytes)
{
    uint8_t byte = 0x11;
    covey_random hook = test_random_stuck(&byte);

    for (size_t len = 0; len < 16; len++) {
        uint8_t out[16] = {0};

        cr_assert_eq(covey_random_fill(&hook, out, len), COVEY_OK);
        cr_assert(test_is_zero(out + len, sizeof out - len));
    }
}

static int differs_in_one(void *ctx, uint8_t *out, size_t len)
{
    memset(out, 0x22, len);
    out[*(size_t *)ctx] ^= 1;
    return 0;
}

Test(random, one_byte_that_differs_is_not_stuck)
{
    for (size_t at = 0; at < 32; at++) {
        covey_random hook = {&at, differs_in_one};
        uint8_t out[32];

        cr_assert_eq(covey_random_fill(&hook, out, sizeof out), COVEY_OK,
                     "byte %zu", at);
    }
}

/* T58: each function that makes keys, with each of its calls failing. */
Test(random, no_key_comes_of_a_source_that_fails_or_is_stuck)
{
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);
    test_random source = test_random_of(3);
    covey_random good = test_random_hook(&source);
    test_random failing = test_random_of(3);
    uint8_t value = 0;
    const covey_random bad[] = {test_random_hook(&failing),
                                test_random_stuck(&value)};
    covey_kem_secret secret;
    covey_kem_public public_key;
    covey_hpke_info info;

    cr_assert_eq(covey_random_fill(&good, secret.bytes, 32), COVEY_OK);
    suite->kem->public_of(&public_key, &secret);
    covey_hpke_info_of(&info, suite, NULL, 0);
    failing.fail_at = 0;
    for (size_t i = 0; i < 2; i++) {
        covey_sign_key key = {{0}};
        covey_kem_output output = {{0}};
        uint8_t sealed[3 + COVEY_AEAD_TAG_SIZE] = {0};

        failing.num_calls = 0;
        cr_assert_eq(covey_sign_key_new(&key, &bad[i]), COVEY_ERR_RANDOM);
        cr_assert(test_is_zero(&key, sizeof key));
        failing.num_calls = 0;
        cr_assert_eq(covey_hpke_seal(&output, sealed, suite, &bad[i],
                                     &public_key, &info,
                                     covey_bytes_of(NULL, 0),
                                     covey_bytes_of_text("abc")),
                     COVEY_ERR_RANDOM);
        cr_assert(test_is_zero(&output, sizeof output));
        cr_assert(test_is_zero(sealed, sizeof sealed));
    }
}
