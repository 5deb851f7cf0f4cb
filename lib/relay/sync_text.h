/*
 * What the signature of a sync request covers: a fixed encoding of every
 * field, so that nothing depends on protobuf's. SPEC.md section 4.5.
 */
#ifndef COVEY_RELAY_SYNC_TEXT_H
#define COVEY_RELAY_SYNC_TEXT_H

#include "relay/sync.h"

#define COVEY_SYNC_TEXT_MAX                                                    \
    (13 + 2 + COVEY_SYNC_RELAY_MAX + COVEY_SIGN_PUBLIC_SIZE + 2 +              \
     COVEY_SYNC_APPENDS_MAX * (5 + COVEY_HASH_SIZE) + 9 + 8 + 3 * 4 + 1 + 2 +  \
     COVEY_SYNC_ENDPOINT_MAX + 4 + 2 + COVEY_SYNC_TOKEN_MAX + 8)

typedef struct {
    uint8_t bytes[COVEY_SYNC_TEXT_MAX];
    size_t len;
} covey_sync_text;

/* COVEY_ERR_ARGUMENT for a relay's name that is empty or too long. The
 * request is a valid one. */
int covey_sync_text_of(covey_sync_text *text, const covey_sync_request *request,
                       covey_bytes relay);

/* Whether every field but the signature is within its range. */
bool covey_sync_request_is_valid(const covey_sync_request *request);

#endif
