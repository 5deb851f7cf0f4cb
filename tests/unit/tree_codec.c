#include "mls/tree_codec.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "mls/types.h"
#include "support/bytes.h"
#include "support/guard.h"
#include "support/trees.h"

static covey_tree tree;
static covey_tree again;

static int decode(covey_bytes encoding)
{
    return covey_ratchet_tree_decode(&again, guard_copy(encoding),
                                     test_suite());
}

/* ---- encodings made by hand: what covey_write_ratchet_tree never writes --- */

static covey_writer nodes;

static void begin(void)
{
    nodes = covey_writer_of(test_alloc(65536), 65536);
}

static void blank(void)
{
    covey_write_u8(&nodes, 0);
}

static void leaf(uint32_t number)
{
    covey_write_u8(&nodes, 1);
    covey_write_u8(&nodes, COVEY_NODE_LEAF);
    covey_write_fixed(&nodes, test_leaf(number));
}

/* With whatever keys, hashes and lists. */
static void parent(size_t key_len, size_t hash_len, const char *unmerged)
{
    uint8_t bytes[64] = {7};

    covey_write_u8(&nodes, 1);
    covey_write_u8(&nodes, COVEY_NODE_PARENT);
    covey_write_vec(&nodes, covey_bytes_of(bytes, key_len));
    covey_write_vec(&nodes, covey_bytes_of(bytes, hash_len));
    covey_write_vec(&nodes, hex(unmerged));
}

static int decode_nodes(void)
{
    covey_writer w = covey_writer_of(test_alloc(65540), 65540);

    cr_assert_not(nodes.failed);
    covey_write_vec(&w, covey_writer_since(&nodes, 0));
    return decode(covey_writer_since(&w, 0));
}

/* ---- */

static void check_round_trip(void)
{
    cr_assert_eq(decode(test_tree_encode(&tree)), COVEY_OK);
    cr_assert_arr_eq(&again, &tree, sizeof tree);
}

Test(tree_codec, trees_of_every_size_come_back)
{
    for (uint32_t num = 1; num <= COVEY_MLS_MEMBERS_MAX; num++) {
        test_tree_of(&tree, num);
        check_round_trip();
        for (uint32_t i = 0; i < num; i += 3) test_tree_renew(&tree, i, 99 + i);
        check_round_trip();
        guard_free_all();
        test_free_all();
    }
}

Test(tree_codec, blanks_and_unmerged_leaves_come_back)
{
    covey_leaf_index added;

    test_tree_of(&tree, 8);
    for (uint32_t i = 0; i < 8; i++) test_tree_renew(&tree, i, 100 + i);
    covey_tree_remove(&tree, (covey_leaf_index){3});
    covey_tree_remove(&tree, (covey_leaf_index){6});
    covey_tree_remove(&tree, (covey_leaf_index){7});
    test_tree_renew(&tree, 4, 200);
    test_tree_renew(&tree, 0, 201);
    check_round_trip();
    cr_assert_eq(covey_tree_add(&tree, test_leaf(300), &added), COVEY_OK);
    cr_assert_eq(covey_tree_add(&tree, test_leaf(301), &added), COVEY_OK);
    check_round_trip();
}

Test(tree_codec, no_blanks_stand_at_the_end)
{
    test_tree_of(&tree, 5);
    begin();
    for (uint32_t i = 0; i < 5; i++) {
        if (i != 0) blank();
        leaf(i);
    }
    cr_assert_eq(decode_nodes(), COVEY_OK);
    cr_assert_eq(again.width, 8);
    cr_assert_arr_eq(&again, &tree, sizeof tree);
    for (unsigned more = 1; more <= 10; more++) {
        blank();
        cr_assert_eq(decode_nodes(), COVEY_ERR_TREE, "%u blanks", more);
    }
}

Test(tree_codec, the_last_node_is_a_leaf)
{
    begin();
    leaf(0);
    cr_assert_eq(decode_nodes(), COVEY_OK);
    parent(32, 0, "");
    cr_assert_eq(decode_nodes(), COVEY_ERR_TREE);
    leaf(1);
    cr_assert_eq(decode_nodes(), COVEY_OK);
}

Test(tree_codec, an_empty_tree_is_refused)
{
    cr_assert_eq(decode(hex("00")), COVEY_ERR_TREE);
    cr_assert_eq(decode(hex("")), COVEY_ERR_MALFORMED);
    cr_assert_eq(decode(hex("01 00")), COVEY_ERR_TREE);
}

Test(tree_codec, a_node_is_of_the_type_of_its_place)
{
    begin();
    parent(32, 0, ""); /* where a leaf stands */
    cr_assert_eq(decode_nodes(), COVEY_ERR_TREE);
    begin();
    leaf(0);
    leaf(1); /* where a parent stands */
    leaf(2);
    cr_assert_eq(decode_nodes(), COVEY_ERR_TREE);
    for (unsigned type = 0; type < 256; type++) {
        if (type == COVEY_NODE_LEAF) continue;
        begin();
        covey_write_u8(&nodes, 1);
        covey_write_u8(&nodes, (uint8_t)type);
        covey_write_fixed(&nodes, test_leaf(0));
        cr_assert_eq(decode_nodes(), COVEY_ERR_TREE, "type %u", type);
    }
}

Test(tree_codec, present_is_zero_or_one)
{
    begin();
    leaf(0);
    nodes.at[0] = 2;
    cr_assert_eq(decode_nodes(), COVEY_ERR_MALFORMED);
}

Test(tree_codec, unmerged_leaves_are_sorted_and_not_repeated)
{
    static const struct {
        const char *list;
        int wanted;
    } lists[] = {
        {"00000000", COVEY_OK},
        {"0000000000000001", COVEY_OK},
        {"0000000100000000", COVEY_ERR_TREE},
        {"0000000000000000", COVEY_ERR_TREE},
        {"000000000000000100000001", COVEY_ERR_TREE},
        {"ffffffff", COVEY_ERR_TREE},
        {"00000000ffffffff", COVEY_ERR_TREE},
        {"ffffffff00000000", COVEY_ERR_TREE},
        {"000000", COVEY_ERR_MALFORMED},
        {"0000000000", COVEY_ERR_MALFORMED},
    };

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        begin();
        leaf(0);
        parent(32, 0, lists[i].list);
        leaf(1);
        cr_assert_eq(decode_nodes(), lists[i].wanted, "%s", lists[i].list);
    }
}

Test(tree_codec, an_unmerged_leaf_fits_into_the_largest_tree)
{
    for (uint32_t i = 0; i < 2; i++) {
        char list[9];

        (void)snprintf(list, sizeof list, "%08x",
                       (unsigned)COVEY_MLS_MEMBERS_MAX - 1 + i);
        begin();
        leaf(0);
        parent(32, 0, list);
        leaf(1);
        cr_assert_eq(decode_nodes(), i == 0 ? COVEY_OK : COVEY_ERR_TREE);
    }
}

Test(tree_codec, a_parents_key_and_hash_are_of_their_sizes)
{
    for (size_t len = 0; len < 64; len++) {
        begin();
        leaf(0);
        parent(len, 32, "");
        leaf(1);
        cr_assert_eq(decode_nodes(), len == 32 ? COVEY_OK : COVEY_ERR_TREE);
        begin();
        leaf(0);
        parent(32, len, "");
        leaf(1);
        cr_assert_eq(decode_nodes(),
                     len == 32 || len == 0 ? COVEY_OK : COVEY_ERR_TREE);
        guard_free_all();
    }
}

Test(tree_codec, a_leaf_fits_into_its_slot)
{
    static uint8_t identity[COVEY_MLS_LEAF_NODE_MAX];
    covey_leaf_node large = test_leaf_node(0);
    size_t rest = 0;

    /* Its signature counts, but may be anything here. */
    large.signature = covey_bytes_of(identity, COVEY_SIGNATURE_SIZE);
    large.identity.len = 0;
    covey_writer w = covey_writer_counting();
    covey_write_leaf_node(&w, &large);
    rest = w.len + 1; /* the identity's length takes two bytes */

    for (size_t more = 0; more < 2; more++) {
        large.identity =
            covey_bytes_of(identity, COVEY_MLS_LEAF_NODE_MAX - rest + more);
        begin();
        covey_write_u8(&nodes, 1);
        covey_write_u8(&nodes, COVEY_NODE_LEAF);
        covey_write_leaf_node(&nodes, &large);
        cr_assert_eq(nodes.len - 2, COVEY_MLS_LEAF_NODE_MAX + more);
        cr_assert_eq(decode_nodes(), more == 0 ? COVEY_OK : COVEY_ERR_PROFILE);
    }
}

Test(tree_codec, more_leaves_than_this_build_takes_are_refused)
{
    begin();
    for (uint32_t i = 0; i < COVEY_MLS_MEMBERS_MAX; i++) {
        if (i != 0) blank();
        leaf(i);
    }
    cr_assert_eq(decode_nodes(), COVEY_OK);
    cr_assert_eq(again.width, COVEY_MLS_MEMBERS_MAX);
    blank();
    cr_assert_eq(decode_nodes(), COVEY_ERR_CAPACITY);
    leaf(COVEY_MLS_MEMBERS_MAX);
    cr_assert_eq(decode_nodes(), COVEY_ERR_CAPACITY);
}

Test(tree_codec, a_tree_cut_anywhere_is_refused)
{
    covey_bytes whole;

    test_tree_of(&tree, 3);
    test_tree_renew(&tree, 1, 100);
    whole = test_tree_encode(&tree);
    for (size_t len = 0; len < whole.len; len++) {
        cr_assert_eq(decode(covey_bytes_of(whole.at, len)), COVEY_ERR_MALFORMED,
                     "%zu bytes", len);
        guard_free_all();
    }
}

/* The same with a length that fits what is left. */
Test(tree_codec, a_list_cut_inside_a_node_is_refused)
{
    size_t ends = 0;

    test_tree_of(&tree, 3);
    test_tree_renew(&tree, 1, 100);
    covey_bytes whole = test_tree_encode(&tree);
    covey_reader r = covey_reader_of(whole);
    covey_bytes list = covey_read_vec(&r);

    for (size_t len = 0; len < list.len; len++) {
        covey_writer w = covey_writer_of(test_alloc(whole.len), whole.len);

        covey_write_vec(&w, covey_bytes_of(list.at, len));
        int err = decode(covey_writer_since(&w, 0));
        ends += err == COVEY_OK;
        cr_assert(err == COVEY_OK || err == COVEY_ERR_TREE ||
                      err == COVEY_ERR_MALFORMED,
                  "%zu bytes", len);
        guard_free_all();
    }
    /* Behind leaf 0 and behind leaf 1. */
    cr_assert_eq(ends, 2);
}

Test(tree_codec, bytes_behind_the_tree_are_refused)
{
    covey_bytes whole;
    covey_writer w;

    test_tree_of(&tree, 2);
    whole = test_tree_encode(&tree);
    w = covey_writer_of(test_alloc(whole.len + 1), whole.len + 1);
    covey_write_fixed(&w, whole);
    covey_write_u8(&w, 0);
    cr_assert_eq(decode(covey_writer_since(&w, 0)), COVEY_ERR_MALFORMED);
}
