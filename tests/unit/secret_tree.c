#include "mls/secret_tree.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/random.h"

#define WIDTH 8
#define FAR 2000

static const covey_encryption_secret root = {{{1, 2, 3}}};

static covey_secret_tree tree;
static covey_secret_tree before;

static covey_key_name name_of(uint32_t leaf, covey_ratchet_kind kind,
                              uint32_t generation)
{
    return (covey_key_name){{leaf}, kind, generation};
}

static covey_key_name text(uint32_t leaf, uint32_t generation)
{
    return name_of(leaf, COVEY_RATCHET_APPLICATION, generation);
}

static covey_key_name handshake(uint32_t leaf, uint32_t generation)
{
    return name_of(leaf, COVEY_RATCHET_HANDSHAKE, generation);
}

/* The key as a tree that nobody has touched gives it. */
static covey_aead_key key_of(covey_key_name name)
{
    static covey_secret_tree fresh;
    covey_aead_key key;

    covey_secret_tree_init(&fresh, &root, tree.width);
    cr_assert_eq(covey_secret_tree_peek(&key, &fresh, &name, FAR), COVEY_OK);
    return key;
}

/* What peek answers; a key that it gives is the right one, and nothing
 * moves. */
static int peek(covey_key_name name, uint32_t forward_max)
{
    covey_aead_key key;
    covey_aead_key wanted;

    before = tree;
    int err = covey_secret_tree_peek(&key, &tree, &name, forward_max);
    cr_assert_arr_eq(&tree, &before, sizeof tree, "peek has moved something");
    if (err == COVEY_OK) {
        wanted = key_of(name);
        cr_assert_arr_eq(&key, &wanted, sizeof key);
    }
    return err;
}

static void take(covey_key_name name)
{
    cr_assert_eq(peek(name, FAR), COVEY_OK);
    covey_secret_tree_take(&tree, &name);
    cr_assert_eq(peek(name, FAR), COVEY_ERR_REPLAY, "a key was given twice");
}

static void begin(uint32_t width)
{
    memset(&tree, 0xaa, sizeof tree);
    covey_secret_tree_init(&tree, &root, width);
}

Test(secret_tree, peeking_changes_nothing_wherever_the_tree_stands)
{
    test_choices choices = test_choices_of(1);

    begin(WIDTH);
    for (unsigned i = 0; i < 300; i++) {
        covey_key_name name =
            name_of(test_below(&choices, WIDTH),
                    test_below(&choices, 2) ? COVEY_RATCHET_HANDSHAKE
                                            : COVEY_RATCHET_APPLICATION,
                    test_below(&choices, 40));

        /* peek() compares. */
        if (peek(name, 40) == COVEY_OK && test_below(&choices, 3) == 0) {
            covey_secret_tree_take(&tree, &name);
        }
    }
}

Test(secret_tree, each_key_is_given_once)
{
    begin(WIDTH);
    for (uint32_t generation = 0; generation < 5; generation++) {
        cr_assert_eq(covey_secret_tree_next(&tree, (covey_leaf_index){3},
                                            COVEY_RATCHET_APPLICATION),
                     generation);
        take(text(3, generation));
    }
    cr_assert_eq(covey_secret_tree_next(&tree, (covey_leaf_index){3},
                                        COVEY_RATCHET_APPLICATION),
                 5);
}

Test(secret_tree, ratchets_and_leaves_do_not_touch_each_other)
{
    begin(WIDTH);
    take(text(3, 7));
    for (uint32_t leaf = 0; leaf < WIDTH; leaf++) {
        cr_assert_eq(covey_secret_tree_next(&tree, (covey_leaf_index){leaf},
                                            COVEY_RATCHET_HANDSHAKE),
                     0);
        cr_assert_eq(peek(handshake(leaf, 7), FAR), COVEY_OK);
        cr_assert_eq(peek(text(leaf, 7), FAR),
                     leaf == 3 ? COVEY_ERR_REPLAY : COVEY_OK);
    }
}

Test(secret_tree, keys_that_were_passed_over_are_kept_and_used_once)
{
    static const uint32_t order[] = {3, 0, 5, 1, 4, 2};

    begin(WIDTH);
    take(text(2, 6));
    cr_assert_eq(tree.num_skipped[COVEY_RATCHET_APPLICATION], 6);
    for (size_t i = 0; i < 6; i++) {
        take(text(2, order[i]));
        cr_assert_eq(tree.num_skipped[COVEY_RATCHET_APPLICATION], 5 - i);
    }
    cr_assert(test_is_zero(tree.skipped_application,
                           sizeof tree.skipped_application));
}

Test(secret_tree, no_further_than_the_limit_is_followed)
{
    begin(WIDTH);
    cr_assert_eq(peek(text(0, 10), 10), COVEY_OK);
    cr_assert_eq(peek(text(0, 11), 10), COVEY_ERR_TOO_FAR);
    cr_assert_eq(peek(text(0, 0), 0), COVEY_OK);
    cr_assert_eq(peek(text(0, 1), 0), COVEY_ERR_TOO_FAR);
    take(text(0, 10));
    cr_assert_eq(peek(text(0, 21), 10), COVEY_OK);
    cr_assert_eq(peek(text(0, 22), 10), COVEY_ERR_TOO_FAR);
    cr_assert_eq(peek(text(0, 9), 0), COVEY_OK, "one that was passed over");
}

/* RFC 9420 section 15.3: a forged generation must not cost 2^32 steps. */
Test(secret_tree, the_last_generation_is_never_given)
{
    begin(WIDTH);
    cr_assert_eq(peek(text(0, UINT32_MAX), 1024), COVEY_ERR_TOO_FAR);
    cr_assert_eq(peek(text(0, UINT32_MAX), UINT32_MAX), COVEY_ERR_TOO_FAR);
    cr_assert_eq(peek(handshake(5, UINT32_MAX), UINT32_MAX), COVEY_ERR_TOO_FAR);
}

Test(secret_tree, a_ratchet_ends_before_its_counter_wraps)
{
    covey_ratchet *ratchet = &tree.senders[0].ratchets[0];
    covey_key_name last = handshake(0, UINT32_MAX - 1);
    covey_key_name none = handshake(0, UINT32_MAX);
    covey_aead_key key;

    begin(WIDTH);
    take(handshake(0, 0));
    ratchet->generation = UINT32_MAX - 2;
    cr_assert_eq(covey_secret_tree_peek(&key, &tree, &last, 1), COVEY_OK);
    covey_secret_tree_take(&tree, &last);
    cr_assert_eq(ratchet->generation, UINT32_MAX);
    cr_assert_eq(covey_secret_tree_peek(&key, &tree, &none, FAR),
                 COVEY_ERR_TOO_FAR);
    cr_assert_eq(covey_secret_tree_peek(&key, &tree, &last, FAR),
                 COVEY_ERR_REPLAY);
}

Test(secret_tree, of_a_long_way_the_last_keys_are_kept)
{
    begin(WIDTH);
    take(text(1, 1000));
    cr_assert_eq(tree.num_skipped[COVEY_RATCHET_APPLICATION],
                 COVEY_MLS_SKIPPED_MAX);
    for (uint32_t generation = 0; generation < 1000; generation++) {
        covey_aead_key key;
        covey_key_name name = text(1, generation);

        cr_assert_eq(covey_secret_tree_peek(&key, &tree, &name, FAR),
                     generation < 1000 - COVEY_MLS_SKIPPED_MAX
                         ? COVEY_ERR_REPLAY
                         : COVEY_OK);
    }
    take(text(1, 1000 - COVEY_MLS_SKIPPED_MAX));
    take(text(1, 999));
}

Test(secret_tree, the_two_kinds_have_room_of_their_own)
{
    begin(WIDTH);
    take(handshake(1, 100));
    take(text(1, 100));
    cr_assert_eq(tree.num_skipped[COVEY_RATCHET_HANDSHAKE],
                 COVEY_MLS_HANDSHAKE_SKIPPED_MAX);
    cr_assert_eq(tree.num_skipped[COVEY_RATCHET_APPLICATION],
                 COVEY_MLS_SKIPPED_MAX);
    cr_assert_eq(peek(handshake(1, 99 - COVEY_MLS_HANDSHAKE_SKIPPED_MAX), 0),
                 COVEY_ERR_REPLAY);
    take(handshake(1, 100 - COVEY_MLS_HANDSHAKE_SKIPPED_MAX));
}

/* A member who skips on purpose costs only itself. */
Test(secret_tree, who_skips_much_pushes_out_only_its_own_keys)
{
    begin(WIDTH);
    take(text(0, 3));
    take(text(1, 2));
    take(text(7, 500));
    for (uint32_t generation = 502; generation < 700; generation += 2) {
        covey_key_name name = text(7, generation);

        covey_secret_tree_take(&tree, &name);
    }
    cr_assert_eq(tree.num_skipped[COVEY_RATCHET_APPLICATION],
                 COVEY_MLS_SKIPPED_MAX);
    for (uint32_t generation = 0; generation < 3; generation++) {
        take(text(0, generation));
    }
    take(text(1, 0));
    take(text(1, 1));
    /* Of its own, the latest are left. */
    take(text(7, 697));
    cr_assert_eq(peek(text(7, 499), 0), COVEY_ERR_REPLAY);
}

Test(secret_tree, among_equals_the_oldest_keys_go)
{
    uint32_t half = COVEY_MLS_SKIPPED_MAX / 2;

    begin(WIDTH);
    take(text(0, half));
    take(text(1, half));
    cr_assert_eq(tree.num_skipped[COVEY_RATCHET_APPLICATION],
                 COVEY_MLS_SKIPPED_MAX);
    take(text(2, 1)); /* one more: leaf 0 was first */
    cr_assert_eq(peek(text(0, 0), 0), COVEY_ERR_REPLAY);
    cr_assert_eq(peek(text(0, 1), 0), COVEY_OK);
    cr_assert_eq(peek(text(1, 0), 0), COVEY_OK);
    cr_assert_eq(peek(text(2, 0), 0), COVEY_OK);
}

/* ---- what must be gone: RFC 9420 section 9.2 ---- */

static bool holds(const void *secret, size_t len)
{
    return memmem(&tree, sizeof tree, secret, len) != NULL;
}

static covey_secret child_of(const covey_secret *parent, bool right)
{
    covey_secret child;

    covey_expand_secret(&child, parent, "tree",
                        covey_bytes_of_text(right ? "right" : "left"));
    return child;
}

/* The secrets from the root down to the leaf are gone, those beside them are
 * there, and so are the leaf's ratchets. */
static void check_opened(uint32_t leaf, unsigned height)
{
    covey_secret secret = root.secret;
    covey_secret ratchet;

    for (unsigned level = height; level > 0; level--) {
        bool right = (leaf >> (level - 1) & 1) != 0;
        covey_secret beside = child_of(&secret, !right);

        cr_assert_not(holds(&secret, sizeof secret), "level %u", level);
        cr_assert(holds(&beside, sizeof beside), "beside level %u", level);
        secret = child_of(&secret, right);
    }
    cr_assert_not(holds(&secret, sizeof secret), "the leaf's own");
    covey_derive_secret(&ratchet, &secret, "handshake");
    cr_assert(holds(&ratchet, sizeof ratchet));
}

Test(secret_tree, no_secret_is_left_above_a_leaf_that_was_used)
{
    for (uint32_t leaf = 0; leaf < WIDTH; leaf++) {
        covey_key_name name = text(leaf, 0);

        begin(WIDTH);
        cr_assert(holds(&root, sizeof root));
        covey_secret_tree_take(&tree, &name);
        check_opened(leaf, 3);
        for (unsigned level = 1; level <= 3; level++) {
            size_t at = covey_node_above(name.leaf, level).value / 2;

            cr_assert_not(tree.node_present[at]);
            cr_assert(test_is_zero(&tree.nodes[at], sizeof tree.nodes[at]));
        }
    }
}

Test(secret_tree, nothing_is_left_above_when_all_were_used)
{
    begin(WIDTH);
    for (uint32_t leaf = 0; leaf < WIDTH; leaf++) {
        covey_key_name name = handshake(leaf, 0);

        covey_secret_tree_take(&tree, &name);
    }
    cr_assert(test_is_zero(tree.nodes, sizeof tree.nodes));
    cr_assert(test_is_zero(tree.node_present, sizeof tree.node_present));
}

Test(secret_tree, a_used_key_and_the_secret_it_came_from_are_gone)
{
    begin(WIDTH);
    for (uint32_t generation = 0; generation < 4; generation++) {
        covey_key_name name = text(4, generation);
        covey_aead_key key = key_of(name);
        covey_secret was;

        if (generation == 0) {
            covey_key_name other = handshake(4, 0);
            covey_secret_tree_take(&tree, &other);
        }
        was = tree.senders[4].ratchets[COVEY_RATCHET_APPLICATION].secret;
        cr_assert(holds(&was, sizeof was));
        covey_secret_tree_take(&tree, &name);
        cr_assert_not(holds(&was, sizeof was));
        cr_assert_not(holds(key.key, sizeof key.key));
    }
}

Test(secret_tree, a_kept_key_is_gone_once_used)
{
    covey_aead_key keys[3];

    begin(WIDTH);
    for (uint32_t i = 0; i < 3; i++) keys[i] = key_of(text(4, i));
    take(text(4, 3));
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert(holds(&keys[i], sizeof keys[i]));
    }
    take(text(4, 1));
    cr_assert(holds(&keys[0], sizeof keys[0]));
    cr_assert_not(holds(keys[1].key, sizeof keys[1].key));
    cr_assert(holds(&keys[2], sizeof keys[2]));
}

/* ---- sizes ---- */

Test(secret_tree, every_width_gives_each_leaf_its_own_keys)
{
    for (uint32_t width = 1; width <= COVEY_MLS_MEMBERS_MAX; width *= 2) {
        covey_aead_key first;

        begin(width);
        first = key_of(text(0, 0));
        for (uint32_t leaf = width; leaf > 0; leaf--) {
            covey_aead_key key = key_of(text(leaf - 1, 0));

            cr_assert_eq(memcmp(&key, &first, sizeof key) == 0, leaf == 1);
            take(text(leaf - 1, 0));
            take(handshake(leaf - 1, 0));
        }
    }
}

Test(secret_tree, a_tree_of_one_leaf_keeps_no_root)
{
    begin(1);
    cr_assert(holds(&root, sizeof root), "the leaf's secret is the root's");
    take(text(0, 2));
    cr_assert_not(holds(&root, sizeof root));
    take(text(0, 0));
    take(handshake(0, 0));
}
