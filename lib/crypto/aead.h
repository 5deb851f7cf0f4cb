/*
 * ChaCha20-Poly1305, RFC 8439: the AEAD of every suite here.
 */
#ifndef COVEY_CRYPTO_AEAD_H
#define COVEY_CRYPTO_AEAD_H

#include "base/bytes.h"

#define COVEY_AEAD_KEY_SIZE 32
#define COVEY_AEAD_NONCE_SIZE 12
#define COVEY_AEAD_TAG_SIZE 16

/* Used for one message. */
typedef struct {
    uint8_t key[COVEY_AEAD_KEY_SIZE];
    uint8_t nonce[COVEY_AEAD_NONCE_SIZE];
} covey_aead_key;

/* Writes plain.len + COVEY_AEAD_TAG_SIZE bytes. out may be plain.at. */
void covey_aead_seal(uint8_t *out, const covey_aead_key *key, covey_bytes aad,
                     covey_bytes plain);

/* Writes sealed.len - COVEY_AEAD_TAG_SIZE bytes, or zeroes them and answers
 * COVEY_ERR_AUTH. out may be sealed.at, which a failure then destroys. */
int covey_aead_open(uint8_t *out, const covey_aead_key *key, covey_bytes aad,
                    covey_bytes sealed);

#endif
