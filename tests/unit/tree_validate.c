#include "mls/tree_validate.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "base/writer.h"
#include "mls/types.h"
#include "support/bytes.h"
#include "support/trees.h"

static covey_tree tree;
static covey_tree good;

static int validate_with(covey_bytes extensions)
{
    return covey_tree_validate(&tree, test_suite(), test_group_id(), extensions,
                               TEST_LIFETIME);
}

static int validate(void)
{
    return validate_with(covey_bytes_of(NULL, 0));
}

/* Eight members who have renewed their paths, some of them later; leaves 3
 * and 6 came last and are unmerged wherever there is a parent above. */
static void make_tree(void)
{
    static const uint32_t renewals[] = {0, 4, 1, 5};
    covey_leaf_index added;

    test_tree_of(&tree, 8);
    for (uint32_t i = 0; i < 8; i++) test_tree_renew(&tree, i, 100 + i);
    covey_tree_remove(&tree, (covey_leaf_index){3});
    covey_tree_remove(&tree, (covey_leaf_index){6});
    for (uint32_t i = 0; i < 4; i++) {
        test_tree_renew(&tree, renewals[i], 200 + i);
    }
    cr_assert_eq(covey_tree_add(&tree, test_leaf(300), &added), COVEY_OK);
    cr_assert_eq(added.value, 3);
    cr_assert_eq(covey_tree_add(&tree, test_leaf(301), &added), COVEY_OK);
    cr_assert_eq(added.value, 6);
    good = tree;
}

static covey_parent_node *parent_at(uint32_t node)
{
    return covey_tree_parent_slot(&tree, (covey_node_index){node});
}

/* Puts an altered leaf in the place of another, signed. */
static void set_leaf(const covey_leaf_node *leaf, uint32_t number, uint32_t at)
{
    covey_tree_set_leaf(&tree, (covey_leaf_index){at},
                        test_leaf_sign(leaf, number, at));
}

Test(tree_validate, trees_of_members_who_come_go_and_renew_are_valid)
{
    covey_leaf_index added;

    for (uint32_t num = 1; num <= 9; num++) {
        test_tree_of(&tree, num);
        cr_assert_eq(validate(), COVEY_OK);
        for (uint32_t i = 0; i < num; i++) {
            test_tree_renew(&tree, i, 100 + i);
            cr_assert_eq(validate(), COVEY_OK, "%u of %u", i, num);
        }
        for (uint32_t i = 0; i + 1 < num; i += 2) {
            covey_tree_remove(&tree, (covey_leaf_index){i});
            cr_assert_eq(validate(), COVEY_OK, "without %u of %u", i, num);
            cr_assert_eq(covey_tree_add(&tree, test_leaf(200 + i), &added),
                         COVEY_OK);
            cr_assert_eq(validate(), COVEY_OK, "with %u of %u", i, num);
        }
        test_free_all();
    }
    make_tree();
    cr_assert_eq(validate(), COVEY_OK);
}

/* RFC 9420 appendix A and figure "evolution of parent hashes": P2. A commit
 * whose path skips a node that has only blanks beside it. */
Test(tree_validate, paths_that_skip_blank_subtrees_are_valid)
{
    test_tree_of(&tree, 8);
    for (uint32_t i = 0; i < 8; i++) test_tree_renew(&tree, i, 100 + i);
    covey_tree_remove(&tree, (covey_leaf_index){1});
    covey_tree_remove(&tree, (covey_leaf_index){2});
    covey_tree_remove(&tree, (covey_leaf_index){3});
    test_tree_renew(&tree, 0, 200);
    cr_assert_eq(validate(), COVEY_OK);
    test_tree_renew(&tree, 7, 201);
    cr_assert_eq(validate(), COVEY_OK);
}

/* ---- parent hashes ---- */

Test(tree_validate, a_parent_that_no_leaf_vouches_for_is_refused)
{
    for (uint32_t node = 1; node < 15; node += 2) {
        make_tree();
        if (!parent_at(node)->present) {
            /* One where the members have blanked it. */
            parent_at(node)->present = true;
            parent_at(node)->encryption_key.bytes[0] = 0x99;
            cr_assert_eq(validate(), COVEY_ERR_TREE, "new node %u", node);
            continue;
        }
        parent_at(node)->encryption_key.bytes[5] ^= 1;
        cr_assert_eq(validate(), COVEY_ERR_TREE, "key of node %u", node);
        tree = good;
        parent_at(node)->parent_hash.bytes[5] ^= 1;
        parent_at(node)->parent_hash_len = COVEY_HASH_SIZE;
        cr_assert_eq(validate(), COVEY_ERR_TREE, "hash of node %u", node);
    }
}

/* A root has an empty parent hash; an empty one is no match for another. */
Test(tree_validate, a_parent_hash_that_is_empty_vouches_for_nothing)
{
    covey_leaf_node leaf = test_leaf_node(50);

    test_tree_of(&tree, 2);
    test_tree_renew(&tree, 0, 40);
    cr_assert_eq(validate(), COVEY_OK);
    leaf.source = COVEY_SOURCE_COMMIT;
    set_leaf(&leaf, 50, 0);
    cr_assert_eq(validate(), COVEY_ERR_TREE);
    leaf.source = COVEY_SOURCE_UPDATE;
    set_leaf(&leaf, 50, 0);
    cr_assert_eq(validate(), COVEY_ERR_TREE);
}

Test(tree_validate, a_parent_without_leaves_is_refused)
{
    test_tree_of(&tree, 8);
    for (uint32_t i = 4; i < 7; i++) {
        covey_tree_remove(&tree, (covey_leaf_index){i});
    }
    cr_assert_eq(validate(), COVEY_OK);
    parent_at(9)->present = true;
    cr_assert_eq(validate(), COVEY_ERR_TREE);
}

/* Both children of a parent cannot have been its maker. */
Test(tree_validate, a_parent_that_two_leaves_vouch_for_is_refused)
{
    covey_leaf_node left;

    /* Leaf 1 vouches for node 1 whose sibling tree is leaf 0's, so leaf 0
     * cannot be made to fit without changing that: it is refused for it. */
    test_tree_of(&tree, 2);
    test_tree_renew(&tree, 1, 40);
    cr_assert_eq(validate(), COVEY_OK);
    covey_tree_leaf(&tree, (covey_leaf_index){1}, &left);
    covey_leaf_node copy = test_leaf_node(0);
    copy.source = COVEY_SOURCE_COMMIT;
    copy.parent_hash = left.parent_hash;
    set_leaf(&copy, 0, 0);
    cr_assert_eq(validate(), COVEY_ERR_TREE);
}

/* ---- unmerged leaves ---- */

Test(tree_validate, an_unmerged_leaf_is_there_and_below)
{
    /* Leaf 3 is unmerged at 3 and 7; 9 is on the other side. */
    make_tree();
    cr_assert(covey_leaf_set_has(&parent_at(3)->unmerged_leaves,
                                 (covey_leaf_index){3}));
    covey_leaf_set_add(&parent_at(9)->unmerged_leaves, (covey_leaf_index){3});
    cr_assert_eq(validate(), COVEY_ERR_TREE, "not below");
    cr_assert_eq(covey_tree_check(&tree, test_suite()), COVEY_ERR_TREE);

    test_tree_of(&tree, 4);
    test_tree_renew(&tree, 0, 40);
    covey_tree_set_leaf(&tree, (covey_leaf_index){3}, covey_bytes_of(NULL, 0));
    covey_leaf_set_add(&parent_at(3)->unmerged_leaves, (covey_leaf_index){3});
    cr_assert_eq(validate(), COVEY_ERR_TREE, "not there");
    cr_assert_eq(covey_tree_check(&tree, test_suite()), COVEY_ERR_TREE);

    test_tree_of(&tree, 4);
    test_tree_renew(&tree, 0, 40);
    covey_leaf_set_add(&parent_at(3)->unmerged_leaves, (covey_leaf_index){9});
    cr_assert_eq(validate(), COVEY_ERR_TREE, "not in the tree");
    cr_assert_eq(covey_tree_check(&tree, test_suite()), COVEY_ERR_TREE);
}

Test(tree_validate, parents_between_list_an_unmerged_leaf_too)
{
    covey_leaf_index added;

    test_tree_of(&tree, 4);
    covey_tree_remove(&tree, (covey_leaf_index){1});
    test_tree_renew(&tree, 3, 40);
    test_tree_renew(&tree, 0, 41);
    cr_assert_eq(covey_tree_add(&tree, test_leaf(42), &added), COVEY_OK);
    cr_assert_eq(validate(), COVEY_OK);
    /* Nodes 3 above it; node 1 was never renewed: put one there. */
    parent_at(1)->present = true;
    cr_assert_eq(validate(), COVEY_ERR_TREE);
    cr_assert_eq(covey_tree_check(&tree, test_suite()), COVEY_ERR_TREE);
}

Test(tree_validate, a_forgotten_or_an_invented_unmerged_leaf_is_refused)
{
    make_tree();
    for (uint32_t node = 1; node < 15; node += 2) {
        for (uint32_t i = 0; i < 8; i++) {
            covey_leaf_index leaf = {i};

            tree = good;
            if (!parent_at(node)->present) continue;
            if (covey_leaf_set_has(&parent_at(node)->unmerged_leaves, leaf)) {
                covey_leaf_set_drop(&parent_at(node)->unmerged_leaves, leaf);
            } else {
                covey_leaf_set_add(&parent_at(node)->unmerged_leaves, leaf);
            }
            cr_assert_eq(validate(), COVEY_ERR_TREE, "leaf %u at node %u", i,
                         node);
        }
    }
}

/* Section 7.9.2: what is left of the resolution is exactly the unmerged
 * leaves, so that the node which vouches is none of them. */
Test(tree_validate, a_leaf_that_vouches_is_not_unmerged)
{
    test_tree_of(&tree, 2);
    test_tree_renew(&tree, 1, 40);
    cr_assert_eq(validate(), COVEY_OK);
    covey_leaf_set_add(&parent_at(1)->unmerged_leaves, (covey_leaf_index){1});
    cr_assert_eq(covey_tree_check(&tree, test_suite()), COVEY_OK);
    cr_assert_eq(validate(), COVEY_ERR_TREE);
}

/* As many as there should be, but another: leaf 0 has renewed the root past
 * a blank node 1, then leaf 1 came. Neither's tree hash counts there. */
Test(tree_validate, the_unmerged_leaf_is_the_one_that_came)
{
    covey_leaf_index added;

    test_tree_of(&tree, 4);
    covey_tree_remove(&tree, (covey_leaf_index){1});
    test_tree_renew(&tree, 0, 40);
    cr_assert_eq(covey_tree_add(&tree, test_leaf(41), &added), COVEY_OK);
    cr_assert_eq(added.value, 1);
    cr_assert_eq(validate(), COVEY_OK);
    covey_leaf_set_drop(&parent_at(3)->unmerged_leaves, (covey_leaf_index){1});
    covey_leaf_set_add(&parent_at(3)->unmerged_leaves, (covey_leaf_index){0});
    cr_assert_eq(covey_tree_check(&tree, test_suite()), COVEY_OK);
    cr_assert_eq(validate(), COVEY_ERR_TREE);
}

/* ---- keys ---- */

Test(tree_validate, an_encryption_key_is_there_once)
{
    covey_leaf_node leaf = test_leaf_node(50);

    make_tree();
    leaf.source = COVEY_SOURCE_UPDATE;
    /* Leaf 3 is unmerged everywhere, so that no parent hash covers it. */
    set_leaf(&leaf, 50, 3);
    cr_assert_eq(validate(), COVEY_OK);
    leaf.encryption_key = test_encryption_key(301);
    set_leaf(&leaf, 50, 3);
    cr_assert_eq(validate(), COVEY_ERR_TREE, "of another leaf");
    leaf.encryption_key =
        covey_tree_encryption_key(&good, (covey_node_index){7});
    set_leaf(&leaf, 50, 3);
    cr_assert_eq(validate(), COVEY_ERR_TREE, "of a parent");
}

/* Made as a member would, by its path. */
Test(tree_validate, two_parents_do_not_share_a_key)
{
    for (uint32_t same = 0; same < 2; same++) {
        test_tree_of(&tree, 8);
        test_tree_renew_above(&tree, 0, 40, 50);
        test_tree_renew_above(&tree, 4, 41, same ? 50 : 51);
        cr_assert_eq(validate(), same ? COVEY_ERR_TREE : COVEY_OK);
    }
}

Test(tree_validate, a_signature_key_is_there_once)
{
    covey_leaf_node leaf = test_leaf_node(301);

    make_tree();
    leaf.source = COVEY_SOURCE_UPDATE;
    leaf.encryption_key = test_encryption_key(50);
    set_leaf(&leaf, 301, 3);
    cr_assert_eq(validate(), COVEY_ERR_TREE);
}

/* ---- leaves ---- */

Test(tree_validate, every_leaf_is_signed_for_its_place)
{
    make_tree();
    for (uint32_t i = 0; i < 8; i++) {
        covey_leaf_slot *slot = &tree.leaves[i];

        tree = good;
        if (slot->len == 0) continue;
        slot->bytes[slot->len - 1] ^= 1;
        /* A changed leaf changes tree hashes too: either may be noticed. */
        int err = validate();
        cr_assert(err == COVEY_ERR_AUTH || err == COVEY_ERR_TREE, "leaf %u", i);
    }

    covey_leaf_node leaf = test_leaf_node(50);
    leaf.source = COVEY_SOURCE_UPDATE;
    tree = good;
    covey_tree_set_leaf(&tree, (covey_leaf_index){3},
                        test_leaf_sign(&leaf, 50, 2));
    cr_assert_eq(validate(), COVEY_ERR_AUTH, "signed for leaf 2");
    covey_tree_set_leaf(&tree, (covey_leaf_index){3},
                        test_leaf_sign(&leaf, 51, 3));
    cr_assert_eq(validate(), COVEY_ERR_AUTH, "signed by another");
    set_leaf(&leaf, 50, 3);
    cr_assert_eq(covey_tree_validate(&tree, test_suite(),
                                     covey_bytes_of_text("another group"),
                                     covey_bytes_of(NULL, 0), TEST_LIFETIME),
                 COVEY_ERR_AUTH, "signed for another group");
}

Test(tree_validate, a_lifetime_is_not_longer_than_allowed)
{
    covey_leaf_node leaf = test_leaf_node(50);

    make_tree();
    for (uint64_t more = 0; more < 2; more++) {
        leaf.lifetime = (covey_lifetime){1000, 1000 + TEST_LIFETIME + more};
        set_leaf(&leaf, 50, 3);
        cr_assert_eq(validate(), more == 0 ? COVEY_OK : COVEY_ERR_LIFETIME);
    }
    leaf.lifetime = (covey_lifetime){1000, 999};
    set_leaf(&leaf, 50, 3);
    cr_assert_eq(validate(), COVEY_ERR_LIFETIME);
    leaf.lifetime = (covey_lifetime){0, UINT64_MAX};
    set_leaf(&leaf, 50, 3);
    cr_assert_eq(validate(), COVEY_ERR_LIFETIME);
}

Test(tree_validate, every_member_supports_what_the_group_uses)
{
    static const uint8_t types[] = {0xf0, 0x01};
    covey_leaf_node leaf = test_leaf_node(50);
    covey_bytes uses = hex("f00100");

    test_tree_of(&tree, 1);
    cr_assert_eq(validate_with(uses), COVEY_ERR_EXTENSION);
    leaf.capabilities.extensions = covey_bytes_of(types, 2);
    set_leaf(&leaf, 50, 0);
    cr_assert_eq(validate_with(uses), COVEY_OK);
    /* required_capabilities: an extension, a proposal, a credential type. */
    cr_assert_eq(validate_with(hex("0003 05 02f001 00 00")), COVEY_OK);
    cr_assert_eq(validate_with(hex("0003 05 02f002 00 00")), COVEY_ERR_LEAF);
    cr_assert_eq(validate_with(hex("0003 05 00 02f001 00")), COVEY_ERR_LEAF);
    cr_assert_eq(validate_with(hex("0003 05 00 020001 00")), COVEY_OK);
    cr_assert_eq(validate_with(hex("0003 05 00 00 020001")), COVEY_OK);
    cr_assert_eq(validate_with(hex("0003 05 00 00 020002")), COVEY_ERR_LEAF);
}

/* ---- what a stored tree is held to ---- */

Test(tree_validate, a_stored_tree_is_checked_as_far_as_memory_goes)
{
    covey_leaf_node leaf = test_leaf_node(50);

    make_tree();
    cr_assert_eq(covey_tree_check(&tree, test_suite()), COVEY_OK);
    parent_at(7)->encryption_key.bytes[0] ^= 1;
    cr_assert_eq(covey_tree_check(&tree, test_suite()), COVEY_OK);

    tree = good;
    covey_leaf_set_add(&parent_at(7)->unmerged_leaves, (covey_leaf_index){31});
    cr_assert_eq(covey_tree_check(&tree, test_suite()), COVEY_ERR_TREE);

    tree = good;
    leaf.encryption_key.len = 31;
    set_leaf(&leaf, 50, 3);
    cr_assert_eq(covey_tree_check(&tree, test_suite()), COVEY_ERR_LEAF);
}
