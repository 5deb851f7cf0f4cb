/*
 * Making a commit: what stands and binds, and what the operation wants.
 */
#ifndef COVEY_DEVICE_COMMIT_H
#define COVEY_DEVICE_COMMIT_H

#include "device/device.h"

/* Whether this guardian has a reason to commit, and may now. */
bool covey_commit_is_due(const covey_device *d);

/* No commit is made or sent before this, of the count. One that does not claim
 * what others have read is skipped by them, and its maker would be in an epoch
 * without them; who has read what may be missing here says so within a day, if
 * he is there. */
uint64_t covey_commit_from(const covey_device *d);

/* When it may have one: for the deadline, of the count. */
uint64_t covey_commit_when(const covey_device *d);

/* Makes it, to be saved and sent. When the circle's rules refuse what the
 * operation wants, the operation fails and there is no commit. */
int covey_commit_make(covey_device *d);

/* Whether all others would take it at this place of the log: it claims
 * everything before it, and what came with other commits is not left out. */
bool covey_own_commit_holds(const covey_device *d);

/* Something came in between: not again at once. */
void covey_commit_wait(covey_device *d);

/* The log has gone on over one's own commit: it will not be taken. */
void covey_commit_give_up(covey_device *d);

#endif
