#include "device/clock.h"

void covey_clock_set(covey_clock *clock, covey_now now)
{
    if (clock->has_now && now.mono_ms > clock->now.mono_ms) {
        clock->count_ms += now.mono_ms - clock->now.mono_ms;
    }
    if (now.utc_ms < 0 || now.utc_ms > COVEY_TIME_MS_MAX) now.utc_ms = 0;
    if (clock->has_now && now.mono_ms < clock->now.mono_ms) {
        now.mono_ms = clock->now.mono_ms;
    }
    clock->now = now;
    clock->has_now = true;
}

void covey_clock_resume(covey_clock *clock, uint64_t count_ms, uint64_t mono_ms)
{
    if (clock->now.mono_ms > mono_ms) count_ms += clock->now.mono_ms - mono_ms;
    if (count_ms > clock->count_ms) clock->count_ms = count_ms;
}

uint64_t covey_clock_host(const covey_clock *clock, uint64_t count_ms)
{
    if (count_ms == COVEY_NO_DEADLINE) return COVEY_NO_DEADLINE;
    if (count_ms <= clock->count_ms) return clock->now.mono_ms;
    return clock->now.mono_ms + (count_ms - clock->count_ms);
}
