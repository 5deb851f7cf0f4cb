/*
 * The proposals that one commit covers: RFC 9420 sections 12.2 and 12.3.
 * Everything here is public: every member decides alike.
 */
#ifndef COVEY_MLS_PROPOSAL_LIST_H
#define COVEY_MLS_PROPOSAL_LIST_H

#include "mls/epoch.h"
#include "mls/proposal.h"
#include "mls/proposal_store.h"

typedef struct {
    covey_bytes encoding; /* of the Proposal */
    covey_leaf_index sender;
    bool by_reference; /* then it was validated when it was cached */
    covey_digest ref;
    covey_leaf_index leaf; /* added, updated, removed: set by applying */
    uint16_t type;
} covey_listed_proposal;

typedef struct {
    size_t num;
    covey_listed_proposal items[COVEY_MLS_PROPOSALS_MAX];
} covey_proposal_list;

/* The list of a commit. Encodings point into the commit and the store.
 * COVEY_ERR_REFERENCE, COVEY_ERR_PROFILE for too many. */
int covey_proposal_list_of(covey_proposal_list *list, covey_bytes proposals,
                           covey_leaf_index committer,
                           const covey_proposal_store *store);

/* One item; ref NULL: by value. */
void covey_listed_of(covey_listed_proposal *item, covey_bytes encoding,
                     covey_leaf_index sender, const covey_digest *ref);

/* COVEY_ERR_PROFILE when the list is full. */
int covey_proposal_list_add(covey_proposal_list *list, covey_bytes encoding,
                            covey_leaf_index sender, const covey_digest *ref);

/* Parses an item of a list: it has been parsed before. */
void covey_listed_read(const covey_listed_proposal *item,
                       covey_proposal *proposal);

/* What is right or wrong about one proposal whatever else a commit holds:
 * when it is cached, and when it comes by value. The epoch is the present
 * one. COVEY_ERR_PROFILE, COVEY_ERR_PROPOSAL, COVEY_ERR_LEAF,
 * COVEY_ERR_LIFETIME, COVEY_ERR_EXTENSION, COVEY_ERR_AUTH. */
int covey_proposal_validate(const covey_proposal *proposal,
                            covey_leaf_index sender, const covey_epoch *epoch,
                            uint64_t lifetime_max);

/* Validates the list as a whole and applies it to `next`, a copy of the
 * committer's epoch: tree and GroupContext extensions. Fills the items'
 * leaf, and *added. The errors above, COVEY_ERR_CAPACITY; then next is
 * undefined. */
int covey_proposal_list_apply(covey_proposal_list *list, covey_epoch *next,
                              covey_leaf_index committer, uint64_t lifetime_max,
                              covey_leaf_set *added);

/* Whether RFC 9420 section 12.4 wants a path with this list. */
bool covey_proposal_list_needs_path(const covey_proposal_list *list);

#endif
