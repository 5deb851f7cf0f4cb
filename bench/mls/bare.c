#include "bare.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536
#define NUM_KEYS 8 /* verifying takes a time that depends on the key */

static uint8_t text[TEXT_MAX];
static uint8_t out[TEXT_MAX + crypto_aead_chacha20poly1305_ietf_ABYTES];
static uint8_t key[32];
static uint8_t nonce[12];
static uint8_t points[NUM_KEYS][32];
static uint8_t verify_keys[NUM_KEYS][crypto_sign_ed25519_PUBLICKEYBYTES];
static uint8_t sign_keys[NUM_KEYS][crypto_sign_ed25519_SECRETKEYBYTES];

const char *bare_name(bare_kind kind)
{
    static const char *const names[BARE_NUM] = {
        "Ed25519 key", "Ed25519 sign", "Ed25519 verify", "X25519 base",
        "X25519",      "HMAC key",     "HMAC",           "AEAD seal",
        "AEAD open",   "SHA-256"};

    return names[kind];
}

void bare_add_aead(bare_plan *plan, bare_kind kind, size_t len, size_t aad)
{
    if (plan->num == BARE_CALLS_MAX || len > TEXT_MAX || aad > TEXT_MAX) {
        fprintf(stderr, "bench: a plan is too large\n");
        exit(2);
    }
    plan->calls[plan->num++] = (bare_call){kind, len, aad, NULL};
}

void bare_add(bare_plan *plan, bare_kind kind, size_t len)
{
    bare_add_aead(plan, kind, len, 0);
}

static void prepare_keys(void)
{
    randombytes_buf(text, sizeof text);
    randombytes_buf(key, sizeof key);
    for (size_t i = 0; i < NUM_KEYS; i++) {
        uint8_t scalar[32];

        randombytes_buf(scalar, sizeof scalar);
        (void)crypto_scalarmult_curve25519_base(points[i], scalar);
        (void)crypto_sign_ed25519_keypair(verify_keys[i], sign_keys[i]);
    }
}

static uint8_t *material_of(size_t at, const bare_call *call)
{
    uint8_t *material = malloc(call->len + crypto_sign_ed25519_BYTES +
                               crypto_aead_chacha20poly1305_ietf_ABYTES);

    if (material == NULL) abort();
    if (call->kind == BARE_VERIFY) {
        (void)crypto_sign_ed25519_detached(material, NULL, text, call->len,
                                           sign_keys[at % NUM_KEYS]);
    } else {
        (void)crypto_aead_chacha20poly1305_ietf_encrypt(material, NULL, text,
                                                        call->len, text,
                                                        call->aad, NULL, nonce,
                                                        key);
    }
    return material;
}

void bare_prepare(bare_plan *plan)
{
    prepare_keys();
    for (size_t i = 0; i < plan->num; i++) {
        bare_call *call = &plan->calls[i];

        if (call->kind == BARE_VERIFY || call->kind == BARE_OPEN) {
            call->material = material_of(i, call);
        }
    }
}

void bare_free(bare_plan *plan)
{
    for (size_t i = 0; i < plan->num; i++) free(plan->calls[i].material);
    plan->num = 0;
}

static int open_sealed(const bare_call *call)
{
    return crypto_aead_chacha20poly1305_ietf_decrypt(
        out, NULL, NULL, call->material,
        call->len + crypto_aead_chacha20poly1305_ietf_ABYTES, text, call->aad,
        nonce, key);
}

static void hmac(const crypto_auth_hmacsha256_state *keyed, size_t len)
{
    crypto_auth_hmacsha256_state state = *keyed;

    (void)crypto_auth_hmacsha256_update(&state, text, len);
    (void)crypto_auth_hmacsha256_final(&state, out);
}

static void hash(size_t len)
{
    crypto_hash_sha256_state state;

    (void)crypto_hash_sha256_init(&state);
    (void)crypto_hash_sha256_update(&state, text, len);
    (void)crypto_hash_sha256_final(&state, out);
}

void bare_run(const bare_plan *plan)
{
    crypto_auth_hmacsha256_state keyed;
    int refused = 0;

    memset(&keyed, 0, sizeof keyed);
    for (size_t i = 0; i < plan->num; i++) {
        const bare_call *call = &plan->calls[i];
        size_t which = i % NUM_KEYS;

        switch (call->kind) {
        case BARE_SIGN_KEY:
            refused |= crypto_sign_ed25519_seed_keypair(out, out + 64, key);
            break;
        case BARE_SIGN:
            refused |= crypto_sign_ed25519_detached(out, NULL, text, call->len,
                                                    sign_keys[which]);
            break;
        case BARE_VERIFY:
            refused |= crypto_sign_ed25519_verify_detached(call->material, text,
                                                           call->len,
                                                           verify_keys[which]);
            break;
        case BARE_BASE:
            refused |= crypto_scalarmult_curve25519_base(out, key);
            break;
        case BARE_AGREE:
            refused |= crypto_scalarmult_curve25519(out, key, points[which]);
            break;
        case BARE_HMAC_KEY:
            refused |= crypto_auth_hmacsha256_init(&keyed, key, call->len);
            break;
        case BARE_HMAC: hmac(&keyed, call->len); break;
        case BARE_SEAL:
            refused |= crypto_aead_chacha20poly1305_ietf_encrypt(
                out, NULL, text, call->len, text, call->aad, NULL, nonce, key);
            break;
        case BARE_OPEN: refused |= open_sealed(call); break;
        case BARE_HASH: hash(call->len); break;
        case BARE_NUM: break;
        }
    }
    if (refused != 0) {
        fprintf(stderr, "bench: a bare call failed\n");
        exit(2);
    }
}
