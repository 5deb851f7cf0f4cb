#include "device/hear.h"

#include <covey/error.h>

#include "base/secret.h"
#include "device/commands.h"
#include "device/entry.h"
#include "device/fields.h"
#include "device/policy.h"
#include "device/say.h"
#include "device/work.h"

/* Who speaks, as this device knows it. */
typedef struct {
    const covey_roster_member *member;
    covey_peer *peer;
    covey_payload payload;
} speech;

/* ---- how old ---- */

/* The time that matters: of the newest fix, or of the payload. */
static int64_t time_of(const covey_payload *payload)
{
    const covey_location *location = &payload->content.of.location;

    if (payload->content.kind == COVEY_CONTENT_LOCATION &&
        location->num_fixes != 0) {
        return location->fixes[location->num_fixes - 1].time_ms;
    }
    return payload->sent_ms;
}

/* By two clocks, one's own and the sender's as it was heard before; the worse
 * counts. Neither alone can make an old thing new. */
static void judge_age(const covey_device *d, const speech *s,
                      int64_t senders_ms, covey_said *said)
{
    int64_t then = time_of(&s->payload);
    int64_t own = d->clock.now.utc_ms;
    int64_t age = -1;

    said->trust = COVEY_TRUST_UNKNOWN;
    said->age_ms = -1;
    if (then == 0 || (own == 0 && senders_ms == 0)) return;
    if (own != 0) {
        if (then > own + (int64_t)COVEY_CLOCK_SKEW) return;
        age = own > then ? own - then : 0;
    }
    if (senders_ms - then > age && senders_ms != 0) age = senders_ms - then;
    said->age_ms = age < 0 ? 0 : age;
    said->trust =
        said->age_ms < COVEY_FRESH_MS ? COVEY_TRUST_FRESH : COVEY_TRUST_STALE;
}

/* ---- kinds that mean something to the engine ---- */

static void note_delivery(covey_device *d, speech *s)
{
    covey_peer *peer = s->peer;
    uint64_t counter = s->payload.id.counter;

    if (peer->last == 0) peer->first = counter;
    peer->last = counter;
    covey_touch(d, COVEY_SLOT_PEERS);
}

static void hear_sos_ack(covey_device *d, const speech *s)
{
    const covey_sos_ack *ack = &s->payload.content.of.sos_ack;
    covey_sos_call *sos = &d->self.sos;
    uint8_t state =
        ack->by == COVEY_ACK_PERSON ? COVEY_SOS_SEEN : COVEY_SOS_RINGING;

    if (!sos->is_on || ack->id != sos->id || state <= sos->state) return;
    sos->state = state;
    covey_touch(d, COVEY_SLOT_SELF);
}

static void hear_status(covey_device *d, const speech *s)
{
    const covey_status *status = &s->payload.content.of.status;

    if (covey_is_wearer(d)) return;
    for (size_t i = 0; i < status->num_documents; i++) {
        uint32_t kind = status->documents[i].kind;

        if (kind <= COVEY_NUM_DOCUMENTS) {
            d->self.in_force[kind] = status->documents[i].version;
        }
    }
    covey_touch(d, COVEY_SLOT_SELF);
}

/* The newcomer says that it is in this epoch, this very one. */
static void hear_joined(covey_device *d, const speech *s)
{
    const covey_joined *joined = &s->payload.content.of.joined;
    covey_pending *op = &d->operation;
    uint8_t own[COVEY_AUTHENTICATOR_SIZE];

    if (op->operation != COVEY_OPERATION_ADD ||
        (op->step != COVEY_STEP_WELCOME && op->step != COVEY_STEP_JOINED) ||
        !covey_same_member(&op->member, &s->member->id) ||
        !covey_same_member(&joined->member, &s->member->id) ||
        covey_mls_epoch_authenticator(d->group, own) != COVEY_OK ||
        !covey_ct_equal(own, joined->authenticator, sizeof own)) {
        return;
    }
    op->step = COVEY_STEP_DIGITS;
    op->tries = 0;
    memcpy(op->digits, d->log.digits, sizeof op->digits);
    covey_touch(d, COVEY_SLOT_OPERATION);
    covey_note_add(d, COVEY_EVENT_ENTER_DIGITS, &op->member, NULL);
}

static bool hear_book(covey_device *d, const speech *s)
{
    covey_buffer scratch = covey_work_scratch(d);

    covey_touch(d, COVEY_SLOT_BOOK);
    return covey_book_take(&d->book, &s->payload.content.of.access_log,
                           &scratch);
}

/* ---- the event ---- */

static void tell(covey_device *d, speech *s, int64_t senders_ms,
                 covey_event *event)
{
    event->kind = COVEY_EVENT_PAYLOAD;
    event->member = s->member->id;
    event->of.said = (covey_said){.sender = s->member->id,
                                  .role = (covey_role)s->member->role,
                                  .payload = &d->heard};
    judge_age(d, s, senders_ms, &event->of.said);
    d->heard = s->payload;
}

static int hear_document(covey_device *d, const covey_mls_received *received,
                         speech *s, int64_t senders_ms, covey_event *event)
{
    int err = covey_policy_heard(d, received->data, &s->payload);

    if (err || s->payload.content.kind == COVEY_CONTENT_UNKNOWN) return err;
    tell(d, s, senders_ms, event);
    return COVEY_OK;
}

static int understand(covey_device *d, const covey_mls_received *received,
                      speech *s, int64_t senders_ms, covey_event *event)
{
    const covey_content *content = &s->payload.content;
    bool is_broken = false;

    switch (content->kind) {
    case COVEY_CONTENT_DOCUMENT:
        return hear_document(d, received, s, senders_ms, event);
    case COVEY_CONTENT_COMMAND:
        if (!covey_is_wearer(d) ||
            !covey_same_member(&content->of.command.target, &d->self.id)) {
            break;
        }
        return covey_command_heard(d, s->member, s->peer, &s->payload,
                                   senders_ms);
    case COVEY_CONTENT_JOINED: hear_joined(d, s); return COVEY_OK;
    case COVEY_CONTENT_TEXT:
    case COVEY_CONTENT_ATTACHMENT: note_delivery(d, s); break;
    case COVEY_CONTENT_SOS_ACK: hear_sos_ack(d, s); break;
    case COVEY_CONTENT_STATUS: hear_status(d, s); break;
    case COVEY_CONTENT_ACCESS_LOG: is_broken = !hear_book(d, s); break;
    default: break;
    }
    tell(d, s, senders_ms, event);
    event->of.said.is_broken = is_broken;
    return COVEY_OK;
}

/* ---- every payload ---- */

static void note_heard(covey_device *d, speech *s)
{
    covey_peer *peer = s->peer;

    uint64_t made = 0;
    uint64_t proven = UINT64_MAX;

    if (covey_log_made_after(&d->log, s->payload.seen.count, &made)) {
        proven = covey_count(d) - made;
    }
    covey_peer_heard(peer, s->payload.sent_ms, covey_count(d), proven);
    if (!peer->is_current) {
        peer->is_current = true;
        covey_note_add(d, COVEY_EVENT_CURRENT, &peer->id, NULL);
    }
    if (peer->is_silent) {
        peer->is_silent = false;
        covey_note_add(d, COVEY_EVENT_HEARD, &peer->id, NULL);
    }
    if (s->member->role == COVEY_ROLE_WEARER) d->log.num_wearer++;
    covey_touch(d, COVEY_SLOT_PEERS);
}

static void note_missing(covey_device *d, const covey_peer *peer,
                         uint64_t missing)
{
    covey_note note = {.kind = COVEY_EVENT_MISSING,
                       .member = peer->id,
                       .value = missing};

    covey_notes_add(&d->notes, &note);
    covey_touch(d, COVEY_SLOT_SELF);
}

/* The sender by the roster, never by its leaf. */
static bool find_speaker(covey_device *d, const covey_mls_received *received,
                         speech *s)
{
    s->member = covey_roster_find(&d->roster, received->identity);
    if (s->member == NULL) return false;
    s->peer = covey_peers_find(&d->peers, &s->member->id);
    return s->peer != NULL;
}

/* Whether the sender saw the same log. */
static bool agrees(covey_device *d, const speech *s)
{
    covey_seen_claim claim = {.count = s->payload.seen.count};

    memcpy(claim.chain.bytes, s->payload.seen.chain, sizeof claim.chain.bytes);
    return covey_claim_heard(d, &claim, &s->member->id);
}

/* What an earlier run had sent without saving it: it stands in the log, and
 * is not said again. */
static void hear_own(covey_device *d, const covey_payload *payload,
                     const covey_digest *hash)
{
    covey_note note = {.kind = COVEY_EVENT_SENT, .value = payload->id.counter};

    covey_log_accept(&d->log, hash);
    for (size_t i = 0; i < d->outbox.num; i++) {
        if (d->outbox.entries[i].counter == payload->id.counter) {
            covey_outbox_remove(&d->outbox, i);
            covey_notes_add(&d->notes, &note);
            covey_touch(d, COVEY_SLOT_OUTBOX);
            return;
        }
    }
}

/* A receipt covers what came and nothing else: before a gap, or another
 * incarnation, the one that waits is closed. A document is still needed where
 * saying something would overwrite it; then there is none. */
static int close_receipt(covey_device *d, const speech *s)
{
    covey_peer *peer = s->peer;
    covey_payload_id id = s->payload.id;
    bool goes_on =
        id.incarnation == peer->incarnation && id.counter <= peer->counter + 1;
    int err = COVEY_OK;

    if (peer->last == 0 || goes_on) return COVEY_OK;
    if (s->payload.content.kind != COVEY_CONTENT_DOCUMENT) {
        err = covey_say_delivered(d, peer);
    }
    peer->last = 0;
    covey_touch(d, COVEY_SLOT_PEERS);
    return err == COVEY_ERR_CAPACITY ? COVEY_OK : err;
}

int covey_hear(covey_device *d, const covey_mls_received *received,
               const covey_digest *hash, covey_event *event)
{
    covey_buffer front = covey_work_front(d);
    speech s = {0};
    uint64_t missing = 0;

    covey_touch(d, COVEY_SLOT_LOG);
    if (!find_speaker(d, received, &s)) return COVEY_OK;
    int err = covey_payload_decode(&s.payload, received->data, &front);
    /* An entry of the log all the same: SPEC.md 3.1. */
    if (err == COVEY_ERR_MALFORMED) {
        covey_log_accept(&d->log, hash);
        return COVEY_OK;
    }
    if (err) return err;
    if (covey_same_member(&s.member->id, &d->self.id)) {
        hear_own(d, &s.payload, hash);
        return COVEY_OK;
    }
    covey_action action = covey_action_of(&s.payload.content);
    if ((int)action != 0 && !covey_may((covey_role)s.member->role, action)) {
        return COVEY_OK;
    }
    if (!agrees(d, &s)) return COVEY_OK;
    covey_log_accept(&d->log, hash);
    int64_t senders_ms = covey_peer_time(s.peer, covey_count(d));
    err = close_receipt(d, &s);
    if (err) return err;
    bool is_new =
        covey_peer_order(s.peer, s.payload.id, &missing) == COVEY_PAYLOAD_NEW;

    /* A start passes over what it had reserved. */
    if (s.payload.content.kind == COVEY_CONTENT_BOOT &&
        missing <= COVEY_DEVICE_RESERVE) {
        missing = 0;
    }
    note_heard(d, &s);
    if (missing != 0) note_missing(d, s.peer, missing);
    /* Before it was confirmed nobody speaks to this device. */
    if (!is_new || d->self.state != COVEY_DEVICE_MEMBER) return COVEY_OK;
    return understand(d, received, &s, senders_ms, event);
}
