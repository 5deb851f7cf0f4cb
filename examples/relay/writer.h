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

/* Called by the writer's thread; they wait for nothing. */
typedef struct {
    void *ctx;
    /* The subscribers of this mailbox are to be woken. */
    void (*woke)(void *ctx, const relay_address *mailbox);
    /* All jobs of a durable step are done: time to look after them. */
    void (*settled)(void *ctx);
} relay_writer_calls;

/* NULL without memory or threads. */
relay_writer *relay_writer_start(relay_storage *storage,
                                 const relay_writer_calls *calls);

/* False when the queue is full: answer "retry later". */
bool relay_writer_add(relay_writer *writer, relay_job *job);

/* Finishes what is queued, then ends the thread; takes no more. */
void relay_writer_stop(relay_writer *writer);

/* After it has stopped, and when nobody asks it any more. */
void relay_writer_free(relay_writer *writer);

/* Hours since 1970. */
uint32_t relay_now_h(void);

#endif
