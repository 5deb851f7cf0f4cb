#include "device/clock.h"

#include "device/limits.h"

/* What the host's count went back by, at most, because two calls had asked for
 * it in another order; and forward at once, a century. */
#define BACK_MAX COVEY_MINUTE
#define FORWARD_MAX ((uint64_t)36525 * COVEY_DAY)

/* A count that begins again, or makes no sense, is gone on from where it is:
 * nothing has passed, as far as one can know. */
void covey_clock_set(covey_clock *clock, covey_now now)
{
    uint64_t last = clock->now.mono_ms;

    if (now.utc_ms < 0 || now.utc_ms > COVEY_TIME_MS_MAX) now.utc_ms = 0;
    if (clock->has_now && now.mono_ms > last &&
        now.mono_ms - last <= FORWARD_MAX) {
        clock->count_ms += now.mono_ms - last;
    }
    if (clock->has_now && now.mono_ms < last &&
        last - now.mono_ms <= BACK_MAX) {
        now.mono_ms = last;
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
