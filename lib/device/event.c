/* What the host is told, one thing at a time. */
#include <covey/error.h>

#include "device/commands.h"
#include "device/device.h"
#include "device/entry.h"
#include "device/fields.h"
#include "device/operation.h"
#include "device/policy.h"
#include "device/timers.h"

/* The document that is in force now, from the store. */
static int tell_policy(covey_device *d, uint32_t kind, covey_event *event)
{
    int err = covey_policy_load(d, kind, &d->heard);

    if (err) return err;
    event->of.document = &d->heard.content.of.document;
    return COVEY_OK;
}

static int tell(covey_device *d, const covey_note *note, covey_event *event)
{
    event->kind = (covey_event_kind)note->kind;
    event->member = note->member;
    event->by = note->by;
    switch (event->kind) {
    case COVEY_EVENT_SENT:
        event->of.sent = (covey_payload_id){note->value, d->self.incarnation};
        break;
    case COVEY_EVENT_MISSING: event->of.missing = note->value; break;
    case COVEY_EVENT_DONE:
        event->of.done = (covey_operation)note->operation;
        break;
    case COVEY_EVENT_RELAY:
        event->of.relay = (covey_relay_state)note->operation;
        break;
    case COVEY_EVENT_FAILED:
    case COVEY_EVENT_LOCKED_OUT:
    case COVEY_EVENT_INVITE_ENDED:
        event->of.failed.operation = (covey_operation)note->operation;
        event->of.failed.error = note->error;
        break;
    case COVEY_EVENT_SHOW_DIGITS:
        memcpy(event->of.digits, d->log.digits, sizeof event->of.digits);
        break;
    case COVEY_EVENT_POLICY:
        return tell_policy(d, (uint32_t)note->value, event);
    default: break;
    }
    return COVEY_OK;
}

/* What waits already. */
static int next_waiting(covey_device *d, covey_event *event, bool *found)
{
    covey_note note;

    *found = covey_notes_take(&d->notes, &note);
    if (*found) {
        d->is_light = note.kind == COVEY_EVENT_SENT;
        covey_touch(d, COVEY_SLOT_SELF);
        d->is_light = false;
        return tell(d, &note, event);
    }
    if (d->self.state != COVEY_DEVICE_MEMBER) return COVEY_OK;
    return covey_commands_event(d, event, found);
}

static int read_inbox(covey_device *d, covey_event *event)
{
    if (!d->inbox.is_there) return COVEY_OK;
    if (d->inbox.channel == COVEY_CHANNEL_EPOCH) {
        return covey_entries_read(d, event);
    }
    if (d->self.state == COVEY_DEVICE_INVITING) {
        int err = covey_join_read(d);
        if (err) d->is_stale = true;
        return err;
    }
    return covey_adopt_read(d);
}

/* Whether reading on, or what was read, has something to tell. */
static bool has_more(const covey_device *d)
{
    if (d->notes.num != 0 || d->inbox.is_there) return true;
    if (d->self.state != COVEY_DEVICE_MEMBER) return false;
    for (size_t i = 0; i < d->tasks.num; i++) {
        if (d->tasks.items[i].state == COVEY_TASK_TO_SHOW ||
            d->tasks.items[i].state == COVEY_TASK_TO_RUN) {
            return true;
        }
    }
    return false;
}

/* What the host answers by a call rests on what is stored. */
static bool asks_for_a_call(covey_event_kind kind)
{
    return kind == COVEY_EVENT_NOTICE || kind == COVEY_EVENT_SHOW_DIGITS ||
           kind == COVEY_EVENT_ENTER_DIGITS ||
           kind == COVEY_EVENT_REMOVAL_PROPOSED;
}

int covey_device_next_event(covey_device *device, covey_now now,
                            covey_event *event)
{
    bool found = false;

    memset(event, 0, sizeof *event);
    int err = covey_device_ready(device, now);
    if (err) return err;
    device->is_told = false;
    err = covey_timers_run(device);
    while (!err && event->kind == COVEY_EVENT_NONE && has_more(device)) {
        err = next_waiting(device, event, &found);
        if (!err && !found) err = read_inbox(device, event);
    }
    if (!err && asks_for_a_call(event->kind)) err = covey_device_save(device);
    if (err) {
        memset(event, 0, sizeof *event);
        return covey_device_end(device, err);
    }
    device->is_told = event->kind != COVEY_EVENT_NONE;
    return COVEY_OK;
}
