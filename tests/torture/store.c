/* What a flash chip holds after power was lost, and what can be read from
 * all that it ever held. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "crypto/aead.h"
#include "support/records.h"

static test_flash flash;
static covey_port port;
static covey_store store;

static int open_on(test_flash *one)
{
    const covey_host_key key = test_host_key();

    port = test_flash_port(one);
    return covey_store_open(&store, &port, &key);
}

/* ---- power loss ---- */

#define LONG_TEXT                                                              \
    "a record of more than one write of the chip, which therefore can be "     \
    "torn in its middle as well as before and behind it"

static void prepare(bool with_counter)
{
    test_flash_init(&flash, 5);
    flash.has_counter = with_counter;
    cr_assert_eq(open_on(&flash), COVEY_OK);
    cr_assert_eq(test_store_set(&store, 1, "old " LONG_TEXT), COVEY_OK);
    cr_assert_eq(test_store_set(&store, 2, "old"), COVEY_OK);
    cr_assert_eq(test_store_set(&store, 3, "old as well"), COVEY_OK);
    cr_assert_eq(test_store_set(&store, 4, "untouched"), COVEY_OK);
}

static int change_all(void)
{
    covey_change change;

    int err = covey_change_begin(&change, &store, test_store_memory());
    if (!err) {
        err =
            covey_change_put(&change, 1, covey_bytes_of_text("new " LONG_TEXT));
    }
    if (!err) err = covey_change_put(&change, 2, covey_bytes_of_text("new"));
    if (!err) err = covey_change_erase(&change, 3);
    if (!err) err = covey_change_put(&change, 5, covey_bytes_of_text("born"));
    if (!err) err = covey_change_commit(&change);
    return err;
}

static bool is_old(void)
{
    return covey_store_version_of(&store) == 4 &&
           test_store_has(&store, 1, "old " LONG_TEXT) &&
           test_store_has(&store, 2, "old") &&
           test_store_has(&store, 3, "old as well") &&
           test_store_has(&store, 4, "untouched") &&
           test_store_has(&store, 5, NULL);
}

static bool is_new(void)
{
    return covey_store_version_of(&store) == 5 &&
           test_store_has(&store, 1, "new " LONG_TEXT) &&
           test_store_has(&store, 2, "new") &&
           test_store_has(&store, 3, NULL) &&
           test_store_has(&store, 4, "untouched") &&
           test_store_has(&store, 5, "born");
}

/* One cut, the reboot, and life goes on. Whether the cut came to pass. */
static bool cut_once(uint64_t at, unsigned part, bool with_counter,
                     unsigned *num_new)
{
    prepare(with_counter);
    flash.cut_at = flash.num_steps + at;
    flash.cut_part = part;
    int err = change_all();
    bool was_cut = flash.is_off;

    cr_assert_eq(err, was_cut ? COVEY_ERR_PORT : COVEY_OK);
    test_flash_power_on(&flash);
    cr_assert_eq(open_on(&flash), COVEY_OK);
    cr_assert(is_old() || is_new(), "a mixture: step %u, part %u", (unsigned)at,
              part);
    if (is_new()) (*num_new)++;
    if (is_old()) cr_assert_eq(change_all(), COVEY_OK);
    cr_assert(is_new());
    test_flash_free(&flash);
    test_free_all();
    return was_cut;
}

Test(torture_store, T56_power_lost_at_any_step_leaves_old_or_new_whole)
{
    for (unsigned trial = 0; trial < 6; trial++) {
        uint64_t at = 0;
        unsigned num_new = 0;

        while (cut_once(at, trial % 3, trial >= 3, &num_new)) at++;
        /* Records, key slot, erasure; old at first, new at last. */
        cr_assert_gt(at, 5);
        cr_assert_gt(num_new, 1);
        cr_assert_lt(num_new, at);
    }
}

Test(torture_store, power_lost_while_starting_is_no_harm_either)
{
    for (uint64_t at = 0; at < 3; at++) {
        prepare(false);
        /* The new key slot is whole, the old one still there. */
        uint64_t before = flash.num_steps;
        cr_assert_eq(change_all(), COVEY_OK);
        uint64_t erasure = flash.num_steps - before - 1;
        test_flash_free(&flash);

        prepare(false);
        flash.cut_at = flash.num_steps + erasure;
        flash.cut_part = 0;
        cr_assert_eq(change_all(), COVEY_ERR_PORT);
        test_flash_power_on(&flash);
        flash.cut_at = flash.num_steps + at;
        flash.cut_part = 1;
        cr_assert_eq(open_on(&flash), at == 0 ? COVEY_ERR_PORT : COVEY_OK);
        test_flash_power_on(&flash);
        cr_assert_eq(open_on(&flash), COVEY_OK);
        cr_assert(is_new());
        test_flash_free(&flash);
    }
}

/* ---- T38: what is forgotten stays forgotten ---- */

static bool opens(const covey_store_entry *entry, uint32_t slot,
                  covey_store_version written, const uint8_t *at, size_t len)
{
    static uint8_t plain[65536];
    covey_aead_key key = {{0}, {0}};
    covey_store_name name;

    memcpy(key.key, entry->key, sizeof key.key);
    return covey_aead_open(plain, &key,
                           covey_store_name_of(&name, slot, written),
                           covey_bytes_of(at, len)) == COVEY_OK;
}

/* An attacker who has the whole image and the host's key, and knows which
 * bytes were ever written where: the best case for him. */
typedef struct {
    uint32_t slot;
    covey_store_version written;
    size_t at;
    size_t len;
} page;

static page pages[512];
static size_t num_pages;

static int (*plain_save)(void *, uint64_t, const covey_record *, size_t);

static int note_pages(void *ctx, uint64_t expected, const covey_record *records,
                      size_t num)
{
    const test_flash *one = ctx;
    size_t at = one->size;

    for (size_t i = 0; i < num; i++) {
        if (records[i].slot == 0 || records[i].bytes.len == 0) continue;
        pages[num_pages++] =
            (page){records[i].slot, expected + 1, at, records[i].bytes.len};
        at += records[i].bytes.len;
    }
    return plain_save(ctx, expected, records, num);
}

/* All tables that open anywhere in the image under the host's key. */
static size_t find_tables(covey_store_table *tables, size_t max,
                          const test_flash *one)
{
    size_t num = 0;
    const covey_host_key key = test_host_key();

    for (size_t at = 0; at + 67 <= one->size; at++) {
        for (size_t len = 67; len <= COVEY_STORE_KEY_SLOT_MAX &&
                              at + len <= one->size && num < max;
             len += 45) {
            uint8_t copy[COVEY_STORE_KEY_SLOT_MAX];

            memcpy(copy, one->image + at, len);
            if (covey_key_slot_open(&tables[num], &key, copy, len) ==
                COVEY_OK) {
                num++;
            }
        }
    }
    return num;
}

static void forget_start(void)
{
    test_flash_init(&flash, 9);
    num_pages = 0;
    cr_assert_eq(open_on(&flash), COVEY_OK);
    plain_save = port.save;
    port.save = note_pages;
}

/* A day of a watch: the group seldom, the ratchets often. */
static void live(unsigned saves)
{
    for (unsigned i = 0; i < saves; i++) {
        char text[32] = "a ratchet of which nobody knows";

        text[0] = (char)('a' + i % 26);
        cr_assert_eq(test_store_set(&store, 1 + i % 3, text), COVEY_OK);
    }
}

Test(torture_store, T38_old_contents_cannot_be_read_from_the_whole_flash)
{
    covey_store_table tables[4];
    size_t num_open = 0;

    forget_start();
    live(24);
    cr_assert_eq(num_pages, 24);
    cr_assert_eq(find_tables(tables, 4, &flash), 1);

    for (size_t i = 0; i < num_pages; i++) {
        bool current = false;

        for (unsigned slot = 1; slot <= COVEY_STORE_RECORDS_MAX; slot++) {
            const covey_store_entry *entry = &tables[0].entries[slot - 1];

            current = current || opens(entry, pages[i].slot, pages[i].written,
                                       flash.image + pages[i].at, pages[i].len);
        }
        cr_assert_eq(current, i >= num_pages - 3, "page %zu", i);
        if (current) num_open++;
    }
    cr_assert_eq(num_open, 3);
    test_flash_free(&flash);
}

Test(torture_store, T38_a_flash_that_keeps_old_key_slots_is_caught_by_this)
{
    covey_store_table tables[4];
    static uint8_t kept[FLASH_KEY_PLACE_SIZE];

    /* The port contract broken: the test above must be able to fail. */
    forget_start();
    live(4);
    memcpy(kept, flash.image + flash.key_place * FLASH_KEY_PLACE_SIZE,
           sizeof kept);
    live(3);
    memcpy(flash.image + (1 - flash.key_place) * FLASH_KEY_PLACE_SIZE, kept,
           sizeof kept);
    cr_assert_eq(find_tables(tables, 4, &flash), 2);
    test_flash_free(&flash);
}

Test(torture_store, T38_nothing_is_left_after_power_failed_in_the_erasure)
{
    covey_store_table tables[4];

    for (unsigned part = 0; part < 3; part++) {
        forget_start();
        live(6);
        uint64_t before = flash.num_steps;
        live(1);
        uint64_t steps = flash.num_steps - before;

        flash.cut_at = flash.num_steps + steps - 1;
        flash.cut_part = part;
        cr_assert_eq(test_store_set(&store, 1, "the last that was saved now"),
                     COVEY_ERR_PORT);
        test_flash_power_on(&flash);
        cr_assert_eq(covey_store_reopen(&store), COVEY_OK);
        cr_assert_eq(covey_store_version_of(&store), 8);
        cr_assert_eq(find_tables(tables, 4, &flash), 1);
        test_flash_free(&flash);
    }
}

/* ---- T27, T11: nothing in clear, nothing in common ---- */

Test(torture_store, the_flash_shows_no_text)
{
    static const char secret[] = "52.5200 13.4050 at grandmother's";

    test_flash_init(&flash, 4);
    cr_assert_eq(open_on(&flash), COVEY_OK);
    for (unsigned i = 0; i < 8; i++) {
        cr_assert_eq(test_store_set(&store, 1 + i % 2, secret), COVEY_OK);
    }
    for (size_t at = 0; at + 8 <= flash.size; at++) {
        cr_assert_neq(memcmp(flash.image + at, secret, 8), 0);
    }
    test_flash_free(&flash);
}
