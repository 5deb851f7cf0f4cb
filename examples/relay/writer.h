/*
 * The one thread that appends. Requests of all workers wait in a queue; the
 * writer takes what is there, makes it durable in one step, and gives each
 * request back to the worker that it came from.
 */
#ifndef RELAY_WRITER_H
#define RELAY_WRITER_H

#include "storage.h"

/* What waits. The worker embeds it in a request of its own. */
typedef struct relay_job {
    relay_append append;
    /* Called by the writer's thread when the answers are there. */
    void (*done)(struct relay_job *job);
    struct relay_job *next; /* the queue's; free for the owner after done */
} relay_job;

typedef struct relay_writer relay_writer;

/* Called by the writer's thread for a mailbox whose subscribers are to be
 * woken. It does not wait for anything. */
typedef void (*relay_woke_fn)(void *ctx, const relay_address *mailbox);

/* NULL without memory or threads. */
relay_writer *relay_writer_start(relay_storage *storage, relay_woke_fn woke,
                                 void *woke_ctx);

/* False when the queue is full: answer "retry later". */
bool relay_writer_add(relay_writer *writer, relay_job *job);

/* Finishes what is queued, then ends the thread. */
void relay_writer_stop(relay_writer *writer);

/* Hours since 1970. */
uint32_t relay_now_h(void);

#endif
