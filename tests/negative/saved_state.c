/* Saved states, cut short and with each bit flipped. They are sealed by who
 * keeps them, so a changed one may load; it must then do no harm. Run under
 * sanitizers this says that nothing is read or written out of bounds. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge.h"
#include "support/guard.h"

static covey_mls_group *group;
static covey_mls_staged *staged;
static covey_bytes data;
static covey_bytes commit;
static covey_bytes proposal;

/* A state that has all there can be: skipped keys, cached proposals, an own
 * Update, a pending commit with a PSK, GroupContext extensions. */
static covey_bytes full_state(void)
{
    covey_buffer out = {test_alloc(covey_mls_saved_size()),
                        covey_mls_saved_size(), 0};
    const covey_mls_change renew = {.kind = COVEY_MLS_UPDATE};
    const covey_mls_change changes[] = {
        {.kind = COVEY_MLS_PSK, .psk_id = covey_bytes_of_text("a")},
        {.kind = COVEY_MLS_REMOVE, .leaf = 1},
        {.kind = COVEY_MLS_EXTENSIONS,
         .extensions = extension_of(FAMILY_EXTENSION, bytes_fill(1, 3))},
    };
    covey_mls_ref ref;
    covey_mls_change_info info;
    const covey_mls_framing framing = {.authenticated_data = hex("010203")};
    const covey_mls_commit_options options = {.changes = changes,
                                              .num_changes = 3,
                                              .psks = family_psks,
                                              .num_psks = 1,
                                              .framing = &framing};

    family_begin(3);
    family_psks[0] = (covey_mls_psk){covey_bytes_of_text("a"),
                                     covey_bytes_of_text("a secret")};
    family_num_psks = 1;
    (void)family_say(1, "lost");
    accept_data(0, family_say(1, "hello"));
    (void)family_propose(0, &renew, &ref);
    cr_assert_eq(covey_mls_receive_proposal(family[0].group,
                                            forge_proposal(forge_begin(1),
                                                           proposal_update(1)),
                                            family_scratch(), &info, NULL),
                 COVEY_OK);
    (void)family_stage_own(0, &options, NULL);
    cr_assert_eq(covey_mls_group_save(family[0].group, family[0].staged, &out),
                 COVEY_OK);
    data = family_say(1, "hello again");
    proposal = forge_proposal(forge_begin(2), proposal_remove(1));
    commit = forge_commit(forge_begin(1));
    group = family[0].group;
    staged = family[0].staged;
    return covey_bytes_of(out.at, out.len);
}

static int load(covey_bytes saved)
{
    covey_mls_group_wipe(group);
    covey_mls_drop(staged);
    int err = covey_mls_group_load(group, staged, saved);

    if (err) {
        cr_assert(err == COVEY_ERR_MALFORMED || err == COVEY_ERR_CAPACITY);
        cr_assert(test_is_zero(group, covey_mls_group_size()));
        cr_assert(test_is_zero(staged, covey_mls_staged_size()));
    }
    return err;
}

static void look_at_all(void)
{
    covey_mls_staged_info_data info;
    covey_mls_change_info change;
    covey_mls_member_info member;
    uint32_t leaf = COVEY_MLS_NO_LEAF;

    for (; covey_mls_next_member(group, leaf, &member); leaf = member.leaf) {
    }
    for (size_t i = 0; i < covey_mls_num_proposals(group); i++) {
        cr_assert_eq(covey_mls_proposal(group, i, &change), COVEY_OK);
    }
    if (covey_mls_staged_info(staged, &info) != COVEY_OK) return;
    for (size_t i = 0; i < info.num_changes; i++) {
        cr_assert_eq(covey_mls_staged_change(group, staged, i, &change),
                     COVEY_OK);
    }
}

/* What a device would do with it. Only that it ends matters. */
static void use(bool all)
{
    static uint8_t room[65536];
    covey_random random = family_random();
    covey_buffer out = {room, sizeof room, 0};
    covey_mls_received received;
    covey_mls_change_info change;
    const covey_mls_commit_options options = {.take_all = true,
                                              .psks = family_psks,
                                              .num_psks = 1};
    covey_mls_staged *spare = family[1].staged;
    int err;

    look_at_all();
    err = covey_mls_unprotect(group, data, family_scratch(), &received);
    err = covey_mls_protect(group, &random, data, NULL, family_scratch(), &out);
    if (!all) return;
    err = covey_mls_receive_proposal(group, proposal, family_scratch(), &change,
                                     NULL);
    err = covey_mls_stage(group, spare, commit, NULL, 0, family_scratch());
    covey_mls_drop(spare);
    err = covey_mls_commit(group, &random, &options, spare, family_scratch(),
                           &out, NULL);
    covey_mls_drop(spare);
    err = covey_mls_merge(group, staged);
    look_at_all();
    err = covey_mls_protect(group, &random, data, NULL, family_scratch(), &out);
    (void)err;
}

Test(saved_state, a_cut_one_is_refused)
{
    covey_bytes saved = full_state();
    uint8_t *at = guard_end(saved.len);

    for (size_t len = 0; len < saved.len; len++) {
        uint8_t *end = at + saved.len - len;
        covey_copy(end, saved.at, len);
        cr_assert_neq(load(covey_bytes_of(end, len)), COVEY_OK, "%zu", len);
    }
    cr_assert_neq(load(bytes_join(saved, hex("00"))), COVEY_OK);
    cr_assert_eq(load(saved), COVEY_OK);
}

Test(saved_state, a_changed_one_does_no_harm)
{
    covey_bytes saved = full_state();
    uint8_t *at = guard_end(saved.len);
    size_t loaded = 0;

    covey_copy(at, saved.at, saved.len);
    for (size_t bit = 0; bit < 8 * saved.len; bit++) {
        test_flip(at, bit);
        if (load(covey_bytes_of(at, saved.len)) == COVEY_OK) {
            use(loaded++ % 37 == 0);
        }
        test_flip(at, bit);
    }
    cr_assert_gt(loaded, 0);
}

/* Each byte of what is not a key: lengths, numbers, leaves. */
Test(saved_state, bytes_at_their_limits_do_no_harm)
{
    static const uint8_t values[] = {0, 1, 0x20, 0x3f, 0x40, 0x7f, 0xff};
    covey_bytes saved = full_state();
    uint8_t *at = guard_end(saved.len);
    size_t loaded = 0;

    covey_copy(at, saved.at, saved.len);
    for (size_t i = 0; i < saved.len; i++) {
        uint8_t old = at[i];
        for (size_t k = 0; k < sizeof values; k++) {
            at[i] = values[k];
            if (load(covey_bytes_of(at, saved.len)) == COVEY_OK) {
                use(loaded++ % 37 == 0);
            }
        }
        at[i] = old;
    }
    cr_assert_gt(loaded, 0);
}

Test(saved_state, another_version_or_kind_is_refused)
{
    covey_bytes saved = full_state();

    for (size_t bit = 0; bit < 48; bit++) {
        cr_assert_eq(load(bytes_flip(saved, bit)), COVEY_ERR_MALFORMED);
    }
    /* The state is open or removed. */
    for (unsigned state = 0; state < 256; state++) {
        uint8_t *changed = test_copy(saved);
        changed[6] = (uint8_t)state;
        if (state == COVEY_GROUP_OPEN) continue;
        cr_assert_eq(load(covey_bytes_of(changed, saved.len)),
                     COVEY_ERR_MALFORMED);
    }
    cr_assert_eq(load(saved), COVEY_OK);
}

/* A tree that no group has: what goes on from it would not be what it says. */
Test(saved_state, a_tree_that_is_none_is_refused)
{
    covey_parent_node *root;
    covey_bytes saved;

    family_begin(4);
    group = family[0].group;
    staged = family[0].staged;
    const covey_mls_group before = *group;
    root = covey_tree_parent_slot(&group->epoch.tree, covey_tree_root(4));
    covey_leaf_set_add(&root->unmerged_leaves, (covey_leaf_index){3});
    saved = family_saved(0);
    cr_assert_eq(load(saved), COVEY_ERR_MALFORMED);
    *group = before;
    covey_leaf_set_add(&root->unmerged_leaves, (covey_leaf_index){9});
    saved = family_saved(0);
    cr_assert_eq(load(saved), COVEY_ERR_MALFORMED);
    *group = before;
    saved = family_saved(0);
    cr_assert_eq(load(saved), COVEY_OK);
}

/* Keys of levels that the tree does not have. */
Test(saved_state, keys_of_nodes_that_are_not_there_are_refused)
{
    static const unsigned levels[] = {0, 9, 31};

    family_begin(4);
    group = family[0].group;
    staged = family[0].staged;
    const covey_mls_group before = *group;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        group->epoch.keys.held |= (uint32_t)1 << levels[i];
        cr_assert_eq(load(family_saved(0)), COVEY_ERR_MALFORMED);
        *group = before;
    }
    /* A parent that is blank. */
    covey_tree_blank_path(&group->epoch.tree, group->epoch.keys.self);
    cr_assert_eq(load(family_saved(0)), COVEY_ERR_MALFORMED);
    *group = before;
    cr_assert_eq(load(family_saved(0)), COVEY_OK);
}

Test(saved_state, nothing_is_loaded_over_something)
{
    covey_bytes saved = full_state();
    covey_mls_group before;

    cr_assert_eq(load(saved), COVEY_OK);
    before = *group;
    cr_assert_eq(covey_mls_group_load(group, NULL, saved), COVEY_ERR_STATE);
    cr_assert_arr_eq(group, &before, sizeof before);
    covey_mls_group_wipe(group);
    cr_assert_eq(covey_mls_group_load(group, staged, saved), COVEY_ERR_STATE);
    covey_mls_drop(staged);
    cr_assert_eq(covey_mls_group_load(group, staged, saved), COVEY_OK);
}

/* A pending commit is dropped by who has no place for it. */
Test(saved_state, without_a_place_the_pending_commit_is_dropped)
{
    covey_bytes saved = full_state();

    covey_mls_group_wipe(group);
    cr_assert_eq(covey_mls_group_load(group, NULL, saved), COVEY_OK);
    accept_data(0, data);
}

/* ---- joiners ---- */

Test(saved_state, joiners_too)
{
    covey_buffer out = {test_alloc(covey_mls_joiner_size()),
                        covey_mls_joiner_size(), 0};
    covey_mls_joiner *joiner;

    (void)family_package(3);
    joiner = family[3].joiner;
    cr_assert_eq(covey_mls_joiner_save(joiner, &out), COVEY_OK);
    cr_assert_eq(covey_mls_joiner_load(joiner, covey_bytes_of(out.at, out.len)),
                 COVEY_ERR_STATE);
    covey_bytes saved = guard_copy(covey_bytes_of(out.at, out.len));
    for (size_t len = 0; len < saved.len; len++) {
        covey_mls_joiner_wipe(joiner);
        cr_assert_neq(covey_mls_joiner_load(joiner,
                                            guard_copy(bytes_cut(saved, len))),
                      COVEY_OK);
        cr_assert(test_is_zero(joiner, covey_mls_joiner_size()));
    }
    for (size_t bit = 0; bit < 8 * saved.len; bit++) {
        covey_mls_joiner_wipe(joiner);
        int err = covey_mls_joiner_load(joiner, bytes_flip(saved, bit));
        if (bit < 48) cr_assert_eq(err, COVEY_ERR_MALFORMED);
        if (err) cr_assert(test_is_zero(joiner, covey_mls_joiner_size()));
    }
    covey_mls_joiner_wipe(joiner);
    cr_assert_eq(covey_mls_joiner_load(joiner, bytes_join(saved, hex("00"))),
                 COVEY_ERR_MALFORMED);
    cr_assert_eq(covey_mls_joiner_load(joiner, saved), COVEY_OK);
}
