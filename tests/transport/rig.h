/*
 * A transport with one device in it, and what the host heard.
 */
#ifndef COVEY_TEST_TRANSPORT_RIG_H
#define COVEY_TEST_TRANSPORT_RIG_H

#include <covey/transport_curl.h>

#include "fake_device.h"

typedef struct {
    covey_transport *transport;
    covey_device device;
    unsigned num_events;
    unsigned num_errors;
    int error; /* the last one */
    unsigned num_outcomes;
    covey_transport_outcome outcome; /* the last one */
    int status;
    bool leaves_at_event; /* takes the device out, in the callback */
    bool leaves_at_outcome;
    /* What the clock says while it is ours. */
    covey_now now;
} rig;

/* One for each test: it is large. */
rig *rig_new(void);

/* Relays on this machine, in clear. */
covey_transport_config rig_config(void);

/* The same with the clock that stands still at r->now. */
covey_transport_config rig_still_config(rig *r);

/* Makes the transport, and puts the device into it. */
void rig_start(rig *r, const covey_transport_config *config);

/* Puts the device into another rig's transport. */
void rig_join(rig *r, covey_transport *transport);

void rig_stop(rig *r);

/* Turns until so many requests have ended, or the time is over. */
bool rig_run(rig *r, size_t num_ended, unsigned timeout_ms);

/* Turns until the server says a line that begins so. */
void rig_run_until(rig *r, const char *line);

/* Turns for that time. */
void rig_run_for(rig *r, unsigned ms);

/* Asks for one request to that relay, and gives its outcome. */
covey_transport_outcome rig_outcome(rig *r, const char *relay);

uint64_t rig_ms(void);

#endif
