#include "device/move.h"

#include <covey/error.h>

#include "device/operation.h"

/* ---- after a commit ---- */

void covey_move_named(const covey_roster *roster, char name[COVEY_RELAY_SIZE])
{
    covey_bytes relay = covey_roster_relay(roster);

    memset(name, 0, COVEY_RELAY_SIZE);
    if (covey_relay_name_is_valid(relay)) {
        memcpy(name, relay.at, relay.len);
    }
}

void covey_move_to_roster(covey_device *d)
{
    char name[COVEY_RELAY_SIZE];

    covey_move_named(&d->roster, name);
    if (name[0] == '\0') return;
    memcpy(d->self.relay, name, sizeof name);
    d->log.origin = 0;
    covey_touch(d, COVEY_SLOT_SELF);
    covey_touch(d, COVEY_SLOT_LOG);
}

void covey_move_follow(covey_device *d, const char *before,
                       const covey_member_id *by)
{
    char name[COVEY_RELAY_SIZE];

    covey_move_named(&d->roster, name);
    if (name[0] == '\0' || memcmp(name, before, sizeof name) == 0) return;
    covey_move_to_roster(d);
    covey_note_add(d, COVEY_EVENT_MOVED, NULL, by);
}

/* ---- by this device alone ---- */

void covey_move_read_anew(covey_device *d)
{
    d->log.after = 0;
    d->next_index = 0;
    covey_touch(d, COVEY_SLOT_LOG);
    covey_outbox_unplace(&d->outbox);
    if (d->committer != NULL) d->committer->is_placed = false;
    d->is_at_head = false;
}

uint64_t covey_move_when(covey_device *d)
{
    if (d->log.seen.count != d->anew_seen) d->num_anew = 0;
    d->anew_seen = d->log.seen.count;
    if (d->num_anew == COVEY_ANEW_MAX) {
        return covey_count(d) + COVEY_ANEW_EVERY;
    }
    d->num_anew++;
    return covey_count(d);
}

static bool is_of_circle(const covey_device *d)
{
    return d->self.state == COVEY_DEVICE_JOINED ||
           d->self.state == COVEY_DEVICE_MEMBER;
}

int covey_device_use_relay(covey_device *device, const char *relay,
                           covey_now now)
{
    covey_channel *channel = &device->channels[COVEY_CHANNEL_EPOCH];
    covey_bytes name = covey_bytes_of_text(relay);
    int err = covey_device_ready(device, now);

    if (err) return err;
    if (!covey_relay_name_is_valid(name)) return COVEY_ERR_ARGUMENT;
    if (!is_of_circle(device) || device->inbox.is_there) {
        return COVEY_ERR_STATE;
    }
    memset(device->self.relay, 0, sizeof device->self.relay);
    memcpy(device->self.relay, name.at, name.len);
    covey_touch(device, COVEY_SLOT_SELF);
    covey_touch(device, COVEY_SLOT_OUTBOX);
    covey_touch(device, COVEY_SLOT_OPERATION);
    covey_move_read_anew(device);
    channel->is_out = false; /* its answer comes too late */
    channel->failures = 0;
    channel->due = covey_count(device);
    return covey_device_end(device, COVEY_OK);
}
