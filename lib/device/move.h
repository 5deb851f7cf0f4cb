/*
 * Which relay the circle meets at, and going to another one.
 */
#ifndef COVEY_DEVICE_MOVE_H
#define COVEY_DEVICE_MOVE_H

#include "circle/relay_name.h"
#include "device/device.h"

_Static_assert(COVEY_RELAY_SIZE == COVEY_RELAY_NAME_MAX + 1,
               "a relay's name and its end");

/* To the relay of the roster, which need not be the one where two met. A
 * roster that names none leaves the device where it is. */
void covey_move_to_roster(covey_device *d);

/* The roster is another one, by that member's commit: goes to its relay, if
 * that has changed. `before`: COVEY_RELAY_SIZE, what the old roster named. */
void covey_move_follow(covey_device *d, const char *before,
                       const covey_member_id *by);

/* The name of the roster's relay as a C string; empty: none. */
void covey_move_named(const covey_roster *roster, char name[COVEY_RELAY_SIZE]);

/* What was read and appended there counts for nothing at another relay: it is
 * read from the beginning. What was accepted before is passed over. */
void covey_move_read_anew(covey_device *d);

/* When a log that begins anew is asked for. A relay that says so again and
 * again must not keep a watch busy. */
uint64_t covey_move_when(covey_device *d);

#endif
