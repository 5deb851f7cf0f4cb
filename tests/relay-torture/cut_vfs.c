#include "cut_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 8
#define SECTOR 512

/* A write or, without bytes, a truncation to `at`. */
typedef struct {
    uint64_t at;
    size_t len;
    uint8_t *bytes;
} change;

/* A file as the platter has it, and what is still on its way. */
typedef struct {
    char path[512];
    uint8_t *image;
    size_t image_cap;
    size_t len;
    change *changes;
    size_t num;
    size_t cap;
} disk_file;

typedef struct {
    sqlite3_file base;
    disk_file *disk; /* NULL: a file that need not survive */
    sqlite3_file *real;
} open_file;

static cut_plan the_plan;
static sqlite3_vfs *system_vfs;
static disk_file files[FILES_MAX];
static size_t num_files;
static uint32_t num_steps;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- the disk ---- */

static uint32_t roll(uint32_t sides)
{
    the_plan.seed = the_plan.seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(the_plan.seed >> 33) % sides;
}

static void *more(void *at, size_t len)
{
    void *new = realloc(at, len != 0 ? len : 1);

    if (new == NULL) _exit(3);
    return new;
}

static void resize(disk_file *disk, size_t len)
{
    if (len > disk->image_cap) {
        disk->image_cap = 2 * len;
        disk->image = more(disk->image, disk->image_cap);
    }
    if (len > disk->len) memset(disk->image + disk->len, 0, len - disk->len);
    disk->len = len;
}

static void put(disk_file *disk, uint64_t at, const uint8_t *bytes, size_t len)
{
    if (at + len > disk->len) resize(disk, (size_t)at + len);
    memcpy(disk->image + at, bytes, len);
}

static void settle(disk_file *disk)
{
    for (size_t i = 0; i < disk->num; i++) {
        change *c = &disk->changes[i];

        if (c->bytes == NULL) {
            resize(disk, (size_t)c->at);
        } else {
            put(disk, c->at, c->bytes, c->len);
        }
        free(c->bytes);
    }
    disk->num = 0;
}

/* Each sector of what is on its way arrives, or not. */
static void settle_some(disk_file *disk)
{
    for (size_t i = 0; i < disk->num; i++) {
        change *c = &disk->changes[i];

        if (c->bytes == NULL && roll(100) < the_plan.keep) {
            resize(disk, (size_t)c->at);
        }
        for (size_t from = 0; from < c->len;) {
            size_t len = SECTOR - (size_t)((c->at + from) % SECTOR);

            if (len > c->len - from) len = c->len - from;
            if (roll(100) < the_plan.keep) {
                put(disk, c->at + from, c->bytes + from, len);
            }
            from += len;
        }
    }
}

static void leave(const disk_file *disk)
{
    FILE *file = fopen(disk->path, "wb");

    if (file == NULL ||
        (disk->len != 0 &&
         fwrite(disk->image, 1, disk->len, file) != disk->len) ||
        fclose(file) != 0) {
        _exit(4);
    }
}

/* Counts towards the cut. With the lock. */
static void step(void)
{
    if (++num_steps < the_plan.after) return;
    for (size_t i = 0; i < num_files; i++) {
        settle_some(&files[i]);
        leave(&files[i]);
    }
    _exit(0);
}

static void add_change(disk_file *disk, uint64_t at, const void *bytes,
                       size_t len)
{
    if (disk->num == disk->cap) {
        disk->cap = disk->cap == 0 ? 64 : 2 * disk->cap;
        disk->changes = more(disk->changes, disk->cap * sizeof(change));
    }
    change *c = &disk->changes[disk->num++];
    *c = (change){at, len, NULL};
    if (bytes != NULL) {
        c->bytes = more(NULL, len);
        memcpy(c->bytes, bytes, len);
    }
}

static void load(disk_file *disk)
{
    FILE *file = fopen(disk->path, "rb");
    uint8_t part[65536];
    size_t got = 0;

    if (file == NULL) return;
    while ((got = fread(part, 1, sizeof part, file)) != 0) {
        put(disk, disk->len, part, got);
    }
    fclose(file);
}

static disk_file *disk_of(const char *path)
{
    for (size_t i = 0; i < num_files; i++) {
        if (strcmp(files[i].path, path) == 0) return &files[i];
    }
    if (num_files == FILES_MAX || strlen(path) >= sizeof files[0].path) {
        _exit(5);
    }
    disk_file *disk = &files[num_files++];
    strcpy(disk->path, path);
    load(disk);
    return disk;
}

/* ---- files ---- */

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((open_file *)file)->real;
}

static int file_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);

    return real->pMethods != NULL ? real->pMethods->xClose(real) : SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), out, len, at);
}

static int file_write(sqlite3_file *file, const void *bytes, int len,
                      sqlite3_int64 at)
{
    disk_file *disk = ((open_file *)file)->disk;

    if (disk != NULL) {
        pthread_mutex_lock(&lock);
        add_change(disk, (uint64_t)at, bytes, (size_t)len);
        step();
        pthread_mutex_unlock(&lock);
    }
    return real_of(file)->pMethods->xWrite(real_of(file), bytes, len, at);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 len)
{
    disk_file *disk = ((open_file *)file)->disk;

    if (disk != NULL) {
        pthread_mutex_lock(&lock);
        add_change(disk, (uint64_t)len, NULL, 0);
        step();
        pthread_mutex_unlock(&lock);
    }
    return real_of(file)->pMethods->xTruncate(real_of(file), len);
}

static int file_sync(sqlite3_file *file, int flags)
{
    disk_file *disk = ((open_file *)file)->disk;

    (void)flags;
    if (disk != NULL) {
        pthread_mutex_lock(&lock);
        step();
        if (!the_plan.disk_lies) settle(disk);
        pthread_mutex_unlock(&lock);
    }
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *len)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), len);
}

static int file_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_is_reserved(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

/* What would write behind our back is refused. */
static int file_control(sqlite3_file *file, int what, void *arg)
{
    if (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE ||
        what == SQLITE_FCNTL_MMAP_SIZE) {
        return SQLITE_NOTFOUND;
    }
    return real_of(file)->pMethods->xFileControl(real_of(file), what, arg);
}

static int file_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_character(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int shm_map(sqlite3_file *file, int page, int size, int extend,
                   void volatile **out)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend,
                                            out);
}

static int shm_lock(sqlite3_file *file, int offset, int num, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, num, flags);
}

static void shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* no memory maps of the file */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_is_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_character,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

/* ---- the VFS ---- */

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file,
                    int flags, int *flags_out)
{
    open_file *opened = (open_file *)file;
    const int tracked =
        SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;

    (void)vfs;
    opened->base.pMethods = &methods;
    opened->real = (sqlite3_file *)(opened + 1);
    opened->disk = NULL;
    int result =
        system_vfs->xOpen(system_vfs, path, opened->real, flags, flags_out);
    if (result != SQLITE_OK) {
        opened->base.pMethods = NULL;
    } else if (path != NULL && (flags & tracked) != 0) {
        pthread_mutex_lock(&lock);
        opened->disk = disk_of(path);
        pthread_mutex_unlock(&lock);
    }
    return result;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
    (void)vfs;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < num_files; i++) {
        if (strcmp(files[i].path, path) != 0) continue;
        settle(&files[i]);
        resize(&files[i], 0);
    }
    pthread_mutex_unlock(&lock);
    return system_vfs->xDelete(system_vfs, path, sync);
}

/* Says no to PRAGMA synchronous, after having set the weaker one. */
static int authorize(void *ctx, int action, const char *one, const char *two,
                     const char *three, const char *four)
{
    (void)ctx;
    (void)two;
    (void)three;
    (void)four;
    return action == SQLITE_PRAGMA && strcmp(one, "synchronous") == 0
               ? SQLITE_IGNORE
               : SQLITE_OK;
}

static int weaken(sqlite3 *db, const char **error, const void *api)
{
    (void)error;
    (void)api;
    (void)sqlite3_exec(db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    return sqlite3_set_authorizer(db, authorize, NULL);
}

void cut_vfs_install(const cut_plan *plan)
{
    static sqlite3_vfs vfs;

    the_plan = *plan;
    system_vfs = sqlite3_vfs_find(NULL);
    if (system_vfs == NULL) _exit(6);
    vfs = *system_vfs;
    vfs.zName = "cut";
    vfs.szOsFile = (int)sizeof(open_file) + system_vfs->szOsFile;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) _exit(6);
    if (plan->weaker_sync) {
        (void)sqlite3_auto_extension((void (*)(void))weaken);
    }
}
