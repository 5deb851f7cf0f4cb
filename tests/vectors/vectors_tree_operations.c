/*
 * mls/tree-operations-suite1.json: RFC 9420 sections 7.7 and 12.1. The file
 * is of suite 1 alone, whose KEM, hash and signature are those of suite 3:
 * the tree asks the suite for nothing but the sizes of its KEM.
 */
#include <covey/error.h>

#include "mls/proposal.h"
#include "mls/tree_codec.h"
#include "mls/tree_hash.h"
#include "mls/types.h"
#include "vectors/values.h"

#define SUITE_1 1

static covey_tree *read_tree(const json_t *value, const char *key)
{
    covey_tree *tree = (covey_tree *)test_alloc(sizeof *tree);

    cr_assert_eq(covey_ratchet_tree_decode(tree, vector_hex(value, key),
                                           vector_suite()),
                 COVEY_OK);
    return tree;
}

static void check_root_hash(const covey_tree *tree, const json_t *value,
                            const char *key)
{
    covey_digest hash;

    covey_tree_hash(&hash, tree, covey_tree_root(tree->width), NULL);
    check_digest(hash, value, key);
}

static void check_encoding(const covey_tree *tree, covey_bytes wanted)
{
    covey_writer w = covey_writer_of(test_alloc(wanted.len), wanted.len);

    covey_write_ratchet_tree(&w, tree);
    cr_assert_eq(covey_writer_finish(&w), COVEY_OK);
    check_bytes(covey_writer_since(&w, 0), wanted);
}

static void apply(covey_tree *tree, covey_bytes encoding,
                  covey_leaf_index sender)
{
    covey_reader r = covey_reader_of(encoding);
    covey_proposal proposal;
    covey_leaf_index added;

    covey_read_proposal(&r, &proposal);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    switch (proposal.type) {
    case COVEY_PROPOSAL_ADD:
        cr_assert_eq(covey_tree_add(tree, proposal.of.add.leaf.encoding,
                                    &added),
                     COVEY_OK);
        break;
    case COVEY_PROPOSAL_UPDATE:
        covey_tree_update(tree, sender, proposal.of.update.encoding);
        break;
    case COVEY_PROPOSAL_REMOVE:
        covey_tree_remove(tree, proposal.of.remove);
        break;
    default: cr_assert_fail("a proposal of type %u", proposal.type);
    }
}

Test(vectors, tree_operations)
{
    const json_t *root = vectors_open("mls/tree-operations-suite1.json");
    const json_t *value;
    size_t num = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        covey_tree *tree = read_tree(value, "tree_before");
        covey_tree *after = read_tree(value, "tree_after");
        covey_leaf_index sender = {
            (uint32_t)vector_number(value, "proposal_sender")};

        cr_assert_eq(vector_number(value, "cipher_suite"), SUITE_1);
        check_encoding(tree, vector_hex(value, "tree_before"));
        check_root_hash(tree, value, "tree_hash_before");
        apply(tree, vector_hex(value, "proposal"), sender);
        check_encoding(tree, vector_hex(value, "tree_after"));
        check_root_hash(tree, value, "tree_hash_after");
        /* No trace of what was: else hashes would differ one day. */
        check_bytes(covey_bytes_of(tree, sizeof *tree),
                    covey_bytes_of(after, sizeof *after));
        num++;
    }
    report_cases("tree-operations", num, json_array_size(root));
}
