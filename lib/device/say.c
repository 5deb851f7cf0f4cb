#include "device/say.h"

#include <covey/error.h>

#include "crypto/random.h"
#include "device/fields.h"
#include "device/work.h"

covey_action covey_action_of(const covey_content *content)
{
    static const uint8_t of_kind[] = {
        [COVEY_CONTENT_LOCATION] = COVEY_ACTION_LOCATION,
        [COVEY_CONTENT_STATUS] = COVEY_ACTION_STATUS,
        [COVEY_CONTENT_TEXT] = COVEY_ACTION_TEXT,
        [COVEY_CONTENT_ATTACHMENT] = COVEY_ACTION_ATTACHMENT,
        [COVEY_CONTENT_RECEIPT] = COVEY_ACTION_RECEIPT,
        [COVEY_CONTENT_SOS] = COVEY_ACTION_SOS,
        [COVEY_CONTENT_SOS_ACK] = COVEY_ACTION_SOS_ACK,
        [COVEY_CONTENT_COMMAND_RECEIPT] = COVEY_ACTION_COMMAND_RECEIPT,
        [COVEY_CONTENT_BOOT] = COVEY_ACTION_BOOT,
        [COVEY_CONTENT_JOINED] = COVEY_ACTION_JOINED,
        [COVEY_CONTENT_DOCUMENT] = COVEY_ACTION_POLICY_DOCUMENT,
        [COVEY_CONTENT_NOTICE] = COVEY_ACTION_NOTICE,
        [COVEY_CONTENT_ACCESS_LOG] = COVEY_ACTION_ACCESS_LOG,
        [COVEY_CONTENT_PAUSE] = COVEY_ACTION_PAUSE,
    };
    static const uint8_t of_command[] = {
        /* Whoever may command anything may be told that it is not known. */
        [COVEY_COMMAND_UNKNOWN] = COVEY_ACTION_COMMAND_SYNC,
        [COVEY_COMMAND_LOCATE] = COVEY_ACTION_COMMAND_LOCATE,
        [COVEY_COMMAND_RING] = COVEY_ACTION_COMMAND_RING,
        [COVEY_COMMAND_READ_MESSAGE] = COVEY_ACTION_COMMAND_READ_MESSAGE,
        [COVEY_COMMAND_SET_POLICY] = COVEY_ACTION_COMMAND_SET_POLICY,
        [COVEY_COMMAND_FIND_WATCH] = COVEY_ACTION_COMMAND_FIND_WATCH,
        [COVEY_COMMAND_POWER_OFF] = COVEY_ACTION_COMMAND_POWER_OFF,
        [COVEY_COMMAND_SYNC] = COVEY_ACTION_COMMAND_SYNC,
    };

    if (content->kind == COVEY_CONTENT_COMMAND) {
        return (covey_action)of_command[content->of.command.kind];
    }
    if (content->kind <= COVEY_CONTENT_UNKNOWN) return (covey_action)0;
    return (covey_action)of_kind[content->kind];
}

/* ---- into the outbox ---- */

static covey_seen seen_of(const covey_log *log)
{
    covey_seen_claim claim = covey_log_claim(log);
    covey_seen seen = {.count = claim.count};

    memcpy(seen.chain, claim.chain.bytes, sizeof seen.chain);
    return seen;
}

/* Whether it wakes sleeping phones. */
static bool wakes(covey_content_kind kind)
{
    return kind == COVEY_CONTENT_SOS || kind == COVEY_CONTENT_TEXT ||
           kind == COVEY_CONTENT_COMMAND || kind == COVEY_CONTENT_ATTACHMENT;
}

int covey_say(covey_device *d, const covey_content *content, bool spare,
              covey_payload_id *id)
{
    covey_buffer out = covey_work_message(d);
    covey_buffer scratch = covey_work_scratch(d);
    const covey_payload payload = {
        .id = {d->self.counter + 1, d->self.incarnation},
        .sent_ms = d->clock.now.utc_ms,
        .seen = seen_of(&d->log),
        .content = *content,
    };
    const covey_outbox_entry entry = {
        .counter = payload.id.counter,
        .kind = (uint8_t)content->kind,
        .wakes = wakes(content->kind),
    };

    covey_room room = spare ? COVEY_ROOM_ENGINE : COVEY_ROOM_HOST;

    int err = covey_payload_encode(&out, &payload, &scratch);
    if (err) return err;
    if (content->kind == COVEY_CONTENT_SOS && !content->of.sos.over) {
        room = COVEY_ROOM_SOS;
    }
    if (!covey_outbox_has_room(&d->outbox, out.len, room)) {
        return COVEY_ERR_CAPACITY;
    }
    err = covey_outbox_add(&d->outbox, &entry, covey_bytes_of(out.at, out.len),
                           covey_bytes_of(NULL, 0));
    if (err) return err;
    d->self.counter++;
    if (id != NULL) *id = payload.id;
    covey_touch(d, COVEY_SLOT_SELF);
    covey_touch(d, COVEY_SLOT_OUTBOX);
    return COVEY_OK;
}

int covey_say_receipt(covey_device *d, const covey_reference *id,
                      covey_outcome outcome, covey_refused reason,
                      uint64_t answer)
{
    covey_content content = {.kind = COVEY_CONTENT_COMMAND_RECEIPT};

    content.of.command_receipt = (covey_command_receipt){
        .command = *id,
        .outcome = outcome,
        .reason = reason,
        .has_answer = answer != 0,
        .answer = answer,
    };
    return covey_say(d, &content, true, NULL);
}

int covey_say_access(covey_device *d, const covey_access_entry *entry)
{
    covey_content content = {.kind = COVEY_CONTENT_ACCESS_LOG};

    content.of.access_log = covey_book_piece(&d->book, entry);
    int err = covey_say(d, &content, true, NULL);
    if (err) return err;
    covey_buffer scratch = covey_work_scratch(d);
    (void)covey_book_take(&d->book, &content.of.access_log, &scratch);
    covey_touch(d, COVEY_SLOT_BOOK);
    return COVEY_OK;
}

/* ---- by itself ---- */

/* One that an earlier run said and nobody has seen; NULL. A gap in the numbers
 * needs one of its own. */
static const covey_outbox_entry *boot_that_waits(const covey_device *d)
{
    for (size_t i = 0; d->config.reserve == 0 && i < d->outbox.num; i++) {
        const covey_outbox_entry *entry = &d->outbox.entries[i];

        if (entry->kind == COVEY_CONTENT_BOOT && entry->blob_len == 0) {
            return entry;
        }
    }
    return NULL;
}

int covey_say_boot(covey_device *d)
{
    covey_content content = {.kind = COVEY_CONTENT_BOOT};
    const covey_outbox_entry *waits = boot_that_waits(d);
    int err = COVEY_OK;

    if (d->boot != COVEY_BOOT_NEEDED) return COVEY_OK;
    if (waits == NULL) {
        err = covey_random_fill(&d->random, content.of.boot.nonce,
                                sizeof content.of.boot.nonce);
        if (!err) err = covey_say(d, &content, true, NULL);
    }
    if (!err) {
        d->boot = COVEY_BOOT_SAID;
        d->boot_counter = waits == NULL ? d->self.counter : waits->counter;
    }
    return err == COVEY_ERR_CAPACITY ? COVEY_OK : err;
}

int covey_say_delivered(covey_device *d, covey_peer *peer)
{
    covey_content content = {.kind = COVEY_CONTENT_RECEIPT};

    if (peer->last == 0) return COVEY_OK;
    content.of.receipt = (covey_receipt){
        .kind = COVEY_RECEIPT_DELIVERED,
        .sender = peer->id,
        .incarnation = peer->incarnation,
        .ranges = {{peer->first, peer->last}},
        .num_ranges = 1,
    };
    int err = covey_say(d, &content, true, NULL);
    if (err) return err;
    peer->last = 0;
    covey_touch(d, COVEY_SLOT_PEERS);
    return COVEY_OK;
}

static int say_all_delivered(covey_device *d)
{
    for (size_t i = 0; i < d->peers.num; i++) {
        int err = covey_say_delivered(d, &d->peers.items[i]);

        if (err == COVEY_ERR_CAPACITY) return COVEY_OK;
        if (err) return err;
    }
    return COVEY_OK;
}

/* Whether this call waits in the outbox and did not leave yet. */
static bool sos_waits(covey_device *d)
{
    for (size_t i = 0; i < d->outbox.num; i++) {
        covey_buffer front = covey_work_front(d);
        covey_payload payload;

        if (d->outbox.entries[i].kind == COVEY_CONTENT_SOS &&
            covey_payload_decode(&payload, covey_outbox_payload(&d->outbox, i),
                                 &front) == COVEY_OK &&
            payload.content.of.sos.id == d->self.sos.id) {
            return true;
        }
    }
    return false;
}

int covey_say_sos(covey_device *d)
{
    covey_sos_call *sos = &d->self.sos;
    covey_content content = {.kind = COVEY_CONTENT_SOS};

    if (!sos->is_on || sos->next > covey_count(d)) return COVEY_OK;
    if (sos->state == COVEY_SOS_SEEN ||
        covey_count(d) - sos->began > COVEY_SOS_FOR) {
        sos->next = COVEY_NO_DEADLINE;
        return COVEY_OK;
    }
    sos->next = covey_count(d) + COVEY_SOS_EVERY;
    covey_touch(d, COVEY_SLOT_SELF);
    if (sos_waits(d)) return COVEY_OK;
    content.of.sos = (covey_sos){.id = sos->id,
                                 .repeat = sos->repeat,
                                 .has_where = sos->has_fix,
                                 .where = {.fixes = &sos->fix,
                                           .num_fixes = sos->has_fix ? 1 : 0}};
    if (!sos->has_fix) content.of.sos.where.fixes = NULL;
    int err = covey_say(d, &content, true, NULL);
    if (!err) sos->repeat++;
    return err == COVEY_ERR_CAPACITY ? COVEY_OK : err;
}

int covey_say_due(covey_device *d)
{
    int err = covey_say_boot(d);

    if (!err) err = covey_say_sos(d);
    if (!err) err = say_all_delivered(d);
    return err;
}

/* ---- sealing ---- */

/* The payload again, with what was seen by now: in the message part. */
static int renew_seen(covey_device *d, covey_bytes payload, covey_buffer *out)
{
    covey_buffer front = covey_work_front(d);
    covey_buffer scratch = covey_work_scratch(d);
    covey_payload decoded;

    *out = covey_work_message(d);
    int err = covey_payload_decode(&decoded, payload, &front);
    if (err) return err;
    decoded.seen = seen_of(&d->log);
    return covey_payload_encode(out, &decoded, &scratch);
}

static int seal(covey_device *d, size_t at)
{
    const covey_mls_framing framing = covey_blob_framing();
    covey_buffer payload;
    covey_buffer scratch = covey_work_scratch(d);
    covey_buffer message = covey_work_front(d);

    int err = renew_seen(d, covey_outbox_payload(&d->outbox, at), &payload);
    if (err) return err;
    err = covey_mls_protect(d->group, &d->random,
                            covey_bytes_of(payload.at, payload.len), &framing,
                            &scratch, &message);
    if (err) return err;
    covey_touch(d, COVEY_SLOT_GROUP);
    covey_touch(d, COVEY_SLOT_OUTBOX);
    covey_buffer blob = covey_work_message(d);
    covey_writer w = covey_writer_of(blob.at, blob.cap);
    err = covey_blob_pack(&w, covey_bytes_of(message.at, message.len), NULL, 0);
    if (!err) {
        err = covey_outbox_set_blob(&d->outbox, at, covey_writer_since(&w, 0));
    }
    if (!err) {
        d->outbox.entries[at].sealed = covey_count(d);
        d->log.num_own++;
        covey_touch(d, COVEY_SLOT_LOG);
    }
    return err;
}

int covey_seal(covey_device *d, size_t at)
{
    d->is_light = d->outbox.entries[at].kind == COVEY_CONTENT_LOCATION;
    int err = seal(d, at);
    d->is_light = false;
    return err;
}

int covey_say_joined(covey_device *d)
{
    covey_content content = {.kind = COVEY_CONTENT_JOINED};
    covey_note note = {.kind = COVEY_EVENT_SHOW_DIGITS};

    content.of.joined.member = d->self.id;
    int err = covey_mls_epoch_authenticator(d->group,
                                            content.of.joined.authenticator);
    if (!err) err = covey_say(d, &content, true, NULL);
    if (err) return err;
    covey_notes_add(&d->notes, &note);
    return COVEY_OK;
}

/* The payload at `at`, with the authenticator of the present epoch. */
static int renew_joined(covey_device *d, size_t at)
{
    covey_buffer front = covey_work_front(d);
    covey_buffer scratch = covey_work_scratch(d);
    covey_buffer out = covey_work_message(d);
    covey_payload payload;
    int err =
        covey_payload_decode(&payload, covey_outbox_payload(&d->outbox, at),
                             &front);

    if (!err) {
        err = covey_mls_epoch_authenticator(
            d->group, payload.content.of.joined.authenticator);
    }
    if (!err) err = covey_payload_encode(&out, &payload, &scratch);
    if (err) return err;
    return covey_outbox_set_payload(&d->outbox, at,
                                    covey_bytes_of(out.at, out.len));
}

int covey_say_joined_again(covey_device *d)
{
    const covey_note note = {.kind = COVEY_EVENT_SHOW_DIGITS};

    for (size_t i = 0; i < d->outbox.num; i++) {
        if (d->outbox.entries[i].kind != COVEY_CONTENT_JOINED) continue;
        int err = renew_joined(d, i);

        if (err) return err;
        covey_notes_add(&d->notes, &note);
    }
    return COVEY_OK;
}
