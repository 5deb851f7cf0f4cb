/* The directory of a device, and what is remembered in it. */
#include "home.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "history.h"
#include "scratch_dir.h"

static complaint error;
static const char *directory;
static home h;

static void set_up(void)
{
    cr_assert(sodium_init() >= 0);
    directory = scratch_dir_make();
}

static void tear_down(void)
{
    scratch_dir_remove(directory);
}

TestSuite(home, .init = set_up, .fini = tear_down);
TestSuite(history, .init = set_up, .fini = tear_down);

/* ---- keys ---- */

Test(home, keys_are_made_once_and_for_the_owner_alone)
{
    uint8_t keys[2][HOME_KEY_SIZE];
    struct stat status;
    char path[256];

    cr_assert(home_open(&h, directory, true, &error), "%s", error.text);
    memcpy(keys[0], h.host_key, HOME_KEY_SIZE);
    memcpy(keys[1], h.history_key, HOME_KEY_SIZE);
    home_close(&h);
    cr_assert_not(sodium_is_zero(keys[0], HOME_KEY_SIZE));
    cr_assert_neq(memcmp(keys[0], keys[1], HOME_KEY_SIZE), 0);
    snprintf(path, sizeof path, "%s/host.key", directory);
    cr_assert_eq(stat(path, &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0600);

    cr_assert(home_open(&h, directory, true, &error));
    cr_assert_eq(memcmp(keys[0], h.host_key, HOME_KEY_SIZE), 0);
    cr_assert_eq(memcmp(keys[1], h.history_key, HOME_KEY_SIZE), 0);
    home_close(&h);
}

Test(home, without_being_asked_to_nothing_is_made)
{
    char path[256];

    cr_assert_not(home_open(&h, directory, false, &error));
    cr_assert_not_null(strstr(error.text, "covey init"));
    snprintf(path, sizeof path, "%s/host.key", directory);
    cr_assert_neq(access(path, F_OK), 0);
    snprintf(path, sizeof path, "%s/none", directory);
    cr_assert_not(home_open(&h, path, false, &error));
    cr_assert_not_null(strstr(error.text, "covey init"));
    cr_assert_neq(access(path, F_OK), 0);
}

Test(home, a_directory_is_made_with_those_above_it)
{
    char path[256];

    snprintf(path, sizeof path, "%s/a/b", directory);
    cr_assert(home_open(&h, path, true, &error), "%s", error.text);
    home_close(&h);
    snprintf(path, sizeof path, "rm -r '%s/a'", directory);
    cr_assert_eq(system(path), 0);
}

Test(home, a_key_that_others_can_read_is_refused)
{
    char path[256];

    cr_assert(home_open(&h, directory, true, &error));
    home_close(&h);
    snprintf(path, sizeof path, "%s/host.key", directory);
    cr_assert_eq(chmod(path, 0640), 0);
    cr_assert_not(home_open(&h, directory, true, &error));
    cr_assert_not_null(strstr(error.text, "chmod 600"));
}

Test(home, a_lost_key_is_not_replaced_by_a_new_one)
{
    char path[256];

    snprintf(path, sizeof path, "%s/state", directory);
    fclose(fopen(path, "w"));
    cr_assert_not(home_open(&h, directory, true, &error));
    cr_assert_not_null(strstr(error.text, "no host.key"));
}

Test(home, one_process_runs_the_device)
{
    int status = -1;

    cr_assert(home_open(&h, directory, true, &error));
    cr_assert(home_engine(&h));
    cr_assert(home_engine(&h));
    pid_t child = fork();
    if (child == 0) {
        home other;
        close(h.engine); /* the lock is the open file's */
        if (!home_open(&other, directory, false, &error)) _exit(2);
        _exit(home_engine(&other) ? 3 : 0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    home_close(&h);
    cr_assert(home_open(&h, directory, true, &error));
    cr_assert(home_engine(&h));
    home_close(&h);
}

/* ---- history ---- */

static const uint8_t key[HISTORY_KEY_SIZE] = {7};

static history *open_history(void)
{
    history *rows = history_open(directory, key, &error);

    cr_assert_not_null(rows, "%s", error.text);
    return rows;
}

static int add(history *rows, const char *name, const char *text)
{
    json_t *value = json_pack("{s:s}", "text", text);
    int result = history_add(rows, name, value);

    json_decref(value);
    return result;
}

static bool collect(void *ctx, const json_t *value)
{
    char *seen = ctx;

    strcat(seen, json_string_value(json_object_get(value, "text")));
    return strchr(seen, '!') == NULL;
}

Test(history, rows_come_in_their_order_and_each_name_once)
{
    history *rows = open_history();
    char seen[64] = "";

    cr_assert_eq(history_last(rows), 0);
    cr_assert_eq(add(rows, "a", "1"), 1);
    cr_assert_eq(add(rows, "b", "2"), 1);
    cr_assert_eq(add(rows, "a", "3"), 0);
    history_close(rows);

    rows = open_history();
    int64_t last = history_each(rows, 0, collect, seen);
    cr_assert_str_eq(seen, "12");
    cr_assert_eq(last, history_last(rows));
    cr_assert_eq(add(rows, "c", "!"), 1);
    cr_assert_eq(add(rows, "d", "4"), 1);
    seen[0] = 0;
    last = history_each(rows, last, collect, seen);
    cr_assert_str_eq(seen, "!");
    cr_assert_lt(last, history_last(rows));
    history_close(rows);
}

Test(history, what_is_put_replaces_and_is_the_newest)
{
    history *rows = open_history();
    json_t *value = json_pack("{s:s}", "text", "new");
    char seen[64] = "";

    cr_assert_eq(add(rows, "a", "old"), 1);
    cr_assert_eq(add(rows, "b", "-"), 1);
    cr_assert_eq(history_put(rows, "a", value), 0);
    (void)history_each(rows, 0, collect, seen);
    cr_assert_str_eq(seen, "-new");
    json_t *got = history_get(rows, "a");
    cr_assert(json_equal(got, value));
    cr_assert_null(history_get(rows, "c"));
    json_decref(got);
    json_decref(value);
    history_close(rows);
}

/* All bytes of the history's files. */
static size_t files(char *out, size_t cap)
{
    static const char *const ends[] = {"", "-wal"};
    size_t len = 0;

    for (size_t i = 0; i < 2; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/history.db%s", directory, ends[i]);
        FILE *file = fopen(path, "rb");
        if (file == NULL) continue;
        len += fread(out + len, 1, cap - len, file);
        fclose(file);
    }
    return len;
}

Test(history, nothing_of_a_row_is_in_the_file)
{
    static char bytes[1 << 20];
    history *rows = open_history();
    const char *text = "Zebrastreifen 47.3702301";
    const char *name = "payload/0123456789abcdef";
    json_t *wish = json_pack("{s:s}", "text", text);

    cr_assert_eq(add(rows, name, text), 1);
    cr_assert_gt(history_wish(rows, wish), 0);
    size_t len = files(bytes, sizeof bytes);
    cr_assert_gt(len, 4096);
    cr_assert_null(memmem(bytes, len, text, 13));
    cr_assert_null(memmem(bytes, len, name, 12));
    cr_assert_null(memmem(bytes, len, "text\"", 5));
    history_close(rows);
    json_decref(wish);
}

Test(history, another_key_opens_nothing)
{
    static const uint8_t other[HISTORY_KEY_SIZE] = {8};
    history *rows = open_history();
    char seen[64] = "";

    cr_assert_eq(add(rows, "a", "1"), 1);
    history_close(rows);
    rows = history_open(directory, other, &error);
    cr_assert_not_null(rows);
    cr_assert_null(history_get(rows, "a"));
    cr_assert_eq(history_each(rows, 0, collect, seen), -1);
    cr_assert_str_eq(seen, "");
    history_close(rows);
}

Test(history, a_row_in_another_ones_place_does_not_open)
{
    history *rows = open_history();
    char command[512];
    char seen[64] = "";

    cr_assert_eq(add(rows, "a", "1"), 1);
    cr_assert_eq(add(rows, "b", "2"), 1);
    history_close(rows);
    snprintf(command, sizeof command,
             "sqlite3 '%s/history.db' 'UPDATE row SET sealed = "
             "(SELECT sealed FROM row WHERE id = 1) WHERE id = 2'",
             directory);
    if (system(command) != 0) cr_skip("no sqlite3 command");
    rows = open_history();
    cr_assert_eq(history_each(rows, 0, collect, seen), -1);
    cr_assert_str_eq(seen, "1");
    cr_assert_null(history_get(rows, "b"));
    history_close(rows);
}

/* ---- wishes ---- */

static void grant_one(void)
{
    history *rows = open_history();
    json_t *wish = NULL;
    int64_t number = 0;

    for (int i = 0; wish == NULL && i < 1000; i++) {
        wish = history_next_wish(rows, &number);
        usleep(10000);
    }
    json_t *answer = json_pack("{s:O}", "you wished", wish);
    int err = history_answer(rows, number, answer);
    json_decref(wish);
    json_decref(answer);
    history_close(rows);
    _exit(err);
}

Test(history, a_wish_is_granted_by_another_process)
{
    json_t *wish = json_pack("{s:s}", "do", "ring");
    json_t *answer = NULL;
    int64_t number = 0;

    pid_t child = fork();
    if (child == 0) grant_one();
    history *rows = open_history();
    int64_t mine = history_wish(rows, wish);
    for (int i = 0; answer == NULL && i < 1000; i++) {
        answer = history_take_answer(rows, mine);
        usleep(10000);
    }
    cr_assert(json_equal(json_object_get(answer, "you wished"), wish));
    cr_assert_null(history_take_answer(rows, mine), "taken away");
    cr_assert_null(history_next_wish(rows, &number));
    cr_assert_eq(waitpid(child, NULL, 0), child);
    json_decref(wish);
    json_decref(answer);
    history_close(rows);
}

Test(history, answers_that_nobody_took_are_forgotten_and_wishes_are_not)
{
    history *rows = open_history();
    json_t *wish = json_object();
    int64_t number = 0;

    int64_t first = history_wish(rows, wish);
    int64_t second = history_wish(rows, wish);
    cr_assert_eq(history_answer(rows, first, wish), 0);
    history_forget_wishes(rows, second + 1);
    cr_assert_null(history_take_answer(rows, first));
    json_decref(history_next_wish(rows, &number));
    cr_assert_eq(number, second);
    json_decref(wish);
    history_close(rows);
}

/* Who was killed after it had sent a message must not send it again. */
Test(history, a_wish_is_given_out_once_also_when_its_granter_dies)
{
    history *rows = open_history();
    json_t *wish = json_pack("{s:s}", "do", "text");
    int64_t number = 0;

    int64_t mine = history_wish(rows, wish);
    pid_t child = fork();
    if (child == 0) {
        history *others = open_history();
        bool taken = history_next_wish(others, &number) != NULL;
        _exit(taken && number == mine ? 0 : 1); /* no answer, no farewell */
    }
    int status = 1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    history_close(rows);
    rows = open_history();
    cr_assert_null(history_next_wish(rows, &number));
    cr_assert_null(history_take_answer(rows, mine));
    json_decref(wish);
    history_close(rows);
}
