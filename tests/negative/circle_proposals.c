/* SPEC.md section 2.4: which proposals stand, and what they do to the commits
 * behind them. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "circle_family.h"

static const size_t everyone[] = {WATCH, ANNA, ANNA_2, BEN,
                                  BEN_2, GRAN, CARER,  FRIEND};
#define NUM_EVERYONE (sizeof everyone / sizeof everyone[0])

/* ---- kinds ---- */

Test(circle_proposals, only_updates_and_removes_are_proposed)
{
    circle_begin_family();
    covey_roster roster = circle;
    roster.members[CARER].expires_h++;
    const covey_mls_change changes[] = {change_add(circle_package(NEW)),
                                        change_psk(), change_roster(&roster)};

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        judge_proposal(ANNA, &changes[i], COVEY_ERR_PERMISSION);
    }
    propose_update(WATCH);
    propose_removal(WATCH, FRIEND);
}

/* ---- updates ---- */

static covey_bytes update_as(size_t who, covey_bytes identity)
{
    const covey_epoch *epoch = &family[who].group->epoch;
    const covey_leaf_place place = {covey_group_id(&epoch->context),
                                    epoch->keys.self};
    covey_reader r = covey_reader_of(proposal_update(who));
    covey_proposal proposal;

    covey_read_proposal(&r, &proposal);
    proposal.of.update.signature = covey_bytes_of(NULL, 0);
    if (identity.len != 0) proposal.of.update.identity = identity;
    return proposal_of(COVEY_PROPOSAL_UPDATE,
                       forge_leaf(&proposal.of.update, &place,
                                  &epoch->sign_key));
}

/* Offers a forged message to member 1 and asks the rules. */
static void check_forged(covey_bytes message, int err)
{
    covey_mls_change_info info;

    cr_assert_eq(covey_mls_receive_proposal(family[ANNA].group, message,
                                            family_scratch(), &info, NULL),
                 COVEY_OK);
    cr_assert_eq(covey_rules_proposal(family[ANNA].group, &info, NULL), err);
    cr_assert_eq(covey_mls_forget_proposal(family[ANNA].group, &info.ref),
                 COVEY_OK);
}

Test(circle_proposals, T18_an_update_keeps_the_identity)
{
    static const size_t others[] = {ANNA, BEN, FRIEND, NEW};
    circle_begin_family();

    for (size_t i = 0; i < 4; i++) {
        const covey_member_id id = circle_id(others[i]);
        forgery *f = forge_begin(WATCH);
        covey_bytes proposal = update_as(WATCH, covey_member_id_bytes(&id));

        check_forged(forge_proposal(f, proposal), COVEY_ERR_PERMISSION);
        covey_secret_tree_take(&family[WATCH].group->epoch.secret_tree,
                               &f->message.key_name);
    }
    check_forged(forge_proposal(forge_begin(WATCH),
                                update_as(WATCH, covey_bytes_of(NULL, 0))),
                 COVEY_OK);
}

Test(circle_proposals, everybody_may_update_once_in_an_epoch)
{
    const covey_mls_change update = {.kind = COVEY_MLS_UPDATE};

    circle_begin_family();
    for (size_t i = 0; i < NUM_EVERYONE; i++) {
        const size_t who = everyone[i];
        covey_mls_ref first = propose_update(who);

        /* A second one, which the room of MLS would take. */
        forgery *f = forge_begin(who);
        if (who != ANNA) {
            check_forged(forge_proposal(f, update_as(who,
                                                     covey_bytes_of(NULL, 0))),
                         COVEY_ERR_PERMISSION);
        }
        forget_proposals();
        (void)first;
    }
    (void)judge_proposal(WATCH, &update, COVEY_OK);
}

Test(circle_proposals, two_updates_of_others_and_the_watch_has_room)
{
    const covey_mls_change update = {.kind = COVEY_MLS_UPDATE};
    circle_begin_family();

    propose_update(ANNA);
    propose_update(FRIEND);
    judge_proposal(CARER, &update, COVEY_ERR_PERMISSION);
    judge_proposal(BEN, &update, COVEY_ERR_PERMISSION);
    propose_update(WATCH);
    propose_removal(CARER, CARER);
}

/* ---- removes: the table ---- */

static bool table(size_t who, size_t target)
{
    const covey_roster_member *a = &circle.members[who];
    const covey_roster_member *b = &circle.members[target];

    if (a->person == b->person) return true;
    switch (b->role) {
    case COVEY_ROLE_WEARER: return false;
    case COVEY_ROLE_GUARDIAN:
        return who == WATCH || who == ANNA || who == ANNA_2 || who == BEN ||
               who == BEN_2;
    default: return who == WATCH || a->role == COVEY_ROLE_GUARDIAN;
    }
}

Test(circle_proposals, who_may_ask_for_whose_removal)
{
    circle_begin_family();
    for (size_t i = 0; i < NUM_EVERYONE; i++) {
        for (size_t k = 0; k < NUM_EVERYONE; k++) {
            const covey_mls_change change = change_remove(everyone[k]);

            trying =
                hex_of(covey_bytes_of((uint8_t[]){(uint8_t)i, (uint8_t)k}, 2));
            judge_proposal(everyone[i], &change,
                           table(everyone[i], everyone[k])
                               ? COVEY_OK
                               : COVEY_ERR_PERMISSION);
            forget_proposals();
        }
    }
}

Test(circle_proposals, T52_the_child_alone_may_ask_that_a_friend_goes)
{
    circle_begin_family();
    covey_mls_ref ref = propose_removal(WATCH, FRIEND);
    circle_commit c = commit_referred(GRAN, FRIEND, ref);

    judge_commit(&c, COVEY_OK);
}

/* ---- room ---- */

/* Other authenticated data make it another proposal. */
static void refuse_again(size_t who, size_t target)
{
    const covey_mls_framing framing = {.authenticated_data =
                                           covey_bytes_of_text("again")};
    const covey_mls_change change = change_remove(target);
    size_t cap = covey_mls_message_size();
    covey_random random = family_random();
    covey_buffer out = {test_alloc(cap), cap, 0};
    covey_mls_change_info info;
    covey_mls_ref ref;

    cr_assert_eq(covey_mls_propose(family[who].group, &random, &change, NULL, 0,
                                   &framing, family_scratch(), &out, &ref),
                 COVEY_OK);
    cr_assert_eq(covey_mls_forget_proposal(family[who].group, &ref), COVEY_OK);
    for (size_t i = WATCH; i <= FRIEND; i++) {
        if (i == who) continue;
        cr_assert_eq(covey_mls_receive_proposal(family[i].group,
                                                covey_bytes_of(out.at, out.len),
                                                family_scratch(), &info, NULL),
                     COVEY_OK);
        cr_assert_eq(covey_rules_proposal(family[i].group, &info, NULL),
                     COVEY_ERR_PERMISSION);
        cr_assert_eq(covey_mls_forget_proposal(family[i].group, &info.ref),
                     COVEY_OK);
    }
}

Test(circle_proposals, a_person_asks_once_for_a_removal)
{
    circle_begin_family();
    propose_removal(ANNA, FRIEND);
    refuse_again(ANNA, FRIEND);
    refuse_removal(ANNA_2, FRIEND);
    propose_removal(BEN, FRIEND);
    propose_removal(WATCH, FRIEND);
    refuse_again(WATCH, FRIEND);
    propose_removal(FRIEND, FRIEND);
    refuse_again(FRIEND, FRIEND);
}

/* Whoever floods takes nobody's place but his own. */
Test(circle_proposals, T46_the_places_of_wishes)
{
    circle_begin_family();
    propose_removal(BEN, ANNA);
    refuse_removal(BEN, ANNA_2);
    refuse_removal(BEN_2, GRAN);
    refuse_removal(BEN_2, FRIEND);
    propose_removal(ANNA, BEN);
    propose_removal(GRAN, FRIEND);
    /* Others may leave, and the watch has its own. */
    propose_removal(CARER, CARER);
    propose_removal(BEN_2, BEN_2);
    propose_removal(WATCH, BEN);
}

Test(circle_proposals, three_wishes_two_that_leave_four_of_the_watch)
{
    covey_roster_member members[10] = {
        circle_entry(0, 0, COVEY_ROLE_WEARER, 0)};

    for (size_t i = 1; i < 6; i++) {
        members[i] = circle_entry(i, (uint8_t)i, COVEY_ROLE_GUARDIAN, 1);
    }
    for (size_t i = 6; i < 10; i++) {
        members[i] = circle_entry(i, (uint8_t)i, COVEY_ROLE_FRIEND, 0);
    }
    circle_begin(members, 10);
    propose_removal(1, 6);
    propose_removal(2, 6);
    propose_removal(3, 6);
    refuse_removal(4, 6);
    propose_removal(7, 7);
    propose_removal(8, 8);
    refuse_removal(9, 9);
    propose_removal(0, 6);
    propose_removal(0, 7);
    propose_removal(0, 8);
    propose_removal(0, 9);
    refuse_removal(0, 1);
    propose_update(1);
    propose_update(2);
    propose_update(0);
}

/* However many stand, one commit holds them all: all that binds, the updates
 * of others who stay, and the roster. */
Test(circle_proposals, one_commit_holds_all_that_may_stand)
{
    covey_roster_member members[16] = {
        circle_entry(0, 0, COVEY_ROLE_WEARER, 0)};
    covey_mls_change changes[1];
    covey_mls_ref refs[12];
    size_t n = 0;

    for (size_t i = 1; i < 7; i++) {
        members[i] = circle_entry(i, (uint8_t)i, COVEY_ROLE_GUARDIAN, 1);
    }
    for (size_t i = 7; i < 16; i++) {
        members[i] = circle_entry(i, (uint8_t)i, COVEY_ROLE_FRIEND, 0);
    }
    circle_begin(members, 16);
    for (size_t i = 0; i < 3; i++) refs[n++] = propose_removal(1 + i, 7 + i);
    refs[n++] = propose_removal(10, 10);
    refs[n++] = propose_removal(11, 11);
    for (size_t i = 12; i < 16; i++) refs[n++] = propose_removal(0, i);
    refs[n++] = propose_update(5);
    refs[n++] = propose_update(6);
    refs[n++] = propose_update(0);

    covey_roster roster = circle;
    for (size_t i = 7; i < 16; i++) {
        const covey_member_id id = circle_id(i);
        cr_assert(covey_roster_drop(&roster, &id));
    }
    changes[0] = change_roster(&roster);
    const covey_mls_commit_options options = {.changes = changes,
                                              .num_changes = 1,
                                              .refs = refs,
                                              .num_refs = n};
    judge_message(4, family_stage_own(4, &options, NULL), COVEY_OK);
}

/* ---- unmet ---- */

/* A commit came first; whoever had an own proposal on its way takes it. */
Test(circle_proposals, an_own_proposal_stands_when_the_log_has_it)
{
    circle_begin_family();
    covey_mls_ref refs[2];
    const covey_mls_change update = {.kind = COVEY_MLS_UPDATE};
    const covey_mls_change removal = change_remove(FRIEND);
    covey_bytes commit = family_stage_own(ANNA, NULL, NULL);
    family_member *watch = &family[WATCH];

    (void)family_propose(WATCH, &update, &refs[0]);
    (void)family_propose(WATCH, &removal, &refs[1]);
    cr_assert_eq(covey_mls_stage(watch->group, watch->staged, commit, NULL, 0,
                                 family_scratch()),
                 COVEY_OK);
    const covey_rules_unmet none = {NULL, 0};
    const covey_rules_unmet both = {refs, 2};
    const covey_rules_unmet first = {refs, 1};
    const covey_rules_unmet second = {refs + 1, 1};

    cr_assert_eq(covey_rules_commit(watch->group, watch->staged, NULL),
                 COVEY_ERR_PERMISSION);
    cr_assert_eq(covey_rules_commit(watch->group, watch->staged, &none),
                 COVEY_ERR_PERMISSION);
    cr_assert_eq(covey_rules_commit(watch->group, watch->staged, &first),
                 COVEY_ERR_PERMISSION);
    cr_assert_eq(covey_rules_commit(watch->group, watch->staged, &second),
                 COVEY_ERR_PERMISSION);
    cr_assert_eq(covey_rules_commit(watch->group, watch->staged, &both),
                 COVEY_OK);
}

Test(circle_proposals, unmet_proposals_do_not_block_nor_take_room)
{
    circle_begin_family();
    covey_mls_ref ref;
    covey_mls_change_info info;
    const covey_mls_change leaving = change_remove(BEN);
    const covey_mls_change again = change_remove(BEN);
    const covey_mls_change update = {.kind = COVEY_MLS_UPDATE};

    /* Ben's own wish to leave, on its way, and his tablet's, in the log. */
    (void)family_propose(BEN, &leaving, &ref);
    const covey_rules_unmet unmet = {&ref, 1};
    covey_bytes message = family_propose(BEN_2, &again, NULL);
    cr_assert_eq(covey_mls_receive_proposal(family[BEN].group, message,
                                            family_scratch(), &info, NULL),
                 COVEY_OK);
    cr_assert_eq(covey_rules_proposal(family[BEN].group, &info, &unmet),
                 COVEY_OK);
    cr_assert_eq(covey_rules_proposal(family[BEN].group, &info, NULL),
                 COVEY_ERR_PERMISSION);
    forget_proposals();

    /* His update is on its way; two of others stand. */
    (void)family_propose(BEN, &update, &ref);
    static const size_t others[] = {ANNA, FRIEND};
    for (size_t i = 0; i < 2; i++) {
        message = family_propose(others[i], &update, NULL);
        cr_assert_eq(covey_mls_receive_proposal(family[BEN].group, message,
                                                family_scratch(), &info, NULL),
                     COVEY_OK);
        cr_assert_eq(covey_rules_proposal(family[BEN].group, &info, &unmet),
                     COVEY_OK);
    }
    cr_assert_eq(covey_rules_proposal(family[BEN].group, &info, NULL),
                 COVEY_ERR_PERMISSION);
}

/* ---- what is left out ---- */

Test(circle_proposals, M8_the_update_of_the_watch_is_taken_up)
{
    circle_begin_family();
    covey_mls_ref ref = propose_update(WATCH);
    circle_commit without = commit_by(ANNA);
    circle_commit with = commit_by(ANNA);

    judge_commit(&without, COVEY_ERR_PERMISSION);
    commit_ref(&with, ref);
    judge_commit(&with, COVEY_OK);
}

Test(circle_proposals, an_update_is_taken_up_by_a_remove_too)
{
    circle_begin_family();
    covey_mls_ref ref = propose_update(FRIEND);
    circle_commit removal = commit_removal(ANNA, FRIEND);
    circle_commit other = commit_removal(ANNA, CARER);

    judge_commit(&removal, COVEY_OK);
    judge_commit(&other, COVEY_ERR_PERMISSION);
    commit_ref(&other, ref);
    judge_commit(&other, COVEY_OK);
}

Test(circle_proposals, a_committers_own_update_is_left_out)
{
    circle_begin_family();
    propose_update(ANNA);
    circle_commit own = commit_by(ANNA);
    circle_commit others = commit_by(BEN);

    judge_commit(&own, COVEY_OK);
    judge_commit(&others, COVEY_ERR_PERMISSION);
}

Test(circle_proposals, a_remove_is_not_taken_up_by_an_update)
{
    circle_begin_family();
    propose_removal(WATCH, FRIEND);
    covey_mls_ref update = propose_update(FRIEND);
    circle_commit c = commit_by(ANNA);

    commit_ref(&c, update);
    judge_commit(&c, COVEY_ERR_PERMISSION);
    forget_proposals();

    /* Nor when its committer could bring the guardian back. */
    propose_removal(WATCH, BEN);
    update = propose_update(BEN);
    circle_commit other = commit_by(ANNA);
    commit_ref(&other, update);
    judge_commit(&other, COVEY_ERR_PERMISSION);
}

Test(circle_proposals, a_remove_is_taken_up_by_another_remove)
{
    circle_begin_family();
    propose_removal(WATCH, FRIEND);
    circle_commit none = commit_by(ANNA);
    circle_commit other = commit_removal(ANNA, CARER);
    circle_commit by_value = commit_removal(ANNA, FRIEND);

    judge_commit(&none, COVEY_ERR_PERMISSION);
    judge_commit(&other, COVEY_ERR_PERMISSION);
    judge_commit(&by_value, COVEY_OK);
}

/* ---- who is blocked ---- */

Test(circle_proposals, C5_the_target_cannot_commit_while_its_removal_stands)
{
    circle_begin_family();
    propose_removal(BEN, BEN);
    covey_mls_change_info info;
    cr_assert_eq(covey_mls_proposal(family[ANNA].group, 0, &info), COVEY_OK);
    circle_commit by_target = commit_by(BEN);
    circle_commit left_out = commit_by(ANNA);
    circle_commit by_other = commit_referred(ANNA, BEN, info.ref);
    circle_commit by_own = commit_referred(BEN_2, BEN, info.ref);
    circle_commit by_value = commit_removal(BEN_2, BEN);

    judge_commit(&by_target, COVEY_ERR_PERMISSION);
    judge_commit(&left_out, COVEY_ERR_PERMISSION);
    judge_commit(&by_other, COVEY_OK);
    judge_commit(&by_own, COVEY_OK);
    judge_commit(&by_value, COVEY_OK);
}

/* He would go on with the tablet, and bring other phones in. */
Test(circle_proposals, T46_what_the_wearer_asks_for_blocks_the_person)
{
    circle_begin_family();
    covey_mls_ref ref = propose_removal(WATCH, BEN);
    circle_commit target = commit_by(BEN);
    circle_commit tablet = commit_by(BEN_2);
    circle_commit own = commit_referred(BEN_2, BEN, ref);
    circle_commit own_by_value = commit_removal(BEN_2, BEN);
    circle_commit anna = commit_referred(ANNA, BEN, ref);
    circle_commit gran = commit_referred(GRAN, BEN, ref);

    judge_commit(&target, COVEY_ERR_PERMISSION);
    judge_commit(&tablet, COVEY_ERR_PERMISSION);
    judge_commit(&own, COVEY_ERR_PERMISSION);
    judge_commit(&own_by_value, COVEY_ERR_PERMISSION);
    judge_commit(&anna, COVEY_OK);
    judge_commit(&gran, COVEY_OK);
}

/* If it did, two guardians who ask for each other's removal would end the
 * circle, and whoever asks first would be the only one to commit. */
Test(circle_proposals, T46_one_guardians_wish_about_another_binds_nobody)
{
    circle_begin_family();
    covey_mls_ref ben = propose_removal(ANNA, BEN);
    covey_mls_ref anna = propose_removal(BEN, ANNA);
    static const size_t guardians[] = {ANNA, ANNA_2, BEN, BEN_2, GRAN};

    for (size_t i = 0; i < 5; i++) {
        circle_commit c = commit_by(guardians[i]);

        judge_commit(&c, COVEY_OK);
    }
    /* Nor does the grandmother, who does not vote, carry it out. */
    circle_commit first = commit_referred(GRAN, BEN, ben);
    circle_commit second = commit_referred(GRAN, ANNA, anna);
    judge_commit(&first, COVEY_ERR_PERMISSION);
    judge_commit(&second, COVEY_ERR_PERMISSION);
}

/* ---- the last guardian ---- */

Test(circle_proposals, T46_a_guardian_remains_who_can_commit)
{
    const covey_roster_member members[] = {
        circle_entry(0, 0, COVEY_ROLE_WEARER, 0),
        circle_entry(1, 1, COVEY_ROLE_GUARDIAN, 1),
        circle_entry(2, 2, COVEY_ROLE_GUARDIAN, 0),
        circle_entry(3, 2, COVEY_ROLE_GUARDIAN, 0),
    };
    circle_begin(members, 4);

    /* Both persons leave: the second does not, with the last device. */
    propose_removal(2, 2);
    propose_removal(1, 1);
    refuse_removal(2, 3);
    refuse_removal(3, 3);
    refuse_removal(WATCH, 3);
    forget_proposals();
    /* The wearer means persons. */
    propose_removal(WATCH, 3);
    refuse_removal(WATCH, 1);
    refuse_removal(1, 1);
    propose_removal(WATCH, 2);
    forget_proposals();
    propose_removal(WATCH, 1);
    propose_removal(2, 2);
    refuse_removal(3, 3);
    refuse_removal(WATCH, 2);
    /* What does not bind takes nobody away. */
    forget_proposals();
    propose_removal(1, 2);
    propose_removal(1, 1);
}

Test(circle_proposals, the_sole_guardian_is_not_asked_to_go)
{
    const covey_roster_member members[] = {
        circle_entry(0, 0, COVEY_ROLE_WEARER, 0),
        circle_entry(1, 1, COVEY_ROLE_GUARDIAN, 1),
        circle_entry(2, 2, COVEY_ROLE_FRIEND, 0),
    };
    circle_begin(members, 3);

    refuse_removal(1, 1);
    refuse_removal(WATCH, 1);
    propose_removal(WATCH, WATCH);
    propose_removal(1, 2);
}
