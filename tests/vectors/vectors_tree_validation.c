/*
 * mls/tree-validation.json: RFC 9420 sections 4.1.1 (resolutions), 7.2
 * (leaf signatures), 7.8 (tree hashes) and 7.9.2 (parent hashes).
 */
#include <covey/error.h>

#include "mls/tree_codec.h"
#include "mls/tree_hash.h"
#include "mls/tree_validate.h"
#include "vectors/values.h"

static void check_resolution(const covey_tree *tree, covey_node_index node,
                             const json_t *wanted)
{
    covey_resolution resolution;

    covey_tree_resolution(tree, node, NULL, &resolution);
    cr_assert_eq(resolution.num, json_array_size(wanted), "node %u",
                 node.value);
    for (size_t i = 0; i < resolution.num; i++) {
        cr_assert_eq(resolution.nodes[i].value,
                     json_integer_value(json_array_get(wanted, i)), "node %u",
                     node.value);
    }
}

static void check_nodes(const covey_tree *tree, const json_t *value)
{
    const json_t *resolutions = vector_list(value, "resolutions");
    const json_t *hashes = vector_list(value, "tree_hashes");
    uint32_t num = covey_tree_num_nodes(tree->width);

    cr_assert_eq(json_array_size(resolutions), num);
    cr_assert_eq(json_array_size(hashes), num);
    for (uint32_t i = 0; i < num; i++) {
        covey_node_index node = {i};
        covey_digest hash;

        check_resolution(tree, node, json_array_get(resolutions, i));
        covey_tree_hash(&hash, tree, node, NULL);
        check_bytes(covey_digest_bytes(&hash),
                    vector_bytes(json_array_get(hashes, i)));
    }
}

/* The root's hash again, by way of each leaf's path. */
static void check_hash_along(const covey_tree *tree, const json_t *value)
{
    const json_t *hashes = vector_list(value, "tree_hashes");
    const json_t *root =
        json_array_get(hashes, covey_tree_root(tree->width).value);

    for (uint32_t i = 0; i < tree->width; i++) {
        covey_leaf_index leaf = {i};
        covey_copath_hashes copath;
        covey_digest hash;

        covey_copath_hashes_of(&copath, tree, leaf);
        covey_tree_hash_along(&hash, tree, leaf, &copath);
        check_bytes(covey_digest_bytes(&hash), vector_bytes(root));
    }
}

static void check_leaves(const covey_tree *tree, covey_bytes group_id)
{
    covey_leaf_index leaf;
    uint32_t num = 0;

    for (bool first = true; covey_tree_next_member(tree, &leaf, first);
         first = false) {
        const covey_leaf_place place = {group_id, leaf};
        covey_leaf_node node;

        covey_tree_leaf(tree, leaf, &node);
        cr_assert_eq(covey_leaf_node_verify(&node, &place), COVEY_OK);
        num++;
    }
    cr_assert_eq(num, covey_tree_num_members(tree));
}

static void check_encoding(const covey_tree *tree, covey_bytes wanted)
{
    covey_writer w = covey_writer_of(test_alloc(wanted.len), wanted.len);

    covey_write_ratchet_tree(&w, tree);
    cr_assert_eq(covey_writer_finish(&w), COVEY_OK);
    check_bytes(covey_writer_since(&w, 0), wanted);
}

Test(vectors, tree_validation)
{
    const json_t *root = vectors_open("mls/tree-validation.json");
    covey_tree *tree = (covey_tree *)test_alloc(sizeof *tree);
    const json_t *value;
    size_t num = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        covey_bytes group_id = vector_hex(value, "group_id");
        covey_bytes none = {NULL, 0};

        check_suite(value);
        cr_assert_eq(covey_ratchet_tree_decode(tree, vector_hex(value, "tree"),
                                               vector_suite()),
                     COVEY_OK);
        check_encoding(tree, vector_hex(value, "tree"));
        check_nodes(tree, value);
        check_hash_along(tree, value);
        cr_assert_eq(covey_parent_hashes_verify(tree), COVEY_OK, "case %zu", i);
        check_leaves(tree, group_id);
        /* All that a newcomer checks; the vectors' lifetimes are eternal. */
        cr_assert_eq(covey_tree_validate(tree, vector_suite(), group_id, none,
                                         UINT64_MAX),
                     COVEY_OK, "case %zu", i);
        num++;
    }
    report_cases("tree-validation", num, json_array_size(root));
}
