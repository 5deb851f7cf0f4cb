/*
 * A device that a transport serves: hands out its events, sends what it asks
 * for, gives it the answers.
 */
#ifndef COVEY_TRANSPORT_CLIENT_H
#define COVEY_TRANSPORT_CLIENT_H

#include "transport/line.h"

/* What all clients of a transport use. */
typedef struct {
    CURLM *multi;
    covey_transport_settings settings;
    covey_now (*now)(void *ctx);
    void *now_ctx;
    bool came; /* in this turn, something that the host may act upon */
} covey_carrier;

typedef struct covey_client {
    struct covey_client *next;
    covey_device *device;
    covey_transport_callbacks callbacks;
    covey_line lines[COVEY_DEVICE_REQUESTS];
    uint8_t *spare;        /* for the next request, before it has a line */
    uint64_t paused_until; /* after a failed call on the device */
    uint32_t pause_ms;     /* the last of these; 0: the calls go well */
    bool is_gone;          /* to be freed at the end of the turn */
} covey_client;

/* NULL: no memory. */
covey_client *covey_client_new(covey_device *device,
                               const covey_transport_callbacks *callbacks);

/* Gives up what is on its way, and serves no longer. */
void covey_client_leave(covey_client *client, covey_carrier *carrier);

void covey_client_free(covey_client *client, covey_carrier *carrier);

/* Everything that can be done now without waiting. */
void covey_client_serve(covey_client *client, covey_carrier *carrier);

/* A request of it is over. */
void covey_client_finish(covey_client *client, covey_carrier *carrier,
                         covey_line *line, CURLcode result);

/* When it is to be served next, if nothing comes before. */
uint64_t covey_client_deadline(const covey_client *client);

#endif
