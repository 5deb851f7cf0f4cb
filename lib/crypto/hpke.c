#include "crypto/hpke.h"

#include <covey/error.h>

#include "base/secret.h"
#include "base/writer.h"
#include "crypto/random.h"

#define MODE_BASE 0x00
#define VERSION "HPKE-v1"

/* suite_id = "HPKE" || kem_id || kdf_id || aead_id, section 5.1. */
typedef struct {
    uint8_t bytes[10];
} suite_id;

static suite_id suite_id_of(const covey_suite *suite)
{
    suite_id id;
    covey_writer w = covey_writer_of(id.bytes, sizeof id.bytes);

    covey_write_fixed(&w, covey_bytes_of_text("HPKE"));
    covey_write_u16(&w, suite->kem->id);
    covey_write_u16(&w, suite->kdf_id);
    covey_write_u16(&w, suite->aead_id);
    return id;
}

/* LabeledExtract(salt, label, parts), section 4. */
static void extract(covey_secret *out, const suite_id *id, covey_bytes salt,
                    const char *label, const covey_bytes *parts,
                    size_t num_parts)
{
    covey_hmac hmac;
    covey_digest digest;

    covey_hmac_begin(&hmac, salt);
    covey_hmac_add(&hmac, covey_bytes_of_text(VERSION));
    covey_hmac_add(&hmac, covey_bytes_of(id->bytes, sizeof id->bytes));
    covey_hmac_add(&hmac, covey_bytes_of_text(label));
    for (size_t i = 0; i < num_parts; i++) covey_hmac_add(&hmac, parts[i]);
    covey_hmac_end(&hmac, &digest);
    memcpy(out->bytes, digest.bytes, sizeof out->bytes);
    covey_wipe(&digest, sizeof digest);
}

/* LabeledExpand(prk, label, context, len). */
static void expand(uint8_t *out, uint8_t len, const covey_hkdf_key *prk,
                   const suite_id *id, const char *label,
                   const covey_bytes context[3])
{
    const uint8_t len_bytes[2] = {0, len};
    const covey_bytes info[] = {
        covey_bytes_of(len_bytes, sizeof len_bytes),
        covey_bytes_of_text(VERSION),
        covey_bytes_of(id->bytes, sizeof id->bytes),
        covey_bytes_of_text(label),
        context[0],
        context[1],
        context[2],
    };

    (void)covey_hkdf_expand_by(out, len, prk, info,
                               sizeof info / sizeof info[0]);
}

void covey_hpke_info_of(covey_hpke_info *info, const covey_suite *suite,
                        const covey_bytes *parts, size_t num_parts)
{
    suite_id id = suite_id_of(suite);

    extract(&info->hash, &id, covey_bytes_of(NULL, 0), "info_hash", parts,
            num_parts);
}

/* KeySchedule of section 5.1: mode base, no PSK, sequence number 0. */
static void schedule(covey_aead_key *key, const covey_suite *suite,
                     const covey_secret *shared, const covey_hpke_info *info)
{
    static const uint8_t mode[1] = {MODE_BASE};
    suite_id id = suite_id_of(suite);
    covey_secret psk_id_hash;
    covey_secret secret;
    covey_hkdf_key from;

    extract(&psk_id_hash, &id, covey_bytes_of(NULL, 0), "psk_id_hash", NULL, 0);
    extract(&secret, &id, covey_secret_bytes(shared), "secret", NULL, 0);

    const covey_bytes context[3] = {
        covey_bytes_of(mode, sizeof mode),
        covey_secret_bytes(&psk_id_hash),
        covey_secret_bytes(&info->hash),
    };
    covey_hkdf_key_of(&from, &secret);
    expand(key->key, sizeof key->key, &from, &id, "key", context);
    expand(key->nonce, sizeof key->nonce, &from, &id, "base_nonce", context);
    covey_wipe(&secret, sizeof secret);
    covey_wipe(&from, sizeof from);
}

int covey_hpke_seal_from(covey_kem_output *output, uint8_t *sealed,
                         const covey_suite *suite, const uint8_t *seed,
                         const covey_kem_public *public_key,
                         const covey_hpke_info *info, covey_bytes aad,
                         covey_bytes plain)
{
    covey_secret shared;
    covey_aead_key key;
    int err = suite->kem->encap(&shared, output, public_key, seed);

    if (!err) {
        schedule(&key, suite, &shared, info);
        covey_aead_seal(sealed, &key, aad, plain);
        covey_wipe(&key, sizeof key);
    }
    covey_wipe(&shared, sizeof shared);
    return err;
}

int covey_hpke_seal(covey_kem_output *output, uint8_t *sealed,
                    const covey_suite *suite, const covey_random *random,
                    const covey_kem_public *public_key,
                    const covey_hpke_info *info, covey_bytes aad,
                    covey_bytes plain)
{
    covey_kem_secret seed;
    int err = covey_random_fill(random, seed.bytes, suite->kem->seed_size);

    if (!err) {
        err = covey_hpke_seal_from(output, sealed, suite, seed.bytes,
                                   public_key, info, aad, plain);
    }
    covey_wipe(&seed, sizeof seed);
    return err;
}

int covey_hpke_open(uint8_t *plain, const covey_suite *suite,
                    covey_bytes output, const covey_kem_secret *secret,
                    const covey_kem_public *public_key,
                    const covey_hpke_info *info, covey_bytes aad,
                    covey_bytes sealed)
{
    covey_secret shared;
    covey_aead_key key;
    int err = suite->kem->decap(&shared, output, secret, public_key);

    if (!err) {
        schedule(&key, suite, &shared, info);
        err = covey_aead_open(plain, &key, aad, sealed);
        covey_wipe(&key, sizeof key);
    }
    covey_wipe(&shared, sizeof shared);
    return err;
}
