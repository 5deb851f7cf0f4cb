/*
 * What a client says to the relay under test, and what it is told.
 */
#ifndef TESTS_RELAY_SYNC_CLIENT_H
#define TESTS_RELAY_SYNC_CLIENT_H

#include "relay/sync.h"

#define SYNC_BLOB 256

typedef struct {
    uint8_t bytes[400000];
    size_t len;
} body;

/* One sync, with all that belongs to it. */
typedef struct {
    covey_sync_request request;
    uint8_t blobs[COVEY_SYNC_APPENDS_MAX][SYNC_BLOB];
    uint8_t encoded[COVEY_SYNC_REQUEST_MAX];
    size_t encoded_len;
    body answer;
    uint8_t memory[600000];
    covey_sync_response response;
} exchange;

void sync_client_set_up(void);
void sync_client_tear_down(void);

/* The status of HTTP; 0 when there was no answer. */
long http(const char *verb, uint16_t at, const char *path, const void *send,
          size_t len, body *answer);

/* Zero but for the bounds of the answer; to be freed. */
exchange *new_sync(void);

/* Adds a blob that the number makes. */
void add_blob(exchange *s, unsigned number);

/* By the key of the mailbox of that number, for a relay of that name. */
void sign(exchange *s, unsigned mailbox, const char *name);

/* Sends what is signed; false without an answer. */
bool send_signed(exchange *s);

/* Both; there must be an answer. */
covey_sync_status do_sync(exchange *s, unsigned mailbox);

/* Appends one blob to a mailbox; gives the answer. */
covey_sync_response append(unsigned mailbox, unsigned number, uint64_t after,
                           uint64_t expect_next);

/* How many entries a mailbox has behind that index. */
uint64_t count_after(unsigned mailbox, uint64_t after);

#endif
