#include "device/due.h"

#include <covey/error.h>

#include "device/anew.h"
#include "device/announce.h"
#include "device/commit.h"
#include "device/repost.h"
#include "device/timers.h"

/* ---- whether ---- */

bool covey_serves_epoch(const covey_device *d)
{
    return d->self.state == COVEY_DEVICE_MEMBER ||
           (d->self.state == COVEY_DEVICE_JOINED && d->outbox.num != 0);
}

bool covey_serves_invite(const covey_device *d)
{
    return d->self.state == COVEY_DEVICE_INVITING ||
           (d->self.state == COVEY_DEVICE_MEMBER &&
            (d->operation.step == COVEY_STEP_KEY_PACKAGE ||
             d->operation.step == COVEY_STEP_WELCOME || covey_repost_waits(d)));
}

static bool has_sos(const covey_outbox *outbox)
{
    for (size_t i = 0; i < outbox->num; i++) {
        if (outbox->entries[i].kind == COVEY_CONTENT_SOS) return true;
    }
    return false;
}

bool covey_may_send(const covey_device *d)
{
    /* Before it is confirmed a newcomer is shown no change, and has nothing to
     * say but that it is there. */
    return d->is_at_head && (d->self.state == COVEY_DEVICE_JOINED ||
                             !covey_announce_waits(d) || has_sos(&d->outbox));
}

bool covey_has_own_commit(const covey_device *d)
{
    return d->committer != NULL && d->committer->commit_len != 0;
}

bool covey_commit_is_placed(const covey_device *d)
{
    return d->committer->is_placed && d->committer->index > d->log.after;
}

bool covey_has_to_send(const covey_device *d)
{
    if (!d->is_at_head) return false;
    if (covey_has_own_commit(d) && covey_commit_from(d) <= covey_count(d)) {
        return !covey_commit_is_placed(d) && covey_count(d) >= d->commit_after;
    }
    /* Neither can come about while something stands in its way. */
    if (covey_commit_is_due(d) && !covey_outbox_any_sealed(&d->outbox)) {
        return true;
    }
    if (d->boot == COVEY_BOOT_NEEDED &&
        covey_outbox_has_places(&d->outbox, 1)) {
        return true;
    }
    if (d->self.sos.is_on && d->self.sos.next <= covey_count(d)) return true;
    if (!covey_may_send(d)) return false;
    for (size_t i = 0; i < d->outbox.num; i++) {
        if (covey_outbox_is_due(&d->outbox.entries[i], d->log.after)) {
            return true;
        }
    }
    return false;
}

bool covey_is_due(const covey_device *d, covey_channel_kind kind)
{
    const covey_channel *channel = &d->channels[kind];

    if (channel->is_out || (d->inbox.is_there && d->inbox.channel == kind)) {
        return false;
    }
    if (kind == COVEY_CHANNEL_INVITE) {
        return covey_serves_invite(d) && channel->due <= covey_count(d);
    }
    if (!covey_serves_epoch(d)) return false;
    return channel->due <= covey_count(d) ||
           (channel->failures == 0 && covey_has_to_send(d));
}

bool covey_device_interrupts(const covey_device *device, uint32_t id)
{
    const covey_channel *channel = &device->channels[COVEY_CHANNEL_EPOCH];

    return device->is_open && !device->is_stale && channel->is_out &&
           channel->id == id && channel->num_appends == 0 &&
           covey_has_to_send(device);
}

void covey_device_wake(covey_device *device, covey_now now)
{
    covey_channel *channel = &device->channels[COVEY_CHANNEL_EPOCH];

    if (covey_device_ready(device, now) != COVEY_OK) return;
    uint64_t count = covey_count(device);
    if (channel->woken != 0 && count - channel->woken < COVEY_WAKE_EVERY) {
        return;
    }
    channel->woken = count == 0 ? 1 : count;
    if (channel->due > count) channel->due = count;
}

/* ---- when ---- */

bool covey_device_is_current(const covey_device *device)
{
    const covey_channel *channel = &device->channels[COVEY_CHANNEL_EPOCH];

    return device->is_open && !device->is_stale && device->is_at_head &&
           !device->inbox.is_there && device->notes.num == 0 &&
           (!channel->is_out || channel->num_appends == 0) &&
           !covey_has_to_send(device);
}

uint64_t covey_device_deadline(const covey_device *device)
{
    uint64_t when = covey_timers_next(device);

    if (!device->is_open) return COVEY_NO_DEADLINE;
    if (device->is_stale || device->inbox.is_there || device->notes.num != 0) {
        return device->clock.now.mono_ms;
    }
    for (unsigned kind = 0; kind < COVEY_NUM_CHANNELS; kind++) {
        const covey_channel *channel = &device->channels[kind];
        bool serves = kind == COVEY_CHANNEL_EPOCH ? covey_serves_epoch(device)
                                                  : covey_serves_invite(device);

        if (!serves || channel->is_out) continue;
        if (channel->due < when) when = channel->due;
        if (kind == COVEY_CHANNEL_EPOCH && channel->failures == 0 &&
            covey_has_to_send(device)) {
            when = covey_count(device);
        }
    }
    const covey_channel *epoch = &device->channels[COVEY_CHANNEL_EPOCH];
    uint64_t commit = covey_commit_when(device);

    /* What is due already goes with the request that is due, or interrupts
     * the one that waits. */
    if (commit > covey_count(device) && commit < when) when = commit;
    if (device->self.sos.is_on && device->self.sos.next < when &&
        device->self.sos.next > covey_count(device) && epoch->failures == 0) {
        when = device->self.sos.next;
    }
    return covey_clock_host(&device->clock, when);
}
