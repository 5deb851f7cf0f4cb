#include "mls/saved.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "base/writer.h"
#include "mls/types.h"
#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"
#include "support/trees.h"

/* What a hostile file could hold is put into a group in memory, saved, and
 * must not load. Everything else about saved states is shown by the sim. */

static covey_mls_group group;
static covey_mls_group loaded;

static void make_group(void)
{
    test_random source = test_random_of(1);
    covey_random random = test_random_hook(&source);
    const covey_bytes none = {NULL, 0};
    const covey_mls_member member = {.identity = covey_bytes_of_text("me"),
                                     .not_before_s = 1,
                                     .not_after_s = 2};
    covey_leaf_index added;

    covey_mls_group_wipe(&group);
    cr_assert_eq(covey_mls_group_create(&group, &random, none, &member, NULL,
                                        none, NULL),
                 COVEY_OK);
    /* Others, who need not be able to do anything. */
    for (uint32_t i = 1; i < 4; i++) {
        cr_assert_eq(covey_tree_add(&group.epoch.tree, test_leaf(i), &added),
                     COVEY_OK);
    }
    group.epoch.secret_tree.width = 4;
    for (size_t i = 0; i < 4; i++) {
        group.epoch.secret_tree.senders[i].stage = COVEY_SENDER_SEED;
    }
}

static covey_bytes save_of(const covey_mls_group *from)
{
    size_t size = covey_mls_saved_size();
    covey_buffer out = {test_alloc(size), size, 0};

    cr_assert_eq(covey_mls_group_save(from, NULL, &out), COVEY_OK);
    return guard_copy(covey_bytes_of(out.at, out.len));
}

static covey_bytes save(void)
{
    return save_of(&group);
}

static void check_loads(covey_bytes saved, int wanted)
{
    covey_mls_group_wipe(&loaded);
    cr_assert_eq(covey_mls_group_load(&loaded, NULL, saved), wanted);
    if (wanted == COVEY_OK) {
        check_bytes(save_of(&loaded), saved);
    } else {
        cr_assert(test_is_zero(&loaded, sizeof loaded));
    }
}

static void cache(uint8_t name, uint32_t sender, covey_bytes encoding)
{
    const covey_digest ref = {{name}};

    cr_assert_eq(covey_proposal_store_add(&group.proposals, &ref,
                                          (covey_leaf_index){sender}, encoding),
                 COVEY_OK);
}

static covey_bytes psk_of(size_t id_len, size_t nonce_len)
{
    static const uint8_t bytes[256];
    const covey_proposal proposal = {
        .type = COVEY_PROPOSAL_PSK,
        .of.psk = {.type = COVEY_PSK_EXTERNAL,
                   .id = covey_bytes_of(bytes, id_len),
                   .nonce = covey_bytes_of(bytes, nonce_len)}};
    covey_writer w = covey_writer_of(test_alloc(512), 512);

    covey_write_proposal(&w, &proposal);
    return covey_writer_since(&w, 0);
}

static covey_bytes update_of(const covey_leaf_node *leaf, uint32_t number,
                             uint32_t place)
{
    covey_writer w = covey_writer_of(test_alloc(512), 512);
    covey_bytes encoding = test_leaf_sign(leaf, number, place);

    covey_write_u16(&w, COVEY_PROPOSAL_UPDATE);
    covey_write_fixed(&w, encoding);
    return covey_writer_since(&w, 0);
}

Test(saved, a_group_loads_as_it_was)
{
    make_group();
    cache(1, 2, psk_of(COVEY_MLS_PSK_ID_MAX, COVEY_HASH_SIZE));
    cache(2, 0, hex("0003 00000003"));
    check_loads(save(), COVEY_OK);
}

Test(saved, one_proposal_twice_is_refused)
{
    make_group();
    cache(1, 2, hex("0003 00000003"));
    group.proposals.items[1] = group.proposals.items[0];
    group.proposals.num = 2;
    check_loads(save(), COVEY_ERR_MALFORMED);
}

Test(saved, more_proposals_than_there_is_room_for_are_refused)
{
    covey_bytes saved;
    uint8_t *altered;

    make_group();
    saved = save();
    altered = test_copy(saved);
    /* At its end: their number, no own Update, nothing pending. */
    cr_assert(test_is_zero(altered + saved.len - 4, 4));
    altered[saved.len - 3] = COVEY_MLS_PROPOSALS_MAX + 1;
    check_loads(covey_bytes_of(altered, saved.len), COVEY_ERR_CAPACITY);
    altered[saved.len - 3] = 1;
    check_loads(covey_bytes_of(altered, saved.len), COVEY_ERR_MALFORMED);
}

/* A commit that refers to it would copy it into a room that is too small. */
Test(saved, a_proposal_with_too_long_a_psk_id_is_refused)
{
    make_group();
    cache(1, 2, psk_of(COVEY_MLS_PSK_ID_MAX + 1, COVEY_HASH_SIZE));
    check_loads(save(), COVEY_ERR_MALFORMED);
    make_group();
    cache(1, 2, psk_of(1, COVEY_HASH_SIZE - 1));
    check_loads(save(), COVEY_ERR_MALFORMED);
}

Test(saved, a_proposal_that_nobody_may_make_is_refused)
{
    static const char *const others[] = {
        "0003 00000004",        /* removes who is not there */
        "0005 00 0001 0003 00", /* reinit */
        "0006 00",              /* external_init */
        "0007 03 000500",       /* external_senders */
        "000a",                 /* unknown */
        "0003 00000003 00",     /* something behind it */
        "0003 000000",
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        make_group();
        cache(1, 2, hex(others[i]));
        check_loads(save(), COVEY_ERR_MALFORMED);
    }
    make_group();
    cache(1, 4, hex("0003 00000003")); /* by who is not there */
    check_loads(save(), COVEY_ERR_MALFORMED);
}

Test(saved, an_update_of_another_place_is_refused)
{
    covey_leaf_node leaf = test_leaf_node(9);

    for (uint32_t place = 1; place < 3; place++) {
        make_group();
        memcpy(group.epoch.context.group_id, test_group_id().at,
               test_group_id().len);
        group.epoch.context.group_id_len = (uint8_t)test_group_id().len;
        leaf.source = COVEY_SOURCE_UPDATE;
        cache(1, 2, update_of(&leaf, 9, place));
        check_loads(save(), place == 2 ? COVEY_OK : COVEY_ERR_MALFORMED);
    }
}

/* Keys of another length would be read past their end. */
Test(saved, a_leaf_with_a_key_of_another_length_is_refused)
{
    for (size_t len = 31; len <= 33; len++) {
        covey_leaf_node leaf = test_leaf_node(9);
        uint8_t key[33] = {9};

        make_group();
        leaf.encryption_key = covey_bytes_of(key, len);
        covey_tree_set_leaf(&group.epoch.tree, (covey_leaf_index){3},
                            test_leaf_sign(&leaf, 9, 3));
        check_loads(save(), len == 32 ? COVEY_OK : COVEY_ERR_MALFORMED);
    }
}

/* A resolution would name a leaf that has no key. */
Test(saved, an_unmerged_leaf_that_is_not_there_is_refused)
{
    for (unsigned there = 0; there < 2; there++) {
        covey_leaf_index leaf = {1};
        covey_parent_node *parent;

        make_group();
        parent =
            covey_tree_parent_slot(&group.epoch.tree, (covey_node_index){1});
        parent->present = true;
        memset(parent->encryption_key.bytes, 9,
               sizeof parent->encryption_key.bytes);
        covey_leaf_set_add(&parent->unmerged_leaves, leaf);
        if (!there) {
            covey_tree_set_leaf(&group.epoch.tree, leaf,
                                covey_bytes_of(NULL, 0));
        }
        check_loads(save(), there ? COVEY_OK : COVEY_ERR_MALFORMED);
    }
}
