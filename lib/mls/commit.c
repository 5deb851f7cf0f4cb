#include "mls/commit.h"

#include <covey/error.h>

#include "mls/types.h"

void covey_read_hpke_ciphertext(covey_reader *r, covey_hpke_ciphertext *out)
{
    out->kem_output = covey_read_vec(r);
    out->ciphertext = covey_read_vec(r);
}

void covey_write_hpke_ciphertext(covey_writer *w,
                                 const covey_hpke_ciphertext *in)
{
    covey_write_vec(w, in->kem_output);
    covey_write_vec(w, in->ciphertext);
}

void covey_read_update_path_node(covey_reader *r, covey_update_path_node *node)
{
    node->encryption_key = covey_read_vec(r);

    covey_reader list = covey_read_list(r);
    const uint8_t *start = list.at;

    while (covey_reader_more(&list)) {
        covey_hpke_ciphertext one;
        covey_read_hpke_ciphertext(&list, &one);
    }
    if (list.failed) r->failed = true;
    node->ciphertexts = covey_reader_since(&list, start);
}

void covey_write_update_path_node(covey_writer *w,
                                  const covey_update_path_node *node)
{
    covey_write_vec(w, node->encryption_key);
    covey_write_vec(w, node->ciphertexts);
}

void covey_read_update_path(covey_reader *r, covey_update_path *path)
{
    covey_read_leaf_node(r, &path->leaf);

    covey_reader list = covey_read_list(r);
    const uint8_t *start = list.at;

    while (covey_reader_more(&list)) {
        covey_update_path_node one;
        covey_read_update_path_node(&list, &one);
    }
    if (list.failed) r->failed = true;
    path->nodes = covey_reader_since(&list, start);
}

void covey_write_update_path(covey_writer *w, const covey_update_path *path)
{
    covey_write_leaf_node(w, &path->leaf);
    covey_write_vec(w, path->nodes);
}

void covey_read_commit_proposals(covey_reader *r, covey_commit *commit)
{
    commit->refusal = COVEY_ERR_MALFORMED;

    covey_reader list = covey_read_list(r);
    const uint8_t *start = list.at;

    while (covey_reader_more(&list)) {
        covey_proposal_or_ref one;
        covey_read_proposal_or_ref(&list, &one);
        if (list.failed) {
            commit->refusal = covey_proposal_read_error(&one.proposal);
        }
    }
    if (list.failed) r->failed = true;
    commit->proposals = covey_reader_since(&list, start);
}

void covey_read_commit(covey_reader *r, covey_commit *commit)
{
    covey_read_commit_proposals(r, commit);
    commit->has_path = covey_read_optional(r);
    if (commit->has_path) covey_read_update_path(r, &commit->path);
}

void covey_write_commit(covey_writer *w, const covey_commit *commit)
{
    covey_write_vec(w, commit->proposals);
    covey_write_u8(w, commit->has_path ? 1 : 0);
    if (commit->has_path) covey_write_update_path(w, &commit->path);
}
