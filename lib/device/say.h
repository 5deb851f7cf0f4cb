/*
 * Saying something: into the outbox, and sealed when it is to leave.
 */
#ifndef COVEY_DEVICE_SAY_H
#define COVEY_DEVICE_SAY_H

#include "device/device.h"

/* What a content is in the table of permissions; 0: of a kind that is not
 * known here, or not for this device, which anybody may. */
covey_action covey_action_of(const covey_content *content);

/* Puts a payload into the outbox. `spare`: may take the room that is kept for
 * what the engine says. Uses the message and scratch parts of the work memory.
 * COVEY_ERR_ARGUMENT, COVEY_ERR_CAPACITY. */
int covey_say(covey_device *d, const covey_content *content, bool spare,
              covey_payload_id *id);

/* A newcomer's word in this epoch. */
int covey_say_joined(covey_device *d);

/* If it was not in the log when the epoch ended: the word of this one, under
 * the same id, and other digits. */
int covey_say_joined_again(covey_device *d);

/* That a member's texts were delivered, if that waits to be said. */
int covey_say_delivered(covey_device *d, covey_peer *peer);

/* The receipt of a command. */
int covey_say_receipt(covey_device *d, const covey_reference *id,
                      covey_outcome outcome, covey_refused reason,
                      uint64_t answer);

/* An entry of the watch's access log. */
int covey_say_access(covey_device *d, const covey_access_entry *entry);

/* The SOS once more, if it is time. */
int covey_say_sos(covey_device *d);

/* That this is a new run, if it is and was not said: before anything else that
 * it says, so that what was passed over is explained. COVEY_ERR_RANDOM. */
int covey_say_boot(covey_device *d);

/* What is said by itself before a request: boot, delivered receipts, SOS. */
int covey_say_due(covey_device *d);

/* Seals entry `at` of the outbox for this epoch. COVEY_ERR_CAPACITY: later. */
int covey_seal(covey_device *d, size_t at);

#endif
