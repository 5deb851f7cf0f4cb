/*
 * Ed25519, RFC 8032: the signature scheme of every suite here. Verification
 * is libsodium's strict one (canonical S, no small-order keys), as the proofs
 * of RFC 9420 need.
 */
#ifndef COVEY_CRYPTO_SIGN_H
#define COVEY_CRYPTO_SIGN_H

#include "base/bytes.h"

#define COVEY_SIGN_PUBLIC_SIZE 32
#define COVEY_SIGN_SEED_SIZE 32
#define COVEY_SIGNATURE_SIZE 64

/* The seed, then the public key, so that signing need not derive it. */
typedef struct {
    uint8_t bytes[COVEY_SIGN_SEED_SIZE + COVEY_SIGN_PUBLIC_SIZE];
} covey_sign_key;

/* A fresh key; COVEY_ERR_RANDOM. */
int covey_sign_key_new(covey_sign_key *key, const covey_random *random);

/* The key of a seed. */
void covey_sign_key_of_seed(covey_sign_key *key,
                            const uint8_t seed[COVEY_SIGN_SEED_SIZE]);

covey_bytes covey_sign_key_public(const covey_sign_key *key);

void covey_sign(uint8_t signature[COVEY_SIGNATURE_SIZE],
                const covey_sign_key *key, covey_bytes message);

/* COVEY_ERR_AUTH, also for keys and signatures of a wrong length. */
int covey_verify(covey_bytes public_key, covey_bytes message,
                 covey_bytes signature);

#endif
