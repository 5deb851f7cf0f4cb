#include "mls/tree_hash.h"

#include <covey/error.h>

#include "mls/tree_codec.h"
#include "mls/types.h"

/* optional<ParentNode> with the head of its hash input. */
#define PARENT_INPUT_MAX                                                       \
    (2 + 1 + COVEY_KEM_PUBLIC_MAX + 1 + COVEY_HASH_SIZE + 4 +                  \
     4 * COVEY_MLS_MEMBERS_MAX + 2 + 2 * COVEY_HASH_SIZE)

static void hash_leaf(covey_digest *out, const covey_tree *tree,
                      covey_leaf_index leaf, const covey_leaf_set *without)
{
    uint8_t head[6];
    covey_writer w = covey_writer_of(head, sizeof head);
    const covey_leaf_slot *slot = &tree->leaves[leaf.value];
    bool present = covey_tree_has_leaf(tree, leaf) &&
                   !(without != NULL && covey_leaf_set_has(without, leaf));
    covey_hash hash;

    covey_write_u8(&w, COVEY_NODE_LEAF);
    covey_write_u32(&w, leaf.value);
    covey_write_u8(&w, present ? 1 : 0);
    covey_hash_begin(&hash);
    covey_hash_add(&hash, covey_writer_since(&w, 0));
    if (present) covey_hash_add(&hash, covey_bytes_of(slot->bytes, slot->len));
    covey_hash_end(&hash, out);
}

static void hash_parent(covey_digest *out, const covey_tree *tree,
                        covey_node_index node, const covey_leaf_set *without,
                        const covey_digest *left, const covey_digest *right)
{
    uint8_t input[PARENT_INPUT_MAX];
    covey_writer w = covey_writer_of(input, sizeof input);
    const covey_parent_node *parent = covey_tree_parent(tree, node);
    covey_hash hash;

    covey_write_u8(&w, COVEY_NODE_PARENT);
    covey_write_u8(&w, parent != NULL ? 1 : 0);
    if (parent != NULL) {
        covey_parent_node original = *parent;

        if (without != NULL) {
            covey_leaf_set_subtract(&original.unmerged_leaves, without);
        }
        covey_write_parent_node(&w, &original);
    }
    covey_write_vec(&w, covey_digest_bytes(left));
    covey_write_vec(&w, covey_digest_bytes(right));
    covey_hash_begin(&hash);
    covey_hash_add(&hash, covey_writer_since(&w, 0));
    covey_hash_end(&hash, out);
}

/* Leaf by leaf from the left; a left child's hash waits at its level until
 * its right sibling's is there, as in a binary counter. */
void covey_tree_hash(covey_digest *out, const covey_tree *tree,
                     covey_node_index root, const covey_leaf_set *without)
{
    covey_digest waiting[COVEY_MLS_DEPTH_MAX + 1];
    covey_leaf_index first = covey_subtree_first_leaf(root);
    uint32_t num = covey_subtree_num_leaves(root);

    for (uint32_t i = 0; i < num; i++) {
        covey_leaf_index leaf = {first.value + i};
        unsigned level = 0;

        hash_leaf(out, tree, leaf, without);
        while ((i >> level & 1) != 0) {
            hash_parent(out, tree, covey_node_above(leaf, level + 1), without,
                        &waiting[level], out);
            level++;
        }
        waiting[level] = *out;
    }
}

void covey_copath_hashes_of(covey_copath_hashes *out, const covey_tree *tree,
                            covey_leaf_index leaf)
{
    unsigned height = covey_node_level(covey_tree_root(tree->width));

    for (unsigned level = 0; level < height; level++) {
        covey_tree_hash(&out->at[level], tree,
                        covey_node_sibling(covey_node_above(leaf, level)),
                        NULL);
    }
}

void covey_tree_hash_along(covey_digest *out, const covey_tree *tree,
                           covey_leaf_index leaf,
                           const covey_copath_hashes *copath)
{
    unsigned height = covey_node_level(covey_tree_root(tree->width));

    hash_leaf(out, tree, leaf, NULL);
    for (unsigned level = 0; level < height; level++) {
        bool is_left = (leaf.value >> level & 1) == 0;
        const covey_digest *beside = &copath->at[level];
        covey_digest below = *out;

        hash_parent(out, tree, covey_node_above(leaf, level + 1), NULL,
                    is_left ? &below : beside, is_left ? beside : &below);
    }
}

void covey_parent_hash(covey_digest *out, const covey_parent_node *parent,
                       const covey_digest *original_sibling_tree_hash)
{
    covey_hash hash;

    covey_hash_begin(&hash);
    covey_hash_add_vec(&hash, covey_bytes_of(parent->encryption_key.bytes,
                                             COVEY_KEM_PUBLIC_MAX));
    covey_hash_add_vec(&hash, covey_bytes_of(parent->parent_hash.bytes,
                                             parent->parent_hash_len));
    covey_hash_add_vec(&hash, covey_digest_bytes(original_sibling_tree_hash));
    covey_hash_end(&hash, out);
}

void covey_parent_hashes_set(covey_tree *tree, covey_leaf_index leaf,
                             const covey_filtered_path *path,
                             const covey_copath_hashes *copath,
                             covey_digest *leaf_hash, size_t *len)
{
    covey_digest above = {{0}};
    size_t above_len = 0;

    for (size_t i = path->num; i > 0; i--) {
        unsigned level = path->level[i - 1];
        covey_parent_node *parent =
            covey_tree_parent_slot(tree, covey_node_above(leaf, level));

        parent->parent_hash = above;
        parent->parent_hash_len = (uint8_t)above_len;
        covey_parent_hash(&above, parent, &copath->at[level - 1]);
        above_len = sizeof above.bytes;
    }
    *leaf_hash = above;
    *len = above_len;
}

/* The parent_hash field of a node; empty when it has none. */
static covey_bytes parent_hash_of(const covey_tree *tree, covey_node_index node)
{
    if (covey_node_is_leaf(node)) {
        covey_leaf_node leaf;

        covey_tree_leaf(tree, covey_leaf_of_node(node), &leaf);
        return leaf.parent_hash;
    }
    const covey_parent_node *parent = covey_tree_parent(tree, node);
    return covey_bytes_of(parent->parent_hash.bytes, parent->parent_hash_len);
}

/* Whether resolution(child) without `node` is the parent's unmerged leaves
 * under the child. */
static bool rest_is_unmerged(const covey_parent_node *parent,
                             covey_node_index child,
                             const covey_resolution *resolution,
                             covey_node_index node)
{
    covey_leaf_index first = covey_subtree_first_leaf(child);
    uint32_t num_unmerged = 0;

    for (uint32_t i = 0; i < covey_subtree_num_leaves(child); i++) {
        covey_leaf_index leaf = {first.value + i};
        if (covey_leaf_set_has(&parent->unmerged_leaves, leaf)) num_unmerged++;
    }
    for (size_t i = 0; i < resolution->num; i++) {
        covey_node_index other = resolution->nodes[i];

        if (covey_node_same(other, node)) continue;
        if (!covey_node_is_leaf(other) ||
            !covey_leaf_set_has(&parent->unmerged_leaves,
                                covey_leaf_of_node(other))) {
            return false;
        }
    }
    return num_unmerged + 1 == resolution->num;
}

/* The number of nodes under `child` whose parent hash is valid with respect
 * to its parent. The sibling's tree hash is its original one while nobody has
 * been added below the parent. */
static unsigned num_valid_below(const covey_tree *tree,
                                const covey_parent_node *parent,
                                covey_node_index child,
                                const covey_digest *sibling)
{
    covey_digest original = *sibling;
    covey_digest expected;
    covey_resolution resolution;
    unsigned num = 0;

    if (!covey_leaf_set_is_empty(&parent->unmerged_leaves)) {
        covey_tree_hash(&original, tree, covey_node_sibling(child),
                        &parent->unmerged_leaves);
    }
    covey_parent_hash(&expected, parent, &original);
    covey_tree_resolution(tree, child, NULL, &resolution);
    for (size_t i = 0; i < resolution.num; i++) {
        covey_node_index node = resolution.nodes[i];

        if (covey_bytes_same(parent_hash_of(tree, node),
                             covey_digest_bytes(&expected)) &&
            rest_is_unmerged(parent, child, &resolution, node)) {
            num++;
        }
    }
    return num;
}

/* Given the tree hashes of its children. */
static bool is_chained(const covey_tree *tree, covey_node_index node,
                       const covey_digest *left, const covey_digest *right)
{
    const covey_parent_node *parent = covey_tree_parent(tree, node);

    return parent == NULL ||
           num_valid_below(tree, parent, covey_node_left(node), right) +
                   num_valid_below(tree, parent, covey_node_right(node),
                                   left) ==
               1;
}

/* Goes through the tree as covey_tree_hash does, so that each parent meets
 * the hashes of its children. */
int covey_parent_hashes_verify(const covey_tree *tree)
{
    covey_digest waiting[COVEY_MLS_DEPTH_MAX + 1];
    covey_digest at;

    for (uint32_t i = 0; i < tree->width; i++) {
        covey_leaf_index leaf = {i};
        unsigned level = 0;

        hash_leaf(&at, tree, leaf, NULL);
        while ((i >> level & 1) != 0) {
            covey_node_index node = covey_node_above(leaf, level + 1);

            if (!is_chained(tree, node, &waiting[level], &at)) {
                return COVEY_ERR_TREE;
            }
            hash_parent(&at, tree, node, NULL, &waiting[level], &at);
            level++;
        }
        waiting[level] = at;
    }
    return COVEY_OK;
}
