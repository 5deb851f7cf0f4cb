#include "mls/tree_codec.h"

#include <covey/error.h>

#include "mls/types.h"

void covey_write_parent_node(covey_writer *w, const covey_parent_node *parent)
{
    size_t mark = 0;

    covey_write_vec(w, covey_bytes_of(parent->encryption_key.bytes,
                                      sizeof parent->encryption_key.bytes));
    covey_write_vec(w, covey_bytes_of(parent->parent_hash.bytes,
                                      parent->parent_hash_len));
    mark = covey_write_vec_open(w);
    for (uint32_t i = 0; i < COVEY_MLS_MEMBERS_MAX; i++) {
        covey_leaf_index leaf = {i};

        if (covey_leaf_set_has(&parent->unmerged_leaves, leaf)) {
            covey_write_u32(w, i);
        }
    }
    covey_write_vec_close(w, mark);
}

static void write_node(covey_writer *w, const covey_tree *tree,
                       covey_node_index node)
{
    if (covey_node_is_leaf(node)) {
        covey_leaf_index leaf = covey_leaf_of_node(node);
        const covey_leaf_slot *slot = &tree->leaves[leaf.value];

        covey_write_u8(w, slot->len != 0 ? 1 : 0);
        if (slot->len == 0) return;
        covey_write_u8(w, COVEY_NODE_LEAF);
        covey_write_fixed(w, covey_bytes_of(slot->bytes, slot->len));
        return;
    }
    const covey_parent_node *parent = covey_tree_parent(tree, node);

    covey_write_u8(w, parent != NULL ? 1 : 0);
    if (parent == NULL) return;
    covey_write_u8(w, COVEY_NODE_PARENT);
    covey_write_parent_node(w, parent);
}

/* Nodes behind the last leaf that is there are blank: a parent there would
 * have had only blank leaves on its right. */
void covey_write_ratchet_tree(covey_writer *w, const covey_tree *tree)
{
    uint32_t last = tree->width;
    size_t mark = covey_write_vec_open(w);

    while (last > 1 && tree->leaves[last - 1].len == 0) last--;
    for (uint32_t i = 0; i < 2 * last - 1; i++) {
        write_node(w, tree, (covey_node_index){i});
    }
    covey_write_vec_close(w, mark);
}

static int read_leaf(covey_reader *r, covey_tree *tree, covey_leaf_index leaf)
{
    covey_leaf_node node;

    covey_read_leaf_node(r, &node);
    if (r->failed) return COVEY_ERR_MALFORMED;
    if (node.encoding.len > COVEY_MLS_LEAF_NODE_MAX) return COVEY_ERR_PROFILE;
    covey_tree_set_leaf(tree, leaf, node.encoding);
    return COVEY_OK;
}

static int read_unmerged(covey_leaf_set *set, covey_bytes list)
{
    covey_reader r = covey_reader_of(list);
    uint32_t next = 0; /* the smallest that may come */

    while (covey_reader_more(&r)) {
        covey_leaf_index leaf = {covey_read_u32(&r)};

        if (r.failed) return COVEY_ERR_MALFORMED;
        if (leaf.value < next || leaf.value >= COVEY_MLS_MEMBERS_MAX) {
            return COVEY_ERR_TREE;
        }
        covey_leaf_set_add(set, leaf);
        next = leaf.value + 1;
    }
    return COVEY_OK;
}

static int read_parent(covey_reader *r, covey_parent_node *parent,
                       const covey_suite *suite)
{
    covey_bytes key = covey_read_vec(r);
    covey_bytes hash = covey_read_vec(r);
    covey_bytes unmerged = covey_read_vec(r);

    if (r->failed) return COVEY_ERR_MALFORMED;
    if (key.len != suite->kem->public_size || !suite->kem->is_useful(key) ||
        (hash.len != 0 && hash.len != sizeof parent->parent_hash.bytes)) {
        return COVEY_ERR_TREE;
    }
    parent->present = true;
    memcpy(parent->encryption_key.bytes, key.at, key.len);
    covey_copy(parent->parent_hash.bytes, hash.at, hash.len);
    parent->parent_hash_len = (uint8_t)hash.len;
    return read_unmerged(&parent->unmerged_leaves, unmerged);
}

static int read_node(covey_reader *r, covey_tree *tree, covey_node_index node,
                     const covey_suite *suite)
{
    bool is_leaf = covey_node_is_leaf(node);
    uint8_t type = covey_read_u8(r);

    if (r->failed) return COVEY_ERR_MALFORMED;
    if (type != (is_leaf ? COVEY_NODE_LEAF : COVEY_NODE_PARENT)) {
        return COVEY_ERR_TREE;
    }
    if (is_leaf) return read_leaf(r, tree, covey_leaf_of_node(node));
    return read_parent(r, covey_tree_parent_slot(tree, node), suite);
}

int covey_ratchet_tree_decode(covey_tree *tree, covey_bytes encoding,
                              const covey_suite *suite)
{
    covey_reader whole = covey_reader_of(encoding);
    covey_reader r = covey_read_list(&whole);
    covey_node_index node = {0};
    bool last_present = false;

    if (covey_reader_finish(&whole) != COVEY_OK) return COVEY_ERR_MALFORMED;
    covey_tree_init(tree);
    for (; covey_reader_more(&r); node.value++) {
        if (node.value >= 2 * COVEY_MLS_MEMBERS_MAX - 1) {
            return COVEY_ERR_CAPACITY;
        }
        last_present = covey_read_optional(&r);
        if (last_present) {
            int err = read_node(&r, tree, node, suite);
            if (err) return err;
        }
    }
    if (covey_reader_finish(&r) != COVEY_OK) return COVEY_ERR_MALFORMED;
    /* A tree's last node is a leaf: see covey_write_ratchet_tree. */
    if (!last_present || node.value % 2 == 0) return COVEY_ERR_TREE;
    tree->width = covey_tree_width_for((node.value + 1) / 2);
    return COVEY_OK;
}
