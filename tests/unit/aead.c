#include "crypto/aead.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"

/* RFC 8439 section 2.8.2. */
static const char key_hex[] =
    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f";
static const char nonce_hex[] = "070000004041424344454647";
static const char aad_hex[] = "50515253c0c1c2c3c4c5c6c7";
static const char plain_text[] =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one "
    "tip for the future, sunscreen would be it.";
static const char sealed_hex[] =
    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
    "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
    "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
    "3ff4def08e4b7a9de576d26586cec64b6116"
    "1ae10b594f09e26a7e902ecbd0600691";

static covey_aead_key rfc_key(void)
{
    covey_aead_key key;

    hex_into(key.key, sizeof key.key, key_hex);
    hex_into(key.nonce, sizeof key.nonce, nonce_hex);
    return key;
}

static covey_aead_key key_of(test_choices *choices)
{
    covey_aead_key key;

    test_fill(choices, &key, sizeof key);
    return key;
}

Test(aead, seals_as_rfc_8439_does)
{
    covey_aead_key key = rfc_key();
    covey_bytes plain = guard_copy(covey_bytes_of_text(plain_text));
    uint8_t *out = guard_end(plain.len + COVEY_AEAD_TAG_SIZE);

    covey_aead_seal(out, &key, guard_copy(hex(aad_hex)), plain);
    check_hex(out, plain.len + COVEY_AEAD_TAG_SIZE, sealed_hex);
}

Test(aead, opens_as_rfc_8439_does)
{
    covey_aead_key key = rfc_key();
    covey_bytes sealed = guard_copy(hex(sealed_hex));
    size_t len = sealed.len - COVEY_AEAD_TAG_SIZE;
    uint8_t *out = guard_end(len);

    cr_assert_eq(covey_aead_open(out, &key, guard_copy(hex(aad_hex)), sealed),
                 COVEY_OK);
    check_bytes(covey_bytes_of(out, len), covey_bytes_of_text(plain_text));
}

/* Every length around the block sizes 16 and 64, with and without aad. */
Test(aead, opens_what_it_sealed_in_place_or_not)
{
    test_choices choices = test_choices_of(4);

    for (size_t len = 0; len <= 300; len++) {
        covey_aead_key key = key_of(&choices);
        uint8_t *plain = guard_end(len);
        uint8_t *sealed = guard_end(len + COVEY_AEAD_TAG_SIZE);
        uint8_t *in_place = guard_end(len + COVEY_AEAD_TAG_SIZE);
        uint8_t *opened = guard_end(len);
        uint8_t aad_bytes[20];
        covey_bytes aad = covey_bytes_of(aad_bytes, len % 21);

        if (aad.len == 0) aad.at = NULL;
        test_fill(&choices, plain, len);
        test_fill(&choices, aad_bytes, sizeof aad_bytes);
        covey_aead_seal(sealed, &key, aad, covey_bytes_of(plain, len));

        covey_copy(in_place, plain, len);
        covey_aead_seal(in_place, &key, aad, covey_bytes_of(in_place, len));
        check_bytes(covey_bytes_of(in_place, len + COVEY_AEAD_TAG_SIZE),
                    covey_bytes_of(sealed, len + COVEY_AEAD_TAG_SIZE));

        covey_bytes both = covey_bytes_of(sealed, len + COVEY_AEAD_TAG_SIZE);

        cr_assert_eq(covey_aead_open(opened, &key, aad, both), COVEY_OK);
        check_bytes(covey_bytes_of(opened, len), covey_bytes_of(plain, len));
        cr_assert_eq(covey_aead_open(sealed, &key, aad, both), COVEY_OK);
        check_bytes(covey_bytes_of(sealed, len), covey_bytes_of(plain, len));
        guard_free_all();
    }
}

Test(aead, nothing_is_sealed_and_opened_without_pointers)
{
    covey_aead_key key = rfc_key();
    covey_bytes none = {NULL, 0};
    uint8_t tag[COVEY_AEAD_TAG_SIZE];

    covey_aead_seal(tag, &key, none, none);
    cr_assert_eq(covey_aead_open(guard_end(0), &key, none,
                                 covey_bytes_of(tag, sizeof tag)),
                 COVEY_OK);
}

/* Opens a changed message: refused, and the output zeroed. */
static void check_refused(const covey_aead_key *key, covey_bytes aad,
                          covey_bytes sealed, const char *what, size_t which)
{
    size_t len = sealed.len - COVEY_AEAD_TAG_SIZE;
    uint8_t *out = guard_end(len);

    memset(out, 0xa5, len);
    cr_assert_eq(covey_aead_open(out, key, aad, sealed), COVEY_ERR_AUTH,
                 "%s, bit %zu", what, which);
    cr_assert(test_is_zero(out, len), "%s, bit %zu", what, which);
}

Test(aead, every_bit_that_is_flipped_is_noticed)
{
    covey_aead_key key = rfc_key();
    covey_bytes sealed = hex(sealed_hex);
    covey_bytes aad = hex(aad_hex);
    uint8_t *sealed_at = test_copy(sealed);
    uint8_t *aad_at = test_copy(aad);

    for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
        test_flip(sealed_at, bit);
        check_refused(&key, aad, covey_bytes_of(sealed_at, sealed.len),
                      "message", bit);
        test_flip(sealed_at, bit);
        guard_free_all();
    }
    for (size_t bit = 0; bit < 8 * aad.len; bit++) {
        test_flip(aad_at, bit);
        check_refused(&key, covey_bytes_of(aad_at, aad.len), sealed, "aad",
                      bit);
        test_flip(aad_at, bit);
    }
    for (size_t bit = 0; bit < 8 * sizeof key.key; bit++) {
        test_flip(key.key, bit);
        check_refused(&key, aad, sealed, "key", bit);
        test_flip(key.key, bit);
    }
    for (size_t bit = 0; bit < 8 * sizeof key.nonce; bit++) {
        test_flip(key.nonce, bit);
        check_refused(&key, aad, sealed, "nonce", bit);
        test_flip(key.nonce, bit);
    }
}

Test(aead, every_truncation_is_refused)
{
    covey_aead_key key = rfc_key();
    covey_bytes sealed = hex(sealed_hex);
    covey_bytes aad = hex(aad_hex);

    for (size_t len = 0; len < sealed.len; len++) {
        covey_bytes cut = guard_copy(covey_bytes_of(sealed.at, len));
        size_t room = len < COVEY_AEAD_TAG_SIZE ? 0 : len - COVEY_AEAD_TAG_SIZE;

        cr_assert_eq(covey_aead_open(guard_end(room), &key, aad, cut),
                     COVEY_ERR_AUTH, "%zu bytes", len);
    }
    for (size_t len = 0; len < aad.len; len++) {
        check_refused(&key, covey_bytes_of(aad.at, len), sealed, "aad", len);
    }
}

Test(aead, bytes_do_not_move_between_aad_and_message)
{
    covey_aead_key key = rfc_key();
    uint8_t both[16 + 4];
    uint8_t sealed[4 + COVEY_AEAD_TAG_SIZE];

    memset(both, 0, sizeof both);
    covey_aead_seal(sealed, &key, covey_bytes_of(both, 16),
                    covey_bytes_of(both, 4));
    check_refused(&key, covey_bytes_of(both, 15),
                  covey_bytes_of(sealed, sizeof sealed), "shorter aad", 0);
    check_refused(&key, covey_bytes_of(both, 17),
                  covey_bytes_of(sealed, sizeof sealed), "longer aad", 0);
}

Test(aead, a_failure_in_place_leaves_no_plaintext)
{
    covey_aead_key key = rfc_key();
    covey_bytes sealed = hex(sealed_hex);
    uint8_t *at = guard_end(sealed.len);

    memcpy(at, sealed.at, sealed.len);
    test_flip(at, 8 * sealed.len - 1);
    cr_assert_eq(covey_aead_open(at, &key, hex(aad_hex),
                                 covey_bytes_of(at, sealed.len)),
                 COVEY_ERR_AUTH);
    cr_assert(test_is_zero(at, sealed.len - COVEY_AEAD_TAG_SIZE));
}
