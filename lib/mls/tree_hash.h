/*
 * Tree hashes and parent hashes, RFC 9420 sections 7.8 and 7.9.
 */
#ifndef COVEY_MLS_TREE_HASH_H
#define COVEY_MLS_TREE_HASH_H

#include "mls/tree.h"

/* The tree hash of a subtree, with the leaves in `without` blanked and taken
 * out of all unmerged_leaves; NULL: none. */
void covey_tree_hash(covey_digest *out, const covey_tree *tree,
                     covey_node_index root, const covey_leaf_set *without);

/* The tree hashes beside a leaf's direct path: of its sibling, of its
 * parent's sibling, and so on up. */
typedef struct {
    covey_digest at[COVEY_MLS_DEPTH_MAX]; /* by the level of the sibling */
} covey_copath_hashes;

void covey_copath_hashes_of(covey_copath_hashes *out, const covey_tree *tree,
                            covey_leaf_index leaf);

/* The tree hash of the whole, from what is beside the leaf's path. */
void covey_tree_hash_along(covey_digest *out, const covey_tree *tree,
                           covey_leaf_index leaf,
                           const covey_copath_hashes *copath);

/* The parent hash of a parent node that is not blank, given its original
 * sibling tree hash. */
void covey_parent_hash(covey_digest *out, const covey_parent_node *parent,
                       const covey_digest *original_sibling_tree_hash);

/* Sets parent_hash in the nodes of the leaf's filtered direct path, which
 * all hold fresh keys; *leaf_hash is what the leaf must hold, of *len bytes
 * (0 when the path is empty). */
void covey_parent_hashes_set(covey_tree *tree, covey_leaf_index leaf,
                             const covey_filtered_path *path,
                             const covey_copath_hashes *copath,
                             covey_digest *leaf_hash, size_t *len);

/* Section 7.9.2: whether each parent is the next one above exactly one node
 * below it. COVEY_ERR_TREE. */
int covey_parent_hashes_verify(const covey_tree *tree);

#endif
