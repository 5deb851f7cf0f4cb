/*
 * What a guardian has asked for, until it is done: one at a time, saved, and
 * begun again when another's commit came first.
 */
#ifndef COVEY_DEVICE_OPERATION_H
#define COVEY_DEVICE_OPERATION_H

#include "device/device.h"

/* Another epoch has begun. `won`: by one's own commit. */
int covey_operation_epoch(covey_device *d, bool won);

/* Asks to be let go, if that is wanted and was not said in this epoch. */
int covey_operation_leave(covey_device *d);

/* Ends it, with its event; COVEY_OK: done. */
void covey_operation_end(covey_device *d, int error);

/* Time has passed. */
void covey_operation_expire(covey_device *d);

/* An answer from the invite's mailbox: see join.c and adopt.c. */
int covey_adopt_read(covey_device *d);
int covey_join_read(covey_device *d);

/* The window of an invite has closed. */
void covey_join_expire(covey_device *d);

/* Views of a KeyPackage that comes as MLSMessage; identity may be NULL.
 * COVEY_ERR_MALFORMED, COVEY_ERR_PROFILE. */
int covey_invitee_of(covey_bytes package, covey_bytes *identity,
                     covey_bytes *signature_key);

#endif
