/*
 * A relay of several mailboxes, in memory, that is honest: it answers each
 * request as SPEC.md section 4.5 says, at once.
 *
 * A source for the program that needs it, as it calls the library under test.
 */
#ifndef COVEY_TEST_MAILBOXES_H
#define COVEY_TEST_MAILBOXES_H

#include "relay/sync.h"

#define TEST_MAILBOXES_MAX 32

typedef struct {
    covey_mailbox_address address;
    covey_bytes *entries; /* by index - 1 */
    size_t num;
    size_t cap;
} test_mailbox;

typedef struct {
    const char *name; /* of the host, which requests are signed for */
    uint64_t origin;  /* of the store, which is never lost; 0: not told */
    size_t num;
    test_mailbox boxes[TEST_MAILBOXES_MAX]; /* in the order of first use */
} test_mailboxes;

/* What a request was, and what came of it. Views live until the next one. */
typedef struct {
    size_t mailbox; /* of boxes */
    covey_sync_request request;
    covey_sync_response response;
    covey_bytes answer;
} test_exchange;

/* Takes a request, which has to be a valid one. */
const test_exchange *test_mailboxes_answer(test_mailboxes *relay,
                                           covey_bytes request);

/* The box of this address; it is made when there is none. */
size_t test_mailboxes_find(test_mailboxes *relay,
                           const covey_mailbox_address *address);

void test_mailboxes_append(test_mailbox *box, covey_bytes blob);

void test_mailboxes_free(test_mailboxes *relay);

#endif
