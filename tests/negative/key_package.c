/* RFC 9420 sections 10 and 10.1: KeyPackages in Add proposals. What is wrong
 * with the leaf by itself is in leaf_node.c. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge.h"

static covey_bytes as_proposal(covey_bytes add)
{
    return forge_proposal(forge_begin(0), add);
}

/* One's own library would not send it either. */
static void check_not_sent(covey_bytes add, int err)
{
    covey_random random = family_random();
    uint8_t room[8192];
    uint8_t more[16384];
    covey_buffer out = {room, sizeof room, 0};
    covey_buffer welcome = {more, sizeof more, 0};
    covey_bytes package =
        bytes_join(hex("00010005"), covey_bytes_of(add.at + 2, add.len - 2));
    const covey_mls_change change = {.kind = COVEY_MLS_ADD,
                                     .key_package = package};
    const covey_mls_commit_options options = {.changes = &change,
                                              .num_changes = 1};
    covey_bytes saved = family_saved(0);

    cr_assert_eq(covey_mls_propose(family[0].group, &random, &change, NULL, 0,
                                   NULL, family_scratch(), &out, NULL),
                 err, "%s", trying);
    cr_assert_eq(covey_mls_commit(family[0].group, &random, &options,
                                  family[0].staged, family_scratch(), &out,
                                  &welcome),
                 err, "%s", trying);
    check_bytes(family_saved(0), saved);
}

static void check(package_forgery *broken, int err)
{
    package_forgery honest = {.at_leaf = NULL};

    all_accept_commit(0, forge_commit(forge_with(0, forge_add(&honest))));
    all_accept_proposal(0, as_proposal(forge_add(&honest)));
    all_refuse_commit(0, forge_commit(forge_with(0, forge_add(broken))), err);
    all_refuse_proposal(0, as_proposal(forge_add(broken)), err);
    check_not_sent(forge_add(broken), err);
}

static uint32_t argument;

static void version_of(package_forgery *f)
{
    f->package.version = (uint16_t)argument;
}

Test(key_package, the_version_is_the_groups)
{
    static const uint32_t versions[] = {0, 2, 0x0100, 0xffff};

    family_begin(3);
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        argument = versions[i];
        check(&(package_forgery){.at_package = version_of}, COVEY_ERR_PROFILE);
    }
}

static void suite_of(package_forgery *f)
{
    f->package.cipher_suite = (uint16_t)argument;
}

Test(key_package, the_suite_is_the_groups)
{
    static const uint32_t suites[] = {0, 1, 2, 4, 7, 0x0300, 0xffff};

    family_begin(3);
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        argument = suites[i];
        check(&(package_forgery){.at_package = suite_of}, COVEY_ERR_PROFILE);
    }
}

static void init_key_of_len(package_forgery *f)
{
    f->package.init_key =
        bytes_cut(bytes_join(f->package.init_key, bytes_fill(1, 8)), argument);
}

Test(key_package, the_init_key_has_its_size)
{
    static const uint32_t lens[] = {0, 1, 31, 33};

    family_begin(2);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        argument = lens[i];
        check(&(package_forgery){.at_package = init_key_of_len},
              COVEY_ERR_LEAF);
    }
}

static void init_key_is_encryption_key(package_forgery *f)
{
    f->package.init_key = f->package.leaf.encryption_key;
}

Test(key_package, pitfall_17_init_key_and_encryption_key_differ)
{
    family_begin(2);
    check(&(package_forgery){.at_package = init_key_is_encryption_key},
          COVEY_ERR_LEAF);
}

static void source_commit(package_forgery *f)
{
    f->leaf.source = COVEY_SOURCE_COMMIT;
    f->leaf.parent_hash = bytes_fill(0, 32);
}

static void source_update(package_forgery *f)
{
    f->leaf.source = COVEY_SOURCE_UPDATE;
}

Test(key_package, pitfall_3_the_leafs_source_is_key_package)
{
    family_begin(3);
    check(&(package_forgery){.at_leaf = source_update}, COVEY_ERR_LEAF);
    check(&(package_forgery){.at_leaf = source_commit}, COVEY_ERR_LEAF);
}

/* ---- signatures ---- */

static void signed_by_another(package_forgery *f)
{
    f->package_sign_key = family[0].group->epoch.sign_key;
}

static void flip_signature(package_forgery *f)
{
    f->package.signature = bytes_flip(f->package.signature, argument);
}

static void signature_of_len(package_forgery *f)
{
    f->package.signature =
        bytes_cut(bytes_join(f->package.signature, bytes_fill(1, 8)), argument);
}

static void other_init_key(package_forgery *f)
{
    f->package.init_key = bytes_fill(9, 32);
}

static void other_extensions(package_forgery *f)
{
    f->package.extensions = extension_of(0x1234, bytes_fill(1, 1));
}

Test(key_package, its_signature_is_right)
{
    family_begin(2);
    check(&(package_forgery){.at_package = signed_by_another}, COVEY_ERR_AUTH);
    check(&(package_forgery){.at_end = other_init_key}, COVEY_ERR_AUTH);
    check(&(package_forgery){.at_end = other_extensions}, COVEY_ERR_AUTH);
    for (argument = 0; argument < 512; argument += 73) {
        check(&(package_forgery){.at_end = flip_signature}, COVEY_ERR_AUTH);
    }
}

Test(key_package, a_signature_has_64_bytes)
{
    static const uint32_t lens[] = {0, 63, 65};

    family_begin(2);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        argument = lens[i];
        check(&(package_forgery){.at_end = signature_of_len}, COVEY_ERR_AUTH);
    }
}

/* ---- its extensions ---- */

static void repeated_extension(package_forgery *f)
{
    covey_bytes one = extension_of(0x1234, bytes_fill(1, 1));

    f->package.extensions = bytes_join(one, one);
}

static void broken_extension(package_forgery *f)
{
    f->package.extensions = hex("1234 02 00");
}

static void too_long(package_forgery *f)
{
    f->package.extensions = extension_of(0x1234, bytes_fill(1, 700));
}

static void unknown_extension(package_forgery *f)
{
    f->package.extensions = extension_of(0x1a1a, bytes_fill(1, 10));
}

Test(key_package, its_extensions_are_a_list_without_repeats)
{
    family_begin(2);
    check(&(package_forgery){.at_package = repeated_extension},
          COVEY_ERR_EXTENSION);
    check(&(package_forgery){.at_package = broken_extension},
          COVEY_ERR_MALFORMED);
}

Test(key_package, unknown_extensions_are_ignored)
{
    package_forgery package = {.at_package = unknown_extension};

    family_begin(2);
    all_accept_commit(0, forge_commit(forge_with(0, forge_add(&package))));
    all_accept_proposal(0, as_proposal(forge_add(&package)));
}

Test(key_package, pitfall_11_it_has_a_greatest_size)
{
    family_begin(2);
    check(&(package_forgery){.at_package = too_long}, COVEY_ERR_PROFILE);
}

/* ---- what it says of keys that are in the group ---- */

static covey_mls_member_info info_of(size_t who)
{
    covey_mls_member_info info;

    cr_assert(covey_mls_next_member(family[0].group, (uint32_t)who - 1, &info));
    return info;
}

static void encryption_key_of_a_member(package_forgery *f)
{
    f->leaf.encryption_key = info_of(argument).encryption_key;
}

static void encryption_key_of_the_root(package_forgery *f)
{
    const covey_tree *tree = &family[0].group->epoch.tree;

    f->leaf.encryption_key =
        covey_tree_encryption_key(tree, covey_tree_root(tree->width));
}

static void signature_key_of_a_member(package_forgery *f)
{
    f->sign_key = family[argument].group->epoch.sign_key;
    f->package_sign_key = f->sign_key;
    f->leaf.signature_key = info_of(argument).signature_key;
}

/* Without a path, that none of the committer's new keys is in the way. */
static void check_in_commit(package_hook *hook, covey_bytes before, int err)
{
    for (unsigned without = 0; without < 2; without++) {
        package_forgery honest = {.at_leaf = NULL};
        package_forgery broken = {.at_leaf = hook};
        forgery *good = forge_begin(0);
        forgery *bad = forge_begin(0);

        if (before.len != 0) {
            if (without == 1) continue;
            forge_add_value(good, before);
            forge_add_value(bad, before);
        }
        good->without_path = bad->without_path = without == 1;
        forge_add_value(good, forge_add(&honest));
        forge_add_value(bad, forge_add(&broken));
        all_accept_commit(0, forge_commit(good));
        if (err != COVEY_OK) {
            all_refuse_commit(0, forge_commit(bad), err);
        } else {
            all_accept_commit(0, forge_commit(bad));
        }
    }
}

Test(key_package, pitfall_17_its_keys_are_nobodys)
{
    const covey_bytes none = {NULL, 0};

    family_begin(4);
    for (argument = 1; argument < 4; argument++) {
        check_in_commit(encryption_key_of_a_member, none, COVEY_ERR_LEAF);
        check_in_commit(signature_key_of_a_member, none, COVEY_ERR_LEAF);
    }
    check_in_commit(encryption_key_of_the_root, none, COVEY_ERR_LEAF);
}

/* Section 12.2: unless a Remove makes room for the client's new leaf. */
Test(key_package, a_signature_key_may_come_back_when_its_leaf_is_removed)
{
    family_begin(4);
    argument = 3;
    check_in_commit(signature_key_of_a_member, proposal_remove(3), COVEY_OK);
    check_in_commit(signature_key_of_a_member, proposal_remove(2),
                    COVEY_ERR_LEAF);
    check_in_commit(encryption_key_of_a_member, proposal_remove(3), COVEY_OK);
}

/* ---- lifetimes of what one sends oneself ---- */

Test(key_package, pitfall_28_one_adds_only_what_is_valid_now)
{
    static const struct {
        uint64_t now;
        int wanted;
    } times[] = {
        {999, COVEY_ERR_LIFETIME},  {1000, COVEY_OK}, {2000, COVEY_OK},
        {2001, COVEY_ERR_LIFETIME}, {0, COVEY_OK}, /* no clock */
    };

    family_begin(2);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        covey_random random = family_random();
        uint8_t room[8192];
        uint8_t more[16384];
        covey_buffer out = {room, sizeof room, 0};
        covey_buffer welcome = {more, sizeof more, 0};
        covey_mls_ref ref;
        const covey_mls_change change = {.kind = COVEY_MLS_ADD,
                                         .key_package = family_package(5)};
        const covey_mls_commit_options options = {.changes = &change,
                                                  .num_changes = 1,
                                                  .now_s = times[i].now};

        cr_assert_eq(covey_mls_commit(family[0].group, &random, &options,
                                      family[0].staged, family_scratch(), &out,
                                      &welcome),
                     times[i].wanted);
        covey_mls_drop(family[0].staged);
        cr_assert_eq(covey_mls_propose(family[0].group, &random, &change, NULL,
                                       times[i].now, NULL, family_scratch(),
                                       &out, &ref),
                     times[i].wanted);
        if (times[i].wanted == COVEY_OK) {
            covey_mls_forget_proposal(family[0].group, &ref);
        }
    }
}

/* ---- as an MLSMessage ---- */

static int propose_message(covey_bytes message)
{
    covey_random random = family_random();
    uint8_t room[8192];
    covey_buffer out = {room, sizeof room, 0};
    covey_mls_ref ref;
    const covey_mls_change change = {.kind = COVEY_MLS_ADD,
                                     .key_package = message};
    int err = covey_mls_propose(family[0].group, &random, &change, NULL, 0,
                                NULL, family_scratch(), &out, &ref);

    if (!err) covey_mls_forget_proposal(family[0].group, &ref);
    return err;
}

Test(key_package, the_messages_version_and_format_are_checked)
{
    family_begin(2);
    covey_bytes message = family_package(5);
    covey_bytes body = covey_bytes_of(message.at + 4, message.len - 4);

    cr_assert_eq(propose_message(message), COVEY_OK);
    cr_assert_eq(propose_message(bytes_join(hex("00020005"), body)),
                 COVEY_ERR_PROFILE);
    cr_assert_eq(propose_message(bytes_join(hex("00010004"), body)),
                 COVEY_ERR_PROFILE);
    cr_assert_eq(propose_message(bytes_join(message, hex("00"))),
                 COVEY_ERR_MALFORMED);
    cr_assert_eq(propose_message(hex("000100")), COVEY_ERR_MALFORMED);
}
