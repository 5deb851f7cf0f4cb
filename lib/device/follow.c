/* Proposals and commits of others, and what a new epoch changes here. */
#include <covey/error.h>

#include "base/secret.h"
#include "crypto/random.h"
#include "device/anew.h"
#include "device/announce.h"
#include "device/entry.h"
#include "device/fields.h"
#include "device/lookup.h"
#include "device/move.h"
#include "device/operation.h"
#include "device/repost.h"
#include "device/say.h"
#include "device/work.h"

/* Whose word about the log counts: a carer or friend could otherwise stop a
 * family that it may only write to. */
static bool is_trusted_reader(const covey_device *d, const covey_member_id *id)
{
    const covey_roster_member *member =
        covey_roster_find(&d->roster, covey_member_id_bytes(id));

    return member != NULL && (member->role == COVEY_ROLE_WEARER ||
                              member->role == COVEY_ROLE_GUARDIAN);
}

bool covey_claim_heard(covey_device *d, const covey_seen_claim *claim,
                       const covey_member_id *by)
{
    if (!is_trusted_reader(d, by)) return true;
    covey_log_verdict verdict = covey_log_judge(&d->log, claim);

    covey_touch(d, COVEY_SLOT_LOG);
    /* Only now its place is known, or one behind it. */
    if (covey_log_is_sure(&d->log) && d->log.boot == COVEY_BOOT_UNPLACED) {
        d->log.boot = d->log.seen.count;
    }
    switch (verdict) {
    case COVEY_LOG_FORKED:
        covey_device_stop(d, COVEY_DEVICE_FORKED, COVEY_EVENT_FORKED, by,
                          COVEY_OK);
        return false;
    case COVEY_LOG_TORE:
        covey_note_add(d, COVEY_EVENT_TORN, NULL, by);
        return true;
    default: return true;
    }
}

static void roll_back(covey_device *d)
{
    covey_device_stop(d, COVEY_DEVICE_ROLLED_BACK, COVEY_EVENT_ROLLED_BACK,
                      NULL, COVEY_OK);
}

/* ---- proposals ---- */

/* Its blob, as it was. */
static void keep_proposal(covey_device *d, const covey_mls_ref *ref,
                          covey_bytes message)
{
    covey_committer *c = d->committer;

    if (c == NULL || c->num_proposals == COVEY_MLS_PROPOSALS_MAX) return;
    covey_kept_proposal *kept = &c->proposals[c->num_proposals];
    covey_writer w = covey_writer_of(kept->bytes, sizeof kept->bytes);

    if (covey_blob_pack(&w, message, NULL, 0) != COVEY_OK) return;
    kept->ref = *ref;
    kept->len = (uint16_t)w.len;
    c->num_proposals++;
    covey_touch(d, COVEY_SLOT_PROPOSALS);
}

/* Reads it into the group's cache. *taken: it stands. */
static int take_proposal(covey_device *d, const covey_blob *blob, size_t len,
                         covey_mls_change_info *info, bool *taken)
{
    covey_buffer scratch = covey_work_scratch(d);
    covey_mls_ref refs[COVEY_OUTBOX_ENTRIES];
    const covey_rules_unmet unmet = covey_unmet(d, refs);

    *taken = false;
    if (len > COVEY_PROPOSAL_BLOB_MAX) return COVEY_OK;
    int err = covey_mls_receive_proposal(d->group, blob->message, &scratch,
                                         info, NULL);
    if (err == COVEY_ERR_ROLLBACK) {
        roll_back(d);
        return COVEY_OK;
    }
    if (err) {
        return covey_error_is_public(err) || err == COVEY_ERR_CAPACITY
                   ? COVEY_OK
                   : err;
    }
    covey_touch(d, COVEY_SLOT_GROUP);
    if (covey_rules_proposal(d->group, info, &unmet) != COVEY_OK) {
        covey_mls_ref ref = info->ref;
        return covey_mls_forget_proposal(d->group, &ref);
    }
    *taken = true;
    keep_proposal(d, &info->ref, blob->message);
    return COVEY_OK;
}

int covey_proposal_heard(covey_device *d, const covey_blob *blob, size_t len,
                         bool *accepted)
{
    covey_mls_change_info info;

    int err = take_proposal(d, blob, len, &info, accepted);
    if (err || !*accepted) return err;
    covey_member_id by = covey_id_at(d->group, info.proposer);
    *accepted = covey_claim_heard(d, &blob->header.seen, &by);
    if (!*accepted) return COVEY_OK;
    if (info.kind == COVEY_MLS_REMOVE) {
        covey_member_id target = covey_id_of(info.identity);

        covey_note_add(d, COVEY_EVENT_REMOVAL_PROPOSED, &target, &by);
    }
    return COVEY_OK;
}

/* ---- a new epoch ---- */

typedef struct {
    covey_member_id member;
    bool added;
} member_change;

typedef struct {
    member_change items[COVEY_MLS_CHANGES_MAX];
    size_t num;
    covey_member_id by;
    bool removes_self;
    bool is_own;
} epoch_changes;

static int collect(epoch_changes *changes, covey_device *d,
                   const covey_mls_staged *staged)
{
    covey_mls_staged_info_data info;
    int err = covey_mls_staged_info(staged, &info);

    if (err) return err;
    changes->num = 0;
    changes->by = covey_id_at(d->group, info.committer);
    changes->removes_self = info.removes_self;
    changes->is_own = info.is_own;
    for (size_t i = 0; i < info.num_changes; i++) {
        covey_mls_change_info change;

        err = covey_mls_staged_change(d->group, staged, i, &change);
        if (err) return err;
        if (change.kind == COVEY_MLS_UPDATE &&
            change.leaf == covey_mls_own_leaf(d->group)) {
            d->self.update_taken = covey_count(d);
        }
        if (change.kind != COVEY_MLS_ADD && change.kind != COVEY_MLS_REMOVE) {
            continue;
        }
        changes->items[changes->num++] =
            (member_change){covey_id_of(change.identity),
                            change.kind == COVEY_MLS_ADD};
    }
    return COVEY_OK;
}

/* The wearer's log has every join and removal. */
static int log_change(covey_device *d, const member_change *change,
                      const covey_member_id *by)
{
    const covey_access_entry entry = {
        .who = *by,
        .what = change->added ? COVEY_ACCESS_JOIN : COVEY_ACCESS_REMOVAL,
        .time_ms = d->clock.now.utc_ms,
        .has_subject = true,
        .subject = change->member,
    };

    int err = covey_is_wearer(d) ? covey_say_access(d, &entry) : COVEY_OK;
    return err == COVEY_ERR_CAPACITY ? COVEY_OK : err;
}

static void forget_commit(covey_device *d, bool won)
{
    covey_committer *c = d->committer;

    if (c == NULL) return;
    covey_mls_drop(d->staged);
    c->commit_len = 0;
    c->is_placed = false;
    c->num_proposals = 0;
    /* That of a commit which was taken before still has to be sent. */
    if (!won && d->operation.step != COVEY_STEP_WELCOME) {
        covey_wipe(c->welcome, c->welcome_len);
        c->welcome_len = 0;
    }
    covey_touch(d, COVEY_SLOT_OPERATION);
    covey_touch(d, COVEY_SLOT_PROPOSALS);
}

static void begin_reading(covey_device *d)
{
    covey_channel *channel = &d->channels[COVEY_CHANNEL_EPOCH];

    d->inbox.is_there = false;
    d->is_at_head = false;
    d->next_index = 0;
    channel->max_blob = COVEY_INBOX_BLOB;
    channel->due = covey_count(d);
    channel->failures = 0;
    for (uint32_t slot = COVEY_SLOT_SELF; slot <= COVEY_SLOT_BOOK; slot++) {
        covey_touch(d, slot);
    }
}

static void end(covey_device *d, const covey_member_id *by)
{
    covey_outbox_wipe(&d->outbox);
    memset(&d->tasks, 0, sizeof d->tasks);
    memset(&d->operation, 0, sizeof d->operation);
    forget_commit(d, false);
    begin_reading(d);
    covey_device_stop(d, COVEY_DEVICE_ENDED, COVEY_EVENT_ENDED, by, COVEY_OK);
}

static int settle(covey_device *d, const epoch_changes *changes,
                  const covey_digest *ended_by)
{
    char relay[COVEY_RELAY_SIZE];

    covey_move_named(&d->roster, relay);
    int err = covey_roster_of(&d->roster, covey_mls_extensions(d->group));
    if (!err) {
        err = covey_log_begin(&d->log, d->group, ended_by, covey_count(d));
    }
    if (err) return err;
    covey_outbox_unseal(&d->outbox);
    covey_peers_follow(&d->peers, &d->roster, covey_count(d));
    begin_reading(d);
    for (size_t i = 0; i < changes->num && !err; i++) {
        const member_change *change = &changes->items[i];

        covey_note_add(d,
                       change->added ? COVEY_EVENT_ADDED : COVEY_EVENT_REMOVED,
                       &change->member, &changes->by);
        covey_announce(d, &change->member, change->added, &changes->by);
        err = log_change(d, change, &changes->by);
    }
    covey_move_follow(d, relay, &changes->by);
    covey_note_add(d, COVEY_EVENT_EPOCH, NULL, &changes->by);
    return err ? err : covey_say_joined_again(d);
}

static int adopt(covey_device *d, covey_mls_staged *staged,
                 const covey_digest *ended_by)
{
    epoch_changes changes;

    int err = collect(&changes, d, staged);
    if (!err) err = covey_mls_merge(d->group, staged);
    if (err) return err;
    if (changes.removes_self) {
        end(d, &changes.by);
        return COVEY_OK;
    }
    bool won = changes.is_own;
    forget_commit(d, won);
    err = settle(d, &changes, ended_by);
    return err ? err : covey_operation_epoch(d, won);
}

int covey_commit_won(covey_device *d)
{
    const covey_digest hash = d->committer->hash;

    covey_repost_keep(d);
    bool is_of_lost = covey_anew_is_own_of_lost_log(d);
    int err = adopt(d, d->staged, &hash);
    covey_anew_go_on(d, is_of_lost);
    return err;
}

/* ---- another's commit ---- */

/* What it refers to travels with it. False: it is not what it says. */
static int take_bundled(covey_device *d, const covey_blob *commit, bool *valid)
{
    *valid = true;
    for (size_t i = 0; i < commit->header.num_bundled; i++) {
        covey_blob blob;
        covey_mls_change_info info;
        bool taken;

        int err =
            covey_entry_open(d, &blob, commit->bundled[i], covey_work_front(d));
        if (err && !covey_error_is_public(err)) return err;
        *valid = !err && blob.kind == COVEY_MLS_MESSAGE_PROPOSAL &&
                 commit->bundled[i].len <= COVEY_PROPOSAL_BLOB_MAX;
        if (!*valid) return COVEY_OK;
        err = take_proposal(d, &blob, commit->bundled[i].len, &info, &taken);
        if (err) return err;
    }
    return COVEY_OK;
}

/* What all members decide alike: fewer entries than are here, and it was made
 * for another place. In a log that began anew it may be one of the lost log,
 * which is there again, and its claim is not judged. */
static bool is_valid(const covey_device *d, const covey_mls_staged *staged,
                     const covey_seen_claim *claim)
{
    covey_mls_ref refs[COVEY_OUTBOX_ENTRIES];
    const covey_rules_unmet unmet = covey_unmet(d, refs);

    return covey_rules_commit(d->group, staged, &unmet) == COVEY_OK &&
           (d->log.is_anew || claim->count >= d->log.seen.count);
}

/* Then what this one alone could not do. */
static int carry_out(covey_device *d, covey_mls_staged *staged,
                     const covey_blob *commit, const covey_digest *hash,
                     int staging)
{
    const covey_seen_claim *claim = &commit->header.seen;
    covey_mls_staged_info_data info;

    /* Nothing to look at: its proposals are not what it says. */
    if (covey_mls_staged_info(staged, &info) != COVEY_OK) return COVEY_OK;
    if (!is_valid(d, staged, claim)) return COVEY_OK;
    covey_member_id by = covey_id_at(d->group, info.committer);

    if (!d->log.is_anew && !covey_claim_heard(d, claim, &by)) return COVEY_OK;
    if (staging == COVEY_OK) {
        bool is_of_lost = covey_anew_is_of_lost_log(d, claim);
        int err = adopt(d, staged, hash);

        covey_anew_go_on(d, is_of_lost);
        return err;
    }
    covey_device_stop(d, COVEY_DEVICE_LOCKED_OUT, COVEY_EVENT_LOCKED_OUT, &by,
                      staging);
    return COVEY_OK;
}

int covey_commit_heard(covey_device *d, const covey_blob *blob,
                       const covey_digest *hash)
{
    covey_buffer room = covey_work_staged(d);
    covey_buffer scratch = covey_work_scratch(d);
    bool valid = true;

    int err = take_bundled(d, blob, &valid);
    if (err || !valid || d->self.state >= COVEY_DEVICE_FORKED) return err;
    covey_mls_staged *staged = covey_mls_staged_at(room.at, room.cap);
    err = covey_mls_stage(d->group, staged, blob->message, NULL, 0, &scratch);
    if (err == COVEY_ERR_ROLLBACK) {
        roll_back(d);
    } else if (err == COVEY_ERR_BUFFER || err == COVEY_ERR_STATE) {
        covey_mls_drop(staged);
        return err;
    } else if (!covey_error_is_public(err)) {
        err = carry_out(d, staged, blob, hash, err);
        covey_mls_drop(staged);
        return err;
    }
    covey_mls_drop(staged);
    return COVEY_OK;
}
