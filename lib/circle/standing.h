/*
 * The proposals that stand in an epoch: permitted, and met in the log before
 * whatever is judged. SPEC.md section 2.4.
 */
#ifndef COVEY_CIRCLE_STANDING_H
#define COVEY_CIRCLE_STANDING_H

#include "circle/rules.h"

/* What may stand at once in one epoch, alike. Together they leave a place in a
 * commit for the roster, and four in the cache: for a member's own that are on
 * their way, and one that comes. Nobody can take the wearer's places, nor those
 * of who leaves without leaving himself. */
#define COVEY_STANDING_WEARER_MAX COVEY_ROSTER_DEVICES_MAX /* its removes */
#define COVEY_STANDING_UPDATES_MAX 2                       /* of others */
#define COVEY_STANDING_LEAVING_MAX 2 /* of others: of their own person */
#define COVEY_STANDING_WISHES_MAX 3  /* of others, about others; one each */

typedef struct {
    const covey_mls_group *group;
    const covey_roster *roster; /* of the present epoch */
    const covey_rules_unmet *unmet;
} covey_standing;

/* The identity at a leaf of the present epoch; empty when there is none. */
covey_bytes covey_standing_identity(const covey_mls_group *group,
                                    uint32_t leaf);

/* The entry of a leaf's member; NULL when there is none. */
const covey_roster_member *covey_standing_entry(const covey_standing *s,
                                                uint32_t leaf);

/* Cached proposal number `at`, below covey_mls_num_proposals; false when it
 * does not stand. */
bool covey_standing_at(const covey_standing *s, size_t at,
                       covey_mls_change_info *proposal);

/* Whether this proposer may ask for this removal at all. */
bool covey_may_propose_remove(const covey_roster_member *proposer,
                              const covey_roster_member *target);

/* Whether a commit has to take up a standing proposal. */
bool covey_standing_binds(const covey_standing *s,
                          const covey_mls_change_info *proposal);

/* Whether what stands keeps a member from committing: its own removal, or
 * the wearer's wish that its person goes. */
bool covey_standing_blocks(const covey_standing *s, uint32_t leaf);

#endif
