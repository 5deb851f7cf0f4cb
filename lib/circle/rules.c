#include "circle/rules.h"

#include <covey/error.h>

#include "circle/standing.h"
#include "circle/succession.h"

/* What the rules look at: who is in the circle before, and after. */
typedef struct {
    const covey_mls_group *group;
    const covey_mls_staged *staged;
    covey_mls_staged_info_data info;
    covey_roster before;
    covey_roster after;
    covey_standing standing; /* before */
    const covey_roster_member *committer;
    size_t num_removes;
} judgement;

/* The member at a leaf of the next epoch. */
static bool staged_member(const covey_mls_staged *staged, uint32_t leaf,
                          covey_mls_member_info *info)
{
    uint32_t after = leaf == 0 ? COVEY_MLS_NO_LEAF : leaf - 1;

    return leaf != COVEY_MLS_NO_LEAF &&
           covey_mls_staged_next_member(staged, after, info) &&
           info->leaf == leaf;
}

/* The commit's change number `at`; false behind the last. */
static bool change_at(const judgement *j, size_t at,
                      covey_mls_change_info *change)
{
    return at < j->info.num_changes &&
           covey_mls_staged_change(j->group, j->staged, at, change) == COVEY_OK;
}

/* ---- one change of a commit ---- */

/* The Add by which the commit brings a member in; false when there is
 * none. */
static bool find_add(const judgement *j, covey_bytes id,
                     covey_mls_change_info *add)
{
    for (size_t i = 0; change_at(j, i, add); i++) {
        if (add->kind == COVEY_MLS_ADD && covey_bytes_same(add->identity, id)) {
            return true;
        }
    }
    return false;
}

/* A guardian's device goes when two have signed who count: the wearer, the
 * target's own person, or a guardian who votes has asked for it, and somebody
 * else commits it, who votes in the last case. A person's own other device
 * goes at once. By value the proposer is the committer. */
static bool may_remove_guardian(const judgement *j,
                                const covey_roster_member *proposer,
                                const covey_roster_member *target)
{
    if (target->person == j->committer->person) return true;
    if (proposer->role == COVEY_ROLE_WEARER ||
        proposer->person == target->person) {
        return true;
    }
    return proposer->person != j->committer->person && j->committer->votes == 1;
}

static bool may_remove(const judgement *j, const covey_mls_change_info *change)
{
    const covey_roster_member *target =
        covey_standing_entry(&j->standing, change->leaf);
    const covey_roster_member *proposer =
        covey_standing_entry(&j->standing, change->proposer);
    covey_mls_change_info add;

    if (target == NULL || proposer == NULL) return false;
    if (change->by_reference && !covey_may_propose_remove(proposer, target)) {
        return false;
    }
    switch (target->role) {
    /* The watch asks to go itself, or comes back under its old identity. */
    case COVEY_ROLE_WEARER:
        return change->by_reference ||
               find_add(j, covey_member_id_bytes(&target->id), &add);
    case COVEY_ROLE_GUARDIAN: return may_remove_guardian(j, proposer, target);
    default: return true;
    }
}

/* Whoever comes back holds the signature key of the member that goes: the
 * identity, and the vote with it, is nobody else's to give. */
static bool may_come_back(const judgement *j, const covey_mls_change_info *add)
{
    covey_mls_change_info change;
    covey_mls_member_info old;
    covey_mls_member_info new;

    if (!staged_member(j->staged, add->leaf, &new)) return false;
    for (size_t i = 0; change_at(j, i, &change); i++) {
        if (change.kind != COVEY_MLS_REMOVE ||
            !covey_bytes_same(change.identity, add->identity)) {
            continue;
        }
        uint32_t after = change.leaf == 0 ? COVEY_MLS_NO_LEAF : change.leaf - 1;
        return covey_mls_next_member(j->group, after, &old) &&
               old.leaf == change.leaf &&
               covey_bytes_same(old.signature_key, new.signature_key);
    }
    return false;
}

/* A member that is new, or comes back in the commit that takes it out. */
static bool may_add(const judgement *j, const covey_mls_change_info *change)
{
    if (change->by_reference || change->identity.len != COVEY_MEMBER_ID_SIZE) {
        return false;
    }
    return covey_roster_find(&j->before, change->identity) == NULL ||
           may_come_back(j, change);
}

static bool is_allowed(judgement *j, const covey_mls_change_info *change)
{
    switch (change->kind) {
    case COVEY_MLS_ADD: return may_add(j, change);
    case COVEY_MLS_UPDATE:
        return covey_bytes_same(change->identity,
                                covey_standing_identity(j->group,
                                                        change->leaf));
    case COVEY_MLS_REMOVE: j->num_removes++; return may_remove(j, change);
    /* Only where nobody is who might not know it: the newborn group. */
    case COVEY_MLS_PSK: return covey_mls_num_members(j->group) == 1;
    case COVEY_MLS_EXTENSIONS: return !change->by_reference;
    }
    return false;
}

static int judge_changes(judgement *j)
{
    for (size_t i = 0; i < j->info.num_changes; i++) {
        covey_mls_change_info change;

        if (!change_at(j, i, &change) || !is_allowed(j, &change)) {
            return COVEY_ERR_PERMISSION;
        }
    }
    return COVEY_OK;
}

/* ---- what a commit may not leave out ---- */

/* Whether the commit does what was wanted: for an Update also by removing
 * the leaf, for a Remove also by another's. */
static bool is_taken_up(const judgement *j, const covey_mls_change_info *wanted)
{
    covey_mls_change_info change;

    for (size_t i = 0; change_at(j, i, &change); i++) {
        if (change.leaf == wanted->leaf &&
            (change.kind == COVEY_MLS_REMOVE || change.kind == wanted->kind)) {
            return true;
        }
    }
    return false;
}

/* Whose removal binds is not brought back by the commit that does it, or it
 * would have done nothing. But a guardian who votes may, when the wearer asked
 * for a guardian's: two have signed that he comes back. */
static bool may_return(const judgement *j, const covey_mls_change_info *wanted)
{
    const covey_roster_member *target =
        covey_standing_entry(&j->standing, wanted->leaf);
    const covey_roster_member *proposer =
        covey_standing_entry(&j->standing, wanted->proposer);

    return target != NULL && proposer != NULL &&
           target->role == COVEY_ROLE_GUARDIAN &&
           proposer->role == COVEY_ROLE_WEARER && j->committer->votes == 1;
}

static bool is_done(const judgement *j, const covey_mls_change_info *wanted)
{
    return is_taken_up(j, wanted) &&
           (wanted->kind != COVEY_MLS_REMOVE || may_return(j, wanted) ||
            covey_roster_find(&j->after, wanted->identity) == NULL);
}

/* Removes and Updates that stand before the commit in the log are in it: its
 * committer cannot overlook them, nor commit past his own removal. */
static int judge_omissions(const judgement *j)
{
    if (covey_standing_blocks(&j->standing, j->info.committer)) {
        return COVEY_ERR_PERMISSION;
    }
    for (size_t i = 0; i < covey_mls_num_proposals(j->group); i++) {
        covey_mls_change_info wanted;

        if (!covey_standing_at(&j->standing, i, &wanted) ||
            !covey_standing_binds(&j->standing, &wanted)) {
            continue;
        }
        /* A committer's path is newer than his own Update. */
        if (wanted.kind == COVEY_MLS_UPDATE &&
            wanted.leaf == j->info.committer) {
            continue;
        }
        if (!is_done(j, &wanted)) return COVEY_ERR_PERMISSION;
    }
    return COVEY_OK;
}

/* ---- the roster ---- */

/* Each leaf has its entry, and each entry its leaf. */
static int match_members(const covey_mls_staged *staged,
                         const covey_roster *roster)
{
    covey_mls_member_info member = {.leaf = COVEY_MLS_NO_LEAF};
    size_t num = 0;

    while (covey_mls_staged_next_member(staged, member.leaf, &member)) {
        covey_mls_member_info other = {.leaf = member.leaf};

        if (covey_roster_find(roster, member.identity) == NULL) {
            return COVEY_ERR_ROSTER;
        }
        while (covey_mls_staged_next_member(staged, other.leaf, &other)) {
            if (covey_bytes_same(member.identity, other.identity)) {
                return COVEY_ERR_ROSTER;
            }
        }
        num++;
    }
    return num == roster->num_members ? COVEY_OK : COVEY_ERR_ROSTER;
}

/* A commit that removes carries nothing but the roster change that it
 * forces, and the same member coming back: the removed can still read it. */
static int judge_roster(const judgement *j)
{
    int err = match_members(j->staged, &j->after);

    if (err) return err;
    return covey_roster_may_follow(&j->before, &j->after, j->committer) &&
                   (j->num_removes == 0 ||
                    covey_roster_only_shrinks(&j->before, &j->after))
               ? COVEY_OK
               : COVEY_ERR_PERMISSION;
}

/* ---- the whole ---- */

/* The committer is a guardian and renews its keys; its leaf stays its own,
 * whatever keys the path brings. */
static int judge_committer(const judgement *j)
{
    covey_mls_member_info info;

    if (j->committer == NULL) return COVEY_ERR_ROSTER;
    return j->committer->role == COVEY_ROLE_GUARDIAN && j->info.has_path &&
                   staged_member(j->staged, j->info.committer, &info) &&
                   covey_bytes_same(info.identity,
                                    covey_member_id_bytes(&j->committer->id))
               ? COVEY_OK
               : COVEY_ERR_PERMISSION;
}

static int judge(judgement *j)
{
    int err = covey_mls_staged_info(j->staged, &j->info);

    if (!err) err = covey_roster_of(&j->before, covey_mls_extensions(j->group));
    if (!err) {
        err =
            covey_roster_of(&j->after, covey_mls_staged_extensions(j->staged));
    }
    if (err) return err;
    j->committer = covey_standing_entry(&j->standing, j->info.committer);
    err = judge_committer(j);
    if (!err) err = judge_changes(j);
    if (!err) err = judge_omissions(j);
    if (!err) err = judge_roster(j);
    return err;
}

int covey_rules_commit(const covey_mls_group *group,
                       const covey_mls_staged *staged,
                       const covey_rules_unmet *unmet)
{
    judgement j;

    memset(&j, 0, sizeof j);
    j.group = group;
    j.staged = staged;
    j.standing = (covey_standing){group, &j.before, unmet};
    return judge(&j);
}

int covey_rules_welcome(const covey_mls_staged *staged, covey_bytes own_id,
                        covey_role role)
{
    covey_mls_staged_info_data info;
    covey_mls_member_info sender;
    covey_roster roster;
    int err = covey_mls_staged_info(staged, &info);

    if (!err) {
        err = covey_roster_of(&roster, covey_mls_staged_extensions(staged));
    }
    if (!err) err = match_members(staged, &roster);
    if (err) return err;
    if (!staged_member(staged, info.committer, &sender))
        return COVEY_ERR_ROSTER;

    const covey_roster_member *by = covey_roster_find(&roster, sender.identity);
    const covey_roster_member *own = covey_roster_find(&roster, own_id);

    return by != NULL && by->role == COVEY_ROLE_GUARDIAN && own != NULL &&
                   own->role == (uint8_t)role
               ? COVEY_OK
               : COVEY_ERR_ROSTER;
}
