/* RFC 9420 sections 6.3 and 9: generations, replays, one's own messages. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge.h"

static void at_generation(forgery *f)
{
    f->message.key_name.generation = f->argument;
}

static forgery *forge_at(size_t who, uint32_t generation)
{
    forgery *f = forge_begin(who);

    f->stays = true;
    f->argument = generation;
    f->at[AT_SIGN] = at_generation;
    return f;
}

static covey_bytes data_at(size_t who, uint32_t generation)
{
    return forge_data(forge_at(who, generation), "hello");
}

static covey_bytes commit_at(size_t who, uint32_t generation)
{
    return forge_commit(forge_at(who, generation));
}

static covey_bytes proposal_at(size_t who, uint32_t generation)
{
    return forge_proposal(forge_at(who, generation), proposal_remove(1));
}

Test(generations, a_message_is_read_once)
{
    family_begin(3);
    covey_bytes data = data_at(0, 0);
    covey_bytes proposal = proposal_at(0, 0);

    for (size_t i = 1; i < 3; i++) {
        accept_data(i, data);
        refuse_data(i, data, COVEY_ERR_REPLAY);
        accept_proposal(i, proposal);
        refuse_proposal(i, proposal, COVEY_ERR_REPLAY);
        /* Another message under the same key neither. */
        refuse_commit(i, commit_at(0, 0), COVEY_ERR_REPLAY);
    }
}

Test(generations, what_was_skipped_is_read_once_too)
{
    family_begin(2);
    accept_data(1, data_at(0, 5));
    refuse_data(1, data_at(0, 5), COVEY_ERR_REPLAY);
    for (uint32_t g = 0; g < 5; g++) {
        accept_data(1, data_at(0, g));
        refuse_data(1, data_at(0, g), COVEY_ERR_REPLAY);
    }
    accept_data(1, data_at(0, 6));
}

Test(generations, only_so_many_skipped_keys_are_kept)
{
    family_begin(2);
    accept_data(1, data_at(0, COVEY_MLS_SKIPPED_MAX + 10));
    refuse_data(1, data_at(0, 9), COVEY_ERR_REPLAY);
    accept_data(1, data_at(0, 10));
    accept_proposal(1, proposal_at(0, COVEY_MLS_HANDSHAKE_SKIPPED_MAX + 10));
    refuse_proposal(1, proposal_at(0, 9), COVEY_ERR_REPLAY);
    accept_proposal(1, proposal_at(0, 10));
}

Test(generations, pitfall_10_the_last_generation_is_refused_at_once)
{
    static const uint32_t far[] = {1025, 65537, 0x7fffffff, 0xfffffffe,
                                   0xffffffff};

    family_begin(2);
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        refuse_data(1, data_at(0, far[i]), COVEY_ERR_TOO_FAR);
        refuse_commit(1, commit_at(0, far[i]), COVEY_ERR_TOO_FAR);
        refuse_proposal(1, proposal_at(0, far[i]), COVEY_ERR_TOO_FAR);
    }
}

Test(generations, pitfall_10_the_limit_is_exact)
{
    family_begin(2);
    refuse_data(1, data_at(0, 1025), COVEY_ERR_TOO_FAR);
    accept_data(1, data_at(0, 1024));
    refuse_data(1, data_at(0, 1025 + 1025), COVEY_ERR_TOO_FAR);
    accept_data(1, data_at(0, 1025 + 1024));

    refuse_commit(1, commit_at(0, 1025), COVEY_ERR_TOO_FAR);
    accept_commit(1, commit_at(0, 1024));
    refuse_proposal(1, proposal_at(0, 1025), COVEY_ERR_TOO_FAR);
    accept_proposal(1, proposal_at(0, 1024));
}

Test(generations, pitfall_10_the_host_chooses_the_application_limit)
{
    family_begin(2);
    family[1].group->limits.forward_max = 3;
    refuse_data(1, data_at(0, 4), COVEY_ERR_TOO_FAR);
    accept_data(1, data_at(0, 3));
    family[1].group->limits.forward_max = 65536;
    refuse_data(1, data_at(0, 4 + 65537), COVEY_ERR_TOO_FAR);
    accept_data(1, data_at(0, 4 + 65536));
    /* That of handshakes is alike for all. */
    refuse_commit(1, commit_at(0, 1025), COVEY_ERR_TOO_FAR);
}

Test(generations, no_host_asks_for_more_than_65536)
{
    const covey_mls_limits limits = {.forward_max = 65537};
    covey_mls_limits resolved;

    cr_assert_eq(covey_limits_resolve(&resolved, &limits), COVEY_ERR_ARGUMENT);
}

/* The last generation has no successor: it is not used. */
static void set_next(size_t who, size_t of, uint32_t generation)
{
    covey_secret_tree *tree = &family[who].group->epoch.secret_tree;
    const covey_key_name name = {{(uint32_t)of}, COVEY_RATCHET_APPLICATION, 0};

    if (tree->senders[of].stage != COVEY_SENDER_STARTED) {
        covey_secret_tree_take(tree, &name);
    }
    tree->senders[of].ratchets[0].generation = generation;
    tree->senders[of].ratchets[1].generation = generation;
}

Test(generations, pitfall_10_the_last_but_one_is_the_last_to_be_used)
{
    covey_random random = family_random();
    uint8_t room[1024];
    covey_buffer out = {room, sizeof room, 0};
    const covey_bytes data = covey_bytes_of_text("hello");

    family_begin(2);
    for (size_t i = 0; i < 2; i++) set_next(i, 0, 0xfffffffe);
    family[1].group->epoch.secret_tree.senders[0] =
        family[0].group->epoch.secret_tree.senders[0];
    refuse_data(1, data_at(0, 0xffffffff), COVEY_ERR_TOO_FAR);
    accept_data(1, family_say(0, "hello"));
    refuse_data(1, data_at(0, 0xffffffff), COVEY_ERR_TOO_FAR);

    covey_bytes saved = family_saved(0);
    cr_assert_eq(covey_mls_protect(family[0].group, &random, data, NULL,
                                   family_scratch(), &out),
                 COVEY_ERR_EXHAUSTED);
    check_bytes(family_saved(0), saved);
    check_error_group(COVEY_ERR_EXHAUSTED);
}

/* ---- one's own ---- */

Test(generations, one_does_not_hear_oneself)
{
    covey_mls_ref ref;
    const covey_mls_change remove = {.kind = COVEY_MLS_REMOVE, .leaf = 1};

    family_begin(2);
    covey_bytes data = family_say(0, "hello");
    covey_bytes proposal = family_propose(0, &remove, &ref);
    covey_bytes commit = family_stage_own(0, NULL, NULL);

    covey_mls_drop(family[0].staged);
    refuse_data(0, data, COVEY_ERR_SENDER);
    refuse_proposal(0, proposal, COVEY_ERR_SENDER);
    refuse_commit(0, commit, COVEY_ERR_SENDER);
    accept_data(1, data);
    accept_proposal(1, proposal);
    accept_commit(1, commit);
}

/* A restored older state meets what its later self has sent. */
Test(generations, pitfall_14_a_rolled_back_member_recognises_itself)
{
    family_begin(2);
    for (uint32_t ahead = 0; ahead < 3; ahead++) {
        refuse_data(0, data_at(0, ahead), COVEY_ERR_ROLLBACK);
        refuse_proposal(0, proposal_at(0, ahead), COVEY_ERR_ROLLBACK);
        refuse_commit(0, commit_at(0, ahead), COVEY_ERR_ROLLBACK);
    }
    accept_data(1, data_at(0, 0));
}

Test(generations, pitfall_13_and_14_after_loading_an_older_state)
{
    covey_mls_ref ref;
    const covey_mls_change remove = {.kind = COVEY_MLS_REMOVE, .leaf = 1};

    family_begin(2);
    covey_bytes old = family_saved(0);
    covey_bytes data = family_say(0, "hello");
    covey_bytes proposal = family_propose(0, &remove, &ref);
    covey_bytes commit = family_stage_own(0, NULL, NULL);
    covey_bytes saved = family_saved(0);

    covey_mls_drop(family[0].staged);
    covey_mls_group_wipe(family[0].group);
    cr_assert_eq(covey_mls_group_load(family[0].group, NULL, old), COVEY_OK);
    refuse_data(0, data, COVEY_ERR_ROLLBACK);
    refuse_proposal(0, proposal, COVEY_ERR_ROLLBACK);
    refuse_commit(0, commit, COVEY_ERR_ROLLBACK);

    /* The state that was saved in time knows them as its own. */
    covey_mls_group_wipe(family[0].group);
    cr_assert_eq(covey_mls_group_load(family[0].group, NULL, saved), COVEY_OK);
    refuse_data(0, data, COVEY_ERR_SENDER);
    refuse_proposal(0, proposal, COVEY_ERR_SENDER);
    refuse_commit(0, commit, COVEY_ERR_SENDER);
}

static void break_signature(forgery *f)
{
    f->message.signature = bytes_flip(f->message.signature, 0);
}

/* Another member cannot make one believe in a rollback. */
Test(generations, pitfall_14_only_ones_own_signature_says_rollback)
{
    forgery *f = forge_at(0, 3);

    family_begin(2);
    f->at[AT_SEAL] = break_signature;
    refuse_data(0, forge_data(f, "hello"), COVEY_ERR_AUTH);
    refuse_commit(0, forge_commit(f), COVEY_ERR_AUTH);
    refuse_proposal(0, forge_proposal(f, proposal_remove(1)), COVEY_ERR_AUTH);
}

/* The signature does not cover the generation: an insider who has the keys
 * can send another's message again, under a later one. The library tells who
 * and which generation; commands need counters of their own. */
static covey_bytes stolen_signature;

static void keep_signature(forgery *f)
{
    stolen_signature = f->message.signature;
}

static void as_another(forgery *f)
{
    f->message.framed.sender = 0;
    f->message.key_name =
        (covey_key_name){{0}, COVEY_RATCHET_APPLICATION, f->argument};
}

static void with_stolen_signature(forgery *f)
{
    f->message.signature = stolen_signature;
}

Test(generations, pitfall_25_an_insider_replays_under_a_later_generation_only)
{
    forgery *honest = forge_begin(0);
    forgery *replay = forge_begin(1);
    covey_mls_received received;

    family_begin(3);
    honest->at[AT_SEAL] = keep_signature;
    accept_data(2, forge_data(honest, "unlock"));
    replay->at[AT_SIGN] = as_another;
    replay->at[AT_SEAL] = with_stolen_signature;
    replay->argument = 0;
    refuse_data(2, forge_data(replay, "unlock"), COVEY_ERR_REPLAY);
    replay->argument = 1;
    refuse_data(2, forge_data(replay, "other"), COVEY_ERR_AUTH);
    cr_assert_eq(covey_mls_unprotect(family[2].group,
                                     forge_data(replay, "unlock"),
                                     family_scratch(), &received),
                 COVEY_OK);
    cr_assert_eq(received.sender, 0);
    cr_assert_eq(received.generation, 1);
}
