#include "crypto/hash.h"

#include "base/secret.h"
#include "base/writer.h"

_Static_assert(COVEY_HASH_SIZE == crypto_hash_sha256_BYTES, "SHA-256");
_Static_assert(COVEY_HASH_SIZE == crypto_auth_hmacsha256_BYTES, "HMAC");

void covey_hash_begin(covey_hash *hash)
{
    (void)crypto_hash_sha256_init(&hash->state);
}

void covey_hash_add(covey_hash *hash, covey_bytes bytes)
{
    if (bytes.len == 0) return;
    (void)crypto_hash_sha256_update(&hash->state, bytes.at, bytes.len);
}

void covey_hash_add_vec_len(covey_hash *hash, size_t len)
{
    uint8_t head[4];
    covey_writer w = covey_writer_of(head, sizeof head);

    covey_write_vec_len(&w, len);
    covey_hash_add(hash, covey_bytes_of(head, w.len));
}

void covey_hash_add_vec(covey_hash *hash, covey_bytes bytes)
{
    covey_hash_add_vec_len(hash, bytes.len);
    covey_hash_add(hash, bytes);
}

void covey_hash_end(covey_hash *hash, covey_digest *out)
{
    (void)crypto_hash_sha256_final(&hash->state, out->bytes);
}

void covey_hmac_begin(covey_hmac *hmac, covey_bytes key)
{
    static const uint8_t none[1];

    (void)crypto_auth_hmacsha256_init(&hmac->state,
                                      key.len != 0 ? key.at : none, key.len);
}

void covey_hmac_add(covey_hmac *hmac, covey_bytes bytes)
{
    if (bytes.len == 0) return;
    (void)crypto_auth_hmacsha256_update(&hmac->state, bytes.at, bytes.len);
}

void covey_hmac_end(covey_hmac *hmac, covey_digest *out)
{
    (void)crypto_auth_hmacsha256_final(&hmac->state, out->bytes);
    covey_wipe(hmac, sizeof *hmac);
}
