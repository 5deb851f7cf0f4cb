/* The relay's storage: what it promises whatever happens. */
#include "storage.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOB 256
#define NOW 480000u /* hours since 1970 */

static char directory[64];
static char path[96];
static relay_storage_options options;
static relay_storage *storage;
static relay_reader *reader;

static void open_store(uint32_t now_h)
{
    char error[200] = "";

    storage = relay_storage_open(&options, now_h, error, sizeof error);
    cr_assert_not_null(storage, "%s", error);
    reader = relay_reader_open(storage);
    cr_assert_not_null(reader);
}

static void close_store(void)
{
    relay_reader_close(reader);
    relay_storage_close(storage);
}

static void set_up(void)
{
    cr_assert(sodium_init() >= 0);
    snprintf(directory, sizeof directory, "/tmp/covey-relay-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/relay.db", directory);
    options = (relay_storage_options){.path = path};
    open_store(NOW);
}

static void remove_files(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};

    for (size_t i = 0; i < 3; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
    (void)rmdir(directory);
}

static void tear_down(void)
{
    close_store();
    remove_files();
}

TestSuite(relay_storage, .init = set_up, .fini = tear_down);

static relay_address address_of(unsigned number)
{
    relay_address address = {{0}};

    address.bytes[0] = (uint8_t)number;
    address.bytes[1] = (uint8_t)(number >> 8);
    return address;
}

/* A blob that says which it is. */
static void fill(uint8_t blob[BLOB], unsigned mailbox, unsigned number)
{
    memset(blob, 0x5a, BLOB);
    memcpy(blob, &mailbox, sizeof mailbox);
    memcpy(blob + sizeof mailbox, &number, sizeof number);
}

/* Appends one; gives the request for the answers. */
static relay_append append(unsigned mailbox, unsigned number, bool keep,
                           uint64_t after, uint64_t expect_next, uint32_t now_h,
                           uint64_t *index)
{
    uint8_t bytes[BLOB];
    relay_blob blob = {.bytes = bytes, .len = BLOB, .keep = keep};
    relay_append request = {
        .mailbox = address_of(mailbox),
        .blobs = &blob,
        .num_blobs = 1,
        .after = after,
        .has_expect_next = expect_next != 0,
        .expect_next = expect_next,
    };
    relay_append *batch[] = {&request};

    fill(bytes, mailbox, number);
    relay_storage_append(storage, batch, 1, now_h);
    if (index != NULL) *index = blob.index;
    request.blobs = NULL;
    return request;
}

typedef struct {
    unsigned mailbox;
    uint64_t num;
    uint64_t last;
    uint64_t most; /* stop after so many */
} reading;

static bool check_entry(void *ctx, uint64_t index, const uint8_t *bytes,
                        size_t len)
{
    reading *r = ctx;

    cr_assert(index > r->last, "indices grow");
    cr_assert_eq(len, BLOB);
    cr_assert_eq(memcmp(bytes, &r->mailbox, sizeof r->mailbox), 0,
                 "a blob of another mailbox");
    r->last = index;
    r->num++;
    return r->most == 0 || r->num < r->most;
}

static reading read_after(unsigned mailbox, uint64_t after, uint64_t most)
{
    relay_address address = address_of(mailbox);
    reading r = {.mailbox = mailbox, .last = after, .most = most};
    uint64_t next = 0;

    cr_assert(
        relay_read_after(reader, &address, after, check_entry, &r, &next));
    cr_assert(next > r.last);
    return r;
}

Test(relay_storage, a_mailbox_that_does_not_exist_is_an_empty_one)
{
    cr_assert_eq(read_after(1, 0, 0).num, 0);
    relay_address address = address_of(1);
    uint64_t next = 0;
    cr_assert(relay_read_next(reader, &address, &next));
    cr_assert_eq(next, 1);
    cr_assert_eq(relay_storage_measure(storage).mailboxes, 0);
}

Test(relay_storage, what_was_appended_is_read_in_order_and_in_parts)
{
    for (unsigned i = 0; i < 300; i++) {
        uint64_t index = 0;
        /* Two mailboxes and both classes, interleaved. */
        relay_append answer = append(i % 2, i, i % 7 == 0, 0, 0, NOW, &index);
        cr_assert_eq(answer.status, RELAY_OK);
        cr_assert_eq(index, i / 2 + 1);
        cr_assert_eq(answer.next, index + 1);
    }
    cr_assert_eq(read_after(0, 0, 0).num, 150);
    cr_assert_eq(read_after(1, 100, 0).num, 50);
    cr_assert_eq(read_after(1, 150, 0).num, 0);
    cr_assert_eq(read_after(0, 10, 5).last, 15);
}

Test(relay_storage, reads_that_belong_together_see_what_came_meanwhile)
{
    (void)append(1, 1, false, 0, 0, NOW, NULL);
    (void)append(1, 2, true, 0, 0, NOW, NULL);
    relay_reader_begin(reader);
    cr_assert_eq(read_after(1, 0, 0).num, 2);
    (void)append(1, 3, false, 0, 0, NOW, NULL);
    cr_assert_eq(read_after(1, 0, 0).num, 3);
    (void)append(1, 4, true, 0, 0, NOW, NULL);
    cr_assert_eq(read_after(1, 1, 0).num, 3);
    relay_reader_end(reader);
    cr_assert_eq(read_after(1, 0, 0).num, 4);
}

Test(relay_storage, it_goes_on_where_it_stood_after_a_restart)
{
    for (unsigned i = 0; i < 50; i++) {
        (void)append(i % 3, i, i % 2 == 0, 0, 0, NOW, NULL);
    }
    close_store();
    open_store(NOW);
    cr_assert_eq(read_after(0, 0, 0).num, 17);
    cr_assert_eq(append(0, 99, false, 0, 18, NOW, NULL).status, RELAY_OK);
    cr_assert_eq(read_after(0, 0, 0).num, 18);
}

Test(relay_storage, t14_another_store_has_another_origin)
{
    uint64_t origin = relay_storage_origin(storage);
    char moved[128];

    cr_assert_neq(origin, 0);
    close_store();
    open_store(NOW);
    cr_assert_eq(relay_storage_origin(storage), origin);
    close_store();
    snprintf(moved, sizeof moved, "%s.old", path);
    cr_assert_eq(rename(path, moved), 0);
    open_store(NOW);
    cr_assert_neq(relay_storage_origin(storage), origin);
    cr_assert_eq(unlink(moved), 0);
}

Test(relay_storage, the_same_blob_again_gets_the_index_that_it_has)
{
    uint64_t first = 0;
    uint64_t again = 0;

    (void)append(1, 1, false, 0, 0, NOW, &first);
    (void)append(1, 2, false, 0, 0, NOW, NULL);
    /* Also when something came in between, and expect_next is past. */
    relay_append answer = append(1, 1, false, 0, 1, NOW, &again);
    cr_assert_eq(answer.status, RELAY_OK);
    cr_assert_eq(again, first);
    cr_assert_eq(read_after(1, 0, 0).num, 2);
    /* In another mailbox it is another blob. */
    (void)append(2, 1, false, 0, 0, NOW, &again);
    cr_assert_eq(read_after(2, 0, 0).num, 1);
}

Test(relay_storage, expect_next_lets_one_of_two_win)
{
    uint64_t index = 0;

    cr_assert_eq(append(1, 1, true, 0, 1, NOW, NULL).status, RELAY_OK);
    relay_append lost = append(1, 2, true, 0, 1, NOW, &index);
    cr_assert_eq(lost.status, RELAY_CONFLICT);
    cr_assert_eq(lost.next, 2);
    cr_assert_eq(index, 0);
    cr_assert_eq(read_after(1, 0, 0).num, 1);
    cr_assert_eq(append(1, 2, true, 1, 2, NOW, NULL).status, RELAY_OK);
}

Test(relay_storage, a_request_is_appended_whole_or_not_at_all)
{
    uint8_t bytes[3][BLOB];
    relay_blob blobs[3];
    relay_append request = {.mailbox = address_of(1),
                            .blobs = blobs,
                            .num_blobs = 3,
                            .has_expect_next = true,
                            .expect_next = 2};
    relay_append *batch[] = {&request};

    for (unsigned i = 0; i < 3; i++) {
        fill(bytes[i], 1, i);
        blobs[i] = (relay_blob){.bytes = bytes[i], .len = BLOB};
    }
    relay_storage_append(storage, batch, 1, NOW);
    cr_assert_eq(request.status, RELAY_CONFLICT);
    cr_assert_eq(read_after(1, 0, 0).num, 0);
    request.expect_next = 1;
    relay_storage_append(storage, batch, 1, NOW);
    cr_assert_eq(request.status, RELAY_OK);
    cr_assert_eq(blobs[0].index, 1);
    cr_assert_eq(blobs[2].index, 3);
}

Test(relay_storage, t60_a_full_mailbox_leaves_the_others_alone)
{
    close_store();
    options.hour_blobs_max = 5;
    options.mailbox_blobs_max = 8;
    open_store(NOW);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(append(1, i, false, 0, 0, NOW, NULL).status, RELAY_OK);
    }
    cr_assert_eq(append(1, 5, false, 0, 0, NOW, NULL).status, RELAY_QUOTA);
    cr_assert_eq(append(1, 4, false, 0, 0, NOW, NULL).status, RELAY_OK,
                 "what is there already needs no room");
    cr_assert_eq(append(2, 0, false, 0, 0, NOW, NULL).status, RELAY_OK);
    for (unsigned i = 5; i < 8; i++) {
        cr_assert_eq(append(1, i, false, 0, 0, NOW + 1, NULL).status, RELAY_OK);
    }
    cr_assert_eq(append(1, 8, false, 0, 0, NOW + 2, NULL).status, RELAY_QUOTA);
}

/* T13: bytes are gone from the file when their time is over; commits, which
 * are kept longer, are still found behind the gap. */
Test(relay_storage, t13_what_expired_is_gone_from_the_file)
{
    static char file[1 << 22];
    static const char canary[] = "canary-canary-canary-canary";
    uint8_t bytes[BLOB] = {0};
    relay_blob blob = {.bytes = bytes, .len = BLOB};
    relay_append request = {.mailbox = address_of(1),
                            .blobs = &blob,
                            .num_blobs = 1};
    relay_append *batch[] = {&request};

    memcpy(bytes + 100, canary, sizeof canary);
    (void)append(1, 1, true, 0, 0, NOW, NULL);
    relay_storage_append(storage, batch, 1, NOW);
    for (unsigned i = 2; i < 40; i++) {
        (void)append(1, i, false, 0, 0, NOW + 1, NULL);
    }
    (void)append(1, 40, false, 0, 0, NOW + 100, NULL);
    while (relay_storage_expire(storage, NOW + 169, 10) != 0) continue;

    cr_assert_eq(read_after(1, 0, 0).num, 2, "the kept one and the young one");
    cr_assert_eq(relay_storage_measure(storage).blobs, 2);
    static const char *const ends[] = {"", "-wal"};
    for (size_t i = 0; i < 2; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        FILE *f = fopen(name, "rb");
        size_t len = f != NULL ? fread(file, 1, sizeof file, f) : 0;
        if (f != NULL) fclose(f);
        cr_assert(len < sizeof file);
        cr_assert_null(memmem(file, len, canary, sizeof canary - 1));
    }
}

Test(relay_storage, an_index_is_never_given_again)
{
    uint64_t index = 0;

    for (unsigned i = 0; i < 5; i++) (void)append(1, i, false, 0, 0, NOW, NULL);
    while (relay_storage_expire(storage, NOW + 1000, 100) != 0) continue;
    cr_assert_eq(read_after(1, 0, 0).num, 0);
    close_store();
    open_store(NOW + 1000);
    cr_assert_eq(append(1, 9, false, 5, 6, NOW + 1000, &index).status,
                 RELAY_OK);
    cr_assert_eq(index, 6);
}

/* Appends without end, and says which numbers have been answered. */
static void append_until_killed(int to)
{
    for (unsigned i = 0;; i += 8) {
        uint8_t bytes[8][BLOB];
        relay_blob blobs[8];
        relay_append requests[8];
        relay_append *batch[8];

        for (unsigned k = 0; k < 8; k++) {
            unsigned mailbox = (i + k) % 5;
            fill(bytes[k], mailbox, i + k);
            blobs[k] =
                (relay_blob){.bytes = bytes[k], .len = BLOB, .keep = k == 0};
            requests[k] = (relay_append){.mailbox = address_of(mailbox),
                                         .blobs = &blobs[k],
                                         .num_blobs = 1,
                                         .after = i / 5};
            batch[k] = &requests[k];
        }
        relay_storage_append(storage, batch, 8, NOW);
        for (unsigned k = 0; k < 8; k++) {
            if (requests[k].status != RELAY_OK) _exit(1);
        }
        unsigned answered = i + 8;
        if (write(to, &answered, sizeof answered) < 0) _exit(1);
    }
}

/* T14: what was answered is there after the process was killed. The longer
 * test, which cuts the power, is for machines that can mount. */
Test(relay_storage, what_was_answered_survives_kill_9)
{
    unsigned total = 0;

    for (unsigned round = 0; round < 8; round++) {
        int ends[2];
        unsigned answered = 0;
        unsigned one = 0;
        uint64_t found = 0;

        close_store();
        remove_files();
        set_up();
        close_store();
        cr_assert_eq(pipe(ends), 0);
        pid_t child = fork();
        cr_assert(child >= 0);
        if (child == 0) {
            close(ends[0]);
            open_store(NOW);
            append_until_killed(ends[1]);
        }
        close(ends[1]);
        while (answered < 200 + 100 * round &&
               read(ends[0], &one, sizeof one) == sizeof one) {
            answered = one;
        }
        kill(child, SIGKILL);
        (void)waitpid(child, NULL, 0);
        while (read(ends[0], &one, sizeof one) == sizeof one) answered = one;
        close(ends[0]);
        open_store(NOW);
        for (unsigned m = 0; m < 5; m++) found += read_after(m, 0, 0).num;
        cr_assert(answered > 0);
        cr_assert(found >= answered, "%u answered, %u found", answered,
                  (unsigned)found);
        total += answered;
    }
    cr_log_info("%u blobs answered, none lost", total);
}

/* ---- who is to be woken ---- */

/* Subscribes a text; expiry_h 0 ends it. */
static void subscribe(unsigned mailbox, const char *endpoint, uint32_t expiry_h)
{
    relay_subscription subscription = {
        .endpoint = (const uint8_t *)endpoint,
        .endpoint_len = strlen(endpoint),
        .expiry_h = expiry_h,
    };
    relay_append request = {.mailbox = address_of(mailbox),
                            .subscription = &subscription};
    relay_append *batch[] = {&request};

    relay_storage_append(storage, batch, 1, NOW);
    cr_assert_eq(request.status, RELAY_OK);
    cr_assert_eq(request.next, 1);
}

static bool count(void *ctx, const relay_subscription *subscription)
{
    cr_assert(subscription->endpoint_len != 0);
    ++*(unsigned *)ctx;
    return true;
}

static unsigned num_subscriptions(unsigned mailbox, uint32_t now_h)
{
    relay_address address = address_of(mailbox);
    unsigned num = 0;

    cr_assert(relay_read_subscriptions(reader, &address, now_h, count, &num));
    return num;
}

Test(relay_storage, a_subscription_lasts_until_its_hour)
{
    subscribe(1, "short", NOW + 2);
    subscribe(1, "long", NOW + 5);
    subscribe(2, "other", NOW + 5);
    cr_assert_eq(num_subscriptions(1, NOW + 1), 2);
    cr_assert_eq(num_subscriptions(1, NOW + 2), 1);
    cr_assert_eq(num_subscriptions(1, NOW + 5), 0);
    cr_assert_eq(num_subscriptions(3, NOW), 0);
    cr_assert_eq(relay_storage_measure(storage).subscriptions, 3);
    cr_assert_eq(relay_storage_measure(storage).mailboxes, 0,
                 "a subscription alone makes a mailbox");
    while (relay_storage_expire(storage, NOW + 2, 10) != 0) continue;
    cr_assert_eq(relay_storage_measure(storage).subscriptions, 2);
    subscribe(2, "other", NOW + 9);
    cr_assert_eq(relay_storage_measure(storage).subscriptions, 2);
    cr_assert_eq(num_subscriptions(2, NOW + 8), 1, "it was renewed");
}

Test(relay_storage, t60_there_are_only_so_many_subscriptions)
{
    char endpoint[16];

    close_store();
    options.subscriptions_max = 20;
    open_store(NOW);
    for (unsigned i = 0; i < 40; i++) {
        snprintf(endpoint, sizeof endpoint, "endpoint %u", i);
        subscribe(i < 30 ? 1 : 2, endpoint, NOW + 1 + i);
    }
    cr_assert_eq(num_subscriptions(1, NOW), RELAY_SUBSCRIPTIONS_MAX);
    cr_assert_eq(num_subscriptions(1, NOW + 14), RELAY_SUBSCRIPTIONS_MAX,
                 "those that last longest are kept");
    cr_assert_eq(num_subscriptions(2, NOW), 20 - RELAY_SUBSCRIPTIONS_MAX);
    /* Also after a restart. */
    close_store();
    open_store(NOW);
    subscribe(3, "one more", NOW + 100);
    cr_assert_eq(num_subscriptions(3, NOW), 0);
    subscribe(2, "endpoint 30", 0);
    subscribe(3, "one more", NOW + 100);
    cr_assert_eq(num_subscriptions(3, NOW), 1);
}

/* T13: an endpoint tells who somebody is to a push service. */
Test(relay_storage, t13_an_endpoint_that_ended_is_gone_from_the_file)
{
    static char file[1 << 20];
    static const char canary[] = "https://push.example/canary-canary";
    static const char *const ends[] = {"", "-wal"};

    subscribe(1, canary, NOW + 5);
    subscribe(1, "other", NOW + 500);
    subscribe(1, canary, 0);
    (void)relay_storage_expire(storage, NOW, 10);
    for (size_t i = 0; i < 2; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        FILE *f = fopen(name, "rb");
        size_t len = f != NULL ? fread(file, 1, sizeof file, f) : 0;
        if (f != NULL) fclose(f);
        cr_assert(len < sizeof file);
        cr_assert_null(memmem(file, len, canary, sizeof canary - 1));
    }
}

/* A flag counts for what is appended, not for what is there already, nor for
 * what lost. */
Test(relay_storage, who_is_to_be_woken_is_told_once)
{
    uint8_t bytes[BLOB];
    relay_blob blob = {.bytes = bytes, .len = BLOB, .wake = true};
    relay_append request = {.mailbox = address_of(1),
                            .blobs = &blob,
                            .num_blobs = 1,
                            .has_expect_next = true,
                            .expect_next = 7};
    relay_append *batch[] = {&request};

    fill(bytes, 1, 1);
    relay_storage_append(storage, batch, 1, NOW);
    cr_assert_eq(request.status, RELAY_CONFLICT);
    cr_assert_not(request.woke);
    request.expect_next = 1;
    relay_storage_append(storage, batch, 1, NOW);
    cr_assert(request.woke);
    relay_storage_append(storage, batch, 1, NOW);
    cr_assert_eq(request.status, RELAY_OK);
    cr_assert_not(request.woke);
    blob.wake = false;
    fill(bytes, 1, 2);
    request.expect_next = 2;
    relay_storage_append(storage, batch, 1, NOW);
    cr_assert_not(request.woke);
}

static unsigned num_news;

static void on_news(void *ctx, const relay_address *mailbox)
{
    relay_address expected = address_of(1);

    cr_assert_eq(ctx, &num_news);
    cr_assert_eq(memcmp(mailbox, &expected, sizeof expected), 0);
    num_news++;
}

Test(relay_storage, it_tells_of_news_and_of_nothing_else)
{
    close_store();
    options.news = on_news;
    options.news_ctx = &num_news;
    open_store(NOW);
    (void)append(1, 1, false, 0, 0, NOW, NULL);
    cr_assert_eq(num_news, 1);
    (void)append(1, 2, false, 1, 7, NOW, NULL);
    subscribe(2, "one", NOW + 1);
    cr_assert_eq(num_news, 1);
}
