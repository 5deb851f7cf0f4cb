#include "mls/tree.h"

#include <covey/error.h>

static size_t parent_at(covey_node_index node)
{
    return node.value / 2;
}

void covey_tree_init(covey_tree *tree)
{
    memset(tree, 0, sizeof *tree);
    tree->width = 1;
}

bool covey_tree_has_leaf(const covey_tree *tree, covey_leaf_index leaf)
{
    return leaf.value < tree->width && tree->leaves[leaf.value].len != 0;
}

void covey_tree_leaf(const covey_tree *tree, covey_leaf_index leaf,
                     covey_leaf_node *out)
{
    const covey_leaf_slot *slot = &tree->leaves[leaf.value];
    covey_reader r = covey_reader_of(covey_bytes_of(slot->bytes, slot->len));

    covey_read_leaf_node(&r, out);
}

void covey_tree_set_leaf(covey_tree *tree, covey_leaf_index leaf,
                         covey_bytes encoding)
{
    covey_leaf_slot *slot = &tree->leaves[leaf.value];

    memset(slot, 0, sizeof *slot);
    covey_copy(slot->bytes, encoding.at, encoding.len);
    slot->len = (uint16_t)encoding.len;
}

const covey_parent_node *covey_tree_parent(const covey_tree *tree,
                                           covey_node_index node)
{
    const covey_parent_node *parent = &tree->parents[parent_at(node)];

    return parent->present ? parent : NULL;
}

covey_parent_node *covey_tree_parent_slot(covey_tree *tree,
                                          covey_node_index node)
{
    return &tree->parents[parent_at(node)];
}

covey_bytes covey_tree_encryption_key(const covey_tree *tree,
                                      covey_node_index node)
{
    if (!covey_node_is_leaf(node)) {
        const covey_kem_public *key =
            &tree->parents[parent_at(node)].encryption_key;

        return covey_bytes_of(key->bytes, sizeof key->bytes);
    }
    /* It comes first in a LeafNode. */
    const covey_leaf_slot *slot = &tree->leaves[covey_leaf_of_node(node).value];
    covey_reader r = covey_reader_of(covey_bytes_of(slot->bytes, slot->len));

    return covey_read_vec(&r);
}

/* It comes second. */
static covey_bytes signature_key(const covey_tree *tree, covey_leaf_index leaf)
{
    const covey_leaf_slot *slot = &tree->leaves[leaf.value];
    covey_reader r = covey_reader_of(covey_bytes_of(slot->bytes, slot->len));

    (void)covey_read_vec(&r);
    return covey_read_vec(&r);
}

uint32_t covey_tree_num_members(const covey_tree *tree)
{
    uint32_t num = 0;

    for (uint32_t i = 0; i < tree->width; i++) {
        if (tree->leaves[i].len != 0) num++;
    }
    return num;
}

bool covey_tree_next_member(const covey_tree *tree, covey_leaf_index *leaf,
                            bool first)
{
    uint32_t i = first ? 0 : leaf->value + 1;

    while (i < tree->width && tree->leaves[i].len == 0) i++;
    leaf->value = i;
    return i < tree->width;
}

/* A tree that has not been validated could name more nodes than leaves. */
static void push(covey_resolution *out, covey_node_index node)
{
    if (out->num < COVEY_MLS_MEMBERS_MAX) out->nodes[out->num++] = node;
}

/* The node itself and its unmerged leaves. */
static void resolve_present(const covey_tree *tree, covey_node_index node,
                            const covey_leaf_set *without,
                            covey_resolution *out)
{
    const covey_parent_node *parent = covey_tree_parent(tree, node);

    push(out, node);
    for (uint32_t i = 0; i < tree->width; i++) {
        covey_leaf_index leaf = {i};

        if (covey_leaf_set_has(&parent->unmerged_leaves, leaf) &&
            !(without != NULL && covey_leaf_set_has(without, leaf))) {
            push(out, covey_node_of_leaf(leaf));
        }
    }
}

/* Left before right, with the nodes still to visit kept aside: at most one
 * for each level, and the one in hand. */
void covey_tree_resolution(const covey_tree *tree, covey_node_index node,
                           const covey_leaf_set *without, covey_resolution *out)
{
    covey_node_index todo[COVEY_MLS_DEPTH_MAX + 2];
    size_t num_todo = 0;

    out->num = 0;
    todo[num_todo++] = node;
    while (num_todo > 0) {
        covey_node_index at = todo[--num_todo];

        if (covey_node_is_leaf(at)) {
            covey_leaf_index leaf = covey_leaf_of_node(at);

            if (covey_tree_has_leaf(tree, leaf) &&
                !(without != NULL && covey_leaf_set_has(without, leaf))) {
                push(out, at);
            }
        } else if (covey_tree_parent(tree, at) != NULL) {
            resolve_present(tree, at, without, out);
        } else {
            todo[num_todo++] = covey_node_right(at);
            todo[num_todo++] = covey_node_left(at);
        }
    }
}

void covey_tree_filtered_path(const covey_tree *tree, covey_leaf_index leaf,
                              covey_filtered_path *out)
{
    unsigned height = covey_node_level(covey_tree_root(tree->width));

    out->num = 0;
    for (unsigned level = 1; level <= height; level++) {
        covey_node_index child = covey_node_above(leaf, level - 1);
        covey_resolution resolution;

        covey_tree_resolution(tree, covey_node_sibling(child), NULL,
                              &resolution);
        if (resolution.num != 0) out->level[out->num++] = level;
    }
}

void covey_tree_blank_path(covey_tree *tree, covey_leaf_index leaf)
{
    unsigned height = covey_node_level(covey_tree_root(tree->width));

    for (unsigned level = 1; level <= height; level++) {
        covey_parent_node *parent =
            covey_tree_parent_slot(tree, covey_node_above(leaf, level));

        memset(parent, 0, sizeof *parent);
    }
}

int covey_tree_add(covey_tree *tree, covey_bytes leaf_node,
                   covey_leaf_index *leaf)
{
    uint32_t at = 0;

    while (at < tree->width && tree->leaves[at].len != 0) at++;
    if (at == COVEY_MLS_MEMBERS_MAX) return COVEY_ERR_CAPACITY;
    /* Unused slots are always blank, so growing is only this. */
    if (at == tree->width) tree->width *= 2;

    leaf->value = at;
    covey_tree_set_leaf(tree, *leaf, leaf_node);

    unsigned height = covey_node_level(covey_tree_root(tree->width));
    for (unsigned level = 1; level <= height; level++) {
        covey_parent_node *parent =
            covey_tree_parent_slot(tree, covey_node_above(*leaf, level));

        if (parent->present)
            covey_leaf_set_add(&parent->unmerged_leaves, *leaf);
    }
    return COVEY_OK;
}

void covey_tree_update(covey_tree *tree, covey_leaf_index leaf,
                       covey_bytes leaf_node)
{
    covey_tree_set_leaf(tree, leaf, leaf_node);
    covey_tree_blank_path(tree, leaf);
}

static bool right_half_is_blank(const covey_tree *tree)
{
    for (uint32_t i = tree->width / 2; i < tree->width; i++) {
        if (tree->leaves[i].len != 0) return false;
    }
    return true;
}

void covey_tree_remove(covey_tree *tree, covey_leaf_index leaf)
{
    covey_tree_set_leaf(tree, leaf, covey_bytes_of(NULL, 0));
    covey_tree_blank_path(tree, leaf);
    while (tree->width > 1 && right_half_is_blank(tree)) {
        covey_node_index root = covey_tree_root(tree->width);
        covey_parent_node *parent = covey_tree_parent_slot(tree, root);

        memset(parent, 0, sizeof *parent);
        /* Parents of the right half have no leaf under them and were
         * blanked when the last one went. */
        tree->width /= 2;
    }
}

bool covey_tree_has_encryption_key(const covey_tree *tree, covey_bytes key,
                                   covey_leaf_index except)
{
    covey_leaf_index leaf;

    for (bool first = true; covey_tree_next_member(tree, &leaf, first);
         first = false) {
        if (!covey_leaf_same(leaf, except) &&
            covey_bytes_same(covey_tree_encryption_key(tree, covey_node_of_leaf(
                                                                 leaf)),
                             key)) {
            return true;
        }
    }
    for (uint32_t i = 0; i + 1 < tree->width; i++) {
        covey_node_index node = {2 * i + 1};

        if (covey_tree_parent(tree, node) != NULL &&
            covey_bytes_same(covey_tree_encryption_key(tree, node), key)) {
            return true;
        }
    }
    return false;
}

bool covey_tree_has_signature_key(const covey_tree *tree, covey_bytes key,
                                  covey_leaf_index except)
{
    covey_leaf_index leaf;

    for (bool first = true; covey_tree_next_member(tree, &leaf, first);
         first = false) {
        if (!covey_leaf_same(leaf, except) &&
            covey_bytes_same(signature_key(tree, leaf), key)) {
            return true;
        }
    }
    return false;
}
