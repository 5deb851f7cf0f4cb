#include "wake_table.h"

#include <string.h>

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS wake("
    " address BLOB NOT NULL, endpoint BLOB NOT NULL, expiry INTEGER NOT NULL,"
    " PRIMARY KEY(address, endpoint)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS wake_expiry ON wake(expiry);";

static bool prepare(sqlite3 *db, sqlite3_stmt **statement, const char *sql)
{
    return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement,
                              NULL) == SQLITE_OK;
}

/* Steps a statement that gives no rows, and lets go of what was bound. */
static bool finish(sqlite3_stmt *statement)
{
    bool ok = sqlite3_step(statement) == SQLITE_DONE;

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return ok;
}

static void bind_address(sqlite3_stmt *statement, const relay_address *mailbox)
{
    sqlite3_bind_blob(statement, 1, mailbox->bytes, sizeof mailbox->bytes,
                      SQLITE_STATIC);
}

static void bind_endpoint(sqlite3_stmt *statement, const relay_subscription *s)
{
    sqlite3_bind_blob(statement, 2, s->endpoint, (int)s->endpoint_len,
                      SQLITE_STATIC);
}

bool relay_wake_table_recount(relay_wake_table *t)
{
    sqlite3_stmt *count = NULL;
    bool ok = prepare(t->db, &count, "SELECT count(*) FROM wake") &&
              sqlite3_step(count) == SQLITE_ROW;

    if (ok) t->num = (uint64_t)sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    return ok;
}

bool relay_wake_table_open(relay_wake_table *t, sqlite3 *db, uint64_t max)
{
    memset(t, 0, sizeof *t);
    t->db = db;
    t->max = max;
    return sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK &&
           prepare(db, &t->put,
                   "INSERT INTO wake(address, endpoint, expiry)"
                   " VALUES(?, ?, ?)") &&
           prepare(db, &t->end,
                   "DELETE FROM wake WHERE address = ? AND endpoint = ?") &&
           /* All but those that last longest. */
           prepare(db, &t->room,
                   "DELETE FROM wake WHERE address = ?1 AND endpoint IN"
                   " (SELECT endpoint FROM wake WHERE address = ?1"
                   " ORDER BY expiry DESC LIMIT -1 OFFSET ?2)") &&
           prepare(db, &t->expire, "DELETE FROM wake WHERE expiry <= ?") &&
           relay_wake_table_recount(t);
}

void relay_wake_table_close(relay_wake_table *t)
{
    sqlite3_finalize(t->put);
    sqlite3_finalize(t->end);
    sqlite3_finalize(t->room);
    sqlite3_finalize(t->expire);
}

/* Deletes by a statement that is bound already. */
static bool delete (relay_wake_table *t, sqlite3_stmt *statement)
{
    bool ok = finish(statement);
    uint64_t num = ok ? (uint64_t)sqlite3_changes(t->db) : 0;

    t->num -= num;
    if (num != 0) t->has_ended = true;
    return ok;
}

bool relay_wake_table_put(relay_wake_table *t, const relay_address *mailbox,
                          const relay_subscription *s)
{
    /* Whether old or new: it goes, then comes. So the count is right. */
    bind_address(t->end, mailbox);
    bind_endpoint(t->end, s);
    if (!delete (t, t->end)) return false;
    if (s->expiry_h == 0) return true;

    bind_address(t->room, mailbox);
    sqlite3_bind_int64(t->room, 2, RELAY_SUBSCRIPTIONS_MAX - 1);
    if (!delete (t, t->room)) return false;
    if (t->num >= t->max) return true;

    bind_address(t->put, mailbox);
    bind_endpoint(t->put, s);
    sqlite3_bind_int64(t->put, 3, s->expiry_h);
    if (!finish(t->put)) return false;
    t->num++;
    return true;
}

bool relay_wake_table_expire(relay_wake_table *t, uint32_t now_h)
{
    sqlite3_bind_int64(t->expire, 1, now_h);
    return delete (t, t->expire);
}

sqlite3_stmt *relay_wake_table_reader(sqlite3 *db)
{
    sqlite3_stmt *reader = NULL;

    (void)prepare(db, &reader,
                  "SELECT endpoint, expiry FROM wake"
                  " WHERE address = ? AND expiry > ?");
    return reader;
}

bool relay_wake_table_read(sqlite3_stmt *reader, const relay_address *mailbox,
                           uint32_t now_h, relay_subscription_fn each,
                           void *ctx)
{
    int result = SQLITE_ROW;
    bool go_on = true;

    bind_address(reader, mailbox);
    sqlite3_bind_int64(reader, 2, now_h);
    while (go_on && (result = sqlite3_step(reader)) == SQLITE_ROW) {
        const relay_subscription found = {
            .endpoint = sqlite3_column_blob(reader, 0),
            .endpoint_len = (size_t)sqlite3_column_bytes(reader, 0),
            .expiry_h = (uint32_t)sqlite3_column_int64(reader, 1),
        };

        go_on = each(ctx, &found);
    }
    sqlite3_reset(reader);
    sqlite3_clear_bindings(reader);
    return result == SQLITE_ROW || result == SQLITE_DONE;
}
