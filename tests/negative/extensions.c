/* RFC 9420 sections 7.2, 7.3, 11.1, 12.1.7 and 13.4: capabilities, and what a
 * group requires of its members. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge.h"

static covey_bytes none(void)
{
    return covey_bytes_of(NULL, 0);
}

static void check(covey_bytes good, covey_bytes bad, int err)
{
    all_accept_commit(0,
                      forge_commit(forge_with(0, proposal_extensions(good))));
    all_refuse_commit(0, forge_commit(forge_with(0, proposal_extensions(bad))),
                      err);
}

/* All list FAMILY_EXTENSION, nobody 0xff77. */
Test(extensions, pitfall_29_all_members_support_the_groups_extensions)
{
    family_begin(3);
    check(extension_of(FAMILY_EXTENSION, none()), extension_of(0xff77, none()),
          COVEY_ERR_EXTENSION);
    check(extension_of(FAMILY_EXTENSION, none()),
          bytes_join(extension_of(FAMILY_EXTENSION, none()),
                     extension_of(0xff77, none())),
          COVEY_ERR_EXTENSION);
}

Test(extensions, all_members_support_what_is_required)
{
    family_begin(3);
    check(extension_required("ff01", "", ""),
          extension_required("ff77", "", ""), COVEY_ERR_LEAF);
    check(extension_required("ff01", "", ""),
          extension_required("ff01ff77", "", ""), COVEY_ERR_LEAF);
    check(extension_required("", "", ""), extension_required("", "ff77", ""),
          COVEY_ERR_LEAF);
    check(extension_required("", "", "0001"),
          extension_required("", "", "00010002"), COVEY_ERR_LEAF);
    check(extension_required("", "", "0001"),
          extension_required("", "", "0000"), COVEY_ERR_LEAF);
}

/* Extension and proposal types that every member has need not be listed;
 * credentials must. */
Test(extensions, default_types_are_supported_by_all)
{
    family_begin(2);
    check(extension_required("00010002000300040005",
                             "0001000200030004000500060007", "0001"),
          extension_required("0000", "", ""), COVEY_ERR_LEAF);
    check(none(), extension_required("0006", "", ""), COVEY_ERR_LEAF);
    check(none(), extension_required("", "0000", ""), COVEY_ERR_LEAF);
    check(none(), extension_required("", "0008", ""), COVEY_ERR_LEAF);
}

/* ---- who comes and who goes in the same commit ---- */

static void lists_nothing(package_forgery *f)
{
    f->leaf.capabilities.extensions = none();
}

static void lists_more(package_forgery *f)
{
    f->leaf.capabilities.extensions = hex("ff01ff77");
    f->leaf.capabilities.proposals = hex("ff88");
}

static void set_group_extensions(covey_bytes extensions)
{
    const covey_mls_change change = {.kind = COVEY_MLS_EXTENSIONS,
                                     .extensions = extensions};
    const covey_mls_commit_options options = {.changes = &change,
                                              .num_changes = 1};

    family_commit(0, &options, NULL);
}

static void check_newcomer(package_hook *hook, int err)
{
    for (unsigned without = 0; without < 2; without++) {
        package_forgery good = {.at_leaf = NULL};
        package_forgery bad = {.at_leaf = hook};
        forgery *f = forge_with(0, forge_add(&good));

        f->without_path = without == 1;
        all_accept_commit(0, forge_commit(f));
        f->num_items = 0;
        forge_add_value(f, forge_add(&bad));
        all_refuse_commit(0, forge_commit(f), err);
    }
}

Test(extensions, a_newcomer_supports_the_groups_extensions)
{
    package_forgery package = {.at_leaf = lists_nothing};

    family_begin(3);
    all_accept_commit(0, forge_commit(forge_with(0, forge_add(&package))));
    set_group_extensions(extension_of(FAMILY_EXTENSION, none()));
    check_newcomer(lists_nothing, COVEY_ERR_EXTENSION);
}

Test(extensions, a_newcomer_supports_what_is_required)
{
    package_forgery package = {.at_leaf = lists_nothing};

    family_begin(3);
    all_accept_commit(0, forge_commit(forge_with(0, forge_add(&package))));
    set_group_extensions(extension_required("ff01", "", "0001"));
    check_newcomer(lists_nothing, COVEY_ERR_LEAF);
}

/* The commit's new extensions count, whatever the order of the list. */
Test(extensions, a_newcomer_supports_the_extensions_of_its_own_commit)
{
    covey_bytes change =
        proposal_extensions(extension_of(FAMILY_EXTENSION, none()));
    package_forgery good = {.at_leaf = NULL};
    package_forgery bad = {.at_leaf = lists_nothing};

    family_begin(3);
    for (unsigned first = 0; first < 2; first++) {
        forgery *f = forge_begin(0);

        if (first == 0) forge_add_value(f, change);
        forge_add_value(f, forge_add(&good));
        if (first == 1) forge_add_value(f, change);
        all_accept_commit(0, forge_commit(f));
        f->num_items = 0;
        if (first == 0) forge_add_value(f, change);
        forge_add_value(f, forge_add(&bad));
        if (first == 1) forge_add_value(f, change);
        all_refuse_commit(0, forge_commit(f), COVEY_ERR_EXTENSION);
    }
}

Test(extensions, the_old_extensions_no_longer_count)
{
    package_forgery bad = {.at_leaf = lists_nothing};
    forgery *f = forge_begin(0);

    family_begin(3);
    set_group_extensions(extension_of(FAMILY_EXTENSION, none()));
    forge_add_value(f, forge_add(&bad));
    all_refuse_commit(0, forge_commit(f), COVEY_ERR_EXTENSION);
    forge_add_value(f, proposal_extensions(none()));
    all_accept_commit(0, forge_commit(f));
}

/* A member that lacks what is asked for may be removed in the same commit. */
Test(extensions, who_is_removed_needs_no_support)
{
    const size_t joins[] = {5, EVERYBODY};
    static const uint16_t nothing[1] = {0xff02};
    covey_random random = family_random();
    uint8_t room[4096];
    covey_buffer out = {room, sizeof room, 0};

    family_begin(3);
    /* Member 5 lists another type only. */
    (void)family_package(5);
    covey_mls_member poor = *family_says(5);
    poor.extension_types = nothing;
    covey_mls_joiner_wipe(family[5].joiner);
    cr_assert_eq(covey_mls_joiner_new(family[5].joiner, &random, &poor, NULL,
                                      &out),
                 COVEY_OK);
    const covey_mls_change add = {.kind = COVEY_MLS_ADD,
                                  .key_package = {out.at, out.len}};
    const covey_mls_commit_options options = {.changes = &add,
                                              .num_changes = 1};
    family_commit(0, &options, joins);

    forgery *f =
        forge_with(0,
                   proposal_extensions(extension_of(FAMILY_EXTENSION, none())));
    all_refuse_commit(0, forge_commit(f), COVEY_ERR_EXTENSION);
    f->num_items = 0;
    forge_add_value(f, proposal_extensions(extension_required("ff01", "", "")));
    all_refuse_commit(0, forge_commit(f), COVEY_ERR_LEAF);
    forge_add_value(f, proposal_remove(3));
    all_accept_commit(0, forge_commit(f));
}

Test(extensions, a_newcomer_alone_does_not_make_it_supported)
{
    package_forgery rich = {.at_leaf = lists_more};
    forgery *f = forge_with(0, forge_add(&rich));

    family_begin(2);
    forge_add_value(f, proposal_extensions(extension_of(0xff77, none())));
    all_refuse_commit(0, forge_commit(f), COVEY_ERR_EXTENSION);
    f->num_items = 0;
    forge_add_value(f, forge_add(&rich));
    forge_add_value(f, proposal_extensions(extension_required("", "ff88", "")));
    all_refuse_commit(0, forge_commit(f), COVEY_ERR_LEAF);
}

/* ---- leaves that are renewed ---- */

static void path_lists_nothing(forgery *f)
{
    f->leaf.capabilities.extensions = none();
}

static void path_lists_no_credential(forgery *f)
{
    f->leaf.capabilities.credentials = none();
}

Test(extensions, the_committers_new_leaf_supports_the_groups_extensions)
{
    family_begin(3);
    all_accept_commit(0, forge_commit(forge_begin(0)));
    set_group_extensions(extension_of(FAMILY_EXTENSION, none()));
    check_commit(forge_begin(0), AT_LEAF, path_lists_nothing,
                 COVEY_ERR_EXTENSION);
    check_commit(forge_begin(0), AT_LEAF, path_lists_no_credential,
                 COVEY_ERR_LEAF);
    set_group_extensions(extension_required("ff01", "", ""));
    check_commit(forge_begin(0), AT_LEAF, path_lists_nothing, COVEY_ERR_LEAF);
}

/* An Update by reference, whose leaf lists nothing any more. */
static covey_bytes poor_update(size_t who, bool poor)
{
    const covey_epoch *epoch = &family[who].group->epoch;
    const covey_leaf_place place = {covey_group_id(&epoch->context),
                                    epoch->keys.self};
    covey_reader r = covey_reader_of(proposal_update(who));
    covey_proposal p;

    covey_read_proposal(&r, &p);
    p.of.update.signature = none();
    if (poor) p.of.update.capabilities.extensions = none();
    return proposal_of(COVEY_PROPOSAL_UPDATE,
                       forge_leaf(&p.of.update, &place, &epoch->sign_key));
}

Test(extensions, an_updates_leaf_supports_the_groups_extensions)
{
    family_begin(4);
    set_group_extensions(extension_of(FAMILY_EXTENSION, none()));
    for (unsigned poor = 0; poor < 2; poor++) {
        covey_bytes update = poor_update(1, poor == 1);
        covey_bytes message = forge_proposal(forge_begin(1), update);
        covey_mls_change_info info;
        forgery *f = forge_begin(0);

        for (size_t i = 0; i < 4; i++) {
            if (i == 1) continue;
            cr_assert_eq(covey_mls_receive_proposal(family[i].group, message,
                                                    family_scratch(), &info,
                                                    NULL),
                         COVEY_OK);
        }
        forge_add_ref(f, &info.ref, 1, update);
        for (size_t i = 2; i < 4; i++) {
            covey_bytes commit = forge_commit(f);
            if (poor == 1) {
                refuse_commit(i, commit, COVEY_ERR_EXTENSION);
            } else {
                accept_commit(i, commit);
            }
        }
    }
}

/* ---- what is not known is kept as it is ---- */

Test(extensions, pitfall_29_extensions_are_kept_as_they_came)
{
    family_begin(3);
    covey_bytes odd =
        bytes_join(extension_of(FAMILY_EXTENSION, bytes_fill(0xee, 200)),
                   bytes_join(extension_required("ff01", "", "0001"),
                              extension_of(COVEY_EXTENSION_APPLICATION_ID,
                                           none())));

    set_group_extensions(odd);
    for (size_t i = 0; i < 3; i++) {
        check_bytes(covey_mls_extensions(family[i].group), odd);
    }
    family_commit(1, NULL, NULL);
    const size_t joins[] = {4, EVERYBODY};
    const covey_mls_change add = {.kind = COVEY_MLS_ADD,
                                  .key_package = family_package(4)};
    const covey_mls_commit_options options = {.changes = &add,
                                              .num_changes = 1};
    family_commit(2, &options, joins);
    for (size_t i = 0; i < 5; i++) {
        if (family_is_in(i)) {
            check_bytes(covey_mls_extensions(family[i].group), odd);
        }
    }
}

/* ---- creating a group ---- */

static int create(covey_bytes extensions, const covey_mls_member *member)
{
    covey_random random = family_random();
    covey_mls_group *group = family[9].group;
    int err = covey_mls_group_create(group, &random, none(), member, NULL,
                                     extensions, NULL);

    if (err) cr_assert(test_is_zero(group, covey_mls_group_size()));
    covey_mls_group_wipe(group);
    return err;
}

Test(extensions, a_group_is_created_by_the_same_rules)
{
    static const uint16_t listed[] = {COVEY_EXTENSION_RATCHET_TREE};
    covey_bytes one = extension_of(FAMILY_EXTENSION, none());

    (void)family_package(9);
    covey_mls_member member = *family_says(9);
    cr_assert_eq(create(one, &member), COVEY_OK);
    cr_assert_eq(create(bytes_join(one, one), &member), COVEY_ERR_EXTENSION);
    cr_assert_eq(create(extension_of(0xff77, none()), &member),
                 COVEY_ERR_EXTENSION);
    cr_assert_eq(create(extension_required("ff77", "", ""), &member),
                 COVEY_ERR_LEAF);
    cr_assert_eq(create(hex("ff"), &member), COVEY_ERR_MALFORMED);
    cr_assert_eq(create(extension_of(COVEY_EXTENSION_EXTERNAL_SENDERS, none()),
                        &member),
                 COVEY_ERR_PROFILE);
    member.extensions = extension_of(0xff77, none());
    cr_assert_eq(create(one, &member), COVEY_ERR_ARGUMENT);
    member.extensions = none();
    member.extension_types = listed; /* default types are not listed */
    cr_assert_eq(create(none(), &member), COVEY_ERR_ARGUMENT);
    member = *family_says(9);
    member.not_after_s = member.not_before_s - 1;
    cr_assert_eq(create(one, &member), COVEY_ERR_ARGUMENT);
}

/* A leaf that is too long is not made, neither of a creator nor a newcomer. */
Test(extensions, pitfall_11_a_leaf_that_is_too_long_is_not_made)
{
    covey_random random = family_random();
    bool fits = true;
    size_t longest = 0;

    (void)family_package(9);
    for (size_t len = 100; len < 1000; len += len < 400 ? 1 : 97) {
        covey_mls_member member = *family_says(9);
        covey_buffer out = {test_alloc(2048), 2048, 0};

        member.identity = bytes_fill('x', len);
        covey_mls_joiner_wipe(family[9].joiner);
        int err = create(none(), &member);
        fits = fits && err == COVEY_OK;
        if (fits) longest = len;
        cr_assert_eq(err, fits ? COVEY_OK : COVEY_ERR_CAPACITY);
        cr_assert_eq(covey_mls_joiner_new(family[9].joiner, &random, &member,
                                          NULL, &out),
                     err);
        if (err) {
            cr_assert(test_is_zero(family[9].joiner, covey_mls_joiner_size()));
        }
    }
    cr_assert_not(fits);
    cr_assert_gt(longest, 100);
}
