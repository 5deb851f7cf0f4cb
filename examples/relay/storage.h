/*
 * Where a relay keeps its mailboxes: append-only, ordered, expiring logs of
 * opaque blobs. One small interface, so that another engine can follow.
 *
 * What every engine promises: what relay_storage_append has answered is
 * durable; the indices of a mailbox only grow, and are not given again after
 * everything in it has expired; expect_next is exact; the same blob again,
 * among what lies behind `after`, gives the index that it has.
 */
#ifndef RELAY_STORAGE_H
#define RELAY_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELAY_ADDRESS_SIZE 32 /* an Ed25519 public key */

typedef struct {
    uint8_t bytes[RELAY_ADDRESS_SIZE];
} relay_address;

typedef enum {
    RELAY_OK,
    RELAY_CONFLICT, /* something came in between: nothing was appended */
    RELAY_QUOTA,    /* this mailbox, or the disk, is full for now */
    RELAY_RETRY     /* the engine failed: nothing was appended */
} relay_status;

typedef struct {
    const uint8_t *bytes;
    size_t len;
    bool keep;      /* the long expiry class */
    uint64_t index; /* the answer; from 1 */
} relay_blob;

/* All blobs of one request: all or none are appended. */
typedef struct {
    relay_address mailbox;
    relay_blob *blobs;
    size_t num_blobs;
    uint64_t after; /* the client has read so far */
    bool has_expect_next;
    uint64_t expect_next;
    relay_status status; /* the answers */
    uint64_t next;       /* the index that the next blob will get */
} relay_append;

typedef struct {
    const char *path;           /* of the database's file */
    uint32_t expiry_h;          /* hours that blobs are kept; 0: 168 */
    uint32_t keep_h;            /* those with `keep`; 0: 4,320 */
    uint32_t mailbox_blobs_max; /* in one mailbox; 0: 65,536 */
    uint32_t hour_blobs_max;    /* new in a mailbox in one hour; 0: 3,600 */
    uint64_t disk_bytes_max;    /* the database's file; 0: no limit */
} relay_storage_options;

typedef struct relay_storage relay_storage;
/* What one thread reads with. */
typedef struct relay_reader relay_reader;

/* Opens or creates the store. NULL, with a sentence in error, when it cannot
 * be opened. now_h: hours since 1970. */
relay_storage *relay_storage_open(const relay_storage_options *options,
                                  uint32_t now_h, char *error,
                                  size_t error_cap);

/* Appends all requests of the batch in their order, in one durable step.
 * One thread at a time. */
void relay_storage_append(relay_storage *storage, relay_append **batch,
                          size_t num, uint32_t now_h);

/* NULL when the engine fails. Before the storage is closed, close it. */
relay_reader *relay_reader_open(relay_storage *storage);
void relay_reader_close(relay_reader *reader);

/* Called for each entry, in rising order of their indices; false stops. */
typedef bool (*relay_entry_fn)(void *ctx, uint64_t index, const uint8_t *bytes,
                               size_t len);

/* Gives what lies behind `after`, oldest first. *next is as above. False when
 * the engine fails. */
bool relay_read_after(relay_reader *reader, const relay_address *mailbox,
                      uint64_t after, relay_entry_fn entry, void *ctx,
                      uint64_t *next);

/* The next index of a mailbox, 1 for one that does not exist. Cheap. */
uint64_t relay_storage_next(relay_storage *storage,
                            const relay_address *mailbox);

/* Deletes what has expired, at most about `most` blobs; gives how many. The
 * appending thread calls it. */
size_t relay_storage_expire(relay_storage *storage, uint32_t now_h,
                            size_t most);

typedef struct {
    uint64_t mailboxes;
    uint64_t blobs;
    uint64_t file_bytes;
} relay_storage_figures;

relay_storage_figures relay_storage_measure(relay_storage *storage);

void relay_storage_close(relay_storage *storage);

#endif
