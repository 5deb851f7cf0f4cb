/*
 * HKDF-SHA256, RFC 5869.
 */
#ifndef COVEY_CRYPTO_HKDF_H
#define COVEY_CRYPTO_HKDF_H

#include "crypto/hash.h"

/* A secret of KDF.Nh bytes. */
typedef struct {
    uint8_t bytes[COVEY_HASH_SIZE];
} covey_secret;

#define COVEY_HKDF_MAX (255 * COVEY_HASH_SIZE)

static inline covey_bytes covey_secret_bytes(const covey_secret *secret)
{
    return covey_bytes_of(secret->bytes, sizeof secret->bytes);
}

static inline covey_bytes covey_digest_bytes(const covey_digest *digest)
{
    return covey_bytes_of(digest->bytes, sizeof digest->bytes);
}

/* The input keying material is the parts, one after the other. */
void covey_hkdf_extract(covey_secret *out, covey_bytes salt,
                        const covey_bytes *parts, size_t num_parts);

/* The info is the parts, one after the other. COVEY_ERR_ARGUMENT when
 * out_len is above COVEY_HKDF_MAX. out may be the secret itself. */
int covey_hkdf_expand(uint8_t *out, size_t out_len, const covey_secret *secret,
                      const covey_bytes *parts, size_t num_parts);

/* A secret that is expanded more than once: what HMAC does with its key
 * alone, half of a short expansion, is done here. Wipe it. */
typedef struct {
    covey_hmac keyed;
} covey_hkdf_key;

void covey_hkdf_key_of(covey_hkdf_key *key, const covey_secret *secret);
int covey_hkdf_expand_by(uint8_t *out, size_t out_len,
                         const covey_hkdf_key *key, const covey_bytes *parts,
                         size_t num_parts);

#endif
