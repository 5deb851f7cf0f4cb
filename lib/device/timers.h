/*
 * What happens because time passes.
 */
#ifndef COVEY_DEVICE_TIMERS_H
#define COVEY_DEVICE_TIMERS_H

#include "device/device.h"

/* Ends what has lasted too long, and notices who is silent. */
int covey_timers_run(covey_device *d);

/* When, of the count, there is something of that to do; or NO_DEADLINE. */
uint64_t covey_timers_next(const covey_device *d);

#endif
