/*
 * The recorded session in words: what session.json says of an event, of an
 * exchange with the relay, and of a mailbox's entries. Each is a new
 * reference.
 */
#ifndef COVEY_OWN_SESSION_WORDS_H
#define COVEY_OWN_SESSION_WORDS_H

#include <jansson.h>

#include "observer.h"
#include "relay/blob.h"
#include "relay/seen.h"
#include "session.h"
#include "support/contents.h"

void words_add(json_t *object, const char *key, json_t *value);
void words_add_hex(json_t *object, const char *key, const void *at, size_t len);
void words_add_number(json_t *object, const char *key, uint64_t value);

/* SHA-256 of bytes, as hex. */
json_t *words_hash(covey_bytes bytes);

json_t *words_of_event(uint64_t at_ms, const covey_event *event);

/* `box` as it is behind the exchange. */
json_t *words_of_exchange(uint64_t at_ms, covey_bytes request,
                          const test_exchange *exchange,
                          const test_mailbox *box);

/* Everything that the epoch's mailbox holds, opened. Aborts on what does not
 * open. */
json_t *words_of_epoch_entries(const observer_epoch *epoch,
                               const covey_handshake_key *key,
                               const covey_chain *chain_0,
                               const covey_bytes *blobs, size_t num);

/* KeyPackage and Welcome. */
json_t *words_of_invite_entries(const char *uri, const covey_bytes *blobs,
                                size_t num);

#endif
