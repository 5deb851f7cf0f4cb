/*
 * lib/base and lib/crypto.
 */
#include <covey/error.h>

#include "base/secret.h"
#include "crypto/label.h"
#include "crypto/random.h"
#include "ct.h"

#define NONE ((covey_bytes){NULL, 0})

static const covey_suite *suite(void)
{
    return covey_suite_find(COVEY_SUITE_X25519_CHACHA);
}

/* A host's source: what it gives is secret. */
static int fill(void *ctx, uint8_t *out, size_t len)
{
    ct_make_secret(out, len, (*(uint8_t *)ctx)++);
    return 0;
}

static uint8_t fill_state = 77;
static const covey_random source = {&fill_state, fill};

static void comparisons(void)
{
    uint8_t a[32];
    uint8_t b[32];

    for (size_t at = 0; at <= sizeof a; at++) {
        ct_make_secret(a, sizeof a, 1);
        ct_make_secret(b, sizeof b, 1);
        ct_public(b, sizeof b);
        if (at < sizeof b) b[at] ^= 1;
        ct_secret(b, sizeof b);
        ct_require(covey_ct_equal(a, b, sizeof a) == (at == sizeof a),
                   "compares");
        ct_require(!covey_ct_is_zero(a, sizeof a), "is not zero");
        ct_require(ct_is_secret(a, sizeof a), "what was compared is secret");
    }
    memset(a, 0, sizeof a);
    ct_secret(a, sizeof a);
    ct_require(covey_ct_is_zero(a, sizeof a), "is zero");
}

static void wiping(void)
{
    uint8_t a[32];

    ct_make_secret(a, sizeof a, 1);
    covey_wipe(a, sizeof a);
    ct_require(ct_is_public(a, sizeof a), "nothing secret is left");
}

static void randomness(void)
{
    uint8_t out[32];

    ct_require(covey_random_fill(&source, out, sizeof out) == COVEY_OK,
               "fills");
    ct_require(ct_is_secret(out, sizeof out), "randomness is secret");
}

static void hashing(void)
{
    uint8_t text[200];
    uint8_t key[100];
    covey_hash hash;
    covey_hmac hmac;
    covey_digest digest;

    ct_make_secret(text, sizeof text, 2);
    ct_make_secret(key, sizeof key, 3);
    covey_hash_begin(&hash);
    covey_hash_add_vec(&hash, covey_bytes_of(text, sizeof text));
    covey_hash_end(&hash, &digest);
    ct_require(ct_is_secret(&digest, sizeof digest), "a hash is secret");
    for (size_t len = 0; len <= sizeof key; len += 20) {
        covey_hmac_begin(&hmac, covey_bytes_of(key, len));
        covey_hmac_add(&hmac, covey_bytes_of(text, sizeof text));
        covey_hmac_end(&hmac, &digest);
        ct_require(ct_is_secret(&digest, sizeof digest), "a MAC is secret");
    }
}

static void derivation(void)
{
    covey_secret secret;
    covey_secret out;
    uint8_t wide[100];
    uint8_t context[20];
    covey_bytes parts[2];
    int err;

    ct_make_secret(&secret, sizeof secret, 4);
    ct_make_secret(context, sizeof context, 5);
    parts[0] = covey_secret_bytes(&secret);
    parts[1] = covey_bytes_of(context, sizeof context);
    covey_hkdf_extract(&out, covey_secret_bytes(&secret), parts, 2);
    ct_require(ct_is_secret(&out, sizeof out), "extracted is secret");
    err = covey_hkdf_expand(wide, sizeof wide, &secret, parts, 2);
    ct_require(err == COVEY_OK, "expands");
    ct_require(ct_is_secret(wide, sizeof wide), "expanded is secret");
    err =
        covey_expand_with_label(wide, sizeof wide, &secret, "label", parts[1]);
    ct_require(err == COVEY_OK, "expands with a label");
    ct_require(ct_is_secret(wide, sizeof wide), "expanded is secret");
    covey_derive_secret(&out, &secret, "label");
    ct_require(ct_is_secret(&out, sizeof out), "derived is secret");
    covey_derive_tree_secret(out.bytes, sizeof out.bytes, &secret, "label", 9);
    ct_require(ct_is_secret(&out, sizeof out), "derived is secret");
}

static void sealing(void)
{
    covey_aead_key key;
    uint8_t aad[13] = "public header";
    uint8_t text[150 + COVEY_AEAD_TAG_SIZE];
    covey_bytes header = covey_bytes_of(aad, sizeof aad);

    for (size_t len = 0; len <= 150; len += 30) {
        covey_bytes sealed = covey_bytes_of(text, len + COVEY_AEAD_TAG_SIZE);

        ct_make_secret(&key, sizeof key, 6);
        ct_make_secret(text, sizeof text, 7);
        covey_aead_seal(text, &key, header, covey_bytes_of(text, len));
        ct_require(ct_is_public(text, sealed.len), "what is sent is public");
        ct_require(covey_aead_open(text, &key, header, sealed) == COVEY_OK,
                   "opens");
        ct_require(ct_is_secret(text, len), "plaintext is secret");
        text[len] ^= 1;
        ct_require(covey_aead_open(text, &key, header, sealed) ==
                       COVEY_ERR_AUTH,
                   "is refused");
        ct_require(ct_is_secret(&key, sizeof key), "the key stays secret");
    }
}

static void signing(void)
{
    covey_sign_key key;
    covey_sign_key new_key;
    uint8_t seed[COVEY_SIGN_SEED_SIZE];
    uint8_t text[COVEY_SIGN_ROOM + 100];
    uint8_t *content = text + COVEY_SIGN_ROOM;
    uint8_t signature[COVEY_SIGNATURE_SIZE];
    covey_bytes public_key;

    ct_make_secret(seed, sizeof seed, 8);
    covey_sign_key_of_seed(&key, seed);
    public_key = covey_sign_key_public(&key);
    ct_require(ct_is_secret(key.bytes, COVEY_SIGN_SEED_SIZE),
               "the seed stays secret");
    ct_require(ct_is_public(public_key.at, public_key.len),
               "the public key is public");
    ct_require(covey_sign_key_new(&new_key, &source) == COVEY_OK, "a new key");

    ct_make_secret(content, 100, 9);
    covey_sign_with_label(signature, &key, "label", content, 100);
    ct_require(ct_is_public(signature, sizeof signature),
               "the signature is public");
    ct_require(covey_verify_with_label(public_key, "label", content, 100,
                                       covey_bytes_of(signature,
                                                      sizeof signature)) ==
                   COVEY_OK,
               "verifies");
    signature[0] ^= 1;
    ct_require(covey_verify_with_label(public_key, "label", content, 100,
                                       covey_bytes_of(signature,
                                                      sizeof signature)) ==
                   COVEY_ERR_AUTH,
               "is refused");
    ct_require(ct_is_secret(content, 100), "what was signed stays secret");
}

static void encapsulation(void)
{
    const covey_kem *kem = suite()->kem;
    covey_secret ikm;
    covey_kem_secret seed;
    covey_kem_secret secret;
    covey_kem_public public_key;
    covey_kem_public again;
    covey_kem_output output = {{0}};
    covey_secret shared;
    covey_bytes sent = covey_bytes_of(output.bytes, sizeof output.bytes);

    ct_make_secret(&ikm, sizeof ikm, 10);
    ct_make_secret(&seed, sizeof seed, 11);
    kem->derive(&secret, &public_key, covey_secret_bytes(&ikm));
    ct_require(ct_is_secret(&secret, sizeof secret), "a private key is secret");
    ct_require(ct_is_public(&public_key, sizeof public_key),
               "the other is not");
    kem->public_of(&again, &secret);
    ct_require(ct_is_public(&again, sizeof again), "the same");

    ct_require(kem->encap(&shared, &output, &public_key, seed.bytes) ==
                   COVEY_OK,
               "encapsulates");
    ct_require(ct_is_public(&output, sizeof output), "what is sent is public");
    ct_require(ct_is_secret(&shared, sizeof shared), "the secret is not");
    ct_require(kem->decap(&shared, sent, &secret, &public_key) == COVEY_OK,
               "decapsulates");
    ct_require(ct_is_secret(&shared, sizeof shared), "the secret is not");

    memset(&output, 0, sizeof output);
    ct_require(kem->decap(&shared, sent, &secret, &public_key) ==
                   COVEY_ERR_AUTH,
               "refuses a useless output");
    memset(&public_key, 0, sizeof public_key);
    ct_require(kem->encap(&shared, &output, &public_key, seed.bytes) ==
                   COVEY_ERR_AUTH,
               "refuses a useless key");
}

static void hybrid_encryption(void)
{
    covey_secret ikm;
    covey_kem_secret secret;
    covey_kem_public public_key;
    covey_kem_output output = {{0}};
    covey_hpke_info info;
    uint8_t text[32 + COVEY_AEAD_TAG_SIZE] = {0};
    covey_bytes sealed = covey_bytes_of(text, sizeof text);
    covey_bytes sent = covey_bytes_of(output.bytes, sizeof output.bytes);

    ct_make_secret(&ikm, sizeof ikm, 12);
    ct_make_secret(text, 32, 13);
    suite()->kem->derive(&secret, &public_key, covey_secret_bytes(&ikm));
    covey_encrypt_info(&info, suite(), "label", covey_bytes_of_text("context"));
    ct_require(covey_hpke_seal(&output, text, suite(), &source, &public_key,
                               &info, NONE,
                               covey_bytes_of(text, 32)) == COVEY_OK,
               "seals");
    ct_require(ct_is_public(&output, sizeof output) &&
                   ct_is_public(text, sizeof text),
               "what is sent is public");
    ct_require(covey_hpke_open(text, suite(), sent, &secret, &public_key, &info,
                               NONE, sealed) == COVEY_OK,
               "opens");
    ct_require(ct_is_secret(text, 32), "plaintext is secret");
    ct_require(covey_hpke_open(text, suite(), sent, &secret, &public_key, &info,
                               NONE, sealed) == COVEY_ERR_AUTH,
               "is refused");
}

static const ct_case cases[] = {
    {"comparisons", comparisons}, {"wiping", wiping},
    {"randomness", randomness},   {"hashing", hashing},
    {"derivation", derivation},   {"sealing and opening", sealing},
    {"signing", signing},         {"key encapsulation", encapsulation},
    {"HPKE", hybrid_encryption},
};

CT_LIST(ct_crypto, "crypto", cases);
