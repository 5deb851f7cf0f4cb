/* Every prefix and every flipped bit of one message of each kind: refused,
 * and nothing changed. Messages stand against a page that nobody may touch. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge_welcome.h"
#include "support/guard.h"

typedef int offer(covey_bytes message);

/* What is offered, and the member that is not to change. */
static size_t who;

static int offer_commit(covey_bytes message)
{
    return covey_mls_stage(family[who].group, family[who].staged, message, NULL,
                           0, family_scratch());
}

static int offer_proposal(covey_bytes message)
{
    covey_mls_change_info info;

    return covey_mls_receive_proposal(family[who].group, message,
                                      family_scratch(), &info, NULL);
}

static int offer_data(covey_bytes message)
{
    covey_mls_received received;

    return covey_mls_unprotect(family[who].group, message, family_scratch(),
                               &received);
}

static int offer_welcome(covey_bytes message)
{
    const covey_bytes none = {NULL, 0};

    return covey_mls_stage_welcome(family[who].staged, family[who].joiner,
                                   message, none, NULL, 0, NULL,
                                   family_scratch());
}

static int offer_package(covey_bytes message)
{
    covey_random random = family_random();
    static uint8_t room[8192];
    covey_buffer out = {room, sizeof room, 0};
    const covey_mls_change change = {.kind = COVEY_MLS_ADD,
                                     .key_package = message};

    return covey_mls_propose(family[who].group, &random, &change, NULL, 0, NULL,
                             family_scratch(), &out, NULL);
}

typedef struct {
    covey_mls_group group;
    covey_mls_joiner joiner;
} memory;

static memory before;

static void check(covey_bytes message, offer *to, const char *what, size_t at)
{
    covey_mls_message_kind kind;
    uint64_t epoch;
    int err = covey_mls_message_peek(message, &kind, &epoch);

    cr_assert(err == COVEY_OK || covey_error_is_public(err));
    err = to(message);

    cr_assert_lt(err, 0, "%s %zu is taken", what, at);
    /* Refused by all alike, but for what names something not known here, and
     * what concerns this member only. */
    cr_assert(covey_error_is_public(err) || err == COVEY_ERR_REFERENCE ||
                  err == COVEY_ERR_CAPACITY,
              "%s %zu: %s", what, at, covey_error_name(err));
    cr_assert(test_is_zero(family[who].staged, covey_mls_staged_size()));
    cr_assert_eq(memcmp(family[who].group, &before.group, sizeof before.group),
                 0);
    cr_assert_eq(memcmp(family[who].joiner, &before.joiner,
                        sizeof before.joiner),
                 0);
}

static void check_all(covey_bytes message, offer *to)
{
    uint8_t *at = guard_end(message.len);

    before = (memory){*family[who].group, *family[who].joiner};
    for (size_t len = 0; len < message.len; len++) {
        uint8_t *end = at + message.len - len;
        covey_copy(end, message.at, len);
        check(covey_bytes_of(end, len), to, "prefix", len);
    }
    covey_copy(at, message.at, message.len);
    for (size_t bit = 0; bit < 8 * message.len; bit++) {
        test_flip(at, bit);
        check(covey_bytes_of(at, message.len), to, "bit", bit);
        test_flip(at, bit);
    }
    /* One byte more. */
    covey_bytes more = guard_copy(bytes_join(message, hex("00")));
    check(more, to, "longer", message.len + 1);
    cr_assert_eq(to(covey_bytes_of(at, message.len)), COVEY_OK);
}

static forgery *private_or_public(bool is_public)
{
    forgery *f = forge_begin(0);

    f->as_public = is_public;
    return f;
}

Test(exhaustive, private_commits)
{
    family_begin(3);
    who = 2;
    forgery *f = forge_with(0, proposal_add(family_package(5)));
    check_all(forge_commit(f), offer_commit);
}

Test(exhaustive, public_commits)
{
    family_begin(3);
    who = 2;
    check_all(forge_commit(private_or_public(true)), offer_commit);
}

Test(exhaustive, private_proposals)
{
    family_begin(2);
    who = 1;
    check_all(forge_proposal(private_or_public(false), proposal_update(0)),
              offer_proposal);
}

Test(exhaustive, public_proposals)
{
    family_begin(2);
    who = 1;
    check_all(forge_proposal(private_or_public(true), proposal_update(0)),
              offer_proposal);
}

Test(exhaustive, application_data)
{
    family_begin(2);
    who = 1;
    check_all(forge_data(forge_begin(0), "hello"), offer_data);
}

Test(exhaustive, welcomes)
{
    family_begin(3);
    who = 7;
    welcome_forgery *f = welcome_of_commit(0, 7);
    check_all(forge_welcome(f), offer_welcome);
}

Test(exhaustive, key_packages)
{
    covey_bytes package;

    family_begin(2);
    package = family_package(5);
    who = 0;
    check_all(package, offer_package);
}

/* ---- what is inside: changed before it is signed and sealed ---- */

static size_t flipped;
static void flip_content(forgery *f)
{
    f->content = bytes_flip(f->content, flipped);
}

static void cut_content(forgery *f)
{
    f->content = bytes_cut(f->content, flipped);
}

/* An insider's commit with any one bit wrong: refused, publicly or privately,
 * unless the bit is one that another member's ciphertext has. */
Test(exhaustive, bits_of_a_commit_under_a_right_signature)
{
    size_t len;

    family_begin(2);
    who = 1;
    covey_mls_group *group = family[1].group;
    forgery *f = forge_with(0, proposal_add(family_package(5)));
    f->stays = true;
    (void)forge_commit(f);
    len = f->content.len;
    f->at[AT_CONTENT] = flip_content;
    before = (memory){*group, *family[1].joiner};
    for (flipped = 0; flipped < 8 * len; flipped++) {
        covey_bytes message = guard_copy(forge_commit(f));
        int err = offer_commit(message);

        cr_assert_lt(err, 0, "bit %zu is taken", flipped);
        covey_mls_drop(family[1].staged);
        cr_assert_eq(memcmp(group, &before.group, sizeof before.group), 0);
        guard_free_all();
    }
}

Test(exhaustive, prefixes_of_a_commit_under_a_right_signature)
{
    size_t len;

    family_begin(2);
    who = 1;
    forgery *f = forge_with(0, proposal_add(family_package(5)));
    f->stays = true;
    (void)forge_commit(f);
    len = f->content.len;
    f->at[AT_CONTENT] = cut_content;
    for (flipped = 0; flipped < len; flipped++) {
        int err = offer_commit(guard_copy(forge_commit(f)));

        /* The signature's bytes are read as the content's rest. */
        cr_assert(covey_error_is_public(err), "%zu", flipped);
        cr_assert(test_is_zero(family[1].staged, covey_mls_staged_size()));
        guard_free_all();
    }
}

/* ---- every size of working memory: too little, and nothing changed ---- */

static covey_buffer lent;

static int lent_commit(covey_bytes message)
{
    return covey_mls_stage(family[who].group, family[who].staged, message, NULL,
                           0, &lent);
}

static int lent_proposal(covey_bytes message)
{
    covey_mls_change_info info;

    return covey_mls_receive_proposal(family[who].group, message, &lent, &info,
                                      NULL);
}

static int lent_data(covey_bytes message)
{
    covey_mls_received received;

    return covey_mls_unprotect(family[who].group, message, &lent, &received);
}

static int lent_welcome(covey_bytes message)
{
    const covey_bytes none = {NULL, 0};

    return covey_mls_stage_welcome(family[who].staged, family[who].joiner,
                                   message, none, NULL, 0, NULL, &lent);
}

static void check_scratch(covey_bytes message, offer *to)
{
    int err = COVEY_ERR_BUFFER;
    size_t len = 0;

    before = (memory){*family[who].group, *family[who].joiner};
    for (; err != COVEY_OK; len++) {
        lent = (covey_buffer){guard_end(len), len, 0};
        err = to(message);
        guard_free_all();
        if (err == COVEY_OK) break;
        cr_assert_eq(err, COVEY_ERR_BUFFER, "%zu: %s", len,
                     covey_error_name(err));
        cr_assert(test_is_zero(family[who].staged, covey_mls_staged_size()));
        cr_assert_eq(memcmp(family[who].group, &before.group,
                            sizeof before.group),
                     0);
        cr_assert_eq(memcmp(family[who].joiner, &before.joiner,
                            sizeof before.joiner),
                     0);
    }
    cr_assert_leq(len, covey_mls_member_scratch_size());
}

Test(exhaustive, working_memory_of_any_size)
{
    family_begin(3);
    who = 2;
    check_scratch(forge_commit(forge_begin(0)), lent_commit);
    covey_mls_drop(family[2].staged);
    forgery *public = private_or_public(true);
    check_scratch(forge_commit(public), lent_commit);
    covey_mls_drop(family[2].staged);
    check_scratch(forge_proposal(forge_begin(0), proposal_remove(1)),
                  lent_proposal);
    check_scratch(forge_data(forge_begin(0), "hello"), lent_data);
    who = 7;
    check_scratch(forge_welcome(welcome_of_commit(0, 7)), lent_welcome);
}
