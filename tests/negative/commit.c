/* RFC 9420 sections 12.4 and 14: commits of other epochs and groups, forks,
 * and what can be done wrong with one's own. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge.h"

static void merge(size_t who)
{
    cr_assert_eq(covey_mls_merge(family[who].group, family[who].staged),
                 COVEY_OK);
}

static void stage(size_t who, covey_bytes commit)
{
    cr_assert_eq(covey_mls_stage(family[who].group, family[who].staged, commit,
                                 NULL, 0, family_scratch()),
                 COVEY_OK);
}

static void take(size_t who, covey_bytes commit)
{
    stage(who, commit);
    merge(who);
}

/* ---- epochs and groups ---- */

Test(commit, one_of_a_past_epoch_is_refused)
{
    family_begin(3);
    covey_bytes old = forge_commit(forge_begin(0));
    covey_bytes old_data = family_say(0, "hello");

    all_accept_commit(0, old);
    family_commit(1, NULL, NULL);
    all_refuse_commit(0, old, COVEY_ERR_EPOCH);
    /* Not even with the roster of that epoch: it is gone. */
    all_refuse_data(0, old_data, COVEY_ERR_EPOCH);
    all_accept_commit(0, forge_commit(forge_begin(0)));
}

Test(commit, pitfall_22_messages_of_past_epochs_are_refused)
{
    const covey_mls_change remove = {.kind = COVEY_MLS_REMOVE, .leaf = 2};
    const covey_mls_commit_options options = {.changes = &remove,
                                              .num_changes = 1};

    family_begin(4);
    covey_bytes of_one_who_left = family_say(2, "hello");
    covey_bytes of_one_who_stays = family_say(1, "hello");
    covey_mls_group_wipe(family[2].group);
    family_commit(0, &options, NULL);
    all_refuse_data(2, of_one_who_left, COVEY_ERR_EPOCH);
    all_refuse_data(1, of_one_who_stays, COVEY_ERR_EPOCH);
}

Test(commit, one_of_a_later_epoch_is_refused)
{
    family_begin(3);
    covey_bytes first = family_stage_own(0, NULL, NULL);

    merge(0);
    covey_bytes second = forge_commit(forge_begin(0));
    refuse_commit(1, second, COVEY_ERR_EPOCH);
    take(1, first);
    accept_commit(1, second);
}

/* Two members commit in one epoch, and the relay shows each half the other's
 * branch: same group, same number, other secrets. */
Test(commit, pitfall_8_a_fork_does_not_mix)
{
    uint8_t left[COVEY_MLS_HASH_SIZE];
    uint8_t right[COVEY_MLS_HASH_SIZE];

    family_begin(4);
    covey_bytes a = family_stage_own(0, NULL, NULL);
    covey_bytes b = family_stage_own(1, NULL, NULL);

    merge(0);
    merge(1);
    take(2, a);
    take(3, b);
    cr_assert_eq(covey_mls_epoch(family[2].group),
                 covey_mls_epoch(family[3].group));
    cr_assert_eq(covey_mls_epoch_authenticator(family[2].group, left),
                 COVEY_OK);
    cr_assert_eq(covey_mls_epoch_authenticator(family[3].group, right),
                 COVEY_OK);
    cr_assert_arr_neq(left, right, sizeof left);

    covey_bytes data = family_say(0, "hello");
    covey_bytes commit = forge_commit(forge_begin(0));
    refuse_data(3, data, COVEY_ERR_AUTH);
    refuse_commit(3, commit, COVEY_ERR_AUTH);
    refuse_proposal(3, forge_proposal(forge_begin(0), proposal_remove(1)),
                    COVEY_ERR_AUTH);
    forgery *public = forge_begin(0);
    public->as_public = true;
    refuse_commit(3, forge_commit(public), COVEY_ERR_AUTH);
    accept_data(2, data);
    accept_commit(2, commit);
}

/* ---- who is removed ---- */

Test(commit, who_was_removed_cannot_go_on)
{
    covey_random random = family_random();
    uint8_t room[4096];
    covey_buffer out = {room, sizeof room, 0};
    covey_mls_received received;
    covey_mls_change_info info;
    covey_mls_ref ref;
    const covey_mls_change remove = {.kind = COVEY_MLS_REMOVE, .leaf = 1};
    const covey_mls_commit_options options = {.changes = &remove,
                                              .num_changes = 1};
    covey_mls_group *gone;
    uint8_t secret[32];

    family_begin(3);
    take(1, family_stage_own(0, &options, NULL));
    gone = family[1].group;
    take(2, forge_commit(forge_with(0, proposal_remove(1))));
    merge(0);

    cr_assert_not(covey_mls_is_open(gone));
    cr_assert_eq(covey_mls_own_leaf(gone), COVEY_MLS_NO_LEAF);
    covey_bytes data = family_say(0, "hello");
    cr_assert_eq(covey_mls_unprotect(gone, data, family_scratch(), &received),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_protect(gone, &random, data, NULL, family_scratch(),
                                   &out),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_stage(gone, family[1].staged,
                                 forge_commit(forge_begin(0)), NULL, 0,
                                 family_scratch()),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_commit(gone, &random, NULL, family[1].staged,
                                  family_scratch(), &out, NULL),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_propose(gone, &random, &remove, NULL, 0, NULL,
                                   family_scratch(), &out, &ref),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_receive_proposal(gone, data, family_scratch(), &info,
                                            NULL),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_export(gone, "x", data, secret, sizeof secret),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_epoch_authenticator(gone, secret), COVEY_ERR_STATE);
    /* It kept no secret of the epoch that it is not in. */
    cr_assert(test_is_zero(&gone->epoch.keys, sizeof gone->epoch.keys));
    cr_assert(
        test_is_zero(&gone->epoch.init_secret, sizeof gone->epoch.init_secret));
    cr_assert(
        test_is_zero(&gone->epoch.secret_tree, sizeof gone->epoch.secret_tree));
    cr_assert(test_is_zero(&gone->epoch.membership_key,
                           sizeof gone->epoch.membership_key));
}

/* ---- one's own commit ---- */

Test(commit, pitfall_20_one_merges_once)
{
    family_begin(3);
    (void)family_stage_own(0, NULL, NULL);
    merge(0);
    covey_bytes saved = family_saved(0);
    cr_assert_eq(covey_mls_merge(family[0].group, family[0].staged),
                 COVEY_ERR_STATE);
    check_bytes(family_saved(0), saved);
}

Test(commit, pitfall_20_not_after_another_won)
{
    covey_buffer out = {test_alloc(covey_mls_saved_size()),
                        covey_mls_saved_size(), 0};

    family_begin(3);
    (void)family_stage_own(0, NULL, NULL);
    covey_bytes winner = family_stage_own(1, NULL, NULL);
    covey_mls_staged *pending = family[0].staged;
    covey_mls_staged *other = family[2].staged; /* borrowed */

    cr_assert_eq(covey_mls_stage(family[0].group, other, winner, NULL, 0,
                                 family_scratch()),
                 COVEY_OK);
    cr_assert_eq(covey_mls_merge(family[0].group, other), COVEY_OK);
    covey_bytes saved = family_saved(0);
    cr_assert_eq(covey_mls_merge(family[0].group, pending), COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_group_save(family[0].group, pending, &out),
                 COVEY_ERR_STATE);
    check_bytes(family_saved(0), saved);
}

Test(commit, pitfall_20_not_a_second_time_after_a_restart)
{
    covey_buffer out = {test_alloc(covey_mls_saved_size()),
                        covey_mls_saved_size(), 0};
    family_member *m = &family[0];

    family_begin(3);
    covey_bytes commit = family_stage_own(0, NULL, NULL);
    cr_assert_eq(covey_mls_group_save(m->group, m->staged, &out), COVEY_OK);
    const covey_bytes pending = {out.at, out.len};

    /* Restarted before it knew: the commit comes back as its own. */
    covey_mls_group_wipe(m->group);
    covey_mls_drop(m->staged);
    cr_assert_eq(covey_mls_group_load(m->group, m->staged, pending), COVEY_OK);
    covey_mls_staged *spare = family[1].staged;
    cr_assert_eq(covey_mls_stage(m->group, spare, commit, NULL, 0,
                                 family_scratch()),
                 COVEY_ERR_SENDER);
    merge(0);
    covey_bytes after = family_saved(0);

    /* Restarted after it: the commit is of the epoch before. */
    covey_mls_group_wipe(m->group);
    cr_assert_eq(covey_mls_group_load(m->group, m->staged, after), COVEY_OK);
    refuse_commit(0, commit, COVEY_ERR_EPOCH);
    cr_assert_eq(covey_mls_merge(m->group, m->staged), COVEY_ERR_STATE);

    /* A pending commit of old does not go onto the new state. */
    covey_mls_group *old = family[1].group;
    covey_mls_group_wipe(old);
    cr_assert_eq(covey_mls_group_load(old, spare, pending), COVEY_OK);
    cr_assert_eq(covey_mls_merge(m->group, spare), COVEY_ERR_STATE);
    check_bytes(family_saved(0), after);
}

Test(commit, pitfall_20_the_group_stays_while_a_commit_waits)
{
    family_begin(3);
    covey_bytes before = family_saved(0);
    covey_bytes commit = family_stage_own(0, NULL, NULL);

    /* It still reads and writes in the old epoch. */
    accept_data(0, forge_data(forge_begin(1), "hello"));
    accept_data(1, family_say(0, "hello"));
    cr_assert_eq(covey_mls_epoch(family[0].group),
                 covey_mls_epoch(family[1].group));
    covey_mls_drop(family[0].staged);
    /* Dropped: it takes another's. */
    take(0, forge_commit(forge_begin(1)));
    cr_assert_neq(family_saved(0).len, 0);
    cr_assert_neq(before.len, 0);
    accept_commit(2, commit);
}

Test(commit, one_stages_one_at_a_time)
{
    covey_random random = family_random();
    uint8_t room[8192];
    covey_buffer out = {room, sizeof room, 0};

    family_begin(3);
    covey_bytes a = forge_commit(forge_begin(1));
    covey_bytes b = forge_commit(forge_begin(2));

    stage(0, a);
    cr_assert_eq(covey_mls_stage(family[0].group, family[0].staged, b, NULL, 0,
                                 family_scratch()),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_commit(family[0].group, &random, NULL,
                                  family[0].staged, family_scratch(), &out,
                                  NULL),
                 COVEY_ERR_STATE);
    merge(0);
}

/* Staged on one group, merged into another: a clone of another epoch, and a
 * group of the same member elsewhere. */
Test(commit, what_is_staged_is_merged_where_it_was_staged)
{
    covey_random random = family_random();
    const covey_bytes none = {NULL, 0};

    family_begin(3);
    (void)family_package(9);
    cr_assert_eq(covey_mls_group_create(family[9].group, &random, none,
                                        family_says(9), NULL, none, NULL),
                 COVEY_OK);
    stage(0, forge_commit(forge_begin(1)));
    covey_bytes saved = family_saved(9);
    cr_assert_eq(covey_mls_merge(family[9].group, family[0].staged),
                 COVEY_ERR_STATE);
    check_bytes(family_saved(9), saved);
    covey_mls_group_wipe(family[9].group);
    cr_assert_eq(covey_mls_merge(family[9].group, family[0].staged),
                 COVEY_ERR_STATE);
    merge(0);
}

Test(commit, a_message_that_fails_uses_up_no_key)
{
    covey_random random = family_random();
    const covey_mls_change remove = {.kind = COVEY_MLS_REMOVE, .leaf = 0};
    const covey_mls_commit_options options = {.changes = &remove,
                                              .num_changes = 1};
    uint8_t room[8192];
    covey_buffer out = {room, sizeof room, 0};

    family_begin(2);
    covey_bytes saved = family_saved(0);
    cr_assert_eq(covey_mls_commit(family[0].group, &random, &options,
                                  family[0].staged, family_scratch(), &out,
                                  NULL),
                 COVEY_ERR_PROPOSAL);
    cr_assert_eq(out.len, 0);
    cr_assert(test_is_zero(family[0].staged, covey_mls_staged_size()));
    check_bytes(family_saved(0), saved);
}

/* ---- one's own library keeps the rules ---- */

static int try_commit(const covey_mls_commit_options *options)
{
    covey_random random = family_random();
    covey_buffer out = {test_alloc(16384), 16384, 0};
    covey_buffer welcome = {test_alloc(65536), 65536, 0};
    covey_bytes saved = family_saved(0);
    int err =
        covey_mls_commit(family[0].group, &random, options, family[0].staged,
                         family_scratch(), &out, &welcome);

    if (err) check_bytes(family_saved(0), saved);
    covey_mls_drop(family[0].staged);
    return err;
}

Test(commit, a_committer_keeps_the_rules)
{
    const covey_mls_change removes[] = {
        {.kind = COVEY_MLS_REMOVE, .leaf = 1},
        {.kind = COVEY_MLS_REMOVE, .leaf = 1},
    };
    const covey_mls_change psk = {.kind = COVEY_MLS_PSK,
                                  .psk_id = covey_bytes_of_text("a")};
    const covey_mls_ref unknown = {{1}};
    covey_mls_renewal renewal = {.set_extensions = true};

    family_begin(3);
    cr_assert_eq(try_commit(&(covey_mls_commit_options){.changes = removes,
                                                        .num_changes = 1}),
                 COVEY_OK);
    cr_assert_eq(try_commit(&(covey_mls_commit_options){.changes = removes,
                                                        .num_changes = 2}),
                 COVEY_ERR_PROPOSAL);
    cr_assert_eq(try_commit(&(covey_mls_commit_options){.changes = removes,
                                                        .num_changes = 1,
                                                        .without_path = true}),
                 COVEY_ERR_PATH);
    cr_assert_eq(try_commit(&(covey_mls_commit_options){.without_path = true}),
                 COVEY_ERR_PATH);
    cr_assert_eq(try_commit(&(covey_mls_commit_options){.changes = &psk,
                                                        .num_changes = 1}),
                 COVEY_ERR_PSK);
    cr_assert_eq(try_commit(&(covey_mls_commit_options){.refs = &unknown,
                                                        .num_refs = 1}),
                 COVEY_ERR_REFERENCE);
    renewal.extensions = extension_of(0xff77, bytes_fill(1, 1));
    cr_assert_eq(try_commit(&(covey_mls_commit_options){.renewal = &renewal}),
                 COVEY_ERR_EXTENSION);
    renewal.extensions = extension_of(FAMILY_EXTENSION, bytes_fill(1, 1));
    cr_assert_eq(try_commit(&(covey_mls_commit_options){.renewal = &renewal}),
                 COVEY_OK);
    /* Another member's signature key. */
    renewal =
        (covey_mls_renewal){.sign_seed = family[1].group->epoch.sign_key.bytes};
    cr_assert_eq(try_commit(&(covey_mls_commit_options){.renewal = &renewal}),
                 COVEY_ERR_LEAF);
}
