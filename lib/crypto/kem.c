#include "crypto/kem.h"

#include "base/secret.h"
#include "crypto/random.h"

int covey_kem_keys_new(const covey_kem *kem, covey_kem_secret *secret,
                       covey_kem_public *public_key, const covey_random *random)
{
    covey_secret seed;
    int err = covey_random_fill(random, seed.bytes, sizeof seed.bytes);

    if (!err) kem->derive(secret, public_key, covey_secret_bytes(&seed));
    covey_wipe(&seed, sizeof seed);
    return err;
}
