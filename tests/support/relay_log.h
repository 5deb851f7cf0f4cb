/*
 * One mailbox of a relay, in memory: takes requests as a relay does, and lets
 * a test be the relay that cheats by changing the log in between.
 */
#ifndef COVEY_TEST_RELAY_LOG_H
#define COVEY_TEST_RELAY_LOG_H

#include "relay/sync.h"

#define TEST_RELAY_NAME "relay.example"
#define TEST_RELAY_ENTRIES 600

typedef struct {
    covey_bytes entries[TEST_RELAY_ENTRIES]; /* copies; at NULL: expired */
    size_t num_entries;
    size_t num_shown;     /* of entries; the rest is withheld */
    size_t num_requests;  /* so far */
    size_t max_appends;   /* more is too large */
    size_t quota;         /* entries in all */
    covey_sync_status is; /* what it answers to all; OK: as it should */
    covey_mailbox_address mailbox; /* of the last request */
    covey_sync_request last;       /* without what it points to */
} test_relay;

/* An empty mailbox; what it holds lives until test_free_all. */
test_relay test_relay_new(void);

/* Appends without asking. */
void test_relay_append(test_relay *relay, covey_bytes blob);

/* The answer to a request, which has to be one: it lives until
 * test_free_all. */
covey_bytes test_relay_answer(test_relay *relay, covey_bytes request);

#endif
