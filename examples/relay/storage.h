/*
 * Where a relay keeps its mailboxes: append-only, ordered, expiring logs of
 * opaque blobs, and who wants to be woken. One small interface, so that
 * another engine can follow, also one that several relays share.
 *
 * What every engine promises, to all relays that share it:
 *
 * - What relay_storage_append has answered is durable, and every read that
 *   begins later, at whichever relay, sees it. (No reads from a replica that
 *   lags.)
 * - The indices of a mailbox are 1, 2, 3 and so on, none is left out, and none
 *   is given again after everything in it has expired.
 * - When a reader has seen an index, nothing appears below it any more: he
 *   will ask for what is behind it only. (Indices are given in the order of
 *   the commits: under a lock of the mailbox, not by a sequence.)
 * - A request is appended whole or not at all; expect_next is exact, whoever
 *   else appends; the same blob again, among what lies behind `after`, gives
 *   the index that it has. Quotas may be a little late.
 * - Its origin is drawn when the store is made, and is the same for as long as
 *   everything above holds.
 * - Requests of one mailbox are done in the batch's order. Different
 *   mailboxes depend on nothing: an engine may use several connections, and
 *   one request's RELAY_RETRY need not be the others'.
 *
 * What the server does without, so that there can be several: it keeps
 * nothing of mailboxes in memory but who waits, which only concerns the
 * relay that the client talks to; limits of client addresses and the pace of
 * wakes are each relay's own. Clocks agree within minutes.
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
    /* The engine failed, or cannot tell (a connection that broke during the
     * commit). The client asks again, and the same blob is found. */
    RELAY_RETRY
} relay_status;

typedef struct {
    const uint8_t *bytes;
    size_t len;
    bool keep;      /* the long expiry class */
    bool wake;      /* those who asked for it are to be woken */
    uint64_t index; /* the answer; from 1 */
} relay_blob;

/* A wish to be woken, told from others of the same mailbox by its endpoint.
 * Expiry in hours: the store says no more about when somebody came. */
typedef struct {
    const uint8_t *endpoint; /* 1 to 512 bytes */
    size_t endpoint_len;
    uint32_t expiry_h; /* since 1970: from then on it is over; 0: end it */
} relay_subscription;

#define RELAY_SUBSCRIPTIONS_MAX 16 /* in one mailbox: those that last longest */

/* All blobs of one request: all or none are appended. */
typedef struct {
    relay_address mailbox;
    relay_blob *blobs;
    size_t num_blobs; /* 0: it only subscribes */
    /* NULL: none. Kept whatever becomes of the blobs, unless it is
     * RELAY_RETRY; dropped in silence when there are too many. */
    const relay_subscription *subscription;
    uint64_t after; /* the client has read so far */
    bool has_expect_next;
    uint64_t expect_next;
    relay_status status; /* the answers */
    uint64_t next;       /* the index that the next blob will get */
    bool woke; /* a blob with `wake` was appended, and not there before */
} relay_append;

/* Something was appended to a mailbox: called by any thread, after it can be
 * read, for what any relay has appended. It may be called once too often, and
 * where an engine loses news now and then, those who wait find out at the end
 * of their time. It does not call back. */
typedef void (*relay_news_fn)(void *ctx, const relay_address *mailbox);

typedef struct {
    const char *path;           /* of the database's file */
    uint32_t expiry_h;          /* hours that blobs are kept; 0: 168 */
    uint32_t keep_h;            /* those with `keep`; 0: 4,320 */
    uint32_t mailbox_blobs_max; /* in one mailbox; 0: 65,536 */
    uint32_t hour_blobs_max;    /* new in a mailbox in one hour; 0: 3,600 */
    uint64_t disk_bytes_max;    /* the database's file; 0: no limit */
    uint64_t subscriptions_max; /* of all mailboxes; 0: 1,000,000 */
    relay_news_fn news;         /* NULL: nobody waits */
    void *news_ctx;
} relay_storage_options;

typedef struct relay_storage relay_storage;
/* What one thread reads with: each has a connection of its own, as what it
 * asks may take as long as the engine's disk or network. */
typedef struct relay_reader relay_reader;

/* Opens or creates the store. NULL, with a sentence in error, when it cannot
 * be opened. now_h: hours since 1970. */
relay_storage *relay_storage_open(const relay_storage_options *options,
                                  uint32_t now_h, char *error,
                                  size_t error_cap);

/* Does all requests of the batch, and answers when they are durable. One
 * thread of this process at a time. */
void relay_storage_append(relay_storage *storage, relay_append **batch,
                          size_t num, uint32_t now_h);

/* NULL when the engine fails. Before the storage is closed, close it. */
relay_reader *relay_reader_open(relay_storage *storage);
void relay_reader_close(relay_reader *reader);

/* Of the store; never 0. */
uint64_t relay_storage_origin(const relay_storage *storage);

/* Around several reads, which then cost less. What came in between may be
 * missing in them, unless relay_read_next, or a `next`, knew of it. */
void relay_reader_begin(relay_reader *reader);
void relay_reader_end(relay_reader *reader);

/* Called for each entry, in rising order of their indices; false stops. */
typedef bool (*relay_entry_fn)(void *ctx, uint64_t index, const uint8_t *bytes,
                               size_t len);

/* Gives what lies behind `after`, oldest first. *next is as above. False when
 * the engine fails. */
bool relay_read_after(relay_reader *reader, const relay_address *mailbox,
                      uint64_t after, relay_entry_fn entry, void *ctx,
                      uint64_t *next);

/* The next index of a mailbox, 1 for one that does not exist. Asked by every
 * poll before it waits. False when the engine fails. */
bool relay_read_next(relay_reader *reader, const relay_address *mailbox,
                     uint64_t *next);

/* Called for each subscription; false stops. */
typedef bool (*relay_subscription_fn)(void *ctx,
                                      const relay_subscription *subscription);

/* Gives a mailbox's subscriptions that are not over. False when the engine
 * fails. */
bool relay_read_subscriptions(relay_reader *reader,
                              const relay_address *mailbox, uint32_t now_h,
                              relay_subscription_fn each, void *ctx);

/* Deletes what has expired, at most about `most` blobs; gives how many. The
 * appending thread calls it; of several relays, each. */
size_t relay_storage_expire(relay_storage *storage, uint32_t now_h,
                            size_t most);

typedef struct {
    uint64_t mailboxes;
    uint64_t blobs;
    uint64_t subscriptions;
    uint64_t file_bytes;
} relay_storage_figures;

relay_storage_figures relay_storage_measure(relay_storage *storage);

void relay_storage_close(relay_storage *storage);

#endif
