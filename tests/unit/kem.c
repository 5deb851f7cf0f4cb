#include "crypto/kem.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"

static const covey_kem *const kem = &covey_kem_x25519;

/* RFC 9180 appendix A.2.1. */
static const char ikm_e[] =
    "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b";
static const char sk_e[] =
    "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600";
static const char pk_e[] =
    "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
static const char ikm_r[] =
    "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df";
static const char sk_r[] =
    "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb";
static const char pk_r[] =
    "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
static const char shared_hex[] =
    "0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7";

/* The u coordinates that give an all-zero secret with any key: the points of
 * small order of the curve and of its twist, in each encoding that the top
 * bit, which X25519 ignores, and the values above the prime allow. */
static const char *const small_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

#define NUM_SMALL (sizeof small_order / sizeof small_order[0])

static covey_kem_secret secret_of(const char *text)
{
    covey_kem_secret secret;

    hex_into(secret.bytes, sizeof secret.bytes, text);
    return secret;
}

static covey_kem_public public_of(const char *text)
{
    covey_kem_public public_key;

    hex_into(public_key.bytes, sizeof public_key.bytes, text);
    return public_key;
}

Test(kem, has_the_sizes_of_rfc_9180)
{
    cr_assert_eq(kem->id, 0x0020);
    cr_assert_eq(kem->public_size, 32);
    cr_assert_eq(kem->secret_size, 32);
    cr_assert_eq(kem->output_size, 32);
    cr_assert_eq(kem->seed_size, 32);
}

Test(kem, arrays_are_large_enough_for_the_table)
{
    cr_assert_leq(kem->public_size, COVEY_KEM_PUBLIC_MAX);
    cr_assert_leq(kem->secret_size, COVEY_KEM_SECRET_MAX);
    cr_assert_leq(kem->output_size, COVEY_KEM_OUTPUT_MAX);
    cr_assert_leq(kem->seed_size, sizeof(covey_kem_secret),
                  "covey_hpke_seal keeps the seed in a secret");
}

Test(kem, derives_the_key_pairs_of_rfc_9180)
{
    covey_kem_secret secret;
    covey_kem_public public_key;

    kem->derive(&secret, &public_key, guard_copy(hex(ikm_e)));
    check_hex(secret.bytes, 32, sk_e);
    check_hex(public_key.bytes, 32, pk_e);
    kem->derive(&secret, &public_key, guard_copy(hex(ikm_r)));
    check_hex(secret.bytes, 32, sk_r);
    check_hex(public_key.bytes, 32, pk_r);
}

/* RFC 7748 section 6.1 */
Test(kem, computes_the_public_keys_of_rfc_7748)
{
    covey_kem_secret secret = secret_of(
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    covey_kem_public public_key;

    kem->public_of(&public_key, &secret);
    check_hex(public_key.bytes, 32,
              "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f88"
              "2b4f");
}

Test(kem, encapsulates_as_rfc_9180_does)
{
    covey_kem_public public_key = public_of(pk_r);
    covey_secret shared;
    covey_kem_output output;

    cr_assert_eq(kem->encap(&shared, &output, &public_key, hex(sk_e).at),
                 COVEY_OK);
    check_hex(output.bytes, 32, pk_e);
    check_hex(shared.bytes, 32, shared_hex);
}

Test(kem, decapsulates_as_rfc_9180_does)
{
    covey_kem_secret secret = secret_of(sk_r);
    covey_kem_public public_key = public_of(pk_r);
    covey_secret shared;

    cr_assert_eq(kem->decap(&shared, guard_copy(hex(pk_e)), &secret,
                            &public_key),
                 COVEY_OK);
    check_hex(shared.bytes, 32, shared_hex);
}

Test(kem, both_sides_agree_for_any_keys)
{
    test_choices choices = test_choices_of(7);

    for (unsigned run = 0; run < 50; run++) {
        uint8_t ikm[32];
        uint8_t seed[32];
        covey_kem_secret secret;
        covey_kem_public public_key;
        covey_kem_public again;
        covey_kem_output output;
        covey_secret ours;
        covey_secret theirs;

        test_fill(&choices, ikm, sizeof ikm);
        test_fill(&choices, seed, sizeof seed);
        kem->derive(&secret, &public_key, covey_bytes_of(ikm, sizeof ikm));
        kem->public_of(&again, &secret);
        check_bytes(covey_bytes_of(&again, sizeof again),
                    covey_bytes_of(&public_key, sizeof public_key));
        cr_assert_eq(kem->encap(&ours, &output, &public_key, seed), COVEY_OK);
        cr_assert_eq(kem->decap(&theirs, covey_bytes_of(output.bytes, 32),
                                &secret, &public_key),
                     COVEY_OK);
        check_bytes(covey_secret_bytes(&theirs), covey_secret_bytes(&ours));
    }
}

Test(kem, a_new_key_pair_is_derived_from_the_hosts_randomness)
{
    test_random source = test_random_of(12);
    covey_random hook = test_random_hook(&source);
    test_random again = test_random_of(12);
    covey_random same = test_random_hook(&again);
    covey_kem_secret secret;
    covey_kem_secret want_secret;
    covey_kem_public public_key;
    covey_kem_public want_public;
    uint8_t ikm[32];

    cr_assert_eq(covey_kem_keys_new(kem, &secret, &public_key, &hook),
                 COVEY_OK);
    cr_assert_eq(same.fill(same.ctx, ikm, sizeof ikm), 0);
    kem->derive(&want_secret, &want_public, covey_bytes_of(ikm, sizeof ikm));
    check_bytes(covey_bytes_of(&secret, sizeof secret),
                covey_bytes_of(&want_secret, sizeof want_secret));
    check_bytes(covey_bytes_of(&public_key, sizeof public_key),
                covey_bytes_of(&want_public, sizeof want_public));
}

/* T58 */
Test(kem, a_source_that_fails_or_is_stuck_gives_no_keys)
{
    test_random source = test_random_of(13);
    uint8_t value = 9;
    const covey_random bad[] = {test_random_hook(&source),
                                test_random_stuck(&value)};

    source.fail_at = 0;
    for (size_t i = 0; i < 2; i++) {
        covey_kem_secret secret = {{0}};
        covey_kem_public public_key = {{0}};

        cr_assert_eq(covey_kem_keys_new(kem, &secret, &public_key, &bad[i]),
                     COVEY_ERR_RANDOM);
        cr_assert(test_is_zero(&secret, sizeof secret));
        cr_assert(test_is_zero(&public_key, sizeof public_key));
    }
}

/* Pitfall 27. */
Test(kem, public_keys_of_small_order_are_known_beforehand)
{
    for (size_t i = 0; i < NUM_SMALL; i++) {
        covey_kem_public key = public_of(small_order[i]);

        cr_assert_not(kem->is_useful(covey_bytes_of(key.bytes, 32)), "%s",
                      small_order[i]);
        /* One bit beside it there is none. */
        key.bytes[7] ^= 0x10;
        cr_assert(kem->is_useful(covey_bytes_of(key.bytes, 32)));
    }
}

Test(kem, public_keys_of_small_order_are_refused_by_encap)
{
    for (size_t i = 0; i < NUM_SMALL; i++) {
        covey_kem_public public_key = public_of(small_order[i]);
        covey_kem_output output;
        covey_secret shared = {{0}};

        memset(&output, 0xa5, sizeof output);
        cr_assert_eq(kem->encap(&shared, &output, &public_key, hex(sk_e).at),
                     COVEY_ERR_AUTH, "%s", small_order[i]);
        cr_assert(test_is_zero(&shared, sizeof shared), "no secret comes out");
        cr_assert(test_is_zero(&output, sizeof output), "nor an output");
    }
}

/* Pitfall 27. */
Test(kem, outputs_of_small_order_are_refused_by_decap)
{
    covey_kem_secret secret = secret_of(sk_r);
    covey_kem_public public_key = public_of(pk_r);

    for (size_t i = 0; i < NUM_SMALL; i++) {
        covey_secret shared = {{0}};

        cr_assert_eq(kem->decap(&shared, hex(small_order[i]), &secret,
                                &public_key),
                     COVEY_ERR_AUTH, "%s", small_order[i]);
        cr_assert(test_is_zero(&shared, sizeof shared), "no secret comes out");
    }
}

Test(kem, outputs_of_another_length_are_refused)
{
    covey_kem_secret secret = secret_of(sk_r);
    covey_kem_public public_key = public_of(pk_r);
    uint8_t longer[64] = {0};

    hex_into(longer, 32, pk_e);
    for (size_t len = 0; len <= sizeof longer; len++) {
        covey_bytes output = guard_copy(covey_bytes_of(longer, len));
        covey_secret shared;

        cr_assert_eq(kem->decap(&shared, output, &secret, &public_key),
                     len == 32 ? COVEY_OK : COVEY_ERR_AUTH, "%zu", len);
    }
}

/* X25519 ignores the top bit of a public key; the KEM's context does not. */
Test(kem, an_output_that_differs_in_the_ignored_bit_gives_another_secret)
{
    covey_kem_secret secret = secret_of(sk_r);
    covey_kem_public public_key = public_of(pk_r);
    uint8_t *output = test_copy(hex(pk_e));
    covey_secret shared;

    test_flip(output, 255);
    cr_assert_eq(kem->decap(&shared, covey_bytes_of(output, 32), &secret,
                            &public_key),
                 COVEY_OK);
    cr_assert_neq(memcmp(shared.bytes, hex(shared_hex).at, 32), 0);
}
