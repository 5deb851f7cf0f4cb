/*
 * The proposals of this epoch that wait for a commit.
 */
#ifndef COVEY_MLS_PROPOSAL_STORE_H
#define COVEY_MLS_PROPOSAL_STORE_H

#include "crypto/hash.h"
#include "mls/tree_math.h"

#include "base/limits.h"

typedef struct {
    covey_digest ref;
    covey_leaf_index sender;
    uint16_t at; /* in bytes */
    uint16_t len;
} covey_stored_proposal;

typedef struct {
    uint16_t num;
    uint16_t used;                                        /* of bytes */
    covey_stored_proposal items[COVEY_MLS_PROPOSALS_MAX]; /* by arrival */
    uint8_t bytes[COVEY_MLS_PROPOSAL_BYTES_MAX];
} covey_proposal_store;

/* Keeps a proposal's encoding; one that is there already is kept once. When
 * there is no room, the oldest of the sender who holds most goes: a member
 * who proposes much cannot keep the others' proposals out.
 * COVEY_ERR_CAPACITY when that is the new one itself. */
int covey_proposal_store_add(covey_proposal_store *store,
                             const covey_digest *ref, covey_leaf_index sender,
                             covey_bytes encoding);

/* NULL when it is not there. */
const covey_stored_proposal *
covey_proposal_store_find(const covey_proposal_store *store, covey_bytes ref);

covey_bytes covey_stored_encoding(const covey_proposal_store *store,
                                  const covey_stored_proposal *item);

/* The item is of this store. */
void covey_proposal_store_drop(covey_proposal_store *store,
                               const covey_stored_proposal *item);

#endif
