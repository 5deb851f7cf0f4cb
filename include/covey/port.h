/*
 * What the library asks of its host: randomness, and a place for its records.
 *
 * A record has a slot, a number from 0 to COVEY_STORE_RECORDS_MAX. Its bytes
 * are sealed already, under a key that the host gives and keeps elsewhere,
 * best in hardware. Slot 0, the key slot, is special: it holds the keys of
 * all others, at most COVEY_STORE_KEY_SLOT_MAX bytes, and is part of every
 * save. When it is replaced, its old bytes must be physically erased before
 * save returns: then old copies of the other records, which flash keeps for
 * long, can no longer be read by anybody.
 *
 * The host counts the saves: the stored version is 0 as long as nothing was
 * saved, and each save raises it by one. Two processes of one app, such as an
 * iOS app and its notification extension, share the records and the version.
 *
 * Each hook answers 0, or anything else for a failure, and does not call back
 * into the library. `ctx` is handed to each of them.
 */
#ifndef COVEY_PORT_H
#define COVEY_PORT_H

#include <covey/export.h>
#include <covey/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Records besides the key slot. */
#ifndef COVEY_STORE_RECORDS_MAX
#define COVEY_STORE_RECORDS_MAX 16
#endif

#define COVEY_STORE_KEY_SLOT 0
#define COVEY_STORE_KEY_SLOT_MAX (67 + 45 * COVEY_STORE_RECORDS_MAX)
#define COVEY_STORE_HOST_KEY_SIZE 32

/* What save answers when somebody else saved in between. */
#define COVEY_PORT_CONFLICT 1

/* Bytes for a slot; empty: the slot is to be empty. */
typedef struct {
    uint32_t slot;
    covey_bytes bytes;
} covey_record;

typedef struct {
    void *ctx;

    /* Fills all of out[0..len) from a cryptographic source. */
    int (*random)(void *ctx, uint8_t *out, size_t len);

    /* Sets *len to the length of a record, 0 when there is none, and writes
     * it to out if it is no longer than cap. */
    int (*load)(void *ctx, uint32_t slot, uint8_t *out, size_t cap,
                size_t *len);

    /* Replaces all these records or none, even when power fails. 0: they are
     * durable, the old bytes of the key slot are erased, and the stored
     * version is expected_version + 1. COVEY_PORT_CONFLICT, with nothing
     * changed: the stored version was not expected_version. Anything else:
     * nothing changed. The key slot comes last. */
    int (*save)(void *ctx, uint64_t expected_version,
                const covey_record *records, size_t num_records);

    /* A counter of the hardware that only grows; NULL where there is none.
     * Raises it to at_least, unless it stands there or higher already, and
     * sets *value to where it stands then. */
    int (*counter)(void *ctx, uint64_t at_least, uint64_t *value);
} covey_port;

/** COVEY_STORE_RECORDS_MAX of the linked library. */
COVEY_API size_t covey_store_records_max(void);
/** COVEY_STORE_KEY_SLOT_MAX of the linked library. */
COVEY_API size_t covey_store_key_slot_max(void);
/** COVEY_STORE_HOST_KEY_SIZE. */
COVEY_API size_t covey_store_host_key_size(void);

#ifdef __cplusplus
}
#endif

#endif
