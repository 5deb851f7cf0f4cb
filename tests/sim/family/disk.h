/*
 * A host's records in memory, and all that can go wrong with its hooks. A
 * save is whole or not at all, as the port demands; power can fail right
 * before or right after it. Several processes may share one disk.
 *
 * tests/support/flash.h has a chip with torn writes; here it is the order of
 * saving and sending that is looked at.
 */
#ifndef COVEY_SIM_DISK_H
#define COVEY_SIM_DISK_H

#include <covey/port.h>

#include "support/random.h"

#define SIM_NEVER UINT64_MAX
#define SIM_SLOTS (COVEY_STORE_RECORDS_MAX + 1)

typedef enum {
    SIM_HOOK_RANDOM,
    SIM_HOOK_LOAD,
    SIM_HOOK_SAVE,
    SIM_HOOK_COUNTER,
    SIM_NUM_HOOKS
} sim_hook;

/* What is to go wrong; all disks of a world share it. */
typedef struct {
    uint64_t calls[SIM_NUM_HOOKS];   /* so far */
    uint64_t fail_at[SIM_NUM_HOOKS]; /* this call fails, 0 the first */
    uint64_t cut_at;                 /* power fails at this save */
    bool cut_after;                  /* when it is durable already */
    uint32_t fail_once_in;           /* at random; 0: never */
    uint32_t cut_once_in;            /* likewise, of the saves */
    test_choices choices;
    uint64_t failures; /* so far */
    uint64_t cuts;
} sim_faults;

/* Nothing goes wrong. */
sim_faults sim_faults_of(uint64_t seed);

typedef struct {
    uint8_t *at;
    size_t len;
} sim_record;

typedef struct {
    sim_faults *faults;
    sim_record slots[SIM_SLOTS];
    uint64_t version;
    bool is_off; /* no hook answers until sim_disk_power_on */
    bool has_counter;
    uint64_t counter;
    test_random random;
} sim_disk;

void sim_disk_init(sim_disk *disk, sim_faults *faults, uint64_t seed);
void sim_disk_free(sim_disk *disk);

/* The hooks; ctx is the disk. */
covey_port sim_disk_port(sim_disk *disk);

void sim_disk_power_on(sim_disk *disk);

/* The records as they stand, and an older state put back. What the hardware
 * counts, and randomness, do not go back. */
void sim_disk_copy(sim_disk *to, const sim_disk *from);
void sim_disk_put_back(sim_disk *disk, const sim_disk *older);

#endif
