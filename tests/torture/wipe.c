/* T38: what a thief finds in the memory of a device. Secrets are taken down
 * through internal headers before a call, and looked for afterwards. */
#include "family.h"

/* Bytes that may not be there: the first 16 of a secret are enough. */
#define PROBE 16

typedef struct {
    const char *name;
    uint8_t bytes[PROBE];
} probe;

typedef struct {
    size_t num;
    probe items[512];
} probes;

static void note(probes *list, const char *name, const void *secret)
{
    cr_assert(list->num < sizeof list->items / sizeof list->items[0]);
    /* Zeros are no secret, and everywhere. */
    if (test_is_zero(secret, PROBE)) return;
    list->items[list->num].name = name;
    memcpy(list->items[list->num++].bytes, secret, PROBE);
}

static bool holds(const void *memory, size_t len, const probe *wanted)
{
    return memmem(memory, len, wanted->bytes, PROBE) != NULL;
}

static void check_gone(const probes *list, const void *memory, size_t len,
                       const char *where)
{
    for (size_t i = 0; i < list->num; i++) {
        cr_assert(!holds(memory, len, &list->items[i]), "%s: %s holds it yet",
                  list->items[i].name, where);
    }
}

/* That the probes can find anything. */
static void check_there(const probes *list, const void *memory, size_t len)
{
    cr_assert(list->num != 0);
    for (size_t i = 0; i < list->num; i++) {
        cr_assert(holds(memory, len, &list->items[i]), "%s is not there",
                  list->items[i].name);
    }
}

static void note_keys(probes *list, const covey_tree_keys *keys)
{
    note(list, "leaf key", &keys->leaf);
    for (unsigned level = 1; level <= COVEY_MLS_DEPTH_MAX; level++) {
        if ((keys->held >> level & 1) != 0) {
            note(list, "parent key", &keys->parents[level - 1]);
        }
    }
}

static void note_secret_tree(probes *list, const covey_secret_tree *tree)
{
    for (uint32_t i = 0; i + 1 < tree->width; i++) {
        if (tree->node_present[i]) note(list, "node secret", &tree->nodes[i]);
    }
    for (uint32_t i = 0; i < tree->width; i++) {
        note(list, "ratchet", &tree->senders[i].ratchets[0].secret);
        note(list, "ratchet", &tree->senders[i].ratchets[1].secret);
    }
    for (size_t i = 0; i < tree->num_skipped[COVEY_RATCHET_APPLICATION]; i++) {
        note(list, "skipped key", &tree->skipped_application[i].key);
    }
}

/* What an epoch's secrecy hangs on, but for the keys of the tree. */
static void note_schedule(probes *list, const covey_epoch *epoch)
{
    note(list, "sender_data_secret", &epoch->sender_data_secret);
    note(list, "membership_key", &epoch->membership_key);
    note(list, "exporter_secret", &epoch->exporter_secret);
    note(list, "epoch_authenticator", &epoch->epoch_authenticator);
    note(list, "init_secret", &epoch->init_secret);
    note_secret_tree(list, &epoch->secret_tree);
}

static void note_group(probes *list, const covey_mls_group *group)
{
    note(list, "signature key", &group->epoch.sign_key);
    note_keys(list, &group->epoch.keys);
    note_schedule(list, &group->epoch);
    if (group->own_update.present) {
        note(list, "key of an Update", &group->own_update.leaf);
    }
}

static const covey_mls_group *group_of(const family *f, size_t who)
{
    return f->devices[who].group;
}

static void check_group_gone(const probes *list, const family *f, size_t who)
{
    check_gone(list, group_of(f, who), covey_mls_group_size(), "the group");
}

/* ---- objects that are given up ---- */

Test(wipe, a_group_that_is_wiped_holds_nothing)
{
    family *f = family_new(1);
    covey_mls_group *group = f->devices[BOB].group;
    static probes list;

    (void)family_propose(f, BOB, &(covey_mls_change){.kind = COVEY_MLS_UPDATE},
                         NULL);
    (void)family_say(f, ALICE, "skipped");
    check_ok(family_read(f, BOB, family_say(f, ALICE, "read"), "read"));
    note_group(&list, group);
    check_there(&list, group, covey_mls_group_size());
    covey_mls_group_wipe(group);
    cr_assert(test_is_zero(group, covey_mls_group_size()));
    test_free_all();
}

Test(wipe, a_commit_that_is_dropped_holds_nothing)
{
    family *f = family_new(2);
    covey_mls_staged *staged = f->devices[BOB].staged;

    (void)family_commit(f, BOB, NULL);
    covey_mls_drop(staged);
    cr_assert(test_is_zero(staged, covey_mls_staged_size()));
    check_ok(family_stage(f, BOB, family_commit(f, ALICE, NULL)));
    covey_mls_drop(staged);
    cr_assert(test_is_zero(staged, covey_mls_staged_size()));
    test_free_all();
}

Test(wipe, a_call_that_fails_leaves_nothing_staged)
{
    family *f = family_new(3);
    covey_mls_staged *staged = f->devices[BOB].staged;
    covey_bytes commit = family_commit(f, ALICE, NULL);
    covey_buffer small = {f->commit.at, 300, 0};

    for (size_t bit = 0; bit < commit.len * 8; bit += 131) {
        uint8_t *forged = test_copy(commit);

        test_flip(forged, bit);
        cr_assert(family_stage(f, BOB, covey_bytes_of(forged, commit.len)) !=
                  COVEY_OK);
        cr_assert(test_is_zero(staged, covey_mls_staged_size()), "bit %zu",
                  bit);
    }
    check_err(covey_mls_commit(f->devices[BOB].group, &f->hook, NULL, staged,
                               family_scratch(f), &small, NULL),
              COVEY_ERR_BUFFER);
    cr_assert(test_is_zero(staged, covey_mls_staged_size()));
    test_free_all();
}

/* A commit that fails privately can be looked at, and has no secrets. */
Test(wipe, a_commit_that_failed_privately_holds_only_what_is_public)
{
    family *f = family_new(4);
    const covey_mls_change change = family_use_psk(f);
    const covey_mls_commit_options options = {.changes = &change,
                                              .num_changes = 1,
                                              .psks = &f->psk,
                                              .num_psks = 1};
    covey_bytes commit = family_commit(f, ALICE, &options);
    covey_mls_staged *staged = f->devices[BOB].staged;
    static probes list;

    note_group(&list, group_of(f, BOB));
    note_group(&list, group_of(f, ALICE));
    note(&list, "next init_secret",
         &f->devices[ALICE].staged->next.init_secret);
    note_keys(&list, &f->devices[ALICE].staged->next.keys);
    f->psk.secret = covey_bytes_of_text("a wrong one");
    check_err(family_stage(f, BOB, commit), COVEY_ERR_CONFIRMATION);
    check_gone(&list, staged, covey_mls_staged_size(), "what is staged");
    test_free_all();
}

Test(wipe, a_commit_that_removes_leaves_the_removed_no_secret)
{
    family *f = family_new(5);
    const covey_mls_change change = family_remove(f, BOB);
    covey_bytes commit =
        family_commit(f, ALICE,
                      &(covey_mls_commit_options){.changes = &change,
                                                  .num_changes = 1});
    static probes list;

    note_group(&list, group_of(f, BOB));
    family_follow(f, BOB, commit);
    check_group_gone(&list, f, BOB);
    test_free_all();
}

Test(wipe, a_joiner_is_used_up_by_joining)
{
    family *f = family_new(6);
    family_device *dave = &f->devices[DAVE];
    const covey_mls_change change = family_add(f, DAVE);
    static probes list;

    note(&list, "init key", &dave->joiner->init_secret);
    check_there(&list, dave->joiner, covey_mls_joiner_size());
    (void)family_commit(f, ALICE,
                        &(covey_mls_commit_options){.changes = &change,
                                                    .num_changes = 1});
    check_ok(covey_mls_stage_welcome(dave->staged, dave->joiner,
                                     family_view(&f->welcome),
                                     covey_bytes_of(NULL, 0), NULL, 0, NULL,
                                     family_scratch(f)));
    check_gone(&list, dave->staged, covey_mls_staged_size(), "what is staged");
    check_ok(covey_mls_join(dave->group, dave->joiner, dave->staged));
    check_gone(&list, dave->group, covey_mls_group_size(), "the group");
    cr_assert(test_is_zero(dave->joiner, covey_mls_joiner_size()));
    cr_assert(test_is_zero(dave->staged, covey_mls_staged_size()));
    test_free_all();
}

/* ---- forward secrecy of messages ---- */

/* The keys of a generation, and the ratchet's secret that they come from. */
static void note_generation(probes *list, const covey_secret_tree *tree,
                            uint32_t leaf, covey_ratchet_kind kind,
                            uint32_t generation)
{
    const covey_key_name name = {{leaf}, kind, generation};
    covey_aead_key key;

    check_ok(covey_secret_tree_peek(&key, tree, &name, 100));
    note(list, "message key", key.key);
    if (tree->senders[leaf].stage == COVEY_SENDER_STARTED) {
        note(list, "ratchet", &tree->senders[leaf].ratchets[kind].secret);
    }
}

Test(wipe, the_key_of_a_sent_message_is_gone)
{
    family *f = family_new(7);
    const covey_mls_group *bob = group_of(f, BOB);

    for (uint32_t i = 0; i < 4; i++) {
        static probes list;

        list.num = 0;
        note_generation(&list, &bob->epoch.secret_tree, covey_mls_own_leaf(bob),
                        COVEY_RATCHET_APPLICATION, i);
        (void)family_say(f, BOB, "gone");
        check_group_gone(&list, f, BOB);
        list.num = 0;
        note_generation(&list, &bob->epoch.secret_tree, covey_mls_own_leaf(bob),
                        COVEY_RATCHET_HANDSHAKE, i);
        (void)family_propose(f, BOB,
                             &(covey_mls_change){.kind = COVEY_MLS_REMOVE},
                             NULL);
        check_group_gone(&list, f, BOB);
    }
    test_free_all();
}

/* The whole way down the secret tree is gone with the first message. */
Test(wipe, the_key_of_a_read_message_is_gone)
{
    family *f = family_new(8);
    const covey_mls_group *bob = group_of(f, BOB);
    const covey_secret_tree *tree = &bob->epoch.secret_tree;
    uint32_t alice = covey_mls_own_leaf(group_of(f, ALICE));
    static probes list;

    note_secret_tree(&list, tree); /* the root's secret alone */
    cr_assert_eq(list.num, 1);
    for (uint32_t i = 0; i < 4; i++) {
        covey_bytes message = family_say(f, ALICE, "gone");

        note_generation(&list, tree, alice, COVEY_RATCHET_APPLICATION, i);
        check_ok(family_read(f, BOB, message, "gone"));
        check_group_gone(&list, f, BOB);
    }
    test_free_all();
}

/* A skipped key waits for its message and goes with it; a forged message
 * uses up nothing. */
Test(wipe, a_skipped_key_goes_with_its_message)
{
    family *f = family_new(9);
    const covey_mls_group *bob = group_of(f, BOB);
    uint32_t alice = covey_mls_own_leaf(group_of(f, ALICE));
    covey_bytes first = family_say(f, ALICE, "first");
    covey_bytes second = family_say(f, ALICE, "second");
    uint8_t *forged = test_copy(first);
    static probes list;

    note_generation(&list, &bob->epoch.secret_tree, alice,
                    COVEY_RATCHET_APPLICATION, 0);
    check_ok(family_read(f, BOB, second, "second"));
    check_there(&list, bob, covey_mls_group_size());
    test_flip(forged, 8 * first.len - 1);
    check_err(family_read(f, BOB, covey_bytes_of(forged, first.len), ""),
              COVEY_ERR_AUTH);
    check_there(&list, bob, covey_mls_group_size());
    check_ok(family_read(f, BOB, first, "first"));
    check_group_gone(&list, f, BOB);
    test_free_all();
}

/* What a thief finds opens nothing that was read before. */
Test(wipe, a_stolen_state_does_not_open_what_was_read)
{
    family *f = family_new(10);
    covey_bytes messages[4];
    covey_bytes stolen;

    for (size_t i = 0; i < 4; i++) {
        messages[i] = family_say(f, ALICE, "where we were");
        check_ok(family_read(f, BOB, messages[i], "where we were"));
    }
    stolen = family_save(f, BOB, false);
    family_restart(f, BOB, stolen);
    for (size_t i = 0; i < 4; i++) {
        check_err(family_read(f, BOB, messages[i], ""), COVEY_ERR_REPLAY);
    }
    test_free_all();
}

/* ---- forward secrecy of epochs ---- */

/* The old epoch's secrets are gone from the group and from what was staged,
 * for the committer and for those who follow. */
Test(wipe, the_old_epoch_is_gone_after_a_merge)
{
    for (size_t committer = ALICE; committer <= CAROL; committer++) {
        family *f = family_new(11);
        static probes lists[CAROL + 1];
        covey_bytes commit;

        for (size_t i = ALICE; i <= CAROL; i++) {
            check_ok(family_read(f, (i + 1) % 3, family_say(f, i, "x"), "x"));
        }
        for (size_t i = ALICE; i <= CAROL; i++) {
            lists[i].num = 0;
            note_schedule(&lists[i], &group_of(f, i)->epoch);
        }
        /* The committer's keys are all new. */
        note_keys(&lists[committer], &group_of(f, committer)->epoch.keys);
        commit = family_commit(f, committer, NULL);
        for (size_t i = ALICE; i <= CAROL; i++) {
            if (i == committer) {
                family_merge(f, i);
            } else {
                family_follow(f, i, commit);
            }
            check_group_gone(&lists[i], f, i);
            cr_assert(
                test_is_zero(f->devices[i].staged, covey_mls_staged_size()));
        }
        test_free_all();
    }
}

/* Post-compromise: the keys that a commit's path replaces are gone from
 * those who follow too, and an Update's old leaf key from its sender. */
Test(wipe, replaced_tree_keys_are_gone)
{
    family *f = family_new(12);
    covey_bytes update =
        family_propose(f, BOB, &(covey_mls_change){.kind = COVEY_MLS_UPDATE},
                       NULL);
    static probes list;
    covey_bytes commit;

    check_ok(family_hear(f, ALICE, update));
    note_keys(&list, &group_of(f, BOB)->epoch.keys);
    cr_assert(list.num >= 2, "Bob holds his leaf's key and the root's");
    commit =
        family_commit(f, ALICE, &(covey_mls_commit_options){.take_all = true});
    family_follow(f, BOB, commit);
    check_group_gone(&list, f, BOB);
    cr_assert(!group_of(f, BOB)->own_update.present);
    family_merge(f, ALICE);
    family_check_pair(f, ALICE, BOB);
    test_free_all();
}

/* The keys of an Update that no commit took are of no use, and gone. */
Test(wipe, an_update_that_was_passed_over_leaves_no_key)
{
    family *f = family_new(13);
    static probes list;

    (void)family_propose(f, BOB, &(covey_mls_change){.kind = COVEY_MLS_UPDATE},
                         NULL);
    note(&list, "key of an Update", &group_of(f, BOB)->own_update.leaf);
    check_there(&list, group_of(f, BOB), covey_mls_group_size());
    family_follow(f, BOB, family_commit(f, ALICE, NULL));
    check_group_gone(&list, f, BOB);
    test_free_all();
}

Test(wipe, an_exporter_that_is_forgotten_is_gone)
{
    family *f = family_new(14);
    static probes list;

    note(&list, "exporter_secret", &group_of(f, BOB)->epoch.exporter_secret);
    covey_mls_forget_exporter(f->devices[BOB].group);
    check_group_gone(&list, f, BOB);
    test_free_all();
}

/* A saved state holds no more than the group does. */
Test(wipe, a_saved_state_holds_no_key_that_was_used)
{
    family *f = family_new(15);
    const covey_mls_group *bob = group_of(f, BOB);
    static probes list;
    covey_bytes saved;

    note_secret_tree(&list, &bob->epoch.secret_tree);
    note_generation(&list, &bob->epoch.secret_tree, covey_mls_own_leaf(bob),
                    COVEY_RATCHET_APPLICATION, 0);
    note_generation(&list, &bob->epoch.secret_tree,
                    covey_mls_own_leaf(group_of(f, ALICE)),
                    COVEY_RATCHET_APPLICATION, 0);
    (void)family_say(f, BOB, "sent");
    check_ok(family_read(f, BOB, family_say(f, ALICE, "read"), "read"));
    saved = family_save(f, BOB, false);
    check_gone(&list, saved.at, saved.len, "the saved state");
    test_free_all();
}
