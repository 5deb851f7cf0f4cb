/*
 * The relay has lost its store: the log of the epoch is gone, for all members,
 * and begins anew. SPEC.md section 6.15.
 */
#ifndef COVEY_DEVICE_ANEW_H
#define COVEY_DEVICE_ANEW_H

#include "device/device.h"

/* The answers are of another store than before. */
void covey_anew_begin(covey_device *d, uint64_t origin);

/* Whether others may be in another epoch, whose commit was lost before this
 * device had read it: no commit is made yet. */
bool covey_anew_is_alone(const covey_device *d);

/* Until when, of the count, that is so at most. */
uint64_t covey_anew_alone_until(const covey_device *d);

/* Whether a commit that others had read stands in the log again. It claims
 * what the lost log had before it. */
bool covey_anew_is_of_lost_log(const covey_device *d,
                               const covey_seen_claim *claim);

/* The same of one's own. */
bool covey_anew_is_own_of_lost_log(const covey_device *d);

/* In the epoch that such a commit has begun: its log may have been lost too. */
void covey_anew_go_on(covey_device *d, bool is_of_lost);

#endif
