/*
 * A relay as SPEC.md section 4.5 has it, in memory, over the library's own
 * codec. It is honest; evil.h stands before it. For a relay that shows
 * different logs a mailbox can have two sides.
 */
#ifndef COVEY_SIM_RELAY_H
#define COVEY_SIM_RELAY_H

#include <covey/error.h>

#include "relay/blob.h"
#include "relay/sync.h"
#include "support/random.h"

#define SIM_RELAY "relay.example"
#define SIM_SIDES 2
#define SIM_EXPIRE_MS (7ull * 24 * 3600 * 1000)
#define SIM_KEEP_MS (180ull * 24 * 3600 * 1000)

typedef struct {
    uint64_t index;
    uint64_t at_ms;
    unsigned from; /* the node's number */
    bool keep;
    bool is_forged; /* put there by nobody's request, perhaps again */
    uint8_t *blob;
    size_t len;
} sim_entry;

typedef struct {
    covey_mailbox_address address;
    unsigned side;
    unsigned owner; /* number of the node that used it first */
    uint64_t next;
    sim_entry *entries;
    size_t num;
    size_t room;
} sim_mailbox;

/* Every blob that any relay was ever given, for statistics. */
typedef struct {
    uint8_t *bytes;
    size_t len;
    size_t room;
    size_t num[COVEY_BLOB_EPOCH_BUCKETS + 1]; /* by size */
    size_t num_bad;                           /* of another size */
} sim_archive;

typedef struct {
    covey_digest hash;
    uint64_t at_ms;
} sim_lost;

typedef struct {
    sim_mailbox *mailboxes;
    size_t num;
    size_t room;
    bool checks_nothing;
    uint64_t origin; /* of the store */
    /* What it has lost of what it was to keep, and what was lost on the way
     * to it: what comes again is as old as it was. */
    size_t num_lost;
    size_t lost_room;
    sim_lost *lost;
    bool keeps_all; /* nothing expires */
    uint64_t num_appends;
    uint64_t num_requests;
    covey_digest verified[16]; /* of requests, which come again and again */
    sim_archive archive;
} sim_relay;

/* Who asks, and what he is shown. */
typedef struct {
    unsigned node;
    unsigned side;
    uint64_t now_ms;
    uint64_t until_ms; /* nothing that is newer; SIM_NEVER */
    bool not_next;     /* expect_next is not looked at */
    bool forges;       /* it is the relay itself */
} sim_asker;

/* A decoded request, and the answer before it is encoded. */
typedef struct {
    covey_sync_request request;
    covey_sync_response response;
    covey_sync_entry entries[COVEY_SYNC_ENTRIES_MAX];
} sim_reply;

void sim_relay_init(sim_relay *relay);
void sim_relay_free(sim_relay *relay);

/* Loses everything but the archive. */
void sim_relay_lose(sim_relay *relay);

/* A request that left, and does not come. */
void sim_relay_miss(sim_relay *relay, covey_bytes body, uint64_t now_ms);

/* Views in the reply hold until the next call. */
void sim_relay_answer(sim_relay *relay, const sim_asker *asker,
                      covey_bytes body, sim_reply *reply);

/* NULL: there is none. */
sim_mailbox *sim_relay_find(sim_relay *relay,
                            const covey_mailbox_address *address,
                            unsigned side);

/* Appends whatever it is given. */
void sim_relay_append(sim_mailbox *mailbox, const sim_asker *asker,
                      covey_bytes blob, bool keep);

#endif
