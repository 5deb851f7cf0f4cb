/*
 * Joins and removals, which the host has to show before this device says
 * anything to the circle that has changed.
 */
#ifndef COVEY_DEVICE_ANNOUNCE_H
#define COVEY_DEVICE_ANNOUNCE_H

#include "device/device.h"

/* A member came or went by the doing of `by`, who knows. */
void covey_announce(covey_device *d, const covey_member_id *member, bool added,
                    const covey_member_id *by);

/* Makes notices of the joins that had no room, as far as there is some now. */
void covey_announce_more(covey_device *d);

/* Whether a change was not yet shown. */
bool covey_announce_waits(const covey_device *d);

#endif
