/* SPEC.md section 2.7: the numbers that people compare. */
#include "circle/numbers.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "support/bytes.h"
#include "support/random.h"

#define MEMBERS 3

typedef struct {
    covey_mls_group *group;
    covey_mls_staged *staged;
    covey_mls_joiner *joiner;
} member;

static member members[MEMBERS];
static test_random source = {3, 0, TEST_RANDOM_NEVER, false};

static covey_buffer buffer_of(size_t cap)
{
    return (covey_buffer){test_alloc(cap), cap, 0};
}

static covey_mls_member says(size_t who)
{
    static const char *const ids[] = {"first member id.", "second member id",
                                      "third member id."};

    return (covey_mls_member){.identity = covey_bytes_of_text(ids[who]),
                              .not_before_s = 1,
                              .not_after_s = 2};
}

static void make(member *m)
{
    m->group = covey_mls_group_at(test_alloc(covey_mls_group_size()),
                                  covey_mls_group_size());
    m->staged = covey_mls_staged_at(test_alloc(covey_mls_staged_size()),
                                    covey_mls_staged_size());
    m->joiner = covey_mls_joiner_at(test_alloc(covey_mls_joiner_size()),
                                    covey_mls_joiner_size());
}

/* A commit of the first member that all others in the group take. */
static void commit(const covey_mls_change *changes, size_t num, size_t joins)
{
    const covey_random random = test_random_hook(&source);
    const covey_mls_commit_options options = {.changes = changes,
                                              .num_changes = num};
    covey_buffer scratch = buffer_of(covey_mls_scratch_size());
    covey_buffer out = buffer_of(covey_mls_message_size());
    covey_buffer welcome = buffer_of(covey_mls_welcome_size());
    const covey_bytes none = {NULL, 0};

    cr_assert_eq(covey_mls_commit(members[0].group, &random, &options,
                                  members[0].staged, &scratch, &out, &welcome),
                 COVEY_OK);
    for (size_t i = 0; i < MEMBERS; i++) {
        if (!covey_mls_is_open(members[i].group)) continue;
        if (i != 0) {
            cr_assert_eq(covey_mls_stage(members[i].group, members[i].staged,
                                         covey_bytes_of(out.at, out.len), NULL,
                                         0, &scratch),
                         COVEY_OK);
        }
        cr_assert_eq(covey_mls_merge(members[i].group, members[i].staged),
                     COVEY_OK);
    }
    for (size_t i = joins; i < MEMBERS; i++) {
        cr_assert_eq(
            covey_mls_stage_welcome(members[i].staged, members[i].joiner,
                                    covey_bytes_of(welcome.at, welcome.len),
                                    none, NULL, 0, NULL, &scratch),
            COVEY_OK);
        cr_assert_eq(covey_mls_join(members[i].group, members[i].joiner,
                                    members[i].staged),
                     COVEY_OK);
    }
}

static void begin(void)
{
    const covey_random random = test_random_hook(&source);
    const covey_bytes none = {NULL, 0};
    const covey_mls_member first = says(0);
    covey_mls_change adds[MEMBERS - 1];

    for (size_t i = 0; i < MEMBERS; i++) make(&members[i]);
    cr_assert_eq(covey_mls_group_create(members[0].group, &random, none, &first,
                                        NULL, none, NULL),
                 COVEY_OK);
    for (size_t i = 1; i < MEMBERS; i++) {
        const covey_mls_member other = says(i);
        covey_buffer package = buffer_of(covey_mls_key_package_size());

        cr_assert_eq(covey_mls_joiner_new(members[i].joiner, &random, &other,
                                          NULL, &package),
                     COVEY_OK);
        adds[i - 1] =
            (covey_mls_change){.kind = COVEY_MLS_ADD,
                               .key_package =
                                   covey_bytes_of(package.at, package.len)};
    }
    commit(adds, MEMBERS - 1, 1);
}

static const char *digits_of(size_t who)
{
    char *digits = (char *)test_alloc(COVEY_DIGITS_SIZE);

    cr_assert_eq(covey_digits_of(digits, members[who].group), COVEY_OK);
    return digits;
}

static const char *safety_number_of(size_t who)
{
    char *number = (char *)test_alloc(COVEY_SAFETY_NUMBER_SIZE);

    cr_assert_eq(covey_safety_number_of(number, members[who].group), COVEY_OK);
    return number;
}

/* ---- what they are ---- */

/* The remainder of a big-endian number, digit by digit of base 256. */
static unsigned remainder_of(const uint8_t *bytes, size_t len, unsigned by)
{
    unsigned rest = 0;

    for (size_t i = 0; i < len; i++) rest = (rest * 256 + bytes[i]) % by;
    return rest;
}

Test(circle_numbers, they_are_what_the_specification_says)
{
    begin();
    for (unsigned epoch = 0; epoch < 40; epoch++) {
        uint8_t secret[8];
        uint8_t authenticator[32];
        char want[COVEY_SAFETY_NUMBER_SIZE];

        cr_assert_eq(covey_mls_export(members[0].group, "covey digits",
                                      covey_bytes_of(NULL, 0), secret, 8),
                     COVEY_OK);
        cr_assert_eq(covey_mls_epoch_authenticator(members[0].group,
                                                   authenticator),
                     COVEY_OK);
        (void)snprintf(want, sizeof want, "%06u",
                       remainder_of(secret, 8, 1000000));
        cr_assert_str_eq(digits_of(0), want);
        for (size_t i = 0; i < 6; i++) {
            (void)snprintf(want + 6 * i, 7, "%05u%s",
                           remainder_of(authenticator + 5 * i, 5, 100000),
                           i < 5 ? " " : "");
        }
        cr_assert_str_eq(safety_number_of(0), want);
        commit(NULL, 0, MEMBERS);
    }
}

Test(circle_numbers, all_members_of_an_epoch_have_the_same)
{
    begin();
    for (unsigned epoch = 0; epoch < 5; epoch++) {
        for (size_t i = 1; i < MEMBERS; i++) {
            cr_assert_str_eq(digits_of(i), digits_of(0));
            cr_assert_str_eq(safety_number_of(i), safety_number_of(0));
        }
        commit(NULL, 0, MEMBERS);
    }
}

Test(circle_numbers, each_epoch_has_its_own)
{
    begin();
    for (unsigned epoch = 0; epoch < 5; epoch++) {
        const char *digits = digits_of(1);
        const char *number = safety_number_of(1);

        commit(NULL, 0, MEMBERS);
        cr_assert_str_neq(digits_of(1), digits);
        cr_assert_str_neq(safety_number_of(1), number);
    }
}

/* T07: two who take different commits see it when they compare. */
Test(circle_numbers, a_fork_is_seen)
{
    begin();
    const covey_random random = test_random_hook(&source);
    covey_buffer scratch = buffer_of(covey_mls_scratch_size());
    covey_buffer out = buffer_of(covey_mls_message_size());

    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(covey_mls_commit(members[i].group, &random, NULL,
                                      members[i].staged, &scratch, &out, NULL),
                     COVEY_OK);
        cr_assert_eq(covey_mls_merge(members[i].group, members[i].staged),
                     COVEY_OK);
    }
    cr_assert_str_neq(safety_number_of(0), safety_number_of(1));
    cr_assert_str_neq(digits_of(0), digits_of(1));
}

Test(circle_numbers, all_digits_occur_everywhere)
{
    bool seen[6][10] = {{false}};
    bool seen_number[35][10] = {{false}};

    begin();
    for (unsigned epoch = 0; epoch < 150; epoch++) {
        const char *digits = digits_of(0);
        const char *number = safety_number_of(0);

        for (size_t i = 0; i < 6; i++) seen[i][digits[i] - '0'] = true;
        for (size_t i = 0; i < 35; i++) {
            if (number[i] != ' ') seen_number[i][number[i] - '0'] = true;
        }
        commit(NULL, 0, MEMBERS);
    }
    for (size_t d = 0; d < 10; d++) {
        for (size_t i = 0; i < 6; i++) cr_assert(seen[i][d]);
        for (size_t i = 0; i < 35; i++) {
            cr_assert(i % 6 == 5 || seen_number[i][d]);
        }
    }
}

/* ---- when there is none ---- */

Test(circle_numbers, digits_need_the_exporter_and_the_safety_number_does_not)
{
    begin();
    char digits[COVEY_DIGITS_SIZE] = "untold";
    const char *number = safety_number_of(2);

    covey_mls_forget_exporter(members[2].group);
    cr_assert_eq(covey_digits_of(digits, members[2].group), COVEY_ERR_STATE);
    cr_assert_str_eq(digits, "untold");
    cr_assert_str_eq(safety_number_of(2), number);
    cr_assert_str_eq(safety_number_of(0), number);
}

Test(circle_numbers, an_empty_group_has_none)
{
    begin();
    char digits[COVEY_DIGITS_SIZE] = "untold";
    char number[COVEY_SAFETY_NUMBER_SIZE] = "untold";

    covey_mls_group_wipe(members[1].group);
    cr_assert_eq(covey_digits_of(digits, members[1].group), COVEY_ERR_STATE);
    cr_assert_eq(covey_safety_number_of(number, members[1].group),
                 COVEY_ERR_STATE);
    cr_assert_str_eq(digits, "untold");
    cr_assert_str_eq(number, "untold");
}
