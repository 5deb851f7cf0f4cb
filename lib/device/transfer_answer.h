/*
 * A relay's answer, read entry by entry where it lies: a watch has no memory
 * for a copy, which relay/sync.h would make. What it accepts is what
 * covey_sync_response_decode and _match accept together.
 */
#ifndef COVEY_DEVICE_TRANSFER_ANSWER_H
#define COVEY_DEVICE_TRANSFER_ANSWER_H

#include "base/reader.h"
#include "relay/sync.h"

typedef struct {
    covey_sync_response head; /* without entries */
    covey_reader entries;     /* those not yet taken; all are sound */
} covey_transfer_answer;

/* COVEY_ERR_MALFORMED: it does not decode, or does not answer the request. */
int covey_transfer_answer_of(covey_transfer_answer *answer, covey_bytes bytes,
                             const covey_sync_request *request);

/* Takes the next entry; false: there is none. */
bool covey_transfer_answer_next(covey_transfer_answer *answer,
                                covey_sync_entry *entry);

#endif
