/*
 * What functions of RFC 9420 and RFC 9180 come down to in bare calls, and the
 * lengths that go into them.
 */
#ifndef BENCH_PARTS_H
#define BENCH_PARTS_H

#include "bare.h"
#include "mls/tree.h"

/* A vector with its head. */
size_t part_vec(size_t len);
/* Of our groups, with its head. */
size_t part_group_id_len(void);
/* SignContent, and that of a leaf with its LeafNodeTBS. */
size_t part_sign_content(const char *label, size_t len);
size_t part_leaf_content(size_t leaf_len, uint8_t source);

/* A secret becomes the HMAC key of what follows. */
void part_key(bare_plan *plan);
/* ExpandWithLabel to at most 32 bytes. */
void part_expand(bare_plan *plan, const char *label, size_t context_len);
void part_ref_hash(bare_plan *plan, const char *label, size_t len);

/* DeriveKeyPair of the KEM. */
void part_derive_key_pair(bare_plan *plan);
/* EncryptWithLabel: once for all with one context, then for each. */
void part_hpke_info(bare_plan *plan, const char *label, size_t context_len);
void part_hpke_seal(bare_plan *plan, size_t len);
void part_hpke_open(bare_plan *plan, size_t len);

void part_hash_leaf(bare_plan *plan, const covey_tree *tree,
                    covey_leaf_index leaf);
void part_hash_parent(bare_plan *plan, const covey_tree *tree,
                      covey_node_index node);
void part_hash_tree(bare_plan *plan, const covey_tree *tree);
/* Of this leaf and the nodes above it: all others are as they were. */
void part_hash_tree_along(bare_plan *plan, const covey_tree *tree,
                          covey_leaf_index leaf);
void part_parent_hash(bare_plan *plan, const covey_parent_node *parent);

#endif
