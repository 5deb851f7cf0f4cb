#include "crypto/aead.h"

#include <covey/error.h>
#include <sodium/crypto_aead_chacha20poly1305.h>

#include "base/secret.h"

_Static_assert(COVEY_AEAD_KEY_SIZE ==
                   crypto_aead_chacha20poly1305_ietf_KEYBYTES,
               "key");
_Static_assert(COVEY_AEAD_NONCE_SIZE ==
                   crypto_aead_chacha20poly1305_ietf_NPUBBYTES,
               "nonce");
_Static_assert(COVEY_AEAD_TAG_SIZE == crypto_aead_chacha20poly1305_ietf_ABYTES,
               "tag");

void covey_aead_seal(uint8_t *out, const covey_aead_key *key, covey_bytes aad,
                     covey_bytes plain)
{
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, plain.at,
                                                    plain.len, aad.at, aad.len,
                                                    NULL, key->nonce, key->key);
    /* The ciphertext is what an observer sees. */
    COVEY_CT_PUBLIC(out, plain.len + COVEY_AEAD_TAG_SIZE);
}

int covey_aead_open(uint8_t *out, const covey_aead_key *key, covey_bytes aad,
                    covey_bytes sealed)
{
    int refused =
        crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.at,
                                                  sealed.len, aad.at, aad.len,
                                                  key->nonce, key->key);

    /* Whether a message was accepted shows in what is done next. */
    COVEY_CT_PUBLIC(&refused, sizeof refused);
    return refused != 0 ? COVEY_ERR_AUTH : COVEY_OK;
}
