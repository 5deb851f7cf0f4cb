#include "device/propose.h"

#include <covey/error.h>

#include "base/secret.h"
#include "crypto/random.h"
#include "device/entry.h"
#include "device/fields.h"
#include "device/lookup.h"
#include "device/operation.h"
#include "device/work.h"

/* Asked as the others will ask. */
static int check_rules(const covey_device *d, const covey_mls_ref *ref)
{
    covey_mls_ref refs[COVEY_OUTBOX_ENTRIES];
    const covey_rules_unmet unmet = covey_unmet(d, refs);
    covey_mls_change_info info;

    for (size_t i = 0; i < covey_mls_num_proposals(d->group); i++) {
        int err = covey_mls_proposal(d->group, i, &info);
        if (err) return err;
        if (memcmp(&info.ref, ref, sizeof *ref) == 0) {
            return covey_rules_proposal(d->group, &info, &unmet);
        }
    }
    return COVEY_ERR_REFERENCE;
}

static int enqueue(covey_device *d, const covey_mls_ref *ref,
                   covey_bytes message)
{
    covey_buffer packed = covey_work_front(d);
    covey_writer w = covey_writer_of(packed.at, packed.cap);
    const covey_outbox_entry entry = {.ref = *ref, .sealed = covey_count(d)};

    int err = covey_blob_pack(&w, message, NULL, 0);
    if (!err && w.len > COVEY_PROPOSAL_BLOB_MAX) err = COVEY_ERR_CAPACITY;
    if (!err) {
        err = covey_outbox_add(&d->outbox, &entry, covey_bytes_of(NULL, 0),
                               covey_writer_since(&w, 0));
    }
    return err;
}

static size_t num_on_their_way(const covey_device *d)
{
    covey_mls_ref refs[COVEY_OUTBOX_ENTRIES];

    return covey_unmet(d, refs).num;
}

static int propose(covey_device *d, const covey_mls_change *change,
                   const covey_mls_renewal *renewal)
{
    const covey_blob_header header = {.seen = covey_log_claim(&d->log)};
    covey_buffer scratch = covey_work_scratch(d);
    covey_buffer out = covey_work_message(d);
    covey_sealed_header sealed;
    covey_mls_ref ref;

    /* Before a generation is spent on it. */
    if (num_on_their_way(d) >= COVEY_PROPOSALS_UNMET_MAX ||
        !covey_outbox_has_places(&d->outbox, 1)) {
        return COVEY_ERR_CAPACITY;
    }
    int err = covey_blob_header_seal(&sealed, &d->log.handshake_key, &d->random,
                                     &header);
    if (err) return err;
    const covey_mls_framing framing =
        covey_blob_handshake_framing(&sealed, &header);
    err = covey_mls_propose(d->group, &d->random, change, renewal, 0, &framing,
                            &scratch, &out, &ref);
    if (err) return err;
    covey_touch(d, COVEY_SLOT_GROUP);
    covey_touch(d, COVEY_SLOT_OUTBOX);
    err = check_rules(d, &ref);
    if (!err) err = enqueue(d, &ref, covey_bytes_of(out.at, out.len));
    if (err) (void)covey_mls_forget_proposal(d->group, &ref);
    return err;
}

int covey_propose_removal(covey_device *d, const covey_member_id *member)
{
    const covey_mls_change change = {.kind = COVEY_MLS_REMOVE,
                                     .leaf = covey_leaf_with(d->group, member)};

    if (change.leaf == COVEY_MLS_NO_LEAF) return COVEY_ERR_REFERENCE;
    return propose(d, &change, NULL);
}

static bool has_proposed_removal(const covey_device *d)
{
    covey_mls_change_info info;

    for (size_t i = 0; i < covey_mls_num_proposals(d->group); i++) {
        if (covey_mls_proposal(d->group, i, &info) == COVEY_OK &&
            info.kind == COVEY_MLS_REMOVE &&
            info.proposer == covey_mls_own_leaf(d->group)) {
            covey_member_id target = covey_id_of(info.identity);

            if (covey_same_member(&target, &d->operation.member)) return true;
        }
    }
    return false;
}

int covey_propose_again(covey_device *d)
{
    if (d->operation.step != COVEY_STEP_PROPOSED || has_proposed_removal(d)) {
        return COVEY_OK;
    }
    int err = covey_propose_removal(d, &d->operation.member);
    if (err == COVEY_ERR_RANDOM || err == COVEY_ERR_PORT) return err;
    if (err && err != COVEY_ERR_CAPACITY) covey_operation_end(d, err);
    return COVEY_OK;
}

/* The watch only: whoever commits has fresh keys by that. */
int covey_propose_update(covey_device *d)
{
    uint8_t seed[COVEY_MLS_SIGN_SEED_SIZE];
    const covey_mls_renewal renewal = {.sign_seed = seed};
    const covey_mls_change change = {.kind = COVEY_MLS_UPDATE};
    uint64_t epoch = covey_mls_epoch(d->group) + 1;

    if (!covey_is_wearer(d) || d->self.state != COVEY_DEVICE_MEMBER ||
        d->self.update_epoch == epoch ||
        covey_count(d) - d->self.update_taken < COVEY_UPDATE_EVERY) {
        return COVEY_OK;
    }
    int err = covey_random_fill(&d->random, seed, sizeof seed);
    if (!err) err = propose(d, &change, &renewal);
    covey_wipe(seed, sizeof seed);
    if (err == COVEY_ERR_RANDOM || err == COVEY_ERR_PORT) return err;
    if (err == COVEY_ERR_CAPACITY) return COVEY_OK; /* when there is room */
    d->self.update_epoch = epoch;
    covey_touch(d, COVEY_SLOT_SELF);
    return COVEY_OK;
}
