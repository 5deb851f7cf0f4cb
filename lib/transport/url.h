/*
 * Where a relay is asked. Its name comes out of an invite, so whoever shows one
 * chooses it: it may name a host, a port and a path, and nothing else that an
 * URL can say. SPEC.md section 2.6.
 */
#ifndef COVEY_TRANSPORT_URL_H
#define COVEY_TRANSPORT_URL_H

#include <stdbool.h>

#include <covey/device.h>

#define COVEY_URL_SIZE (COVEY_RELAY_SIZE + 24)

typedef struct {
    char text[COVEY_URL_SIZE];
    bool is_plain; /* http, to the loopback */
} covey_url;

/* COVEY_ERR_ARGUMENT: not the name of a relay. */
int covey_url_of_relay(covey_url *url, const char *relay, bool plain_loopback);

#endif
