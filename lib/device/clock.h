/*
 * The device's count of time: it only grows, goes on over restarts, and no
 * clock that is set back or forward moves it. SPEC.md section 6.3.
 */
#ifndef COVEY_DEVICE_CLOCK_H
#define COVEY_DEVICE_CLOCK_H

#include <covey/device.h>

typedef struct {
    uint64_t count_ms; /* saved */
    covey_now now;     /* as the host said last; its mono_ms is saved, too */
    bool has_now;
} covey_clock;

/* Takes the host's time. */
void covey_clock_set(covey_clock *clock, covey_now now);

/* Takes the count as it was saved, and what the host's clock has gone on by
 * since then. When that has begun anew, with the machine, it shows less than
 * has passed: the count falls behind, and never runs ahead. In a run that goes
 * on, it stays as it is. */
void covey_clock_resume(covey_clock *clock, uint64_t count_ms,
                        uint64_t mono_ms);

/* A moment of the count, on the host's monotonic clock. */
uint64_t covey_clock_host(const covey_clock *clock, uint64_t count_ms);

#endif
