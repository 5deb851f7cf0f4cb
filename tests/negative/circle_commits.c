/* SPEC.md section 2.4, points 1 to 5: who commits, and which changes. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "circle_family.h"

/* ---- 1: the committer ---- */

Test(circle_commits, guardians_commit_and_nobody_else)
{
    static const int answers[] = {
        [WATCH] = COVEY_ERR_PERMISSION,
        [ANNA] = COVEY_OK,
        [ANNA_2] = COVEY_OK,
        [BEN] = COVEY_OK,
        [BEN_2] = COVEY_OK,
        [GRAN] = COVEY_OK,
        [CARER] = COVEY_ERR_PERMISSION,
        [FRIEND] = COVEY_ERR_PERMISSION,
    };
    circle_begin_family();

    for (size_t who = WATCH; who <= FRIEND; who++) {
        circle_commit c = commit_by(who);

        judge_commit(&c, answers[who]);
    }
}

Test(circle_commits, a_commit_has_a_path)
{
    circle_begin_family();
    covey_bytes package = circle_package(NEW);
    const covey_roster roster =
        roster_with(circle_entry(NEW, 6, COVEY_ROLE_FRIEND, 0));

    /* Only an Add alone may do without in MLS; its roster may not. */
    circle_commit c = commit_by(ANNA);
    commit_change(&c, change_add(package));
    c.without_path = true;
    judge_commit(&c, COVEY_ERR_PERMISSION);
    commit_change(&c, change_roster(&roster));
    c.without_path = false;
    judge_commit(&c, COVEY_OK);
}

Test(circle_commits, a_commit_without_a_path_that_changes_nothing)
{
    const covey_roster_member members[] = {
        circle_entry(0, 1, COVEY_ROLE_GUARDIAN, 1)};
    circle_begin(members, 1);
    circle_commit c = commit_by(0);

    commit_change(&c, change_psk());
    judge_commit(&c, COVEY_OK);
    c.without_path = true;
    judge_commit(&c, COVEY_ERR_PERMISSION);
}

/* As no circle is; whoever gets there all the same takes nothing from it. */
Test(circle_commits, a_committer_or_proposer_without_an_entry)
{
    covey_roster roster = {.next_person = 3,
                           .num_members = 2,
                           .members = {
                               circle_entry(0, 1, COVEY_ROLE_GUARDIAN, 1),
                               circle_entry(1, 2, COVEY_ROLE_GUARDIAN, 1),
                           }};
    const covey_mls_change removal = change_remove(0);
    const covey_mls_change update = {.kind = COVEY_MLS_UPDATE};

    roster.members[1].id = circle_id(NEW);
    circle_begin_with(&roster);
    circle_commit c = commit_by(1);
    circle_commit other = commit_by(0);
    judge_commit(&c, COVEY_ERR_ROSTER);
    judge_commit(&other, COVEY_ERR_ROSTER);
    judge_proposal(1, &removal, COVEY_ERR_ROSTER);
    judge_proposal(1, &update, COVEY_ERR_ROSTER);
    refuse_removal(0, 1);
}

static covey_member_id stolen;

static void steal_identity(forgery *f)
{
    f->leaf.identity = covey_member_id_bytes(&stolen);
}

Test(circle_commits, T18_the_path_keeps_the_committers_identity)
{
    static const size_t others[] = {WATCH, ANNA_2, BEN, NEW};
    circle_begin_family();
    forgery *f = forge_begin(ANNA);

    judge_message(ANNA, forge_commit(f), COVEY_OK);
    f->at[AT_LEAF] = steal_identity;
    for (size_t i = 0; i < 4; i++) {
        stolen = circle_id(others[i]);
        judge_message(ANNA, forge_commit(f), COVEY_ERR_PERMISSION);
    }
    stolen = circle_id(ANNA);
    judge_message(ANNA, forge_commit(f), COVEY_OK);
}

/* Under a stolen identity that the new roster has in the place of the old. */
Test(circle_commits, T18_not_even_when_the_roster_fits)
{
    circle_begin_family();
    covey_roster roster = circle;
    forgery *f = NULL;

    stolen = circle_id(NEW);
    roster.members[ANNA].id = stolen;
    f = forge_with(ANNA, proposal_extensions(circle_extensions(&roster)));
    f->at[AT_LEAF] = steal_identity;
    judge_message(ANNA, forge_commit(f), COVEY_ERR_PERMISSION);
}

static void spoil_path(forgery *f)
{
    for (size_t i = 0; i < f->num_nodes; i++) {
        for (size_t k = 0; k < f->nodes[i].num; k++) {
            f->nodes[i].texts[k].ciphertext =
                bytes_flip(f->nodes[i].texts[k].ciphertext, 0);
        }
    }
}

/* What cannot be opened is judged all the same. */
Test(circle_commits, a_commit_that_fails_privately_is_judged)
{
    circle_begin_family();
    forgery *friend = forge_begin(FRIEND);
    forgery *anna = forge_begin(ANNA);

    friend->at[AT_PATH] = spoil_path;
    anna->at[AT_PATH] = spoil_path;
    judge_message(FRIEND, forge_commit(friend), COVEY_ERR_PERMISSION);
    judge_message(ANNA, forge_commit(anna), COVEY_OK);
}

/* ---- 2: who comes ---- */

static circle_commit commit_add(size_t by, covey_bytes package,
                                const covey_roster *roster)
{
    circle_commit c = commit_by(by);

    commit_change(&c, change_add(package));
    commit_change(&c, change_roster(roster));
    return c;
}

static covey_roster with_friend(size_t who)
{
    return roster_with(circle_entry(who, 6, COVEY_ROLE_FRIEND, 0));
}

Test(circle_commits, a_newcomer_is_in_the_new_roster)
{
    circle_begin_family();
    const covey_roster roster = with_friend(NEW);
    const covey_roster other = with_friend(NEW_2);
    circle_commit wrong = commit_add(ANNA, circle_package(NEW), &other);
    circle_commit missing = commit_add(ANNA, circle_package(NEW), &circle);
    circle_commit alone = commit_by(ANNA);

    commit_change(&alone, change_add(circle_package(NEW)));
    judge_commit(&wrong, COVEY_ERR_ROSTER);
    judge_commit(&missing, COVEY_ERR_ROSTER);
    judge_commit(&alone, COVEY_ERR_ROSTER);
    circle_commit c = commit_add(ANNA, circle_package(NEW), &roster);
    judge_commit(&c, COVEY_OK);
    merge_commit(&c, &roster, NEW);
    circle_commit next = commit_by(BEN);
    judge_commit(&next, COVEY_OK);
}

/* Nobody reads who is not in the list that all see. */
Test(circle_commits, T06_no_leaf_without_an_entry_and_no_entry_without_a_leaf)
{
    circle_begin_family();
    const covey_roster one = with_friend(NEW);
    circle_commit ghost = commit_add(ANNA, circle_package(NEW), &one);
    circle_commit entry = commit_by(ANNA);
    circle_commit swapped = commit_removal(ANNA, FRIEND);

    commit_change(&ghost, change_add(circle_package(NEW_2)));
    judge_commit(&ghost, COVEY_ERR_ROSTER);
    commit_change(&entry, change_roster(&one));
    judge_commit(&entry, COVEY_ERR_ROSTER);
    /* One goes, one comes: the numbers are equal, the members are not. */
    commit_change(&swapped, change_add(circle_package(NEW)));
    judge_commit(&swapped, COVEY_ERR_ROSTER);
}

Test(circle_commits, T06_two_leaves_of_one_identity)
{
    circle_begin_family();
    const covey_member_id id = circle_id(NEW);
    const covey_bytes id_of = covey_member_id_bytes(&id);
    covey_roster roster = with_friend(NEW);
    circle_commit c = commit_add(ANNA, circle_package(NEW), &roster);

    commit_change(&c, change_add(
                          circle_package_of(NEW_2, id_of, circle_seed(NEW_2))));
    judge_commit(&c, COVEY_ERR_ROSTER);
    /* Nor when an entry is left over that makes the numbers equal. */
    roster.members[roster.num_members++] =
        circle_entry(NEW_2, 7, COVEY_ROLE_FRIEND, 0);
    roster.next_person = 8;
    circle_commit filled = commit_add(ANNA, circle_package(NEW), &roster);
    commit_change(&filled, change_add(circle_package_of(NEW_2, id_of,
                                                        circle_seed(NEW_2))));
    judge_commit(&filled, COVEY_ERR_ROSTER);
}

/* The ghost hides behind a member whose identity it repeats. */
Test(circle_commits, T06_nobody_comes_under_the_identity_of_a_member)
{
    static const size_t members[] = {WATCH, ANNA, ANNA_2, BEN, FRIEND};
    circle_begin_family();

    for (size_t i = 0; i < 5; i++) {
        const covey_member_id id = circle_id(members[i]);
        circle_commit c = commit_by(ANNA);

        commit_change(&c, change_add(
                              circle_package_of(NEW, covey_member_id_bytes(&id),
                                                circle_seed(NEW))));
        judge_commit(&c, COVEY_ERR_PERMISSION);
    }
}

Test(circle_commits, an_identity_is_sixteen_bytes)
{
    circle_begin_family();
    const covey_roster roster = with_friend(NEW);
    const covey_member_id id = circle_id(NEW);
    uint8_t longer[17];

    memset(longer, id.bytes[0], sizeof longer);
    for (size_t len = 0; len <= sizeof longer; len++) {
        circle_commit c =
            commit_add(ANNA,
                       circle_package_of(NEW, covey_bytes_of(longer, len),
                                         circle_seed(NEW)),
                       &roster);

        judge_commit(&c, len == 16 ? COVEY_OK : COVEY_ERR_PERMISSION);
    }
}

Test(circle_commits, T05_an_add_is_by_value)
{
    circle_begin_family();
    const covey_mls_change add = change_add(circle_package(NEW));
    covey_roster roster = with_friend(NEW);
    covey_mls_ref ref = family_propose_to_all(BEN, &add);
    const covey_rules_unmet unmet = {&ref, 1};
    circle_commit c = commit_by(ANNA);

    commit_ref(&c, ref);
    commit_change(&c, change_roster(&roster));
    judge_commit(&c, COVEY_ERR_PERMISSION);
    circle_unmet = &unmet; /* and not because it stands */
    judge_commit(&c, COVEY_ERR_PERMISSION);
}

/* A larger circle would leave the watch behind, whose build has 16 leaves. */
Test(circle_commits, at_most_sixteen_members)
{
    covey_roster_member members[16];

    members[0] = circle_entry(0, 0, COVEY_ROLE_WEARER, 0);
    for (size_t i = 1; i < 16; i++) {
        members[i] = circle_entry(i, (uint8_t)i, COVEY_ROLE_GUARDIAN, 0);
    }
    circle_begin(members, 16);

    /* Seventeen entries: ROSTER on every build. */
    covey_writer w = covey_writer_of(test_alloc(1024), 1024);
    covey_bytes extensions = circle_extensions(&circle);
    const size_t head = 2 + 2 + 1 + 1 + 2; /* type, data, numbers, members */
    const size_t entries = 16 * 23;
    const covey_roster_member extra =
        circle_entry(16, 16, COVEY_ROLE_FRIEND, 0);

    covey_write_u16(&w, COVEY_EXTENSION_ROSTER);
    size_t data = covey_write_vec_open(&w);
    covey_write_u8(&w, 1);
    covey_write_u8(&w, 17);
    size_t list = covey_write_vec_open(&w);
    covey_write_fixed(&w, covey_bytes_of(extensions.at + head, entries));
    covey_write_fixed(&w, covey_member_id_bytes(&extra.id));
    covey_write_u8(&w, extra.person);
    covey_write_u8(&w, extra.role);
    covey_write_u8(&w, 0);
    covey_write_u32(&w, 0);
    covey_write_vec_close(&w, list);
    covey_write_fixed(&w, covey_bytes_of(extensions.at + head + entries,
                                         extensions.len - head - entries));
    covey_write_vec_close(&w, data);
    cr_assert_not(w.failed);

    covey_mls_change roster = {.kind = COVEY_MLS_EXTENSIONS,
                               .extensions = covey_writer_since(&w, 0)};
    circle_commit c = commit_by(1);
    commit_change(&c, roster);
    judge_commit(&c, COVEY_ERR_ROSTER);
    commit_change(&c, change_add(circle_package(16)));
    judge_commit(&c, COVEY_ERR_ROSTER);
}

/* ---- coming back ---- */

static circle_commit commit_return(size_t by, size_t who, covey_bytes package)
{
    circle_commit c = commit_by(by);

    commit_change(&c, change_remove(who));
    commit_change(&c, change_add(package));
    return c;
}

Test(circle_commits, the_watch_comes_back_under_its_identity)
{
    circle_begin_family();
    circle_commit c = commit_return(GRAN, WATCH, circle_package(WATCH));
    const covey_roster roster = circle;

    judge_commit(&c, COVEY_OK);
    merge_commit(&c, &roster, WATCH);
    circle_commit next = commit_by(ANNA);
    judge_commit(&next, COVEY_OK);
}

/* Only the holder of the member's signature key: else one guardian could put
 * a device of his own in the place of the watch, or take another's vote. */
Test(circle_commits, T18_nobody_comes_back_as_somebody_else)
{
    static const size_t gone[] = {WATCH, CARER, FRIEND, BEN_2};
    circle_begin_family();

    for (size_t i = 0; i < 4; i++) {
        const covey_member_id id = circle_id(gone[i]);
        const covey_bytes id_of = covey_member_id_bytes(&id);
        circle_commit honest =
            commit_return(BEN, gone[i], circle_package(gone[i]));
        circle_commit stolen_id =
            commit_return(BEN, gone[i],
                          circle_package_of(NEW, id_of, circle_seed(NEW)));

        judge_commit(&honest, COVEY_OK);
        judge_commit(&stolen_id, COVEY_ERR_PERMISSION);
    }
}

/* Each with its own key, whatever the order. */
Test(circle_commits, T18_two_who_come_back_do_not_change_places)
{
    circle_begin_family();
    const covey_member_id carer = circle_id(CARER);
    const covey_member_id friend = circle_id(FRIEND);
    circle_commit c = commit_return(ANNA, CARER, circle_package(FRIEND));
    circle_commit swapped = commit_by(ANNA);

    commit_change(&c, change_remove(FRIEND));
    commit_change(&c, change_add(circle_package(CARER)));
    judge_commit(&c, COVEY_OK);
    commit_change(&swapped, change_remove(CARER));
    commit_change(&swapped, change_remove(FRIEND));
    commit_change(&swapped,
                  change_add(circle_package_of(CARER,
                                               covey_member_id_bytes(&friend),
                                               circle_seed(CARER))));
    commit_change(&swapped,
                  change_add(circle_package_of(FRIEND,
                                               covey_member_id_bytes(&carer),
                                               circle_seed(FRIEND))));
    judge_commit(&swapped, COVEY_ERR_PERMISSION);
}

Test(circle_commits, T18_a_vote_is_not_taken_with_a_removal_that_two_signed)
{
    circle_begin_family();
    const covey_member_id id = circle_id(ANNA);
    covey_mls_ref ref = propose_removal(WATCH, ANNA);
    circle_commit c = commit_by(BEN);
    circle_commit no_vote = commit_by(GRAN);

    commit_ref(&c, ref);
    commit_change(&c,
                  change_add(circle_package_of(NEW, covey_member_id_bytes(&id),
                                               circle_seed(NEW))));
    judge_commit(&c, COVEY_ERR_PERMISSION);
    c.num_changes = 0;
    commit_change(&c, change_add(circle_package(ANNA)));
    judge_commit(&c, COVEY_OK);
    /* Else a helper of hers undoes what the wearer asked for. */
    commit_ref(&no_vote, ref);
    commit_change(&no_vote, c.changes[0]);
    judge_commit(&no_vote, COVEY_ERR_PERMISSION);
}

Test(circle_commits, T52_a_friend_that_the_child_sends_away_is_gone)
{
    circle_begin_family();
    covey_mls_ref ref = propose_removal(WATCH, FRIEND);
    circle_commit c = commit_by(ANNA);

    commit_ref(&c, ref);
    commit_change(&c, change_add(circle_package(FRIEND)));
    judge_commit(&c, COVEY_ERR_PERMISSION);
}

Test(circle_commits, two_who_vote_bring_a_guardian_back)
{
    circle_begin_family();
    covey_mls_ref ref = propose_removal(ANNA, GRAN);
    circle_commit c = commit_by(BEN);

    commit_ref(&c, ref);
    commit_change(&c, change_add(circle_package(GRAN)));
    judge_commit(&c, COVEY_OK);
}

/* A KeyPackage that was left somewhere does not hold who leaves. */
Test(circle_commits, who_leaves_is_not_brought_back)
{
    circle_begin_family();
    covey_mls_ref watch = propose_removal(WATCH, WATCH);
    circle_commit back = commit_by(ANNA);
    circle_commit by_value = commit_return(ANNA, WATCH, circle_package(WATCH));
    circle_commit let_go = commit_referred(ANNA, WATCH, watch);

    commit_ref(&back, watch);
    commit_change(&back, change_add(circle_package(WATCH)));
    judge_commit(&back, COVEY_ERR_PERMISSION);
    judge_commit(&by_value, COVEY_ERR_PERMISSION);
    judge_commit(&let_go, COVEY_OK);
    forget_proposals();

    covey_mls_ref gran = propose_removal(GRAN, GRAN);
    circle_commit again = commit_by(ANNA);
    commit_ref(&again, gran);
    commit_change(&again, change_add(circle_package(GRAN)));
    judge_commit(&again, COVEY_ERR_PERMISSION);
}

/* ---- 3: updates ---- */

Test(circle_commits, T18_an_update_in_a_commit_keeps_the_identity)
{
    circle_begin_family();
    const covey_epoch *epoch = &family[WATCH].group->epoch;
    const covey_leaf_place place = {covey_group_id(&epoch->context),
                                    epoch->keys.self};
    covey_reader r = covey_reader_of(proposal_update(WATCH));
    const covey_member_id id = circle_id(BEN);
    covey_proposal proposal;
    covey_mls_change_info info;

    covey_read_proposal(&r, &proposal);
    proposal.of.update.signature = covey_bytes_of(NULL, 0);
    proposal.of.update.identity = covey_member_id_bytes(&id);
    covey_bytes message =
        forge_proposal(forge_begin(WATCH),
                       proposal_of(COVEY_PROPOSAL_UPDATE,
                                   forge_leaf(&proposal.of.update, &place,
                                              &epoch->sign_key)));
    /* A member that keeps it although the rules refuse it. */
    for (size_t i = ANNA; i <= FRIEND; i++) {
        cr_assert_eq(covey_mls_receive_proposal(family[i].group, message,
                                                family_scratch(), &info, NULL),
                     COVEY_OK);
    }
    covey_mls_group_wipe(family[WATCH].group);
    circle_commit c = commit_by(ANNA);
    commit_ref(&c, info.ref);
    judge_commit(&c, COVEY_ERR_PERMISSION);
}

/* ---- 4: who goes ---- */

Test(circle_commits, T46_a_second_guardian_does_not_go_by_value)
{
    static const struct {
        size_t by;
        size_t target;
        int answer;
    } cases[] = {
        {ANNA, BEN, COVEY_ERR_PERMISSION},
        {ANNA, GRAN, COVEY_ERR_PERMISSION},
        {GRAN, ANNA, COVEY_ERR_PERMISSION},
        {BEN_2, ANNA_2, COVEY_ERR_PERMISSION},
        {ANNA, WATCH, COVEY_ERR_PERMISSION},
        {ANNA, ANNA_2, COVEY_OK},
        {BEN_2, BEN, COVEY_OK},
        {ANNA, CARER, COVEY_OK},
        {ANNA, FRIEND, COVEY_OK},
        {GRAN, CARER, COVEY_OK},
        {GRAN, FRIEND, COVEY_OK},
    };
    circle_begin_family();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        circle_commit c = commit_removal(cases[i].by, cases[i].target);

        trying = hex_of(covey_bytes_of((uint8_t[]){(uint8_t)i}, 1));
        judge_commit(&c, cases[i].answer);
    }
}

Test(circle_commits, T46_two_who_count_remove_a_guardian)
{
    static const struct {
        size_t proposer;
        size_t by;
        size_t target;
        int answer;
    } cases[] = {
        /* Proposer and committer are one person. */
        {ANNA, ANNA, BEN, COVEY_ERR_PERMISSION},
        {ANNA, ANNA_2, BEN, COVEY_ERR_PERMISSION},
        {ANNA_2, ANNA, GRAN, COVEY_ERR_PERMISSION},
        /* The committer does not vote: it may be anybody's. */
        {ANNA, GRAN, BEN, COVEY_ERR_PERMISSION},
        /* Two who vote. */
        {ANNA, BEN, GRAN, COVEY_OK},
        {BEN_2, ANNA, GRAN, COVEY_OK},
        /* The target's person commits what another asked for. */
        {ANNA, BEN_2, BEN, COVEY_OK},
        {ANNA, GRAN, GRAN, COVEY_ERR_PROPOSAL}, /* skipped: MLS refuses */
        /* The wearer, and anybody else. */
        {WATCH, ANNA, BEN, COVEY_OK},
        {WATCH, GRAN, BEN, COVEY_OK},
        {WATCH, BEN, GRAN, COVEY_OK},
        /* The target's own wish. */
        {BEN, ANNA, BEN, COVEY_OK},
        {BEN_2, GRAN, BEN, COVEY_OK},
        {GRAN, BEN, GRAN, COVEY_OK},
        /* Others. */
        {WATCH, ANNA, WATCH, COVEY_OK},
        {CARER, GRAN, CARER, COVEY_OK},
        {GRAN, GRAN, CARER, COVEY_OK},
        {WATCH, BEN, FRIEND, COVEY_OK},
    };
    circle_begin_family();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].answer == COVEY_ERR_PROPOSAL) continue;
        trying = hex_of(covey_bytes_of((uint8_t[]){(uint8_t)i}, 1));
        covey_mls_ref ref = propose_removal(cases[i].proposer, cases[i].target);
        circle_commit c = commit_referred(cases[i].by, cases[i].target, ref);

        judge_commit(&c, cases[i].answer);
        forget_proposals();
    }
}

/* Members that keep a proposal which the rules refused refuse its commit. */
Test(circle_commits, T46_a_proposer_who_may_not_is_not_followed)
{
    static const struct {
        size_t proposer;
        size_t target;
    } cases[] = {{GRAN, BEN},   {CARER, BEN},  {FRIEND, CARER},
                 {ANNA, WATCH}, {GRAN, WATCH}, {FRIEND, WATCH}};
    circle_begin_family();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const covey_mls_change change = change_remove(cases[i].target);
        covey_mls_ref ref = family_propose_to_all(cases[i].proposer, &change);
        circle_commit c = commit_referred(ANNA, cases[i].target, ref);

        trying = hex_of(covey_bytes_of((uint8_t[]){(uint8_t)i}, 1));
        judge_commit(&c, COVEY_ERR_PERMISSION);
        forget_proposals();
    }
}

Test(circle_commits, the_watch_goes_only_to_come_back)
{
    circle_begin_family();
    circle_commit other = commit_removal(ANNA, WATCH);

    commit_change(&other, change_add(circle_package(NEW)));
    judge_commit(&other, COVEY_ERR_PERMISSION);
}

Test(circle_commits, T43_a_removal_that_is_permitted_takes_effect)
{
    circle_begin_family();
    covey_mls_ref ref = propose_removal(WATCH, BEN);
    circle_commit c = commit_referred(ANNA, BEN, ref);
    const covey_roster roster = roster_without(BEN);

    merge_commit(&c, &roster, EVERYBODY);
    cr_assert_not(family_is_in(BEN));
    refuse_data(ANNA, covey_bytes_of_text("x"), COVEY_ERR_MALFORMED);
    circle_commit next = commit_by(BEN_2);
    judge_commit(&next, COVEY_OK);
}

/* ---- 5: PSKs and extensions ---- */

Test(circle_commits, C2_a_psk_only_while_nobody_else_is_there)
{
    const covey_roster_member members[] = {
        circle_entry(0, 1, COVEY_ROLE_GUARDIAN, 1),
    };
    circle_begin(members, 1);
    const covey_roster roster =
        roster_with(circle_entry(1, 0, COVEY_ROLE_WEARER, 0));
    circle_commit c = commit_add(0, circle_package(1), &roster);

    commit_change(&c, change_psk());
    judge_commit(&c, COVEY_OK);
    merge_commit(&c, &roster, 1);
    circle_commit again = commit_by(0);
    commit_change(&again, change_psk());
    judge_commit(&again, COVEY_ERR_PERMISSION);
}

Test(circle_commits, extensions_are_by_value)
{
    circle_begin_family();
    covey_roster roster = circle;
    roster.members[CARER].expires_h++;
    const covey_mls_change change = change_roster(&roster);
    covey_mls_ref ref = family_propose_to_all(BEN, &change);
    const covey_rules_unmet unmet = {&ref, 1};
    circle_commit by_reference = commit_by(ANNA);

    commit_ref(&by_reference, ref);
    judge_commit(&by_reference, COVEY_ERR_PERMISSION);
    circle_unmet = &unmet; /* and not because it stands */
    judge_commit(&by_reference, COVEY_ERR_PERMISSION);
    circle_unmet = NULL;
    forget_proposals();
    circle_commit by_value = commit_by(ANNA);
    commit_change(&by_value, change);
    judge_commit(&by_value, COVEY_OK);
}

static void check_extensions(covey_bytes extensions, int err)
{
    const covey_mls_change change = {.kind = COVEY_MLS_EXTENSIONS,
                                     .extensions = extensions};
    circle_commit c = commit_by(ANNA);

    commit_change(&c, change);
    judge_commit(&c, err);
}

Test(circle_commits, the_roster_is_there_and_stands_alone)
{
    circle_begin_family();
    covey_bytes roster = circle_extensions(&circle);
    covey_bytes required = extension_required("", "", "");

    check_extensions(roster, COVEY_OK);
    check_extensions(covey_bytes_of(NULL, 0), COVEY_ERR_ROSTER);
    check_extensions(required, COVEY_ERR_ROSTER);
    check_extensions(bytes_join(roster, required), COVEY_ERR_ROSTER);
    check_extensions(bytes_join(required, roster), COVEY_ERR_ROSTER);
}

Test(circle_commits, a_roster_that_is_not_valid)
{
    circle_begin_family();
    covey_roster roster = circle;

    roster.members[FRIEND].votes = 1;
    check_extensions(circle_extensions(&roster), COVEY_ERR_ROSTER);
}

/* ---- Welcomes ---- */

static void check_welcome(const covey_roster *roster, size_t by, int err)
{
    const covey_member_id id = circle_id(NEW);
    circle_commit c = commit_add(by, circle_package(NEW), roster);
    const covey_mls_commit_options options = {.changes = c.changes,
                                              .num_changes = c.num_changes};
    covey_bytes welcome;

    (void)family_stage_own(by, &options, &welcome);
    covey_mls_drop(family[by].staged);
    cr_assert_eq(covey_mls_stage_welcome(family[NEW].staged, family[NEW].joiner,
                                         welcome, covey_bytes_of(NULL, 0), NULL,
                                         0, NULL, family_scratch()),
                 COVEY_OK);
    cr_assert_eq(covey_rules_welcome(family[NEW].staged,
                                     covey_member_id_bytes(&id),
                                     COVEY_ROLE_FRIEND),
                 err);
    covey_mls_drop(family[NEW].staged);
}

Test(circle_commits, T06_a_newcomer_sees_everybody_who_reads)
{
    circle_begin_family();
    const covey_roster roster = with_friend(NEW);
    covey_roster short_of_one = roster_without(GRAN);
    covey_roster one_too_many = roster;

    short_of_one.members[short_of_one.num_members++] =
        circle_entry(NEW, 6, COVEY_ROLE_FRIEND, 0);
    short_of_one.next_person = 7;
    one_too_many.members[one_too_many.num_members++] =
        circle_entry(NEW_2, 7, COVEY_ROLE_FRIEND, 0);
    one_too_many.next_person = 8;
    check_welcome(&roster, ANNA, COVEY_OK);
    check_welcome(&short_of_one, ANNA, COVEY_ERR_ROSTER);
    check_welcome(&one_too_many, ANNA, COVEY_ERR_ROSTER);
    check_welcome(&circle, ANNA, COVEY_ERR_ROSTER);
}

Test(circle_commits, T30_a_guardian_sends_the_welcome)
{
    circle_begin_family();
    const covey_roster roster = with_friend(NEW);

    for (size_t who = WATCH; who <= FRIEND; who++) {
        check_welcome(&roster, who,
                      who >= ANNA && who <= GRAN ? COVEY_OK : COVEY_ERR_ROSTER);
    }
}
