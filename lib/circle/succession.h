/*
 * What one epoch's roster may become in the next, by the hand of one
 * committer. SPEC.md section 2.4, points 7 and 8.
 */
#ifndef COVEY_CIRCLE_SUCCESSION_H
#define COVEY_CIRCLE_SUCCESSION_H

#include "circle/roster.h"

/* Whether `after` may follow `before`. */
bool covey_roster_may_follow(const covey_roster *before,
                             const covey_roster *after,
                             const covey_roster_member *committer);

/* Whether nothing differs but members that are gone. */
bool covey_roster_only_shrinks(const covey_roster *before,
                               const covey_roster *after);

#endif
