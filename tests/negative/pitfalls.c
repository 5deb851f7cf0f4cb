/* The pitfalls that are no single rule of a message, by their numbers. The
 * others are where their rule is: see README.md. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "crypto/hpke.h"
#include "forge.h"

static covey_bytes none(void)
{
    return covey_bytes_of(NULL, 0);
}

/* ---- 2: signatures ---- */

/* The group order of Ed25519, little-endian. */
static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12,
                                  0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
                                  0xde, 0x14, 0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0x10};

/* S + L is the same number: a lax verifier takes both. */
static covey_bytes malleated(covey_bytes signature)
{
    uint8_t *at = test_copy(signature);
    unsigned carry = 0;

    for (size_t i = 0; i < 32; i++) {
        unsigned sum = at[32 + i] + order[i] + carry;
        at[32 + i] = (uint8_t)sum;
        carry = sum >> 8;
    }
    return covey_bytes_of(at, signature.len);
}

static void malleate(forgery *f)
{
    f->message.signature = malleated(f->message.signature);
}

static void malleate_leaf(forgery *f)
{
    covey_bytes leaf = forge_leaf(&f->leaf, &f->place, &f->leaf_sign_key);

    f->leaf.signature =
        malleated(covey_bytes_of(leaf.at + leaf.len - COVEY_SIGNATURE_SIZE,
                                 COVEY_SIGNATURE_SIZE));
}

static void malleate_package(package_forgery *f)
{
    f->package.signature = malleated(f->package.signature);
}

Test(pitfalls, pitfall_2_there_is_one_signature_for_a_message)
{
    package_forgery package = {.at_end = malleate_package};

    family_begin(3);
    check_data(forge_begin(0), AT_SEAL, malleate, COVEY_ERR_AUTH);
    check_commit(forge_begin(0), AT_SEAL, malleate, COVEY_ERR_AUTH);
    check_commit(forge_begin(0), AT_LEAF, malleate_leaf, COVEY_ERR_AUTH);
    all_refuse_commit(0, forge_commit(forge_with(0, forge_add(&package))),
                      COVEY_ERR_AUTH);
}

/* A point of small order verifies many messages in a lax verifier. */
static void small_order_key(package_forgery *f)
{
    f->leaf.signature_key = bytes_join(hex("01"), bytes_fill(0, 31));
    f->leaf.signature = bytes_join(hex("01"), bytes_fill(0, 63));
}

static void and_signature(package_forgery *f)
{
    f->package.signature = bytes_join(hex("01"), bytes_fill(0, 63));
}

Test(pitfalls, pitfall_2_keys_of_small_order_sign_nothing)
{
    package_forgery package = {.at_leaf = small_order_key,
                               .at_end = and_signature};

    family_begin(2);
    all_refuse_commit(0, forge_commit(forge_with(0, forge_add(&package))),
                      COVEY_ERR_AUTH);
}

/* ---- 11: lengths ---- */

Test(pitfalls, pitfall_11_lengths_have_one_encoding)
{
    family_begin(2);
    covey_bytes data = forge_data(forge_begin(0), "hello");
    /* Version, format, then the group id's length of one byte: 0x20. */
    covey_bytes head = bytes_cut(data, 4);
    covey_bytes rest = covey_bytes_of(data.at + 5, data.len - 5);

    cr_assert_eq(data.at[4], 0x20);
    refuse_data(1, bytes_join(bytes_join(head, hex("4020")), rest),
                COVEY_ERR_MALFORMED);
    refuse_data(1, bytes_join(bytes_join(head, hex("80000020")), rest),
                COVEY_ERR_MALFORMED);
    refuse_data(1, bytes_join(bytes_join(head, hex("c000000000000020")), rest),
                COVEY_ERR_MALFORMED);
    accept_data(1, data);
}

/* 0x3fff is the longest length of two bytes. */
Test(pitfalls, pitfall_11_data_of_16383_and_16384_bytes)
{
    static const size_t lens[] = {63, 64, 16383, 16384};
    covey_random random = family_random();

    family_begin(2);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        size_t room = lens[i] + 2048;
        covey_buffer out = {test_alloc(room), room, 0};
        covey_buffer scratch = {test_alloc(2 * room), 2 * room, 0};
        covey_mls_received received;
        covey_bytes data = bytes_fill(5, lens[i]);

        cr_assert_eq(covey_mls_protect(family[0].group, &random, data, NULL,
                                       &scratch, &out),
                     COVEY_OK);
        cr_assert_eq(covey_mls_unprotect(family[1].group,
                                         covey_bytes_of(out.at, out.len),
                                         &scratch, &received),
                     COVEY_OK);
        check_bytes(received.data, data);
    }
}

/* ---- 13: the secret tree is saved ---- */

Test(pitfalls, pitfall_13_a_restart_uses_no_key_twice)
{
    covey_mls_received received;

    family_begin(2);
    for (uint32_t i = 0; i < 5; i++) {
        covey_bytes data = family_say(0, "hello");
        cr_assert_eq(covey_mls_unprotect(family[1].group, data,
                                         family_scratch(), &received),
                     COVEY_OK);
        cr_assert_eq(received.generation, i);
        for (size_t who = 0; who < 2; who++) {
            covey_bytes saved = family_saved(who);
            covey_mls_group_wipe(family[who].group);
            cr_assert_eq(covey_mls_group_load(family[who].group, NULL, saved),
                         COVEY_OK);
            check_bytes(family_saved(who), saved);
        }
        refuse_data(1, data, COVEY_ERR_REPLAY);
    }
}

/* The second line: the nonce of the same generation is another one. */
Test(pitfalls, pitfall_13_the_reuse_guard_is_fresh)
{
    family_begin(2);
    covey_bytes saved = family_saved(0);
    covey_bytes first = family_say(0, "hello");
    covey_mls_group_wipe(family[0].group);
    cr_assert_eq(covey_mls_group_load(family[0].group, NULL, saved), COVEY_OK);
    covey_bytes second = family_say(0, "hello");
    covey_private_message a = private_read(first);
    covey_private_message b = private_read(second);

    cr_assert_not(covey_bytes_same(a.ciphertext, b.ciphertext));
}

/* ---- 16: signature keys ---- */

Test(pitfalls, pitfall_16_each_group_has_its_signature_key)
{
    covey_mls_member_info one;
    covey_mls_member_info two;

    family_begin(2);
    (void)family_package(2);
    covey_sign_key first = family[2].joiner->sign_key;
    (void)family_package(2);
    cr_assert_arr_neq(first.bytes, family[2].joiner->sign_key.bytes,
                      sizeof first.bytes);

    /* A commit rotates it; the old one signs nothing any more. */
    const covey_mls_renewal renewal = {.sign_seed = bytes_fill(3, 32).at};
    const covey_mls_commit_options options = {.renewal = &renewal};
    covey_sign_key old = family[0].group->epoch.sign_key;
    cr_assert(covey_mls_next_member(family[1].group, COVEY_MLS_NO_LEAF, &one));
    covey_bytes before = covey_bytes_of(test_copy(one.signature_key), 32);
    family_commit(0, &options, NULL);
    cr_assert(covey_mls_next_member(family[1].group, COVEY_MLS_NO_LEAF, &two));
    cr_assert_not(covey_bytes_same(before, two.signature_key));
    accept_data(1, forge_data(forge_begin(0), "hello"));
    family[0].group->epoch.sign_key = old;
    refuse_data(1, forge_data(forge_begin(0), "hello"), COVEY_ERR_AUTH);
}

/* ---- 26: exporters ---- */

Test(pitfalls, pitfall_26_labels_and_contexts_are_apart_and_forgotten)
{
    uint8_t out[4][32];
    covey_mls_group *group;

    family_begin(2);
    group = family[0].group;
    cr_assert_eq(covey_mls_export(group, "a", none(), out[0], 32), COVEY_OK);
    cr_assert_eq(covey_mls_export(group, "b", none(), out[1], 32), COVEY_OK);
    cr_assert_eq(covey_mls_export(group, "a", hex("00"), out[2], 32), COVEY_OK);
    cr_assert_eq(covey_mls_epoch_authenticator(group, out[3]), COVEY_OK);
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < i; k++) cr_assert_arr_neq(out[i], out[k], 32);
    }
    covey_mls_forget_exporter(group);
    cr_assert_eq(covey_mls_export(group, "a", none(), out[0], 32),
                 COVEY_ERR_STATE);
    cr_assert(test_is_zero(&group->epoch.exporter_secret, 32));
    /* It stays forgotten over a restart. */
    covey_bytes saved = family_saved(0);
    covey_mls_group_wipe(group);
    cr_assert_eq(covey_mls_group_load(group, NULL, saved), COVEY_OK);
    cr_assert_eq(covey_mls_export(group, "a", none(), out[0], 32),
                 COVEY_ERR_STATE);
}

/* ---- 27: points of small order ---- */

static const char *const small_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

#define NUM_SMALL (sizeof small_order / sizeof small_order[0])

Test(pitfalls, pitfall_27_no_secret_comes_of_a_point_of_small_order)
{
    covey_random random = family_random();
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);
    covey_kem_secret secret;
    covey_kem_public own;
    covey_secret shared;

    cr_assert_eq(covey_kem_keys_new(suite->kem, &secret, &own, &random),
                 COVEY_OK);
    for (size_t i = 0; i < NUM_SMALL; i++) {
        covey_kem_public key;
        covey_kem_output output;

        hex_into(key.bytes, sizeof key.bytes, small_order[i]);
        cr_assert_eq(suite->kem->encap(&shared, &output, &key, secret.bytes),
                     COVEY_ERR_AUTH);
        cr_assert_eq(suite->kem->decap(&shared, hex(small_order[i]), &secret,
                                       &own),
                     COVEY_ERR_AUTH);
    }
}

static uint32_t chosen;

static void small_path_text(forgery *f)
{
    f->nodes[0].texts[0].kem_output = hex(small_order[chosen]);
}

Test(pitfalls, pitfall_27_in_a_path)
{
    family_begin(2);
    for (chosen = 0; chosen < NUM_SMALL; chosen++) {
        check_commit(forge_begin(0), AT_PATH, small_path_text,
                     COVEY_ERR_PATH_SECRET);
    }
}

static void small_init_key(package_forgery *f)
{
    f->package.init_key = hex(small_order[chosen]);
}

/* Nobody is added with such a KeyPackage. */
Test(pitfalls, pitfall_27_in_a_key_package)
{
    covey_random random = family_random();

    family_begin(2);
    for (chosen = 0; chosen < NUM_SMALL; chosen++) {
        package_forgery package = {.at_package = small_init_key};
        covey_bytes add = forge_add(&package);
        covey_buffer out = {test_alloc(8192), 8192, 0};
        covey_buffer welcome = {test_alloc(65536), 65536, 0};
        const covey_mls_change change = {
            .kind = COVEY_MLS_ADD,
            .key_package = bytes_join(hex("00010005"),
                                      covey_bytes_of(add.at + 2, add.len - 2))};
        const covey_mls_commit_options options = {.changes = &change,
                                                  .num_changes = 1};
        covey_bytes saved = family_saved(0);

        cr_assert_eq(covey_mls_commit(family[0].group, &random, &options,
                                      family[0].staged, family_scratch(), &out,
                                      &welcome),
                     COVEY_ERR_LEAF);
        cr_assert(test_is_zero(family[0].staged, covey_mls_staged_size()));
        check_bytes(family_saved(0), saved);
    }
}

static covey_bytes useless_update(size_t of)
{
    const covey_epoch *epoch = &family[of].group->epoch;
    const covey_leaf_place place = {covey_group_id(&epoch->context),
                                    epoch->keys.self};
    covey_reader r = covey_reader_of(proposal_update(of));
    covey_proposal p;

    covey_read_proposal(&r, &p);
    p.of.update.signature = none();
    p.of.update.encryption_key = hex(small_order[chosen]);
    return proposal_of(COVEY_PROPOSAL_UPDATE,
                       forge_leaf(&p.of.update, &place, &epoch->sign_key));
}

/* To a member with such a key nothing could be encrypted: nobody could commit
 * any more, and who must take up Updates would stand still. */
Test(pitfalls, pitfall_27_in_a_members_leaf)
{
    covey_mls_change_info info;

    family_begin(3);
    for (chosen = 0; chosen < NUM_SMALL; chosen++) {
        covey_bytes saved = family_saved(0);

        cr_assert_eq(covey_mls_receive_proposal(
                         family[0].group,
                         forge_proposal(forge_begin(1), useless_update(1)),
                         family_scratch(), &info, NULL),
                     COVEY_ERR_LEAF);
        check_bytes(family_saved(0), saved);
    }
}

static void small_node_key(forgery *f)
{
    f->nodes[0].key = hex(small_order[chosen]);
}

Test(pitfalls, pitfall_27_in_a_paths_node)
{
    family_begin(4);
    for (chosen = 0; chosen < NUM_SMALL; chosen++) {
        check_commit(forge_begin(0), AT_PATH, small_node_key, COVEY_ERR_PATH);
    }
}

/* ---- 30: growing and shrinking ---- */

static void add(size_t who)
{
    const size_t joins[] = {who, EVERYBODY};
    const covey_mls_change change = {.kind = COVEY_MLS_ADD,
                                     .key_package = family_package(who)};
    const covey_mls_commit_options options = {.changes = &change,
                                              .num_changes = 1};

    family_commit(0, &options, joins);
}

static void leave(size_t who)
{
    uint32_t leaf = covey_mls_own_leaf(family[who].group);
    const covey_mls_change change = {.kind = COVEY_MLS_REMOVE, .leaf = leaf};
    const covey_mls_commit_options options = {.changes = &change,
                                              .num_changes = 1};

    family_commit(0, &options, NULL);
    cr_assert_not(covey_mls_is_open(family[who].group));
    covey_mls_group_wipe(family[who].group);
}

Test(pitfalls, pitfall_30_blank_leaves_are_used_from_the_left_and_cut_off)
{
    const covey_tree *tree;

    family_begin(5);
    tree = &family[0].group->epoch.tree;
    cr_assert_eq(tree->width, 8);
    leave(1);
    leave(2);
    add(11);
    cr_assert_eq(covey_mls_own_leaf(family[11].group), 1);
    leave(4);
    cr_assert_eq(tree->width, 4);
    add(12);
    cr_assert_eq(covey_mls_own_leaf(family[12].group), 2);
    add(13);
    cr_assert_eq(covey_mls_own_leaf(family[13].group), 4);
    cr_assert_eq(tree->width, 8);
    leave(13);
    leave(3);
    leave(12);
    leave(11);
    cr_assert_eq(tree->width, 1);
    add(14);
    accept_data(14, family_say(0, "hello"));
    accept_data(0, family_say(14, "hello"));
}

Test(pitfalls, pitfall_30_the_largest_group_and_back)
{
    covey_mls_commit_options options = {.num_changes = 0};

    family_begin_blank(COVEY_MLS_MEMBERS_MAX);
    family_commit(COVEY_MLS_MEMBERS_MAX - 1, &options, NULL);
    for (size_t who = COVEY_MLS_MEMBERS_MAX - 1; who > 0;
         who -= who > 8 ? 3 : 1) {
        leave(who);
    }
    cr_assert_eq(covey_mls_num_members(family[0].group),
                 covey_tree_num_members(&family[0].group->epoch.tree));
    cr_assert_leq(family[0].group->epoch.tree.width, COVEY_MLS_MEMBERS_MAX);
}
