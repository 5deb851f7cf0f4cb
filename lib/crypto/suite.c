#include "crypto/suite.h"

#define KDF_HKDF_SHA256 0x0001
#define AEAD_CHACHA20POLY1305 0x0003

static const covey_suite suites[] = {
    {COVEY_SUITE_X25519_CHACHA, KDF_HKDF_SHA256, AEAD_CHACHA20POLY1305,
     &covey_kem_x25519},
};

const covey_suite *covey_suite_find(uint16_t id)
{
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        if (suites[i].id == id) return &suites[i];
    }
    return NULL;
}
