/*
 * Wakes sleeping phones: a thread that tells a gateway or a push service, of
 * each who subscribed to a mailbox, that there is something, and not what. A
 * service that is slow or hostile keeps only its own calls waiting. SPEC.md
 * section 4.5.
 */
#ifndef RELAY_WAKE_H
#define RELAY_WAKE_H

#include <stdatomic.h>

#include "config.h"
#include "writer.h"

typedef struct {
    atomic_ulong sent;
    atomic_ulong failed;  /* and tried again a few times */
    atomic_ulong ended;   /* the endpoint was no more */
    atomic_ulong dropped; /* too much at once */
} relay_wake_counters;

typedef struct relay_wake relay_wake;

/* NULL, with a sentence in error, when it cannot be. Of NULL the other
 * functions know that nobody is to be woken. */
relay_wake *relay_wake_new(const relay_config *config, relay_storage *storage,
                           relay_wake_counters *counters, const char **error);

/* Whether there is anything to be woken by in this configuration. */
bool relay_wake_is_wanted(const relay_config *config);

/* Starts the thread. The writer is told of endpoints that are no more. */
bool relay_wake_start(relay_wake *wake, relay_writer *writer);

/* Whether an endpoint could be woken. From any thread. */
bool relay_wake_serves(const relay_wake *wake, const uint8_t *endpoint,
                       size_t len);

/* Wakes those who subscribed to the mailbox. From any thread, at once. */
void relay_wake_mailbox(relay_wake *wake, const relay_address *mailbox);

/* Ends the thread; what was not sent yet is not sent. Before the writer. */
void relay_wake_stop(relay_wake *wake);
/* Behind the writer. */
void relay_wake_free(relay_wake *wake);

#endif
