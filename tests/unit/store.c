#include "store/store.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/guard.h"
#include "support/records.h"

static test_flash flash;
static covey_port port;
static covey_store store;

static void start(void)
{
    test_flash_init(&flash, 1);
    port = test_flash_port(&flash);
}

static void stop(void)
{
    test_flash_free(&flash);
}

static int open_store(covey_store *one)
{
    const covey_host_key key = test_host_key();

    return covey_store_open(one, &port, &key);
}

/* Three records, of which the second was written twice. */
static void fill(void)
{
    cr_assert_eq(open_store(&store), COVEY_OK);
    cr_assert_eq(test_store_set(&store, 1, "the group"), COVEY_OK);
    cr_assert_eq(test_store_set(&store, 2, "the first outbox"), COVEY_OK);
    cr_assert_eq(test_store_set(&store, 16, "a policy"), COVEY_OK);
    cr_assert_eq(test_store_set(&store, 2, "the later outbox"), COVEY_OK);
}

TestSuite(store, .init = start, .fini = stop);

Test(store, nothing_stored_opens_as_version_0)
{
    int err;

    cr_assert_eq(open_store(&store), COVEY_OK);
    cr_assert_eq(covey_store_version_of(&store), 0);
    cr_assert_eq(covey_store_len(&store, 1), 0);
    cr_assert_null(test_store_text(&store, 1, &err));
    cr_assert_eq(err, COVEY_ERR_REFERENCE);
}

Test(store, records_are_there_after_a_restart)
{
    fill();
    covey_store_close(&store);
    test_flash_power_on(&flash);

    cr_assert_eq(open_store(&store), COVEY_OK);
    cr_assert_eq(covey_store_version_of(&store), 4);
    cr_assert(test_store_has(&store, 1, "the group"));
    cr_assert(test_store_has(&store, 2, "the later outbox"));
    cr_assert(test_store_has(&store, 16, "a policy"));
    cr_assert(test_store_has(&store, 3, NULL));
    cr_assert_eq(covey_store_len(&store, 1), 9);
}

Test(store, there_is_no_slot_0_nor_one_above_the_last)
{
    int err;

    fill();
    (void)test_store_text(&store, COVEY_STORE_KEY_SLOT, &err);
    cr_assert_eq(err, COVEY_ERR_REFERENCE);
    (void)test_store_text(&store, COVEY_STORE_RECORDS_MAX + 1, &err);
    cr_assert_eq(err, COVEY_ERR_REFERENCE);
    (void)test_store_text(&store, UINT32_MAX, &err);
    cr_assert_eq(err, COVEY_ERR_REFERENCE);
}

Test(store, reading_takes_no_more_memory_than_it_says)
{
    size_t need = strlen("the group") + COVEY_AEAD_TAG_SIZE;
    covey_bytes bytes;

    fill();
    for (size_t cap = 0; cap <= need; cap++) {
        covey_scratch memory = covey_scratch_of(guard_end(cap), cap);
        int err = covey_store_get(&store, 1, &memory, &bytes);

        cr_assert_eq(err, cap < need ? COVEY_ERR_BUFFER : COVEY_OK);
        cr_assert_eq(memory.used, cap < need ? 0 : need);
    }
    check_bytes(bytes, covey_bytes_of_text("the group"));
}

Test(store, a_failed_hook_is_told_and_leaves_no_half_open_store)
{
    int err;

    fill();
    flash.fail_load = flash.num_loads;
    (void)test_store_text(&store, 1, &err);
    cr_assert_eq(err, COVEY_ERR_PORT);
    cr_assert(test_store_has(&store, 1, "the group"));

    flash.fail_load = flash.num_loads;
    cr_assert_eq(open_store(&store), COVEY_ERR_PORT);
    (void)test_store_text(&store, 1, &err);
    cr_assert_eq(err, COVEY_ERR_STATE);
    cr_assert_eq(covey_store_reopen(&store), COVEY_OK);
    cr_assert(test_store_has(&store, 1, "the group"));
}

Test(store, another_host_key_opens_nothing)
{
    fill();
    for (size_t bit = 0; bit < 256; bit++) {
        covey_host_key key = test_host_key();

        test_flip(key.bytes, bit);
        cr_assert_eq(covey_store_open(&store, &port, &key), COVEY_ERR_AUTH);
        cr_assert(test_is_zero(&store.table, sizeof store.table));
    }
}

Test(store, closing_wipes)
{
    fill();
    covey_store_close(&store);
    cr_assert(test_is_zero(&store, sizeof store));
}

/* ---- alterations ---- */

/* Opens anew and reads this record. */
static int read_anew(uint32_t slot)
{
    covey_store other;
    int err = open_store(&other);

    if (!err) (void)test_store_text(&other, slot, &err);
    covey_store_close(&other);
    return err;
}

Test(store, T56_every_flipped_bit_of_every_record_is_refused)
{
    static const uint32_t slots[] = {0, 1, 2, 16};

    fill();
    for (size_t i = 0; i < 4; i++) {
        flash_bytes bytes = test_flash_slot(&flash, slots[i]);

        for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
            test_flip(bytes.at, bit);
            cr_assert_eq(read_anew(slots[i] == 0 ? 1 : slots[i]),
                         COVEY_ERR_AUTH, "slot %u bit %zu", (unsigned)slots[i],
                         bit);
            test_flip(bytes.at, bit);
        }
    }
    cr_assert_eq(read_anew(1), COVEY_OK);
}

Test(store, T56_every_other_length_of_every_record_is_refused)
{
    static const uint32_t slots[] = {0, 1, 2, 16};

    fill();
    for (size_t i = 0; i < 4; i++) {
        flash_bytes now = test_flash_slot(&flash, slots[i]);
        covey_bytes whole =
            covey_bytes_of(test_copy(covey_bytes_of(now.at, now.len)), now.len);

        for (size_t len = slots[i] == 0 ? 1 : 0; len < whole.len; len++) {
            test_flash_set(&flash, slots[i], covey_bytes_of(whole.at, len));
            cr_assert_eq(read_anew(slots[i] == 0 ? 1 : slots[i]),
                         COVEY_ERR_AUTH, "slot %u length %zu",
                         (unsigned)slots[i], len);
        }
        uint8_t *longer = test_alloc(whole.len + 1);
        memcpy(longer, whole.at, whole.len);
        test_flash_set(&flash, slots[i], covey_bytes_of(longer, whole.len + 1));
        cr_assert_eq(read_anew(slots[i] == 0 ? 1 : slots[i]), COVEY_ERR_AUTH);
        test_flash_set(&flash, slots[i], whole);
    }
    cr_assert_eq(read_anew(2), COVEY_OK);
}

Test(store, a_shorter_record_is_not_completed_by_what_lies_in_memory)
{
    covey_bytes bytes;

    fill();
    flash_bytes now = test_flash_slot(&flash, 1);
    uint8_t *memory = test_copy(covey_bytes_of(now.at, now.len));
    size_t len = now.len;

    test_flash_set(&flash, 1, covey_bytes_of(test_alloc(1), 0));
    covey_scratch scratch = covey_scratch_of(memory, len);
    cr_assert_eq(covey_store_get(&store, 1, &scratch, &bytes), COVEY_ERR_AUTH);
}

Test(store, T56_records_that_changed_places_are_refused)
{
    covey_bytes one, two;

    fill();
    flash_bytes at = test_flash_slot(&flash, 1);
    one = covey_bytes_of(test_copy(covey_bytes_of(at.at, at.len)), at.len);
    at = test_flash_slot(&flash, 2);
    two = covey_bytes_of(test_copy(covey_bytes_of(at.at, at.len)), at.len);
    test_flash_set(&flash, 1, two);
    test_flash_set(&flash, 2, one);
    cr_assert_eq(read_anew(1), COVEY_ERR_AUTH);
    cr_assert_eq(read_anew(2), COVEY_ERR_AUTH);
    cr_assert_eq(read_anew(16), COVEY_OK);
}

Test(store, T56_an_older_record_under_a_newer_key_slot_is_refused)
{
    fill();
    flash_bytes at = test_flash_slot(&flash, 2);
    covey_bytes old =
        covey_bytes_of(test_copy(covey_bytes_of(at.at, at.len)), at.len);

    /* The same text, so that only key and version differ. */
    cr_assert_eq(test_store_set(&store, 2, "the later outbox"), COVEY_OK);
    cr_assert_eq(read_anew(2), COVEY_OK);
    test_flash_set(&flash, 2, old);
    cr_assert_eq(read_anew(2), COVEY_ERR_AUTH);
}

Test(store, T56_a_newer_record_under_an_older_key_slot_is_refused)
{
    fill();
    flash_bytes at = test_flash_slot(&flash, 0);
    covey_bytes old =
        covey_bytes_of(test_copy(covey_bytes_of(at.at, at.len)), at.len);

    cr_assert_eq(test_store_set(&store, 2, "the later outbox"), COVEY_OK);
    test_flash_set(&flash, 0, old);
    cr_assert_eq(read_anew(2), COVEY_ERR_AUTH);
    cr_assert_eq(read_anew(1), COVEY_OK);
}

Test(store, a_key_slot_longer_than_any_of_ours_is_malformed)
{
    uint8_t *longer = test_alloc(COVEY_STORE_KEY_SLOT_MAX + 1);

    test_flash_set(&flash, 0,
                   covey_bytes_of(longer, COVEY_STORE_KEY_SLOT_MAX + 1));
    cr_assert_eq(open_store(&store), COVEY_ERR_MALFORMED);
}

/* ---- the hardware's counter ---- */

static void with_counter(uint64_t value)
{
    flash.has_counter = true;
    flash.counter = value;
    port = test_flash_port(&flash);
}

Test(store, T56_a_counter_tells_that_the_whole_flash_was_put_back)
{
    test_flash old;

    with_counter(1000);
    fill();
    cr_assert_eq(flash.counter, 1004);
    test_flash_copy(&old, &flash);
    cr_assert_eq(test_store_set(&store, 1, "the next group"), COVEY_OK);

    old.counter = flash.counter; /* the one thing that cannot be put back */
    port.ctx = &old;
    cr_assert_eq(open_store(&store), COVEY_ERR_ROLLBACK);
    port.ctx = &flash;
    cr_assert_eq(open_store(&store), COVEY_OK);
    test_flash_free(&old);
}

Test(store, without_a_counter_the_version_still_tells_the_host)
{
    test_flash old;

    fill();
    test_flash_copy(&old, &flash);
    cr_assert_eq(test_store_set(&store, 1, "the next group"), COVEY_OK);
    cr_assert_eq(covey_store_version_of(&store), 5);
    port.ctx = &old;
    cr_assert_eq(open_store(&store), COVEY_OK);
    cr_assert_eq(covey_store_version_of(&store), 4);
    test_flash_free(&old);
}

Test(store, a_counter_that_lags_after_a_power_cut_is_brought_up)
{
    with_counter(0);
    fill();
    flash.counter_fails = true;
    cr_assert_eq(test_store_set(&store, 1, "the next group"), COVEY_OK);
    cr_assert_eq(flash.counter, 4);

    /* One save behind, never two. */
    cr_assert_eq(test_store_set(&store, 1, "one more"), COVEY_ERR_PORT);
    cr_assert_eq(open_store(&store), COVEY_ERR_PORT);
    flash.counter_fails = false;
    cr_assert_eq(open_store(&store), COVEY_OK);
    cr_assert_eq(flash.counter, 5);
    cr_assert_eq(test_store_set(&store, 1, "one more"), COVEY_OK);
    cr_assert_eq(flash.counter, 6);
    cr_assert(test_store_has(&store, 1, "one more"));
}

Test(store, a_counter_that_lags_is_brought_up_by_the_next_save_too)
{
    with_counter(0);
    fill();
    flash.counter_fails = true;
    cr_assert_eq(test_store_set(&store, 1, "the next group"), COVEY_OK);
    flash.counter_fails = false;
    cr_assert_eq(test_store_set(&store, 1, "one more"), COVEY_OK);
    cr_assert_eq(flash.counter, 6);
}

Test(store, a_counter_without_room_is_exhausted)
{
    with_counter(UINT64_MAX);
    cr_assert_eq(open_store(&store), COVEY_OK);
    cr_assert_eq(test_store_set(&store, 1, "x"), COVEY_ERR_EXHAUSTED);
    with_counter(UINT64_MAX - 1);
    cr_assert_eq(test_store_set(&store, 1, "x"), COVEY_OK);
    cr_assert_eq(test_store_set(&store, 1, "x"), COVEY_ERR_EXHAUSTED);
    cr_assert_eq(read_anew(1), COVEY_OK);
}

/* ---- two processes ---- */

/* Saves from another process each time this one looks at the key slot. */
static covey_store racer;
static int num_races;

static int (*plain_load)(void *, uint32_t, uint8_t *, size_t, size_t *);

static int load_and_race(void *ctx, uint32_t slot, uint8_t *out, size_t cap,
                         size_t *len)
{
    int answer = plain_load(ctx, slot, out, cap, len);

    if (slot == 0 && num_races > 0) {
        num_races--;
        cr_assert_eq(test_store_set(&racer, 5, "raced"), COVEY_OK);
    }
    return answer;
}

static int open_racing(int races)
{
    covey_port racing = port;
    const covey_host_key key = test_host_key();

    plain_load = port.load;
    racing.load = load_and_race;
    num_races = races;
    cr_assert_eq(open_store(&racer), COVEY_OK);
    int err = covey_store_open(&store, &racing, &key);
    store.port = &port;
    return err;
}

Test(store, a_save_between_key_slot_and_counter_is_no_rollback)
{
    with_counter(0);
    fill();
    cr_assert_eq(open_racing(1), COVEY_OK);
    cr_assert_eq(covey_store_version_of(&store), 5);
    cr_assert_eq(open_racing(3), COVEY_OK);
    cr_assert_eq(open_racing(100), COVEY_ERR_CONFLICT);
}

Test(store, reading_what_another_process_replaced_is_a_conflict)
{
    covey_store other;
    int err;

    fill();
    cr_assert_eq(open_store(&other), COVEY_OK);
    cr_assert_eq(test_store_set(&other, 1, "a newer group"), COVEY_OK);
    cr_assert(test_store_has(&store, 2, "the later outbox"));
    (void)test_store_text(&store, 1, &err);
    cr_assert_eq(err, COVEY_ERR_CONFLICT);
    (void)test_store_text(&store, 2, &err);
    cr_assert_eq(err, COVEY_ERR_STATE);
    cr_assert_eq(covey_store_reopen(&store), COVEY_OK);
    cr_assert(test_store_has(&store, 1, "a newer group"));

    cr_assert_eq(test_store_set(&other, 1, NULL), COVEY_OK);
    (void)test_store_text(&store, 1, &err);
    cr_assert_eq(err, COVEY_ERR_CONFLICT);
}

/* ---- sizes ---- */

Test(store, the_functions_say_what_the_constants_say)
{
    cr_assert_eq(covey_store_records_max(), COVEY_STORE_RECORDS_MAX);
    cr_assert_eq(covey_store_key_slot_max(), COVEY_STORE_KEY_SLOT_MAX);
    cr_assert_eq(covey_store_host_key_size(), COVEY_STORE_HOST_KEY_SIZE);
}
