/*
 * The cipher suites of RFC 9420 section 17.1 that this library speaks. Hash,
 * KDF, AEAD and signature are the same in all; the KEM varies.
 */
#ifndef COVEY_CRYPTO_SUITE_H
#define COVEY_CRYPTO_SUITE_H

#include "crypto/kem.h"

/* MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519 */
#define COVEY_SUITE_X25519_CHACHA 0x0003

typedef struct {
    uint16_t id;
    uint16_t kdf_id;  /* RFC 9180 section 7.2 */
    uint16_t aead_id; /* RFC 9180 section 7.3 */
    const covey_kem *kem;
} covey_suite;

/* NULL for a suite that is not ours. */
const covey_suite *covey_suite_find(uint16_t id);

#endif
