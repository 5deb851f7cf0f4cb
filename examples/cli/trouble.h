/*
 * What is wrong with the relay, in plain words.
 */
#ifndef DESK_TROUBLE_H
#define DESK_TROUBLE_H

#include <covey/transport_curl.h>

#define TROUBLE_SIZE 400

/* How the newest request ended, and what the library says of the relay. */
typedef struct {
    covey_transport_outcome outcome;
    int http_status;
    covey_relay_state relay;
} trouble;

/* Whether anything is known to be wrong. */
bool trouble_is(const trouble *t);

/* In a sentence or more; "the relay does not answer." where no more is known
 * than that nothing came. */
void trouble_write(char out[TROUBLE_SIZE], const trouble *t);

#endif
