/*
 * A flash chip and the host's records on it, for tests of what is stored.
 *
 * Like a log-structured flash file system it writes each record to a new
 * place and never erases the old one. Only the key slot is physically erased
 * when it is replaced: it has two places of its own, and the newer valid one
 * says where the records are. Power can be cut at any write, which then is
 * done in part.
 *
 * Several ports may share one flash, as processes do. Nothing here calls the
 * library under test.
 */
#ifndef COVEY_TEST_FLASH_H
#define COVEY_TEST_FLASH_H

#include <covey/port.h>

#include "support/bytes.h"
#include "support/random.h"

#define FLASH_NEVER UINT64_MAX
#define FLASH_SLOTS (COVEY_STORE_RECORDS_MAX + 1)
#define FLASH_KEY_PLACE_SIZE 2048

/* Where a record stands; len 0: there is none. */
typedef struct {
    uint32_t at;
    uint32_t len;
} flash_place;

typedef struct {
    /* The chip: two places of the key slot, then the log. 0xff is erased. */
    uint8_t *image;
    size_t size; /* of the image so far */
    size_t room;

    /* What the host knows of it after mounting. */
    bool is_mounted;
    uint64_t version;
    unsigned key_place; /* 0 or 1: the valid one */
    flash_place places[FLASH_SLOTS];

    /* What is to go wrong. A step is a write of at most 64 bytes, or the
     * erasure of a key place. */
    uint64_t num_steps;
    uint64_t cut_at;   /* power fails at this step, 0 the first */
    unsigned cut_part; /* done of that step: 0 nothing, 1 half, 2 all */
    bool is_off;
    uint64_t num_saves;
    uint64_t fail_save; /* this save fails half way, power staying on */
    uint64_t num_loads;
    uint64_t fail_load;

    /* A counter of the hardware, which power cuts do not harm. */
    bool has_counter;
    uint64_t counter;
    bool counter_fails;

    test_random random;
} test_flash;

/* An erased chip; free it with test_flash_free. */
void test_flash_init(test_flash *flash, uint64_t seed);
void test_flash_free(test_flash *flash);

/* The hooks. ctx is the flash. */
covey_port test_flash_port(test_flash *flash);

/* Power comes back: the host looks for what is valid, and erases what a cut
 * has left of another key slot. */
void test_flash_power_on(test_flash *flash);

/* A chip with the same contents, and the host just started on it. */
void test_flash_copy(test_flash *to, const test_flash *from);

/* The stored bytes of a slot, to be read or altered; at is NULL without. */
typedef struct {
    uint8_t *at;
    size_t len;
} flash_bytes;
flash_bytes test_flash_slot(test_flash *flash, uint32_t slot);

/* What an attacker with the chip and the host's rights can do: puts these
 * bytes into a slot, no version counted, until the next mount. */
void test_flash_set(test_flash *flash, uint32_t slot, covey_bytes bytes);

#endif
