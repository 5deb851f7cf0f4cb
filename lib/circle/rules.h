/*
 * Who may propose and commit what. Everything here is decided from the
 * group's own state, signatures and the order of the log, so that every
 * member decides alike. SPEC.md section 2.4.
 *
 * A member's own proposals are in its group's cache as soon as they are made.
 * They stand for the others from where the log has them: until a member has
 * met its own there, it names them as unmet, or it would refuse a commit that
 * came first and that all others take.
 *
 * A circle has at most COVEY_ROSTER_MEMBERS_MAX members. A build that holds
 * as many can therefore take COVEY_ERR_CAPACITY of covey_mls_stage for a
 * refusal that all members share.
 */
#ifndef COVEY_CIRCLE_RULES_H
#define COVEY_CIRCLE_RULES_H

#include <covey/mls.h>

#include "circle/roster.h"

/* Own proposals that the log has not brought back yet. */
typedef struct {
    const covey_mls_ref *refs;
    size_t num;
} covey_rules_unmet;

/* Whether a proposal that covey_mls_receive_proposal has just given, or
 * covey_mls_propose has made, may stand in this circle. When not, forget it.
 * unmet: NULL for none. COVEY_ERR_PERMISSION, COVEY_ERR_ROSTER. */
int covey_rules_proposal(const covey_mls_group *group,
                         const covey_mls_change_info *proposal,
                         const covey_rules_unmet *unmet);

/* Whether a staged commit, of another or one's own, may end the epoch. Also
 * asked when staging failed privately. COVEY_ERR_PERMISSION,
 * COVEY_ERR_ROSTER. */
int covey_rules_commit(const covey_mls_group *group,
                       const covey_mls_staged *staged,
                       const covey_rules_unmet *unmet);

/* Whether a staged Welcome leads into a circle that is one: each leaf has
 * its entry and each entry its leaf, a guardian has sent it, and its own
 * entry has this role. COVEY_ERR_ROSTER. */
int covey_rules_welcome(const covey_mls_staged *staged, covey_bytes own_id,
                        covey_role role);

#endif
