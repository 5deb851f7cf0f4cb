/*
 * The work memory: what one call needs and the next does not. It is one piece,
 * cut as the call needs it:
 *
 *   front    a payload being decoded, or a message on its way out
 *   message  a payload's encoding, or its blob
 *   scratch  of the MLS room
 *
 * and in another way for a commit being staged, which takes front and message
 * together, and for saving and for answers, which take all of it. What comes
 * in is opened where it lies in the inbox.
 */
#ifndef COVEY_DEVICE_WORK_H
#define COVEY_DEVICE_WORK_H

#include "device/device.h"

/* Bytes of the whole. */
size_t covey_work_size(bool commits);

covey_buffer covey_work_front(covey_device *d);
covey_buffer covey_work_staged(covey_device *d);
covey_buffer covey_work_message(covey_device *d);
covey_buffer covey_work_scratch(covey_device *d);

/* Not of the work memory: a blob's place in the inbox, with the margin before
 * it. The blob is not needed any more. */
covey_buffer covey_work_blob(covey_device *d, covey_bytes blob);

#endif
