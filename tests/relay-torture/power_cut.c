/*
 * T14: the store and a disk that loses power. What was answered is there; what
 * was not is there whole or not at all; the store opens and goes on.
 * COVEY_POWER_CUTS says how many cuts (20).
 */
#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cut_vfs.h"
#include "storage.h"

#define BLOB 256
#define NOW 480000u
#define EXPIRY_H 3u
#define NUM_MAILBOXES 5
#define BATCH 6
#define BLOBS_MAX 3 /* of one request */
#define ANSWERS_MAX 200000

/* One request that was answered. */
typedef struct {
    uint32_t number;
    uint32_t hour;
    uint64_t index; /* of its first blob */
} answer;

/* Written by the child, read after its end. */
typedef struct {
    uint32_t num;
    uint32_t hour; /* as far as the child got */
    answer answers[ANSWERS_MAX];
} record;

static char directory[64];
static char path[96];
static relay_storage_options options;
static record *answered;

static void remove_files(void)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};

    for (size_t i = 0; i < 4; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static void set_up(void)
{
    cr_assert(sodium_init() >= 0);
    snprintf(directory, sizeof directory, "/tmp/covey-cut-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/relay.db", directory);
    options = (relay_storage_options){.path = path,
                                      .expiry_h = EXPIRY_H,
                                      .hour_blobs_max = 1000000};
    answered = mmap(NULL, sizeof *answered, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert(answered != MAP_FAILED);
}

static void tear_down(void)
{
    remove_files();
    (void)rmdir(directory);
    (void)munmap(answered, sizeof *answered);
}

TestSuite(relay_power, .init = set_up, .fini = tear_down, .timeout = 3000);

/* ---- the requests ---- */

/* What request `number` is, follows from the number. */
static unsigned mailbox_of(uint32_t number)
{
    return number * 7 % NUM_MAILBOXES;
}

static size_t num_blobs_of(uint32_t number)
{
    return 1 + number % BLOBS_MAX;
}

static bool is_kept(uint32_t number)
{
    return number % 4 == 0;
}

static relay_address address_of(unsigned number)
{
    return (relay_address){{(uint8_t)(number + 1)}};
}

static void fill(uint8_t blob[BLOB], uint32_t number, uint32_t which)
{
    memset(blob, (int)(number ^ which), BLOB);
    memcpy(blob, &number, sizeof number);
    memcpy(blob + 4, &which, sizeof which);
}

/* ---- the child ---- */

static void append_batch(relay_storage *storage, uint32_t first)
{
    static uint8_t bytes[BATCH][BLOBS_MAX][BLOB];
    relay_blob blobs[BATCH][BLOBS_MAX] = {0};
    relay_append requests[BATCH] = {0};
    relay_append *batch[BATCH];
    uint32_t hour = answered->hour;

    for (uint32_t i = 0; i < BATCH; i++) {
        uint32_t number = first + i;

        requests[i].mailbox = address_of(mailbox_of(number));
        requests[i].blobs = blobs[i];
        requests[i].num_blobs = num_blobs_of(number);
        requests[i].after = UINT64_MAX; /* nothing is there already */
        for (uint32_t k = 0; k < requests[i].num_blobs; k++) {
            fill(bytes[i][k], number, k);
            blobs[i][k] = (relay_blob){.bytes = bytes[i][k],
                                       .len = BLOB,
                                       .keep = is_kept(number)};
        }
        batch[i] = &requests[i];
    }
    relay_storage_append(storage, batch, BATCH, hour);
    for (uint32_t i = 0; i < BATCH; i++) {
        if (requests[i].status != RELAY_OK) _exit(10);
        if (answered->num == ANSWERS_MAX) _exit(11);
        answered->answers[answered->num] =
            (answer){first + i, hour, blobs[i][0].index};
        answered->num++;
    }
}

/* Appends, and lets an hour pass now and then, until the power goes. */
static void work(const cut_plan *plan)
{
    char error[200] = "";

    cut_vfs_install(plan);
    relay_storage *storage =
        relay_storage_open(&options, NOW, error, sizeof error);
    if (storage == NULL) _exit(12);
    for (uint32_t first = 0;; first += BATCH) {
        append_batch(storage, first);
        if (first / BATCH % 16 == 15) {
            answered->hour++;
            (void)relay_storage_expire(storage, answered->hour, 1000);
        }
    }
}

/* ---- afterwards ---- */

typedef struct {
    uint64_t last;
    uint64_t num;
    /* The request that is being read, and how many of its blobs came. */
    uint32_t number;
    size_t num_of_it;
    bool torn;
    uint8_t *seen; /* by number */
    unsigned mailbox;
} reading;

static void end_of_request(reading *r)
{
    if (r->num_of_it != 0 && r->num_of_it != num_blobs_of(r->number)) {
        r->torn = true;
    }
    if (r->num_of_it != 0) r->seen[r->number] = 1;
    r->num_of_it = 0;
}

static bool check_entry(void *ctx, uint64_t index, const uint8_t *bytes,
                        size_t len)
{
    reading *r = ctx;
    uint8_t expected[BLOB];
    uint32_t number = 0;
    uint32_t which = 0;

    cr_assert_eq(len, BLOB);
    memcpy(&number, bytes, sizeof number);
    memcpy(&which, bytes + 4, sizeof which);
    cr_assert(number < ANSWERS_MAX && which < BLOBS_MAX);
    fill(expected, number, which);
    cr_assert_eq(memcmp(bytes, expected, BLOB), 0, "a blob was changed");
    cr_assert(index > r->last, "indices rise");
    cr_assert_eq(mailbox_of(number), r->mailbox, "it is another mailbox's");
    if (number != r->number) end_of_request(r);
    r->number = number;
    r->num_of_it++;
    r->last = index;
    r->num++;
    return true;
}

static uint64_t find_all(relay_storage *storage, uint8_t *seen)
{
    relay_reader *reader = relay_reader_open(storage);
    uint64_t num = 0;

    cr_assert_not_null(reader);
    for (unsigned m = 0; m < NUM_MAILBOXES; m++) {
        reading r = {.seen = seen, .mailbox = m};
        relay_address address = address_of(m);
        uint64_t next = 0;

        cr_assert(
            relay_read_after(reader, &address, 0, check_entry, &r, &next));
        end_of_request(&r);
        cr_assert_not(r.torn, "a request was appended in part");
        cr_assert(next > r.last);
        num += r.num;
    }
    relay_reader_close(reader);
    return num;
}

/* How many answered requests are missing though they have not expired. */
static uint32_t count_lost(relay_storage *storage)
{
    uint8_t *seen = calloc(ANSWERS_MAX, 1);
    uint32_t lost = 0;

    cr_assert_not_null(seen);
    (void)find_all(storage, seen);
    for (uint32_t i = 0; i < answered->num; i++) {
        const answer *a = &answered->answers[i];
        bool alive = is_kept(a->number) || a->hour + EXPIRY_H > answered->hour;

        if (alive && !seen[a->number]) lost++;
    }
    free(seen);
    return lost;
}

static bool count_nothing(void *ctx, uint64_t index, const uint8_t *bytes,
                          size_t len)
{
    (void)ctx;
    (void)index;
    (void)bytes;
    (void)len;
    return true;
}

/* Whether an index that was answered would be given again. */
static bool gives_again(relay_storage *storage)
{
    relay_reader *reader = relay_reader_open(storage);
    uint64_t next[NUM_MAILBOXES] = {0};
    bool again = false;

    cr_assert_not_null(reader);
    for (unsigned m = 0; m < NUM_MAILBOXES; m++) {
        relay_address address = address_of(m);

        cr_assert(relay_read_after(reader, &address, UINT64_MAX, count_nothing,
                                   NULL, &next[m]));
    }
    for (uint32_t i = 0; i < answered->num; i++) {
        const answer *a = &answered->answers[i];

        if (next[mailbox_of(a->number)] <= a->index) again = true;
    }
    relay_reader_close(reader);
    return again;
}

typedef struct {
    uint32_t answered;
    uint32_t lost;
    bool again; /* an index would be given again */
} outcome;

static outcome cut_once(const cut_plan *plan)
{
    char error[200] = "";
    int status = 0;

    remove_files();
    memset(answered, 0, sizeof *answered);
    answered->hour = NOW;
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        work(plan);
        _exit(13);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0,
              "the child ended with %d", status);

    char shm[128];
    snprintf(shm, sizeof shm, "%s-shm", path);
    (void)unlink(shm); /* it was in memory */
    relay_storage *storage =
        relay_storage_open(&options, answered->hour, error, sizeof error);
    cr_assert_not_null(storage, "after the cut: %s", error);
    outcome o = {.answered = answered->num,
                 .lost = count_lost(storage),
                 .again = gives_again(storage)};
    append_batch(storage, 0); /* and it goes on */
    relay_storage_close(storage);
    return o;
}

static unsigned num_cuts(void)
{
    const char *text = getenv("COVEY_POWER_CUTS");

    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : 20;
}

/* Cuts at moments all over the run, also while the store is being made. */
static cut_plan plan_of(unsigned number)
{
    static const uint32_t keeps[] = {0, 50, 95, 20};

    return (cut_plan){.seed = number * 7919u + 1,
                      .after = 1 + (number * 2654435761u >> 8) % 3000,
                      .keep = keeps[number % 4]};
}

Test(relay_power, t14_what_was_answered_survives_power_cuts)
{
    uint32_t num = 0;

    for (unsigned i = 0; i < num_cuts(); i++) {
        cut_plan plan = plan_of(i);
        outcome o = cut_once(&plan);

        cr_assert_eq(o.lost, 0, "cut %u: of %u answered requests %u are lost",
                     i, o.answered, o.lost);
        cr_assert_not(o.again, "cut %u: an index would be given again", i);
        num += o.answered;
    }
    cr_assert(num > 1000, "only %u requests were answered", num);
    fprintf(stderr, "%u cuts, %u requests answered, none lost\n", num_cuts(),
            num);
}

/* The test can see loss: a weaker setting loses, and so does a disk that
 * says it has synced. */
Test(relay_power, t14_a_weaker_setting_is_seen_to_lose)
{
    uint32_t lost[2] = {0, 0};

    for (unsigned i = 0; i < 20; i++) {
        cut_plan plan = plan_of(i);

        plan.keep = 0;
        plan.weaker_sync = true;
        lost[0] += cut_once(&plan).lost;
        plan.weaker_sync = false;
        plan.disk_lies = true;
        lost[1] += cut_once(&plan).lost;
    }
    cr_assert(lost[0] > 0, "synchronous = NORMAL was not weaker");
    cr_assert(lost[1] > 0, "a disk that lies was not worse");
    fprintf(stderr,
            "lost by synchronous = NORMAL: %u, by a disk that lies: "
            "%u\n",
            lost[0], lost[1]);
}
