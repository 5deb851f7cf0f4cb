/* When a relay appends, and what it looks at first. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cases.h"

#define RACES 12

static void all_or_nothing(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *first = client_new(f->to);
    exchange *x = client_new(f->to);
    size_t num = 0;

    client_add(first, BLOB);
    if (!sync_wants(f, first, &mailbox, COVEY_SYNC_OK)) return;
    client_add(x, BLOB);
    client_add_same(x, first, 0);
    client_add(x, BLOB);
    x->request.has_expect_next = true;
    x->request.expect_next = 1;
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_CONFLICT) ||
        !count_entries(f, &mailbox, 0, &num)) {
        return;
    }
    CHECK(f, num == 1, "of a request that is a conflict %zu were appended",
          num - 1);
    client_free(first);
    client_free(x);
}

static bool expects(finding *f, const covey_mailbox *mailbox, uint64_t expected,
                    covey_sync_status status)
{
    exchange *x = client_new(f->to);

    client_add(x, BLOB);
    x->request.has_expect_next = true;
    x->request.expect_next = expected;
    bool ok = client_sync(x, mailbox) && x->response.status == status;
    if (!ok) {
        finding_fail(f, "`expect_next` %llu has status %u; %s",
                     (unsigned long long)expected, x->response.status,
                     x->trouble);
    }
    client_free(x);
    return ok;
}

static void expect_next_is_exact(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    uint64_t next = 0;

    if (!append_fresh(f, &mailbox, 3) || !next_of(f, &mailbox, &next)) return;
    const uint64_t wrong[] = {0, 1, next - 1, next + 1, UINT64_MAX};
    for (size_t i = 0; i < 5; i++) {
        if (!expects(f, &mailbox, wrong[i], COVEY_SYNC_CONFLICT)) return;
    }
    if (!expects(f, &mailbox, next, COVEY_SYNC_OK)) return;
    (void)expects(f, &mailbox, next, COVEY_SYNC_CONFLICT);
}

static void conflict_says_what_came(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *other = client_new(f->to);
    exchange *x = client_new(f->to);
    uint64_t next = 0;

    if (!append_fresh(f, &mailbox, 2) || !next_of(f, &mailbox, &next)) return;
    for (size_t i = 0; i < 2; i++) client_add(other, BLOB);
    if (!sync_wants(f, other, &mailbox, COVEY_SYNC_OK)) return;
    client_add(x, BLOB);
    x->request.after = next - 1;
    x->request.has_expect_next = true;
    x->request.expect_next = next;
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_CONFLICT)) return;
    CHECK(f, x->response.next == other->response.next,
          "a conflict does not say what is next");
    CHECK(f,
          x->response.num_entries == 2 &&
              is_entry_of(&x->response.entries[0], other, 0) &&
              is_entry_of(&x->response.entries[1], other, 1),
          "a conflict does not give the entries behind `after`");
    CHECK(f, x->response.num_appended == 0, "a conflict names indices");
    /* With what it was told the client appends. */
    x->request.expect_next = x->response.next;
    (void)sync_wants(f, x, &mailbox, COVEY_SYNC_OK);
    client_free(other);
    client_free(x);
}

static void duplicate_before_expect_next(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *first = client_new(f->to);
    exchange *again = client_new(f->to);

    client_add(first, BLOB);
    if (!sync_wants(f, first, &mailbox, COVEY_SYNC_OK) ||
        !append_fresh(f, &mailbox, 1)) {
        return;
    }
    client_add_same(again, first, 0);
    again->request.has_expect_next = true;
    again->request.expect_next = 1;
    if (!sync_wants(f, again, &mailbox, COVEY_SYNC_OK)) return;
    CHECK(f, again->response.appended[0] == first->response.appended[0],
          "the same blob got another index");
    client_free(first);
    client_free(again);
}

/* ---- two at once ---- */

typedef struct {
    exchange *x;
    const covey_mailbox *mailbox;
    pthread_barrier_t *start;
    bool answered;
} racer;

static void *race(void *ctx)
{
    racer *r = ctx;

    client_sign(r->x, r->mailbox);
    pthread_barrier_wait(r->start);
    r->answered = client_send(r->x);
    return NULL;
}

/* Both expect the same index. */
static void race_once(finding *f, const covey_mailbox *mailbox, uint64_t next,
                      size_t round)
{
    pthread_barrier_t start;
    pthread_t threads[2];
    racer racers[2];
    size_t num = 0;

    pthread_barrier_init(&start, NULL, 2);
    for (size_t i = 0; i < 2; i++) {
        racers[i] = (racer){client_new(f->to), mailbox, &start, false};
        client_add(racers[i].x, BLOB);
        racers[i].x->request.after = next - 1;
        racers[i].x->request.has_expect_next = true;
        racers[i].x->request.expect_next = next;
        if (pthread_create(&threads[i], NULL, race, &racers[i]) != 0) abort();
    }
    for (size_t i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    for (size_t i = 0; i < 2; i++) {
        CHECK(f, racers[i].answered, "%s", racers[i].x->trouble);
    }
    covey_sync_status one = racers[0].x->response.status;
    covey_sync_status two = racers[1].x->response.status;
    CHECK(f, (one == COVEY_SYNC_OK) != (two == COVEY_SYNC_OK),
          "of two who expect the same index, %s",
          one == COVEY_SYNC_OK ? "both are told that they got it"
                               : "none got it");
    CHECK(f, one == COVEY_SYNC_CONFLICT || two == COVEY_SYNC_CONFLICT,
          "who lost is not told of a conflict");
    if (!count_entries(f, mailbox, 0, &num)) return;
    CHECK(f, num == round, "after race %zu there are %zu entries", round, num);
    client_free(racers[0].x);
    client_free(racers[1].x);
}

static void expect_next_in_a_race(finding *f)
{
    covey_mailbox mailbox = client_mailbox();

    for (size_t round = 1; round <= RACES && f->verdict == PASSED; round++) {
        uint64_t next = 0;

        if (next_of(f, &mailbox, &next)) race_once(f, &mailbox, next, round);
    }
}

/* ---- readers beside writers ---- */

#define WRITERS 3
#define WRITES 25

typedef struct {
    const target *to;
    const covey_mailbox *mailbox;
    bool failed;
} writing;

static void *write_many(void *ctx)
{
    writing *w = ctx;

    for (size_t i = 0; i < WRITES && !w->failed; i++) {
        exchange *x = client_new(w->to);

        client_add(x, BLOB);
        x->request.after = UINT64_MAX;
        w->failed =
            !client_sync(x, w->mailbox) || x->response.status != COVEY_SYNC_OK;
        client_free(x);
    }
    return NULL;
}

/* Reads behind what it has read, until nothing comes any more. */
static size_t read_along(finding *f, const covey_mailbox *mailbox, size_t all)
{
    uint64_t after = 0;
    size_t num = 0;

    for (unsigned idle = 0; idle < 10 && num < all;) {
        exchange *x = client_new(f->to);

        x->request.after = after;
        if (!sync_wants(f, x, mailbox, COVEY_SYNC_OK)) return num;
        size_t got = x->response.num_entries;
        if (got != 0) after = x->response.entries[got - 1].index;
        num += got;
        idle = got != 0 ? 0 : idle + 1;
        if (got == 0) usleep(100000);
        client_free(x);
    }
    return num;
}

static void nothing_appears_below(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    writing w[WRITERS];
    pthread_t threads[WRITERS];

    for (size_t i = 0; i < WRITERS; i++) {
        w[i] = (writing){f->to, &mailbox, false};
        if (pthread_create(&threads[i], NULL, write_many, &w[i]) != 0) abort();
    }
    size_t num = read_along(f, &mailbox, WRITERS * WRITES);
    for (size_t i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(f, !w[i].failed, "a writer failed");
    }
    CHECK(f, num == WRITERS * WRITES, "who read along missed %zu of %u entries",
          WRITERS * WRITES - num, WRITERS * WRITES);
}

/* ---- the quota ---- */

static bool know_quota(finding *f)
{
    if (f->to->quota != 0) return true;
    f->verdict = NOT_CHECKED;
    snprintf(f->why, sizeof f->why,
             "give --quota BLOBS, what one mailbox of this relay holds");
    return false;
}

static void quota_is_a_status(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *x = client_new(f->to);
    uint64_t next = 0;
    size_t num = 0;

    if (!know_quota(f) || !append_fresh(f, &mailbox, f->to->quota - 2) ||
        !next_of(f, &mailbox, &next) || !append_fresh(f, &mailbox, 2)) {
        return;
    }
    client_add(x, BLOB);
    x->request.after = next - 1;
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_QUOTA)) return;
    CHECK(f, x->response.num_entries == 2,
          "a full mailbox does not give its entries");
    if (!count_entries(f, &mailbox, next - 1, &num)) return;
    CHECK(f, num == 2, "a full mailbox appended something");
    covey_mailbox other = client_mailbox();
    CHECK(f, append_fresh(f, &other, 1), "a full mailbox stops another");
    client_free(x);
}

static void quota_comes_last(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *first = client_new(f->to);
    exchange *x = client_new(f->to);

    if (!know_quota(f)) return;
    client_add(first, BLOB);
    if (!append_fresh(f, &mailbox, f->to->quota - 1) ||
        !sync_wants(f, first, &mailbox, COVEY_SYNC_OK) ||
        !sync_wants(f, first, &mailbox, COVEY_SYNC_OK)) {
        return;
    }
    client_add(x, BLOB);
    x->request.has_expect_next = true;
    x->request.expect_next = 1;
    (void)sync_wants(f, x, &mailbox, COVEY_SYNC_CONFLICT);
    client_free(first);
    client_free(x);
}

/* ---- which log ---- */

/* Of what a fresh exchange is told. */
static bool origin_of(finding *f, const covey_mailbox *mailbox,
                      uint64_t *origin)
{
    exchange *x = client_new(f->to);
    bool ok = sync_wants(f, x, mailbox, COVEY_SYNC_OK);

    *origin = x->response.origin;
    client_free(x);
    return ok;
}

static void origin_is_that_of_the_store(finding *f)
{
    covey_mailbox one = client_mailbox();
    covey_mailbox two = client_mailbox();
    uint64_t first = 0;
    uint64_t again = 0;
    uint64_t other = 0;

    if (!origin_of(f, &one, &first) || !append_fresh(f, &one, 1) ||
        !origin_of(f, &one, &again) || !origin_of(f, &two, &other)) {
        return;
    }
    CHECK(f, first != 0, "an answer has no `origin`");
    CHECK(f, first == again && first == other,
          "`origin` is not always the same");
}

static void another_log_is_a_conflict(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *x = client_new(f->to);
    exchange *poll = client_new(f->to);
    uint64_t origin = 0;
    size_t num = 0;

    if (!append_fresh(f, &mailbox, 1) || !origin_of(f, &mailbox, &origin)) {
        return;
    }
    client_add(x, BLOB);
    x->request.origin = origin;
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
    client_add(x, BLOB);
    x->request.origin = origin ^ 1;
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_CONFLICT) ||
        !count_entries(f, &mailbox, 0, &num)) {
        return;
    }
    CHECK(f, x->response.origin == origin && x->response.num_entries == 0,
          "who knows another log is told more than `next` and `origin`");
    CHECK(f, num == 2, "something for another log was appended");
    poll->request.after = 9;
    poll->request.wait_ms = 10000;
    poll->request.origin = origin ^ 1;
    if (!sync_wants(f, poll, &mailbox, COVEY_SYNC_CONFLICT)) return;
    CHECK(f, poll->took_ms < 5000, "who knows another log has to wait");
    client_free(x);
    client_free(poll);
}

const conformance_case order_cases[] = {
    {"all_or_nothing", "a conflict appends none of its blobs", all_or_nothing},
    {"expect_next_is_exact", "any other index is a conflict",
     expect_next_is_exact},
    {"expect_next_in_a_race", "of two who expect the same, one gets it",
     expect_next_in_a_race},
    {"nothing_appears_below", "who reads along misses nothing",
     nothing_appears_below},
    {"conflict_says_what_came", "a conflict has `next` and the entries",
     conflict_says_what_came},
    {"duplicate_before_expect_next", "what is there already is no conflict",
     duplicate_before_expect_next},
    {"origin_is_that_of_the_store", "all answers name one store",
     origin_is_that_of_the_store},
    {"another_log_is_a_conflict", "nothing is done for who knows another log",
     another_log_is_a_conflict},
    {"quota_is_a_status", "a full mailbox says so, and gives its entries",
     quota_is_a_status},
    {"quota_comes_last", "what is there, and a conflict, come before it",
     quota_comes_last},
    {0},
};
