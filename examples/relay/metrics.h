/*
 * Figures for the operator, in Prometheus' text format, on a listener of
 * their own. None of them names a mailbox or a client.
 */
#ifndef RELAY_METRICS_H
#define RELAY_METRICS_H

#include <event2/event.h>

#include "worker.h"

struct evhttp;

/* NULL when it cannot listen there. */
struct evhttp *relay_metrics_serve(struct event_base *base,
                                   const relay_shared *shared);

#endif
