#include "device/timers.h"

#include <covey/error.h>

#include "device/announce.h"
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

/* Who is expected to speak, the wearer's watch: its place among the peers;
 * their number when there is none. */
static size_t expected(const covey_device *d)
{
    size_t at = d->peers.num;

    if (covey_is_wearer(d) || d->self.state != COVEY_DEVICE_MEMBER) return at;
    for (size_t i = 0; i < d->peers.num; i++) {
        const covey_roster_member *entry =
            covey_roster_find(&d->roster,
                              covey_member_id_bytes(&d->peers.items[i].id));

        if (entry != NULL && entry->role == COVEY_ROLE_WEARER) at = i;
    }
    return at;
}

/* What waits at the relay has been read, or cannot be. */
static bool has_listened(const covey_device *d)
{
    return d->is_at_head || d->channels[COVEY_CHANNEL_EPOCH].failures != 0;
}

static void notice_silence(covey_device *d)
{
    size_t at = expected(d);
    uint64_t silence = silence_of(d);

    if (at == d->peers.num || !has_listened(d)) return;
    covey_peer *peer = &d->peers.items[at];
    if (silence == 0 || peer->is_silent ||
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
    if (!err) covey_announce_more(d);
    return err;
}

static void sooner(uint64_t *when, uint64_t other)
{
    if (other < *when) *when = other;
}

uint64_t covey_timers_next(const covey_device *d)
{
    uint64_t when = COVEY_NO_DEADLINE;
    size_t at = expected(d);
    uint8_t step = d->operation.step;

    if (d->self.state == COVEY_DEVICE_INVITING) sooner(&when, d->pairing.ends);
    if (step == COVEY_STEP_KEY_PACKAGE || step == COVEY_STEP_WELCOME ||
        step == COVEY_STEP_JOINED) {
        sooner(&when, d->operation.ends);
    }
    if (at < d->peers.num && silence_of(d) != 0 && has_listened(d) &&
        !d->peers.items[at].is_silent) {
        sooner(&when, d->peers.items[at].heard + silence_of(d));
    }
    if (d->self.state != COVEY_DEVICE_MEMBER) return when;
    for (size_t i = 0; i < d->tasks.num; i++) {
        sooner(&when, d->tasks.items[i].until);
    }
    return when;
}
