/*
 * Bare libsodium calls: a plan lists those that an operation cannot avoid,
 * each with the size it has there, and can be run. The sizes that matter for
 * time are right, the bytes are anything.
 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    BARE_SIGN_KEY, /* crypto_sign_ed25519_seed_keypair */
    BARE_SIGN,     /* crypto_sign_ed25519_detached */
    BARE_VERIFY,   /* crypto_sign_ed25519_verify_detached */
    BARE_BASE,     /* crypto_scalarmult_curve25519_base */
    BARE_AGREE,    /* crypto_scalarmult_curve25519 */
    BARE_HMAC_KEY, /* crypto_auth_hmacsha256_init */
    BARE_HMAC,     /* the rest of an HMAC, from a copy of the keyed state */
    BARE_SEAL,     /* crypto_aead_chacha20poly1305_ietf_encrypt */
    BARE_OPEN,     /* crypto_aead_chacha20poly1305_ietf_decrypt */
    BARE_HASH,     /* crypto_hash_sha256 */
    BARE_NUM
} bare_kind;

typedef struct {
    bare_kind kind;
    size_t len; /* of the message, or plaintext */
    size_t aad;
    uint8_t *material; /* what VERIFY and OPEN need, once prepared */
} bare_call;

#define BARE_CALLS_MAX 4096

typedef struct {
    size_t num;
    bare_call calls[BARE_CALLS_MAX];
} bare_plan;

void bare_add(bare_plan *plan, bare_kind kind, size_t len);
void bare_add_aead(bare_plan *plan, bare_kind kind, size_t len, size_t aad);

/* Makes signatures and ciphertexts that the calls will accept. */
void bare_prepare(bare_plan *plan);
void bare_run(const bare_plan *plan);
void bare_free(bare_plan *plan);

/* What was called, by the library or by a plan. */
typedef struct {
    uint64_t calls[BARE_NUM];
    uint64_t aead_bytes;
    uint64_t sha256_blocks; /* compressions, those of HMAC included */
} bare_counts;

void bare_count_begin(void);
bare_counts bare_count_end(void);

const char *bare_name(bare_kind kind);

#endif
