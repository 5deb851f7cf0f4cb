/*
 * What is left in the relay's files: T12, no column says more than it must;
 * T13, bytes whose time is over are nowhere in them, free pages and the log of
 * changes included.
 */
#include <criterion/criterion.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage.h"

#define NOW 480000u
#define LATER (NOW + 200) /* the usual expiry is 168 hours */
#define CANARY_SIZE 16

static const char expires[CANARY_SIZE + 1] = "expires-canary-1";
static const char is_kept[CANARY_SIZE + 1] = "is-kept-canary-2";

static char directory[64];
static char path[96];
static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
#define NUM_ENDS (sizeof ends / sizeof ends[0])

static void file_name(char name[128], size_t which)
{
    snprintf(name, 128, "%s%s", path, ends[which]);
}

static void set_up(void)
{
    cr_assert(sodium_init() >= 0);
    snprintf(directory, sizeof directory, "/tmp/covey-remains-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/relay.db", directory);
}

static void tear_down(void)
{
    sqlite3_reset_auto_extension();
    for (size_t i = 0; i < NUM_ENDS; i++) {
        char name[128];
        file_name(name, i);
        (void)unlink(name);
    }
    (void)rmdir(directory);
}

TestSuite(relay_remains, .init = set_up, .fini = tear_down, .timeout = 280);

static relay_storage *open_store(uint32_t now_h)
{
    const relay_storage_options options = {.path = path,
                                           .hour_blobs_max = 1000000};
    char error[200] = "";
    relay_storage *storage =
        relay_storage_open(&options, now_h, error, sizeof error);

    cr_assert_not_null(storage, "%s", error);
    return storage;
}

/* Appends a blob that is full of a canary, of one of all sizes. */
static void append(relay_storage *storage, unsigned number, bool keep)
{
    static uint8_t bytes[16384];
    relay_blob blob = {.bytes = bytes,
                       .len = (size_t)256 << number % 7,
                       .keep = keep};
    relay_append request = {.mailbox = {{(uint8_t)(number % 9)}},
                            .blobs = &blob,
                            .num_blobs = 1,
                            .after = UINT64_MAX};
    relay_append *batch[] = {&request};

    for (size_t at = 0; at < blob.len; at += CANARY_SIZE) {
        memcpy(bytes + at, keep ? is_kept : expires, CANARY_SIZE);
    }
    relay_storage_append(storage, batch, 1, NOW);
    cr_assert_eq(request.status, RELAY_OK);
}

static void append_many(relay_storage *storage)
{
    for (unsigned i = 0; i < 700; i++) append(storage, i, i % 5 == 0);
}

static size_t count_in(const char *name, const char *canary)
{
    FILE *file = fopen(name, "rb");
    char *bytes = malloc(32 << 20);
    size_t num = 0;

    cr_assert_not_null(bytes);
    size_t len = file != NULL ? fread(bytes, 1, 32 << 20, file) : 0;
    cr_assert(len < 32 << 20);
    const char *end = bytes + len;
    for (const char *at = bytes;
         (at = memmem(at, (size_t)(end - at), canary, CANARY_SIZE)) != NULL;
         at++) {
        num++;
    }
    if (file != NULL) fclose(file);
    free(bytes);
    return num;
}

/* In all files of the store. */
static size_t count_all(const char *canary)
{
    size_t num = 0;

    for (size_t i = 0; i < NUM_ENDS; i++) {
        char name[128];
        file_name(name, i);
        num += count_in(name, canary);
    }
    return num;
}

static void expect_clean(const char *when)
{
    cr_assert_eq(count_all(expires), 0, "%s, %zu pieces are left", when,
                 count_all(expires));
    cr_assert(count_all(is_kept) > 0, "the search finds nothing at all");
}

Test(relay_remains, t13_what_expired_is_in_no_file)
{
    relay_storage *storage = open_store(NOW);

    append_many(storage);
    cr_assert(count_all(expires) > 10000);
    while (relay_storage_expire(storage, LATER, 100) != 0) continue;
    expect_clean("after the expiry");
    append(storage, 0, true);
    expect_clean("when it goes on");
    relay_storage_close(storage);
    expect_clean("after the end");
}

/* A reader who has just looked keeps the log of changes from being cleaned:
 * it is cleaned next time. */
static int do_not_wait(unsigned what, void *ctx, void *statement, void *text)
{
    (void)what;
    (void)ctx;
    (void)text;
    sqlite3_busy_timeout(sqlite3_db_handle(statement), 0);
    return 0;
}

static int make_impatient(sqlite3 *db, const char **error, const void *api)
{
    (void)error;
    (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, do_not_wait, NULL);
}

Test(relay_remains, t13_a_reader_in_the_way_only_delays_it)
{
    sqlite3 *reader = NULL;

    (void)sqlite3_auto_extension((void (*)(void))make_impatient);
    relay_storage *storage = open_store(NOW);
    append_many(storage);
    cr_assert_eq(sqlite3_open(path, &reader), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM log0", NULL,
                              NULL, NULL),
                 SQLITE_OK);
    cr_assert(relay_storage_expire(storage, LATER, 100000) > 0);
    cr_assert(count_all(expires) > 0, "the reader was not in the way");
    cr_assert_eq(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    (void)relay_storage_expire(storage, LATER, 100000);
    expect_clean("when the reader is gone");
    cr_assert_eq(sqlite3_close(reader), SQLITE_OK);
    relay_storage_close(storage);
}

/* The process dies when it has deleted, and not cleaned yet. */
static int die_at_checkpoint(unsigned what, void *ctx, void *statement,
                             void *text)
{
    (void)what;
    (void)ctx;
    (void)statement;
    if (strstr(text, "wal_checkpoint") != NULL) _exit(0);
    return 0;
}

static int make_mortal(sqlite3 *db, const char **error, const void *api)
{
    (void)error;
    (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, die_at_checkpoint, NULL);
}

Test(relay_remains, t13_what_a_killed_relay_left_is_cleaned_at_the_start)
{
    int status = 0;

    pid_t child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        append_many(open_store(NOW));
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cr_assert(count_all(expires) > 0);
    child = fork();
    cr_assert(child >= 0);
    if (child == 0) {
        (void)sqlite3_auto_extension((void (*)(void))make_mortal);
        (void)open_store(LATER); /* which expires, and dies */
        _exit(1);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0,
              "it did not die in time");
    cr_assert(count_all(expires) > 0, "nothing was left to clean");
    relay_storage *storage = open_store(LATER);
    expect_clean("after the next start");
    relay_storage_close(storage);
}

/* ---- the columns ---- */

/* Everything that the store may say. A new column needs a reason here. */
static const char *const allowed[] = {
    "mailbox.id",      /* a number in the order of coming */
    "mailbox.address", /* a random-looking key */
    "mailbox.floor",   /* indices below were given */
    "log0.id",         /* the order of all blobs */
    "log0.mailbox",    /* whose it is */
    "log0.idx",        /* its index there */
    "log0.prev",       /* the row before it there */
    "log0.expiry",     /* an hour */
    "log0.blob",       /* what the client sealed */
    "log1.id",         /* the same, of what is kept longer */
    "log1.mailbox",
    "log1.idx",
    "log1.prev",
    "log1.expiry",
    "log1.blob",
    "wake.address",
    "wake.endpoint", /* sealed to the gateway */
    "wake.expiry",   /* an hour */
    "store.origin",  /* drawn when the store was made */
    "sqlite_sequence.name",
    "sqlite_sequence.seq", /* of log0.id and log1.id */
};

static bool is_allowed(const char *column)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        if (strcmp(allowed[i], column) == 0) return true;
    }
    return false;
}

Test(relay_remains, t12_no_column_says_more_than_it_must)
{
    relay_storage *storage = open_store(NOW);
    sqlite3 *db = NULL;
    sqlite3_stmt *columns = NULL;
    unsigned num = 0;

    append_many(storage);
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(
        sqlite3_prepare_v2(db,
                           "SELECT t.name || '.' || c.name FROM sqlite_master"
                           " AS t JOIN pragma_table_info(t.name) AS c"
                           " WHERE t.type = 'table'",
                           -1, &columns, NULL),
        SQLITE_OK);
    while (sqlite3_step(columns) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(columns, 0);

        cr_assert(is_allowed(name), "why does the store say %s?", name);
        num++;
    }
    cr_assert(num >= 15);
    sqlite3_finalize(columns);
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
    relay_storage_close(storage);
}
