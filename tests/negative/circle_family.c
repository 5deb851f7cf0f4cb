#include "circle_family.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdlib.h>

covey_roster circle;
const covey_rules_unmet *circle_unmet;

covey_member_id circle_id(size_t who)
{
    covey_member_id id;

    memset(id.bytes, 'a' + (int)who, sizeof id.bytes);
    return id;
}

const uint8_t *circle_seed(size_t who)
{
    uint8_t *seed = test_alloc(COVEY_MLS_SIGN_SEED_SIZE);

    memset(seed, 'A' + (int)who, COVEY_MLS_SIGN_SEED_SIZE);
    return seed;
}

covey_roster_member circle_entry(size_t who, uint8_t person, uint8_t role,
                                 uint8_t votes)
{
    return (covey_roster_member){circle_id(who), person, role, votes,
                                 role == COVEY_ROLE_CARER ? 500000u : 0};
}

/* ---- making ---- */

static covey_bytes id_bytes(size_t who)
{
    const covey_member_id id = circle_id(who);
    const covey_bytes bytes = covey_member_id_bytes(&id);

    return covey_bytes_of(test_copy(bytes), bytes.len);
}

static covey_mls_member says(covey_bytes identity)
{
    static const uint16_t types[] = {COVEY_EXTENSION_ROSTER};

    return (covey_mls_member){.identity = identity,
                              .extension_types = types,
                              .num_extension_types = 1,
                              .not_before_s = 1000,
                              .not_after_s = 2000};
}

/* Not test_alloc: it outlives test_free_all. */
static void *zeroed(size_t size)
{
    void *at = calloc(size, 1);

    cr_assert_not_null(at);
    return at;
}

static void make_member(size_t who)
{
    family_member *m = &family[who];
    size_t group = covey_mls_group_size();
    size_t staged = covey_mls_staged_size();
    size_t joiner = covey_mls_joiner_size();

    if (m->group != NULL) return;
    m->group = covey_mls_group_at(zeroed(group), group);
    m->staged = covey_mls_staged_at(zeroed(staged), staged);
    m->joiner = covey_mls_joiner_at(zeroed(joiner), joiner);
}

covey_bytes circle_package_of(size_t who, covey_bytes identity,
                              const uint8_t *seed)
{
    const covey_mls_member member = says(identity);
    covey_random random = family_random();
    size_t cap = covey_mls_key_package_size();
    covey_buffer out = {test_alloc(cap), cap, 0};

    make_member(who);
    covey_mls_joiner_wipe(family[who].joiner);
    cr_assert_eq(covey_mls_joiner_new(family[who].joiner, &random, &member,
                                      seed, &out),
                 COVEY_OK);
    return covey_bytes_of(out.at, out.len);
}

covey_bytes circle_package(size_t who)
{
    return circle_package_of(who, id_bytes(who), circle_seed(who));
}

covey_bytes circle_extensions(const covey_roster *roster)
{
    covey_writer w = covey_writer_of(test_alloc(COVEY_MLS_EXTENSIONS_MAX + 512),
                                     COVEY_MLS_EXTENSIONS_MAX + 512);

    covey_roster_write_extensions(&w, roster);
    cr_assert_not(w.failed);
    return covey_writer_since(&w, 0);
}

void circle_begin_with(const covey_roster *roster)
{
    const covey_mls_member creator = says(id_bytes(0));
    covey_mls_change adds[COVEY_MLS_CHANGES_MAX];
    size_t joins[COVEY_MLS_CHANGES_MAX + 1];
    size_t num = 0;
    covey_random random = family_random();

    circle = *roster;
    make_member(0);
    cr_assert_eq(covey_mls_group_create(family[0].group, &random,
                                        covey_bytes_of(NULL, 0), &creator,
                                        circle_seed(0),
                                        circle_extensions(roster), NULL),
                 COVEY_OK);
    for (size_t who = 1; who < roster->num_members; who++) {
        joins[num] = who;
        adds[num++] = change_add(circle_package(who));
    }
    if (num == 0) return;
    joins[num] = EVERYBODY;
    family_commit(0,
                  &(covey_mls_commit_options){.changes = adds,
                                              .num_changes = num},
                  joins);
}

void circle_begin(const covey_roster_member *members, size_t num)
{
    covey_roster roster = {.next_person = 1};

    for (size_t i = 0; i < num; i++) {
        roster.members[roster.num_members++] = members[i];
        if (members[i].person >= roster.next_person) {
            roster.next_person = (uint8_t)(members[i].person + 1);
        }
    }
    circle_begin_with(&roster);
}

void circle_begin_family(void)
{
    static const char relay[] = "\x0crelay.invite";
    covey_roster roster = {
        .next_person = 6,
        .num_members = 8,
        .num_documents = 2,
        .relays_len = sizeof relay - 1,
        .members =
            {
                circle_entry(WATCH, 0, COVEY_ROLE_WEARER, 0),
                circle_entry(ANNA, PERSON_ANNA, COVEY_ROLE_GUARDIAN, 1),
                circle_entry(ANNA_2, PERSON_ANNA, COVEY_ROLE_GUARDIAN, 1),
                circle_entry(BEN, PERSON_BEN, COVEY_ROLE_GUARDIAN, 1),
                circle_entry(BEN_2, PERSON_BEN, COVEY_ROLE_GUARDIAN, 1),
                circle_entry(GRAN, PERSON_GRAN, COVEY_ROLE_GUARDIAN, 0),
                circle_entry(CARER, PERSON_CARER, COVEY_ROLE_CARER, 0),
                circle_entry(FRIEND, PERSON_FRIEND, COVEY_ROLE_FRIEND, 0),
            },
        .documents = {{.kind = 1, .version = 7, .hash = {1}},
                      {.kind = 2, .version = 1, .hash = {2}}},
    };

    memcpy(roster.relays, relay, sizeof relay - 1);
    circle_begin_with(&roster);
}

/* ---- changes ---- */

covey_mls_change change_add(covey_bytes key_package)
{
    return (covey_mls_change){.kind = COVEY_MLS_ADD,
                              .key_package = key_package};
}

covey_mls_change change_remove(size_t who)
{
    return (covey_mls_change){.kind = COVEY_MLS_REMOVE, .leaf = (uint32_t)who};
}

covey_mls_change change_roster(const covey_roster *roster)
{
    return (covey_mls_change){.kind = COVEY_MLS_EXTENSIONS,
                              .extensions = circle_extensions(roster)};
}

covey_mls_change change_psk(void)
{
    family_psks[0] = (covey_mls_psk){covey_bytes_of_text("invite"),
                                     covey_bytes_of_text("a secret")};
    family_num_psks = 1;
    return (covey_mls_change){.kind = COVEY_MLS_PSK,
                              .psk_id = family_psks[0].id};
}

covey_roster roster_without(size_t who)
{
    const covey_member_id id = circle_id(who);
    covey_roster roster = circle;

    cr_assert(covey_roster_drop(&roster, &id));
    return roster;
}

covey_roster roster_with(covey_roster_member member)
{
    covey_roster roster = circle;

    cr_assert_eq(covey_roster_add(&roster, &member), COVEY_OK);
    if (member.person >= roster.next_person) {
        roster.next_person = (uint8_t)(member.person + 1);
    }
    return roster;
}

circle_commit commit_by(size_t who)
{
    return (circle_commit){.by = who};
}

void commit_change(circle_commit *c, covey_mls_change change)
{
    c->changes[c->num_changes++] = change;
}

void commit_ref(circle_commit *c, covey_mls_ref ref)
{
    c->refs[c->num_refs++] = ref;
}

circle_commit commit_removal(size_t by, size_t target)
{
    const covey_roster roster = roster_without(target);
    circle_commit c = commit_by(by);

    commit_change(&c, change_remove(target));
    commit_change(&c, change_roster(&roster));
    return c;
}

circle_commit commit_referred(size_t by, size_t target, covey_mls_ref ref)
{
    const covey_roster roster = roster_without(target);
    circle_commit c = commit_by(by);

    commit_ref(&c, ref);
    commit_change(&c, change_roster(&roster));
    return c;
}

/* ---- judging ---- */

#define FOR_ALL(i)                                                             \
    for (size_t i = 0; i < FAMILY_MAX; i++)                                    \
        if (family_is_in(i))

static covey_bytes make(const circle_commit *c, covey_bytes *welcome)
{
    const covey_mls_commit_options options = {
        .changes = c->changes,
        .num_changes = c->num_changes,
        .refs = c->refs,
        .num_refs = c->num_refs,
        .without_path = c->without_path,
        .psks = family_psks,
        .num_psks = family_num_psks,
    };

    return family_stage_own(c->by, &options, welcome);
}

static void check_answer(size_t who, int err)
{
    int got =
        covey_rules_commit(family[who].group, family[who].staged, circle_unmet);

    cr_assert_eq(got, err, "%s: member %zu says %s, not %s", trying, who,
                 covey_error_name(got), covey_error_name(err));
}

static void stage_all(size_t by, covey_bytes commit)
{
    FOR_ALL(i)
    {
        if (i == by) continue;
        int err =
            covey_mls_stage(family[i].group, family[i].staged, commit,
                            family_psks, family_num_psks, family_scratch());
        cr_assert(err == COVEY_OK || !covey_error_is_public(err),
                  "%s: member %zu: %s", trying, i, covey_error_name(err));
    }
}

void judge_message(size_t by, covey_bytes commit, int err)
{
    stage_all(by, commit);
    FOR_ALL(i)
    {
        if (i != by) check_answer(i, err);
        covey_mls_drop(family[i].staged);
    }
}

void judge_commit(const circle_commit *c, int err)
{
    covey_bytes commit = make(c, NULL);

    stage_all(c->by, commit);
    FOR_ALL(i)
    {
        check_answer(i, err);
        covey_mls_drop(family[i].staged);
    }
}

static void join(size_t who, covey_bytes welcome)
{
    const covey_member_id id = circle_id(who);
    const covey_bytes id_of = covey_member_id_bytes(&id);
    const covey_roster_member *entry = covey_roster_find(&circle, id_of);
    family_member *m = &family[who];

    cr_assert_not_null(entry);
    cr_assert_eq(covey_mls_stage_welcome(m->staged, m->joiner, welcome,
                                         covey_bytes_of(NULL, 0), family_psks,
                                         family_num_psks, NULL,
                                         family_scratch()),
                 COVEY_OK);
    cr_assert_eq(covey_rules_welcome(m->staged, id_of, (covey_role)entry->role),
                 COVEY_OK);
    for (int role = 0; role < 6; role++) {
        cr_assert_eq(covey_rules_welcome(m->staged, id_of, (covey_role)role),
                     role == entry->role ? COVEY_OK : COVEY_ERR_ROSTER);
    }
    cr_assert_eq(covey_mls_join(m->group, m->joiner, m->staged), COVEY_OK);
}

void merge_commit(const circle_commit *c, const covey_roster *roster,
                  size_t newcomer)
{
    covey_bytes welcome;
    covey_bytes commit = make(c, &welcome);

    stage_all(c->by, commit);
    FOR_ALL(i)
    {
        check_answer(i, COVEY_OK);
        cr_assert_eq(covey_mls_merge(family[i].group, family[i].staged),
                     COVEY_OK);
    }
    circle = *roster;
    if (newcomer != EVERYBODY) {
        /* A member that comes back begins anew. */
        if (family[newcomer].group != NULL) {
            covey_mls_group_wipe(family[newcomer].group);
        }
        join(newcomer, welcome);
    }
}

/* ---- proposals ---- */

static int ask_about(size_t who, size_t at)
{
    covey_mls_change_info info;

    cr_assert_eq(covey_mls_proposal(family[who].group, at, &info), COVEY_OK);
    return covey_rules_proposal(family[who].group, &info, NULL);
}

covey_mls_ref judge_proposal(size_t who, const covey_mls_change *change,
                             int err)
{
    covey_mls_ref ref = family_propose_to_all(who, change);

    FOR_ALL(i)
    {
        int got = ask_about(i, covey_mls_num_proposals(family[i].group) - 1);

        cr_assert_eq(got, err, "%s: member %zu says %s, not %s", trying, i,
                     covey_error_name(got), covey_error_name(err));
        if (err) {
            cr_assert_eq(covey_mls_forget_proposal(family[i].group, &ref),
                         COVEY_OK);
        }
    }
    return ref;
}

covey_mls_ref propose_update(size_t who)
{
    const covey_mls_change change = {.kind = COVEY_MLS_UPDATE};

    return judge_proposal(who, &change, COVEY_OK);
}

covey_mls_ref propose_removal(size_t who, size_t target)
{
    const covey_mls_change change = change_remove(target);

    return judge_proposal(who, &change, COVEY_OK);
}

void refuse_removal(size_t who, size_t target)
{
    const covey_mls_change change = change_remove(target);

    (void)judge_proposal(who, &change, COVEY_ERR_PERMISSION);
}

void forget_proposals(void)
{
    FOR_ALL(i)
    {
        while (covey_mls_num_proposals(family[i].group) != 0) {
            covey_mls_change_info info;

            cr_assert_eq(covey_mls_proposal(family[i].group, 0, &info),
                         COVEY_OK);
            cr_assert_eq(covey_mls_forget_proposal(family[i].group, &info.ref),
                         COVEY_OK);
        }
    }
}
