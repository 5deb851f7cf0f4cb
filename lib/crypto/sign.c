#include "crypto/sign.h"

#include <covey/error.h>
#include <sodium/crypto_sign_ed25519.h>

#include "base/secret.h"
#include "crypto/random.h"

_Static_assert(sizeof(covey_sign_key) == crypto_sign_ed25519_SECRETKEYBYTES,
               "libsodium's secret key is seed and public key");
_Static_assert(COVEY_SIGNATURE_SIZE == crypto_sign_ed25519_BYTES, "signature");

void covey_sign_key_of_seed(covey_sign_key *key,
                            const uint8_t seed[COVEY_SIGN_SEED_SIZE])
{
    uint8_t public_key[COVEY_SIGN_PUBLIC_SIZE];

    (void)crypto_sign_ed25519_seed_keypair(public_key, key->bytes, seed);
    COVEY_CT_PUBLIC(key->bytes + COVEY_SIGN_SEED_SIZE, COVEY_SIGN_PUBLIC_SIZE);
}

int covey_sign_key_new(covey_sign_key *key, const covey_random *random)
{
    uint8_t seed[COVEY_SIGN_SEED_SIZE];
    int err = covey_random_fill(random, seed, sizeof seed);

    if (!err) covey_sign_key_of_seed(key, seed);
    covey_wipe(seed, sizeof seed);
    return err;
}

covey_bytes covey_sign_key_public(const covey_sign_key *key)
{
    return covey_bytes_of(key->bytes + COVEY_SIGN_SEED_SIZE,
                          COVEY_SIGN_PUBLIC_SIZE);
}

void covey_sign(uint8_t signature[COVEY_SIGNATURE_SIZE],
                const covey_sign_key *key, covey_bytes message)
{
    (void)crypto_sign_ed25519_detached(signature, NULL, message.at, message.len,
                                       key->bytes);
    COVEY_CT_PUBLIC(signature, COVEY_SIGNATURE_SIZE);
}

int covey_verify(covey_bytes public_key, covey_bytes message,
                 covey_bytes signature)
{
    if (public_key.len != COVEY_SIGN_PUBLIC_SIZE ||
        signature.len != COVEY_SIGNATURE_SIZE) {
        return COVEY_ERR_AUTH;
    }
    int refused =
        crypto_sign_ed25519_verify_detached(signature.at, message.at,
                                            message.len, public_key.at);

    /* Whether a message was accepted shows in what is done next. */
    COVEY_CT_PUBLIC(&refused, sizeof refused);
    return refused != 0 ? COVEY_ERR_AUTH : COVEY_OK;
}
