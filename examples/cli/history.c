#include "history.h"

#include <limits.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "sealed_json.h"

#define NAME_SIZE 16

/* What is asked of SQLite, prepared once. */
typedef enum {
    ADD,
    PUT,
    GET,
    EACH,
    LAST,
    WISH,
    NEXT_WISH,
    ANSWER,
    ANSWERED,
    TAKE,
    FORGET,
    NUM_STATEMENTS
} statement;

static const char *const texts[NUM_STATEMENTS] = {
    [ADD] = "INSERT OR IGNORE INTO row(name, sealed) VALUES(?1, ?2)",
    [PUT] = "INSERT OR REPLACE INTO row(name, sealed) VALUES(?1, ?2)",
    [GET] = "SELECT sealed FROM row WHERE name = ?1",
    [EACH] = "SELECT id, name, sealed FROM row WHERE id > ?1 ORDER BY id",
    [LAST] = "SELECT coalesce(max(id), 0) FROM row",
    [WISH] = "INSERT INTO wish(sealed) VALUES(?1)",
    [NEXT_WISH] =
        "SELECT id, sealed FROM wish WHERE answer IS NULL ORDER BY id",
    [ANSWER] =
        "INSERT OR REPLACE INTO wish(id, sealed, answer) VALUES(?1, x'', ?2)",
    [ANSWERED] = "SELECT answer FROM wish WHERE id = ?1 AND answer IS NOT NULL",
    [TAKE] = "DELETE FROM wish WHERE id = ?1",
    [FORGET] = "DELETE FROM wish WHERE answer IS NOT NULL AND id < ?1",
};

/* AUTOINCREMENT: a number is never given twice, also after a deletion. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS row(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS wish(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " sealed BLOB NOT NULL, answer BLOB);"
    "PRAGMA user_version = 1;";

struct history {
    sqlite3 *db;
    sqlite3_stmt *statements[NUM_STATEMENTS];
    uint8_t key[SEALED_KEY_SIZE];
    uint8_t name_key[SEALED_KEY_SIZE];
};

static const char wish_name[NAME_SIZE] = "a wish";

/* What stands in the file instead of a name. */
static void hide(uint8_t out[NAME_SIZE], const history *h, const char *name)
{
    (void)crypto_generichash(out, NAME_SIZE, (const uint8_t *)name,
                             strlen(name), h->name_key, sizeof h->name_key);
}

/* ---- opening ---- */

static bool run(history *h, const char *text)
{
    return sqlite3_exec(h->db, text, NULL, NULL, NULL) == SQLITE_OK;
}

static bool prepare(history *h)
{
    for (size_t i = 0; i < NUM_STATEMENTS; i++) {
        if (sqlite3_prepare_v2(h->db, texts[i], -1, &h->statements[i], NULL) !=
            SQLITE_OK) {
            return false;
        }
    }
    return true;
}

/* Deleted bytes are overwritten; what is committed survives a power cut. */
static bool set_up(history *h)
{
    return run(h, "PRAGMA journal_mode = WAL") &&
           run(h, "PRAGMA synchronous = FULL") &&
           run(h, "PRAGMA secure_delete = ON") &&
           run(h, "PRAGMA temp_store = MEMORY") && run(h, schema) && prepare(h);
}

history *history_open(const char *directory,
                      const uint8_t key[HISTORY_KEY_SIZE], complaint *error)
{
    history *h = calloc(1, sizeof *h);
    char path[PATH_MAX];

    if (h == NULL) {
        (void)complain(error, "no memory");
        return NULL;
    }
    (void)crypto_kdf_derive_from_key(h->key, sizeof h->key, 1, "history ", key);
    (void)crypto_kdf_derive_from_key(h->name_key, sizeof h->name_key, 2,
                                     "history ", key);
    snprintf(path, sizeof path, "%s/history.db", directory);
    if (sqlite3_open_v2(path, &h->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                            SQLITE_OPEN_NOFOLLOW,
                        NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(h->db, 10000) != SQLITE_OK || !set_up(h)) {
        (void)complain(error, "cannot use %s: %s", path, sqlite3_errmsg(h->db));
        history_close(h);
        return NULL;
    }
    return h;
}

void history_close(history *h)
{
    if (h == NULL) return;
    for (size_t i = 0; i < NUM_STATEMENTS; i++) {
        (void)sqlite3_finalize(h->statements[i]);
    }
    (void)sqlite3_close(h->db);
    sodium_memzero(h, sizeof *h);
    free(h);
}

/* ---- rows ---- */

static sqlite3_stmt *begin(history *h, statement which)
{
    sqlite3_stmt *s = h->statements[which];

    (void)sqlite3_reset(s);
    (void)sqlite3_clear_bindings(s);
    return s;
}

static void bind(sqlite3_stmt *s, int at, const void *bytes, size_t len)
{
    (void)sqlite3_bind_blob64(s, at, bytes, len, SQLITE_TRANSIENT);
}

static bool bind_sealed(sqlite3_stmt *s, int at, const history *h,
                        const uint8_t name[NAME_SIZE], const json_t *value)
{
    size_t len = 0;
    uint8_t *sealed = json_seal(&len, value, h->key, name, NAME_SIZE);

    if (sealed == NULL) return false;
    bind(s, at, sealed, len);
    free(sealed);
    return true;
}

static json_t *column_opened(sqlite3_stmt *s, int at, const history *h,
                             const uint8_t name[NAME_SIZE])
{
    return json_open_sealed(sqlite3_column_blob(s, at),
                            (size_t)sqlite3_column_bytes(s, at), h->key, name,
                            NAME_SIZE);
}

static int write_row(history *h, statement which, const char *name,
                     const json_t *value)
{
    uint8_t hidden[NAME_SIZE];
    sqlite3_stmt *s = begin(h, which);
    int result = -1;

    hide(hidden, h, name);
    bind(s, 1, hidden, sizeof hidden);
    if (bind_sealed(s, 2, h, hidden, value) && sqlite3_step(s) == SQLITE_DONE) {
        result = sqlite3_changes(h->db);
    }
    (void)sqlite3_reset(s);
    return result;
}

int history_add(history *h, const char *name, const json_t *value)
{
    return write_row(h, ADD, name, value);
}

int history_put(history *h, const char *name, const json_t *value)
{
    return write_row(h, PUT, name, value) < 0 ? -1 : 0;
}

json_t *history_get(history *h, const char *name)
{
    uint8_t hidden[NAME_SIZE];
    sqlite3_stmt *s = begin(h, GET);
    json_t *value = NULL;

    hide(hidden, h, name);
    bind(s, 1, hidden, sizeof hidden);
    if (sqlite3_step(s) == SQLITE_ROW) value = column_opened(s, 0, h, hidden);
    (void)sqlite3_reset(s);
    return value;
}

int64_t history_each(history *h, int64_t after, history_visit *visit, void *ctx)
{
    /* Of its own: what visits may read and write the history as well. */
    sqlite3_stmt *s = NULL;
    int64_t last = after;
    bool goes_on = true;

    if (sqlite3_prepare_v2(h->db, texts[EACH], -1, &s, NULL) != SQLITE_OK) {
        return -1;
    }
    (void)sqlite3_bind_int64(s, 1, after);
    while (goes_on && last >= 0 && sqlite3_step(s) == SQLITE_ROW) {
        json_t *value = NULL;
        if (sqlite3_column_bytes(s, 1) == NAME_SIZE) {
            value = column_opened(s, 2, h, sqlite3_column_blob(s, 1));
        }
        last = value != NULL ? sqlite3_column_int64(s, 0) : -1;
        if (value != NULL) goes_on = visit(ctx, value);
        json_decref(value);
    }
    (void)sqlite3_finalize(s);
    return last;
}

int64_t history_last(history *h)
{
    sqlite3_stmt *s = begin(h, LAST);
    int64_t last =
        sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;

    (void)sqlite3_reset(s);
    return last;
}

int history_erase(history *h)
{
    bool ok = run(h, "DELETE FROM row; DELETE FROM wish;") &&
              run(h, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");

    return ok ? 0 : -1;
}

/* ---- wishes ---- */

int64_t history_wish(history *h, const json_t *wish)
{
    sqlite3_stmt *s = begin(h, WISH);
    int64_t number = -1;

    if (bind_sealed(s, 1, h, (const uint8_t *)wish_name, wish) &&
        sqlite3_step(s) == SQLITE_DONE) {
        number = sqlite3_last_insert_rowid(h->db);
    }
    (void)sqlite3_reset(s);
    return number;
}

static bool drop_wish(history *h, int64_t number)
{
    sqlite3_stmt *s = begin(h, TAKE);

    (void)sqlite3_bind_int64(s, 1, number);
    bool done = sqlite3_step(s) == SQLITE_DONE;
    (void)sqlite3_reset(s);
    return done;
}

json_t *history_next_wish(history *h, int64_t *number)
{
    sqlite3_stmt *s = begin(h, NEXT_WISH);
    json_t *wish = NULL;

    if (sqlite3_step(s) == SQLITE_ROW) {
        *number = sqlite3_column_int64(s, 0);
        wish = column_opened(s, 1, h, (const uint8_t *)wish_name);
        if (wish == NULL) wish = json_object(); /* to be refused */
    }
    (void)sqlite3_reset(s);
    /* Before it is granted: who is killed in between grants it never, and
     * nobody grants it twice. */
    if (wish != NULL && !drop_wish(h, *number)) {
        json_decref(wish);
        wish = NULL;
    }
    return wish;
}

int history_answer(history *h, int64_t number, const json_t *answer)
{
    sqlite3_stmt *s = begin(h, ANSWER);

    (void)sqlite3_bind_int64(s, 1, number);
    bool ok = bind_sealed(s, 2, h, (const uint8_t *)wish_name, answer) &&
              sqlite3_step(s) == SQLITE_DONE;
    (void)sqlite3_reset(s);
    return ok ? 0 : -1;
}

json_t *history_take_answer(history *h, int64_t number)
{
    sqlite3_stmt *s = begin(h, ANSWERED);
    json_t *answer = NULL;

    (void)sqlite3_bind_int64(s, 1, number);
    if (sqlite3_step(s) == SQLITE_ROW) {
        answer = column_opened(s, 0, h, (const uint8_t *)wish_name);
    }
    (void)sqlite3_reset(s);
    if (answer != NULL) (void)drop_wish(h, number);
    return answer;
}

void history_forget_wishes(history *h, int64_t before)
{
    sqlite3_stmt *s = begin(h, FORGET);

    (void)sqlite3_bind_int64(s, 1, before);
    (void)sqlite3_step(s);
    (void)sqlite3_reset(s);
}
