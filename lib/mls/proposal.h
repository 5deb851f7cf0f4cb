/*
 * Proposal, RFC 9420 section 12.1, and ProposalOrRef, section 12.4.
 */
#ifndef COVEY_MLS_PROPOSAL_H
#define COVEY_MLS_PROPOSAL_H

#include "mls/key_package.h"
#include "mls/psk.h"

typedef struct {
    covey_bytes group_id;
    uint16_t version;
    uint16_t cipher_suite;
    covey_bytes extensions;
} covey_reinit;

typedef struct {
    covey_bytes encoding; /* the whole; set by reading */
    uint16_t type;
    union {
        covey_key_package add;
        covey_leaf_node update;
        covey_leaf_index remove;
        covey_psk_id psk;
        covey_reinit reinit;
        covey_bytes kem_output; /* external_init */
        covey_bytes extensions; /* group_context_extensions */
    } of;
} covey_proposal;

/* An unknown type fails the reader: its end cannot be known. The type is
 * set even so. */
void covey_read_proposal(covey_reader *r, covey_proposal *proposal);
void covey_write_proposal(covey_writer *w, const covey_proposal *proposal);

/* What a failed read means: COVEY_ERR_PROFILE for an unknown type, else
 * COVEY_ERR_MALFORMED. */
int covey_proposal_read_error(const covey_proposal *proposal);

typedef struct {
    uint8_t type;            /* COVEY_BY_VALUE or COVEY_BY_REFERENCE */
    covey_proposal proposal; /* by value */
    covey_bytes reference;   /* by reference: a ProposalRef */
} covey_proposal_or_ref;

void covey_read_proposal_or_ref(covey_reader *r, covey_proposal_or_ref *item);

#endif
