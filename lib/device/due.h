/*
 * What is due: requests, and when the next one is.
 */
#ifndef COVEY_DEVICE_DUE_H
#define COVEY_DEVICE_DUE_H

#include "device/device.h"

/* Whether it has a mailbox of that kind to ask. */
bool covey_serves_epoch(const covey_device *d);
bool covey_serves_invite(const covey_device *d);

/* Nothing leaves before the log was read to its end, nor before a change of
 * the circle was shown. An SOS takes with it what stands before it. */
bool covey_may_send(const covey_device *d);

bool covey_has_own_commit(const covey_device *d);
/* The relay has answered with its place, and the log was not read so far. */
bool covey_commit_is_placed(const covey_device *d);
bool covey_has_to_send(const covey_device *d);

/* Whether a request of this kind is to be made now. */
bool covey_is_due(const covey_device *d, covey_channel_kind kind);

#endif
