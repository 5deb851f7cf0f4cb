/*
 * Who may propose and commit what. Everything here is decided from the
 * group's own state, signatures and the order of the log, so that every
 * member decides alike. SPEC.md section 2.4.
 */
#ifndef COVEY_CIRCLE_RULES_H
#define COVEY_CIRCLE_RULES_H

#include <covey/mls.h>

#include "circle/roster.h"

/* Whether a proposal that covey_mls_receive_proposal has just given may
 * stand in this circle. When not, forget it. COVEY_ERR_PERMISSION,
 * COVEY_ERR_ROSTER. */
int covey_rules_proposal(const covey_mls_group *group,
                         const covey_mls_change_info *proposal);

/* Whether a staged commit, of another or one's own, may end the epoch. Also
 * asked when staging failed privately. COVEY_ERR_PERMISSION,
 * COVEY_ERR_ROSTER, COVEY_ERR_CAPACITY. */
int covey_rules_commit(const covey_mls_group *group,
                       const covey_mls_staged *staged);

/* Whether a staged Welcome leads into a circle that is one: each leaf has
 * its entry and each entry its leaf, and its own entry has this role.
 * COVEY_ERR_ROSTER, COVEY_ERR_CAPACITY. */
int covey_rules_welcome(const covey_mls_staged *staged, covey_bytes own_id,
                        covey_role role);

#endif
