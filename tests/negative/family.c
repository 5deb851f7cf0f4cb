#include "family.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/guard.h"
#include "support/random.h"

family_member family[FAMILY_MAX];
covey_mls_psk family_psks[4];
size_t family_num_psks;
const char *trying = "";

static test_random source = {1, 0, TEST_RANDOM_NEVER, false};

covey_random family_random(void)
{
    return test_random_hook(&source);
}

/* Not test_alloc: it must outlive test_free_all. */
static void *zeroed(size_t size)
{
    void *at = calloc(size, 1);

    cr_assert_not_null(at);
    return at;
}

covey_buffer *family_scratch(void)
{
    static covey_buffer scratch;

    if (scratch.at == NULL) {
        scratch.cap = covey_mls_scratch_size();
        scratch.at = zeroed(scratch.cap);
    }
    return &scratch;
}

static covey_buffer buffer_of(size_t cap)
{
    return (covey_buffer){zeroed(cap), cap, 0};
}

/* A copy that lives until test_free_all. */
static covey_bytes keep(covey_buffer *buffer)
{
    covey_bytes bytes = covey_bytes_of(buffer->at, buffer->len);
    covey_bytes kept = covey_bytes_of(test_copy(bytes), bytes.len);

    free(buffer->at);
    return kept;
}

/* ---- members ---- */

static family_member *member_at(size_t who)
{
    family_member *m = &family[who];
    size_t group = covey_mls_group_size();
    size_t staged = covey_mls_staged_size();
    size_t joiner = covey_mls_joiner_size();

    if (m->group == NULL) {
        m->group = covey_mls_group_at(zeroed(group), group);
        m->staged = covey_mls_staged_at(zeroed(staged), staged);
        m->joiner = covey_mls_joiner_at(zeroed(joiner), joiner);
    }
    return m;
}

const covey_mls_member *family_says(size_t who)
{
    static const uint16_t types[] = {FAMILY_EXTENSION};
    static char name[16];
    static covey_mls_member member;

    (void)snprintf(name, sizeof name, "member %zu", who);
    member = (covey_mls_member){
        .identity = covey_bytes_of_text(name),
        .extension_types = types,
        .num_extension_types = 1,
        .not_before_s = 1000,
        .not_after_s = 2000,
    };
    return &member;
}

bool family_is_in(size_t who)
{
    return family[who].group != NULL && covey_mls_is_open(family[who].group);
}

covey_bytes family_package(size_t who)
{
    covey_random random = family_random();
    covey_buffer out = buffer_of(covey_mls_key_package_size());
    family_member *m = member_at(who);

    covey_mls_joiner_wipe(m->joiner);
    cr_assert_eq(covey_mls_joiner_new(m->joiner, &random, family_says(who),
                                      NULL, &out),
                 COVEY_OK);
    return keep(&out);
}

covey_bytes family_stage_own(size_t committer,
                             const covey_mls_commit_options *options,
                             covey_bytes *welcome)
{
    covey_random random = family_random();
    covey_buffer out = buffer_of(covey_mls_message_size());
    covey_buffer invite = buffer_of(covey_mls_welcome_size());
    family_member *m = &family[committer];

    cr_assert_eq(covey_mls_commit(m->group, &random, options, m->staged,
                                  family_scratch(), &out, &invite),
                 COVEY_OK);
    covey_bytes kept = keep(&invite);
    if (welcome != NULL) *welcome = kept;
    return keep(&out);
}

static void join(size_t who, covey_bytes welcome)
{
    const covey_bytes none = {NULL, 0};
    family_member *m = &family[who];

    cr_assert_eq(covey_mls_stage_welcome(m->staged, m->joiner, welcome, none,
                                         family_psks, family_num_psks, NULL,
                                         family_scratch()),
                 COVEY_OK);
    cr_assert_eq(covey_mls_join(m->group, m->joiner, m->staged), COVEY_OK);
}

void family_commit(size_t committer, const covey_mls_commit_options *options,
                   const size_t *joins)
{
    covey_bytes welcome;
    covey_bytes commit = family_stage_own(committer, options, &welcome);

    for (size_t i = 0; i < FAMILY_MAX; i++) {
        if (!family_is_in(i)) continue;
        if (i != committer) {
            cr_assert_eq(covey_mls_stage(family[i].group, family[i].staged,
                                         commit, family_psks, family_num_psks,
                                         family_scratch()),
                         COVEY_OK);
        }
        cr_assert_eq(covey_mls_merge(family[i].group, family[i].staged),
                     COVEY_OK);
    }
    for (; joins != NULL && *joins != EVERYBODY; joins++) join(*joins, welcome);
}

void family_begin_blank(size_t num)
{
    const covey_bytes none = {NULL, 0};
    covey_random random = family_random();
    covey_mls_change adds[COVEY_MLS_CHANGES_MAX];
    size_t joins[COVEY_MLS_CHANGES_MAX + 1];
    size_t in = 1;

    cr_assert_eq(covey_mls_group_create(member_at(0)->group, &random, none,
                                        family_says(0), NULL, none, NULL),
                 COVEY_OK);
    while (in < num) {
        size_t n = 0;

        for (; n < COVEY_MLS_CHANGES_MAX && in + n < num; n++) {
            adds[n] = (covey_mls_change){.kind = COVEY_MLS_ADD,
                                         .key_package = family_package(in + n)};
            joins[n] = in + n;
        }
        joins[n] = EVERYBODY;
        const covey_mls_commit_options options = {.changes = adds,
                                                  .num_changes = n};
        family_commit(0, &options, joins);
        in += n;
    }
}

void family_begin(size_t num)
{
    family_begin_blank(num);
    for (size_t i = 0; i < num; i++) family_commit(i, NULL, NULL);
}

covey_bytes family_propose(size_t who, const covey_mls_change *change,
                           covey_mls_ref *ref)
{
    covey_random random = family_random();
    covey_buffer out = buffer_of(covey_mls_message_size());

    cr_assert_eq(covey_mls_propose(family[who].group, &random, change, NULL, 0,
                                   NULL, family_scratch(), &out, ref),
                 COVEY_OK);
    return keep(&out);
}

covey_mls_ref family_propose_to_all(size_t who, const covey_mls_change *change)
{
    covey_mls_ref ref;
    covey_mls_change_info info;
    covey_bytes message = family_propose(who, change, &ref);

    for (size_t i = 0; i < FAMILY_MAX; i++) {
        if (i == who || !family_is_in(i)) continue;
        cr_assert_eq(covey_mls_receive_proposal(family[i].group, message,
                                                family_scratch(), &info, NULL),
                     COVEY_OK);
    }
    return ref;
}

covey_bytes family_say(size_t who, const char *data)
{
    covey_random random = family_random();
    covey_buffer out = buffer_of(covey_mls_message_size());

    cr_assert_eq(covey_mls_protect(family[who].group, &random,
                                   covey_bytes_of_text(data), NULL,
                                   family_scratch(), &out),
                 COVEY_OK);
    return keep(&out);
}

covey_bytes family_saved(size_t who)
{
    covey_buffer out = buffer_of(covey_mls_saved_size());

    cr_assert_eq(covey_mls_group_save(family[who].group, NULL, &out), COVEY_OK);
    return keep(&out);
}

/* ---- offers ---- */

void check_error_group(int err)
{
    cr_assert_eq(covey_error_is_public(err), err <= -32 && err >= -63, "%s: %s",
                 trying, covey_error_name(err));
}

static bool is_private(int err)
{
    return err <= COVEY_ERR_PATH_SECRET && err >= COVEY_ERR_KEYS;
}

/* All of a member that may not change: its memory and what it would save. */
typedef struct {
    covey_mls_group group;
    covey_bytes saved;
} before;

static before *look(size_t who)
{
    before *b = zeroed(sizeof *b);

    b->group = *family[who].group;
    b->saved = family_saved(who);
    return b;
}

static void check_unchanged(size_t who, before *b)
{
    check_bytes(family_saved(who), b->saved);
    cr_assert_arr_eq(family[who].group, &b->group, sizeof b->group, "%s",
                     trying);
    free(b);
}

static void check_result(size_t who, int got, int want)
{
    cr_assert_eq(got, want, "%s: member %zu says %s, not %s", trying, who,
                 covey_error_name(got), covey_error_name(want));
    check_error_group(want);
}

static int stage(size_t who, covey_bytes message)
{
    int err = covey_mls_stage(family[who].group, family[who].staged,
                              guard_copy(message), family_psks, family_num_psks,
                              family_scratch());

    guard_free_all();
    return err;
}

void accept_commit(size_t who, covey_bytes message)
{
    check_result(who, stage(who, message), COVEY_OK);
    covey_mls_drop(family[who].staged);
}

/* It can be looked at, but not merged, exported from or saved. */
static void check_only_inspectable(size_t who)
{
    covey_mls_staged *staged = family[who].staged;
    covey_mls_staged_info_data info;
    covey_buffer out = buffer_of(covey_mls_saved_size());
    uint8_t secret[32];
    const covey_bytes none = {NULL, 0};

    cr_assert_eq(covey_mls_staged_info(staged, &info), COVEY_OK);
    cr_assert_eq(info.epoch, covey_mls_epoch(family[who].group) + 1);
    cr_assert_not(info.is_own || info.is_join);
    for (size_t i = 0; i < info.num_changes; i++) {
        covey_mls_change_info change;
        cr_assert_eq(covey_mls_staged_change(family[who].group, staged, i,
                                             &change),
                     COVEY_OK);
    }
    cr_assert_eq(covey_mls_merge(family[who].group, staged), COVEY_ERR_STATE,
                 "%s", trying);
    cr_assert_eq(covey_mls_staged_export(staged, "x", none, secret, 32),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_group_save(family[who].group, staged, &out),
                 COVEY_ERR_STATE);
    free(out.at);
    covey_mls_drop(staged);
}

void refuse_commit(size_t who, covey_bytes message, int err)
{
    before *b = look(who);

    check_result(who, stage(who, message), err);
    if (is_private(err)) {
        check_only_inspectable(who);
    } else {
        cr_assert(test_is_zero(family[who].staged, covey_mls_staged_size()),
                  "%s: something is staged", trying);
    }
    check_unchanged(who, b);
}

static int receive(size_t who, covey_bytes message, covey_mls_change_info *info)
{
    int err = covey_mls_receive_proposal(family[who].group, guard_copy(message),
                                         family_scratch(), info, NULL);

    guard_free_all();
    return err;
}

void accept_proposal(size_t who, covey_bytes message)
{
    covey_mls_change_info info;

    check_result(who, receive(who, message, &info), COVEY_OK);
    cr_assert_eq(covey_mls_forget_proposal(family[who].group, &info.ref),
                 COVEY_OK);
}

void refuse_proposal(size_t who, covey_bytes message, int err)
{
    before *b = look(who);
    covey_mls_change_info info;

    check_result(who, receive(who, message, &info), err);
    check_unchanged(who, b);
}

static int unprotect(size_t who, covey_bytes message)
{
    covey_mls_received received;
    int err = covey_mls_unprotect(family[who].group, guard_copy(message),
                                  family_scratch(), &received);

    guard_free_all();
    return err;
}

void accept_data(size_t who, covey_bytes message)
{
    check_result(who, unprotect(who, message), COVEY_OK);
}

void refuse_data(size_t who, covey_bytes message, int err)
{
    before *b = look(who);

    check_result(who, unprotect(who, message), err);
    check_unchanged(who, b);
}

#define FOR_ALL_BUT(i, sender)                                                 \
    for (size_t i = 0; i < FAMILY_MAX; i++)                                    \
        if (i != (sender) && family_is_in(i))

void all_accept_commit(size_t sender, covey_bytes message)
{
    FOR_ALL_BUT(i, sender) accept_commit(i, message);
}

void all_refuse_commit(size_t sender, covey_bytes message, int err)
{
    FOR_ALL_BUT(i, sender) refuse_commit(i, message, err);
}

void all_accept_proposal(size_t sender, covey_bytes message)
{
    FOR_ALL_BUT(i, sender) accept_proposal(i, message);
}

void all_refuse_proposal(size_t sender, covey_bytes message, int err)
{
    FOR_ALL_BUT(i, sender) refuse_proposal(i, message, err);
}

void all_refuse_data(size_t sender, covey_bytes message, int err)
{
    FOR_ALL_BUT(i, sender) refuse_data(i, message, err);
}
