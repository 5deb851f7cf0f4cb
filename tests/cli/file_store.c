/* The desk's records in a directory: power cuts, failing calls, processes. */
#include "file_store.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk.h"
#include "scratch_dir.h"

#define OLD_KEYS "keys of the state before, which nobody may read again"
#define NEW_KEYS "keys of the state that is in force, a bit longer than those"

static covey_record record(uint32_t slot, const char *text)
{
    return (covey_record){slot,
                          {(const uint8_t *)text, text ? strlen(text) : 0}};
}

static int save_old(const covey_port *port)
{
    const covey_record records[] = {record(1, "one"), record(2, "two"),
                                    record(0, OLD_KEYS)};
    return port->save(port->ctx, 0, records, 3);
}

static int save_new(const covey_port *port)
{
    const covey_record records[] = {record(1, "another one"), record(2, NULL),
                                    record(16, "last"), record(0, NEW_KEYS)};
    return port->save(port->ctx, 1, records, 4);
}

static bool has(const covey_port *port, uint32_t slot, const char *text)
{
    uint8_t bytes[128];
    size_t len = sizeof bytes + 1;

    int err = port->load(port->ctx, slot, bytes, sizeof bytes, &len);
    return err == 0 && len == strlen(text) && memcmp(bytes, text, len) == 0;
}

static bool is_empty(const covey_port *port)
{
    return has(port, 0, "") && has(port, 1, "") && has(port, 2, "");
}

static bool is_old(const covey_port *port)
{
    return has(port, 0, OLD_KEYS) && has(port, 1, "one") &&
           has(port, 2, "two") && has(port, 16, "");
}

static bool is_new(const covey_port *port)
{
    return has(port, 0, NEW_KEYS) && has(port, 1, "another one") &&
           has(port, 2, "") && has(port, 16, "last");
}

/* ---- what it is asked ---- */

Test(file_store, what_was_saved_is_there_after_opening_again)
{
    const char *directory = scratch_dir_make();
    file_store *store = file_store_open(directory);
    cr_assert(is_empty(file_store_port(store)));
    cr_assert_eq(save_old(file_store_port(store)), 0);
    cr_assert_eq(save_new(file_store_port(store)), 0);
    file_store_close(store);

    store = file_store_open(directory);
    cr_assert(is_new(file_store_port(store)));
    file_store_close(store);
    scratch_dir_remove(directory);
}

Test(file_store, a_save_over_another_is_a_conflict_and_changes_nothing)
{
    const char *directory = scratch_dir_make();
    file_store *store = file_store_open(directory);
    const covey_port *port = file_store_port(store);
    const covey_record one = record(1, "late");

    cr_assert_eq(save_new(port), COVEY_PORT_CONFLICT);
    cr_assert(is_empty(port));
    cr_assert_eq(save_old(port), 0);
    cr_assert_eq(port->save(port->ctx, 0, &one, 1), COVEY_PORT_CONFLICT);
    cr_assert_eq(port->save(port->ctx, 2, &one, 1), COVEY_PORT_CONFLICT);
    cr_assert(is_old(port));
    file_store_close(store);
    scratch_dir_remove(directory);
}

Test(file_store, a_record_longer_than_the_buffer_says_so)
{
    const char *directory = scratch_dir_make();
    file_store *store = file_store_open(directory);
    const covey_port *port = file_store_port(store);
    uint8_t small[2] = {7, 7};
    size_t len = 0;

    cr_assert_eq(save_old(port), 0);
    cr_assert_eq(port->load(port->ctx, 1, small, sizeof small, &len), 0);
    cr_assert_eq(len, 3);
    cr_assert_eq(small[0], 7);
    cr_assert_neq(port->load(port->ctx, 17, small, sizeof small, &len), 0);
    const covey_record beyond = record(17, "no slot");
    cr_assert_neq(port->save(port->ctx, 1, &beyond, 1), 0);
    cr_assert(is_old(port));
    file_store_close(store);
    scratch_dir_remove(directory);
}

Test(file_store, only_the_owner_can_read_the_file)
{
    const char *directory = scratch_dir_make();
    file_store *store = file_store_open(directory);
    struct stat status;
    char path[256];

    cr_assert_eq(save_old(file_store_port(store)), 0);
    snprintf(path, sizeof path, "%s/state", directory);
    cr_assert_eq(stat(path, &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0600);
    file_store_close(store);
    scratch_dir_remove(directory);
}

Test(file_store, what_is_no_state_is_an_error_and_not_an_empty_one)
{
    static const char *const files[] = {
        "x", "covey 2\n00000000", "covey 1\n0000000", "covey 1\n00000000\1\0\0",
        "covey 1\n00000000\1\0\0\0\5\0\0\0abcd"};
    const size_t lens[] = {1, 16, 15, 19, 28};

    for (size_t i = 0; i < 5; i++) {
        const char *directory = scratch_dir_make();
        char path[256];
        uint8_t out[8];
        size_t len = 0;
        snprintf(path, sizeof path, "%s/state", directory);
        FILE *file = fopen(path, "wb");
        fwrite(files[i], 1, lens[i], file);
        fclose(file);
        file_store *store = file_store_open(directory);
        const covey_port *port = file_store_port(store);
        cr_assert_neq(port->load(port->ctx, 1, out, 8, &len), 0, "%zu", i);
        cr_assert_neq(save_old(port), 0);
        file_store_close(store);
        scratch_dir_remove(directory);
    }
}

/* ---- power cuts ---- */

/* Names of files in a directory besides the state and the lock. */
static size_t num_leftovers(const char *directory)
{
    DIR *dir = opendir(directory);
    size_t num = 0;

    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (e->d_name[0] != '.' && strcmp(e->d_name, "state") != 0 &&
            strcmp(e->d_name, "lock") != 0 && strcmp(e->d_name, "spy") != 0) {
            num++;
        }
    }
    closedir(dir);
    return num;
}

/* A further name for the old file: what becomes of its bytes can be seen. */
static bool spy_on(const char *directory)
{
    char old[256];
    char spy[256];

    snprintf(old, sizeof old, "%s/state.old", directory);
    snprintf(spy, sizeof spy, "%s/spy", directory);
    return link(old, spy) == 0;
}

static bool spy_sees(const char *directory, const char *text)
{
    char bytes[4096];
    char path[256];

    snprintf(path, sizeof path, "%s/spy", directory);
    FILE *file = fopen(path, "rb");
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return memmem(bytes, len, text, strlen(text)) != NULL;
}

typedef struct {
    unsigned old, new, spied;
} outcomes;

static void look_after_cut(const char *directory, outcomes *seen, bool returned)
{
    bool spying = spy_on(directory);
    file_store *store = file_store_open(directory);
    cr_assert_not_null(store);
    const covey_port *port = file_store_port(store);

    bool new = is_new(port);
    cr_assert(new || (!returned && is_old(port)), "neither old nor new");
    cr_assert_eq(num_leftovers(directory), 0);
    if (new &&spying) {
        cr_assert_not(spy_sees(directory, OLD_KEYS));
        seen->spied++;
    }
    seen->old += !new;
    seen->new += new;

    const covey_record more = record(3, "life goes on");
    cr_assert_eq(port->save(port->ctx, new ? 2 : 1, &more, 1), 0);
    cr_assert(has(port, 3, "life goes on"));
    file_store_close(store);
}

/* All that one cut can leave behind. */
static void cut_at(size_t num_steps, outcomes *seen, bool returned)
{
    for (int bytes = DISK_NOTHING; bytes <= DISK_ALL; bytes++) {
        for (size_t names = 0;; names++) {
            const disk_cut cut = {num_steps, names, (disk_bytes)bytes};
            const char *directory = scratch_dir_make();
            bool made = disk_make(directory, &cut);
            if (made) look_after_cut(directory, seen, returned);
            scratch_dir_remove(directory);
            if (!made) break;
        }
    }
}

Test(file_store, after_a_power_cut_the_old_state_is_whole_or_the_new_one)
{
    const char *directory = scratch_dir_make();
    outcomes seen = {0, 0, 0};

    disk_record();
    file_store *store = file_store_open(directory);
    cr_assert_eq(save_old(file_store_port(store)), 0);
    size_t before = disk_num_steps();
    cr_assert_eq(save_new(file_store_port(store)), 0);
    size_t after = disk_num_steps();
    file_store_close(store);

    for (size_t at = before; at <= after; at++) cut_at(at, &seen, at == after);
    cr_assert_gt(seen.old, 10);
    cr_assert_gt(seen.new, 10);
    cr_assert_gt(seen.spied, 0);
    scratch_dir_remove(directory);
}

Test(file_store, a_replaced_key_slot_is_overwritten_before_save_returns)
{
    const char *directory = scratch_dir_make();

    disk_record();
    file_store *store = file_store_open(directory);
    cr_assert_eq(save_old(file_store_port(store)), 0);
    cr_assert_not(disk_remembers(OLD_KEYS, strlen(OLD_KEYS), "state"));
    cr_assert(disk_remembers(OLD_KEYS, strlen(OLD_KEYS), "no name"));
    cr_assert_eq(save_new(file_store_port(store)), 0);
    cr_assert_not(disk_remembers(OLD_KEYS, strlen(OLD_KEYS), "state"));
    file_store_close(store);
    scratch_dir_remove(directory);
}

/* ---- calls that fail ---- */

/* The last steps erase what is not in force any more. */
static bool fail_once(size_t at)
{
    const char *directory = scratch_dir_make();

    disk_record();
    file_store *store = file_store_open(directory);
    const covey_port *port = file_store_port(store);
    cr_assert_eq(save_old(port), 0);
    size_t before = disk_num_steps();
    disk_fail_at(before + at);
    int err = save_new(port);
    bool failed = disk_num_steps() > before + at;
    disk_fail_at((size_t)-1);

    bool new = is_new(port);
    cr_assert(new || is_old(port));
    cr_assert(err != 0 || new);
    cr_assert_eq(err != 0, failed);
    cr_assert_eq(num_leftovers(directory), 0, "step %zu", at);
    cr_assert_not(new &&disk_remembers(OLD_KEYS, strlen(OLD_KEYS), "state"));
    const covey_record more = record(3, "again");
    cr_assert_eq(port->save(port->ctx, new ? 2 : 1, &more, 1), 0);
    file_store_close(store);
    scratch_dir_remove(directory);
    return failed;
}

Test(file_store, a_call_that_fails_leaves_one_whole_state)
{
    size_t num = 0;

    while (fail_once(num)) num++;
    cr_assert_geq(num, 8);
}

/* ---- two processes ---- */

#define ROUNDS 60

static void count_up(const char *directory)
{
    file_store *store = file_store_open(directory);
    const covey_port *port = file_store_port(store);

    for (unsigned done = 0; done < ROUNDS;) {
        uint8_t at[8] = {0};
        uint64_t value = 0;
        size_t len = 0;
        if (port->load(port->ctx, 1, at, sizeof at, &len) != 0) _exit(2);
        memcpy(&value, at, sizeof value);
        /* The record counts the saves, so it is their version. */
        uint64_t next = value + 1;
        covey_record record = {1, {(const uint8_t *)&next, sizeof next}};
        int err = port->save(port->ctx, value, &record, 1);
        if (err != 0 && err != COVEY_PORT_CONFLICT) _exit(3);
        if (err == 0) done++;
    }
    _exit(0);
}

Test(file_store, no_save_of_two_processes_is_lost)
{
    const char *directory = scratch_dir_make();
    pid_t children[2];
    uint64_t value = 0;
    size_t len = 0;

    for (size_t i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) count_up(directory);
    }
    for (size_t i = 0; i < 2; i++) {
        int status = -1;
        cr_assert_eq(waitpid(children[i], &status, 0), children[i]);
        cr_assert_eq(status, 0);
    }
    file_store *store = file_store_open(directory);
    const covey_port *port = file_store_port(store);
    cr_assert_eq(port->load(port->ctx, 1, (uint8_t *)&value, sizeof value,
                            &len),
                 0);
    cr_assert_eq(value, 2 * ROUNDS);
    file_store_close(store);
    scratch_dir_remove(directory);
}
