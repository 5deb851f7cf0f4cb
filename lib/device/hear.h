/*
 * A payload of another member: whether it may say that, whether it is new, and
 * what it means here.
 */
#ifndef COVEY_DEVICE_HEAR_H
#define COVEY_DEVICE_HEAR_H

#include "device/device.h"

/* An application message of the log, that the group has authenticated. The
 * event stays COVEY_EVENT_NONE when there is nothing to tell. `received` has
 * its data in the scratch part of the work memory. */
int covey_hear(covey_device *d, const covey_mls_received *received,
               const covey_digest *hash, covey_event *event);

#endif
