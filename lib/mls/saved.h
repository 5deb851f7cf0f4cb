/*
 * Saved state: SPEC.md, "Saved state". Secrets stand in clear; lib/store
 * seals them.
 */
#ifndef COVEY_MLS_SAVED_H
#define COVEY_MLS_SAVED_H

#include "mls/group.h"
#include "mls/tree_codec.h"

#define COVEY_MLS_SAVED_EPOCH_MAX                                              \
    (COVEY_MLS_GROUP_CONTEXT_MAX + COVEY_HASH_SIZE +                           \
     COVEY_MLS_RATCHET_TREE_MAX + sizeof(covey_tree_keys) +                    \
     sizeof(covey_sign_key) + 5 * (1 + COVEY_HASH_SIZE) +                      \
     sizeof(covey_secret_tree) + 64)

void covey_save_epoch(covey_writer *w, const covey_epoch *epoch);

/* COVEY_ERR_MALFORMED, COVEY_ERR_CAPACITY. member: whether its own leaf must
 * be there. */
int covey_load_epoch(covey_reader *r, covey_epoch *epoch, bool member);

/* Copies the next bytes out of the reader, or fails it. */
void covey_load_bytes(covey_reader *r, void *out, size_t len);

#endif
