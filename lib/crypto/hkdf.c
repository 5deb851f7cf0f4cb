#include "crypto/hkdf.h"

#include <covey/error.h>

#include "base/secret.h"

void covey_hkdf_extract(covey_secret *out, covey_bytes salt,
                        const covey_bytes *parts, size_t num_parts)
{
    covey_hmac hmac;
    covey_digest prk;

    covey_hmac_begin(&hmac, salt);
    for (size_t i = 0; i < num_parts; i++) covey_hmac_add(&hmac, parts[i]);
    covey_hmac_end(&hmac, &prk);
    memcpy(out->bytes, prk.bytes, sizeof out->bytes);
    covey_wipe(&prk, sizeof prk);
}

void covey_hkdf_key_of(covey_hkdf_key *key, const covey_secret *secret)
{
    covey_hmac_begin(&key->keyed, covey_secret_bytes(secret));
}

int covey_hkdf_expand_by(uint8_t *out, size_t out_len,
                         const covey_hkdf_key *key, const covey_bytes *parts,
                         size_t num_parts)
{
    covey_digest block;
    size_t done = 0;

    if (out_len > COVEY_HKDF_MAX) return COVEY_ERR_ARGUMENT;
    for (uint8_t counter = 1; done < out_len; counter++) {
        size_t len = out_len - done;
        covey_hmac hmac = key->keyed;

        if (len > sizeof block.bytes) len = sizeof block.bytes;
        if (counter > 1) covey_hmac_add(&hmac, covey_digest_bytes(&block));
        for (size_t i = 0; i < num_parts; i++) covey_hmac_add(&hmac, parts[i]);
        covey_hmac_add(&hmac, covey_bytes_of(&counter, 1));
        covey_hmac_end(&hmac, &block);
        memcpy(out + done, block.bytes, len);
        done += len;
    }
    covey_wipe(&block, sizeof block);
    return COVEY_OK;
}

int covey_hkdf_expand(uint8_t *out, size_t out_len, const covey_secret *secret,
                      const covey_bytes *parts, size_t num_parts)
{
    covey_hkdf_key key;

    covey_hkdf_key_of(&key, secret);
    int err = covey_hkdf_expand_by(out, out_len, &key, parts, num_parts);
    covey_wipe(&key, sizeof key);
    return err;
}
