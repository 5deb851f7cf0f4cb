/*
 * A small random number: for waiting, and for what must not say anything.
 */
#ifndef COVEY_DEVICE_CHANCE_H
#define COVEY_DEVICE_CHANCE_H

#include "device/device.h"

/* 0 to most - 1; nearly alike. COVEY_ERR_RANDOM. */
int covey_chance(covey_device *d, uint32_t most, uint32_t *value);

#endif
