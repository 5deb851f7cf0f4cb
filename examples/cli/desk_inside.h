/*
 * What the files of the desk share; only the process that runs the device
 * calls these.
 */
#ifndef DESK_DESK_INSIDE_H
#define DESK_DESK_INSIDE_H

#include "desk.h"

covey_now desk_now(const desk *d);

/* desk_engine.c */
bool desk_start(desk *d, complaint *error);
void desk_stop(desk *d);

/* desk_event.c */
void desk_on_event(void *ctx, covey_device *device, const covey_event *event);

/* Adds what happened to the history; takes the reference. */
void desk_note(desk *d, const char *event, json_t *more);

/* Says something, and remembers it. */
int desk_say(desk *d, const covey_content *content, covey_payload_id *id);

/* desk_command.c: runs a command, and tells its issuer. */
void desk_run_command(desk *d, const covey_reference *id,
                      const covey_command *command);

/* desk_picture.c: a new reference. */
json_t *desk_picture(desk *d);

/* desk_acts.c: a new reference. */
json_t *desk_act(desk *d, const json_t *wish);

#endif
