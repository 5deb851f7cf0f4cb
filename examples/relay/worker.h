/*
 * A thread that serves clients: HTTP by libevent, sync requests by lib/relay,
 * long polls that wait for news. Several share the listening socket.
 */
#ifndef RELAY_WORKER_H
#define RELAY_WORKER_H

#include <openssl/ssl.h>
#include <stdatomic.h>

#include "client_limits.h"
#include "config.h"
#include "wake.h"
#include "writer.h"

/* Counted by all workers. */
typedef struct {
    atomic_ulong requests;
    atomic_ulong appended;
    atomic_ulong given;
    atomic_ulong conflicts;
    atomic_ulong quotas;
    atomic_ulong bad_requests;
    atomic_ulong bad_signatures;
    atomic_ulong retries;
    atomic_ulong waiting;
} relay_counters;

/* What all workers share. */
typedef struct {
    const relay_config *config;
    relay_storage *storage;
    relay_writer *writer;
    relay_wake *wake; /* NULL: nobody is woken */
    relay_limits *limits;
    relay_counters *counters;
    relay_wake_counters *wake_counters;
    SSL_CTX *tls; /* NULL: none */
    int listener; /* a listening socket that does not block */
} relay_shared;

typedef struct relay_worker relay_worker;

/* NULL without memory, threads or database. */
relay_worker *relay_worker_start(const relay_shared *shared);

/* Somebody else's thread says that a mailbox has something new. */
void relay_worker_news(relay_worker *worker, const relay_address *mailbox);

/* The writer's thread says that jobs of this worker may be done. */
void relay_worker_settled(relay_worker *worker);

/* Lets those who wait go, and ends a second later, when they have their
 * answers. The writer must have stopped. */
void relay_worker_end(relay_worker *worker);

/* Waits for the end. */
void relay_worker_stop(relay_worker *worker);

#endif
