/*
 * SQLite as an append-only log: a table for each expiry class, whose rows
 * name their mailbox's row before them in the same class, and all heads in
 * memory, rebuilt when the store is opened. One thread writes, many appends a
 * transaction. For one process.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "heads.h"
#include "storage.h"
#include "wake_table.h"

#define NUM_CLASSES 2
#define DEFAULT_EXPIRY_H 168u
#define DEFAULT_KEEP_H 4320u
#define DEFAULT_MAILBOX_BLOBS 65536u
#define DEFAULT_HOUR_BLOBS 3600u
#define DEFAULT_SUBSCRIPTIONS 1000000u

/* A row of one class, as a walk meets it. */
typedef struct {
    uint64_t index;
    sqlite3_int64 rowid;
} step;

/* One connection's statements for reading rows. */
typedef struct {
    sqlite3 *db;
    sqlite3_stmt *link[NUM_CLASSES]; /* idx, prev of a row */
    sqlite3_stmt *blob[NUM_CLASSES]; /* blob of a row */
    step *path[NUM_CLASSES];         /* of each class, from new to old */
    size_t path_len[NUM_CLASSES];
    size_t path_cap[NUM_CLASSES];
    bool is_behind; /* a walk's last row was not there: expired, or too new */
} rows;

struct relay_storage {
    relay_storage_options options;
    pthread_rwlock_t lock; /* of heads, as readers see them */
    relay_heads heads;
    rows rows; /* of the writer */
    sqlite3_stmt *insert[NUM_CLASSES];
    sqlite3_stmt *new_mailbox;
    sqlite3_stmt *set_floor;
    relay_wake_table wakes;
    uint64_t origin;
    uint32_t last_id;
    uint64_t num_blobs;
    bool unclean; /* the log of changes may hold what was deleted */
};

struct relay_reader {
    relay_storage *storage;
    rows rows;
    sqlite3_stmt *wakes;
    /* Around several statements: else each locks the file for itself, and
     * reads anew what it has read. */
    sqlite3_stmt *begin;
    sqlite3_stmt *end;
    bool has_begun; /* by the caller: the rows may be older than the heads */
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS mailbox("
    " id INTEGER PRIMARY KEY, address BLOB NOT NULL, floor INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS log0("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, mailbox INTEGER NOT NULL,"
    " idx INTEGER NOT NULL, prev INTEGER NOT NULL, expiry INTEGER NOT NULL,"
    " blob BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS log1("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, mailbox INTEGER NOT NULL,"
    " idx INTEGER NOT NULL, prev INTEGER NOT NULL, expiry INTEGER NOT NULL,"
    " blob BLOB NOT NULL);"
    /* 63 bits that no other store has. */
    "CREATE TABLE IF NOT EXISTS store(origin INTEGER NOT NULL);"
    "INSERT INTO store SELECT max(1, random() & 9223372036854775807)"
    " WHERE NOT EXISTS(SELECT 1 FROM store);";

/* ---- connections ---- */

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* The format's %u, up to twice, is the class. */
static bool prepare(sqlite3 *db, sqlite3_stmt **statement, const char *format,
                    unsigned class)
{
    char *sql = sqlite3_mprintf(format, class, class);
    bool ok = sql != NULL &&
              sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                 statement, NULL) == SQLITE_OK;

    sqlite3_free(sql);
    return ok;
}

static bool rows_open(rows *r, const char *path, int flags)
{
    memset(r, 0, sizeof *r);
    if (sqlite3_open_v2(path, &r->db, flags | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        return false;
    }
    sqlite3_busy_timeout(r->db, 10000);
    return true;
}

static bool rows_prepare(rows *r)
{
    for (unsigned class = 0; class < NUM_CLASSES; class ++) {
        if (!prepare(r->db, &r->link[class],
                     "SELECT idx, prev FROM log%u WHERE id = ?", class) ||
            !prepare(r->db, &r->blob[class],
                     "SELECT blob FROM log%u WHERE id = ?", class)) {
            return false;
        }
    }
    return true;
}

static void rows_close(rows *r)
{
    for (unsigned class = 0; class < NUM_CLASSES; class ++) {
        sqlite3_finalize(r->link[class]);
        sqlite3_finalize(r->blob[class]);
    }
    sqlite3_close(r->db);
    for (unsigned class = 0; class < NUM_CLASSES; class ++) {
        free(r->path[class]);
    }
}

/* ---- reading ---- */

static bool push(rows *r, unsigned class, step at)
{
    size_t len = r->path_len[class];

    if (len == r->path_cap[class]) {
        size_t cap = len == 0 ? 64 : 2 * len;
        step *path = realloc(r->path[class], cap * sizeof *path);

        if (path == NULL) return false;
        r->path[class] = path;
        r->path_cap[class] = cap;
    }
    r->path[class][len] = at;
    r->path_len[class]++;
    return true;
}

/* Walks a class back from its last row to the first behind `after`. The rows
 * of a class expire in their order, so the first that is gone ends it. */
static bool walk_class(rows *r, unsigned class, sqlite3_int64 last,
                       uint64_t after)
{
    sqlite3_stmt *link = r->link[class];
    bool ok = true;

    r->path_len[class] = 0;
    for (sqlite3_int64 at = last; ok && at != 0;) {
        sqlite3_int64 before = 0;

        sqlite3_bind_int64(link, 1, at);
        int result = sqlite3_step(link);
        uint64_t index = (uint64_t)sqlite3_column_int64(link, 0);
        if (result == SQLITE_DONE && at == last) r->is_behind = true;
        if (result == SQLITE_ROW && index > after) {
            /* Below the first behind `after` there is none. */
            if (index > after + 1) before = sqlite3_column_int64(link, 1);
            ok = push(r, class, (step){index, at});
        } else {
            ok = result == SQLITE_ROW || result == SQLITE_DONE;
        }
        sqlite3_reset(link);
        at = before;
    }
    return ok;
}

static bool walk(rows *r, const int64_t last[NUM_CLASSES], uint64_t after)
{
    return walk_class(r, 0, last[0], after) && walk_class(r, 1, last[1], after);
}

/* The class whose path has the lowest index left; NUM_CLASSES: none. */
static unsigned oldest_class(const rows *r)
{
    unsigned oldest = NUM_CLASSES;
    uint64_t lowest = UINT64_MAX;

    for (unsigned class = 0; class < NUM_CLASSES; class ++) {
        size_t len = r->path_len[class];

        if (len != 0 && r->path[class][len - 1].index < lowest) {
            lowest = r->path[class][len - 1].index;
            oldest = class;
        }
    }
    return oldest;
}

/* Gives the rows of both paths from old to new, and uses them up. */
static bool give(rows *r, relay_entry_fn entry, void *ctx)
{
    bool go_on = true;

    for (unsigned class = oldest_class(r); go_on && class < NUM_CLASSES;
         class = oldest_class(r)) {
        step at = r->path[class][--r->path_len[class]];
        sqlite3_stmt *blob = r->blob[class];

        sqlite3_bind_int64(blob, 1, at.rowid);
        int result = sqlite3_step(blob);
        if (result == SQLITE_ROW) {
            go_on = entry(ctx, at.index, sqlite3_column_blob(blob, 0),
                          (size_t)sqlite3_column_bytes(blob, 0));
        }
        sqlite3_reset(blob);
        if (result != SQLITE_ROW && result != SQLITE_DONE) return false;
    }
    return true;
}

relay_reader *relay_reader_open(relay_storage *storage)
{
    relay_reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL) return NULL;
    reader->storage = storage;
    if (rows_open(&reader->rows, storage->options.path, SQLITE_OPEN_READONLY) &&
        rows_prepare(&reader->rows) &&
        prepare(reader->rows.db, &reader->begin, "BEGIN", 0) &&
        prepare(reader->rows.db, &reader->end, "COMMIT", 0)) {
        reader->wakes = relay_wake_table_reader(reader->rows.db);
    }
    if (reader->wakes == NULL) {
        relay_reader_close(reader);
        return NULL;
    }
    return reader;
}

void relay_reader_close(relay_reader *reader)
{
    if (reader == NULL) return;
    sqlite3_finalize(reader->wakes);
    sqlite3_finalize(reader->begin);
    sqlite3_finalize(reader->end);
    rows_close(&reader->rows);
    free(reader);
}

static void look_up(relay_storage *storage, const relay_address *mailbox,
                    uint64_t *next, int64_t last[NUM_CLASSES])
{
    pthread_rwlock_rdlock(&storage->lock);
    const relay_head *head = relay_heads_find(&storage->heads, mailbox);
    *next = head != NULL ? head->next : 1;
    for (unsigned class = 0; class < NUM_CLASSES; class ++) {
        last[class] = head != NULL ? head->last[class] : 0;
    }
    pthread_rwlock_unlock(&storage->lock);
}

void relay_reader_begin(relay_reader *reader)
{
    sqlite3_step(reader->begin);
    sqlite3_reset(reader->begin);
    reader->has_begun = true;
}

void relay_reader_end(relay_reader *reader)
{
    sqlite3_step(reader->end);
    sqlite3_reset(reader->end);
    reader->has_begun = false;
}

bool relay_read_next(relay_reader *reader, const relay_address *mailbox,
                     uint64_t *next)
{
    int64_t last[NUM_CLASSES];

    look_up(reader->storage, mailbox, next, last);
    return true;
}

bool relay_read_subscriptions(relay_reader *reader,
                              const relay_address *mailbox, uint32_t now_h,
                              relay_subscription_fn each, void *ctx)
{
    return relay_wake_table_read(reader->wakes, mailbox, now_h, each, ctx);
}

bool relay_read_after(relay_reader *reader, const relay_address *mailbox,
                      uint64_t after, relay_entry_fn entry, void *ctx,
                      uint64_t *next)
{
    int64_t last[NUM_CLASSES];

    look_up(reader->storage, mailbox, next, last);
    if (*next <= after + 1) return true; /* nothing: the most of all polls */
    bool was_begun = reader->has_begun;
    if (!was_begun) relay_reader_begin(reader);
    reader->rows.is_behind = false;
    bool ok = walk(&reader->rows, last, after);
    if (ok && was_begun && reader->rows.is_behind) {
        relay_reader_end(reader);
        relay_reader_begin(reader);
        ok = walk(&reader->rows, last, after);
    }
    ok = ok && give(&reader->rows, entry, ctx);
    if (!was_begun) relay_reader_end(reader);
    return ok;
}

/* ---- opening ---- */

/* Rows come in the order of their rowids, so each is its mailbox's last one
 * so far. */
static bool load_rows(relay_storage *s, relay_head **by_id, unsigned class)
{
    sqlite3_stmt *all = NULL;
    int result = SQLITE_ERROR;

    if (prepare(s->rows.db, &all, "SELECT id, mailbox, idx FROM log%u",
                class)) {
        while ((result = sqlite3_step(all)) == SQLITE_ROW) {
            sqlite3_int64 mailbox = sqlite3_column_int64(all, 1);
            uint64_t index = (uint64_t)sqlite3_column_int64(all, 2);

            if (mailbox < 1 || mailbox > s->last_id || by_id[mailbox] == NULL) {
                continue;
            }
            relay_head *head = by_id[mailbox];
            if (index >= head->next) head->next = index + 1;
            head->last[class] = sqlite3_column_int64(all, 0);
            head->num_blobs++;
            s->num_blobs++;
        }
    }
    sqlite3_finalize(all);
    return result == SQLITE_DONE;
}

static bool load_mailboxes(relay_storage *s)
{
    sqlite3_stmt *all = NULL;
    int result = SQLITE_ERROR;

    if (prepare(s->rows.db, &all, "SELECT id, address, floor FROM mailbox",
                0)) {
        while ((result = sqlite3_step(all)) == SQLITE_ROW) {
            relay_address address;

            if (sqlite3_column_bytes(all, 1) != RELAY_ADDRESS_SIZE) continue;
            memcpy(address.bytes, sqlite3_column_blob(all, 1),
                   sizeof address.bytes);
            relay_head *head = relay_heads_insert(&s->heads, &address);
            if (head == NULL) break;
            head->id = (uint32_t)sqlite3_column_int64(all, 0);
            head->next = (uint64_t)sqlite3_column_int64(all, 2);
            if (head->id > s->last_id) s->last_id = head->id;
        }
    }
    sqlite3_finalize(all);
    return result == SQLITE_DONE;
}

static bool load_heads(relay_storage *s)
{
    if (!relay_heads_init(&s->heads) || !load_mailboxes(s)) return false;

    relay_head **by_id = calloc((size_t)s->last_id + 1, sizeof(relay_head *));
    if (by_id == NULL) return false;
    for (size_t i = 0; i < s->heads.num_places; i++) {
        relay_head *head = &s->heads.places[i];
        if (head->id != 0) by_id[head->id] = head;
    }
    bool ok = load_rows(s, by_id, 0) && load_rows(s, by_id, 1);
    for (size_t i = 0; i < s->heads.num_places; i++) {
        relay_head *head = &s->heads.places[i];
        head->pending_next = head->next;
        memcpy(head->pending_last, head->last, sizeof head->last);
    }
    free(by_id);
    return ok;
}

static bool load_origin(relay_storage *s)
{
    sqlite3_stmt *origin = NULL;

    if (prepare(s->rows.db, &origin, "SELECT origin FROM store", 0) &&
        sqlite3_step(origin) == SQLITE_ROW) {
        s->origin = (uint64_t)sqlite3_column_int64(origin, 0);
    }
    sqlite3_finalize(origin);
    return s->origin != 0;
}

uint64_t relay_storage_origin(const relay_storage *storage)
{
    return storage->origin;
}

static bool prepare_writer(relay_storage *s)
{
    sqlite3 *db = s->rows.db;

    for (unsigned class = 0; class < NUM_CLASSES; class ++) {
        if (!prepare(db, &s->insert[class],
                     "INSERT INTO log%u(mailbox, idx, prev, expiry, blob)"
                     " VALUES(?, ?, ?, ?, ?)",
                     class)) {
            return false;
        }
    }
    return prepare(db, &s->new_mailbox,
                   "INSERT INTO mailbox(id, address, floor) VALUES(?, ?, 1)",
                   0) &&
           prepare(db, &s->set_floor,
                   "UPDATE mailbox SET floor = max(floor, ?) WHERE id = ?", 0);
}

/* Every commit is on the disk before it returns, and deleted bytes are
 * overwritten. */
static bool open_database(relay_storage *s)
{
    return rows_open(&s->rows, s->options.path,
                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) &&
           run(s->rows.db, "PRAGMA page_size = 8192;"
                           "PRAGMA journal_mode = WAL;"
                           "PRAGMA synchronous = FULL;"
                           "PRAGMA secure_delete = ON;") &&
           run(s->rows.db, schema) && rows_prepare(&s->rows) &&
           prepare_writer(s) &&
           relay_wake_table_open(&s->wakes, s->rows.db,
                                 s->options.subscriptions_max) &&
           load_origin(s) && load_heads(s);
}

relay_storage *relay_storage_open(const relay_storage_options *options,
                                  uint32_t now_h, char *error, size_t error_cap)
{
    relay_storage *s = calloc(1, sizeof *s);

    if (s == NULL) {
        snprintf(error, error_cap, "out of memory");
        return NULL;
    }
    /* Else all threads meet at a lock when they allocate. Too late where
     * somebody has used SQLite before, which does no harm. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    s->options = *options;
    if (s->options.expiry_h == 0) s->options.expiry_h = DEFAULT_EXPIRY_H;
    if (s->options.keep_h == 0) s->options.keep_h = DEFAULT_KEEP_H;
    if (s->options.mailbox_blobs_max == 0) {
        s->options.mailbox_blobs_max = DEFAULT_MAILBOX_BLOBS;
    }
    if (s->options.hour_blobs_max == 0) {
        s->options.hour_blobs_max = DEFAULT_HOUR_BLOBS;
    }
    if (s->options.subscriptions_max == 0) {
        s->options.subscriptions_max = DEFAULT_SUBSCRIPTIONS;
    }
    pthread_rwlock_init(&s->lock, NULL);
    if (!open_database(s)) {
        snprintf(error, error_cap, "%s: %s", options->path,
                 s->rows.db != NULL ? sqlite3_errmsg(s->rows.db)
                                    : "cannot be opened");
        relay_storage_close(s);
        return NULL;
    }
    s->unclean = true; /* whoever ended before may not have come to it */
    while (relay_storage_expire(s, now_h, 100000) != 0) continue;
    return s;
}

void relay_storage_close(relay_storage *s)
{
    if (s == NULL) return;
    for (unsigned class = 0; class < NUM_CLASSES; class ++) {
        sqlite3_finalize(s->insert[class]);
    }
    sqlite3_finalize(s->new_mailbox);
    sqlite3_finalize(s->set_floor);
    relay_wake_table_close(&s->wakes);
    rows_close(&s->rows);
    relay_heads_free(&s->heads);
    pthread_rwlock_destroy(&s->lock);
    free(s);
}

/* ---- appending ---- */

/* Which blobs of the request are there already. */
typedef struct {
    relay_append *append;
    size_t num_found;
} search;

static bool compare(void *ctx, uint64_t index, const uint8_t *bytes, size_t len)
{
    search *s = ctx;

    for (size_t i = 0; i < s->append->num_blobs; i++) {
        relay_blob *blob = &s->append->blobs[i];

        if (blob->index == 0 && blob->len == len &&
            memcmp(blob->bytes, bytes, len) == 0) {
            blob->index = index;
            s->num_found++;
        }
    }
    return s->num_found < s->append->num_blobs;
}

/* The index of the same blob earlier in the request; 0: there is none. */
static uint64_t index_before(const relay_append *append, size_t at)
{
    const relay_blob *blob = &append->blobs[at];

    for (size_t i = 0; i < at; i++) {
        const relay_blob *other = &append->blobs[i];

        if (other->len == blob->len &&
            memcmp(other->bytes, blob->bytes, blob->len) == 0) {
            return other->index;
        }
    }
    return 0;
}

static relay_head *head_for(relay_storage *s, const relay_address *address)
{
    relay_head *head = relay_heads_find(&s->heads, address);

    if (head != NULL) return head;
    /* Readers may be looking: the table may move. */
    pthread_rwlock_wrlock(&s->lock);
    head = relay_heads_insert(&s->heads, address);
    if (head != NULL) {
        head->id = ++s->last_id;
        head->next = head->pending_next = 1;
    }
    pthread_rwlock_unlock(&s->lock);
    if (head == NULL) return NULL;

    sqlite3_bind_int64(s->new_mailbox, 1, head->id);
    sqlite3_bind_blob(s->new_mailbox, 2, address->bytes, sizeof address->bytes,
                      SQLITE_STATIC);
    int result = sqlite3_step(s->new_mailbox);
    sqlite3_reset(s->new_mailbox);
    return result == SQLITE_DONE ? head : NULL;
}

static bool insert(relay_storage *s, relay_head *head, relay_blob *blob,
                   uint32_t now_h)
{
    unsigned class = blob->keep ? 1 : 0;
    sqlite3_stmt *insert = s->insert[class];
    uint32_t hours = blob->keep ? s->options.keep_h : s->options.expiry_h;

    sqlite3_bind_int64(insert, 1, head->id);
    sqlite3_bind_int64(insert, 2, (sqlite3_int64)head->pending_next);
    sqlite3_bind_int64(insert, 3, head->pending_last[class]);
    sqlite3_bind_int64(insert, 4, (sqlite3_int64)now_h + hours);
    sqlite3_bind_blob(insert, 5, blob->bytes, (int)blob->len, SQLITE_STATIC);
    int result = sqlite3_step(insert);
    sqlite3_reset(insert);
    sqlite3_clear_bindings(insert);
    if (result != SQLITE_DONE) return false;
    blob->index = head->pending_next++;
    head->pending_last[class] = sqlite3_last_insert_rowid(s->rows.db);
    head->num_blobs++;
    head->hour_blobs++;
    s->num_blobs++;
    return true;
}

static bool is_over_quota(const relay_storage *s, relay_head *head, size_t num,
                          uint32_t now_h)
{
    if (head->hour != now_h) {
        head->hour = now_h;
        head->hour_blobs = 0;
    }
    return head->num_blobs + num > s->options.mailbox_blobs_max ||
           head->hour_blobs + num > s->options.hour_blobs_max;
}

static bool disk_is_full(const relay_storage *s)
{
    struct stat file;

    return s->options.disk_bytes_max != 0 &&
           stat(s->options.path, &file) == 0 &&
           (uint64_t)file.st_size >= s->options.disk_bytes_max;
}

/* The blobs that are not there already. False when the engine failed. */
static bool insert_all(relay_storage *s, relay_head *head, relay_append *append,
                       uint32_t now_h)
{
    for (size_t i = 0; i < append->num_blobs; i++) {
        relay_blob *blob = &append->blobs[i];

        if (blob->index == 0) blob->index = index_before(append, i);
        if (blob->index != 0) continue;
        if (!insert(s, head, blob, now_h)) return false;
        append->woke |= blob->wake;
    }
    return true;
}

/* A request's blobs inside the transaction: first what is there already, then
 * expect_next, then the quota. False when the engine failed. */
static bool append_blobs(relay_storage *s, relay_append *append, bool full,
                         uint32_t now_h)
{
    relay_head *head = head_for(s, &append->mailbox);
    search found = {append, 0};

    if (head == NULL) return false;
    for (size_t i = 0; i < append->num_blobs; i++) append->blobs[i].index = 0;
    if (!walk(&s->rows, head->pending_last, append->after) ||
        !give(&s->rows, compare, &found)) {
        return false;
    }
    size_t num = append->num_blobs - found.num_found;
    if (num != 0) {
        if (append->has_expect_next &&
            append->expect_next != head->pending_next) {
            append->status = RELAY_CONFLICT;
        } else if (full || is_over_quota(s, head, num, now_h)) {
            append->status = RELAY_QUOTA;
        }
    }
    if (append->status == RELAY_OK && !insert_all(s, head, append, now_h)) {
        return false;
    }
    append->next = head->pending_next;
    return true;
}

/* One request inside the transaction. A subscription alone makes no mailbox.
 * False when the engine failed. */
static bool append_one(relay_storage *s, relay_append *append, bool full,
                       uint32_t now_h)
{
    append->status = RELAY_OK;
    append->woke = false;
    if (append->num_blobs == 0) {
        const relay_head *head = relay_heads_find(&s->heads, &append->mailbox);

        append->next = head != NULL ? head->pending_next : 1;
    } else if (!append_blobs(s, append, full, now_h)) {
        return false;
    }
    return append->subscription == NULL ||
           relay_wake_table_put(&s->wakes, &append->mailbox,
                                append->subscription);
}

/* What is durable now is shown to readers; or is forgotten. */
static void settle(relay_storage *s, relay_append **batch, size_t num,
                   bool durable)
{
    pthread_rwlock_wrlock(&s->lock);
    for (size_t i = 0; i < num; i++) {
        relay_head *head = relay_heads_find(&s->heads, &batch[i]->mailbox);

        if (head == NULL) continue;
        if (durable) {
            head->next = head->pending_next;
            memcpy(head->last, head->pending_last, sizeof head->last);
        } else {
            uint32_t undone = (uint32_t)(head->pending_next - head->next);

            head->num_blobs -= undone;
            s->num_blobs -= undone;
            head->pending_next = head->next;
            memcpy(head->pending_last, head->last, sizeof head->last);
        }
    }
    pthread_rwlock_unlock(&s->lock);
    for (size_t i = 0; !durable && i < num; i++) {
        batch[i]->status = RELAY_RETRY;
        batch[i]->woke = false;
    }
}

static void tell_news(const relay_storage *s, relay_append **batch, size_t num)
{
    for (size_t i = 0; s->options.news != NULL && i < num; i++) {
        if (batch[i]->status == RELAY_OK && batch[i]->num_blobs != 0) {
            s->options.news(s->options.news_ctx, &batch[i]->mailbox);
        }
    }
}

/* A mailbox whose row was undone with the transaction gets it again. */
static void write_mailboxes_again(relay_storage *s, relay_append **batch,
                                  size_t num)
{
    for (size_t i = 0; i < num; i++) {
        const relay_head *head =
            relay_heads_find(&s->heads, &batch[i]->mailbox);

        if (head == NULL) continue;
        sqlite3_bind_int64(s->new_mailbox, 1, head->id);
        sqlite3_bind_blob(s->new_mailbox, 2, head->address.bytes,
                          sizeof head->address.bytes, SQLITE_STATIC);
        (void)sqlite3_step(s->new_mailbox); /* fails where it is there */
        sqlite3_reset(s->new_mailbox);
    }
}

void relay_storage_append(relay_storage *s, relay_append **batch, size_t num,
                          uint32_t now_h)
{
    bool full = disk_is_full(s);
    bool ok = run(s->rows.db, "BEGIN IMMEDIATE");

    for (size_t i = 0; ok && i < num; i++) {
        ok = append_one(s, batch[i], full, now_h);
    }
    ok = ok && run(s->rows.db, "COMMIT");
    if (!ok) {
        (void)run(s->rows.db, "ROLLBACK");
        write_mailboxes_again(s, batch, num);
        (void)relay_wake_table_recount(&s->wakes);
    }
    settle(s, batch, num, ok);
    tell_news(s, batch, num);
}

/* ---- expiring ---- */

/* The last row of a class, from the front, that has expired; rows expire in
 * the order in which they came. 0 when none has. */
static sqlite3_int64 last_expired(relay_storage *s, unsigned class,
                                  uint32_t now_h, size_t most, size_t *num)
{
    sqlite3_stmt *front = NULL;
    sqlite3_int64 last = 0;

    *num = 0;
    if (prepare(s->rows.db, &front, "SELECT id, expiry FROM log%u ORDER BY id",
                class)) {
        while (*num < most && sqlite3_step(front) == SQLITE_ROW &&
               sqlite3_column_int64(front, 1) <= (sqlite3_int64)now_h) {
            last = sqlite3_column_int64(front, 0);
            (*num)++;
        }
    }
    sqlite3_finalize(front);
    return last;
}

/* An index is never given again: where a mailbox's next one stands is noted
 * before its rows go. */
static bool note_floors(relay_storage *s, unsigned class, sqlite3_int64 last)
{
    sqlite3_stmt *gone = NULL;
    int result = SQLITE_ERROR;

    if (prepare(s->rows.db, &gone,
                "SELECT mailbox, max(idx) FROM log%u WHERE id <= ?"
                " GROUP BY mailbox",
                class)) {
        sqlite3_bind_int64(gone, 1, last);
        while ((result = sqlite3_step(gone)) == SQLITE_ROW) {
            sqlite3_bind_int64(s->set_floor, 1,
                               sqlite3_column_int64(gone, 1) + 1);
            sqlite3_bind_int64(s->set_floor, 2, sqlite3_column_int64(gone, 0));
            int set = sqlite3_step(s->set_floor);
            sqlite3_reset(s->set_floor);
            if (set != SQLITE_DONE) break;
        }
    }
    sqlite3_finalize(gone);
    return result == SQLITE_DONE;
}

static bool delete_rows(relay_storage *s, unsigned class, sqlite3_int64 last)
{
    sqlite3_stmt *gone = NULL;
    bool ok =
        prepare(s->rows.db, &gone, "DELETE FROM log%u WHERE id <= ?", class);

    if (ok) {
        sqlite3_bind_int64(gone, 1, last);
        ok = sqlite3_step(gone) == SQLITE_DONE;
    }
    sqlite3_finalize(gone);
    return ok;
}

/* How many rows each mailbox loses: they count no longer. */
static void count_down(relay_storage *s, unsigned class, sqlite3_int64 last)
{
    sqlite3_stmt *gone = NULL;

    if (prepare(s->rows.db, &gone,
                "SELECT address, count(*) FROM log%u JOIN mailbox"
                " ON mailbox.id = mailbox WHERE log%u.id <= ?"
                " GROUP BY mailbox",
                class)) {
        sqlite3_bind_int64(gone, 1, last);
        while (sqlite3_step(gone) == SQLITE_ROW) {
            relay_address address;
            uint32_t num = (uint32_t)sqlite3_column_int64(gone, 1);

            memcpy(address.bytes, sqlite3_column_blob(gone, 0),
                   sizeof address.bytes);
            relay_head *head = relay_heads_find(&s->heads, &address);
            if (head != NULL && head->num_blobs >= num) {
                head->num_blobs -= num;
            }
        }
    }
    sqlite3_finalize(gone);
}

static size_t expire_class(relay_storage *s, unsigned class, uint32_t now_h,
                           size_t most)
{
    size_t num = 0;
    sqlite3_int64 last = last_expired(s, class, now_h, most, &num);

    if (num == 0 || !run(s->rows.db, "BEGIN IMMEDIATE")) return 0;
    count_down(s, class, last);
    if (!note_floors(s, class, last) || !delete_rows(s, class, last) ||
        !run(s->rows.db, "COMMIT")) {
        (void)run(s->rows.db, "ROLLBACK");
        return 0;
    }
    s->num_blobs -= num;
    return num;
}

/* What was deleted is not to be found in the log of changes either. False
 * when a reader was in the way: it is tried again next time. */
static bool clean(relay_storage *s)
{
    sqlite3_stmt *checkpoint = NULL;
    bool done = false;

    if (prepare(s->rows.db, &checkpoint, "PRAGMA wal_checkpoint(TRUNCATE)",
                0)) {
        done = sqlite3_step(checkpoint) == SQLITE_ROW &&
               sqlite3_column_int(checkpoint, 0) == 0;
    }
    sqlite3_finalize(checkpoint);
    return done;
}

size_t relay_storage_expire(relay_storage *s, uint32_t now_h, size_t most)
{
    size_t num = 0;

    for (unsigned class = 0; class < NUM_CLASSES; class ++) {
        num += expire_class(s, class, now_h, most);
    }
    (void)relay_wake_table_expire(&s->wakes, now_h);
    if (num != 0 || s->wakes.has_ended) s->unclean = true;
    s->wakes.has_ended = false;
    if (s->unclean) s->unclean = !clean(s);
    return num;
}

relay_storage_figures relay_storage_measure(relay_storage *s)
{
    relay_storage_figures figures = {0, s->num_blobs, s->wakes.num, 0};
    struct stat file;

    pthread_rwlock_rdlock(&s->lock);
    figures.mailboxes = s->heads.num_used;
    pthread_rwlock_unlock(&s->lock);
    if (stat(s->options.path, &file) == 0) {
        figures.file_bytes = (uint64_t)file.st_size;
    }
    return figures;
}
