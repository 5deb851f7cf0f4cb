/*
 * The device's count of time: it only grows, goes on over restarts, and no
 * clock that is set back or forward moves it. SPEC.md section 6.3.
 */
#ifndef COVEY_DEVICE_CLOCK_H
#define COVEY_DEVICE_CLOCK_H

#include <covey/device.h>

typedef struct {
    uint64_t count_ms; /* saved */
    covey_now now;     /* as the host said last */
    bool has_now;
} covey_clock;

/* Takes the host's time. */
void covey_clock_set(covey_clock *clock, covey_now now);

/* A moment of the count, on the host's monotonic clock. */
uint64_t covey_clock_host(const covey_clock *clock, uint64_t count_ms);

#endif
