#include "device/commit.h"

#include <covey/error.h>

#include "base/secret.h"
#include "circle/standing.h"
#include "crypto/random.h"
#include "device/anew.h"
#include "device/chance.h"
#include "device/entry.h"
#include "device/operation.h"
#include "device/plan.h"
#include "device/work.h"

/* ---- whether ---- */

/* Somebody asked to be let go, or the wearer asked it. */
static bool binds_removal(const covey_device *d)
{
    covey_mls_ref refs[COVEY_OUTBOX_ENTRIES];
    const covey_rules_unmet unmet = covey_unmet(d, refs);
    const covey_standing standing = {d->group, &d->roster, &unmet};

    if (covey_standing_blocks(&standing, covey_mls_own_leaf(d->group))) {
        return false;
    }
    for (size_t i = 0; i < covey_mls_num_proposals(d->group); i++) {
        covey_mls_change_info proposal;

        if (covey_standing_at(&standing, i, &proposal) &&
            proposal.kind == COVEY_MLS_REMOVE &&
            covey_standing_binds(&standing, &proposal)) {
            return true;
        }
    }
    return false;
}

static bool wants_refresh(const covey_device *d)
{
    const covey_log *log = &d->log;

    return log->num_own >= COVEY_GUARDIAN_SENDS_MAX ||
           log->num_wearer >= COVEY_WEARER_SENDS_MAX ||
           (log->seen.count != 0 &&
            covey_count(d) - log->begun >= COVEY_REFRESH_EVERY);
}

uint64_t covey_commit_from(const covey_device *d)
{
    const covey_log *log = &d->log;
    uint64_t from = 0;

    if (log->is_torn) return COVEY_NO_DEADLINE;
    if (log->missed != 0) from = log->missed + COVEY_DAY;
    if (covey_anew_is_alone(d) && from < covey_anew_alone_until(d)) {
        from = covey_anew_alone_until(d);
    }
    return from;
}

/* The next commit's Welcome would take the place of one that waits. */
static bool has_welcome(const covey_device *d)
{
    return d->operation.step == COVEY_STEP_WELCOME;
}

bool covey_commit_is_due(const covey_device *d)
{
    return covey_is_guardian(d) && d->self.state == COVEY_DEVICE_MEMBER &&
           !has_welcome(d) && d->is_at_head && !d->inbox.is_there &&
           covey_commit_from(d) <= covey_count(d) &&
           d->committer->commit_len == 0 && covey_count(d) >= d->commit_after &&
           (covey_wants_operation(d) || binds_removal(d) || wants_refresh(d));
}

uint64_t covey_commit_when(const covey_device *d)
{
    uint64_t when = COVEY_NO_DEADLINE;

    if (!covey_is_guardian(d) || d->self.state != COVEY_DEVICE_MEMBER) {
        return when;
    }
    uint64_t from = covey_commit_from(d);
    if (from < d->commit_after) from = d->commit_after;
    if (d->committer->commit_len != 0) return from;
    if (has_welcome(d)) return when;
    if (d->log.seen.count != 0) when = d->log.begun + COVEY_REFRESH_EVERY;
    if (covey_wants_operation(d) || wants_refresh(d) || binds_removal(d)) {
        when = d->commit_after;
    }
    return when < from ? from : when;
}

/* ---- how ---- */

static covey_blob_header header_of(const covey_plan *p, const covey_device *d)
{
    covey_blob_header header = {.is_commit = true,
                                .seen = covey_seen_now(&d->log.seen)};

    for (size_t i = 0; i < p->num_refs; i++) {
        header.bundled_len[header.num_bundled++] = p->kept[i]->len;
    }
    return header;
}

static int pack(covey_device *d, const covey_plan *p, covey_bytes message)
{
    covey_committer *c = d->committer;
    covey_writer w = covey_writer_of(c->commit, sizeof c->commit);
    covey_bytes bundled[COVEY_BUNDLED_MAX];

    for (size_t i = 0; i < p->num_refs; i++) {
        bundled[i] = covey_bytes_of(p->kept[i]->bytes, p->kept[i]->len);
    }
    int err = covey_blob_pack(&w, message, bundled, p->num_refs);
    if (err) return COVEY_ERR_CAPACITY;
    c->commit_len = (uint16_t)w.len;
    c->is_placed = false;
    c->index = 0;
    c->seen_count = d->log.seen.count;
    c->is_of_lost = false;
    covey_blob_hash(&c->hash, covey_bytes_of(c->commit, w.len));
    return COVEY_OK;
}

static int seal_welcome(covey_device *d, covey_bytes welcome)
{
    covey_committer *c = d->committer;
    size_t len = 0;

    c->welcome_len = 0;
    if (welcome.len == 0) return COVEY_OK;
    int err = covey_invite_seal(c->welcome, sizeof c->welcome, &len,
                                &d->operation.invite, COVEY_INVITE_WELCOME,
                                &d->random, welcome);
    if (!err) c->welcome_len = (uint16_t)len;
    return err;
}

static int commit_plan(covey_device *d, const covey_plan *p)
{
    uint8_t seed[COVEY_MLS_SIGN_SEED_SIZE];
    const covey_mls_renewal renewal = {.sign_seed = seed};
    const covey_blob_header header = header_of(p, d);
    covey_sealed_header sealed;
    covey_buffer commit = covey_work_front(d);
    covey_buffer welcome = covey_work_message(d);
    covey_buffer scratch = covey_work_scratch(d);

    int err = covey_random_fill(&d->random, seed, sizeof seed);
    if (!err) {
        err = covey_blob_header_seal(&sealed, &d->log.handshake_key, &d->random,
                                     &header);
    }
    if (err) return err;
    const covey_mls_framing framing =
        covey_blob_handshake_framing(&sealed, &header);
    const covey_mls_commit_options options = {
        .changes = p->changes,
        .num_changes = p->num_changes,
        .refs = p->refs,
        .num_refs = p->num_refs,
        .renewal = &renewal,
        .now_s = 0, /* a KeyPackage is as fresh as its invite */
        .framing = &framing,
    };
    covey_mls_drop(d->staged);
    err = covey_mls_commit(d->group, &d->random, &options, d->staged, &scratch,
                           &commit, &welcome);
    covey_wipe(seed, sizeof seed);
    covey_touch(d, COVEY_SLOT_GROUP);
    if (!err) err = covey_rules_commit(d->group, d->staged, NULL);
    if (!err) err = seal_welcome(d, covey_bytes_of(welcome.at, welcome.len));
    if (!err) err = pack(d, p, covey_bytes_of(commit.at, commit.len));
    return err;
}

/* Not at once again: two guardians who commit at the same moment would meet
 * again and again. */
static int wait_a_while(covey_device *d, uint32_t most)
{
    uint32_t wait = 0;
    int err = covey_chance(d, most, &wait);

    if (!err) d->commit_after = covey_count(d) + wait;
    return err;
}

static void fail(covey_device *d, int err)
{
    covey_mls_drop(d->staged);
    d->committer->commit_len = 0;
    d->committer->welcome_len = 0;
    if (covey_wants_operation(d)) covey_operation_end(d, err);
}

int covey_commit_make(covey_device *d)
{
    covey_plan p;

    int err = covey_plan_make(&p, d);
    if (!err) err = commit_plan(d, &p);
    covey_touch(d, COVEY_SLOT_OPERATION);
    if (err == COVEY_ERR_RANDOM || err == COVEY_ERR_PORT) {
        d->is_stale = true;
        return err;
    }
    if (err) {
        fail(d, err);
        return wait_a_while(d, COVEY_MINUTE);
    }
    return COVEY_OK;
}

bool covey_own_commit_holds(const covey_device *d)
{
    covey_mls_ref refs[COVEY_OUTBOX_ENTRIES];
    const covey_rules_unmet unmet = covey_unmet(d, refs);

    /* In a log that began anew no claim is judged. */
    bool claims =
        d->committer->seen_count == d->log.seen.count && !d->log.is_torn;

    return (claims || d->log.is_anew) &&
           covey_rules_commit(d->group, d->staged, &unmet) == COVEY_OK;
}

void covey_commit_wait(covey_device *d)
{
    if (wait_a_while(d, 2 * COVEY_SECOND) != COVEY_OK) {
        d->commit_after = covey_count(d) + COVEY_SECOND;
    }
}

void covey_commit_give_up(covey_device *d)
{
    covey_committer *c = d->committer;

    covey_mls_drop(d->staged);
    c->commit_len = 0;
    c->is_placed = false;
    covey_wipe(c->welcome, sizeof c->welcome);
    c->welcome_len = 0;
    covey_touch(d, COVEY_SLOT_GROUP);
    covey_touch(d, COVEY_SLOT_OPERATION);
    covey_commit_wait(d);
}
