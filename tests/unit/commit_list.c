/* What take_all takes. Which of several proposals it prefers is shown by the
 * sim. */
#include <covey/error.h>
#include <covey/mls.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/random.h"

#define OWN_TYPE 0xf001

static test_random source;
static covey_mls_group *anna;
static covey_mls_group *ben;
static covey_mls_staged *staged;
static covey_mls_staged *own;
static covey_buffer scratch;
static const uint8_t bens_seed[COVEY_MLS_SIGN_SEED_SIZE] = {1, 2, 3};

static covey_buffer room(size_t cap)
{
    return (covey_buffer){test_alloc(cap), cap, 0};
}

static covey_bytes view(covey_buffer buffer)
{
    return covey_bytes_of(buffer.at, buffer.len);
}

static covey_mls_group *new_group(void)
{
    size_t size = covey_mls_group_size();

    return covey_mls_group_at(test_alloc(size), size);
}

static covey_mls_staged *new_staged(void)
{
    size_t size = covey_mls_staged_size();

    return covey_mls_staged_at(test_alloc(size), size);
}

static covey_mls_member member_of(const char *name)
{
    static const uint16_t types[] = {OWN_TYPE};

    return (covey_mls_member){.identity = covey_bytes_of_text(name),
                              .extension_types = types,
                              .num_extension_types = 1,
                              .not_before_s = 1,
                              .not_after_s = 2};
}

static covey_mls_joiner *new_joiner(const char *name, const uint8_t *seed,
                                    covey_bytes *package)
{
    size_t size = covey_mls_joiner_size();
    covey_mls_joiner *joiner = covey_mls_joiner_at(test_alloc(size), size);
    const covey_mls_member member = member_of(name);
    covey_random random = test_random_hook(&source);
    covey_buffer out = room(covey_mls_key_package_size());

    cr_assert_eq(covey_mls_joiner_new(joiner, &random, &member, seed, &out),
                 COVEY_OK);
    *package = view(out);
    return joiner;
}

static covey_mls_change add_of(covey_bytes package)
{
    return (covey_mls_change){.kind = COVEY_MLS_ADD, .key_package = package};
}

static void commit(const covey_mls_commit_options *options,
                   covey_buffer *message, covey_buffer *welcome)
{
    covey_random random = test_random_hook(&source);

    *message = room(covey_mls_message_size());
    *welcome = room(covey_mls_welcome_size());
    cr_assert_eq(covey_mls_commit(anna, &random, options, own, &scratch,
                                  message, welcome),
                 COVEY_OK);
}

/* Anna and Ben in one group. */
static void begin(void)
{
    const covey_mls_member member = member_of("anna");
    covey_random random;
    covey_buffer message;
    covey_buffer welcome;
    covey_bytes package;
    const covey_bytes none = {NULL, 0};

    source = test_random_of(12);
    random = test_random_hook(&source);
    anna = new_group();
    ben = new_group();
    own = new_staged();
    staged = new_staged();
    scratch = room(covey_mls_scratch_size());
    cr_assert_eq(covey_mls_group_create(anna, &random, none, &member, NULL,
                                        none, NULL),
                 COVEY_OK);
    covey_mls_joiner *joiner = new_joiner("ben", bens_seed, &package);
    const covey_mls_change add = add_of(package);
    commit(&(covey_mls_commit_options){.changes = &add, .num_changes = 1},
           &message, &welcome);
    cr_assert_eq(covey_mls_merge(anna, own), COVEY_OK);
    cr_assert_eq(covey_mls_stage_welcome(staged, joiner, view(welcome), none,
                                         NULL, 0, NULL, &scratch),
                 COVEY_OK);
    cr_assert_eq(covey_mls_join(ben, joiner, staged), COVEY_OK);
}

/* Ben proposes, Anna caches it. */
static void propose(const covey_mls_change *change)
{
    covey_random random = test_random_hook(&source);
    covey_buffer out = room(covey_mls_message_size());
    covey_mls_change_info info;

    cr_assert_eq(covey_mls_propose(ben, &random, change, NULL, 0, NULL,
                                   &scratch, &out, NULL),
                 COVEY_OK);
    cr_assert_eq(covey_mls_receive_proposal(anna, view(out), &scratch, &info,
                                            NULL),
                 COVEY_OK);
}

/* Anna commits all she can: so many, and Ben takes it. */
static void check_taken(size_t num, covey_mls_change_kind kind)
{
    static const covey_mls_commit_options all = {.take_all = true};
    covey_mls_staged_info_data info;
    covey_mls_change_info change;
    covey_buffer message;
    covey_buffer welcome;

    commit(&all, &message, &welcome);
    cr_assert_eq(covey_mls_staged_info(own, &info), COVEY_OK);
    cr_assert_eq(info.num_changes, num);
    for (size_t i = 0; i < num; i++) {
        cr_assert_eq(covey_mls_staged_change(anna, own, i, &change), COVEY_OK);
        cr_assert_eq(change.kind, kind);
    }
    cr_assert_eq(covey_mls_stage(ben, staged, view(message), NULL, 0, &scratch),
                 COVEY_OK);
}

Test(commit_list, an_add_of_a_key_that_is_in_the_group_stops_nobody)
{
    covey_bytes package;
    covey_mls_change add;

    begin();
    (void)new_joiner("ben again", bens_seed, &package);
    add = add_of(package);
    propose(&add);
    check_taken(0, COVEY_MLS_ADD);
}

Test(commit_list, what_is_well_is_taken_beside_what_is_not)
{
    covey_bytes packages[3];
    covey_mls_change add;

    begin();
    (void)new_joiner("carl", NULL, &packages[0]);
    (void)new_joiner("ben again", bens_seed, &packages[1]);
    (void)new_joiner("dora", NULL, &packages[2]);
    for (size_t i = 0; i < 3; i++) {
        add = add_of(packages[i]);
        propose(&add);
    }
    check_taken(2, COVEY_MLS_ADD);
}

Test(commit_list, one_newcomer_is_added_once)
{
    covey_bytes package;
    covey_mls_change add;

    begin();
    (void)new_joiner("carl", NULL, &package);
    add = add_of(package);
    propose(&add);
    propose(&add);
    check_taken(1, COVEY_MLS_ADD);
}

Test(commit_list, extensions_that_a_member_does_not_know_stop_nobody)
{
    const covey_mls_change unknown = {.kind = COVEY_MLS_EXTENSIONS,
                                      .extensions = hex("f00200")};
    const covey_mls_change known = {.kind = COVEY_MLS_EXTENSIONS,
                                    .extensions = hex("f00100")};

    begin();
    propose(&known);
    propose(&unknown); /* the later one, which would be preferred */
    check_taken(1, COVEY_MLS_EXTENSIONS);
}

Test(commit_list, a_psk_that_the_committer_does_not_know_is_left_to_others)
{
    const covey_mls_change psk = {.kind = COVEY_MLS_PSK,
                                  .psk_id = covey_bytes_of_text("unknown")};

    begin();
    propose(&psk);
    check_taken(0, COVEY_MLS_PSK);
}

Test(commit_list, nobody_commits_what_is_about_itself)
{
    const covey_mls_change remove = {.kind = COVEY_MLS_REMOVE, .leaf = 0};

    begin();
    propose(&remove);
    check_taken(0, COVEY_MLS_REMOVE);
}
