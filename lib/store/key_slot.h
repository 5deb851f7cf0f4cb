/*
 * The key slot: the one record that the host's key opens. It says which
 * records there are and holds the key of each. SPEC.md section 5.2.
 */
#ifndef COVEY_STORE_KEY_SLOT_H
#define COVEY_STORE_KEY_SLOT_H

#include <covey/port.h>

#include "crypto/aead.h"

/* Bytes of one record: far more than any, and with its tag a size on every
 * machine. */
#define COVEY_STORE_RECORD_MAX 0xffffff

/* A version of the store; 0: before the first save. */
typedef uint64_t covey_store_version;

typedef struct {
    uint8_t bytes[COVEY_STORE_HOST_KEY_SIZE];
} covey_host_key;

/* A record as the key slot knows it. */
typedef struct {
    uint32_t len;                /* without its tag; 0: there is none */
    covey_store_version written; /* the version that wrote it */
    uint8_t key[COVEY_AEAD_KEY_SIZE];
} covey_store_entry;

typedef struct {
    covey_store_version version;
    /* Where the hardware's counter stood when the store was made. */
    uint64_t counter_base;
    covey_store_entry entries[COVEY_STORE_RECORDS_MAX]; /* of slots 1, 2.. */
} covey_store_table;

#define COVEY_STORE_SALT_SIZE 32

/* Seals a table under a salt that was never used. Writes at most
 * COVEY_STORE_KEY_SLOT_MAX bytes, and gives how many. */
size_t covey_key_slot_seal(uint8_t out[COVEY_STORE_KEY_SLOT_MAX],
                           const covey_host_key *host_key,
                           const uint8_t salt[COVEY_STORE_SALT_SIZE],
                           const covey_store_table *table);

/* Opens a key slot in place, which destroys it. COVEY_ERR_AUTH: another key,
 * or altered. COVEY_ERR_MALFORMED: of another version of the format. */
int covey_key_slot_open(covey_store_table *table,
                        const covey_host_key *host_key, uint8_t *sealed,
                        size_t len);

#endif
