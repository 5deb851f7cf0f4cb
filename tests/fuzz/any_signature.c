/*
 * For targets that are linked with --wrap=covey_verify: every signature of
 * the right size is valid, so that a fuzzer, which cannot sign, gets past it.
 */
#include <covey/error.h>

#include "crypto/sign.h"

int __wrap_covey_verify(covey_bytes public_key, covey_bytes message,
                        covey_bytes signature);

int __wrap_covey_verify(covey_bytes public_key, covey_bytes message,
                        covey_bytes signature)
{
    uint8_t sum = 0;

    if (public_key.len != COVEY_SIGN_PUBLIC_SIZE ||
        signature.len != COVEY_SIGNATURE_SIZE) {
        return COVEY_ERR_AUTH;
    }
    /* Reads it all, as the real one does. */
    for (size_t i = 0; i < message.len; i++) sum ^= message.at[i];
    for (size_t i = 0; i < signature.len; i++) sum ^= signature.at[i];
    for (size_t i = 0; i < public_key.len; i++) sum ^= public_key.at[i];
    *(volatile uint8_t *)&sum;
    return COVEY_OK;
}
