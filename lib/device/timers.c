#include "device/timers.h"

#include <covey/error.h>

#include "device/commands.h"
#include "device/commit.h"
#include "device/fields.h"
#include "device/operation.h"
#include "device/say.h"

/* ---- silence ---- */

static uint64_t silence_of(const covey_device *d)
{
    if (d->config.silence_ms != 0) return d->config.silence_ms;
    return (uint64_t)d->self.interval_s * 3 * COVEY_SECOND;
}

/* Who is expected to speak: the wearer's watch. */
static covey_peer *expected(const covey_device *d)
{
    covey_device *peers_of = (covey_device *)(uintptr_t)d;

    if (covey_is_wearer(d) || d->self.state != COVEY_DEVICE_MEMBER) return NULL;
    for (size_t i = 0; i < d->roster.num_members; i++) {
        if (d->roster.members[i].role == COVEY_ROLE_WEARER) {
            return covey_peers_find(&peers_of->peers, &d->roster.members[i].id);
        }
    }
    return NULL;
}

static void notice_silence(covey_device *d)
{
    covey_peer *peer = expected(d);
    uint64_t silence = silence_of(d);

    if (peer == NULL || silence == 0 || peer->is_silent ||
        covey_count(d) - peer->heard < silence) {
        return;
    }
    peer->is_silent = true;
    covey_touch(d, COVEY_SLOT_PEERS);
    covey_note_add(d, COVEY_EVENT_SILENT, &peer->id, NULL);
}

/* ---- all ---- */

static void end_pause(covey_device *d)
{
    if (d->self.paused_until_ms == 0 || covey_is_paused(d)) return;
    d->self.paused_until_ms = 0;
    d->self.pause_ends = 0;
    covey_touch(d, COVEY_SLOT_SELF);
}

int covey_timers_run(covey_device *d)
{
    covey_operation_expire(d);
    covey_join_expire(d);
    notice_silence(d);
    end_pause(d);
    if (d->self.state != COVEY_DEVICE_MEMBER) return COVEY_OK;
    int err = covey_commands_expire(d);
    if (err) d->is_stale = true;
    return err;
}

static void sooner(uint64_t *when, uint64_t other)
{
    if (other < *when) *when = other;
}

uint64_t covey_timers_next(const covey_device *d)
{
    uint64_t when = COVEY_NO_DEADLINE;
    const covey_peer *peer = expected(d);
    uint8_t step = d->operation.step;

    if (d->self.state == COVEY_DEVICE_INVITING) sooner(&when, d->pairing.ends);
    if (step == COVEY_STEP_KEY_PACKAGE || step == COVEY_STEP_WELCOME ||
        step == COVEY_STEP_JOINED) {
        sooner(&when, d->operation.ends);
    }
    if (peer != NULL && silence_of(d) != 0 && !peer->is_silent) {
        sooner(&when, peer->heard + silence_of(d));
    }
    if (d->self.state != COVEY_DEVICE_MEMBER) return when;
    for (size_t i = 0; i < d->tasks.num; i++) {
        sooner(&when, d->tasks.items[i].until);
    }
    return when;
}
