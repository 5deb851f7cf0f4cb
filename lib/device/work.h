/*
 * The work memory: what one call needs and the next does not. It is one piece,
 * cut as the call needs it:
 *
 *   front    a payload being decoded, or another's commit being staged
 *   message  an MLSMessage, or a payload's encoding
 *   scratch  of the MLS room
 *
 * and all of it for saving.
 */
#ifndef COVEY_DEVICE_WORK_H
#define COVEY_DEVICE_WORK_H

#include "device/device.h"

/* Bytes of the whole. */
size_t covey_work_size(bool commits);

covey_buffer covey_work_front(covey_device *d);
covey_buffer covey_work_message(covey_device *d);
covey_buffer covey_work_scratch(covey_device *d);

#endif
