/*
 * The table of who wants to be woken, in the storage's database. Endpoints
 * are ciphertext or addresses of push services; when one ends, its row is
 * deleted, and deleted bytes are overwritten.
 */
#ifndef RELAY_WAKE_TABLE_H
#define RELAY_WAKE_TABLE_H

#include <sqlite3.h>

#include "storage.h"

/* What the appending thread changes it with. */
typedef struct {
    sqlite3 *db;
    sqlite3_stmt *put;
    sqlite3_stmt *end;
    sqlite3_stmt *room; /* makes it, in one mailbox */
    sqlite3_stmt *expire;
    uint64_t num; /* rows, as if the open transaction were done */
    uint64_t max;
    bool
        has_ended; /* rows were deleted since the last relay_wake_table_clean */
} relay_wake_table;

/* Makes the table where there is none. */
bool relay_wake_table_open(relay_wake_table *table, sqlite3 *db, uint64_t max);
void relay_wake_table_close(relay_wake_table *table);

/* Within a transaction. False when the engine fails; a table that is full is
 * none of that. */
bool relay_wake_table_put(relay_wake_table *table, const relay_address *mailbox,
                          const relay_subscription *subscription);

/* Deletes what is over. False when the engine fails. */
bool relay_wake_table_expire(relay_wake_table *table, uint32_t now_h);

/* The transaction was undone: counts anew. */
bool relay_wake_table_recount(relay_wake_table *table);

/* What one thread reads with; NULL when the engine fails. */
sqlite3_stmt *relay_wake_table_reader(sqlite3 *db);
bool relay_wake_table_read(sqlite3_stmt *reader, const relay_address *mailbox,
                           uint32_t now_h, relay_subscription_fn each,
                           void *ctx);

#endif
