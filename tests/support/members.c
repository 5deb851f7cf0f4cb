#include "support/members.h"

#include <stdio.h>
#include <stdlib.h>

#define ROOM 32768
#define MEMBERS_MAX 16

covey_buffer *test_members_scratch(void)
{
    static uint8_t room[2 * ROOM];
    static covey_buffer scratch;

    scratch = (covey_buffer){room, sizeof room, 0};
    return &scratch;
}

covey_buffer *test_members_output(void)
{
    static uint8_t room[ROOM];
    static covey_buffer output;

    output = (covey_buffer){room, sizeof room, 0};
    return &output;
}

covey_bytes test_members_copy(const covey_buffer *output)
{
    covey_bytes bytes = covey_bytes_of(output->at, output->len);

    return covey_bytes_of(test_copy(bytes), bytes.len);
}

static void must(int err)
{
    if (err == COVEY_OK) return;
    (void)fprintf(stderr, "test members: %s\n", covey_error_name(err));
    abort();
}

static covey_mls_member says(size_t who)
{
    uint8_t *identity = test_alloc(16);

    memset(identity, (int)(0xa0 + who), 16);
    return (covey_mls_member){
        .identity = covey_bytes_of(identity, 16),
        .not_before_s = 1000,
        .not_after_s = 1000 + 86400,
    };
}

static void make(test_member *member)
{
    size_t group_size = covey_mls_group_size();
    size_t staged_size = covey_mls_staged_size();

    member->group = covey_mls_group_at(test_alloc(group_size), group_size);
    member->staged = covey_mls_staged_at(test_alloc(staged_size), staged_size);
}

static void join(test_member *member, covey_mls_joiner *joiner,
                 covey_bytes welcome)
{
    const covey_bytes no_tree = {NULL, 0};

    must(covey_mls_stage_welcome(member->staged, joiner, welcome, no_tree, NULL,
                                 0, NULL, test_members_scratch()));
    must(covey_mls_join(member->group, joiner, member->staged));
}

void test_members_new(test_member *members, size_t num, test_random *random)
{
    const covey_random hook = test_random_hook(random);
    const covey_bytes none = {NULL, 0};
    covey_mls_joiner *joiners[MEMBERS_MAX];
    covey_mls_change adds[MEMBERS_MAX] = {{0}};
    covey_buffer welcome = {test_alloc(ROOM), ROOM, 0};

    for (size_t i = 0; i < num; i++) make(&members[i]);
    covey_mls_member creator = says(0);
    must(covey_mls_group_create(members[0].group, &hook, none, &creator, NULL,
                                none, NULL));
    for (size_t i = 1; i < num; i++) {
        size_t size = covey_mls_joiner_size();
        covey_mls_member newcomer = says(i);
        covey_buffer *output = test_members_output();

        joiners[i] = covey_mls_joiner_at(test_alloc(size), size);
        must(covey_mls_joiner_new(joiners[i], &hook, &newcomer, NULL, output));
        adds[i - 1].kind = COVEY_MLS_ADD;
        adds[i - 1].key_package = test_members_copy(output);
    }
    const covey_mls_commit_options options = {.changes = adds,
                                              .num_changes = num - 1};

    must(covey_mls_commit(members[0].group, &hook, &options, members[0].staged,
                          test_members_scratch(), test_members_output(),
                          &welcome));
    must(covey_mls_merge(members[0].group, members[0].staged));
    for (size_t i = 1; i < num; i++) {
        join(&members[i], joiners[i], covey_bytes_of(welcome.at, welcome.len));
    }
}
