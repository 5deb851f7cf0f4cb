#include "crypto/random.h"

#include <covey/error.h>

#include "base/secret.h"

#define STUCK_MIN 16

/* A source stuck at one value is the failure seen in the field: an unseeded
 * generator, or a driver that never wrote. By chance: once in 2^120. */
static bool is_stuck(const uint8_t *out, size_t len)
{
    return len >= STUCK_MIN && covey_ct_equal(out, out + 1, len - 1);
}

int covey_random_fill(const covey_random *random, void *out, size_t len)
{
    if (random->fill(random->ctx, out, len) != 0 || is_stuck(out, len)) {
        covey_wipe(out, len);
        return COVEY_ERR_RANDOM;
    }
    return COVEY_OK;
}
