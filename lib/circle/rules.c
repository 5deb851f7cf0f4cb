#include "circle/rules.h"

#include <covey/error.h>

/* What the rules look at: who is in the circle before, and after. */
typedef struct {
    const covey_mls_group *group;
    const covey_mls_staged *staged;
    covey_mls_staged_info_data info;
    covey_roster before;
    covey_roster after;
    const covey_roster_member *committer;
    size_t num_adds;
    size_t num_removes;
} judgement;

static bool same_id(covey_bytes a, const covey_member_id *b)
{
    return covey_bytes_same(a, covey_member_id_bytes(b));
}

/* The identity at a leaf of the present epoch; empty when there is none. */
static covey_bytes identity_at(const covey_mls_group *group, uint32_t leaf)
{
    covey_mls_member_info info;
    uint32_t after = leaf == 0 ? COVEY_MLS_NO_LEAF : leaf - 1;

    if (covey_mls_next_member(group, after, &info) && info.leaf == leaf) {
        return info.identity;
    }
    return covey_bytes_of(NULL, 0);
}

static const covey_roster_member *entry_at(const covey_mls_group *group,
                                           const covey_roster *roster,
                                           uint32_t leaf)
{
    return covey_roster_find(roster, identity_at(group, leaf));
}

/* ---- who may ask for a removal ---- */

/* For guardians: the target's person, another person who votes, or the
 * wearer. For the others: any guardian, themselves; the wearer also for
 * carers and friends. Nobody but the watch itself asks for the watch's. */
static bool may_propose_remove(const covey_roster_member *proposer,
                               const covey_roster_member *target)
{
    if (proposer->person == target->person) return true;
    switch (target->role) {
    case COVEY_ROLE_WEARER: return false;
    case COVEY_ROLE_GUARDIAN:
        return proposer->role == COVEY_ROLE_WEARER || proposer->votes == 1;
    default:
        return proposer->role == COVEY_ROLE_WEARER ||
               proposer->role == COVEY_ROLE_GUARDIAN;
    }
}

int covey_rules_proposal(const covey_mls_group *group,
                         const covey_mls_change_info *proposal)
{
    covey_roster roster;
    int err = covey_roster_of(&roster, covey_mls_extensions(group));

    if (err) return err;
    const covey_roster_member *proposer =
        entry_at(group, &roster, proposal->proposer);
    const covey_roster_member *target =
        entry_at(group, &roster, proposal->leaf);
    if (proposer == NULL) return COVEY_ERR_ROSTER;
    switch (proposal->kind) {
    case COVEY_MLS_UPDATE:
        return same_id(proposal->identity, &proposer->id)
                   ? COVEY_OK
                   : COVEY_ERR_PERMISSION;
    case COVEY_MLS_REMOVE:
        return target != NULL && may_propose_remove(proposer, target)
                   ? COVEY_OK
                   : COVEY_ERR_PERMISSION;
    default: return COVEY_ERR_PERMISSION;
    }
}

/* ---- one change of a commit ---- */

static bool adds_again(const judgement *j, const covey_member_id *id)
{
    covey_mls_change_info change;

    for (size_t i = 0; i < j->info.num_changes; i++) {
        if (covey_mls_staged_change(j->group, j->staged, i, &change) ==
                COVEY_OK &&
            change.kind == COVEY_MLS_ADD && same_id(change.identity, id)) {
            return true;
        }
    }
    return false;
}

/* A guardian's device goes only when somebody else than the committer has
 * asked for it; a person's own other device at once. */
static bool may_remove(const judgement *j, const covey_mls_change_info *change)
{
    const covey_roster_member *target =
        entry_at(j->group, &j->before, change->leaf);
    const covey_roster_member *proposer =
        entry_at(j->group, &j->before, change->proposer);

    if (target == NULL || proposer == NULL) return false;
    if (change->by_reference) {
        if (!may_propose_remove(proposer, target)) return false;
        return target->role != COVEY_ROLE_GUARDIAN ||
               target->person == j->committer->person ||
               proposer->person != j->committer->person;
    }
    switch (target->role) {
    /* The watch comes back under its old identity, or asks to go itself. */
    case COVEY_ROLE_WEARER: return adds_again(j, &target->id);
    case COVEY_ROLE_GUARDIAN: return target->person == j->committer->person;
    default: return true;
    }
}

/* A member that is new, or comes back in the commit that takes it out. */
static bool may_add(const judgement *j, const covey_mls_change_info *change)
{
    covey_mls_change_info other;

    if (change->identity.len != COVEY_MEMBER_ID_SIZE ||
        covey_roster_find(&j->after, change->identity) == NULL) {
        return false;
    }
    if (covey_roster_find(&j->before, change->identity) == NULL) return true;
    for (size_t i = 0; i < j->info.num_changes; i++) {
        if (covey_mls_staged_change(j->group, j->staged, i, &other) ==
                COVEY_OK &&
            other.kind == COVEY_MLS_REMOVE &&
            covey_bytes_same(other.identity, change->identity)) {
            return true;
        }
    }
    return false;
}

static int judge_change(judgement *j, const covey_mls_change_info *change)
{
    bool allowed = false;

    switch (change->kind) {
    case COVEY_MLS_ADD:
        j->num_adds++;
        allowed = !change->by_reference && may_add(j, change);
        break;
    case COVEY_MLS_UPDATE:
        allowed = covey_bytes_same(change->identity,
                                   identity_at(j->group, change->leaf));
        break;
    case COVEY_MLS_REMOVE:
        j->num_removes++;
        allowed = may_remove(j, change);
        break;
    /* Only where nobody is who might not know it: the newborn group. */
    case COVEY_MLS_PSK: allowed = covey_mls_num_members(j->group) == 1; break;
    case COVEY_MLS_EXTENSIONS: allowed = !change->by_reference; break;
    }
    return allowed ? COVEY_OK : COVEY_ERR_PERMISSION;
}

static int judge_changes(judgement *j)
{
    int err = COVEY_OK;

    for (size_t i = 0; !err && i < j->info.num_changes; i++) {
        covey_mls_change_info change;

        err = covey_mls_staged_change(j->group, j->staged, i, &change);
        if (!err) err = judge_change(j, &change);
    }
    return err;
}

/* ---- what a commit may not leave out ---- */

static bool is_listed(const judgement *j, const covey_mls_change_info *wanted)
{
    for (size_t i = 0; i < j->info.num_changes; i++) {
        covey_mls_change_info change;

        if (covey_mls_staged_change(j->group, j->staged, i, &change) !=
            COVEY_OK) {
            return false;
        }
        /* The proposal itself; for an Update also a Remove or a later
         * Update of the same leaf. */
        if (change.leaf == wanted->leaf && change.leaf != COVEY_MLS_NO_LEAF &&
            (change.kind == COVEY_MLS_REMOVE ||
             (change.kind == COVEY_MLS_UPDATE &&
              wanted->kind == COVEY_MLS_UPDATE))) {
            return true;
        }
    }
    return false;
}

/* Removes and Updates that stand before the commit in the log are in it:
 * its committer cannot overlook them, nor commit past his own removal. */
static int judge_omissions(const judgement *j)
{
    for (size_t i = 0; i < covey_mls_num_proposals(j->group); i++) {
        covey_mls_change_info wanted;

        if (covey_mls_proposal(j->group, i, &wanted) != COVEY_OK) {
            return COVEY_ERR_PERMISSION;
        }
        /* A committer's path is newer than his own Update. */
        if (wanted.kind == COVEY_MLS_UPDATE &&
            wanted.leaf == j->info.committer) {
            continue;
        }
        if (!is_listed(j, &wanted)) return COVEY_ERR_PERMISSION;
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

/* A new entry: the committer's own other phone, or a person who was not in
 * the circle before, and whose vote does not count yet. */
static bool entry_may_come(const judgement *j, const covey_roster_member *entry)
{
    if (entry->role == COVEY_ROLE_WEARER) {
        for (size_t i = 0; i < j->before.num_members; i++) {
            if (j->before.members[i].role == COVEY_ROLE_WEARER) return false;
        }
        return true;
    }
    if (entry->person == j->committer->person) return true;
    return entry->person >= j->before.next_person && entry->votes == 0;
}

static bool entry_may_stay(const covey_roster_member *before,
                           const covey_roster_member *after)
{
    return before->person == after->person && before->role == after->role &&
           before->votes == after->votes;
}

static bool documents_may_change(const covey_roster *before,
                                 const covey_roster *after)
{
    for (size_t i = 0; i < before->num_documents; i++) {
        const covey_roster_document *old = &before->documents[i];
        const covey_roster_document *new = NULL;

        for (size_t k = 0; k < after->num_documents; k++) {
            if (after->documents[k].kind == old->kind) {
                new = &after->documents[k];
            }
        }
        if (new == NULL || new->version < old->version ||
            (new->version ==
             old->version &&memcmp(new->hash, old->hash, sizeof old->hash) !=
             0)) {
            return false;
        }
    }
    return true;
}

/* Two who vote must agree to an announcement's end; until then none comes
 * and none goes. */
static bool announcements_same(const covey_roster *a, const covey_roster *b)
{
    if (a->num_announcements != b->num_announcements) return false;
    for (size_t i = 0; i < a->num_announcements; i++) {
        if (a->announcements[i].kind != b->announcements[i].kind ||
            !same_id(covey_member_id_bytes(&a->announcements[i].target),
                     &b->announcements[i].target) ||
            !same_id(covey_member_id_bytes(&a->announcements[i].by),
                     &b->announcements[i].by)) {
            return false;
        }
    }
    return true;
}

/* A commit that removes carries nothing but the roster change that it
 * forces, and the same member coming back: the removed can still read it. */
static bool is_only_removal(const judgement *j)
{
    const covey_roster *before = &j->before;
    const covey_roster *after = &j->after;

    if (j->num_adds > j->num_removes ||
        before->next_person != after->next_person ||
        before->num_documents != after->num_documents ||
        before->relays_len != after->relays_len ||
        memcmp(before->relays, after->relays, before->relays_len) != 0 ||
        before->num_members + j->num_adds !=
            after->num_members + j->num_removes) {
        return false;
    }
    for (size_t i = 0; i < before->num_documents; i++) {
        if (before->documents[i].kind != after->documents[i].kind ||
            before->documents[i].version != after->documents[i].version) {
            return false;
        }
    }
    for (size_t i = 0; i < after->num_members; i++) {
        const covey_roster_member *old =
            covey_roster_find(before,
                              covey_member_id_bytes(&after->members[i].id));

        if (old == NULL || old->expires_h != after->members[i].expires_h) {
            return false;
        }
    }
    return true;
}

static int judge_roster(const judgement *j)
{
    int err = match_members(j->staged, &j->after);

    if (err) return err;
    for (size_t i = 0; i < j->after.num_members; i++) {
        const covey_roster_member *entry = &j->after.members[i];
        const covey_roster_member *old =
            covey_roster_find(&j->before, covey_member_id_bytes(&entry->id));

        if (old != NULL ? !entry_may_stay(old, entry)
                        : !entry_may_come(j, entry)) {
            return COVEY_ERR_PERMISSION;
        }
    }
    if (j->after.next_person < j->before.next_person ||
        !documents_may_change(&j->before, &j->after) ||
        !announcements_same(&j->before, &j->after)) {
        return COVEY_ERR_PERMISSION;
    }
    if (j->num_removes != 0 && !is_only_removal(j)) return COVEY_ERR_PERMISSION;
    return COVEY_OK;
}

/* The path's leaf is the committer's own, whatever keys it brings. */
static bool committer_stays(const judgement *j)
{
    covey_mls_member_info info;
    uint32_t leaf = j->info.committer;
    uint32_t after = leaf == 0 ? COVEY_MLS_NO_LEAF : leaf - 1;

    return covey_mls_staged_next_member(j->staged, after, &info) &&
           info.leaf == leaf && same_id(info.identity, &j->committer->id);
}

static int judge(judgement *j, const covey_mls_group *group,
                 const covey_mls_staged *staged)
{
    memset(j, 0, sizeof *j);
    j->group = group;
    j->staged = staged;

    int err = covey_mls_staged_info(staged, &j->info);
    if (!err) err = covey_roster_of(&j->before, covey_mls_extensions(group));
    if (!err) {
        err = covey_roster_of(&j->after, covey_mls_staged_extensions(staged));
    }
    if (err) return err;
    j->committer = entry_at(group, &j->before, j->info.committer);
    if (j->committer == NULL) return COVEY_ERR_ROSTER;
    if (j->committer->role != COVEY_ROLE_GUARDIAN || !j->info.has_path ||
        !committer_stays(j)) {
        return COVEY_ERR_PERMISSION;
    }
    err = judge_changes(j);
    if (!err) err = judge_omissions(j);
    if (!err) err = judge_roster(j);
    return err;
}

int covey_rules_commit(const covey_mls_group *group,
                       const covey_mls_staged *staged)
{
    judgement j;

    return judge(&j, group, staged);
}

int covey_rules_welcome(const covey_mls_staged *staged, covey_bytes own_id,
                        covey_role role)
{
    covey_roster roster;
    int err = covey_roster_of(&roster, covey_mls_staged_extensions(staged));

    if (!err) err = match_members(staged, &roster);
    if (err) return err;
    const covey_roster_member *own = covey_roster_find(&roster, own_id);
    return own != NULL && own->role == (uint8_t)role ? COVEY_OK
                                                     : COVEY_ERR_ROSTER;
}
