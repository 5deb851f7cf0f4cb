/* For clock_gettime, and Linux's clock that counts while the system sleeps. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "transport/clock.h"

#include <time.h>

#ifdef CLOCK_BOOTTIME
#define MONOTONIC CLOCK_BOOTTIME
#else
#define MONOTONIC CLOCK_MONOTONIC
#endif

static int64_t ms_of(clockid_t clock)
{
    struct timespec at = {0};

    if (clock_gettime(clock, &at) != 0) return 0;
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

covey_now covey_clock_now(void *unused)
{
    (void)unused;
    return (covey_now){.utc_ms = ms_of(CLOCK_REALTIME),
                       .mono_ms = (uint64_t)ms_of(MONOTONIC)};
}
