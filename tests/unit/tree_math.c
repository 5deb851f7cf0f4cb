#include "mls/tree_math.h"

#include <criterion/criterion.h>

#define WIDTH 64
#define NODES (2 * WIDTH - 1)

Test(tree_math, a_width_is_the_next_power_of_two)
{
    static const uint32_t pairs[][2] = {
        {0, 1},   {1, 1},   {2, 2},   {3, 4},     {4, 4},     {5, 8},
        {31, 32}, {32, 32}, {33, 64}, {255, 256}, {256, 256}, {257, 512},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        cr_assert_eq(covey_tree_width_for(pairs[i][0]), pairs[i][1], "%u",
                     pairs[i][0]);
    }
}

Test(tree_math, leaves_stand_at_even_indices)
{
    for (uint32_t i = 0; i < WIDTH; i++) {
        covey_node_index node = covey_node_of_leaf((covey_leaf_index){i});

        cr_assert_eq(node.value, 2 * i);
        cr_assert(covey_node_is_leaf(node));
        cr_assert_eq(covey_leaf_of_node(node).value, i);
        cr_assert_eq(covey_node_level(node), 0);
        cr_assert_not(covey_node_is_leaf((covey_node_index){2 * i + 1}));
    }
}

Test(tree_math, children_and_parents_agree)
{
    for (uint32_t i = 0; i < NODES; i++) {
        covey_node_index node = {i};

        if (covey_node_is_leaf(node)) continue;
        covey_node_index left = covey_node_left(node);
        covey_node_index right = covey_node_right(node);

        cr_assert(left.value < i && i < right.value);
        cr_assert_eq(covey_node_level(left) + 1, covey_node_level(node));
        cr_assert_eq(covey_node_level(right) + 1, covey_node_level(node));
        cr_assert(covey_node_same(covey_node_parent(left), node));
        cr_assert(covey_node_same(covey_node_parent(right), node));
        cr_assert(covey_node_same(covey_node_sibling(left), right));
        cr_assert(covey_node_same(covey_node_sibling(right), left));
    }
}

/* Walks up from node, to the root of WIDTH leaves. */
static bool walk_is_under(covey_node_index node, covey_node_index root)
{
    while (!covey_node_same(node, root)) {
        if (covey_node_same(node, covey_tree_root(WIDTH))) return false;
        node = covey_node_parent(node);
    }
    return true;
}

Test(tree_math, under_is_what_walking_up_says)
{
    for (uint32_t i = 0; i < NODES; i++) {
        for (uint32_t k = 0; k < NODES; k++) {
            covey_node_index node = {i};
            covey_node_index root = {k};

            cr_assert_eq(covey_node_is_under(node, root),
                         walk_is_under(node, root), "%u under %u", i, k);
        }
    }
}

Test(tree_math, above_is_what_walking_up_says)
{
    for (uint32_t i = 0; i < WIDTH; i++) {
        covey_leaf_index leaf = {i};
        covey_node_index node = covey_node_of_leaf(leaf);

        for (unsigned level = 0; level < 6; level++) {
            cr_assert(covey_node_same(covey_node_above(leaf, level), node));
            cr_assert_eq(covey_node_level(node), level);
            node = covey_node_parent(node);
        }
        cr_assert(covey_node_same(node, covey_tree_root(WIDTH)));
        cr_assert(covey_node_same(covey_node_above(leaf, 6), node));
    }
}

Test(tree_math, a_subtree_has_the_leaves_under_it)
{
    for (uint32_t i = 0; i < NODES; i++) {
        covey_node_index root = {i};
        uint32_t first = covey_subtree_first_leaf(root).value;
        uint32_t num = covey_subtree_num_leaves(root);

        for (uint32_t k = 0; k < WIDTH; k++) {
            covey_node_index leaf = covey_node_of_leaf((covey_leaf_index){k});

            cr_assert_eq(covey_node_is_under(leaf, root),
                         k >= first && k < first + num, "leaf %u, node %u", k,
                         i);
        }
    }
}

Test(tree_math, the_common_ancestor_is_the_lowest_above_both)
{
    for (uint32_t i = 0; i < WIDTH; i++) {
        for (uint32_t k = 0; k < WIDTH; k++) {
            covey_leaf_index a = {i};
            covey_leaf_index b = {k};
            covey_node_index node = covey_node_of_leaf(a);

            while (!covey_node_is_under(covey_node_of_leaf(b), node)) {
                node = covey_node_parent(node);
            }
            cr_assert(covey_node_same(covey_common_ancestor(a, b), node),
                      "%u and %u", i, k);
        }
    }
}
