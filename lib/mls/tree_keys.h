/*
 * The private keys that one member holds: of its leaf, and of those parents
 * above it whose secret it has been given. A member that is an unmerged leaf
 * of a parent does not hold that parent's.
 */
#ifndef COVEY_MLS_TREE_KEYS_H
#define COVEY_MLS_TREE_KEYS_H

#include "mls/tree.h"

typedef struct {
    covey_leaf_index self;
    covey_kem_secret leaf;
    uint32_t held; /* bit `level`: parents[level - 1] is held */
    covey_kem_secret parents[COVEY_MLS_DEPTH_MAX];
} covey_tree_keys;

void covey_tree_keys_set(covey_tree_keys *keys, unsigned level,
                         const covey_kem_secret *secret);

/* NULL when the node's private key is not held. */
const covey_kem_secret *covey_tree_keys_of(const covey_tree_keys *keys,
                                           covey_node_index node);

/* Forgets the keys of nodes that are blank now, or outside the tree. */
void covey_tree_keys_prune(covey_tree_keys *keys, const covey_tree *tree);

#endif
