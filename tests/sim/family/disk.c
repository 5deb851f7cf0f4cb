#include "disk.h"

#include <stdlib.h>

#define FAILED 7

sim_faults sim_faults_of(uint64_t seed)
{
    sim_faults faults = {.cut_at = SIM_NEVER, .choices = test_choices_of(seed)};

    for (unsigned i = 0; i < SIM_NUM_HOOKS; i++) faults.fail_at[i] = SIM_NEVER;
    return faults;
}

/* Whether this call is to fail. */
static bool fails(sim_disk *disk, sim_hook hook)
{
    sim_faults *faults = disk->faults;
    bool now = faults->calls[hook]++ == faults->fail_at[hook];

    if (faults->fail_once_in != 0 &&
        test_below(&faults->choices, faults->fail_once_in) == 0) {
        now = true;
    }
    if (now) faults->failures++;
    return now || disk->is_off;
}

static int fill(void *ctx, uint8_t *out, size_t len)
{
    sim_disk *disk = ctx;
    covey_random random = test_random_hook(&disk->random);

    if (fails(disk, SIM_HOOK_RANDOM)) return FAILED;
    return random.fill(random.ctx, out, len);
}

static int load(void *ctx, uint32_t slot, uint8_t *out, size_t cap, size_t *len)
{
    sim_disk *disk = ctx;

    if (slot >= SIM_SLOTS || fails(disk, SIM_HOOK_LOAD)) return FAILED;
    *len = disk->slots[slot].len;
    if (*len <= cap) covey_copy(out, disk->slots[slot].at, *len);
    return 0;
}

static void put(sim_record *record, covey_bytes bytes)
{
    free(record->at);
    *record = (sim_record){NULL, bytes.len};
    if (bytes.len == 0) return;
    record->at = malloc(bytes.len);
    if (record->at == NULL) abort();
    memcpy(record->at, bytes.at, bytes.len);
}

static bool is_cut(sim_faults *faults)
{
    bool now = faults->calls[SIM_HOOK_SAVE] == faults->cut_at;

    if (faults->cut_once_in != 0 &&
        test_below(&faults->choices, faults->cut_once_in) == 0) {
        faults->cut_after = test_below(&faults->choices, 2) == 0;
        now = true;
    }
    if (now) faults->cuts++;
    return now;
}

static int save(void *ctx, uint64_t expected_version,
                const covey_record *records, size_t num_records)
{
    sim_disk *disk = ctx;
    bool cut = is_cut(disk->faults);

    if (fails(disk, SIM_HOOK_SAVE)) return FAILED;
    if (cut && !disk->faults->cut_after) {
        disk->is_off = true;
        return FAILED;
    }
    if (expected_version != disk->version) return COVEY_PORT_CONFLICT;
    for (size_t i = 0; i < num_records; i++) {
        if (records[i].slot >= SIM_SLOTS) return FAILED;
        put(&disk->slots[records[i].slot], records[i].bytes);
    }
    disk->version++;
    disk->is_off = cut;
    return cut ? FAILED : 0;
}

static int count(void *ctx, uint64_t at_least, uint64_t *value)
{
    sim_disk *disk = ctx;

    if (fails(disk, SIM_HOOK_COUNTER)) return FAILED;
    if (disk->counter < at_least) disk->counter = at_least;
    *value = disk->counter;
    return 0;
}

void sim_disk_init(sim_disk *disk, sim_faults *faults, uint64_t seed)
{
    *disk = (sim_disk){.faults = faults, .random = test_random_of(seed)};
}

void sim_disk_free(sim_disk *disk)
{
    for (size_t i = 0; i < SIM_SLOTS; i++)
        put(&disk->slots[i], (covey_bytes){NULL, 0});
}

covey_port sim_disk_port(sim_disk *disk)
{
    return (covey_port){
        .ctx = disk,
        .random = fill,
        .load = load,
        .save = save,
        .counter = disk->has_counter ? count : NULL,
    };
}

void sim_disk_power_on(sim_disk *disk)
{
    disk->is_off = false;
}

void sim_disk_put_back(sim_disk *disk, const sim_disk *older)
{
    for (size_t i = 0; i < SIM_SLOTS; i++) {
        put(&disk->slots[i],
            (covey_bytes){older->slots[i].at, older->slots[i].len});
    }
    disk->version = older->version;
}

void sim_disk_copy(sim_disk *to, const sim_disk *from)
{
    sim_disk_free(to);
    sim_disk_put_back(to, from);
    to->faults = from->faults;
    to->has_counter = false;
    to->random = from->random;
    to->random.seed ^= 0xc0b1;
}
