#include "mls/tree_keys.h"

#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/trees.h"

static covey_tree tree;
static covey_tree_keys keys;

static covey_kem_secret secret_of(unsigned level)
{
    return (covey_kem_secret){{(uint8_t)(level + 1), 0x77}};
}

/* Of leaf 5, with the keys of these levels. */
static void make_keys(uint32_t levels)
{
    memset(&keys, 0, sizeof keys);
    keys.self.value = 5;
    keys.leaf = secret_of(0);
    for (unsigned level = 1; level <= COVEY_MLS_DEPTH_MAX; level++) {
        const covey_kem_secret secret = secret_of(level);

        if ((levels >> level & 1) != 0) {
            covey_tree_keys_set(&keys, level, &secret);
        }
    }
}

static void check_held(uint32_t node, unsigned level)
{
    const covey_kem_secret *got =
        covey_tree_keys_of(&keys, (covey_node_index){node});
    const covey_kem_secret wanted = secret_of(level);

    cr_assert_not_null(got);
    cr_assert_arr_eq(got, &wanted, sizeof wanted);
}

static void check_not_held(uint32_t node)
{
    cr_assert_null(covey_tree_keys_of(&keys, (covey_node_index){node}));
}

Test(tree_keys, only_what_is_held_is_given)
{
    make_keys(1u << 1 | 1u << 3);
    check_held(10, 0);
    check_held(9, 1);
    check_not_held(11); /* level 2: an unmerged leaf would not have it */
    check_held(7, 3);
    check_not_held(15);
}

Test(tree_keys, nodes_beside_the_path_have_none)
{
    make_keys(0x1fe);
    for (uint32_t node = 0; node < 31; node++) {
        bool above =
            node == 10 || node == 9 || node == 11 || node == 7 || node == 15;

        cr_assert_eq(covey_tree_keys_of(&keys, (covey_node_index){node}) !=
                         NULL,
                     above, "node %u", node);
    }
}

Test(tree_keys, keys_of_nodes_that_are_blank_are_wiped)
{
    test_tree_of(&tree, 8);
    test_tree_renew(&tree, 5, 20);
    make_keys(0x1fe);
    covey_tree_keys_prune(&keys, &tree);
    check_held(10, 0);
    check_held(9, 1);
    check_held(11, 2);
    check_held(7, 3);
    check_not_held(15); /* not in the tree */
    cr_assert(test_is_zero(&keys.parents[3],
                           sizeof keys.parents - 3 * sizeof keys.parents[0]));

    covey_tree_remove(&tree, (covey_leaf_index){6});
    covey_tree_keys_prune(&keys, &tree);
    check_held(9, 1);
    check_not_held(11);
    check_not_held(7);
    cr_assert_eq(keys.held, 1u << 1);
    cr_assert(test_is_zero(&keys.parents[1],
                           sizeof keys.parents - sizeof keys.parents[0]));
}
