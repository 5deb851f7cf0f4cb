/* The power is lost between any two calls: what was saved goes on exactly
 * where it stood, and what was not saved does no harm that is not noticed. */
#include "family.h"
#include "support/guard.h"

static const covey_bytes nothing;

static uint64_t epoch_of(const family *f, size_t who)
{
    return covey_mls_epoch(f->devices[who].group);
}

/* ---- exactly where it stood ---- */

typedef covey_bytes (*maker)(family *f, size_t who);

static covey_bytes make_message(family *f, size_t who)
{
    return family_say(f, who, "again");
}

static covey_bytes make_update(family *f, size_t who)
{
    return family_propose(f, who, &(covey_mls_change){.kind = COVEY_MLS_UPDATE},
                          NULL);
}

static covey_bytes make_commit(family *f, size_t who)
{
    const covey_mls_change change = family_add(f, DAVE);
    const covey_mls_commit_options options = {.changes = &change,
                                              .num_changes = 1,
                                              .take_all = true};

    return family_commit(f, who, &options);
}

/* The same randomness gives the same bytes, whether or not the device was
 * switched off in between. */
Test(power, a_loaded_device_does_byte_for_byte_what_it_would_have_done)
{
    static const maker makers[] = {make_message, make_update, make_commit};

    for (size_t i = 0; i < 3; i++) {
        family *f = family_new(i);
        covey_bytes saved;
        covey_bytes left;
        covey_bytes right;
        covey_bytes after;

        check_ok(family_hear(f, BOB, make_update(f, ALICE)));
        check_ok(family_read(f, BOB, family_say(f, CAROL, "hi"), "hi"));
        saved = family_save(f, BOB, false);
        f->random = test_random_of(100);
        left = makers[i](f, BOB);
        after = family_save(f, BOB, makers[i] == make_commit);
        family_restart(f, BOB, saved);
        f->random = test_random_of(100);
        right = makers[i](f, BOB);
        check_bytes(right, left);
        check_bytes(family_save(f, BOB, makers[i] == make_commit), after);
        test_free_all();
    }
}

Test(power, keys_that_were_skipped_are_there_after_a_restart)
{
    family *f = family_new(1);
    covey_bytes messages[5];

    for (size_t i = 0; i < 5; i++) messages[i] = family_say(f, ALICE, "words");
    check_ok(family_read(f, BOB, messages[3], "words"));
    family_restart(f, BOB, family_save(f, BOB, false));
    check_ok(family_read(f, BOB, messages[1], "words"));
    family_restart(f, BOB, family_save(f, BOB, false));
    check_err(family_read(f, BOB, messages[3], "words"), COVEY_ERR_REPLAY);
    check_err(family_read(f, BOB, messages[1], "words"), COVEY_ERR_REPLAY);
    check_ok(family_read(f, BOB, messages[0], "words"));
    check_ok(family_read(f, BOB, messages[2], "words"));
    check_ok(family_read(f, BOB, messages[4], "words"));
    test_free_all();
}

Test(power, a_forgotten_exporter_stays_forgotten)
{
    family *f = family_new(2);
    uint8_t secret[16];

    covey_mls_forget_exporter(f->devices[BOB].group);
    family_restart(f, BOB, family_save(f, BOB, false));
    check_err(covey_mls_export(f->devices[BOB].group, "use", nothing, secret,
                               sizeof secret),
              COVEY_ERR_STATE);
    family_check_pair(f, ALICE, BOB);
    test_free_all();
}

/* A half-written record: every prefix is refused, and leaves nothing. */
Test(power, half_a_state_is_refused)
{
    family *f = family_new(3);
    const covey_mls_change change = family_add(f, DAVE);
    covey_mls_group *group = family_group_memory();
    covey_mls_staged *staged = family_staged_memory();
    covey_bytes whole;

    (void)make_update(f, BOB);
    (void)family_commit(f, BOB,
                        &(covey_mls_commit_options){.changes = &change,
                                                    .num_changes = 1});
    whole = family_save(f, BOB, true);
    for (size_t len = 0; len < whole.len; len++) {
        covey_bytes half = guard_copy(covey_bytes_of(whole.at, len));

        check_err(covey_mls_group_load(group, staged, half),
                  COVEY_ERR_MALFORMED);
        cr_assert(test_is_zero(group, covey_mls_group_size()), "%zu", len);
        cr_assert(test_is_zero(staged, covey_mls_staged_size()), "%zu", len);
        if (len % 256 == 0) guard_free_all();
    }
    check_ok(covey_mls_group_load(group, staged, whole));
    guard_free_all();
    test_free_all();
}

/* ---- keys are not used twice ---- */

/* Pitfall 13: whoever saves before he sends never uses a generation again. */
Test(power, a_saved_state_goes_on_behind_the_messages_before_it)
{
    family *f = family_new(4);
    covey_secret_tree *tree = &f->devices[BOB].group->epoch.secret_tree;
    covey_leaf_index self = {covey_mls_own_leaf(f->devices[BOB].group)};

    for (uint32_t i = 0; i < 5; i++) {
        covey_bytes message;
        covey_mls_received received;

        cr_assert_eq(covey_secret_tree_next(tree, self,
                                            COVEY_RATCHET_APPLICATION),
                     i);
        message = family_say(f, BOB, "step");
        family_restart(f, BOB, family_save(f, BOB, false));
        check_ok(covey_mls_unprotect(f->devices[ALICE].group, message,
                                     family_scratch(f), &received));
        cr_assert_eq(received.generation, i);
    }
    for (uint32_t i = 0; i < 3; i++) {
        covey_mls_ref ref;
        covey_bytes proposal =
            family_propose(f, BOB,
                           &(covey_mls_change){.kind = COVEY_MLS_UPDATE}, &ref);

        family_restart(f, BOB, family_save(f, BOB, false));
        check_ok(family_hear(f, ALICE, proposal)); /* else: replay */
        check_ok(covey_mls_forget_proposal(f->devices[BOB].group, &ref));
    }
    test_free_all();
}

/* Pitfall 14: a backup is put back. The device meets what it said later, and
 * knows; nothing of it changes. */
Test(power, a_device_set_back_notices_its_own_later_messages)
{
    family *f = family_new(5);
    covey_bytes old = family_save(f, BOB, false);
    covey_bytes message = family_say(f, BOB, "I was here");
    covey_bytes proposal = make_update(f, BOB);
    covey_bytes commit = family_commit(f, BOB, NULL);

    family_restart(f, BOB, old);
    check_err(family_read(f, BOB, message, ""), COVEY_ERR_ROLLBACK);
    check_err(family_hear(f, BOB, proposal), COVEY_ERR_ROLLBACK);
    check_err(family_stage(f, BOB, commit), COVEY_ERR_ROLLBACK);
    check_bytes(family_save(f, BOB, false), old);
    test_free_all();
}

/* A forged message does not make a device believe that it was set back. */
Test(power, only_an_authentic_message_tells_of_a_rollback)
{
    family *f = family_new(6);
    covey_bytes old = family_save(f, BOB, false);
    covey_bytes message = family_say(f, BOB, "I was here");

    family_restart(f, BOB, old);
    for (size_t bit = 0; bit < message.len * 8; bit += 3) {
        uint8_t *forged = test_copy(message);
        int err;

        test_flip(forged, bit);
        err = family_read(f, BOB, covey_bytes_of(forged, message.len), "");
        cr_assert(err != COVEY_OK && err != COVEY_ERR_ROLLBACK, "bit %zu", bit);
    }
    check_bytes(family_save(f, BOB, false), old);
    test_free_all();
}

/* What a later self may have used is passed over: it is read once, what it
 * did not use is not, and the next message has another generation. */
Test(power, T56_what_is_passed_over_is_read_once_and_never_used_again)
{
    family *f = family_new(8);
    covey_bytes old = family_save(f, BOB, false);
    covey_bytes first = family_say(f, BOB, "one");
    covey_bytes second = family_say(f, BOB, "two");

    family_restart(f, BOB, old);
    check_ok(covey_mls_pass_over(f->devices[BOB].group, 4));
    family_restart(f, BOB, family_save(f, BOB, false));
    check_ok(family_read(f, BOB, second, "two"));
    check_ok(family_read(f, BOB, first, "one"));
    check_err(family_read(f, BOB, first, ""), COVEY_ERR_SENDER);
    check_ok(family_read(f, ALICE, first, "one"));
    check_ok(family_read(f, ALICE, second, "two"));
    covey_bytes third = family_say(f, BOB, "three");
    check_ok(family_read(f, ALICE, third, "three"));
    check_err(covey_mls_pass_over(f->devices[BOB].group, 1000),
              COVEY_ERR_ARGUMENT);
    test_free_all();
}

/* ---- one's own commit: pitfall 20 ---- */

Test(power, a_pending_commit_is_merged_exactly_once)
{
    family *f = family_new(7);
    covey_bytes commit = family_commit(f, BOB, NULL);
    uint64_t epoch = epoch_of(f, BOB);

    family_restart(f, BOB, family_save(f, BOB, true));
    family_restart(f, BOB, family_save(f, BOB, true));
    /* It comes back from the log: that it won is all that it says. */
    check_err(family_stage(f, BOB, commit), COVEY_ERR_STATE);
    family_merge(f, BOB);
    cr_assert_eq(epoch_of(f, BOB), epoch + 1);
    check_err(covey_mls_merge(f->devices[BOB].group, f->devices[BOB].staged),
              COVEY_ERR_STATE);
    family_restart(f, BOB, family_save(f, BOB, false));
    check_err(covey_mls_merge(f->devices[BOB].group, f->devices[BOB].staged),
              COVEY_ERR_STATE);
    check_err(family_stage(f, BOB, commit), COVEY_ERR_EPOCH);
    cr_assert_eq(epoch_of(f, BOB), epoch + 1);
    family_follow(f, ALICE, commit);
    family_check_pair(f, ALICE, BOB);
    test_free_all();
}

/* Lost between merging and saving: it is merged again, to the same end. */
Test(power, a_merge_that_was_not_saved_is_repeated)
{
    family *f = family_new(8);
    covey_bytes commit = family_commit(f, BOB, NULL);
    covey_bytes saved = family_save(f, BOB, true);
    covey_bytes merged;

    family_merge(f, BOB);
    merged = family_save(f, BOB, false);
    family_restart(f, BOB, saved);
    family_merge(f, BOB);
    check_bytes(family_save(f, BOB, false), merged);
    family_follow(f, CAROL, commit);
    family_check_pair(f, CAROL, BOB);
    test_free_all();
}

/* Lost before the pending commit was saved, after it was sent: a mistake of
 * the host that is noticed, not a fork. */
Test(power, a_commit_that_was_sent_unsaved_is_noticed)
{
    family *f = family_new(9);
    covey_bytes saved = family_save(f, BOB, false);
    covey_bytes commit = family_commit(f, BOB, NULL);

    family_restart(f, BOB, saved);
    family_follow(f, ALICE, commit);
    check_err(family_stage(f, BOB, commit), COVEY_ERR_ROLLBACK);
    check_err(family_read(f, BOB, family_say(f, ALICE, "new"), "new"),
              COVEY_ERR_EPOCH);
    test_free_all();
}

Test(power, another_commit_wins_while_the_power_is_off)
{
    family *f = family_new(10);
    covey_bytes theirs = family_commit(f, ALICE, NULL);
    covey_bytes ours = family_commit(f, BOB, NULL);
    covey_bytes saved = family_save(f, BOB, true);

    family_merge(f, ALICE);
    family_restart(f, BOB, saved);
    covey_mls_drop(f->devices[BOB].staged);
    family_follow(f, BOB, theirs);
    check_err(family_stage(f, ALICE, ours), COVEY_ERR_EPOCH);
    family_check_pair(f, ALICE, BOB);
    test_free_all();
}

/* A pending commit belongs to one epoch of one group. */
Test(power, a_pending_commit_of_another_epoch_is_not_merged)
{
    family *f = family_new(11);
    covey_mls_staged *late = family_staged_memory();
    covey_mls_group *group = family_group_memory();
    covey_bytes theirs = family_commit(f, ALICE, NULL);
    covey_buffer out = {test_alloc(covey_mls_saved_size()),
                        covey_mls_saved_size(), 0};

    (void)family_commit(f, BOB, NULL);
    check_ok(covey_mls_group_load(group, late, family_save(f, BOB, true)));
    covey_mls_drop(f->devices[BOB].staged);
    family_follow(f, BOB, theirs);
    check_err(covey_mls_merge(f->devices[BOB].group, late), COVEY_ERR_STATE);
    check_err(covey_mls_group_save(f->devices[BOB].group, late, &out),
              COVEY_ERR_STATE);
    family_merge(f, ALICE);
    family_check_pair(f, ALICE, BOB);
    test_free_all();
}

/* ---- others' commits, joining, proposals ---- */

Test(power, a_staged_commit_is_staged_again)
{
    family *f = family_new(12);
    const covey_mls_change change = family_set_policy();
    covey_bytes saved = family_save(f, BOB, false);
    covey_bytes commit =
        family_commit(f, ALICE,
                      &(covey_mls_commit_options){.changes = &change,
                                                  .num_changes = 1});
    covey_bytes merged;

    family_merge(f, ALICE);
    check_ok(family_stage(f, BOB, commit));
    family_restart(f, BOB, saved); /* before merging */
    family_follow(f, BOB, commit);
    merged = family_save(f, BOB, false);
    family_restart(f, BOB, saved); /* before saving */
    family_follow(f, BOB, commit);
    check_bytes(family_save(f, BOB, false), merged);
    family_check_pair(f, ALICE, BOB);
    test_free_all();
}

static void restart_joiner(family *f, size_t who)
{
    family_device *device = &f->devices[who];

    check_ok(covey_mls_joiner_save(device->joiner, &f->saved));
    covey_mls_joiner_wipe(device->joiner);
    covey_mls_drop(device->staged);
    covey_mls_group_wipe(device->group);
    check_ok(covey_mls_joiner_load(device->joiner, family_view(&f->saved)));
}

static void stage_join(family *f, size_t who, covey_bytes welcome)
{
    check_ok(covey_mls_stage_welcome(f->devices[who].staged,
                                     f->devices[who].joiner, welcome, nothing,
                                     NULL, 0, NULL, family_scratch(f)));
}

Test(power, a_joiner_goes_on_at_every_point)
{
    family *f = family_new(13);
    family_device *dave = &f->devices[DAVE];
    const covey_mls_change change = family_add(f, DAVE);
    covey_bytes commit =
        family_commit(f, ALICE,
                      &(covey_mls_commit_options){.changes = &change,
                                                  .num_changes = 1});
    covey_bytes welcome = family_send(&f->welcome);

    family_merge(f, ALICE);
    family_follow(f, BOB, commit);
    restart_joiner(f, DAVE);
    stage_join(f, DAVE, welcome);
    restart_joiner(f, DAVE);
    stage_join(f, DAVE, welcome);
    check_ok(covey_mls_join(dave->group, dave->joiner, dave->staged));
    check_err(covey_mls_joiner_save(dave->joiner, &f->saved), COVEY_ERR_STATE);
    family_restart(f, DAVE, family_save(f, DAVE, false));
    family_check_pair(f, ALICE, DAVE);
    family_check_pair(f, DAVE, BOB);
    test_free_all();
}

/* The keys of an Update wait through restarts for the commit that takes it. */
Test(power, a_proposed_update_survives)
{
    family *f = family_new(14);
    covey_bytes proposal = make_update(f, BOB);
    covey_bytes commit;

    family_restart(f, BOB, family_save(f, BOB, false));
    check_ok(family_hear(f, ALICE, proposal));
    check_ok(family_hear(f, CAROL, proposal));
    commit =
        family_commit(f, ALICE, &(covey_mls_commit_options){.take_all = true});
    family_restart(f, BOB, family_save(f, BOB, false));
    family_follow(f, BOB, commit);
    family_follow(f, CAROL, commit);
    family_merge(f, ALICE);
    family_check_pair(f, ALICE, BOB);
    family_check_pair(f, BOB, CAROL);
    test_free_all();
}

/* Set back to before its Update, it has not the keys: it stops, privately. */
Test(power, an_update_that_was_not_saved_locks_out_and_says_so)
{
    family *f = family_new(15);
    covey_bytes saved = family_save(f, BOB, false);
    covey_bytes proposal = make_update(f, BOB);
    covey_bytes commit;
    int err;

    check_ok(family_hear(f, ALICE, proposal));
    commit =
        family_commit(f, ALICE, &(covey_mls_commit_options){.take_all = true});
    family_restart(f, BOB, saved);
    check_err(family_hear(f, BOB, proposal), COVEY_ERR_ROLLBACK);
    err = family_stage(f, BOB, commit);
    check_err(err, COVEY_ERR_REFERENCE);
    cr_assert(!covey_error_is_public(err));
    check_bytes(family_save(f, BOB, false), saved);
    test_free_all();
}

Test(power, a_removed_member_stays_removed)
{
    family *f = family_new(16);
    const covey_mls_change change = family_remove(f, BOB);
    covey_bytes commit =
        family_commit(f, ALICE,
                      &(covey_mls_commit_options){.changes = &change,
                                                  .num_changes = 1});

    family_follow(f, BOB, commit);
    cr_assert(!covey_mls_is_open(f->devices[BOB].group));
    family_restart(f, BOB, family_save(f, BOB, false));
    cr_assert(!covey_mls_is_open(f->devices[BOB].group));
    check_err(covey_mls_protect(f->devices[BOB].group, &f->hook, nothing, NULL,
                                family_scratch(f), &f->message),
              COVEY_ERR_STATE);
    test_free_all();
}
