#include "circle/standing.h"

#include <covey/error.h>

covey_bytes covey_standing_identity(const covey_mls_group *group, uint32_t leaf)
{
    covey_mls_member_info info;
    uint32_t after = leaf == 0 ? COVEY_MLS_NO_LEAF : leaf - 1;

    if (leaf != COVEY_MLS_NO_LEAF &&
        covey_mls_next_member(group, after, &info) && info.leaf == leaf) {
        return info.identity;
    }
    return covey_bytes_of(NULL, 0);
}

const covey_roster_member *covey_standing_entry(const covey_standing *s,
                                                uint32_t leaf)
{
    return covey_roster_find(s->roster,
                             covey_standing_identity(s->group, leaf));
}

static bool same_ref(const covey_mls_ref *a, const covey_mls_ref *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool covey_standing_at(const covey_standing *s, size_t at,
                       covey_mls_change_info *proposal)
{
    if (covey_mls_proposal(s->group, at, proposal) != COVEY_OK) return false;
    for (size_t i = 0; s->unmet != NULL && i < s->unmet->num; i++) {
        if (same_ref(&s->unmet->refs[i], &proposal->ref)) return false;
    }
    return true;
}

/* For guardians: the target's person, another person who votes, or the
 * wearer. For the others: any guardian, themselves; the wearer also for
 * carers and friends. Nobody but the watch itself asks for the watch's. */
bool covey_may_propose_remove(const covey_roster_member *proposer,
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

/* One guardian's wish about another binds nobody: who commits it is the
 * second to sign, and does so freely. If it bound, two who wish each other
 * away would end the circle. */
bool covey_standing_binds(const covey_standing *s,
                          const covey_mls_change_info *proposal)
{
    const covey_roster_member *proposer =
        covey_standing_entry(s, proposal->proposer);
    const covey_roster_member *target = covey_standing_entry(s, proposal->leaf);

    if (proposal->kind != COVEY_MLS_REMOVE) return true;
    return proposer == NULL || target == NULL ||
           target->role != COVEY_ROLE_GUARDIAN ||
           proposer->role == COVEY_ROLE_WEARER ||
           proposer->person == target->person;
}

/* Whether this one proposal keeps the member from committing. The wearer
 * means a person, who would otherwise go on with another phone. */
static bool blocks(const covey_standing *s,
                   const covey_mls_change_info *proposal, uint32_t leaf)
{
    if (proposal->kind != COVEY_MLS_REMOVE ||
        !covey_standing_binds(s, proposal)) {
        return false;
    }
    if (proposal->leaf == leaf) return true;

    const covey_roster_member *proposer =
        covey_standing_entry(s, proposal->proposer);
    const covey_roster_member *target = covey_standing_entry(s, proposal->leaf);
    const covey_roster_member *member = covey_standing_entry(s, leaf);

    return proposer != NULL && target != NULL && member != NULL &&
           proposer->role == COVEY_ROLE_WEARER &&
           target->person == member->person;
}

bool covey_standing_blocks(const covey_standing *s, uint32_t leaf)
{
    for (size_t i = 0; i < covey_mls_num_proposals(s->group); i++) {
        covey_mls_change_info proposal;

        if (covey_standing_at(s, i, &proposal) && blocks(s, &proposal, leaf)) {
            return true;
        }
    }
    return false;
}

/* ---- a proposal that comes ---- */

/* Somebody must be left who can commit. */
static bool leaves_a_guardian(const covey_standing *s,
                              const covey_mls_change_info *proposal)
{
    covey_mls_member_info member = {.leaf = COVEY_MLS_NO_LEAF};

    while (covey_mls_next_member(s->group, member.leaf, &member)) {
        const covey_roster_member *entry =
            covey_roster_find(s->roster, member.identity);

        if (entry != NULL && entry->role == COVEY_ROLE_GUARDIAN &&
            !blocks(s, proposal, member.leaf) &&
            !covey_standing_blocks(s, member.leaf)) {
            return true;
        }
    }
    return false;
}

/* Proposals that share the same places; the wearer's one Update is apart. */
typedef enum {
    OF_WEARER,
    UPDATING,
    LEAVING,
    WISHING,
    NUM_PLACES
} kind_of_place;

static const uint8_t num_places[NUM_PLACES] = {
    [OF_WEARER] = COVEY_STANDING_WEARER_MAX,
    [UPDATING] = COVEY_STANDING_UPDATES_MAX,
    [LEAVING] = COVEY_STANDING_LEAVING_MAX,
    [WISHING] = COVEY_STANDING_WISHES_MAX,
};

static kind_of_place place_of(const covey_standing *s,
                              const covey_mls_change_info *proposal,
                              const covey_roster_member *proposer)
{
    const covey_roster_member *target = covey_standing_entry(s, proposal->leaf);

    if (proposer->role == COVEY_ROLE_WEARER) return OF_WEARER;
    if (proposal->kind == COVEY_MLS_UPDATE) return UPDATING;
    return target != NULL && target->person == proposer->person ? LEAVING
                                                                : WISHING;
}

/* Says nothing that this person has said before, and finds room. */
static bool is_new(const covey_standing *s,
                   const covey_mls_change_info *proposal,
                   const covey_roster_member *proposer)
{
    kind_of_place place = place_of(s, proposal, proposer);
    size_t num = 0;

    for (size_t i = 0; i < covey_mls_num_proposals(s->group); i++) {
        covey_mls_change_info other;

        if (!covey_standing_at(s, i, &other) ||
            same_ref(&other.ref, &proposal->ref) ||
            other.kind != proposal->kind) {
            continue;
        }
        const covey_roster_member *who =
            covey_standing_entry(s, other.proposer);

        if (who == NULL || place_of(s, &other, who) != place) continue;
        if (who->person == proposer->person &&
            (place == WISHING || other.leaf == proposal->leaf)) {
            return false;
        }
        num++;
    }
    return num < num_places[place];
}

static bool may_stand(const covey_standing *s,
                      const covey_mls_change_info *proposal,
                      const covey_roster_member *proposer)
{
    const covey_roster_member *target = covey_standing_entry(s, proposal->leaf);

    switch (proposal->kind) {
    case COVEY_MLS_UPDATE:
        return covey_bytes_same(proposal->identity,
                                covey_member_id_bytes(&proposer->id));
    case COVEY_MLS_REMOVE:
        return target != NULL && covey_may_propose_remove(proposer, target) &&
               (target->role != COVEY_ROLE_GUARDIAN ||
                leaves_a_guardian(s, proposal));
    default: return false;
    }
}

int covey_rules_proposal(const covey_mls_group *group,
                         const covey_mls_change_info *proposal,
                         const covey_rules_unmet *unmet)
{
    covey_roster roster;
    const covey_standing s = {group, &roster, unmet};
    int err = covey_roster_of(&roster, covey_mls_extensions(group));

    if (err) return err;
    const covey_roster_member *proposer =
        covey_standing_entry(&s, proposal->proposer);
    if (proposer == NULL) return COVEY_ERR_ROSTER;
    return may_stand(&s, proposal, proposer) && is_new(&s, proposal, proposer)
               ? COVEY_OK
               : COVEY_ERR_PERMISSION;
}
