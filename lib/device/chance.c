#include "device/chance.h"

#include <covey/error.h>

#include "crypto/random.h"

int covey_chance(covey_device *d, uint32_t most, uint32_t *value)
{
    uint8_t bytes[4];
    uint32_t number = 0;

    int err = covey_random_fill(&d->random, bytes, sizeof bytes);
    if (err) return err;
    for (size_t i = 0; i < sizeof bytes; i++) number = number << 8 | bytes[i];
    *value = number % most;
    return COVEY_OK;
}
