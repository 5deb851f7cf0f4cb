/*
 * mls/crypto-basics.json: RFC 9420 sections 5.1, 5.2, 8 and 9.1.
 */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "crypto/label.h"
#include "support/guard.h"
#include "support/random.h"
#include "support/vectors.h"

/* Calls check with the given part of every case of our suite. */
static void each_case(const char *part, void (*check)(const json_t *value))
{
    const json_t *root = vectors_open("mls/crypto-basics.json");
    const json_t *value;
    unsigned num = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        if (vector_number(value, "cipher_suite") != COVEY_SUITE_X25519_CHACHA) {
            continue;
        }
        check(vector_get(value, part));
        num++;
    }
    cr_assert_gt(num, 0, "no case of suite 3");
}

static covey_secret secret_of(const json_t *value)
{
    covey_bytes bytes = vector_hex(value, "secret");
    covey_secret secret;

    cr_assert_eq(bytes.len, sizeof secret.bytes);
    memcpy(secret.bytes, bytes.at, sizeof secret.bytes);
    return secret;
}

static void ref_hash(const json_t *value)
{
    covey_bytes part = vector_hex(value, "value");
    covey_digest got;

    covey_ref_hash(&got, vector_text(value, "label"), &part, 1);
    check_bytes(covey_digest_bytes(&got), vector_hex(value, "out"));
}

Test(vectors, ref_hash)
{
    each_case("ref_hash", ref_hash);
}

static void expand_with_label(const json_t *value)
{
    covey_secret secret = secret_of(value);
    size_t len = (size_t)vector_number(value, "length");
    uint8_t *got = guard_end(len);

    cr_assert_eq(covey_expand_with_label(got, len, &secret,
                                         vector_text(value, "label"),
                                         vector_hex(value, "context")),
                 COVEY_OK);
    check_bytes(covey_bytes_of(got, len), vector_hex(value, "out"));
}

Test(vectors, expand_with_label)
{
    each_case("expand_with_label", expand_with_label);
}

static void derive_secret(const json_t *value)
{
    covey_secret secret = secret_of(value);

    covey_derive_secret(&secret, &secret, vector_text(value, "label"));
    check_bytes(covey_secret_bytes(&secret), vector_hex(value, "out"));
}

Test(vectors, derive_secret)
{
    each_case("derive_secret", derive_secret);
}

static void derive_tree_secret(const json_t *value)
{
    covey_secret secret = secret_of(value);
    size_t len = (size_t)vector_number(value, "length");
    uint8_t *got = guard_end(len);

    covey_derive_tree_secret(got, len, &secret, vector_text(value, "label"),
                             (uint32_t)vector_number(value, "generation"));
    check_bytes(covey_bytes_of(got, len), vector_hex(value, "out"));
}

Test(vectors, derive_tree_secret)
{
    each_case("derive_tree_secret", derive_tree_secret);
}

static void sign_with_label(const json_t *value)
{
    const char *label = vector_text(value, "label");
    covey_bytes content = vector_hex(value, "content");
    covey_bytes public_key = vector_hex(value, "pub");
    covey_bytes seed = vector_hex(value, "priv");
    uint8_t *at = guard_end(COVEY_SIGN_ROOM + content.len);
    uint8_t *text = at + COVEY_SIGN_ROOM;
    uint8_t signature[COVEY_SIGNATURE_SIZE];
    covey_sign_key key;

    memcpy(text, content.at, content.len);
    cr_assert_eq(covey_verify_with_label(public_key, label, text, content.len,
                                         vector_hex(value, "signature")),
                 COVEY_OK);

    cr_assert_eq(seed.len, COVEY_SIGN_SEED_SIZE);
    covey_sign_key_of_seed(&key, seed.at);
    check_bytes(covey_sign_key_public(&key), public_key);
    covey_sign_with_label(signature, &key, label, text, content.len);
    /* Ed25519 is deterministic. */
    check_bytes(covey_bytes_of(signature, sizeof signature),
                vector_hex(value, "signature"));
}

Test(vectors, sign_with_label)
{
    each_case("sign_with_label", sign_with_label);
}

static void encrypt_with_label(const json_t *value)
{
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);
    covey_bytes none = {NULL, 0};
    covey_bytes plain = vector_hex(value, "plaintext");
    covey_bytes sealed = vector_hex(value, "ciphertext");
    covey_bytes public_bytes = vector_hex(value, "pub");
    covey_bytes secret_bytes = vector_hex(value, "priv");
    covey_kem_public public_key;
    covey_kem_secret secret;
    covey_kem_output output;
    covey_hpke_info info;
    test_random source = test_random_of(11);
    covey_random hook = test_random_hook(&source);
    uint8_t *opened = guard_end(plain.len);
    uint8_t *again = guard_end(sealed.len);

    cr_assert_eq(public_bytes.len, suite->kem->public_size);
    cr_assert_eq(secret_bytes.len, suite->kem->secret_size);
    memcpy(public_key.bytes, public_bytes.at, public_bytes.len);
    memcpy(secret.bytes, secret_bytes.at, secret_bytes.len);
    covey_encrypt_info(&info, suite, vector_text(value, "label"),
                       vector_hex(value, "context"));
    cr_assert_eq(covey_hpke_open(opened, suite, vector_hex(value, "kem_output"),
                                 &secret, &public_key, &info, none, sealed),
                 COVEY_OK);
    check_bytes(covey_bytes_of(opened, plain.len), plain);

    cr_assert_eq(covey_hpke_seal(&output, again, suite, &hook, &public_key,
                                 &info, none, plain),
                 COVEY_OK);
    memset(opened, 0, plain.len);
    cr_assert_eq(covey_hpke_open(opened, suite,
                                 covey_bytes_of(output.bytes,
                                                suite->kem->output_size),
                                 &secret, &public_key, &info, none,
                                 covey_bytes_of(again, sealed.len)),
                 COVEY_OK);
    check_bytes(covey_bytes_of(opened, plain.len), plain);
}

Test(vectors, encrypt_with_label)
{
    each_case("encrypt_with_label", encrypt_with_label);
}
