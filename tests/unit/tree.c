#include "mls/tree.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/guard.h"
#include "support/trees.h"

static covey_tree tree;
static covey_tree before;

static covey_leaf_index leaf_at(uint32_t value)
{
    return (covey_leaf_index){value};
}

static covey_node_index node_at(uint32_t value)
{
    return (covey_node_index){value};
}

/* Puts something into parents that are blank: enough for shape. */
static void set_parents(const uint32_t *nodes, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        covey_parent_node *parent =
            covey_tree_parent_slot(&tree, node_at(nodes[i]));

        memset(parent, 0, sizeof *parent);
        parent->present = true;
        parent->encryption_key.bytes[0] = (uint8_t)nodes[i];
    }
}

static void set_all_parents(void)
{
    for (uint32_t i = 1; i < covey_tree_num_nodes(tree.width); i += 2) {
        set_parents(&i, 1);
    }
}

static void check_resolves(uint32_t node, const uint32_t *wanted, size_t num)
{
    covey_resolution *out = (covey_resolution *)(void *)guard_end(sizeof *out);

    covey_tree_resolution(&tree, node_at(node), NULL, out);
    cr_assert_eq(out->num, num, "node %u: %zu", node, out->num);
    for (size_t i = 0; i < num; i++) {
        cr_assert_eq(out->nodes[i].value, wanted[i], "node %u", node);
    }
}

#define check_resolution(node, ...)                                            \
    do {                                                                       \
        const uint32_t wanted_[] = {__VA_ARGS__};                              \
        check_resolves((node), wanted_, sizeof wanted_ / sizeof wanted_[0]);   \
    } while (0)

Test(tree, begins_as_one_blank_leaf)
{
    memset(&tree, 0xaa, sizeof tree);
    covey_tree_init(&tree);
    cr_assert_eq(tree.width, 1);
    cr_assert_eq(covey_tree_num_members(&tree), 0);
    cr_assert_not(covey_tree_has_leaf(&tree, leaf_at(0)));
    check_resolves(0, NULL, 0);
}

Test(tree, grows_by_doubling)
{
    covey_leaf_index added;

    covey_tree_init(&tree);
    for (uint32_t i = 0; i < COVEY_MLS_MEMBERS_MAX; i++) {
        cr_assert_eq(covey_tree_add(&tree, test_leaf(i), &added), COVEY_OK);
        cr_assert_eq(added.value, i);
        cr_assert_eq(tree.width, covey_tree_width_for(i + 1));
        cr_assert_eq(covey_tree_num_members(&tree), i + 1);
    }
}

Test(tree, a_full_tree_takes_nobody_and_stays_as_it_is)
{
    covey_leaf_index added = {77};

    test_tree_of(&tree, COVEY_MLS_MEMBERS_MAX);
    before = tree;
    cr_assert_eq(covey_tree_add(&tree, test_leaf(99), &added),
                 COVEY_ERR_CAPACITY);
    cr_assert_eq(added.value, 77);
    cr_assert_arr_eq(&tree, &before, sizeof tree);
}

Test(tree, who_comes_takes_the_leftmost_blank_leaf)
{
    covey_leaf_index added;

    test_tree_of(&tree, 8);
    covey_tree_remove(&tree, leaf_at(6));
    covey_tree_remove(&tree, leaf_at(2));
    cr_assert_eq(covey_tree_add(&tree, test_leaf(20), &added), COVEY_OK);
    cr_assert_eq(added.value, 2);
    cr_assert_eq(covey_tree_add(&tree, test_leaf(21), &added), COVEY_OK);
    cr_assert_eq(added.value, 6);
    cr_assert_eq(covey_tree_add(&tree, test_leaf(22), &added), COVEY_OK);
    cr_assert_eq(added.value, 8);
    cr_assert_eq(tree.width, 16);
}

Test(tree, who_comes_is_unmerged_at_each_parent_that_is_there)
{
    static const uint32_t there[] = {3, 7, 13}; /* 13 is not above leaf 1 */
    covey_leaf_index added;

    test_tree_of(&tree, 8);
    covey_tree_remove(&tree, leaf_at(1));
    set_parents(there, 3);
    cr_assert_eq(covey_tree_add(&tree, test_leaf(20), &added), COVEY_OK);
    cr_assert_eq(added.value, 1);
    cr_assert_null(covey_tree_parent(&tree, node_at(1)));
    for (size_t i = 0; i < 3; i++) {
        const covey_parent_node *parent =
            covey_tree_parent(&tree, node_at(there[i]));

        cr_assert_eq(covey_leaf_set_has(&parent->unmerged_leaves, added),
                     there[i] != 13);
    }
}

Test(tree, a_new_root_of_a_grown_tree_is_blank)
{
    covey_leaf_index added;

    test_tree_of(&tree, 4);
    set_all_parents();
    cr_assert_eq(covey_tree_add(&tree, test_leaf(20), &added), COVEY_OK);
    cr_assert_eq(added.value, 4);
    for (uint32_t node = 7; node < 15; node += 2) {
        cr_assert_null(covey_tree_parent(&tree, node_at(node)), "%u", node);
    }
    /* The old root is not above the newcomer. */
    const covey_parent_node *old = covey_tree_parent(&tree, node_at(3));
    cr_assert(test_is_zero(&old->unmerged_leaves, sizeof old->unmerged_leaves));
}

Test(tree, an_update_blanks_the_parents_above_and_no_others)
{
    test_tree_of(&tree, 8);
    set_all_parents();
    before = tree;
    covey_tree_update(&tree, leaf_at(5), test_leaf(20));
    for (uint32_t node = 1; node < 15; node += 2) {
        bool above =
            covey_node_is_under(covey_node_of_leaf(leaf_at(5)), node_at(node));

        cr_assert_eq(covey_tree_parent(&tree, node_at(node)) == NULL, above);
    }
    for (uint32_t i = 0; i < 8; i++) {
        cr_assert_eq(memcmp(&tree.leaves[i], &before.leaves[i],
                            sizeof tree.leaves[i]) == 0,
                     i != 5);
    }
    cr_assert_eq(tree.width, 8);
}

Test(tree, a_removal_blanks_the_leaf_and_the_parents_above)
{
    test_tree_of(&tree, 8);
    set_all_parents();
    covey_tree_remove(&tree, leaf_at(2));
    cr_assert_not(covey_tree_has_leaf(&tree, leaf_at(2)));
    cr_assert_eq(covey_tree_num_members(&tree), 7);
    cr_assert_eq(tree.width, 8);
    for (uint32_t node = 1; node < 15; node += 2) {
        bool above =
            covey_node_is_under(covey_node_of_leaf(leaf_at(2)), node_at(node));

        cr_assert_eq(covey_tree_parent(&tree, node_at(node)) == NULL, above);
    }
}

Test(tree, is_truncated_when_its_right_half_is_empty)
{
    test_tree_of(&tree, 9);
    covey_tree_remove(&tree, leaf_at(8));
    cr_assert_eq(tree.width, 8);
    covey_tree_remove(&tree, leaf_at(4));
    covey_tree_remove(&tree, leaf_at(5));
    covey_tree_remove(&tree, leaf_at(7));
    cr_assert_eq(tree.width, 8);
    covey_tree_remove(&tree, leaf_at(6));
    cr_assert_eq(tree.width, 4);
}

Test(tree, is_truncated_by_several_halves_at_once)
{
    test_tree_of(&tree, 17);
    for (uint32_t i = 1; i < 16; i++) covey_tree_remove(&tree, leaf_at(i));
    cr_assert_eq(tree.width, 32);
    covey_tree_remove(&tree, leaf_at(16));
    cr_assert_eq(tree.width, 1);
    cr_assert_eq(covey_tree_num_members(&tree), 1);
}

Test(tree, nothing_is_left_of_what_was_truncated)
{
    test_tree_of(&tree, 8);
    set_all_parents();
    for (uint32_t i = 7; i >= 1; i--) covey_tree_remove(&tree, leaf_at(i));
    test_tree_of(&before, 1);
    cr_assert_arr_eq(&tree, &before, sizeof tree);
}

Test(tree, a_removed_left_half_truncates_nothing)
{
    test_tree_of(&tree, 8);
    for (uint32_t i = 0; i < 7; i++) covey_tree_remove(&tree, leaf_at(i));
    cr_assert_eq(tree.width, 8);
    cr_assert_eq(covey_tree_num_members(&tree), 1);
}

/* RFC 9420, the figure "A Tree with Blanks and Unmerged Leaves": X is node
 * 3, Y is node 9. */
static void make_resolution_figure(void)
{
    static const uint32_t there[] = {3, 9};
    covey_leaf_index added;

    test_tree_of(&tree, 8);
    covey_tree_remove(&tree, leaf_at(1));
    covey_tree_remove(&tree, leaf_at(2));
    covey_tree_remove(&tree, leaf_at(6));
    set_parents(there, 2);
    cr_assert_eq(covey_tree_add(&tree, test_leaf(20), &added), COVEY_OK);
    cr_assert_eq(added.value, 1);
}

Test(tree, resolutions_of_the_rfcs_figure)
{
    make_resolution_figure();
    check_resolution(3, 3, 2);
    check_resolves(4, NULL, 0);
    check_resolves(12, NULL, 0);
    check_resolution(7, 3, 2, 9, 14);
    check_resolution(1, 0, 2);
    check_resolution(5, 6);
    check_resolution(11, 9, 14);
    check_resolution(9, 9);
    check_resolution(13, 14);
    check_resolution(14, 14);
}

Test(tree, leaves_left_out_are_in_no_resolution)
{
    covey_leaf_set without = {{0}};
    covey_resolution out;

    make_resolution_figure();
    covey_leaf_set_add(&without, leaf_at(1));
    covey_leaf_set_add(&without, leaf_at(7));
    covey_tree_resolution(&tree, node_at(7), &without, &out);
    cr_assert_eq(out.num, 2);
    cr_assert_eq(out.nodes[0].value, 3);
    cr_assert_eq(out.nodes[1].value, 9);
    covey_tree_resolution(&tree, node_at(14), &without, &out);
    cr_assert_eq(out.num, 0);
}

/* RFC 9420, the figure "A Complete Tree with Five Members": T is node 1, X 9,
 * Y 11 and W 7. */
Test(tree, filtered_paths_of_the_rfcs_figure)
{
    static const uint32_t there[] = {1, 7, 9, 11};
    static const struct {
        uint32_t leaf;
        size_t num;
        unsigned level[3];
    } paths[] = {
        {0, 2, {1, 3, 0}}, {1, 2, {1, 3, 0}}, {4, 3, {1, 2, 3}},
        {5, 3, {1, 2, 3}}, {6, 2, {2, 3, 0}},
    };

    test_tree_of(&tree, 7);
    covey_tree_remove(&tree, leaf_at(2));
    covey_tree_remove(&tree, leaf_at(3));
    set_parents(there, 4);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        covey_filtered_path path;

        covey_tree_filtered_path(&tree, leaf_at(paths[i].leaf), &path);
        cr_assert_eq(path.num, paths[i].num, "leaf %u", paths[i].leaf);
        for (size_t k = 0; k < path.num; k++) {
            cr_assert_eq(path.level[k], paths[i].level[k]);
        }
    }
}

Test(tree, an_unmerged_leaf_keeps_its_parent_in_the_filtered_path)
{
    static const uint32_t there[] = {5, 3};
    covey_filtered_path path;
    covey_leaf_index added;

    /* Nobody is under node 5 but the newcomer, whom it lists as unmerged. */
    test_tree_of(&tree, 4);
    covey_tree_remove(&tree, leaf_at(2));
    set_parents(there, 2);
    cr_assert_eq(covey_tree_add(&tree, test_leaf(20), &added), COVEY_OK);
    covey_tree_filtered_path(&tree, leaf_at(0), &path);
    cr_assert_eq(path.num, 2);
}

Test(tree, one_member_has_an_empty_filtered_path)
{
    covey_filtered_path path;

    test_tree_of(&tree, 1);
    covey_tree_filtered_path(&tree, leaf_at(0), &path);
    cr_assert_eq(path.num, 0);
    test_tree_of(&tree, 3);
    covey_tree_remove(&tree, leaf_at(0));
    covey_tree_remove(&tree, leaf_at(1));
    cr_assert_eq(tree.width, 4);
    covey_tree_filtered_path(&tree, leaf_at(2), &path);
    cr_assert_eq(path.num, 0);
}

/* What comes from a peer and has not been validated: parents everywhere,
 * which list everybody as unmerged, in the tree or not. */
Test(tree, a_hostile_tree_overflows_no_resolution)
{
    covey_resolution *out = (covey_resolution *)(void *)guard_end(sizeof *out);
    covey_filtered_path *path =
        (covey_filtered_path *)(void *)guard_end(sizeof *path);

    for (unsigned with_root = 0; with_root < 2; with_root++) {
        test_tree_of(&tree, COVEY_MLS_MEMBERS_MAX);
        set_all_parents();
        for (size_t i = 0; i + 1 < COVEY_MLS_MEMBERS_MAX; i++) {
            memset(&tree.parents[i].unmerged_leaves, 0xff,
                   sizeof tree.parents[i].unmerged_leaves);
        }
        /* A blank root adds up the resolutions of both sides. */
        if (with_root == 0) tree.parents[tree.width / 2 - 1].present = false;
        for (uint32_t i = 0; i < covey_tree_num_nodes(tree.width); i++) {
            covey_tree_resolution(&tree, node_at(i), NULL, out);
            cr_assert_leq(out->num, COVEY_MLS_MEMBERS_MAX);
        }
        for (uint32_t i = 0; i < tree.width; i++) {
            covey_tree_filtered_path(&tree, leaf_at(i), path);
            cr_assert_leq(path->num, COVEY_MLS_DEPTH_MAX);
        }
    }
}

Test(tree, parents_without_leaves_resolve_to_themselves)
{
    static const uint32_t there[] = {1, 5, 9, 13};

    covey_tree_init(&tree);
    tree.width = 8;
    set_parents(there, 4);
    check_resolution(7, 1, 5, 9, 13);
}

Test(tree, members_come_in_order)
{
    static const uint32_t wanted[] = {1, 3, 4, 7};
    covey_leaf_index leaf;
    size_t num = 0;

    test_tree_of(&tree, 8);
    covey_tree_remove(&tree, leaf_at(0));
    covey_tree_remove(&tree, leaf_at(2));
    covey_tree_remove(&tree, leaf_at(5));
    covey_tree_remove(&tree, leaf_at(6));
    for (bool first = true; covey_tree_next_member(&tree, &leaf, first);
         first = false) {
        cr_assert_lt(num, 4);
        cr_assert_eq(leaf.value, wanted[num++]);
    }
    cr_assert_eq(num, 4);
    covey_tree_init(&tree);
    cr_assert_not(covey_tree_next_member(&tree, &leaf, true));
}

Test(tree, a_leaf_outside_is_no_leaf)
{
    test_tree_of(&tree, 3);
    cr_assert(covey_tree_has_leaf(&tree, leaf_at(2)));
    cr_assert_not(covey_tree_has_leaf(&tree, leaf_at(3)));
    cr_assert_not(covey_tree_has_leaf(&tree, leaf_at(4)));
    cr_assert_not(covey_tree_has_leaf(&tree, leaf_at(COVEY_MLS_MEMBERS_MAX)));
    cr_assert_not(covey_tree_has_leaf(&tree, leaf_at(UINT32_MAX)));
}

Test(tree, keys_are_found_wherever_they_are)
{
    covey_leaf_node leaf = test_leaf_node(2);
    covey_bytes parent_key;

    test_tree_of(&tree, 4);
    set_all_parents();
    cr_assert(covey_tree_has_encryption_key(&tree, test_encryption_key(2),
                                            COVEY_LEAF_NONE));
    cr_assert_not(covey_tree_has_encryption_key(&tree, test_encryption_key(2),
                                                leaf_at(2)));
    cr_assert(covey_tree_has_encryption_key(&tree, test_encryption_key(2),
                                            leaf_at(3)));
    cr_assert_not(covey_tree_has_encryption_key(&tree, test_encryption_key(4),
                                                COVEY_LEAF_NONE));
    cr_assert(covey_tree_has_signature_key(&tree, leaf.signature_key,
                                           COVEY_LEAF_NONE));
    cr_assert_not(
        covey_tree_has_signature_key(&tree, leaf.signature_key, leaf_at(2)));

    parent_key = covey_tree_encryption_key(&tree, node_at(5));
    cr_assert(
        covey_tree_has_encryption_key(&tree, parent_key, COVEY_LEAF_NONE));
    parent_key = covey_bytes_of(test_copy(parent_key), parent_key.len);
    covey_tree_update(&tree, leaf_at(3), test_leaf(20));
    cr_assert_not(
        covey_tree_has_encryption_key(&tree, parent_key, COVEY_LEAF_NONE));
}

Test(tree, a_leafs_views_are_of_its_own_bytes)
{
    covey_leaf_node wanted = test_leaf_node(1);
    covey_leaf_node leaf;

    test_tree_of(&tree, 2);
    covey_tree_leaf(&tree, leaf_at(1), &leaf);
    check_bytes(leaf.encoding, test_leaf(1));
    check_bytes(leaf.identity, wanted.identity);
    check_bytes(leaf.encryption_key,
                covey_tree_encryption_key(&tree, node_at(2)));
}

Test(tree, a_shorter_leaf_leaves_nothing_of_a_longer_one)
{
    test_tree_of(&tree, 1);
    covey_tree_set_leaf(&tree, leaf_at(0), covey_bytes_of(NULL, 0));
    cr_assert(test_is_zero(&tree.leaves[0], sizeof tree.leaves[0]));
}
