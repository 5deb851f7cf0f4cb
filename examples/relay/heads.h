/*
 * The ends of all mailboxes, in memory: address -> where its last blob is. A
 * table in the database would cost a random page for every append.
 */
#ifndef RELAY_HEADS_H
#define RELAY_HEADS_H

#include "storage.h"

typedef struct {
    relay_address address;
    uint32_t id;        /* of the mailbox in the database; 0: a free place */
    uint32_t num_blobs; /* that have not expired */
    uint32_t hour;      /* of hour_blobs */
    uint32_t hour_blobs;
    uint64_t next;   /* as readers see it: durable */
    int64_t last[2]; /* rowid of the last blob of each class; 0: none */
    /* As the writer sees it, until it is durable. */
    uint64_t pending_next;
    int64_t pending_last[2];
} relay_head;

typedef struct {
    relay_head *places;
    size_t num_places; /* a power of two */
    size_t num_used;
    uint8_t key[16]; /* of the hash: addresses are chosen by clients */
} relay_heads;

bool relay_heads_init(relay_heads *heads);
void relay_heads_free(relay_heads *heads);

/* NULL when it is not there. Valid until the next insertion. */
relay_head *relay_heads_find(const relay_heads *heads,
                             const relay_address *address);

/* A new one, zero but for its address. NULL without memory. */
relay_head *relay_heads_insert(relay_heads *heads,
                               const relay_address *address);

#endif
