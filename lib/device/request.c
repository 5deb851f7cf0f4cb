/* Requests to the relay. */
#include <covey/error.h>

#include "base/secret.h"
#include "circle/relay_name.h"
#include "device/anew.h"
#include "device/chance.h"
#include "device/commit.h"
#include "device/due.h"
#include "device/operation.h"
#include "device/propose.h"
#include "device/repost.h"
#include "device/say.h"
#include "relay/mailbox.h"

#define HEAD_ROOM 1280 /* of a request, besides its blobs */
#define PER_BLOB 12u   /* encoded, besides the blob */

/* For blobs, and no more of them than any relay takes: SPEC.md 4.5. */
#define MOST (COVEY_BLOB_MAX + COVEY_SYNC_APPENDS_MAX * PER_BLOB)
#define ROOM                                                                   \
    (COVEY_REQUEST_BYTES - HEAD_ROOM < MOST ? COVEY_REQUEST_BYTES - HEAD_ROOM  \
                                            : MOST)

size_t covey_device_request_size(void)
{
    return COVEY_REQUEST_BYTES;
}

/* ---- what goes into it ---- */

/* Flags tell the relay something: some of the others have them too. */
static int append(covey_device *d, covey_sync_request *request,
                  covey_bytes blob, bool keep, bool wake)
{
    uint32_t chance = 0;

    int err = covey_chance(d, 32, &chance);
    if (err) return err;
    request->appends[request->num_appends++] = (covey_sync_append){
        .blob = blob,
        .keep = keep || chance < 2,
        .wake = wake || chance == 2,
    };
    return COVEY_OK;
}

/* One's own commit goes alone, and only if nothing came in between. What is
 * on its way already comes first. */
static int prepare_commit(covey_device *d, bool *commits)
{
    const covey_committer *c = d->committer;

    *commits = false;
    if (c == NULL || !d->is_at_head) return COVEY_OK;
    if (c->commit_len != 0 &&
        ((!c->is_of_lost && d->log.seen.count > c->seen_count) ||
         (!d->log.is_torn && !covey_own_commit_holds(d)))) {
        covey_commit_give_up(d);
    }
    if (covey_commit_is_due(d)) {
        if (covey_outbox_any_sealed(&d->outbox)) return COVEY_OK;
        int err = covey_commit_make(d);
        if (err) return err;
    }
    *commits = c->commit_len != 0 && covey_commit_from(d) <= covey_count(d);
    return COVEY_OK;
}

static int append_commit(covey_device *d, covey_channel *channel,
                         covey_sync_request *request)
{
    const covey_committer *c = d->committer;

    if (covey_commit_is_placed(d) || covey_count(d) < d->commit_after) {
        return COVEY_OK;
    }
    channel->has_commit = true;
    request->has_expect_next = true;
    request->expect_next =
        d->next_index > d->log.after ? d->next_index : d->log.after + 1;
    return append(d, request, covey_bytes_of(c->commit, c->commit_len), true,
                  false);
}

static int append_outbox(covey_device *d, covey_channel *channel,
                         covey_sync_request *request)
{
    size_t room = ROOM;
    bool commit_waits = d->committer != NULL && covey_commit_is_due(d);

    for (size_t i = 0;
         i < d->outbox.num && request->num_appends < COVEY_SYNC_APPENDS_MAX;
         i++) {
        const covey_outbox_entry *entry = &d->outbox.entries[i];

        if (!covey_outbox_is_due(entry, d->log.after)) continue;
        if (entry->blob_len == 0) {
            if (commit_waits) break;
            int err = covey_seal(d, i);
            if (err == COVEY_ERR_CAPACITY) break;
            if (err) return err;
        }
        if (entry->blob_len + PER_BLOB > room) break;
        room -= entry->blob_len + PER_BLOB;
        channel->places[request->num_appends] = (uint8_t)i;
        int err = append(d, request, covey_outbox_blob(&d->outbox, i), false,
                         entry->wakes);
        if (err) return err;
    }
    return COVEY_OK;
}

/* Each epoch has an endpoint of its own, or none yet. */
static void fill_wake(const covey_device *d, covey_sync_request *request)
{
    const covey_endpoint *endpoint = &d->endpoint;

    if (endpoint->sealed.len == 0 ||
        endpoint->epoch != covey_mls_epoch(d->group)) {
        return;
    }
    request->has_wake = true;
    request->sealed_endpoint = endpoint->sealed;
    request->expiry_s = endpoint->expiry_s;
}

int covey_device_set_endpoint(covey_device *device, covey_now now,
                              covey_bytes endpoint, uint32_t expiry_s)
{
    covey_channel *channel = &device->channels[COVEY_CHANNEL_EPOCH];
    int err = covey_device_ready(device, now);

    if (err) return err;
    if (endpoint.len > COVEY_SYNC_ENDPOINT_MAX ||
        expiry_s > COVEY_SYNC_EXPIRY_MAX_S) {
        return COVEY_ERR_ARGUMENT;
    }
    if (device->self.state != COVEY_DEVICE_JOINED &&
        device->self.state != COVEY_DEVICE_MEMBER) {
        return COVEY_ERR_STATE;
    }
    device->endpoint =
        (covey_endpoint){endpoint, expiry_s, covey_mls_epoch(device->group)};
    if (channel->failures == 0) channel->due = covey_count(device);
    return COVEY_OK;
}

_Static_assert(COVEY_ENDPOINT_MAX == COVEY_SYNC_ENDPOINT_MAX &&
                   COVEY_ENDPOINT_EXPIRY_MAX_S == COVEY_SYNC_EXPIRY_MAX_S,
               "what a request can say");

static int fill_epoch(covey_device *d, covey_channel *channel,
                      covey_sync_request *request)
{
    bool commits = false;
    int err = COVEY_OK;

    request->after = d->log.after;
    request->origin = d->log.origin;
    fill_wake(d, request);
    if (!d->is_at_head) return COVEY_OK;
    if (d->self.state == COVEY_DEVICE_MEMBER) {
        err = covey_say_due(d);
        if (!err) err = covey_operation_leave(d);
        if (!err) err = covey_propose_update(d);
        if (!err) err = covey_propose_again(d);
        if (!err) err = prepare_commit(d, &commits);
    }
    if (err) return err;
    if (commits) return append_commit(d, channel, request);
    return covey_may_send(d) ? append_outbox(d, channel, request) : COVEY_OK;
}

/* Nothing of the mailbox is wanted but that it has the commit. */
static int fill_repost(covey_device *d, covey_channel *channel,
                       covey_sync_request *request)
{
    channel->has_commit = true;
    channel->has_repost = true;
    return append(d, request, covey_repost_blob(d), true, false);
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
    if (covey_repost_waits(d)) return fill_repost(d, channel, request);
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
    uint32_t bytes = COVEY_ANSWER_BYTES;

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
    channel->asked_origin = request->origin;
}

/* A blob that is large comes with little beside it, and it fits. */
_Static_assert(COVEY_INBOX_BYTES >=
                       COVEY_BLOB_EPOCH_MAX + COVEY_SYNC_HEAD_MAX &&
                   COVEY_INBOX_BYTES >= COVEY_BLOB_EPOCH_MAX +
                                            COVEY_BLOB_MARGIN +
                                            2 * sizeof(covey_sync_entry),
               "an inbox takes the largest blob of an epoch");

/* ---- signing ---- */

static void relay_of(const covey_device *d, covey_channel_kind kind,
                     char relay[COVEY_RELAY_SIZE])
{
    const covey_invite *invite = &d->operation.invite;

    memset(relay, 0, COVEY_RELAY_SIZE);
    if (kind == COVEY_CHANNEL_INVITE && d->self.state == COVEY_DEVICE_MEMBER &&
        !covey_repost_waits(d)) {
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
    } else if (covey_repost_waits(d)) {
        memcpy(seed.bytes, covey_repost_seed(d), sizeof seed.bytes);
    } else {
        covey_invite_mailbox_seed(&seed, d->self.state == COVEY_DEVICE_INVITING
                                             ? &d->pairing.invite
                                             : &d->operation.invite);
    }
    covey_mailbox_of_seed(&mailbox, seed.bytes);
    int err = covey_sync_request_sign(request, &mailbox,
                                      covey_relay_name_host(
                                          covey_bytes_of_text(relay)));
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
    channel->has_repost = false;
    int err = kind == COVEY_CHANNEL_EPOCH ? fill_epoch(d, channel, &request)
                                          : fill_invite(d, channel, &request);
    if (err) return err;
    set_limits(d, channel, kind, &request);
    /* What waits for the end of the log cannot interrupt. */
    if (request.num_appends == 0 &&
        (kind != COVEY_CHANNEL_EPOCH || d->is_at_head)) {
        request.wait_ms = d->config.wait_ms;
    }
    note_asked(channel, &request);
    err = covey_device_save(d);
    if (err) return err;
    relay_of(d, kind, made->relay);
    err = encode(d, kind, &request, out, made->relay);
    if (err) return err;
    channel->is_out = true;
    channel->made = covey_count(d);
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
        if (!covey_is_due(device, (covey_channel_kind)kind)) continue;
        err = make(device, (covey_channel_kind)kind, out, request);
        return err ? covey_device_end(device, err) : COVEY_OK;
    }
    return COVEY_OK;
}
