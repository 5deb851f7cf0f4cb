#include "support/flash.h"

#include <stdlib.h>

#define STEP_SIZE 64
#define LOG_START (2 * FLASH_KEY_PLACE_SIZE)
#define MAGIC 0x4b455953u
#define FAILED 7

/* Before the key slot's bytes: which version, and where its records are. */
typedef struct {
    uint32_t magic;
    uint32_t sum; /* of all that follows, the bytes included */
    uint64_t version;
    flash_place places[FLASH_SLOTS]; /* [0].at is of no use */
} key_head;

_Static_assert(sizeof(key_head) + COVEY_STORE_KEY_SLOT_MAX <=
                   FLASH_KEY_PLACE_SIZE,
               "the key slot has room");

/* ---- the chip ---- */

static void grow(test_flash *flash, size_t size)
{
    if (size > flash->room) {
        flash->room = 2 * size;
        flash->image = realloc(flash->image, flash->room);
        if (flash->image == NULL) abort();
        memset(flash->image + flash->size, 0xff, flash->room - flash->size);
    }
    if (size > flash->size) flash->size = size;
}

/* How much of a step's len bytes is done. */
static size_t step(test_flash *flash, size_t len)
{
    static const size_t shares[3] = {0, 1, 2};

    if (flash->is_off) return 0;
    if (flash->num_steps++ != flash->cut_at) return len;
    flash->is_off = true;
    return len * shares[flash->cut_part] / 2;
}

static bool program(test_flash *flash, size_t at, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;

    grow(flash, at + len);
    for (size_t done = 0; done < len && !flash->is_off; done += STEP_SIZE) {
        size_t part = len - done < STEP_SIZE ? len - done : STEP_SIZE;

        memcpy(flash->image + at + done, from + done, step(flash, part));
    }
    return !flash->is_off;
}

static bool erase(test_flash *flash, unsigned place)
{
    memset(flash->image + place * FLASH_KEY_PLACE_SIZE, 0xff,
           step(flash, FLASH_KEY_PLACE_SIZE));
    return !flash->is_off;
}

/* ---- the key slot's places ---- */

static uint32_t sum_of(const uint8_t *at, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++) sum = (sum ^ at[i]) * 16777619u;
    return sum;
}

static uint32_t sum_of_key(const key_head *head, const uint8_t *bytes)
{
    const uint8_t *at = (const uint8_t *)head;
    size_t skip = sizeof head->magic + sizeof head->sum;
    uint32_t sum = sum_of(at + skip, sizeof *head - skip, 2166136261u);

    return sum_of(bytes, head->places[0].len, sum);
}

static bool read_head(key_head *head, const test_flash *flash, unsigned place)
{
    const uint8_t *at = flash->image + place * FLASH_KEY_PLACE_SIZE;

    memcpy(head, at, sizeof *head);
    return head->magic == MAGIC &&
           head->places[0].len <= COVEY_STORE_KEY_SLOT_MAX &&
           head->sum == sum_of_key(head, at + sizeof *head);
}

static bool is_erased(const test_flash *flash, unsigned place)
{
    const uint8_t *at = flash->image + place * FLASH_KEY_PLACE_SIZE;

    for (size_t i = 0; i < FLASH_KEY_PLACE_SIZE; i++) {
        if (at[i] != 0xff) return false;
    }
    return true;
}

/* The newer valid one counts; the other is erased before anything else. */
static void mount(test_flash *flash)
{
    key_head heads[2];
    bool valid[2];

    for (unsigned i = 0; i < 2; i++) {
        valid[i] = read_head(&heads[i], flash, i);
    }
    unsigned newer =
        valid[0] && (!valid[1] || heads[0].version > heads[1].version) ? 0 : 1;

    flash->version = 0;
    memset(flash->places, 0, sizeof flash->places);
    flash->key_place = newer;
    if (valid[newer]) {
        flash->version = heads[newer].version;
        memcpy(flash->places, heads[newer].places, sizeof flash->places);
    }
    for (unsigned i = 0; i < 2; i++) {
        if ((i != newer || !valid[i]) && !is_erased(flash, i) &&
            !erase(flash, i)) {
            return;
        }
    }
    flash->is_mounted = true;
}

/* ---- the hooks ---- */

static uint8_t *stored_at(const test_flash *flash, uint32_t slot)
{
    if (slot == COVEY_STORE_KEY_SLOT) {
        return flash->image + flash->key_place * FLASH_KEY_PLACE_SIZE +
               sizeof(key_head);
    }
    return flash->image + flash->places[slot].at;
}

static bool is_up(test_flash *flash)
{
    if (!flash->is_off && !flash->is_mounted) mount(flash);
    return !flash->is_off;
}

static int load(void *ctx, uint32_t slot, uint8_t *out, size_t cap, size_t *len)
{
    test_flash *flash = ctx;

    if (!is_up(flash) || flash->num_loads++ == flash->fail_load ||
        slot >= FLASH_SLOTS) {
        return FAILED;
    }
    *len = flash->places[slot].len;
    if (*len <= cap) covey_copy(out, stored_at(flash, slot), *len);
    return 0;
}

static bool write_key(test_flash *flash, const key_head *head,
                      covey_bytes bytes)
{
    uint8_t whole[FLASH_KEY_PLACE_SIZE];
    unsigned place = 1 - flash->key_place;
    size_t at = place * FLASH_KEY_PLACE_SIZE;

    memcpy(whole, head, sizeof *head);
    memcpy(whole + sizeof *head, bytes.at, bytes.len);
    if (!program(flash, at, whole, sizeof *head + bytes.len)) return false;
    unsigned old = flash->key_place;

    flash->key_place = place;
    flash->version = head->version;
    memcpy(flash->places, head->places, sizeof flash->places);
    return erase(flash, old);
}

static int save(void *ctx, uint64_t expected_version,
                const covey_record *records, size_t num_records)
{
    test_flash *flash = ctx;
    key_head head = {.magic = MAGIC, .version = expected_version + 1};
    covey_bytes key = {NULL, 0};

    if (!is_up(flash)) return FAILED;
    if (expected_version != flash->version) return COVEY_PORT_CONFLICT;
    bool fails = flash->num_saves++ == flash->fail_save;

    memcpy(head.places, flash->places, sizeof head.places);
    for (size_t i = 0; i < num_records; i++) {
        const covey_record *record = &records[i];

        if (record->slot >= FLASH_SLOTS) return FAILED;
        head.places[record->slot].len = (uint32_t)record->bytes.len;
        if (record->slot == COVEY_STORE_KEY_SLOT) {
            key = record->bytes;
            continue;
        }
        head.places[record->slot].at = (uint32_t)flash->size;
        if (!program(flash, flash->size, record->bytes.at, record->bytes.len)) {
            return FAILED;
        }
    }
    if (fails || key.len == 0) return FAILED;
    head.sum = sum_of_key(&head, key.at);
    return write_key(flash, &head, key) ? 0 : FAILED;
}

static int count(void *ctx, uint64_t at_least, uint64_t *value)
{
    test_flash *flash = ctx;

    if (flash->is_off || flash->counter_fails) return FAILED;
    if (flash->counter < at_least) flash->counter = at_least;
    *value = flash->counter;
    return 0;
}

static int fill(void *ctx, uint8_t *out, size_t len)
{
    test_flash *flash = ctx;
    covey_random random = test_random_hook(&flash->random);

    return random.fill(random.ctx, out, len);
}

/* ---- for tests ---- */

void test_flash_init(test_flash *flash, uint64_t seed)
{
    *flash = (test_flash){
        .cut_at = FLASH_NEVER,
        .fail_save = FLASH_NEVER,
        .fail_load = FLASH_NEVER,
        .random = test_random_of(seed),
    };
    grow(flash, LOG_START);
}

void test_flash_free(test_flash *flash)
{
    free(flash->image);
    flash->image = NULL;
}

covey_port test_flash_port(test_flash *flash)
{
    return (covey_port){
        .ctx = flash,
        .random = fill,
        .load = load,
        .save = save,
        .counter = flash->has_counter ? count : NULL,
    };
}

void test_flash_power_on(test_flash *flash)
{
    flash->is_off = false;
    flash->is_mounted = false;
    flash->cut_at = FLASH_NEVER;
}

void test_flash_copy(test_flash *to, const test_flash *from)
{
    *to = *from;
    to->image = malloc(from->room);
    if (to->image == NULL) abort();
    memcpy(to->image, from->image, from->room);
    test_flash_power_on(to);
}

flash_bytes test_flash_slot(test_flash *flash, uint32_t slot)
{
    if (!is_up(flash) || flash->places[slot].len == 0) {
        return (flash_bytes){NULL, 0};
    }
    return (flash_bytes){stored_at(flash, slot), flash->places[slot].len};
}

void test_flash_set(test_flash *flash, uint32_t slot, covey_bytes bytes)
{
    if (!is_up(flash)) abort();
    if (slot != COVEY_STORE_KEY_SLOT) {
        flash->places[slot].at = (uint32_t)flash->size;
        grow(flash, flash->size + bytes.len);
    }
    flash->places[slot].len = (uint32_t)bytes.len;
    covey_copy(stored_at(flash, slot), bytes.at, bytes.len);
}
