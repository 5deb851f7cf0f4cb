/*
 * The ratchet tree, RFC 9420 section 7: its nodes, resolutions, growth and
 * truncation. Leaves are kept as the bytes that were signed.
 */
#ifndef COVEY_MLS_TREE_H
#define COVEY_MLS_TREE_H

#include "mls/leaf_node.h"
#include "mls/leaf_set.h"

/* Parents above a leaf of the largest tree: 256 leaves have 8. */
#define COVEY_MLS_DEPTH_MAX 8

typedef struct {
    uint16_t len; /* 0: blank */
    uint8_t bytes[COVEY_MLS_LEAF_NODE_MAX];
} covey_leaf_slot;

typedef struct {
    bool present; /* else blank */
    uint8_t parent_hash_len;
    covey_kem_public encryption_key;
    covey_digest parent_hash;
    covey_leaf_set unmerged_leaves;
} covey_parent_node;

typedef struct {
    uint32_t width; /* leaves, a power of two */
    covey_leaf_slot leaves[COVEY_MLS_MEMBERS_MAX];
    covey_parent_node parents[COVEY_MLS_MEMBERS_MAX - 1];
} covey_tree;

/* A tree of one blank leaf. */
void covey_tree_init(covey_tree *tree);

/* False also for an index outside the tree. */
bool covey_tree_has_leaf(const covey_tree *tree, covey_leaf_index leaf);

/* Views of a leaf that is there. */
void covey_tree_leaf(const covey_tree *tree, covey_leaf_index leaf,
                     covey_leaf_node *out);

/* encoding.len is at most COVEY_MLS_LEAF_NODE_MAX. */
void covey_tree_set_leaf(covey_tree *tree, covey_leaf_index leaf,
                         covey_bytes encoding);

/* NULL when blank. node is a parent in the tree. */
const covey_parent_node *covey_tree_parent(const covey_tree *tree,
                                           covey_node_index node);

/* Whatever is there, blank or not. */
covey_parent_node *covey_tree_parent_slot(covey_tree *tree,
                                          covey_node_index node);

/* The encryption key of a node that is not blank. */
covey_bytes covey_tree_encryption_key(const covey_tree *tree,
                                      covey_node_index node);

uint32_t covey_tree_num_members(const covey_tree *tree);

/* The member behind `after` in index order; false behind the last. Begin
 * with first = true. */
bool covey_tree_next_member(const covey_tree *tree, covey_leaf_index *leaf,
                            bool first);

/* Nodes in tree order. */
typedef struct {
    size_t num;
    covey_node_index nodes[COVEY_MLS_MEMBERS_MAX];
} covey_resolution;

/* Section 4.1.1. Leaves in `without` are left out; NULL: none. */
void covey_tree_resolution(const covey_tree *tree, covey_node_index node,
                           const covey_leaf_set *without,
                           covey_resolution *out);

/* The filtered direct path of section 4.1.2, from the leaf to the root. */
typedef struct {
    size_t num;
    unsigned level[COVEY_MLS_DEPTH_MAX]; /* of each node on it */
} covey_filtered_path;

void covey_tree_filtered_path(const covey_tree *tree, covey_leaf_index leaf,
                              covey_filtered_path *out);

/* Blanks all parents above the leaf. */
void covey_tree_blank_path(covey_tree *tree, covey_leaf_index leaf);

/* Section 12.1.1: the leftmost empty leaf, growing the tree if there is
 * none. COVEY_ERR_CAPACITY when it cannot grow. */
int covey_tree_add(covey_tree *tree, covey_bytes leaf_node,
                   covey_leaf_index *leaf);

/* Section 12.1.2. */
void covey_tree_update(covey_tree *tree, covey_leaf_index leaf,
                       covey_bytes leaf_node);

/* Section 12.1.3, with truncation. */
void covey_tree_remove(covey_tree *tree, covey_leaf_index leaf);

/* Whether some node of the tree has this encryption key, or some leaf this
 * signature key. `except` is not looked at; COVEY_LEAF_NONE: all are. */
#define COVEY_LEAF_NONE ((covey_leaf_index){UINT32_MAX})
bool covey_tree_has_encryption_key(const covey_tree *tree, covey_bytes key,
                                   covey_leaf_index except);
bool covey_tree_has_signature_key(const covey_tree *tree, covey_bytes key,
                                  covey_leaf_index except);

#endif
