/*
 * Key encapsulation, RFC 9180 section 4, behind one table so that a KEM of
 * other sizes can follow. The arrays below take the largest of the table.
 */
#ifndef COVEY_CRYPTO_KEM_H
#define COVEY_CRYPTO_KEM_H

#include "crypto/hkdf.h"

#define COVEY_KEM_PUBLIC_MAX 32
#define COVEY_KEM_SECRET_MAX 32
#define COVEY_KEM_OUTPUT_MAX 32

typedef struct {
    uint8_t bytes[COVEY_KEM_PUBLIC_MAX];
} covey_kem_public;

typedef struct {
    uint8_t bytes[COVEY_KEM_SECRET_MAX];
} covey_kem_secret;

typedef struct {
    uint8_t bytes[COVEY_KEM_OUTPUT_MAX];
} covey_kem_output;

typedef struct {
    uint16_t id;
    size_t public_size; /* Npk */
    size_t secret_size; /* Nsk */
    size_t output_size; /* Nenc */
    size_t seed_size;   /* randomness that encap takes */

    /* DeriveKeyPair(ikm). */
    void (*derive)(covey_kem_secret *secret, covey_kem_public *public_key,
                   covey_bytes ikm);
    /* The public key of a secret one. */
    void (*public_of)(covey_kem_public *public_key,
                      const covey_kem_secret *secret);
    /* False for a public key with which no shared secret can be had,
     * whatever the secret key: of small order. Of public_size bytes. */
    bool (*is_useful)(covey_bytes public_key);
    /* Encap(pkR) with seed_size bytes of randomness given; COVEY_ERR_AUTH
     * for a public key that gives no shared secret. */
    int (*encap)(covey_secret *shared, covey_kem_output *output,
                 const covey_kem_public *public_key, const uint8_t *seed);
    /* Decap(enc, skR); COVEY_ERR_AUTH likewise. */
    int (*decap)(covey_secret *shared, covey_bytes output,
                 const covey_kem_secret *secret,
                 const covey_kem_public *public_key);
} covey_kem;

/* A fresh key pair: DeriveKeyPair of fresh bytes. COVEY_ERR_RANDOM. */
int covey_kem_keys_new(const covey_kem *kem, covey_kem_secret *secret,
                       covey_kem_public *public_key,
                       const covey_random *random);

/* DHKEM(X25519, HKDF-SHA256), 0x0020. */
extern const covey_kem covey_kem_x25519;

#endif
