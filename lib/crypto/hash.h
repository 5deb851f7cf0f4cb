/*
 * SHA-256 and HMAC-SHA256: the Hash and MAC of every suite here.
 */
#ifndef COVEY_CRYPTO_HASH_H
#define COVEY_CRYPTO_HASH_H

#include <sodium/crypto_auth_hmacsha256.h>
#include <sodium/crypto_hash_sha256.h>

#include "base/bytes.h"

/* KDF.Nh: of hashes, tags and all secrets of the key schedule. */
#define COVEY_HASH_SIZE 32

typedef struct {
    uint8_t bytes[COVEY_HASH_SIZE];
} covey_digest;

typedef struct {
    crypto_hash_sha256_state state;
} covey_hash;

void covey_hash_begin(covey_hash *hash);
void covey_hash_add(covey_hash *hash, covey_bytes bytes);
/* The vector header of a value of len bytes, then hash it yourself. */
void covey_hash_add_vec_len(covey_hash *hash, size_t len);
void covey_hash_add_vec(covey_hash *hash, covey_bytes bytes);
void covey_hash_end(covey_hash *hash, covey_digest *out);

/* Wiped by its end. */
typedef struct {
    crypto_auth_hmacsha256_state state;
} covey_hmac;

void covey_hmac_begin(covey_hmac *hmac, covey_bytes key);
void covey_hmac_add(covey_hmac *hmac, covey_bytes bytes);
void covey_hmac_end(covey_hmac *hmac, covey_digest *out);

#endif
