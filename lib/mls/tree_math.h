/*
 * The array form of a full binary tree, RFC 9420 appendix C. `width` is the
 * number of leaves, always a power of two.
 */
#ifndef COVEY_MLS_TREE_MATH_H
#define COVEY_MLS_TREE_MATH_H

#include "base/bytes.h"

typedef struct {
    uint32_t value;
} covey_leaf_index;

typedef struct {
    uint32_t value;
} covey_node_index;

covey_node_index covey_node_of_leaf(covey_leaf_index leaf);
bool covey_node_is_leaf(covey_node_index node);

/* Of a leaf node. */
covey_leaf_index covey_leaf_of_node(covey_node_index node);

/* 0 for a leaf, one more for each step up. */
unsigned covey_node_level(covey_node_index node);

covey_node_index covey_tree_root(uint32_t width);
uint32_t covey_tree_num_nodes(uint32_t width);

/* The smallest width with room for this many leaves, at least 1. */
uint32_t covey_tree_width_for(uint32_t num_leaves);

/* Of a parent node. */
covey_node_index covey_node_left(covey_node_index node);
covey_node_index covey_node_right(covey_node_index node);

/* Of any node but the root. */
covey_node_index covey_node_parent(covey_node_index node);
covey_node_index covey_node_sibling(covey_node_index node);

/* Whether node is under, or is, the subtree's root. */
bool covey_node_is_under(covey_node_index node, covey_node_index root);

/* The ancestor of a leaf at a level; the leaf itself at level 0. */
covey_node_index covey_node_above(covey_leaf_index leaf, unsigned level);

/* The leaves of the subtree: from first, num of them. */
covey_leaf_index covey_subtree_first_leaf(covey_node_index root);
uint32_t covey_subtree_num_leaves(covey_node_index root);

/* The lowest node that is above both leaves. */
covey_node_index covey_common_ancestor(covey_leaf_index a, covey_leaf_index b);

static inline bool covey_leaf_same(covey_leaf_index a, covey_leaf_index b)
{
    return a.value == b.value;
}

static inline bool covey_node_same(covey_node_index a, covey_node_index b)
{
    return a.value == b.value;
}

#endif
