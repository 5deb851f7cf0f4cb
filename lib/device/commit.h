/*
 * Making a commit: what stands and binds, and what the operation wants.
 */
#ifndef COVEY_DEVICE_COMMIT_H
#define COVEY_DEVICE_COMMIT_H

#include "device/device.h"

/* Whether this guardian has a reason to commit, and may now. */
bool covey_commit_is_due(const covey_device *d);

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
