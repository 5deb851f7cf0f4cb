/*
 * Proposals of one's own: they wait in the outbox like everything else, and
 * die with their epoch.
 */
#ifndef COVEY_DEVICE_PROPOSE_H
#define COVEY_DEVICE_PROPOSE_H

#include "device/device.h"

/* COVEY_ERR_PERMISSION, COVEY_ERR_CAPACITY. */
int covey_propose_removal(covey_device *d, const covey_member_id *member);

/* What was asked for and is in no log, as a relay has lost it. */
int covey_propose_again(covey_device *d);

/* Fresh keys of one's own, when it is time. */
int covey_propose_update(covey_device *d);

#endif
