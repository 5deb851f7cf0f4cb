#include "crypto/sign.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <sodium/crypto_core_ed25519.h>
#include <sodium/crypto_hash_sha512.h>
#include <sodium/crypto_scalarmult_ed25519.h>

#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"

/* RFC 8032 section 7.1: tests 1, 2, 3 and SHA(abc). */
static const struct {
    const char *seed;
    const char *public_key;
    const char *message;
    const char *signature;
} cases[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
};

#define NUM_CASES (sizeof cases / sizeof cases[0])

static covey_sign_key key_of_hex(const char *seed)
{
    covey_sign_key key;

    covey_sign_key_of_seed(&key, hex(seed).at);
    return key;
}

Test(sign, derives_the_public_keys_of_rfc_8032)
{
    for (size_t i = 0; i < NUM_CASES; i++) {
        covey_sign_key key = key_of_hex(cases[i].seed);

        check_bytes(covey_sign_key_public(&key), hex(cases[i].public_key));
        check_hex(key.bytes, COVEY_SIGN_SEED_SIZE, cases[i].seed);
    }
}

Test(sign, signs_as_rfc_8032_does)
{
    for (size_t i = 0; i < NUM_CASES; i++) {
        covey_sign_key key = key_of_hex(cases[i].seed);
        uint8_t *signature = guard_end(COVEY_SIGNATURE_SIZE);

        covey_sign(signature, &key, guard_copy(hex(cases[i].message)));
        check_hex(signature, COVEY_SIGNATURE_SIZE, cases[i].signature);
    }
}

Test(sign, verifies_as_rfc_8032_does)
{
    for (size_t i = 0; i < NUM_CASES; i++) {
        cr_assert_eq(covey_verify(guard_copy(hex(cases[i].public_key)),
                                  guard_copy(hex(cases[i].message)),
                                  guard_copy(hex(cases[i].signature))),
                     COVEY_OK, "case %zu", i);
    }
}

Test(sign, an_empty_message_takes_no_pointer)
{
    covey_sign_key key = key_of_hex(cases[0].seed);
    covey_bytes none = {NULL, 0};
    uint8_t signature[COVEY_SIGNATURE_SIZE];

    covey_sign(signature, &key, none);
    check_hex(signature, sizeof signature, cases[0].signature);
    cr_assert_eq(covey_verify(covey_sign_key_public(&key), none,
                              covey_bytes_of(signature, sizeof signature)),
                 COVEY_OK);
}

Test(sign, a_new_key_is_that_of_the_hosts_randomness)
{
    test_random source = test_random_of(5);
    covey_random hook = test_random_hook(&source);
    test_random again = test_random_of(5);
    covey_random same = test_random_hook(&again);
    uint8_t seed[COVEY_SIGN_SEED_SIZE];
    covey_sign_key key;
    covey_sign_key want;

    cr_assert_eq(covey_sign_key_new(&key, &hook), COVEY_OK);
    cr_assert_eq(same.fill(same.ctx, seed, sizeof seed), 0);
    covey_sign_key_of_seed(&want, seed);
    check_bytes(covey_bytes_of(&key, sizeof key),
                covey_bytes_of(&want, sizeof want));
    cr_assert_eq(covey_sign_key_new(&want, &hook), COVEY_OK);
    cr_assert_neq(memcmp(&key, &want, sizeof key), 0, "the next one differs");
}

Test(sign, every_bit_that_is_flipped_is_noticed)
{
    uint8_t *public_key = test_copy(hex(cases[2].public_key));
    uint8_t *message = test_copy(hex(cases[2].message));
    uint8_t *signature = test_copy(hex(cases[2].signature));
    const struct {
        uint8_t *at;
        size_t len;
    } parts[] = {{public_key, COVEY_SIGN_PUBLIC_SIZE},
                 {message, 2},
                 {signature, COVEY_SIGNATURE_SIZE}};

    for (size_t part = 0; part < 3; part++) {
        for (size_t bit = 0; bit < 8 * parts[part].len; bit++) {
            test_flip(parts[part].at, bit);
            cr_assert_eq(
                covey_verify(covey_bytes_of(public_key, COVEY_SIGN_PUBLIC_SIZE),
                             covey_bytes_of(message, 2),
                             covey_bytes_of(signature, COVEY_SIGNATURE_SIZE)),
                COVEY_ERR_AUTH, "part %zu, bit %zu", part, bit);
            test_flip(parts[part].at, bit);
        }
    }
}

Test(sign, keys_and_signatures_of_another_length_are_refused)
{
    uint8_t room[128] = {0};
    covey_bytes public_key = hex(cases[1].public_key);
    covey_bytes message = hex(cases[1].message);
    covey_bytes signature = hex(cases[1].signature);

    for (size_t len = 0; len <= 70; len++) {
        uint8_t *key_at = guard_end(len);
        uint8_t *signature_at = guard_end(len);

        memcpy(room, public_key.at, public_key.len);
        memcpy(key_at, room, len);
        memcpy(room, signature.at, signature.len);
        memcpy(signature_at, room, len);
        cr_assert_eq(covey_verify(covey_bytes_of(key_at, len), message,
                                  signature),
                     len == 32 ? COVEY_OK : COVEY_ERR_AUTH, "key of %zu", len);
        cr_assert_eq(covey_verify(public_key, message,
                                  covey_bytes_of(signature_at, len)),
                     len == 64 ? COVEY_OK : COVEY_ERR_AUTH, "signature of %zu",
                     len);
    }
    cr_assert_eq(covey_verify(covey_bytes_of(NULL, 0), message, signature),
                 COVEY_ERR_AUTH);
    cr_assert_eq(covey_verify(public_key, message, covey_bytes_of(NULL, 0)),
                 COVEY_ERR_AUTH);
}

/* RFC 8032 section 5.1.7: S below the group's order. Whoever does not check
 * takes S + L as a second signature of the same message. */
Test(sign, an_s_that_is_not_reduced_is_refused)
{
    covey_bytes order = hex("edd3f55c1a631258d69cf7a2def9de14"
                            "00000000000000000000000000000010");

    for (size_t i = 0; i < NUM_CASES; i++) {
        uint8_t *signature = test_copy(hex(cases[i].signature));
        unsigned carry = 0;

        for (size_t at = 0; at < 32; at++) {
            carry += signature[32 + at] + (unsigned)order.at[at];
            signature[32 + at] = (uint8_t)carry;
            carry >>= 8;
        }
        cr_assert_eq(carry, 0);
        cr_assert_eq(covey_verify(hex(cases[i].public_key),
                                  hex(cases[i].message),
                                  covey_bytes_of(signature, 64)),
                     COVEY_ERR_AUTH);
    }
}

/* The points of order 1, 2, 4 and 8, in every encoding of 32 bytes. */
static const char *const small_order[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

#define NUM_SMALL (sizeof small_order / sizeof small_order[0])

/* S * B = R + k * A holds for every message if A is the identity and R is
 * S * B, and for one message in 2, 4 or 8 if A has that order: a verifier
 * that takes such keys accepts some of these. */
Test(sign, keys_of_small_order_are_refused)
{
    uint8_t signature[COVEY_SIGNATURE_SIZE] = {0};
    test_choices choices = test_choices_of(6);

    test_fill(&choices, signature + 32, 31);
    cr_assert_eq(crypto_scalarmult_ed25519_base_noclamp(signature,
                                                        signature + 32),
                 0);
    for (size_t i = 0; i < NUM_SMALL; i++) {
        for (uint8_t message = 0; message < 64; message++) {
            cr_assert_eq(covey_verify(hex(small_order[i]),
                                      covey_bytes_of(&message, 1),
                                      covey_bytes_of(signature, 64)),
                         COVEY_ERR_AUTH, "%s", small_order[i]);
        }
        test_free_all();
    }
}

/* The signer himself can make R small: with R the identity, S = k * a. */
Test(sign, signatures_with_an_r_of_small_order_are_refused)
{
    covey_sign_key key = key_of_hex(cases[0].seed);
    covey_bytes public_key = covey_sign_key_public(&key);
    uint8_t signature[COVEY_SIGNATURE_SIZE];
    uint8_t wide[64];
    uint8_t scalar[32];
    uint8_t hram[32];
    crypto_hash_sha512_state state;

    (void)crypto_hash_sha512(wide, key.bytes, COVEY_SIGN_SEED_SIZE);
    wide[0] &= 248;
    wide[31] = (uint8_t)((wide[31] & 127) | 64);
    memset(wide + 32, 0, 32);
    crypto_core_ed25519_scalar_reduce(scalar, wide);

    hex_into(signature, 32, small_order[0]);
    (void)crypto_hash_sha512_init(&state);
    (void)crypto_hash_sha512_update(&state, signature, 32);
    (void)crypto_hash_sha512_update(&state, public_key.at, 32);
    (void)crypto_hash_sha512_final(&state, wide);
    crypto_core_ed25519_scalar_reduce(hram, wide);
    crypto_core_ed25519_scalar_mul(signature + 32, hram, scalar);
    cr_assert_eq(covey_verify(public_key, covey_bytes_of(NULL, 0),
                              covey_bytes_of(signature, 64)),
                 COVEY_ERR_AUTH);
}
