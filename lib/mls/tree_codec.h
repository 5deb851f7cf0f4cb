/*
 * ParentNode and the ratchet_tree extension, RFC 9420 sections 7.1 and
 * 12.4.3.3.
 */
#ifndef COVEY_MLS_TREE_CODEC_H
#define COVEY_MLS_TREE_CODEC_H

#include "mls/tree.h"

void covey_write_parent_node(covey_writer *w, const covey_parent_node *parent);

/* Encoded, by our limits. */
#define COVEY_MLS_RATCHET_TREE_MAX                                             \
    (4 + COVEY_MLS_MEMBERS_MAX * (2 + COVEY_MLS_LEAF_NODE_MAX) +               \
     (COVEY_MLS_MEMBERS_MAX - 1) *                                             \
         (2 + 2 * (1 + COVEY_HASH_SIZE) + 4 + 4 * COVEY_MLS_MEMBERS_MAX))

/* The contents of the extension: optional<Node> ratchet_tree<V>. */
void covey_write_ratchet_tree(covey_writer *w, const covey_tree *tree);

/* Reads the extension's contents whole. The shape is checked (sorted
 * unmerged leaves inside the tree, last node a leaf that is there), nothing
 * more. COVEY_ERR_MALFORMED, COVEY_ERR_TREE, COVEY_ERR_PROFILE,
 * COVEY_ERR_CAPACITY. The tree is undefined after an error. */
int covey_ratchet_tree_decode(covey_tree *tree, covey_bytes encoding,
                              const covey_suite *suite);

#endif
