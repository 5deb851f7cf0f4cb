/*
 * Members by their leaves, and leaves by their members.
 */
#ifndef COVEY_DEVICE_LOOKUP_H
#define COVEY_DEVICE_LOOKUP_H

#include <covey/circle.h>
#include <covey/mls.h>

/* Zeros for what is no member's identity. */
covey_member_id covey_id_of(covey_bytes identity);

/* The member at a leaf of the present epoch; zeros when there is none. */
covey_member_id covey_id_at(const covey_mls_group *group, uint32_t leaf);

/* COVEY_MLS_NO_LEAF when it is not in the group. */
uint32_t covey_leaf_with(const covey_mls_group *group,
                         const covey_member_id *id);

#endif
