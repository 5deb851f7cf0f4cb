#include "device/entry.h"

#include <covey/error.h>

#include "device/commit.h"
#include "device/fields.h"
#include "device/hear.h"
#include "device/operation.h"
#include "device/work.h"
#include "mls/group.h"

int covey_entry_open(covey_device *d, covey_blob *blob, covey_bytes bytes,
                     covey_buffer out)
{
    covey_writer w = covey_writer_of(out.at, out.cap);

    return covey_blob_open(blob, d->group, &d->log.handshake_key, bytes, &w);
}

int covey_entry_open_invite(covey_device *d, covey_bytes *message,
                            const covey_invite *invite, covey_invite_way way,
                            covey_bytes blob)
{
    uint8_t *at = covey_work_blob(d, blob).at + COVEY_BLOB_MARGIN;

    return covey_invite_open(at + COVEY_AEAD_NONCE_SIZE, message, invite, way,
                             blob);
}

/* One's own Update that a lost log had: a commit that was made there may have
 * taken it up, so it is kept; but for the others it does not stand. */
static void add_lost_update(const covey_device *d, covey_rules_unmet *unmet,
                            covey_mls_ref refs[COVEY_OUTBOX_ENTRIES])
{
    covey_mls_change_info proposal;

    if (!d->log.is_anew) return;
    for (size_t i = 0; i < covey_mls_num_proposals(d->group); i++) {
        if (covey_mls_proposal(d->group, i, &proposal) == COVEY_OK &&
            proposal.kind == COVEY_MLS_UPDATE &&
            proposal.proposer == covey_mls_own_leaf(d->group) &&
            unmet->num < COVEY_OUTBOX_ENTRIES) {
            refs[unmet->num++] = proposal.ref;
        }
    }
}

covey_rules_unmet covey_unmet(const covey_device *d,
                              covey_mls_ref refs[COVEY_OUTBOX_ENTRIES])
{
    covey_rules_unmet unmet = {refs, 0};

    for (size_t i = 0; i < d->outbox.num; i++) {
        if (d->outbox.entries[i].counter == 0) {
            refs[unmet.num++] = d->outbox.entries[i].ref;
        }
    }
    add_lost_update(d, &unmet, refs);
    return unmet;
}

/* ---- one's own ---- */

static void keep_own_proposal(covey_device *d, size_t at)
{
    covey_committer *c = d->committer;
    covey_bytes blob = covey_outbox_blob(&d->outbox, at);

    if (c == NULL || c->num_proposals == COVEY_MLS_PROPOSALS_MAX ||
        blob.len > COVEY_PROPOSAL_BLOB_MAX) {
        return;
    }
    covey_kept_proposal *kept = &c->proposals[c->num_proposals++];
    kept->ref = d->outbox.entries[at].ref;
    kept->len = (uint16_t)blob.len;
    memcpy(kept->bytes, blob.at, blob.len);
    covey_touch(d, COVEY_SLOT_PROPOSALS);
}

/* Whether one's own proposal stands where it came to be, as all others judge it
 * there: something may have come before it. */
static bool own_stands(const covey_device *d, size_t at)
{
    covey_mls_ref refs[COVEY_OUTBOX_ENTRIES];
    covey_rules_unmet unmet = {refs, 0};
    covey_mls_change_info info;

    for (size_t i = 0; i < d->outbox.num; i++) {
        if (d->outbox.entries[i].counter == 0 && i != at) {
            refs[unmet.num++] = d->outbox.entries[i].ref;
        }
    }
    for (size_t i = 0; i < covey_mls_num_proposals(d->group); i++) {
        if (covey_mls_proposal(d->group, i, &info) == COVEY_OK &&
            memcmp(&info.ref, &d->outbox.entries[at].ref, sizeof info.ref) ==
                0) {
            return covey_rules_proposal(d->group, &info, &unmet) == COVEY_OK;
        }
    }
    return false;
}

/* All others skip it. Who wants to leave asks again in the next epoch. */
static void own_is_refused(covey_device *d, size_t at)
{
    const covey_mls_ref ref = d->outbox.entries[at].ref;

    (void)covey_mls_forget_proposal(d->group, &ref);
    covey_outbox_remove(&d->outbox, at);
    if (d->operation.operation == COVEY_OPERATION_REMOVE &&
        d->operation.step == COVEY_STEP_PROPOSED) {
        covey_operation_end(d, COVEY_ERR_PROPOSAL);
    }
    covey_touch(d, COVEY_SLOT_GROUP);
    covey_touch(d, COVEY_SLOT_OUTBOX);
    covey_touch(d, COVEY_SLOT_LOG);
}

static void own_is_accepted(covey_device *d, size_t at)
{
    const covey_outbox_entry entry = d->outbox.entries[at];
    const covey_note note = {.kind = COVEY_EVENT_SENT, .value = entry.counter};

    d->is_light = entry.kind == COVEY_CONTENT_LOCATION;
    covey_log_accept(&d->log, &entry.hash);
    if (covey_log_is_sure(&d->log)) covey_log_mark(&d->log, entry.sealed);
    if (entry.counter == 0) {
        keep_own_proposal(d, at);
    } else {
        covey_notes_add(&d->notes, &note);
    }
    if (entry.counter == d->boot_counter && d->boot == COVEY_BOOT_SAID) {
        d->boot = COVEY_BOOT_DONE;
        d->log.boot = covey_log_is_sure(&d->log) ? d->log.seen.count
                                                 : COVEY_BOOT_UNPLACED;
    }
    covey_outbox_remove(&d->outbox, at);
    covey_touch(d, COVEY_SLOT_OUTBOX);
    covey_touch(d, COVEY_SLOT_SELF);
    covey_touch(d, COVEY_SLOT_LOG);
    d->is_light = false;
}

static void own_is_there(covey_device *d, size_t at)
{
    if (d->outbox.entries[at].counter == 0 && !own_stands(d, at)) {
        own_is_refused(d, at);
    } else {
        own_is_accepted(d, at);
    }
}

/* It ends the epoch only where the others take it, too. */
static int own_commit_there(covey_device *d)
{
    if (covey_own_commit_holds(d)) return covey_commit_won(d);
    covey_commit_give_up(d);
    return COVEY_OK;
}

/* ---- of others ---- */

/* The generation that each sender is to use next. */
static void next_generations(const covey_device *d,
                             uint32_t next[COVEY_MLS_MEMBERS_MAX])
{
    const covey_secret_tree *tree = &d->group->epoch.secret_tree;

    for (uint32_t leaf = 0; leaf < COVEY_MLS_MEMBERS_MAX; leaf++) {
        next[leaf] =
            leaf < tree->width
                ? covey_secret_tree_next(tree, (covey_leaf_index){leaf},
                                         COVEY_RATCHET_APPLICATION)
                : 0;
    }
}

/* A guardian's phone follows a ratchet further, keeps more keys of what was
 * skipped, and may have accepted what this device cannot read. A repetition is
 * that to all. */
static bool may_be_anothers(const covey_device *d, int err)
{
    if (covey_is_guardian(d)) return false;
    return err == COVEY_ERR_TOO_FAR ||
           (err == COVEY_ERR_REPLAY && d->log.skipped > COVEY_MLS_SKIPPED_MAX);
}

static int application_heard(covey_device *d, const covey_blob *blob,
                             const covey_digest *hash, covey_event *event)
{
    covey_buffer scratch = covey_work_scratch(d);
    uint32_t next[COVEY_MLS_MEMBERS_MAX];
    covey_mls_received received;

    next_generations(d, next);
    int err = covey_mls_unprotect(d->group, blob->message, &scratch, &received);
    if (err == COVEY_ERR_ROLLBACK) {
        covey_device_stop(d, COVEY_DEVICE_ROLLED_BACK, COVEY_EVENT_ROLLED_BACK,
                          NULL, COVEY_OK);
        return COVEY_OK;
    }
    if (may_be_anothers(d, err)) covey_log_doubt(&d->log);
    if (err) return covey_error_is_public(err) ? COVEY_OK : err;
    if (received.generation > next[received.sender]) {
        covey_log_skip(&d->log, received.generation - next[received.sender]);
    }
    covey_touch(d, COVEY_SLOT_GROUP);
    return covey_hear(d, &received, hash, event);
}

static int blob_heard(covey_device *d, covey_bytes bytes,
                      const covey_digest *hash, covey_event *event)
{
    covey_blob blob;
    bool accepted = false;

    int err = covey_entry_open(d, &blob, bytes, covey_work_blob(d, bytes));
    if (err) return covey_error_is_public(err) ? COVEY_OK : err;
    switch (blob.kind) {
    case COVEY_MLS_MESSAGE_APPLICATION:
        return application_heard(d, &blob, hash, event);
    case COVEY_MLS_MESSAGE_COMMIT: return covey_commit_heard(d, &blob, hash);
    default:
        err = covey_proposal_heard(d, &blob, bytes.len, &accepted);
        if (!err && accepted) {
            covey_log_accept(&d->log, hash);
            covey_touch(d, COVEY_SLOT_LOG);
        }
        return err;
    }
}

/* ---- the order ---- */

/* An entry that is too large to come with others is asked for alone; what no
 * member accepts is passed over. */
static bool fetch_alone(covey_device *d, const covey_sync_entry *entry)
{
    covey_channel *channel = &d->channels[COVEY_CHANNEL_EPOCH];

    if (entry->stub_len > COVEY_BLOB_EPOCH_MAX ||
        covey_blob_bucket(entry->stub_len) != entry->stub_len) {
        return false;
    }
    channel->max_blob = entry->stub_len;
    channel->due = covey_count(d);
    d->inbox.is_there = false;
    return true;
}

static int entry_heard(covey_device *d, const covey_sync_entry *entry,
                       covey_event *event)
{
    covey_digest hash;

    if (entry->is_stub) {
        if (fetch_alone(d, entry)) return COVEY_OK;
        d->log.after = entry->index;
        covey_touch(d, COVEY_SLOT_LOG);
        return COVEY_OK;
    }
    d->log.after = entry->index;
    covey_blob_hash(&hash, entry->blob);
    size_t own = covey_outbox_find(&d->outbox, &hash);
    if (own < d->outbox.num) {
        own_is_there(d, own);
        return COVEY_OK;
    }
    covey_touch(d, COVEY_SLOT_LOG);
    if (d->committer != NULL && d->committer->commit_len != 0 &&
        memcmp(&hash, &d->committer->hash, sizeof hash) == 0) {
        return own_commit_there(d);
    }
    return blob_heard(d, entry->blob, &hash, event);
}

/* A number that was given, and of which nothing came: it has expired, or the
 * relay withholds it. */
static void notice_gap(covey_device *d, uint64_t index)
{
    if (index <= d->log.after + 1) return;
    covey_log_miss(&d->log, covey_count(d));
    covey_outbox_take_back(&d->outbox);
    covey_touch(d, COVEY_SLOT_LOG);
    covey_touch(d, COVEY_SLOT_OUTBOX);
}

/* The outbox's entry that the relay has placed next, behind what was read. */
static size_t next_own(const covey_device *d)
{
    size_t found = d->outbox.num;

    for (size_t i = 0; i < d->outbox.num; i++) {
        uint64_t index = d->outbox.entries[i].index;

        if (index > d->log.after && (found == d->outbox.num ||
                                     index < d->outbox.entries[found].index)) {
            found = i;
        }
    }
    return found;
}

/* What one has just appended is not told again: it is taken at its place, if
 * nothing can be between that and what was read. Else it is met as an entry. */
static int own_in_order(covey_device *d, uint64_t before, bool *found)
{
    size_t own = next_own(d);
    uint64_t index =
        own < d->outbox.num ? d->outbox.entries[own].index : UINT64_MAX;
    const covey_committer *c = d->committer;
    bool is_commit = c != NULL && c->commit_len != 0 && c->is_placed &&
                     c->index > d->log.after && c->index < index;

    if (is_commit) index = c->index;
    *found = index < before && index == d->log.after + 1;
    if (!*found) return COVEY_OK;
    d->log.after = index;
    if (!is_commit) {
        own_is_there(d, own);
        return COVEY_OK;
    }
    covey_touch(d, COVEY_SLOT_LOG);
    return own_commit_there(d);
}

/* What has just been appended stands behind what is not here: it is looked
 * for, once. */
static bool own_is_beyond(const covey_device *d)
{
    const covey_committer *c = d->committer;

    return d->inbox.response.num_appended != 0 &&
           (next_own(d) < d->outbox.num ||
            (c != NULL && c->commit_len != 0 && c->is_placed &&
             c->index > d->log.after));
}

static void reach_head(covey_device *d)
{
    d->inbox.is_there = false;
    if (d->inbox.is_full || own_is_beyond(d)) {
        d->channels[COVEY_CHANNEL_EPOCH].due = covey_count(d);
    }
    if (d->inbox.is_full) return;
    /* Whoever has nothing to say but a commit meets no entry behind it. */
    if (!own_is_beyond(d) &&
        covey_log_reach(&d->log, d->inbox.response.next, covey_count(d))) {
        covey_touch(d, COVEY_SLOT_LOG);
    }
    d->is_at_head = true;
    d->next_index = d->inbox.response.next;
}

static int read_next(covey_device *d, covey_event *event)
{
    covey_inbox *inbox = &d->inbox;
    bool has_entry = inbox->next < inbox->response.num_entries;
    const covey_sync_entry *entry =
        has_entry ? &inbox->response.entries[inbox->next] : NULL;
    bool own = false;

    if (has_entry || !inbox->is_full) {
        int err = own_in_order(d, has_entry ? entry->index : UINT64_MAX, &own);
        if (err || own) return err;
    }
    if (!has_entry) {
        reach_head(d);
        return COVEY_OK;
    }
    inbox->next++;
    if (entry->index <= d->log.after) return COVEY_OK;
    notice_gap(d, entry->index);
    return entry_heard(d, entry, event);
}

int covey_entries_read(covey_device *d, covey_event *event)
{
    int err = COVEY_OK;

    while (!err && d->inbox.is_there &&
           d->inbox.channel == COVEY_CHANNEL_EPOCH &&
           event->kind == COVEY_EVENT_NONE && d->notes.num == 0 &&
           covey_tasks_in(&d->tasks, COVEY_TASK_TO_RUN) == NULL) {
        err = read_next(d, event);
    }
    /* Whoever stops says so only when it is stored: another process on the
     * same records may be the one that knows more. */
    if (!err && d->self.state >= COVEY_DEVICE_FORKED && d->dirty != 0) {
        err = covey_device_save(d);
    }
    /* Half an entry is none: it is read again. */
    if (err) d->is_stale = true;
    return err;
}
