/* Requests to the relay, and its answers. */
#include <covey/error.h>

#include "base/secret.h"
#include "content/arena.h"
#include "crypto/random.h"
#include "device/commit.h"
#include "device/device.h"
#include "device/propose.h"
#include "device/say.h"
#include "device/timers.h"
#include "relay/mailbox.h"

#define ENTRY_ROOM 160 /* of memory, for each entry besides its blob */
#define HEAD_ROOM 1280 /* of a request, besides its blobs */

size_t covey_device_request_size(void)
{
    return COVEY_REQUEST_BYTES;
}

/* ---- what is due ---- */

static bool serves_epoch(const covey_device *d)
{
    return d->self.state == COVEY_DEVICE_MEMBER ||
           (d->self.state == COVEY_DEVICE_JOINED && d->outbox.num != 0);
}

static bool serves_invite(const covey_device *d)
{
    return d->self.state == COVEY_DEVICE_INVITING ||
           (d->self.state == COVEY_DEVICE_MEMBER &&
            (d->operation.step == COVEY_STEP_KEY_PACKAGE ||
             d->operation.step == COVEY_STEP_WELCOME));
}

static bool has_sos(const covey_outbox *outbox)
{
    for (size_t i = 0; i < outbox->num; i++) {
        if (outbox->entries[i].kind == COVEY_CONTENT_SOS) return true;
    }
    return false;
}

/* Nothing leaves before the log was read to its end, nor before a change of
 * the circle was shown. An SOS takes with it what stands before it. */
static bool may_send(const covey_device *d)
{
    return d->is_at_head &&
           (!covey_tasks_hold_back(&d->tasks) || has_sos(&d->outbox));
}

static bool has_own_commit(const covey_device *d)
{
    return d->committer != NULL && d->committer->commit_len != 0;
}

static bool has_to_send(const covey_device *d)
{
    if (!d->is_at_head) return false;
    if (has_own_commit(d)) return !d->committer->is_placed;
    if (covey_commit_is_due(d)) return true;
    if (d->boot == COVEY_BOOT_NEEDED) return true;
    if (d->self.sos.is_on && d->self.sos.next <= covey_count(d)) return true;
    if (!may_send(d)) return false;
    for (size_t i = 0; i < d->outbox.num; i++) {
        if (d->outbox.entries[i].index <= d->log.after) return true;
    }
    return false;
}

static bool is_due(const covey_device *d, covey_channel_kind kind)
{
    const covey_channel *channel = &d->channels[kind];

    if (channel->is_out || (d->inbox.is_there && d->inbox.channel == kind)) {
        return false;
    }
    if (kind == COVEY_CHANNEL_INVITE) {
        return serves_invite(d) && channel->due <= covey_count(d);
    }
    if (!serves_epoch(d)) return false;
    return channel->due <= covey_count(d) ||
           (channel->failures == 0 && has_to_send(d));
}

/* ---- what goes into it ---- */

static int random_below(covey_device *d, uint32_t most, uint32_t *value)
{
    uint8_t bytes[4];
    uint32_t number = 0;

    int err = covey_random_fill(&d->random, bytes, sizeof bytes);
    if (err) return err;
    for (size_t i = 0; i < sizeof bytes; i++) number = number << 8 | bytes[i];
    *value = number % most;
    return COVEY_OK;
}

/* Flags tell the relay something: some of the others have them too. */
static int append(covey_device *d, covey_sync_request *request,
                  covey_bytes blob, bool keep, bool wake)
{
    uint32_t chance = 0;

    int err = random_below(d, 32, &chance);
    if (err) return err;
    request->appends[request->num_appends++] = (covey_sync_append){
        .blob = blob,
        .keep = keep || chance < 2,
        .wake = wake || chance == 2,
    };
    return COVEY_OK;
}

static bool any_sealed(const covey_outbox *outbox)
{
    for (size_t i = 0; i < outbox->num; i++) {
        if (outbox->entries[i].blob_len != 0) return true;
    }
    return false;
}

/* One's own commit goes alone, and only if nothing came in between. What is
 * on its way already comes first. */
static int prepare_commit(covey_device *d, bool *commits)
{
    covey_committer *c = d->committer;

    *commits = false;
    if (c == NULL || !d->is_at_head) return COVEY_OK;
    if (c->commit_len != 0 && d->log.seen.count > c->seen_count) {
        covey_commit_give_up(d);
    }
    if (covey_commit_is_due(d)) {
        if (any_sealed(&d->outbox)) return COVEY_OK;
        int err = covey_commit_make(d);
        if (err) return err;
    }
    *commits = c->commit_len != 0;
    return COVEY_OK;
}

static int append_commit(covey_device *d, covey_channel *channel,
                         covey_sync_request *request)
{
    const covey_committer *c = d->committer;

    if (c->is_placed) return COVEY_OK;
    channel->has_commit = true;
    request->has_expect_next = true;
    request->expect_next = d->log.after + 1;
    return append(d, request, covey_bytes_of(c->commit, c->commit_len), true,
                  false);
}

static int append_outbox(covey_device *d, covey_channel *channel,
                         covey_sync_request *request)
{
    size_t room = COVEY_REQUEST_BYTES - HEAD_ROOM;
    bool commit_waits = d->committer != NULL && covey_commit_is_due(d);

    for (size_t i = 0;
         i < d->outbox.num && request->num_appends < COVEY_SYNC_APPENDS_MAX;
         i++) {
        const covey_outbox_entry *entry = &d->outbox.entries[i];

        if (entry->index > d->log.after) continue;
        if (entry->blob_len == 0) {
            if (commit_waits) break;
            int err = covey_seal(d, i);
            if (err == COVEY_ERR_CAPACITY) break;
            if (err) return err;
        }
        if (entry->blob_len + 12u > room) break;
        room -= entry->blob_len + 12u;
        channel->places[request->num_appends] = (uint8_t)i;
        int err = append(d, request, covey_outbox_blob(&d->outbox, i), false,
                         entry->wakes);
        if (err) return err;
    }
    return COVEY_OK;
}

static int fill_epoch(covey_device *d, covey_channel *channel,
                      covey_sync_request *request)
{
    bool commits = false;
    int err = COVEY_OK;

    request->after = d->log.after;
    if (!d->is_at_head) return COVEY_OK;
    if (d->self.state == COVEY_DEVICE_MEMBER) {
        err = covey_say_due(d);
        if (!err) err = covey_propose_update(d);
        if (!err) err = prepare_commit(d, &commits);
    }
    if (err) return err;
    if (commits) return append_commit(d, channel, request);
    return may_send(d) ? append_outbox(d, channel, request) : COVEY_OK;
}

static int fill_invite(covey_device *d, covey_channel *channel,
                       covey_sync_request *request)
{
    if (d->self.state == COVEY_DEVICE_INVITING) {
        request->after = d->pairing.after;
        if (d->outbox.num == 0 || d->outbox.entries[0].index != 0) {
            return COVEY_OK;
        }
        channel->places[0] = 0;
        return append(d, request, covey_outbox_blob(&d->outbox, 0), false,
                      false);
    }
    request->after = d->operation.invite_after;
    if (d->operation.step != COVEY_STEP_WELCOME) return COVEY_OK;
    channel->has_commit = true;
    return append(d, request,
                  covey_bytes_of(d->committer->welcome,
                                 d->committer->welcome_len),
                  false, true);
}

/* Half of the memory that an answer is decoded in, and kept in: entries of 256
 * bytes take up to 1.7 times that. Blobs that are larger come alone, and are
 * asked for with just the room. */
static void set_limits(const covey_device *d, const covey_channel *channel,
                       covey_channel_kind kind, covey_sync_request *request)
{
    uint32_t blob =
        kind == COVEY_CHANNEL_INVITE ? COVEY_INBOX_INVITE : channel->max_blob;
    uint32_t bytes = COVEY_INBOX_BYTES / 2;

    if (d->work.cap / 2 < bytes) bytes = (uint32_t)(d->work.cap / 2);
    if (blob + COVEY_SYNC_HEAD_MAX > bytes) bytes = blob + COVEY_SYNC_HEAD_MAX;
    request->max_blob = blob;
    request->max_bytes = bytes;
}

static void note_asked(covey_channel *channel,
                       const covey_sync_request *request)
{
    channel->num_appends = request->num_appends;
    channel->has_expect_next = request->has_expect_next;
    channel->expect_next = request->expect_next;
    channel->after = request->after;
    channel->max_bytes = request->max_bytes;
    channel->asked_blob = request->max_blob;
}

/* A blob that is large comes with little beside it, and it fits. */
_Static_assert(COVEY_INBOX_BYTES >=
                       COVEY_BLOB_EPOCH_MAX + COVEY_SYNC_HEAD_MAX &&
                   COVEY_INBOX_BYTES >= COVEY_BLOB_EPOCH_MAX +
                                            COVEY_BLOB_MARGIN +
                                            2 * sizeof(covey_sync_entry),
               "an inbox takes the largest blob of an epoch");

/* ---- signing ---- */

/* The host's name without its port: what a relay calls itself. */
static covey_bytes name_of(const char *relay)
{
    size_t len = 0;

    if (relay[0] == '[') {
        while (relay[len] != '\0' && relay[len] != ']') len++;
        if (relay[len] == ']') len++;
        return covey_bytes_of(relay, len);
    }
    while (relay[len] != '\0' && relay[len] != ':' && relay[len] != '/') len++;
    return covey_bytes_of(relay, len);
}

static void relay_of(const covey_device *d, covey_channel_kind kind,
                     char relay[COVEY_RELAY_SIZE])
{
    const covey_invite *invite = &d->operation.invite;

    memset(relay, 0, COVEY_RELAY_SIZE);
    if (kind == COVEY_CHANNEL_INVITE && d->self.state == COVEY_DEVICE_MEMBER) {
        memcpy(relay, invite->relay, invite->relay_len);
    } else {
        memcpy(relay, d->self.relay, COVEY_RELAY_SIZE);
    }
}

static int encode(const covey_device *d, covey_channel_kind kind,
                  covey_sync_request *request, covey_buffer *out,
                  const char *relay)
{
    covey_mailbox mailbox;
    covey_secret seed;
    covey_writer w = covey_writer_of(out->at, out->cap);

    if (kind == COVEY_CHANNEL_EPOCH) {
        memcpy(seed.bytes, d->log.seed, sizeof seed.bytes);
    } else {
        covey_invite_mailbox_seed(&seed, d->self.state == COVEY_DEVICE_INVITING
                                             ? &d->pairing.invite
                                             : &d->operation.invite);
    }
    covey_mailbox_of_seed(&mailbox, seed.bytes);
    int err = covey_sync_request_sign(request, &mailbox, name_of(relay));
    covey_mailbox_wipe(&mailbox);
    covey_wipe(&seed, sizeof seed);
    if (!err) err = covey_sync_request_encode(&w, request);
    if (!err) out->len = w.len;
    return err;
}

static int make(covey_device *d, covey_channel_kind kind, covey_buffer *out,
                covey_request *made)
{
    covey_channel *channel = &d->channels[kind];
    covey_sync_request request = {0};

    channel->has_commit = false;
    int err = kind == COVEY_CHANNEL_EPOCH ? fill_epoch(d, channel, &request)
                                          : fill_invite(d, channel, &request);
    if (err) return err;
    set_limits(d, channel, kind, &request);
    if (request.num_appends == 0) request.wait_ms = d->config.wait_ms;
    note_asked(channel, &request);
    err = covey_device_save(d);
    if (err) return err;
    relay_of(d, kind, made->relay);
    err = encode(d, kind, &request, out, made->relay);
    if (err) return err;
    channel->is_out = true;
    channel->id = ++d->last_request;
    made->id = channel->id;
    made->body = covey_bytes_of(out->at, out->len);
    made->wait_ms = request.wait_ms;
    made->answer_max = request.max_bytes;
    return COVEY_OK;
}

int covey_device_next_request(covey_device *device, covey_now now,
                              covey_buffer *out, covey_request *request)
{
    memset(request, 0, sizeof *request);
    out->len = 0;
    int err = covey_device_ready(device, now);
    if (err) return err;
    if (out->cap < COVEY_REQUEST_BYTES) return COVEY_ERR_BUFFER;
    /* What was told is not taken yet. */
    if (device->is_told) return COVEY_OK;
    for (unsigned kind = 0; kind < COVEY_NUM_CHANNELS; kind++) {
        if (!is_due(device, (covey_channel_kind)kind)) continue;
        err = make(device, (covey_channel_kind)kind, out, request);
        return err ? covey_device_end(device, err) : COVEY_OK;
    }
    return COVEY_OK;
}

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
    if (random_below(d, (uint32_t)wait / 2, &part) != COVEY_OK) part = 0;
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

bool covey_device_interrupts(const covey_device *device, uint32_t id)
{
    const covey_channel *channel = &device->channels[COVEY_CHANNEL_EPOCH];

    return device->is_open && !device->is_stale && channel->is_out &&
           channel->id == id && channel->num_appends == 0 &&
           has_to_send(device);
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
    };
}

/* Entries, each blob with room to be opened in: covey_work_blob. */
static int keep_entries(covey_device *d, covey_sync_response *response)
{
    covey_scratch memory =
        covey_scratch_of(d->inbox_bytes, sizeof d->inbox_bytes);
    covey_sync_entry *entries =
        covey_arena_take(&memory,
                         response->num_entries * sizeof response->entries[0]);

    for (size_t i = 0; entries != NULL && i < response->num_entries; i++) {
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
        } else if (invites) {
            if (d->operation.step != COVEY_STEP_WELCOME) continue;
            covey_wipe(d->committer->welcome, d->committer->welcome_len);
            d->committer->welcome_len = 0;
            d->operation.step = COVEY_STEP_JOINED;
            covey_touch(d, COVEY_SLOT_OPERATION);
        } else if (has_own_commit(d)) {
            d->committer->is_placed = true;
            d->committer->index = index;
            covey_touch(d, COVEY_SLOT_OPERATION);
        }
    }
}

/* When the next poll is due: at once where the relay may hold it, soon while
 * somebody waits for an answer. */
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
    if (d->config.wait_ms != 0) most = 0;
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
        d->log.after = 0;
        covey_touch(d, COVEY_SLOT_LOG);
    } else if (d->self.state == COVEY_DEVICE_INVITING) {
        d->pairing.after = 0;
    } else {
        d->operation.invite_after = 0;
    }
    for (size_t i = 0; i < d->outbox.num; i++) d->outbox.entries[i].index = 0;
    if (d->committer != NULL) d->committer->is_placed = false;
    d->is_at_head = false;
    channel->due = covey_count(d);
    return true;
}

static void take_answer(covey_device *d, covey_channel_kind kind,
                        const covey_sync_response *response, size_t len)
{
    covey_channel *channel = &d->channels[kind];

    if (starts_anew(d, kind, response)) return;
    note_places(d, channel, response);
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
    channel->failures = 0;
    channel->due = next_poll(d, kind);
    set_relay_state(d, COVEY_RELAY_WELL);
}

covey_buffer covey_device_room(covey_device *device)
{
    if (!device->is_open || device->inbox.is_there) {
        return (covey_buffer){NULL, 0, 0};
    }
    return (covey_buffer){device->inbox_bytes, sizeof device->inbox_bytes, 0};
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
    return COVEY_OK;
}

/* ---- when ---- */

bool covey_device_is_current(const covey_device *device)
{
    const covey_channel *channel = &device->channels[COVEY_CHANNEL_EPOCH];

    return device->is_open && !device->is_stale && device->is_at_head &&
           !device->inbox.is_there && device->notes.num == 0 &&
           (!channel->is_out || channel->num_appends == 0) &&
           !has_to_send(device);
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
        bool serves = kind == COVEY_CHANNEL_EPOCH ? serves_epoch(device)
                                                  : serves_invite(device);

        if (!serves || channel->is_out) continue;
        if (channel->due < when) when = channel->due;
        if (kind == COVEY_CHANNEL_EPOCH && channel->failures == 0 &&
            has_to_send(device)) {
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
