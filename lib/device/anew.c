#include "device/anew.h"

#include <covey/error.h>

#include "device/fields.h"
#include "device/move.h"
#include "device/repost.h"

/* Nothing stands that the log does not have. One's own Update is kept, for a
 * commit that took it up: covey_unmet. */
static void forget_proposals(covey_device *d)
{
    size_t at = 0;

    while (at < covey_mls_num_proposals(d->group)) {
        covey_mls_change_info proposal;

        if (covey_mls_proposal(d->group, at, &proposal) != COVEY_OK) return;
        const covey_mls_ref ref = proposal.ref;
        bool is_own_update = proposal.kind == COVEY_MLS_UPDATE &&
                             proposal.proposer == covey_mls_own_leaf(d->group);

        if (is_own_update ||
            covey_mls_forget_proposal(d->group, &ref) != COVEY_OK) {
            at++;
        }
    }
}

/* One's own commit may have been read by others already: it stays, and is sent
 * again as it was when nobody's comes first. */
static void post_again(covey_device *d)
{
    if (d->committer == NULL) return;
    d->committer->is_placed = false;
    d->committer->is_of_lost = d->committer->commit_len != 0;
    d->committer->num_proposals = 0;
    covey_touch(d, COVEY_SLOT_OPERATION);
    covey_repost_begin(d);
}

/* What the watch was asked before is not covered by what it says now. */
static void boot_again(covey_device *d)
{
    if (d->boot == COVEY_BOOT_DONE && covey_is_wearer(d) &&
        d->self.state == COVEY_DEVICE_MEMBER) {
        d->boot = COVEY_BOOT_NEEDED;
    }
}

void covey_anew_begin(covey_device *d, uint64_t origin)
{
    covey_note note = {.kind = COVEY_EVENT_RELAY,
                       .operation = (uint8_t)COVEY_RELAY_LOST};

    covey_log_begin_anew(&d->log, origin);
    d->log.begun = covey_count(d);
    d->next_index = 0;
    forget_proposals(d);
    post_again(d);
    covey_outbox_unseal(&d->outbox);
    boot_again(d);
    d->is_at_head = false;
    d->channels[COVEY_CHANNEL_EPOCH].due = covey_move_when(d);
    d->relay_state = (uint8_t)COVEY_RELAY_LOST;
    covey_notes_add(&d->notes, &note);
    covey_touch(d, COVEY_SLOT_SELF);
    covey_touch(d, COVEY_SLOT_GROUP);
    covey_touch(d, COVEY_SLOT_LOG);
    covey_touch(d, COVEY_SLOT_OUTBOX);
}

uint64_t covey_anew_alone_until(const covey_device *d)
{
    return d->log.begun + COVEY_ALONE_FOR;
}

/* Who has spoken since is not in another epoch. */
static bool has_heard_all_guardians(const covey_device *d)
{
    for (size_t i = 0; i < d->peers.num; i++) {
        const covey_peer *peer = &d->peers.items[i];
        const covey_roster_member *member =
            covey_roster_find(&d->roster, covey_member_id_bytes(&peer->id));

        if (member != NULL && member->role == COVEY_ROLE_GUARDIAN &&
            !covey_same_member(&peer->id, &d->self.id) &&
            peer->heard < d->log.begun) {
            return false;
        }
    }
    return true;
}

bool covey_anew_is_alone(const covey_device *d)
{
    return d->log.is_anew && covey_count(d) < covey_anew_alone_until(d) &&
           !has_heard_all_guardians(d);
}

bool covey_anew_is_of_lost_log(const covey_device *d,
                               const covey_seen_claim *claim)
{
    return d->log.is_anew &&
           (claim->count == 0 || claim->count != d->log.seen.count ||
            covey_seen_judge(&d->log.seen, claim) != COVEY_SEEN_MATCH);
}

bool covey_anew_is_own_of_lost_log(const covey_device *d)
{
    const covey_committer *c = d->committer;

    return d->log.is_anew && (c->is_of_lost || c->seen_count == 0 ||
                              c->seen_count != d->log.seen.count);
}

void covey_anew_go_on(covey_device *d, bool is_of_lost)
{
    d->log.is_anew = is_of_lost;
}
