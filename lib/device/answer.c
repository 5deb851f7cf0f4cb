/* How a request went: the relay's answer, or none. */
#include <covey/error.h>

#include "base/secret.h"
#include "content/arena.h"
#include "device/anew.h"
#include "device/chance.h"
#include "device/commit.h"
#include "device/due.h"
#include "device/move.h"
#include "device/repost.h"
#include "device/work.h"

/* ---- how it went ---- */

static void set_relay_state(covey_device *d, covey_relay_state state)
{
    covey_note note = {.kind = COVEY_EVENT_RELAY, .operation = (uint8_t)state};

    if (d->relay_state == (uint8_t)state) return;
    d->relay_state = (uint8_t)state;
    covey_notes_add(&d->notes, &note);
}

/* Twice as long each time, and a random part of it: families do not come
 * back all at once. */
static void back_off(covey_device *d, covey_channel *channel)
{
    uint64_t wait = COVEY_BACKOFF_MAX;
    uint32_t part = 0;

    if (channel->failures < 8) {
        wait = (uint64_t)COVEY_BACKOFF_FIRST << channel->failures;
        if (wait > COVEY_BACKOFF_MAX) wait = COVEY_BACKOFF_MAX;
    }
    channel->failures++;
    if (covey_chance(d, (uint32_t)wait / 2, &part) != COVEY_OK) part = 0;
    channel->due = covey_count(d) + wait - part;
}

static covey_channel *channel_of(covey_device *d, uint32_t id)
{
    for (size_t i = 0; i < COVEY_NUM_CHANNELS; i++) {
        if (d->channels[i].is_out && d->channels[i].id == id) {
            return &d->channels[i];
        }
    }
    return NULL;
}

void covey_device_failed(covey_device *device, covey_now now, uint32_t id)
{
    if (covey_device_ready(device, now) != COVEY_OK) return;
    covey_channel *channel = channel_of(device, id);
    if (channel == NULL) return;
    bool is_given_up = covey_device_interrupts(device, id);

    channel->is_out = false;
    if (is_given_up) {
        channel->due = covey_count(device);
        return;
    }
    back_off(device, channel);
    if (channel->failures >= 3) set_relay_state(device, COVEY_RELAY_AWAY);
}

/* ---- answers ---- */

static covey_sync_request asked_of(const covey_channel *channel)
{
    return (covey_sync_request){
        .num_appends = channel->num_appends,
        .has_expect_next = channel->has_expect_next,
        .expect_next = channel->expect_next,
        .after = channel->after,
        .max_bytes = channel->max_bytes,
        .max_blob = channel->asked_blob,
        .origin = channel->asked_origin,
    };
}

/* How many entries the inbox has room for: the first at least. */
static size_t num_that_fit(const covey_sync_response *response)
{
    size_t left = COVEY_INBOX_BYTES - sizeof(uint64_t); /* alignment */
    size_t num = 0;

    for (; num < response->num_entries; num++) {
        const covey_sync_entry *entry = &response->entries[num];
        size_t need = sizeof *entry;

        if (!entry->is_stub) need += COVEY_BLOB_MARGIN + entry->blob.len;
        if (need > left) break;
        left -= need;
    }
    return num;
}

/* Entries, each blob with room to be opened in: covey_work_blob. Others will
 * be asked for again. */
static int keep_entries(covey_device *d, covey_sync_response *response)
{
    covey_scratch memory = covey_scratch_of(d->inbox_bytes, COVEY_INBOX_BYTES);
    size_t num = num_that_fit(response);
    covey_sync_entry *entries =
        covey_arena_take(&memory, num * sizeof response->entries[0]);

    for (size_t i = 0; entries != NULL && i < num; i++) {
        covey_bytes blob = response->entries[i].blob;

        entries[i] = response->entries[i];
        if (entries[i].is_stub) continue;
        uint8_t *room =
            covey_scratch_take(&memory, COVEY_BLOB_MARGIN + blob.len);
        if (room == NULL) return COVEY_ERR_BUFFER;
        covey_copy(room + COVEY_BLOB_MARGIN, blob.at, blob.len);
        entries[i].blob.at = room + COVEY_BLOB_MARGIN;
    }
    response->entries = entries;
    response->num_entries = num;
    return entries == NULL ? COVEY_ERR_BUFFER : COVEY_OK;
}

/* Where the relay says that it put what was appended. */
static void note_places(covey_device *d, covey_channel *channel,
                        const covey_sync_response *response)
{
    bool invites = channel == &d->channels[COVEY_CHANNEL_INVITE];

    if (response->status != COVEY_SYNC_OK) return;
    for (size_t i = 0; i < response->num_appended; i++) {
        uint64_t index = response->appended[i];

        if (!channel->has_commit) {
            d->outbox.entries[channel->places[i]].index = index;
        } else if (channel->has_repost) {
            covey_repost_done(d);
        } else if (invites) {
            if (d->operation.step != COVEY_STEP_WELCOME) continue;
            covey_wipe(d->committer->welcome, d->committer->welcome_len);
            d->committer->welcome_len = 0;
            d->operation.step = COVEY_STEP_JOINED;
            covey_touch(d, COVEY_SLOT_OPERATION);
        } else if (covey_has_own_commit(d)) {
            d->committer->is_placed = true;
            d->committer->index = index;
            covey_touch(d, COVEY_SLOT_OPERATION);
        }
    }
}

/* When the next poll is due: at once where the relay may hold it, but not if it
 * does not; soon while somebody waits for an answer. */
static uint64_t next_poll(const covey_device *d, covey_channel_kind kind)
{
    const covey_sos_call *sos = &d->self.sos;
    uint64_t wait = d->config.poll_ms;
    uint64_t most = wait;

    if (kind == COVEY_CHANNEL_INVITE || d->self.state == COVEY_DEVICE_JOINED ||
        d->operation.operation == COVEY_OPERATION_ADD) {
        most = COVEY_INVITE_POLL;
    } else if (sos->is_on && sos->state != COVEY_SOS_SEEN) {
        most = COVEY_SOS_POLL;
    }
    if (d->config.wait_ms != 0) {
        const covey_channel *channel = &d->channels[kind];
        uint64_t passed = covey_count(d) - channel->made;
        bool is_early = channel->num_appends == 0 && passed < COVEY_INVITE_POLL;

        most = is_early ? COVEY_INVITE_POLL - passed : 0;
    }
    return covey_count(d) + (wait < most ? wait : most);
}

/* The relay has lost what it had, or says so: from the beginning, then. What
 * was read before is passed over. */
static bool starts_anew(covey_device *d, covey_channel_kind kind,
                        const covey_sync_response *response)
{
    covey_channel *channel = &d->channels[kind];
    bool is_shorter = response->next <= channel->after;

    /* Nor can what is not known to be in the log be behind what was read. */
    for (size_t i = 0; i < response->num_appended; i++) {
        if (response->appended[i] <= channel->after) is_shorter = true;
    }
    if (!is_shorter) return false;
    if (kind == COVEY_CHANNEL_EPOCH) {
        covey_move_read_anew(d);
    } else if (d->self.state == COVEY_DEVICE_INVITING) {
        d->pairing.after = 0;
        covey_outbox_unplace(&d->outbox);
    } else {
        d->operation.invite_after = 0;
    }
    channel->due = covey_move_when(d);
    return true;
}

/* Whether the log is another one than before; else it is known now. */
static bool is_other_store(covey_device *d, const covey_sync_response *response)
{
    if (response->origin == 0 || response->origin == d->log.origin) {
        return false;
    }
    if (d->log.origin != 0) return true;
    d->log.origin = response->origin;
    covey_touch(d, COVEY_SLOT_LOG);
    return false;
}

/* The relay has lost what it said that it has: it gets it again. */
static void forget_lost(covey_device *d, covey_channel_kind kind,
                        const covey_sync_response *response)
{
    bool is_outboxs =
        kind == COVEY_CHANNEL_EPOCH || d->self.state == COVEY_DEVICE_INVITING;

    for (size_t i = 0; is_outboxs && i < d->outbox.num; i++) {
        covey_outbox_entry *entry = &d->outbox.entries[i];

        if (entry->index >= response->next) entry->index = 0;
    }
    if (kind == COVEY_CHANNEL_EPOCH && covey_has_own_commit(d) &&
        d->committer->index >= response->next) {
        d->committer->is_placed = false;
    }
}

static void take_answer(covey_device *d, covey_channel_kind kind,
                        const covey_sync_response *response, size_t len)
{
    covey_channel *channel = &d->channels[kind];

    if (kind == COVEY_CHANNEL_EPOCH && is_other_store(d, response)) {
        channel->failures = 0;
        covey_anew_begin(d, response->origin);
        return;
    }
    if (starts_anew(d, kind, response)) return;
    forget_lost(d, kind, response);
    note_places(d, channel, response);
    if (channel->has_repost) {
        channel->failures = 0;
        channel->due = covey_count(d);
        if (response->status != COVEY_SYNC_OK) back_off(d, channel);
        return;
    }
    d->inbox = (covey_inbox){
        .response = *response,
        .is_full = response->num_entries != 0 &&
                   (response->num_entries == COVEY_SYNC_ENTRIES_MAX ||
                    len + channel->asked_blob + 64 > channel->max_bytes),
        .is_there = true,
        .channel = (uint8_t)kind,
    };
    channel->max_blob = COVEY_INBOX_BLOB;
    if (response->status == COVEY_SYNC_QUOTA) {
        back_off(d, channel);
        set_relay_state(d, COVEY_RELAY_FULL);
        return;
    }
    set_relay_state(d, COVEY_RELAY_WELL);
    /* Something came in between, and is not shown: asking at once again could
     * go on for ever. */
    if (response->status == COVEY_SYNC_CONFLICT) covey_commit_wait(d);
    if (response->status == COVEY_SYNC_CONFLICT && response->num_entries == 0) {
        back_off(d, channel);
        return;
    }
    channel->failures = 0;
    channel->due = next_poll(d, kind);
}

covey_buffer covey_device_room(covey_device *device)
{
    if (!device->is_open || device->inbox.is_there) {
        return (covey_buffer){NULL, 0, 0};
    }
    device->is_lent = true;
    return (covey_buffer){device->inbox_bytes, COVEY_INBOX_BYTES, 0};
}

int covey_device_input(covey_device *device, covey_now now, uint32_t id,
                       covey_bytes answer)
{
    covey_scratch memory = device->work;
    covey_sync_response response;
    int err = covey_device_ready(device, now);

    if (err) return err;
    covey_channel *channel = channel_of(device, id);
    if (channel == NULL) return COVEY_OK;
    channel->is_out = false;
    /* The one before was not read yet: this one is asked for again. */
    if (device->inbox.is_there) {
        channel->due = covey_count(device);
        return COVEY_OK;
    }
    const covey_sync_request asked = asked_of(channel);
    err = covey_sync_response_decode(&response, &memory, answer);
    if (!err) err = covey_sync_response_match(&response, &asked);
    size_t num_came = err ? 0 : response.num_entries;
    if (!err) err = keep_entries(device, &response);
    if (err) {
        back_off(device, channel);
        set_relay_state(device, COVEY_RELAY_WRONG);
        return COVEY_ERR_MALFORMED;
    }
    if (response.status != COVEY_SYNC_OK &&
        response.status != COVEY_SYNC_CONFLICT &&
        response.status != COVEY_SYNC_QUOTA) {
        back_off(device, channel);
        set_relay_state(device, COVEY_RELAY_REFUSES);
        return COVEY_OK;
    }
    take_answer(device, (covey_channel_kind)(channel - device->channels),
                &response, answer.len);
    if (response.num_entries < num_came) device->inbox.is_full = true;
    return COVEY_OK;
}
