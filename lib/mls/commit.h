/*
 * Commit and UpdatePath, RFC 9420 sections 12.4 and 7.6.
 */
#ifndef COVEY_MLS_COMMIT_H
#define COVEY_MLS_COMMIT_H

#include "mls/proposal.h"

typedef struct {
    covey_bytes kem_output;
    covey_bytes ciphertext;
} covey_hpke_ciphertext;

void covey_read_hpke_ciphertext(covey_reader *r, covey_hpke_ciphertext *out);
void covey_write_hpke_ciphertext(covey_writer *w,
                                 const covey_hpke_ciphertext *in);

typedef struct {
    covey_bytes encryption_key;
    covey_bytes ciphertexts; /* HPKECiphertext, one after the other */
} covey_update_path_node;

void covey_read_update_path_node(covey_reader *r, covey_update_path_node *node);
void covey_write_update_path_node(covey_writer *w,
                                  const covey_update_path_node *node);

typedef struct {
    covey_leaf_node leaf;
    covey_bytes nodes; /* UpdatePathNode, one after the other */
} covey_update_path;

void covey_read_update_path(covey_reader *r, covey_update_path *path);
void covey_write_update_path(covey_writer *w, const covey_update_path *path);

typedef struct {
    covey_bytes proposals; /* ProposalOrRef, one after the other */
    bool has_path;
    covey_update_path path;
    int refusal; /* why the reader failed: MALFORMED or PROFILE */
} covey_commit;

/* Only the first field. */
void covey_read_commit_proposals(covey_reader *r, covey_commit *commit);

/* Walks all of it, so that what the views hold can be read without failure. */
void covey_read_commit(covey_reader *r, covey_commit *commit);
void covey_write_commit(covey_writer *w, const covey_commit *commit);

#endif
