/* SPEC.md section 2.4, points 7 and 8: what a roster may become. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "circle_family.h"

static covey_roster before;

static void begin(void)
{
    circle_begin_family();
    before = circle;
}

/* A commit by member `by` that changes the roster to this. */
static void check_by(size_t by, const covey_roster *roster, int err)
{
    circle_commit c = commit_by(by);

    commit_change(&c, change_roster(roster));
    judge_commit(&c, err);
}

static void check(const covey_roster *roster, int err)
{
    check_by(ANNA, roster, err);
}

/* ---- entries that stay ---- */

Test(circle_rosters, T47_person_role_and_votes_stay)
{
    begin();
    covey_roster r = before;

    r.members[GRAN].votes = 1;
    check(&r, COVEY_ERR_PERMISSION);
    check_by(GRAN, &r, COVEY_ERR_PERMISSION);

    r = before;
    r.members[BEN].votes = r.members[BEN_2].votes = 0; /* demoted */
    check(&r, COVEY_ERR_PERMISSION);
    check_by(BEN, &r, COVEY_ERR_PERMISSION);

    r = before;
    r.members[FRIEND].role = COVEY_ROLE_GUARDIAN;
    check(&r, COVEY_ERR_PERMISSION);

    r = before;
    r.members[GRAN].role = COVEY_ROLE_FRIEND;
    check(&r, COVEY_ERR_PERMISSION);

    r = before;
    r.members[CARER].role = COVEY_ROLE_FRIEND;
    r.members[CARER].expires_h = 0;
    check(&r, COVEY_ERR_PERMISSION);

    /* Grandmother's phone becomes Anna's, with her vote. */
    r = before;
    r.members[GRAN].person = PERSON_ANNA;
    r.members[GRAN].votes = 1;
    check(&r, COVEY_ERR_PERMISSION);

    /* Ben's tablet becomes a person of its own. */
    r = before;
    r.members[BEN_2].person = 6;
    r.next_person = 7;
    check(&r, COVEY_ERR_PERMISSION);

    r = before;
    r.members[GRAN].person = PERSON_FRIEND;
    r.members[FRIEND].person = PERSON_GRAN;
    check(&r, COVEY_ERR_PERMISSION);

    /* The watch becomes a friend. */
    r = before;
    r.members[WATCH].role = COVEY_ROLE_FRIEND;
    r.members[WATCH].person = 6;
    r.next_person = 7;
    check(&r, COVEY_ERR_PERMISSION);
}

Test(circle_rosters, a_carers_expiry_may_change_and_entries_may_move)
{
    begin();
    covey_roster r = before;

    r.members[CARER].expires_h += 24;
    check(&r, COVEY_OK);
    r = before;
    r.members[WATCH] = before.members[FRIEND];
    r.members[FRIEND] = before.members[WATCH];
    check(&r, COVEY_OK);
}

/* ---- entries that come ---- */

static void check_new(size_t by, covey_roster_member member,
                      uint8_t next_person, int err)
{
    covey_roster r = before;
    circle_commit c = commit_by(by);

    cr_assert_eq(covey_roster_add(&r, &member), COVEY_OK);
    r.next_person = next_person;
    commit_change(&c, change_add(circle_package(NEW)));
    commit_change(&c, change_roster(&r));
    judge_commit(&c, err);
}

Test(circle_rosters, new_persons_do_not_vote)
{
    begin();
    check_new(ANNA, circle_entry(NEW, 6, COVEY_ROLE_GUARDIAN, 0), 7, COVEY_OK);
    check_new(GRAN, circle_entry(NEW, 6, COVEY_ROLE_CARER, 0), 7, COVEY_OK);
    check_new(ANNA, circle_entry(NEW, 6, COVEY_ROLE_GUARDIAN, 1), 7,
              COVEY_ERR_PERMISSION);
}

Test(circle_rosters, C5_an_own_phone_is_of_the_committers_person)
{
    begin();
    check_new(ANNA, circle_entry(NEW, PERSON_ANNA, COVEY_ROLE_GUARDIAN, 1), 6,
              COVEY_OK);
    check_new(GRAN, circle_entry(NEW, PERSON_GRAN, COVEY_ROLE_GUARDIAN, 0), 6,
              COVEY_OK);
    check_new(ANNA, circle_entry(NEW, PERSON_BEN, COVEY_ROLE_GUARDIAN, 1), 6,
              COVEY_ERR_PERMISSION);
    check_new(ANNA, circle_entry(NEW, PERSON_FRIEND, COVEY_ROLE_FRIEND, 0), 6,
              COVEY_ERR_PERMISSION);
    check_new(ANNA, circle_entry(NEW, PERSON_GRAN, COVEY_ROLE_GUARDIAN, 0), 6,
              COVEY_ERR_PERMISSION);
    /* With more votes, or in another role, than the person has. */
    check_new(ANNA, circle_entry(NEW, PERSON_ANNA, COVEY_ROLE_GUARDIAN, 0), 6,
              COVEY_ERR_ROSTER);
    check_new(ANNA, circle_entry(NEW, PERSON_ANNA, COVEY_ROLE_FRIEND, 0), 6,
              COVEY_ERR_ROSTER);
}

Test(circle_rosters, a_second_wearer_does_not_come)
{
    begin();
    check_new(ANNA, circle_entry(NEW, 0, COVEY_ROLE_WEARER, 0), 6,
              COVEY_ERR_ROSTER);
    check_new(ANNA, circle_entry(NEW, 6, COVEY_ROLE_WEARER, 0), 7,
              COVEY_ERR_ROSTER);
}

/* A new watch when the old one has gone, or in its place: only the first. */
Test(circle_rosters, a_wearer_comes_where_there_is_none)
{
    const covey_roster_member members[] = {
        circle_entry(0, 1, COVEY_ROLE_GUARDIAN, 1),
        circle_entry(1, 2, COVEY_ROLE_FRIEND, 0),
    };
    circle_begin(members, 2);
    before = circle;
    check_new(0, circle_entry(NEW, 0, COVEY_ROLE_WEARER, 0), 3, COVEY_OK);
}

Test(circle_rosters, T06_a_watch_is_not_changed_for_another)
{
    begin();
    covey_mls_ref ref = propose_removal(WATCH, WATCH);
    covey_roster r = roster_without(WATCH);
    const covey_roster_member watch =
        circle_entry(NEW, 0, COVEY_ROLE_WEARER, 0);
    circle_commit c = commit_by(ANNA);

    cr_assert_eq(covey_roster_add(&r, &watch), COVEY_OK);
    commit_ref(&c, ref);
    commit_change(&c, change_add(circle_package(NEW)));
    commit_change(&c, change_roster(&r));
    judge_commit(&c, COVEY_ERR_PERMISSION);
}

/* Or with less shown: the watch's entry stays while another comes for it. */
Test(circle_rosters, a_wearer_in_the_place_of_a_friend_that_goes)
{
    begin();
    covey_roster r = roster_without(FRIEND);
    const covey_roster_member friend =
        circle_entry(NEW, 6, COVEY_ROLE_FRIEND, 0);
    circle_commit c = commit_by(ANNA);

    cr_assert_eq(covey_roster_add(&r, &friend), COVEY_OK);
    r.next_person = 7;
    commit_change(&c, change_remove(FRIEND));
    commit_change(&c, change_add(circle_package(NEW)));
    commit_change(&c, change_roster(&r));
    judge_commit(&c, COVEY_ERR_PERMISSION);
}

/* ---- numbers of persons ---- */

Test(circle_rosters, a_person_number_is_not_given_twice)
{
    begin();
    const covey_roster gone = roster_without(FRIEND);
    circle_commit c = commit_removal(ANNA, FRIEND);

    merge_commit(&c, &gone, EVERYBODY);
    before = circle;
    check_new(ANNA, circle_entry(NEW, PERSON_FRIEND, COVEY_ROLE_FRIEND, 0), 6,
              COVEY_ERR_PERMISSION);
    check_new(ANNA, circle_entry(NEW, 6, COVEY_ROLE_FRIEND, 0), 7, COVEY_OK);
}

Test(circle_rosters, next_person_counts_new_persons)
{
    begin();
    covey_roster r = roster_without(FRIEND);
    circle_commit c = commit_by(ANNA);

    /* It falls when the last person goes. */
    r.next_person = 5;
    commit_change(&c, change_remove(FRIEND));
    commit_change(&c, change_roster(&r));
    judge_commit(&c, COVEY_ERR_PERMISSION);

    /* It grows for nobody, or too much: then there is none left for others. */
    r = before;
    r.next_person = 7;
    check(&r, COVEY_ERR_PERMISSION);
    r.next_person = 255;
    check(&r, COVEY_ERR_PERMISSION);
    check_new(ANNA, circle_entry(NEW, 6, COVEY_ROLE_FRIEND, 0), 8,
              COVEY_ERR_PERMISSION);
    check_new(ANNA, circle_entry(NEW, 7, COVEY_ROLE_FRIEND, 0), 8,
              COVEY_ERR_PERMISSION);
    check_new(ANNA, circle_entry(NEW, 254, COVEY_ROLE_FRIEND, 0), 255,
              COVEY_ERR_PERMISSION);
    check_new(ANNA, circle_entry(NEW, PERSON_ANNA, COVEY_ROLE_GUARDIAN, 1), 7,
              COVEY_ERR_PERMISSION);
}

Test(circle_rosters, two_phones_of_one_new_person)
{
    begin();
    covey_roster r = before;
    const covey_roster_member phones[] = {circle_entry(NEW, 6,
                                                       COVEY_ROLE_GUARDIAN, 0),
                                          circle_entry(NEW_2, 6,
                                                       COVEY_ROLE_GUARDIAN, 0)};
    circle_commit c = commit_by(ANNA);

    cr_assert_eq(covey_roster_add(&r, &phones[0]), COVEY_OK);
    cr_assert_eq(covey_roster_add(&r, &phones[1]), COVEY_OK);
    r.next_person = 7;
    commit_change(&c, change_add(circle_package(NEW)));
    commit_change(&c, change_add(circle_package(NEW_2)));
    commit_change(&c, change_roster(&r));
    judge_commit(&c, COVEY_OK);
    r.next_person = 8;
    c.num_changes = 2;
    commit_change(&c, change_roster(&r));
    judge_commit(&c, COVEY_ERR_PERMISSION);
}

/* ---- documents ---- */

Test(circle_rosters, T47_documents_stay_and_versions_rise_by_one)
{
    begin();
    static const struct {
        uint32_t version;
        bool same_hash;
        int answer;
    } cases[] = {
        {7, true, COVEY_OK},
        {7, false, COVEY_ERR_PERMISSION},
        {6, true, COVEY_ERR_PERMISSION},
        {6, false, COVEY_ERR_PERMISSION},
        {0, false, COVEY_ERR_PERMISSION},
        {8, false, COVEY_OK},
        {8, true, COVEY_OK},
        {9, false, COVEY_ERR_PERMISSION},
        {UINT32_MAX, false, COVEY_ERR_PERMISSION},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        covey_roster r = before;

        trying = hex_of(covey_bytes_of((uint8_t[]){(uint8_t)i}, 1));
        r.documents[0].version = cases[i].version;
        if (!cases[i].same_hash) r.documents[0].hash[15] ^= 1;
        check(&r, cases[i].answer);
    }
}

Test(circle_rosters, documents_are_not_dropped_and_new_ones_begin_at_one)
{
    begin();
    covey_roster r = before;

    r.num_documents = 1;
    check(&r, COVEY_ERR_PERMISSION);
    r.documents[0] = before.documents[1];
    check(&r, COVEY_ERR_PERMISSION);
    r = before;
    r.documents[1].kind = 3; /* one goes, one comes */
    check(&r, COVEY_ERR_PERMISSION);
    r = before;
    r.documents[0] = before.documents[1];
    r.documents[1] = before.documents[0];
    check(&r, COVEY_OK);
    for (uint32_t version = 0; version < 3; version++) {
        r = before;
        r.documents[r.num_documents++] =
            (covey_roster_document){.kind = 9, .version = version};
        check(&r, version == 1 ? COVEY_OK : COVEY_ERR_PERMISSION);
    }
    r.documents[2].version = UINT32_MAX;
    check(&r, COVEY_ERR_PERMISSION);
}

/* A version cannot run round. */
Test(circle_rosters, the_last_version_stays)
{
    covey_roster r = {.next_person = 2,
                      .num_members = 1,
                      .num_documents = 1,
                      .members = {circle_entry(0, 1, COVEY_ROLE_GUARDIAN, 1)},
                      .documents = {{.kind = 1, .version = UINT32_MAX}}};

    circle_begin_with(&r);
    check_by(0, &r, COVEY_OK);
    r.documents[0].version = 0;
    check_by(0, &r, COVEY_ERR_PERMISSION);
}

/* ---- announcements, relays ---- */

Test(circle_rosters, announcements_stay)
{
    covey_roster r = {.next_person = 3,
                      .num_members = 2,
                      .num_announcements = 2,
                      .members = {circle_entry(0, 1, COVEY_ROLE_GUARDIAN, 1),
                                  circle_entry(1, 2, COVEY_ROLE_GUARDIAN, 1)}};
    r.announcements[0] =
        (covey_roster_announcement){1, circle_id(0), circle_id(1)};
    r.announcements[1] =
        (covey_roster_announcement){2, circle_id(1), circle_id(0)};
    circle_begin_with(&r);
    before = r;

    check_by(0, &r, COVEY_OK);
    r.num_announcements = 1;
    check_by(0, &r, COVEY_ERR_PERMISSION);
    r.num_announcements = 0;
    check_by(1, &r, COVEY_ERR_PERMISSION);
    r = before;
    r.announcements[r.num_announcements++] = before.announcements[0];
    check_by(0, &r, COVEY_ERR_PERMISSION);
    r = before;
    r.announcements[1].kind = 3;
    check_by(0, &r, COVEY_ERR_PERMISSION);
    r = before;
    r.announcements[1].target = circle_id(0);
    check_by(0, &r, COVEY_ERR_PERMISSION);
    r = before;
    r.announcements[0].by = circle_id(0);
    check_by(0, &r, COVEY_ERR_PERMISSION);
    r = before;
    r.announcements[0] = before.announcements[1];
    r.announcements[1] = before.announcements[0];
    check_by(0, &r, COVEY_ERR_PERMISSION);
}

static void move_relay(covey_roster *r)
{
    r->relays[r->relays_len - 1] = 'f';
}

Test(circle_rosters, a_guardian_moves_the_relay)
{
    begin();
    covey_roster r = before;

    move_relay(&r);
    check(&r, COVEY_OK);
    r.relays_len = 0;
    check_by(GRAN, &r, COVEY_OK);
}

/* ---- 8: with a removal nothing else changes ---- */

/* The removal of the friend, with the roster changed further. */
static void check_with_removal(void (*change)(covey_roster *), int err)
{
    covey_roster r = roster_without(FRIEND);
    covey_roster alone = before;
    circle_commit c = commit_by(ANNA);
    circle_commit without = commit_by(ANNA);

    if (change != NULL) change(&r);
    commit_change(&c, change_remove(FRIEND));
    commit_change(&c, change_roster(&r));
    judge_commit(&c, err);
    /* It is the removal that forbids it. */
    if (change != NULL) change(&alone);
    commit_change(&without, change_roster(&alone));
    judge_commit(&without, COVEY_OK);
}

static void later_expiry(covey_roster *r)
{
    r->members[CARER].expires_h++;
}

static void next_version(covey_roster *r)
{
    r->documents[1].version++;
}

static void another_document(covey_roster *r)
{
    r->documents[r->num_documents++] =
        (covey_roster_document){.kind = 9, .version = 1};
}

static void no_relay(covey_roster *r)
{
    r->relays_len = 0;
}

static void move_documents(covey_roster *r)
{
    const covey_roster_document first = r->documents[0];

    r->documents[0] = r->documents[1];
    r->documents[1] = first;
}

Test(circle_rosters, M1_a_commit_that_removes_carries_nothing_else)
{
    begin();
    check_with_removal(NULL, COVEY_OK);
    check_with_removal(later_expiry, COVEY_ERR_PERMISSION);
    check_with_removal(next_version, COVEY_ERR_PERMISSION);
    check_with_removal(another_document, COVEY_ERR_PERMISSION);
    check_with_removal(move_relay, COVEY_ERR_PERMISSION);
    check_with_removal(no_relay, COVEY_ERR_PERMISSION);
    check_with_removal(move_documents, COVEY_OK);
}

Test(circle_rosters, M1_nobody_comes_with_a_removal)
{
    begin();
    covey_roster r = roster_without(FRIEND);
    const covey_roster_member phone =
        circle_entry(NEW, PERSON_ANNA, COVEY_ROLE_GUARDIAN, 1);
    circle_commit c = commit_by(ANNA);

    cr_assert_eq(covey_roster_add(&r, &phone), COVEY_OK);
    commit_change(&c, change_remove(FRIEND));
    commit_change(&c, change_add(circle_package(NEW)));
    commit_change(&c, change_roster(&r));
    judge_commit(&c, COVEY_ERR_PERMISSION);
}

Test(circle_rosters, the_removed_leaves_no_entry)
{
    begin();
    circle_commit c = commit_by(ANNA);

    commit_change(&c, change_remove(FRIEND));
    judge_commit(&c, COVEY_ERR_ROSTER);
    commit_change(&c, change_roster(&before));
    judge_commit(&c, COVEY_ERR_ROSTER);

    /* Nor does another lose its own for it. */
    const covey_roster other = roster_without(CARER);
    circle_commit swapped = commit_by(ANNA);
    commit_change(&swapped, change_remove(FRIEND));
    commit_change(&swapped, change_roster(&other));
    judge_commit(&swapped, COVEY_ERR_ROSTER);
}
