#include "records.h"

#include <string.h>

#include "board.h"

enum { NUM_SLOTS = COVEY_STORE_RECORDS_MAX + 1 };

/* A sector begins with this; the records follow in the order of their slots. */
typedef struct {
    uint64_t version;
    uint32_t lens[NUM_SLOTS];
} records_head;

static size_t most;

/* What is in force. A product reads a checksum too, and the other sector when
 * it does not fit. */
static void read_head(records_head *head, const uint8_t **bytes)
{
    covey_bytes sector = board_flash_read();

    memset(head, 0, sizeof *head);
    *bytes = NULL;
    if (sector.len < sizeof *head) return;
    memcpy(head, sector.at, sizeof *head);
    *bytes = sector.at + sizeof *head;
}

int port_records_load(void *ctx, uint32_t slot, uint8_t *out, size_t cap,
                      size_t *len)
{
    records_head head;
    const uint8_t *at;

    (void)ctx;
    if (slot >= NUM_SLOTS) return -1;
    read_head(&head, &at);
    *len = head.lens[slot];
    for (uint32_t i = 0; i < slot; i++) at += head.lens[i];
    if (*len != 0 && *len <= cap) memcpy(out, at, *len);
    return 0;
}

/* The bytes that a slot has after this save. */
static covey_bytes chosen(uint32_t slot, covey_bytes old,
                          const covey_record *records, size_t num_records)
{
    for (size_t i = 0; i < num_records; i++) {
        if (records[i].slot == slot) return records[i].bytes;
    }
    return old;
}

/* A product erases the sector that was in force before it returns: it holds
 * the keys that are to be gone. */
int port_records_save(void *ctx, uint64_t expected_version,
                      const covey_record *records, size_t num_records)
{
    covey_buffer sector = board_flash_begin();
    records_head head;
    const uint8_t *old;

    (void)ctx;
    read_head(&head, &old);
    if (head.version != expected_version) return COVEY_PORT_CONFLICT;
    head.version++;
    sector.len = sizeof head;
    for (uint32_t slot = 0; slot < NUM_SLOTS; slot++) {
        covey_bytes bytes = chosen(slot, (covey_bytes){old, head.lens[slot]},
                                   records, num_records);

        if (old != NULL) old += head.lens[slot];
        head.lens[slot] = (uint32_t)bytes.len;
        if (bytes.len > sector.cap - sector.len) return -1;
        if (bytes.len != 0) memcpy(sector.at + sector.len, bytes.at, bytes.len);
        sector.len += bytes.len;
    }
    memcpy(sector.at, &head, sizeof head);
    if (sector.len > most) most = sector.len;
    board_flash_commit(sector.len);
    return 0;
}

size_t port_records_most(void)
{
    return most;
}
