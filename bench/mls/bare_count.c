/* The linker sends the library's calls and the plans' through here. */
#include <sodium.h>

#include "bare.h"

/* NOLINTBEGIN: the linker's names */
#define WRAP(name) __wrap_##name
#define REAL(name) __real_##name

static bare_counts counts;

void bare_count_begin(void)
{
    counts = (bare_counts){.aead_bytes = 0};
}

bare_counts bare_count_end(void)
{
    return counts;
}

/* Compressions of a message of this many bits, padding included. */
static uint64_t blocks(uint64_t bits)
{
    return (bits / 8 + 9 + 63) / 64;
}

int REAL(crypto_sign_ed25519_seed_keypair)(uint8_t *pk, uint8_t *sk,
                                           const uint8_t *seed);
int WRAP(crypto_sign_ed25519_seed_keypair)(uint8_t *pk, uint8_t *sk,
                                           const uint8_t *seed);
int WRAP(crypto_sign_ed25519_seed_keypair)(uint8_t *pk, uint8_t *sk,
                                           const uint8_t *seed)
{
    counts.calls[BARE_SIGN_KEY]++;
    return REAL(crypto_sign_ed25519_seed_keypair)(pk, sk, seed);
}

int REAL(crypto_sign_ed25519_detached)(uint8_t *sig, unsigned long long *len_p,
                                       const uint8_t *m,
                                       unsigned long long mlen,
                                       const uint8_t *sk);
int WRAP(crypto_sign_ed25519_detached)(uint8_t *sig, unsigned long long *len_p,
                                       const uint8_t *m,
                                       unsigned long long mlen,
                                       const uint8_t *sk);
int WRAP(crypto_sign_ed25519_detached)(uint8_t *sig, unsigned long long *len_p,
                                       const uint8_t *m,
                                       unsigned long long mlen,
                                       const uint8_t *sk)
{
    counts.calls[BARE_SIGN]++;
    return REAL(crypto_sign_ed25519_detached)(sig, len_p, m, mlen, sk);
}

int REAL(crypto_sign_ed25519_verify_detached)(const uint8_t *sig,
                                              const uint8_t *m,
                                              unsigned long long mlen,
                                              const uint8_t *pk);
int WRAP(crypto_sign_ed25519_verify_detached)(const uint8_t *sig,
                                              const uint8_t *m,
                                              unsigned long long mlen,
                                              const uint8_t *pk);
int WRAP(crypto_sign_ed25519_verify_detached)(const uint8_t *sig,
                                              const uint8_t *m,
                                              unsigned long long mlen,
                                              const uint8_t *pk)
{
    counts.calls[BARE_VERIFY]++;
    return REAL(crypto_sign_ed25519_verify_detached)(sig, m, mlen, pk);
}

int REAL(crypto_scalarmult_curve25519_base)(uint8_t *q, const uint8_t *n);
int WRAP(crypto_scalarmult_curve25519_base)(uint8_t *q, const uint8_t *n);
int WRAP(crypto_scalarmult_curve25519_base)(uint8_t *q, const uint8_t *n)
{
    counts.calls[BARE_BASE]++;
    return REAL(crypto_scalarmult_curve25519_base)(q, n);
}

int REAL(crypto_scalarmult_curve25519)(uint8_t *q, const uint8_t *n,
                                       const uint8_t *p);
int WRAP(crypto_scalarmult_curve25519)(uint8_t *q, const uint8_t *n,
                                       const uint8_t *p);
int WRAP(crypto_scalarmult_curve25519)(uint8_t *q, const uint8_t *n,
                                       const uint8_t *p)
{
    counts.calls[BARE_AGREE]++;
    return REAL(crypto_scalarmult_curve25519)(q, n, p);
}

int REAL(crypto_auth_hmacsha256_init)(crypto_auth_hmacsha256_state *state,
                                      const uint8_t *key, size_t len);
int WRAP(crypto_auth_hmacsha256_init)(crypto_auth_hmacsha256_state *state,
                                      const uint8_t *key, size_t len);
int WRAP(crypto_auth_hmacsha256_init)(crypto_auth_hmacsha256_state *state,
                                      const uint8_t *key, size_t len)
{
    counts.calls[BARE_HMAC_KEY]++;
    counts.sha256_blocks += 2;
    return REAL(crypto_auth_hmacsha256_init)(state, key, len);
}

int REAL(crypto_auth_hmacsha256_final)(crypto_auth_hmacsha256_state *state,
                                       uint8_t *out);
int WRAP(crypto_auth_hmacsha256_final)(crypto_auth_hmacsha256_state *state,
                                       uint8_t *out);
int WRAP(crypto_auth_hmacsha256_final)(crypto_auth_hmacsha256_state *state,
                                       uint8_t *out)
{
    counts.calls[BARE_HMAC]++;
    /* Without the key's block, but with the outer hash's last. */
    counts.sha256_blocks += blocks(state->ictx.count) - 1 + 1;
    return REAL(crypto_auth_hmacsha256_final)(state, out);
}

int REAL(crypto_hash_sha256_final)(crypto_hash_sha256_state *state,
                                   uint8_t *out);
int WRAP(crypto_hash_sha256_final)(crypto_hash_sha256_state *state,
                                   uint8_t *out);
int WRAP(crypto_hash_sha256_final)(crypto_hash_sha256_state *state,
                                   uint8_t *out)
{
    counts.calls[BARE_HASH]++;
    counts.sha256_blocks += blocks(state->count);
    return REAL(crypto_hash_sha256_final)(state, out);
}

int REAL(crypto_aead_chacha20poly1305_ietf_encrypt)(
    uint8_t *c, unsigned long long *clen_p, const uint8_t *m,
    unsigned long long mlen, const uint8_t *ad, unsigned long long adlen,
    const uint8_t *nsec, const uint8_t *npub, const uint8_t *k);
int WRAP(crypto_aead_chacha20poly1305_ietf_encrypt)(
    uint8_t *c, unsigned long long *clen_p, const uint8_t *m,
    unsigned long long mlen, const uint8_t *ad, unsigned long long adlen,
    const uint8_t *nsec, const uint8_t *npub, const uint8_t *k);
int WRAP(crypto_aead_chacha20poly1305_ietf_encrypt)(
    uint8_t *c, unsigned long long *clen_p, const uint8_t *m,
    unsigned long long mlen, const uint8_t *ad, unsigned long long adlen,
    const uint8_t *nsec, const uint8_t *npub, const uint8_t *k)
{
    counts.calls[BARE_SEAL]++;
    counts.aead_bytes += mlen + adlen;
    return REAL(crypto_aead_chacha20poly1305_ietf_encrypt)(c, clen_p, m, mlen,
                                                           ad, adlen, nsec,
                                                           npub, k);
}

int REAL(crypto_aead_chacha20poly1305_ietf_decrypt)(
    uint8_t *m, unsigned long long *mlen_p, uint8_t *nsec, const uint8_t *c,
    unsigned long long clen, const uint8_t *ad, unsigned long long adlen,
    const uint8_t *npub, const uint8_t *k);
int WRAP(crypto_aead_chacha20poly1305_ietf_decrypt)(
    uint8_t *m, unsigned long long *mlen_p, uint8_t *nsec, const uint8_t *c,
    unsigned long long clen, const uint8_t *ad, unsigned long long adlen,
    const uint8_t *npub, const uint8_t *k);
int WRAP(crypto_aead_chacha20poly1305_ietf_decrypt)(
    uint8_t *m, unsigned long long *mlen_p, uint8_t *nsec, const uint8_t *c,
    unsigned long long clen, const uint8_t *ad, unsigned long long adlen,
    const uint8_t *npub, const uint8_t *k)
{
    counts.calls[BARE_OPEN]++;
    counts.aead_bytes +=
        clen - crypto_aead_chacha20poly1305_ietf_ABYTES + adlen;
    return REAL(crypto_aead_chacha20poly1305_ietf_decrypt)(m, mlen_p, nsec, c,
                                                           clen, ad, adlen,
                                                           npub, k);
}
/* NOLINTEND */
