/*
 * T46 as a model: all rosters of up to four members, all proposals that may
 * stand in them (one, or two in a row), all committers, and all removals that
 * they commit. The rules are compared with a second formulation, which counts
 * who has signed; and whatever the rules answer, nobody may come to stand
 * alone over others, and somebody must always be able to go on.
 *
 * Groups are real; commits are put into the staged epoch by hand, as the
 * rules look at nothing else.
 */
#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdlib.h>

#include "circle/standing.h"
#include "circle_family.h"

#define MEMBERS 4
#define STANDING 2

typedef struct {
    size_t by;
    size_t target;
} wish;

/* What is looked at; members are leaves. */
static size_t num;
static covey_roster roster;
static wish standing[STANDING];
static size_t num_standing;

/* How much has been looked at. */
static unsigned long num_rosters;
static unsigned long num_commits;
static unsigned long num_accepted;

static const covey_roster_member *m(size_t who)
{
    return &roster.members[who];
}

static bool is_guardian(size_t who)
{
    return m(who)->role == COVEY_ROLE_GUARDIAN;
}

static bool same_person(size_t a, size_t b)
{
    return m(a)->person == m(b)->person;
}

/* ---- the group that the rules see ---- */

static covey_digest ref_of(wish w)
{
    covey_digest ref = {{(uint8_t)(1 + w.by), (uint8_t)(1 + w.target)}};

    return ref;
}

static void set_roster(void)
{
    uint8_t bytes[COVEY_MLS_EXTENSIONS_MAX];
    covey_writer w = covey_writer_of(bytes, sizeof bytes);

    covey_roster_write_extensions(&w, &roster);
    cr_assert_eq(covey_group_extensions_set(&family[0].group->epoch.context,
                                            covey_writer_since(&w, 0)),
                 COVEY_OK);
}

static void cache(wish w)
{
    uint8_t bytes[6];
    covey_writer out = covey_writer_of(bytes, sizeof bytes);
    const covey_digest ref = ref_of(w);

    covey_write_u16(&out, COVEY_PROPOSAL_REMOVE);
    covey_write_u32(&out, (uint32_t)w.target);
    cr_assert_eq(covey_proposal_store_add(&family[0].group->proposals, &ref,
                                          (covey_leaf_index){(uint32_t)w.by},
                                          covey_bytes_of(bytes, 6)),
                 COVEY_OK);
}

/* Offers it; a permitted one stands afterwards. */
static bool rules_permit(wish w)
{
    covey_mls_group *group = family[0].group;
    covey_mls_change_info info;

    cache(w);
    cr_assert_eq(covey_mls_proposal(group, num_standing, &info), COVEY_OK);
    int err = covey_rules_proposal(group, &info, NULL);
    if (err == COVEY_OK) {
        standing[num_standing++] = w;
        return true;
    }
    cr_assert_eq(err, COVEY_ERR_PERMISSION);
    cr_assert_eq(covey_mls_forget_proposal(group, &info.ref), COVEY_OK);
    return false;
}

static void forget_last(void)
{
    const covey_digest ref = ref_of(standing[--num_standing]);
    covey_mls_ref name;

    memcpy(name.bytes, ref.bytes, sizeof name.bytes);
    cr_assert_eq(covey_mls_forget_proposal(family[0].group, &name), COVEY_OK);
}

/* A commit: how each member goes. */
enum { STAYS, BY_VALUE, BY_FIRST, BY_SECOND };

typedef struct {
    size_t by;
    uint8_t how[MEMBERS];
} commit;

static int rules_answer(const commit *c)
{
    static covey_mls_staged staged;
    uint8_t bytes[COVEY_MLS_EXTENSIONS_MAX];
    covey_writer w = covey_writer_of(bytes, sizeof bytes);
    covey_roster after = roster;

    staged.state = COVEY_STAGED_COMMIT;
    staged.has_path = true;
    staged.committer.value = (uint32_t)c->by;
    staged.num_changes = 0;
    staged.next = family[0].group->epoch;
    for (size_t i = 0; i < num; i++) {
        covey_staged_change *change = &staged.changes[staged.num_changes];
        const covey_leaf_index leaf = {(uint32_t)i};

        if (c->how[i] == STAYS) continue;
        *change = (covey_staged_change){
            COVEY_PROPOSAL_REMOVE, false, staged.committer, leaf, {{0}}};
        if (c->how[i] != BY_VALUE) {
            const wish named = standing[c->how[i] - BY_FIRST];

            change->by_reference = true;
            change->proposer.value = (uint32_t)named.by;
            change->ref = ref_of(named);
        }
        staged.num_changes++;
        covey_tree_remove(&staged.next.tree, leaf);
        cr_assert(covey_roster_drop(&after, &roster.members[i].id));
    }
    covey_roster_write_extensions(&w, &after);
    cr_assert_eq(covey_group_extensions_set(&staged.next.context,
                                            covey_writer_since(&w, 0)),
                 COVEY_OK);
    return covey_rules_commit(family[0].group, &staged, NULL);
}

/* ---- the second formulation ---- */

/* A wish alone decides about those who are no guardians, and about whoever
 * has it for himself; the wearer's decides with whoever commits it. */
static bool model_binds(wish w)
{
    return !is_guardian(w.target) || same_person(w.by, w.target) ||
           m(w.by)->role == COVEY_ROLE_WEARER;
}

static bool model_blocked(size_t who)
{
    for (size_t i = 0; i < num_standing; i++) {
        const wish w = standing[i];

        if (!model_binds(w)) continue;
        if (w.target == who) return true;
        if (m(w.by)->role == COVEY_ROLE_WEARER && same_person(w.target, who)) {
            return true;
        }
    }
    return false;
}

static bool model_permits_wish(wish w)
{
    bool free = false;

    if (!same_person(w.by, w.target)) {
        if (m(w.target)->role == COVEY_ROLE_WEARER) return false;
        if (is_guardian(w.target)) {
            if (m(w.by)->votes == 0 && m(w.by)->role != COVEY_ROLE_WEARER) {
                return false;
            }
        } else if (m(w.by)->role > COVEY_ROLE_GUARDIAN) {
            return false;
        }
    }
    for (size_t i = 0; i < num_standing; i++) {
        const wish other = standing[i];

        if (!same_person(other.by, w.by)) continue;
        if (other.target == w.target) return false;
        /* One wish about others for each person but the wearer. */
        if (m(w.by)->role != COVEY_ROLE_WEARER &&
            !same_person(w.by, w.target) &&
            !same_person(other.by, other.target)) {
            return false;
        }
    }
    if (!is_guardian(w.target)) return true;
    standing[num_standing++] = w;
    for (size_t i = 0; i < num; i++) {
        if (is_guardian(i) && !model_blocked(i)) free = true;
    }
    num_standing--;
    return free;
}

/* Who has signed that somebody goes: the committer, and the proposer. */
static bool model_enough(size_t committer, size_t proposer, size_t target)
{
    const size_t signers[2] = {committer, proposer};
    bool own = false;
    bool wearer = false;

    for (size_t i = 0; i < 2; i++) {
        if (same_person(signers[i], target)) own = true;
        if (m(signers[i])->role == COVEY_ROLE_WEARER) wearer = true;
    }
    switch (m(target)->role) {
    case COVEY_ROLE_WEARER: return own;
    case COVEY_ROLE_GUARDIAN:
        return own || wearer ||
               (!same_person(committer, proposer) && m(committer)->votes &&
                m(proposer)->votes);
    default: return true;
    }
}

static bool model_permits(const commit *c)
{
    if (!is_guardian(c->by) || model_blocked(c->by)) return false;
    for (size_t i = 0; i < num; i++) {
        size_t proposer = c->by;

        if (c->how[i] == STAYS) continue;
        if (c->how[i] != BY_VALUE) proposer = standing[c->how[i] - BY_FIRST].by;
        if (!model_enough(c->by, proposer, i)) return false;
    }
    for (size_t i = 0; i < num_standing; i++) {
        if (model_binds(standing[i]) && c->how[standing[i].target] == STAYS) {
            return false;
        }
    }
    return true;
}

/* ---- what must hold whatever the rules are ---- */

/* T46: what one person has signed alone takes no guardian of another person
 * out, nor the watch. */
static void check_nobody_alone(const commit *c)
{
    for (size_t i = 0; i < num; i++) {
        if (c->how[i] == STAYS || same_person(c->by, i)) continue;
        if (!is_guardian(i) && m(i)->role != COVEY_ROLE_WEARER) continue;
        cr_assert_neq(c->how[i], BY_VALUE);
        cr_assert_not(same_person(standing[c->how[i] - BY_FIRST].by, c->by));
    }
    cr_assert(is_guardian(c->by) && c->how[c->by] == STAYS);
}

/* The commit that does what binds, and nothing else. */
static commit dutiful(size_t by)
{
    commit c = {.by = by};

    for (size_t i = 0; i < num_standing; i++) {
        if (model_binds(standing[i])) {
            c.how[standing[i].target] = (uint8_t)(BY_FIRST + i);
        }
    }
    return c;
}

/* However the wishes stand, a guardian can go on. */
static void check_somebody_can_go_on(void)
{
    for (size_t by = 0; by < num; by++) {
        const commit c = dutiful(by);

        if (is_guardian(by) && c.how[by] == STAYS &&
            rules_answer(&c) == COVEY_OK) {
            return;
        }
    }
    cr_assert_fail("nobody can commit any more");
}

/* Whatever wishes of one guardian's person stand: what the wearer asks for
 * stands too, keeps that person from committing, and another carries it
 * out. */
static void check_wearer_is_heard(void)
{
    size_t adversary = num_standing == 0 ? MEMBERS : standing[0].by;

    for (size_t i = 0; i < num_standing; i++) {
        if (!same_person(standing[i].by, adversary)) return;
    }
    if (num_standing == STANDING || m(0)->role != COVEY_ROLE_WEARER) return;
    for (size_t target = 0; target < num; target++) {
        size_t others = 0;
        size_t able = 0;

        if (!is_guardian(target) ||
            (num_standing != 0 && !same_person(target, adversary))) {
            continue;
        }
        for (size_t by = 0; by < num; by++) {
            if (is_guardian(by) && !same_person(by, target)) others++;
        }
        const wish w = {0, target};
        bool stands = rules_permit(w);
        cr_assert_eq(stands, others != 0);
        if (!stands) continue;
        for (size_t by = 0; by < num; by++) {
            const commit c = dutiful(by);

            if (c.how[by] != STAYS || rules_answer(&c) != COVEY_OK) continue;
            cr_assert_not(same_person(by, target));
            able++;
        }
        cr_assert_geq(able, 1);
        forget_last();
    }
}

/* ---- going through all ---- */

static void try_commits(size_t by, size_t from, commit *c)
{
    if (from == num) {
        bool accepted = rules_answer(c) == COVEY_OK;

        num_commits++;
        num_accepted += accepted;
        cr_assert_eq(accepted, model_permits(c),
                     "roster %lu, by %zu: %d%d%d%d, %zu stand: %zu>%zu %zu>%zu",
                     num_rosters, by, c->how[0], c->how[1], c->how[2],
                     c->how[3], num_standing, standing[0].by,
                     standing[0].target, standing[1].by, standing[1].target);
        if (accepted) check_nobody_alone(c);
        return;
    }
    c->how[from] = STAYS;
    try_commits(by, from + 1, c);
    if (from == by) return; /* MLS refuses it */
    c->how[from] = BY_VALUE;
    try_commits(by, from + 1, c);
    for (size_t i = 0; i < num_standing; i++) {
        if (standing[i].target != from) continue;
        c->how[from] = (uint8_t)(BY_FIRST + i);
        try_commits(by, from + 1, c);
    }
    c->how[from] = STAYS;
}

static void try_wishes(void)
{
    check_somebody_can_go_on();
    check_wearer_is_heard();
    for (size_t by = 0; by < num; by++) {
        commit c = {.by = by};

        try_commits(by, 0, &c);
    }
    if (num_standing == STANDING) return;
    for (size_t by = 0; by < num; by++) {
        for (size_t target = 0; target < num; target++) {
            const wish w = {by, target};
            bool wanted = model_permits_wish(w);

            /* The same wish of the same member is the same proposal. */
            if (num_standing == 1 && standing[0].by == by &&
                standing[0].target == target) {
                continue;
            }
            cr_assert_eq(rules_permit(w), wanted,
                         "roster %lu: %zu>%zu, %zu stand: %zu>%zu", num_rosters,
                         by, target, num_standing, standing[0].by,
                         standing[0].target);
            if (!wanted) continue;
            try_wishes();
            forget_last();
        }
    }
}

/* Leaving is always free, but for the last guardian. */
static void check_leaving(void)
{
    size_t guardians = 0;

    for (size_t i = 0; i < num; i++) guardians += is_guardian(i);
    for (size_t i = 0; i < num; i++) {
        const wish w = {i, i};
        bool permitted = rules_permit(w);

        cr_assert_eq(permitted, !is_guardian(i) || guardians > 1);
        if (permitted) forget_last();
    }
}

/* A kind of member: role, person and votes. */
static const covey_roster_member kinds[] = {
    {.person = 0, .role = COVEY_ROLE_WEARER},
    {.person = 1, .role = COVEY_ROLE_GUARDIAN, .votes = 1},
    {.person = 1, .role = COVEY_ROLE_GUARDIAN, .votes = 0},
    {.person = 2, .role = COVEY_ROLE_GUARDIAN, .votes = 1},
    {.person = 2, .role = COVEY_ROLE_GUARDIAN, .votes = 0},
    {.person = 3, .role = COVEY_ROLE_GUARDIAN, .votes = 1},
    {.person = 3, .role = COVEY_ROLE_GUARDIAN, .votes = 0},
    {.person = 4, .role = COVEY_ROLE_CARER, .expires_h = 1},
    {.person = 4, .role = COVEY_ROLE_FRIEND},
    {.person = 5, .role = COVEY_ROLE_FRIEND},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* Persons are numbered as they come: no roster twice under other numbers. */
static bool is_canonical(void)
{
    unsigned highest = 0;

    for (size_t i = 0; i < num; i++) {
        if (!is_guardian(i)) continue;
        if (m(i)->person > highest + 1) return false;
        if (m(i)->person > highest) highest = m(i)->person;
    }
    return true;
}

static void try_roster(void)
{
    covey_roster read;
    covey_writer w = covey_writer_of(test_alloc(1024), 1024);
    size_t guardians = 0;

    covey_roster_write(&w, &roster);
    if (covey_roster_read(&read, covey_writer_since(&w, 0)) != COVEY_OK ||
        !is_canonical()) {
        return;
    }
    for (size_t i = 0; i < num; i++) guardians += is_guardian(i);
    if (guardians == 0) return; /* no such circle comes about */
    set_roster();
    num_rosters++;
    check_leaving();
    try_wishes();
    cr_assert_eq(num_standing, 0);
    test_free_all();
}

/* Members in order of their kinds: none twice but for their order. */
static void try_rosters(size_t at, size_t from)
{
    if (at == num) {
        try_roster();
        return;
    }
    for (size_t k = from; k < KINDS; k++) {
        roster.members[at] = kinds[k];
        roster.members[at].id = circle_id(at);
        try_rosters(at + 1, k);
    }
}

static void try_all_of(size_t members)
{
    covey_roster_member any[MEMBERS];

    for (size_t i = 0; i < members; i++) {
        any[i] = circle_entry(i, (uint8_t)(i + 1), COVEY_ROLE_GUARDIAN, 0);
    }
    circle_begin(any, members);
    num = members;
    roster = (covey_roster){.next_person = 6, .num_members = (uint8_t)members};
    num_rosters = num_commits = num_accepted = 0;
    try_rosters(0, 0);
    cr_log_info("%zu members: %lu rosters, %lu commits, %lu accepted", members,
                num_rosters, num_commits, num_accepted);
    cr_assert_gt(num_accepted, 0);
    cr_assert_gt(num_commits, num_accepted);
}

Test(circle_model, T46_two_members)
{
    try_all_of(2);
    cr_assert_geq(num_rosters, 10);
}

Test(circle_model, T46_three_members)
{
    try_all_of(3);
    cr_assert_geq(num_rosters, 30);
}

Test(circle_model, T46_four_members)
{
    try_all_of(4);
    cr_assert_geq(num_rosters, 80);
}
