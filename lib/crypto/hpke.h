/*
 * HPKE, RFC 9180: single-shot seal and open in base mode, with an empty PSK.
 */
#ifndef COVEY_CRYPTO_HPKE_H
#define COVEY_CRYPTO_HPKE_H

#include "crypto/aead.h"
#include "crypto/suite.h"

/* The hashed `info`: the same for every recipient of one message, so it is
 * computed once. */
typedef struct {
    covey_secret hash;
} covey_hpke_info;

/* info is the parts, one after the other. */
void covey_hpke_info_of(covey_hpke_info *info, const covey_suite *suite,
                        const covey_bytes *parts, size_t num_parts);

/* SealBase. Writes plain.len + COVEY_AEAD_TAG_SIZE bytes to sealed.
 * COVEY_ERR_RANDOM, COVEY_ERR_AUTH for a useless public key. */
int covey_hpke_seal(covey_kem_output *output, uint8_t *sealed,
                    const covey_suite *suite, const covey_random *random,
                    const covey_kem_public *public_key,
                    const covey_hpke_info *info, covey_bytes aad,
                    covey_bytes plain);

/* The same with the KEM's randomness given, kem->seed_size bytes. */
int covey_hpke_seal_from(covey_kem_output *output, uint8_t *sealed,
                         const covey_suite *suite, const uint8_t *seed,
                         const covey_kem_public *public_key,
                         const covey_hpke_info *info, covey_bytes aad,
                         covey_bytes plain);

/* OpenBase. Writes sealed.len - COVEY_AEAD_TAG_SIZE bytes to plain, or
 * answers COVEY_ERR_AUTH. */
int covey_hpke_open(uint8_t *plain, const covey_suite *suite,
                    covey_bytes output, const covey_kem_secret *secret,
                    const covey_kem_public *public_key,
                    const covey_hpke_info *info, covey_bytes aad,
                    covey_bytes sealed);

#endif
