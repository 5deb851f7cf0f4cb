#include "mls/tree_validate.h"

#include <covey/error.h>

#include "mls/tree_hash.h"
#include "mls/types.h"

/* Our profile has one credential type, which covey_leaf_node_check has
 * found listed in each leaf, so all support each other's. */
int covey_tree_supports(const covey_tree *tree, covey_bytes group_extensions)
{
    covey_leaf_index leaf;
    int err = COVEY_OK;

    for (bool first = true; !err && covey_tree_next_member(tree, &leaf, first);
         first = false) {
        covey_leaf_node node;

        covey_tree_leaf(tree, leaf, &node);
        err = covey_leaf_node_supports(&node, group_extensions);
    }
    return err;
}

static int check_leaf(const covey_tree *tree, covey_leaf_index leaf,
                      const covey_suite *suite, covey_bytes group_id,
                      uint64_t lifetime_max)
{
    const covey_leaf_place place = {group_id, leaf};
    covey_leaf_node node;
    int err = COVEY_OK;

    covey_tree_leaf(tree, leaf, &node);
    if (covey_tree_has_encryption_key(tree, node.encryption_key, leaf) ||
        covey_tree_has_signature_key(tree, node.signature_key, leaf)) {
        return COVEY_ERR_TREE;
    }
    err = covey_leaf_node_check(&node, suite, lifetime_max);
    if (!err) err = covey_leaf_node_verify(&node, &place);
    return err;
}

/* Each entry is a leaf that is there and below, and every parent between
 * them lists it too. */
static bool unmerged_fit(const covey_tree *tree, covey_node_index node)
{
    const covey_parent_node *parent = covey_tree_parent(tree, node);
    unsigned top = covey_node_level(node);

    for (uint32_t i = 0; i < COVEY_MLS_MEMBERS_MAX; i++) {
        covey_leaf_index leaf = {i};

        if (!covey_leaf_set_has(&parent->unmerged_leaves, leaf)) continue;
        if (!covey_tree_has_leaf(tree, leaf) ||
            !covey_node_is_under(covey_node_of_leaf(leaf), node)) {
            return false;
        }
        for (unsigned level = 1; level < top; level++) {
            const covey_parent_node *between =
                covey_tree_parent(tree, covey_node_above(leaf, level));

            if (between != NULL &&
                !covey_leaf_set_has(&between->unmerged_leaves, leaf)) {
                return false;
            }
        }
    }
    return true;
}

/* Leaves were compared with all nodes, so parents need comparing only among
 * themselves. */
static bool key_is_unique(const covey_tree *tree, covey_node_index node)
{
    covey_bytes key = covey_tree_encryption_key(tree, node);

    for (uint32_t i = 1; i < node.value; i += 2) {
        covey_node_index other = {i};

        if (covey_tree_parent(tree, other) != NULL &&
            covey_bytes_same(covey_tree_encryption_key(tree, other), key)) {
            return false;
        }
    }
    return true;
}

int covey_tree_check(const covey_tree *tree, const covey_suite *suite)
{
    covey_leaf_index leaf;
    int err = COVEY_OK;

    for (uint32_t i = 0; i + 1 < tree->width; i++) {
        covey_node_index node = {2 * i + 1};

        if (covey_tree_parent(tree, node) != NULL &&
            !unmerged_fit(tree, node)) {
            return COVEY_ERR_TREE;
        }
    }
    for (bool first = true; !err && covey_tree_next_member(tree, &leaf, first);
         first = false) {
        covey_leaf_node node;

        covey_tree_leaf(tree, leaf, &node);
        err = covey_leaf_node_check(&node, suite, UINT64_MAX);
    }
    return err;
}

int covey_tree_validate(const covey_tree *tree, const covey_suite *suite,
                        covey_bytes group_id, covey_bytes group_extensions,
                        uint64_t lifetime_max)
{
    covey_leaf_index leaf;
    int err = covey_tree_supports(tree, group_extensions);

    for (uint32_t i = 0; !err && i + 1 < tree->width; i++) {
        covey_node_index node = {2 * i + 1};

        if (covey_tree_parent(tree, node) != NULL &&
            (!unmerged_fit(tree, node) || !key_is_unique(tree, node))) {
            err = COVEY_ERR_TREE;
        }
    }
    if (!err) err = covey_parent_hashes_verify(tree);
    for (bool first = true; !err && covey_tree_next_member(tree, &leaf, first);
         first = false) {
        err = check_leaf(tree, leaf, suite, group_id, lifetime_max);
    }
    return err;
}
