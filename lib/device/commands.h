/*
 * The life of a command on the watch: SPEC.md section 6.6.
 */
#ifndef COVEY_DEVICE_COMMANDS_H
#define COVEY_DEVICE_COMMANDS_H

#include "device/device.h"

/* A member has asked this watch for something; its clock shows issuer_ms, as
 * far as it was heard before this, 0: not known. */
int covey_command_heard(covey_device *d, const covey_roster_member *sender,
                        covey_peer *peer, const covey_payload *payload,
                        int64_t issuer_ms);

/* After a start: whoever asked is told that nobody knows what became of it. */
int covey_commands_forget(covey_device *d);

/* What was handed out to be shown and not answered is handed out again. */
void covey_commands_show_again(covey_device *d);

/* Time has passed: what was not shown or not answered for too long. */
int covey_commands_expire(covey_device *d);

/* The next notice or command for the host; false when there is none. A command
 * is saved as run before it is handed out. */
int covey_commands_event(covey_device *d, covey_event *event, bool *found);

/* Whether the wearer paused being located, by the count and by the clock. */
bool covey_is_paused(const covey_device *d);

#endif
