/*
 * Sync requests as they go over the wire, signed before anything is measured.
 */
#ifndef BENCH_RELAY_REQUEST_H
#define BENCH_RELAY_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "relay/mailbox.h"

#define REQUEST_BLOB 256

typedef struct {
    char *bytes; /* the head of HTTP, and the body */
    size_t len;
} request;

covey_mailbox request_mailbox(unsigned number);

/* The blob that this mailbox gets in its nth place, from 1, and a reader who
 * has not seen the one before. */
request request_append(const covey_mailbox *mailbox, uint64_t nth);

/* Who waits for the first blob of a mailbox. */
request request_poll(const covey_mailbox *mailbox, uint32_t wait_ms);

void request_free(request *r);

#endif
