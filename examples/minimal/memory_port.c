#include "memory_port.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SLOTS (COVEY_STORE_RECORDS_MAX + 1)

static struct {
    uint8_t *at;
    size_t len;
} slots[SLOTS];
static uint64_t version;

static int fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    while (len != 0) {
        ssize_t got = getrandom(out, len, 0);
        if (got <= 0) return 1;
        out += got;
        len -= (size_t)got;
    }
    return 0;
}

static int load(void *ctx, uint32_t slot, uint8_t *out, size_t cap, size_t *len)
{
    (void)ctx;
    *len = slots[slot].len;
    if (*len != 0 && *len <= cap) memcpy(out, slots[slot].at, *len);
    return 0;
}

/* All or none: what can fail comes first. */
static int save(void *ctx, uint64_t expected_version,
                const covey_record *records, size_t num_records)
{
    uint8_t *copies[SLOTS] = {0};

    (void)ctx;
    if (expected_version != version) return COVEY_PORT_CONFLICT;
    for (size_t i = 0; i < num_records; i++) {
        copies[i] = malloc(records[i].bytes.len + 1);
        if (copies[i] == NULL) {
            while (i != 0) free(copies[--i]);
            return -1;
        }
        if (records[i].bytes.len != 0) {
            memcpy(copies[i], records[i].bytes.at, records[i].bytes.len);
        }
    }
    for (size_t i = 0; i < num_records; i++) {
        uint32_t slot = records[i].slot;
        free(slots[slot].at);
        slots[slot].at = copies[i];
        slots[slot].len = records[i].bytes.len;
    }
    version++;
    return 0;
}

covey_port memory_port(void)
{
    return (covey_port){.random = fill, .load = load, .save = save};
}
