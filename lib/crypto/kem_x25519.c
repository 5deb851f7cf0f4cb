#include <covey/error.h>
#include <sodium/crypto_scalarmult_curve25519.h>

#include "base/secret.h"
#include "crypto/kem.h"

#define KEM_ID 0x0020

#define LITERAL(text)                                                          \
    {                                                                          \
        (const uint8_t *)(text), sizeof(text) - 1                              \
    }
#define HPKE_V1 "HPKE-v1"
#define SUITE "KEM\x00\x20" /* suite_id of RFC 9180 section 4.1 */
#define LEN_32 "\x00\x20"

_Static_assert(COVEY_KEM_PUBLIC_MAX == crypto_scalarmult_curve25519_BYTES,
               "X25519 is the largest KEM so far");

static void derive(covey_kem_secret *secret, covey_kem_public *public_key,
                   covey_bytes ikm)
{
    const covey_bytes ikm_parts[] = {LITERAL(HPKE_V1 SUITE "dkp_prk"), ikm};
    const covey_bytes info[] = {LITERAL(LEN_32 HPKE_V1 SUITE "sk")};
    covey_secret prk;

    covey_hkdf_extract(&prk, covey_bytes_of(NULL, 0), ikm_parts, 2);
    (void)covey_hkdf_expand(secret->bytes, sizeof secret->bytes, &prk, info, 1);
    (void)crypto_scalarmult_curve25519_base(public_key->bytes, secret->bytes);
    COVEY_CT_PUBLIC(public_key, sizeof *public_key);
    covey_wipe(&prk, sizeof prk);
}

static void public_of(covey_kem_public *public_key,
                      const covey_kem_secret *secret)
{
    (void)crypto_scalarmult_curve25519_base(public_key->bytes, secret->bytes);
    COVEY_CT_PUBLIC(public_key, sizeof *public_key);
}

/* ExtractAndExpand(dh, enc || pkR); libsodium refuses an all-zero dh. */
static int agree(covey_secret *shared, const uint8_t *scalar,
                 const uint8_t *point, covey_bytes output,
                 const covey_kem_public *public_key)
{
    covey_secret dh;
    covey_secret prk;
    int refused = crypto_scalarmult_curve25519(dh.bytes, scalar, point);

    COVEY_CT_PUBLIC(&refused, sizeof refused);
    if (refused == 0) {
        const covey_bytes ikm[] = {LITERAL(HPKE_V1 SUITE "eae_prk"),
                                   covey_secret_bytes(&dh)};
        const covey_bytes info[] = {
            LITERAL(LEN_32 HPKE_V1 SUITE "shared_secret"), output,
            covey_bytes_of(public_key->bytes, sizeof public_key->bytes)};

        covey_hkdf_extract(&prk, covey_bytes_of(NULL, 0), ikm, 2);
        (void)covey_hkdf_expand(shared->bytes, sizeof shared->bytes, &prk, info,
                                3);
        covey_wipe(&prk, sizeof prk);
    }
    covey_wipe(&dh, sizeof dh);
    return refused != 0 ? COVEY_ERR_AUTH : COVEY_OK;
}

/* The points of small order, by every encoding that X25519 takes; it does not
 * look at the highest bit. With them the shared secret is zero, whatever the
 * scalar: RFC 7748 section 7. */
static const uint8_t small_order[][crypto_scalarmult_curve25519_BYTES] = {
    {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
     0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
     0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
     0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
     0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

static bool is_useful(covey_bytes public_key)
{
    uint8_t key[crypto_scalarmult_curve25519_BYTES];

    memcpy(key, public_key.at, sizeof key);
    key[sizeof key - 1] &= 0x7f;
    for (size_t i = 0; i < sizeof small_order / sizeof small_order[0]; i++) {
        if (memcmp(key, small_order[i], sizeof key) == 0) return false;
    }
    return true;
}

static int encap(covey_secret *shared, covey_kem_output *output,
                 const covey_kem_public *public_key, const uint8_t *seed)
{
    (void)crypto_scalarmult_curve25519_base(output->bytes, seed);
    COVEY_CT_PUBLIC(output, sizeof *output);

    int err =
        agree(shared, seed, public_key->bytes,
              covey_bytes_of(output->bytes, sizeof output->bytes), public_key);

    if (err) memset(output, 0, sizeof *output);
    return err;
}

static int decap(covey_secret *shared, covey_bytes output,
                 const covey_kem_secret *secret,
                 const covey_kem_public *public_key)
{
    if (output.len != crypto_scalarmult_curve25519_BYTES) {
        return COVEY_ERR_AUTH;
    }
    return agree(shared, secret->bytes, output.at, output, public_key);
}

const covey_kem covey_kem_x25519 = {
    .id = KEM_ID,
    .public_size = crypto_scalarmult_curve25519_BYTES,
    .secret_size = crypto_scalarmult_curve25519_SCALARBYTES,
    .output_size = crypto_scalarmult_curve25519_BYTES,
    .seed_size = crypto_scalarmult_curve25519_SCALARBYTES,
    .derive = derive,
    .public_of = public_of,
    .is_useful = is_useful,
    .encap = encap,
    .decap = decap,
};
