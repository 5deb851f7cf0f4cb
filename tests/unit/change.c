#include "store/change.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/guard.h"
#include "support/records.h"

static test_flash flash;
static covey_port port;
static covey_store store;
static covey_change change;

static void start(void)
{
    const covey_host_key key = test_host_key();

    test_flash_init(&flash, 2);
    port = test_flash_port(&flash);
    cr_assert_eq(covey_store_open(&store, &port, &key), COVEY_OK);
}

static void stop(void)
{
    test_flash_free(&flash);
}

static void begin(void)
{
    cr_assert_eq(covey_change_begin(&change, &store, test_store_memory()),
                 COVEY_OK);
}

static int put(uint32_t slot, const char *text)
{
    return covey_change_put(&change, slot, covey_bytes_of_text(text));
}

TestSuite(change, .init = start, .fini = stop);

Test(change, several_records_change_at_once)
{
    cr_assert_eq(test_store_set(&store, 3, "gone soon"), COVEY_OK);
    begin();
    cr_assert_eq(put(1, "one"), COVEY_OK);
    cr_assert_eq(put(2, "two"), COVEY_OK);
    cr_assert_eq(covey_change_erase(&change, 3), COVEY_OK);
    cr_assert(test_store_has(&store, 1, NULL), "nothing changes before");
    cr_assert(test_store_has(&store, 3, "gone soon"));
    cr_assert_eq(covey_change_commit(&change), COVEY_OK);
    cr_assert(test_store_has(&store, 1, "one"));
    cr_assert(test_store_has(&store, 2, "two"));
    cr_assert(test_store_has(&store, 3, NULL));
    cr_assert_eq(covey_store_version_of(&store), 2);
}

Test(change, every_slot_can_be_used_at_once)
{
    begin();
    for (uint32_t slot = 1; slot <= COVEY_STORE_RECORDS_MAX; slot++) {
        cr_assert_eq(put(slot, "a record"), COVEY_OK);
    }
    cr_assert_eq(covey_change_commit(&change), COVEY_OK);
    begin();
    for (uint32_t slot = 1; slot <= COVEY_STORE_RECORDS_MAX; slot++) {
        cr_assert(test_store_has(&store, slot, "a record"));
        begin();
        cr_assert_eq(covey_change_erase(&change, slot), COVEY_OK);
        cr_assert_eq(covey_change_commit(&change), COVEY_OK);
    }
}

Test(change, a_slot_is_changed_once_and_must_exist)
{
    begin();
    cr_assert_eq(put(0, "x"), COVEY_ERR_ARGUMENT);
    cr_assert_eq(put(COVEY_STORE_RECORDS_MAX + 1, "x"), COVEY_ERR_ARGUMENT);
    cr_assert_eq(put(UINT32_MAX, "x"), COVEY_ERR_ARGUMENT);
    cr_assert_eq(put(1, ""), COVEY_ERR_ARGUMENT);
    cr_assert_eq(put(1, "x"), COVEY_OK);
    cr_assert_eq(put(1, "y"), COVEY_ERR_ARGUMENT);
    cr_assert_eq(covey_change_erase(&change, 1), COVEY_ERR_ARGUMENT);
    cr_assert_eq(covey_change_erase(&change, 0), COVEY_ERR_ARGUMENT);
    cr_assert_eq(covey_change_commit(&change), COVEY_OK);
    cr_assert(test_store_has(&store, 1, "x"));
}

Test(change, a_record_may_be_written_right_into_the_memory)
{
    begin();
    covey_writer w = covey_change_writer(&change);
    covey_write_fixed(&w, covey_bytes_of_text("in "));
    covey_write_fixed(&w, covey_bytes_of_text("place"));
    cr_assert_eq(covey_change_put_written(&change, 4, &w), COVEY_OK);
    w = covey_change_writer(&change);
    w.failed = true;
    cr_assert_eq(covey_change_put_written(&change, 5, &w), COVEY_ERR_BUFFER);
    cr_assert_eq(covey_change_commit(&change), COVEY_OK);
    cr_assert(test_store_has(&store, 4, "in place"));
    cr_assert(test_store_has(&store, 5, NULL));
}

Test(change, the_memory_it_needs_is_the_memory_it_says)
{
    size_t need = COVEY_STORE_KEY_SLOT_MAX + 3 + COVEY_AEAD_TAG_SIZE;

    for (size_t cap = 0; cap <= need; cap++) {
        int err = covey_change_begin(&change, &store,
                                     covey_scratch_of(guard_end(cap), cap));

        cr_assert_eq(err, cap < COVEY_STORE_KEY_SLOT_MAX ? COVEY_ERR_BUFFER
                                                         : COVEY_OK);
        if (!err) {
            err = put(1, "abc");
            cr_assert_eq(err, cap < need ? COVEY_ERR_BUFFER : COVEY_OK);
        }
        guard_free_all();
    }
}

Test(change, nothing_is_saved_when_nothing_changed)
{
    begin();
    cr_assert_eq(covey_change_erase(&change, 7), COVEY_OK);
    cr_assert_eq(covey_change_commit(&change), COVEY_OK);
    cr_assert_eq(flash.num_saves, 0);
    cr_assert_eq(covey_store_version_of(&store), 0);
}

Test(change, a_dropped_change_changes_nothing)
{
    begin();
    cr_assert_eq(put(1, "x"), COVEY_OK);
    covey_change_drop(&change);
    cr_assert(test_is_zero(&change.next, sizeof change.next));
    cr_assert_eq(put(2, "x"), COVEY_ERR_STATE);
    cr_assert_eq(covey_change_erase(&change, 2), COVEY_ERR_STATE);
    cr_assert_eq(covey_change_commit(&change), COVEY_ERR_STATE);
    cr_assert_eq(flash.num_saves, 0);
}

Test(change, a_second_change_beside_the_first_cannot_undo_it)
{
    covey_change other;
    static uint8_t memory[4096];

    begin();
    cr_assert_eq(covey_change_begin(&other, &store,
                                    covey_scratch_of(memory, sizeof memory)),
                 COVEY_OK);
    cr_assert_eq(put(1, "x"), COVEY_OK);
    cr_assert_eq(covey_change_put(&other, 2, covey_bytes_of_text("y")),
                 COVEY_OK);
    cr_assert_eq(covey_change_commit(&change), COVEY_OK);
    cr_assert_eq(covey_change_commit(&other), COVEY_ERR_STATE);
    cr_assert(test_store_has(&store, 1, "x"));
}

/* ---- what is handed to the host ---- */

static covey_record seen[FLASH_SLOTS];
static size_t num_seen;
static int (*plain_save)(void *, uint64_t, const covey_record *, size_t);

static int watch_save(void *ctx, uint64_t expected, const covey_record *records,
                      size_t num)
{
    num_seen = num;
    memcpy(seen, records, num * sizeof records[0]);
    return plain_save(ctx, expected, records, num);
}

Test(change, only_what_changed_is_written_and_the_key_slot_last)
{
    plain_save = port.save;
    port.save = watch_save;
    begin();
    cr_assert_eq(put(1, "the large group"), COVEY_OK);
    cr_assert_eq(put(2, "x"), COVEY_OK);
    cr_assert_eq(covey_change_commit(&change), COVEY_OK);
    cr_assert_eq(num_seen, 3);

    cr_assert_eq(test_store_set(&store, 2, "y"), COVEY_OK);
    cr_assert_eq(num_seen, 2);
    cr_assert_eq(seen[0].slot, 2);
    cr_assert_eq(seen[0].bytes.len, 1 + COVEY_AEAD_TAG_SIZE);
    cr_assert_eq(seen[1].slot, COVEY_STORE_KEY_SLOT);

    cr_assert_eq(test_store_set(&store, 2, NULL), COVEY_OK);
    cr_assert_eq(num_seen, 2);
    cr_assert_eq(seen[0].slot, 2);
    cr_assert_eq(seen[0].bytes.len, 0);
}

/* ---- failures ---- */

Test(change, a_failed_save_changes_nothing_and_may_be_repeated)
{
    cr_assert_eq(test_store_set(&store, 1, "old"), COVEY_OK);
    flash.fail_save = flash.num_saves;
    begin();
    cr_assert_eq(put(1, "new"), COVEY_OK);
    cr_assert_eq(put(2, "new too"), COVEY_OK);
    cr_assert_eq(covey_change_commit(&change), COVEY_ERR_PORT);
    cr_assert_eq(covey_store_version_of(&store), 1);
    cr_assert(test_store_has(&store, 1, "old"));
    cr_assert(test_store_has(&store, 2, NULL));
    begin();
    cr_assert_eq(put(1, "new"), COVEY_OK);
    flash.fail_save = flash.num_saves;
    cr_assert_eq(covey_change_commit(&change), COVEY_ERR_PORT);
    cr_assert_eq(covey_change_commit(&change), COVEY_OK);
    cr_assert(test_store_has(&store, 1, "new"));
}

Test(change, every_failing_call_for_randomness_is_clean)
{
    cr_assert_eq(test_store_set(&store, 1, "old"), COVEY_OK);
    for (unsigned nth = 0; nth < 3; nth++) {
        begin();
        flash.random.fail_at = flash.random.num_calls + nth;
        int err = put(1, "new");
        if (!err) err = put(2, "new too");
        if (!err) err = covey_change_commit(&change);
        cr_assert_eq(err, COVEY_ERR_RANDOM);
        cr_assert_eq(covey_store_version_of(&store), 1);
        cr_assert(test_store_has(&store, 1, "old"));
        covey_change_drop(&change);
    }
}

static int save_and_fail(void *ctx, uint64_t expected,
                         const covey_record *records, size_t num)
{
    (void)plain_save(ctx, expected, records, num);
    return 7;
}

Test(change, a_save_that_was_durable_though_it_failed_is_a_conflict_later)
{
    plain_save = port.save;
    port.save = save_and_fail;
    begin();
    cr_assert_eq(put(1, "new"), COVEY_OK);
    cr_assert_eq(covey_change_commit(&change), COVEY_ERR_PORT);
    cr_assert_eq(covey_store_version_of(&store), 0);
    port.save = plain_save;
    cr_assert_eq(covey_change_commit(&change), COVEY_ERR_CONFLICT);
    cr_assert_eq(covey_store_reopen(&store), COVEY_OK);
    cr_assert(test_store_has(&store, 1, "new"));
}

/* ---- two processes ---- */

Test(change, the_second_of_two_processes_reloads)
{
    const covey_host_key key = test_host_key();
    covey_store other;

    cr_assert_eq(test_store_set(&store, 1, "generation 40"), COVEY_OK);
    cr_assert_eq(covey_store_open(&other, &port, &key), COVEY_OK);
    cr_assert_eq(test_store_set(&other, 1, "generation 41"), COVEY_OK);
    cr_assert_eq(test_store_set(&store, 1, "generation 41 again"),
                 COVEY_ERR_CONFLICT);
    cr_assert_eq(test_store_set(&store, 1, "x"), COVEY_ERR_STATE);
    cr_assert_eq(covey_store_reopen(&store), COVEY_OK);
    cr_assert(test_store_has(&store, 1, "generation 41"));
    cr_assert_eq(test_store_set(&store, 1, "generation 42"), COVEY_OK);
    cr_assert_eq(test_store_set(&other, 2, "x"), COVEY_ERR_CONFLICT);
}

Test(change, the_first_save_of_two_processes_is_made_once)
{
    const covey_host_key key = test_host_key();
    covey_store other;

    cr_assert_eq(covey_store_open(&other, &port, &key), COVEY_OK);
    cr_assert_eq(test_store_set(&other, 1, "mine"), COVEY_OK);
    cr_assert_eq(test_store_set(&store, 1, "yours"), COVEY_ERR_CONFLICT);
    cr_assert(test_store_has(&other, 1, "mine"));
}

/* ---- keys ---- */

#define SAVES 10000
#define KEY_SIZE 32

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, KEY_SIZE);
}

/* A salt makes the key slot's key; both kinds may never come twice. */
Test(change, T56_ten_thousand_saves_use_no_key_twice)
{
    size_t num = 0;
    uint8_t *keys = malloc((size_t)4 * SAVES * KEY_SIZE);

    for (unsigned i = 0; i < SAVES; i++) {
        uint32_t slot = 1 + i % COVEY_STORE_RECORDS_MAX;

        begin();
        cr_assert_eq(put(slot, "a fix"), COVEY_OK);
        if (i % 7 == 0) {
            cr_assert_eq(put(1 + slot % COVEY_STORE_RECORDS_MAX, "a text"),
                         COVEY_OK);
        }
        cr_assert_eq(covey_change_commit(&change), COVEY_OK);
        for (unsigned at = 0; at < COVEY_STORE_RECORDS_MAX; at++) {
            if (store.table.entries[at].written != store.table.version) {
                continue;
            }
            memcpy(keys + KEY_SIZE * num++, store.table.entries[at].key,
                   KEY_SIZE);
        }
        memcpy(keys + KEY_SIZE * num++, test_flash_slot(&flash, 0).at,
               KEY_SIZE);
    }
    cr_assert_geq(num, 2 * SAVES + SAVES / 7);
    qsort(keys, num, KEY_SIZE, by_bytes);
    for (size_t i = 1; i < num; i++) {
        cr_assert_neq(memcmp(keys + KEY_SIZE * (i - 1), keys + KEY_SIZE * i,
                             KEY_SIZE),
                      0);
    }
    free(keys);
}
