/*
 * What a device says of itself in its leaf.
 */
#ifndef COVEY_DEVICE_LEAF_H
#define COVEY_DEVICE_LEAF_H

#include "device/device.h"

/* Valid while `id` is. The time is known, or 0. */
covey_mls_member covey_leaf_of(const covey_member_id *id, int64_t utc_ms);

/* By its role: how far it follows a ratchet. */
covey_mls_limits covey_limits_of(covey_role role);

#endif
