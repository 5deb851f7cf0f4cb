/* What a device's memory and records give to whoever has them, and what
 * becomes of them when a hook fails. */
#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "device/device.h"
#include "home.h"
#include "relay/blob.h"
#include "support/bytes.h"

static home_device *anna;
static home_device *watch;

static const covey_host_key host_key = {{7, 7, 7}};

static void begin(void)
{
    home_two(&anna, &watch);
}

TestSuite(storage, .init = begin);

/* ---- with a copy of a device's keys ---- */

static covey_mls_group *copy_of(const home_device *device)
{
    const covey_bytes bytes =
        covey_bytes_of(device->device->group, covey_mls_group_size());

    return (covey_mls_group *)(void *)test_copy(bytes);
}

/* Whether a thief with this copy reads a blob, or follows it. */
static bool reads_one(covey_mls_group *group, const covey_handshake_key *key,
                      covey_bytes bytes)
{
    static uint8_t message[COVEY_BLOB_MESSAGE_MAX + 64];
    static uint8_t memory[65536];
    static uint8_t staged_memory[65536];
    covey_buffer scratch = {memory, sizeof memory, 0};
    covey_writer w = covey_writer_of(message, sizeof message);
    covey_mls_received received;
    covey_blob blob;

    if (covey_blob_open(&blob, group, key, bytes, &w) != COVEY_OK) return false;
    if (blob.kind == COVEY_MLS_MESSAGE_APPLICATION) {
        return covey_mls_unprotect(group, blob.message, &scratch, &received) ==
               COVEY_OK;
    }
    cr_assert(covey_mls_staged_size() <= sizeof staged_memory);
    covey_mls_staged *staged =
        covey_mls_staged_at(staged_memory, sizeof staged_memory);
    return blob.kind == COVEY_MLS_MESSAGE_COMMIT &&
           covey_mls_stage(group, staged, blob.message, NULL, 0, &scratch) ==
               COVEY_OK;
}

/* How many of a mailbox's blobs it opens, each by a fresh copy. */
static size_t reads(const home_device *stolen, const home_box *box, size_t from)
{
    size_t num = 0;

    for (size_t i = from; i < box->num; i++) {
        covey_mls_group *copy = copy_of(stolen);

        num +=
            reads_one(copy, &stolen->device->log.handshake_key, box->blobs[i]);
    }
    return num;
}

static size_t reads_all(const home_device *stolen, size_t first_box)
{
    size_t num = 0;

    for (size_t i = first_box; i < home_num_boxes; i++) {
        num += reads(stolen, home_boxes[i], 0);
    }
    return num;
}

static void talk(void)
{
    cr_assert_eq(home_text(anna, "come home"), COVEY_OK);
    cr_assert_eq(home_text(watch, "in a minute"), COVEY_OK);
    cr_assert_eq(home_fix(watch, 4711), COVEY_OK);
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_LOCATE, 3600000),
                 COVEY_OK);
    home_run(HOME_MINUTE);
}

/* All that the relay ever had, and the watch with all its keys. */
Test(storage, T38_who_takes_the_watch_reads_nothing_that_it_has_read)
{
    home_box *box = home_box_of(watch);

    talk();
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(HOME_MINUTE);
    talk();
    cr_assert_neq(home_box_of(watch), box);
    cr_assert_eq(reads_all(watch, 0), 0);
    cr_assert_eq(reads_all(anna, 0), 0);
    home_restart(watch);
    cr_assert_eq(reads_all(watch, 0), 0);
    /* What it has not read yet it would have read. */
    watch->is_off = true;
    talk();
    cr_assert(reads_all(watch, 0) >= 2);
}

Test(storage, T43_no_state_of_a_removed_phone_reads_what_comes_after)
{
    home_device *phone = home_add("phone", true);
    size_t first;

    home_pair(anna, phone, COVEY_ROLE_GUARDIAN, true);
    talk();
    const covey_member_id id = home_id(phone);
    phone->is_off = true; /* it keeps all it has, and reads on */
    cr_assert_eq(covey_device_remove(anna->device, &id, home_now(anna)),
                 COVEY_OK);
    while (home_count(anna, COVEY_EVENT_DONE) == 0) home_run(1000);
    const home_box *now = home_box_of(anna);
    for (first = 0; home_boxes[first] != now; first++) {
    }
    talk();
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(HOME_MINUTE);
    talk();
    cr_assert_eq(reads_all(phone, first), 0);
    phone->is_off = false; /* it follows as far as it can */
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(phone->device), COVEY_DEVICE_ENDED);
    cr_assert_eq(reads_all(phone, 0), 0);
}

Test(storage, T45_a_newcomer_with_all_that_the_relay_has_reads_nothing_older)
{
    home_device *ben = home_add("ben", true);
    size_t boxes;

    talk();
    boxes = home_num_boxes;
    home_pair(anna, ben, COVEY_ROLE_GUARDIAN, false);
    for (size_t i = 0; i < boxes; i++) {
        cr_assert_eq(reads(ben, home_boxes[i], 0), 0);
    }
}

/* Nor can an epoch's mailbox, and what follows from it, be derived again. */
Test(storage, T38_an_epoch_keeps_no_exporter)
{
    uint8_t out[32];

    cr_assert_eq(covey_mls_export(watch->device->group, "covey mailbox",
                                  covey_bytes_of(NULL, 0), out, sizeof out),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_export(anna->device->group, "covey mailbox",
                                  covey_bytes_of(NULL, 0), out, sizeof out),
                 COVEY_ERR_STATE);
}

/* ---- with the records ---- */

/* An image of somebody's flash, to be opened by whoever has the host's key. */
typedef struct {
    covey_port port;
    covey_store store;
    covey_bytes records[HOME_SLOTS];
} image;

static int image_load(void *ctx, uint32_t slot, uint8_t *out, size_t cap,
                      size_t *len)
{
    const image *flash = ctx;
    covey_bytes record = flash->records[slot];

    *len = record.len;
    if (record.len <= cap) covey_copy(out, record.at, record.len);
    return 0;
}

static int image_save(void *ctx, uint64_t expected, const covey_record *records,
                      size_t num)
{
    (void)ctx;
    (void)expected;
    (void)records;
    (void)num;
    return 7;
}

static int image_open(image *flash, const home_device *device,
                      const covey_host_key *key)
{
    memcpy(flash->records, device->records, sizeof flash->records);
    flash->port =
        (covey_port){flash, device->port.random, image_load, image_save, NULL};
    return covey_store_open(&flash->store, &flash->port, key);
}

/* A record in clear; empty when it does not open. */
static covey_bytes image_get(image *flash, uint32_t slot)
{
    size_t len = covey_store_len(&flash->store, slot);
    uint8_t *room = test_alloc(len + 64);
    covey_scratch memory = covey_scratch_of(room, len + 64);
    covey_bytes out = covey_bytes_of(NULL, 0);

    if (len == 0 ||
        covey_store_get(&flash->store, slot, &memory, &out) != COVEY_OK) {
        return covey_bytes_of(NULL, 0);
    }
    return covey_bytes_of(test_copy(out), out.len);
}

static bool has(covey_bytes in, const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i + len <= in.len; i++) {
        if (memcmp(in.at + i, text, len) == 0) return true;
    }
    return false;
}

static bool is_stored(const home_device *device, const char *text)
{
    image flash;
    bool found = false;

    cr_assert_eq(image_open(&flash, device, &host_key), COVEY_OK);
    for (uint32_t slot = 1; slot < HOME_SLOTS; slot++) {
        found = found || has(image_get(&flash, slot), text);
    }
    covey_store_close(&flash.store);
    return found;
}

/* A host that ends right after it has read. */
Test(storage, T38_who_ends_after_reading_leaves_no_key_of_what_was_read)
{
    cr_assert_eq(home_text(anna, "read once"), COVEY_OK);
    home_turn(anna);
    home_run(30000);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
    cr_assert_eq(home_text(anna, "and this"), COVEY_OK);
    home_turn(anna);
    covey_device_wake(watch->device, home_now(watch));
    home_turn(watch);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 2);
    cr_assert_eq(covey_device_keep(watch->device, home_now(watch)), COVEY_OK);
    const uint64_t saves = watch->num_saves;
    cr_assert_eq(covey_device_keep(watch->device, home_now(watch)), COVEY_OK);
    cr_assert_eq(watch->num_saves, saves, "there was nothing to keep");
    home_restart(watch);
    cr_assert_eq(reads(watch, home_box_of(watch), 0), 0);
    home_run(30000);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 2, "read again");
}

/* Then it is as if it had not read. */
Test(storage, T58_what_could_not_be_kept_is_read_again)
{
    cr_assert_eq(home_text(anna, "hello"), COVEY_OK);
    home_turn(anna);
    covey_device_wake(watch->device, home_now(watch));
    home_turn(watch);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
    watch->fails_at = 1;
    cr_assert_eq(covey_device_keep(watch->device, home_now(watch)),
                 COVEY_ERR_PORT);
    home_run(30000);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 2);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
    covey_device_close(watch->device);
    cr_assert_eq(covey_device_keep(watch->device, home_now(watch)),
                 COVEY_ERR_STATE);
}

Test(storage, T38_what_was_said_is_not_kept)
{
    home_relay_is_away = true;
    cr_assert_eq(home_text(watch, "this is a secret"), COVEY_OK);
    cr_assert(is_stored(watch, "this is a secret"));
    home_relay_is_away = false;
    home_run(10 * HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_TEXT), 1);
    cr_assert_not(is_stored(watch, "this is a secret"));
    cr_assert_not(is_stored(anna, "this is a secret"));
    cr_assert_not(has(covey_bytes_of(&watch->device->outbox,
                                     sizeof watch->device->outbox),
                      "this is a secret"));
    home_restart(watch);
    cr_assert_not(
        has(covey_bytes_of(watch->device, watch->size), "this is a secret"));
}

Test(storage, T27_T54_without_the_hosts_key_nothing_opens)
{
    static const covey_host_key another = {{7, 7, 8}};
    image flash;

    cr_assert_eq(image_open(&flash, watch, &another), COVEY_ERR_AUTH);
    cr_assert_eq(image_open(&flash, watch, &host_key), COVEY_OK);
    cr_assert_neq(image_get(&flash, COVEY_SLOT_GROUP).len, 0);
    covey_store_close(&flash.store);
}

/* Records of before, under the key of now: flash keeps what was replaced. */
Test(storage, T38_T54_a_record_that_was_replaced_does_not_open_any_more)
{
    covey_bytes before[HOME_SLOTS];
    image flash;
    size_t num = 0;

    cr_assert_eq(home_text(watch, "this is a secret"), COVEY_OK);
    memcpy(before, watch->records, sizeof before);
    talk();
    for (uint32_t slot = 1; slot < HOME_SLOTS; slot++) {
        if (before[slot].len == 0 ||
            covey_bytes_same(before[slot], watch->records[slot])) {
            continue;
        }
        covey_bytes present = watch->records[slot];

        watch->records[slot] = before[slot];
        int err = image_open(&flash, watch, &host_key);
        watch->records[slot] = present;
        cr_assert(err || image_get(&flash, slot).len == 0);
        covey_store_close(&flash.store);
        num++;
    }
    cr_assert(num >= 4);
}

/* ---- bytes that two have ---- */

#define WINDOW 16

typedef struct {
    uint8_t bytes[WINDOW];
} window;

typedef struct {
    window *items;
    size_t num;
} windows;

/* Zeros, small numbers and the relay's name are no secrets. */
static bool is_random(const uint8_t *at)
{
    bool has_byte[256] = {false};
    size_t num = 0;

    for (size_t i = 0; i < WINDOW; i++) {
        num += !has_byte[at[i]];
        has_byte[at[i]] = true;
    }
    return num >= 12;
}

static void windows_add(windows *set, covey_bytes bytes)
{
    set->items =
        realloc(set->items, (set->num + bytes.len + 1) * sizeof set->items[0]);
    for (size_t i = 0; i + WINDOW <= bytes.len; i++) {
        if (!is_random(bytes.at + i)) continue;
        memcpy(set->items[set->num++].bytes, bytes.at + i, WINDOW);
    }
}

static int compare(const void *one, const void *two)
{
    return memcmp(one, two, WINDOW);
}

/* All records of a device, in clear. */
static windows windows_of(const home_device *device)
{
    windows set = {NULL, 0};
    image flash;

    cr_assert_eq(image_open(&flash, device, &host_key), COVEY_OK);
    for (uint32_t slot = 1; slot < HOME_SLOTS; slot++) {
        windows_add(&set, image_get(&flash, slot));
    }
    covey_store_close(&flash.store);
    qsort(set.items, set.num, sizeof set.items[0], compare);
    return set;
}

static size_t shared(const windows *set, covey_bytes with)
{
    size_t num = 0;

    for (size_t i = 0; i + WINDOW <= with.len; i++) {
        num += is_random(with.at + i) &&
               bsearch(with.at + i, set->items, set->num, sizeof set->items[0],
                       compare) != NULL;
    }
    return num;
}

static size_t shared_records(const windows *set, const home_device *with)
{
    size_t num = 0;
    image flash;

    cr_assert_eq(image_open(&flash, with, &host_key), COVEY_OK);
    for (uint32_t slot = 1; slot < HOME_SLOTS; slot++) {
        num += shared(set, image_get(&flash, slot));
    }
    covey_store_close(&flash.store);
    return num;
}

Test(storage, T27_two_families_have_no_secret_in_common)
{
    home_device *carla = home_add("carla", true);
    home_device *other = home_add("other", false);

    cr_assert_eq(covey_device_create(carla->device, HOME_RELAY,
                                     home_now(carla)),
                 COVEY_OK);
    home_pair(carla, other, COVEY_ROLE_WEARER, false);
    talk();
    windows mine = windows_of(watch);
    cr_assert(shared_records(&mine, anna) > 100); /* the circle's */
    cr_assert_eq(shared_records(&mine, other), 0);
    cr_assert_eq(shared_records(&mine, carla), 0);
    free(mine.items);
}

/* ---- T54: given away ---- */

Test(storage, T54_a_wiped_watch_has_nothing_left_and_becomes_another)
{
    covey_bytes before[HOME_SLOTS];
    covey_device *device = watch->device;
    const covey_member_id id = home_id(watch);
    char uri[COVEY_URI_SIZE];
    image flash;

    talk();
    windows old = windows_of(watch);
    memcpy(before, watch->records, sizeof before);
    cr_assert(shared(&old, covey_bytes_of(device, watch->size)) > 100);
    cr_assert_eq(covey_device_wipe(device), COVEY_OK);
    cr_assert_eq(shared(&old, covey_bytes_of(device, watch->size)), 0);
    /* The key slot of before was erased by the host; all else is there. */
    before[0] = watch->records[0];
    memcpy(watch->records, before, sizeof before);
    cr_assert_eq(image_open(&flash, watch, &host_key), COVEY_OK);
    for (uint32_t slot = 1; slot < HOME_SLOTS; slot++) {
        cr_assert_eq(image_get(&flash, slot).len, 0);
    }
    covey_store_close(&flash.store);
    home_restart(watch);
    cr_assert_eq(covey_device_state_of(device), COVEY_DEVICE_EMPTY);
    cr_assert_eq(covey_device_deadline(device), COVEY_NO_DEADLINE);
    cr_assert_eq(covey_device_invite(device, COVEY_ROLE_WEARER, HOME_RELAY, 0,
                                     home_now(watch), uri),
                 COVEY_OK);
    const covey_member_id next = home_id(watch);
    cr_assert_neq(memcmp(&id, &next, sizeof id), 0);
    cr_assert_eq(shared_records(&old, watch), 0);
    free(old.items);
}

Test(storage, T38_a_closed_device_has_no_key_in_memory)
{
    talk();
    windows keys = windows_of(anna);
    const covey_bytes memory = covey_bytes_of(anna->device, anna->size);

    cr_assert(shared(&keys, memory) > 100);
    covey_device_close(anna->device);
    cr_assert_eq(shared(&keys, memory), 0);
    free(keys.items);
    home_restart(anna);
}

/* ---- T58: each hook fails at each place once ---- */

typedef enum { RANDOM, LOAD, SAVE, NUM_HOOKS } hook;

static struct {
    const home_device *of; /* whose */
    hook hook;
    uint64_t calls;
    uint64_t fails_at; /* this call; 0: none */
} fault;

static covey_port real;

static bool fails(const void *ctx, hook which)
{
    return ctx == fault.of && which == fault.hook &&
           ++fault.calls == fault.fails_at;
}

static int fault_random(void *ctx, uint8_t *out, size_t len)
{
    return fails(ctx, RANDOM) ? 7 : real.random(ctx, out, len);
}

static int fault_load(void *ctx, uint32_t slot, uint8_t *out, size_t cap,
                      size_t *len)
{
    return fails(ctx, LOAD) ? 7 : real.load(ctx, slot, out, cap, len);
}

static int fault_save(void *ctx, uint64_t expected, const covey_record *records,
                      size_t num)
{
    return fails(ctx, SAVE) ? 7 : real.save(ctx, expected, records, num);
}

/* A host does again what failed. */
#define insist(call)                                                           \
    do {                                                                       \
        int err_ = (call);                                                     \
                                                                               \
        if (err_ == COVEY_ERR_PORT || err_ == COVEY_ERR_RANDOM) {              \
            err_ = (call);                                                     \
        }                                                                      \
        cr_assert_eq(err_, COVEY_OK, "%s: %s", #call, covey_error_name(err_)); \
    } while (0)

static void story(void)
{
    covey_document document = {.kind = COVEY_DOCUMENT_PRECISION,
                               .of.precision = {500}};

    home_run(40000); /* the watch has said that it started */
    insist(home_text(anna, "one"));
    insist(home_fix(watch, 4));
    insist(home_command(anna, watch, COVEY_COMMAND_RING, 3600000));
    home_run(40000);
    insist(covey_device_set_policy(anna->device, &document, home_now(anna)));
    home_run(40000);
    insist(covey_device_open(watch->device, &watch->config, home_now(watch)));
    insist(covey_device_sos(watch->device, home_now(watch), NULL));
    insist(home_text(watch, "two"));
    home_run(40000);
    insist(covey_device_sos_over(watch->device, home_now(watch)));
    home_run(12 * HOME_MINUTE);
}

/* Payloads of a kind, each counted once: a host may hear one again. */
static size_t heard_once(const home_device *device, covey_content_kind content)
{
    size_t num = 0;
    uint64_t last = 0;

    for (size_t i = 0; i < device->num_events; i++) {
        const home_event *event = &device->events[i];

        if (event->kind != COVEY_EVENT_PAYLOAD || event->content != content ||
            event->id.counter <= last) {
            continue;
        }
        last = event->id.counter;
        num++;
    }
    return num;
}

static void check_story(const char *what)
{
    char one[COVEY_SAFETY_NUMBER_SIZE];
    char two[COVEY_SAFETY_NUMBER_SIZE];

    cr_assert_eq(heard_once(watch, COVEY_CONTENT_TEXT), 1, "%s", what);
    cr_assert_eq(heard_once(anna, COVEY_CONTENT_TEXT), 1, "%s", what);
    cr_assert_eq(heard_once(anna, COVEY_CONTENT_LOCATION), 1, "%s", what);
    cr_assert(heard_once(anna, COVEY_CONTENT_SOS) >= 2, "%s", what);
    cr_assert_eq(heard_once(anna, COVEY_CONTENT_COMMAND_RECEIPT), 2, "%s",
                 what);
    cr_assert(home_count(watch, COVEY_EVENT_COMMAND) <= 1, "%s", what);
    cr_assert(home_count(watch, COVEY_EVENT_POLICY) >= 1, "%s", what);
    cr_assert_eq(home_count(anna, COVEY_EVENT_MISSING), 0, "%s", what);
    cr_assert_eq(home_count(watch, COVEY_EVENT_MISSING), 0, "%s", what);
    cr_assert_eq(covey_device_num_waiting(anna->device), 0, "%s", what);
    cr_assert_eq(covey_device_num_waiting(watch->device), 0, "%s", what);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(covey_device_safety_number(anna->device, one), COVEY_OK);
    cr_assert_eq(covey_device_safety_number(watch->device, two), COVEY_OK);
    cr_assert_str_eq(one, two, "%s", what);
}

/* Calls of the hook in the story; one fails, if there are as many. */
static uint64_t tell_story(bool is_watch, hook which, uint64_t fails_at)
{
    char what[64];

    home_two(&anna, &watch);
    real = anna->port;
    fault.of = is_watch ? watch : anna;
    fault.hook = which;
    fault.calls = 0;
    fault.fails_at = fails_at;
    for (unsigned i = 0; i < 2; i++) {
        covey_port *port = i == 0 ? &anna->port : &watch->port;

        port->random = fault_random;
        port->load = fault_load;
        port->save = fault_save;
        insist(covey_device_open(i == 0 ? anna->device : watch->device,
                                 i == 0 ? &anna->config : &watch->config,
                                 home_now(i == 0 ? anna : watch)));
    }
    story();
    (void)snprintf(what, sizeof what, "hook %d of %s, call %llu", (int)which,
                   is_watch ? "watch" : "anna", (unsigned long long)fails_at);
    check_story(what);
    return fault.calls;
}

/* Every call; where a machine is emulated, every so many: scripts/cross-test. */
static void fail_each(bool is_watch, hook which)
{
    const char *text = getenv("COVEY_TEST_STRIDE");
    uint64_t stride = text == NULL ? 1 : strtoull(text, NULL, 10);

    cr_assert(stride > 0);
    uint64_t calls = tell_story(is_watch, which, 0);

    cr_assert(calls > 3);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
    for (uint64_t at = 1; at <= calls; at += stride) {
        (void)tell_story(is_watch, which, at);
    }
}

Test(storage, T58_randomness_fails_the_watch_at_each_place_once)
{
    fail_each(true, RANDOM);
}

Test(storage, T58_randomness_fails_a_guardian_at_each_place_once)
{
    fail_each(false, RANDOM);
}

Test(storage, T58_loading_fails_at_each_place_once)
{
    fail_each(true, LOAD);
    fail_each(false, LOAD);
}

Test(storage, T58_saving_fails_the_watch_at_each_place_once)
{
    fail_each(true, SAVE);
}

Test(storage, T58_saving_fails_a_guardian_at_each_place_once)
{
    fail_each(false, SAVE);
}
