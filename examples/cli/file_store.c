#include "file_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state_image.h"

struct file_store {
    int dir;
    int lock;
    covey_port port;
};

/* A file's bytes; at is NULL when there is none. */
typedef struct {
    uint8_t *at;
    size_t len;
} content;

static void content_free(content *file)
{
    if (file->at != NULL) sodium_memzero(file->at, file->len);
    free(file->at);
    *file = (content){NULL, 0};
}

static int read_all(int fd, content *file)
{
    size_t done = 0;

    while (done < file->len) {
        ssize_t got = read(fd, file->at + done, file->len - done);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return -1;
        done += (size_t)got;
    }
    return 0;
}

static int content_read(content *file, int dir)
{
    struct stat status;
    int err = -1;

    *file = (content){NULL, 0};
    int fd = openat(dir, "state", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return errno == ENOENT ? 0 : -1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size > 0 && status.st_size <= (off_t)STATE_IMAGE_MAX) {
        file->len = (size_t)status.st_size;
        file->at = malloc(file->len);
        if (file->at != NULL) err = read_all(fd, file);
    }
    close(fd);
    if (err != 0) content_free(file);
    return err;
}

/* An image of the file, or of nothing at all. */
static int image_of(state_image *image, const content *file)
{
    *image = (state_image){0};
    if (file->at == NULL) return 0;
    return state_image_read(image, (covey_bytes){file->at, file->len}) ? 0 : -1;
}

static int write_all(int fd, const uint8_t *at, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, at, len);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return -1;
        at += put;
        len -= (size_t)put;
    }
    return 0;
}

static int overwrite(int fd)
{
    static const uint8_t zeros[4096];
    struct stat status;

    if (fstat(fd, &status) != 0) return -1;
    for (off_t left = status.st_size; left > 0;) {
        size_t part = left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros;
        if (write_all(fd, zeros, part) != 0) return -1;
        left -= (off_t)part;
    }
    return fsync(fd);
}

/* The bytes first, then the name. Nothing to do: no such file. */
static int erase(int dir, const char *name)
{
    int fd = openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return errno == ENOENT ? 0 : -1;
    int err = overwrite(fd);
    close(fd);
    if (err == 0) err = unlinkat(dir, name, 0);
    return err;
}

/* Whether "state.old" is another name of the file that is in force: then the
 * save that made it did not come to pass. */
static bool old_is_in_force(int dir)
{
    struct stat state;
    struct stat old;

    return fstatat(dir, "state", &state, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(dir, "state.old", &old, AT_SYMLINK_NOFOLLOW) == 0 &&
           state.st_ino == old.st_ino && state.st_dev == old.st_dev;
}

/* Finishes what an interrupted save has left, under the lock. The directory
 * is flushed first: only a new state that lasts lets the old one go. */
static int finish(int dir)
{
    if (faccessat(dir, "state.new", F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
        faccessat(dir, "state.old", F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
        return 0;
    }
    int err = fsync(dir);
    if (err == 0) err = erase(dir, "state.new");
    if (err == 0) {
        err = old_is_in_force(dir) ? unlinkat(dir, "state.old", 0)
                                   : erase(dir, "state.old");
    }
    return err;
}

static int write_new(int dir, const state_image *image)
{
    size_t len = state_image_size(image);
    uint8_t *bytes = len <= STATE_IMAGE_MAX ? malloc(len) : NULL;
    int err = -1;

    if (bytes == NULL) return -1;
    state_image_write(bytes, image);
    int fd = openat(dir, "state.new",
                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        err = write_all(fd, bytes, len);
        if (err == 0) err = fsync(fd);
        if (close(fd) != 0) err = -1;
    }
    sodium_memzero(bytes, len);
    free(bytes);
    return err;
}

/* From the rename on the new state is in force, and lasts from the flush of
 * the directory on. If that fails nobody knows what lasts, so the old state is
 * put back in force. */
static int put_in_force(int dir, bool has_old)
{
    if (has_old && linkat(dir, "state", dir, "state.old", 0) != 0) return -1;
    if (renameat(dir, "state.new", dir, "state") != 0) return -1;
    if (fsync(dir) != 0) {
        if (has_old) {
            (void)renameat(dir, "state.old", dir, "state");
        } else {
            (void)unlinkat(dir, "state", 0);
        }
        return -1;
    }
    return erase(dir, "state.old");
}

static int replace(int dir, uint64_t expected_version,
                   const covey_record *records, size_t num_records)
{
    content file;
    state_image image;

    int err = content_read(&file, dir);
    if (err == 0) err = image_of(&image, &file);
    if (err == 0 && image.version != expected_version) {
        err = COVEY_PORT_CONFLICT;
    }
    if (err == 0 && !state_image_apply(&image, records, num_records)) err = -1;
    if (err == 0) {
        image.version++;
        err = write_new(dir, &image);
    }
    if (err == 0) err = put_in_force(dir, file.at != NULL);
    content_free(&file);
    return err;
}

static int lock(const file_store *store, int how)
{
    int err = 0;

    do {
        err = flock(store->lock, how);
    } while (err != 0 && errno == EINTR);
    return err;
}

static int hook_save(void *ctx, uint64_t expected_version,
                     const covey_record *records, size_t num_records)
{
    const file_store *store = ctx;

    if (lock(store, LOCK_EX) != 0) return -1;
    int err = finish(store->dir);
    if (err == 0) {
        err = replace(store->dir, expected_version, records, num_records);
    }
    /* What could not be erased now will be before the next save. */
    if (err != 0) (void)finish(store->dir);
    (void)lock(store, LOCK_UN);
    return err;
}

static int hook_load(void *ctx, uint32_t slot, uint8_t *out, size_t cap,
                     size_t *len)
{
    const file_store *store = ctx;
    content file;
    state_image image;

    if (slot >= STATE_SLOTS || lock(store, LOCK_SH) != 0) return -1;
    int err = content_read(&file, store->dir);
    (void)lock(store, LOCK_UN);
    if (err == 0) err = image_of(&image, &file);
    if (err == 0) {
        covey_bytes record = image.slots[slot];
        *len = record.len;
        if (record.len > 0 && record.len <= cap) {
            memcpy(out, record.at, record.len);
        }
    }
    content_free(&file);
    return err;
}

static int hook_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    randombytes_buf(out, len);
    return 0;
}

file_store *file_store_open(const char *directory)
{
    file_store *store = calloc(1, sizeof *store);

    if (store == NULL) return NULL;
    store->port = (covey_port){.ctx = store,
                               .random = hook_random,
                               .load = hook_load,
                               .save = hook_save};
    store->lock = -1;
    store->dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->dir >= 0) {
        store->lock = openat(store->dir, "lock",
                             O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (store->lock < 0 || lock(store, LOCK_EX) != 0) {
        file_store_close(store);
        return NULL;
    }
    int err = finish(store->dir);
    (void)lock(store, LOCK_UN);
    if (err != 0) {
        file_store_close(store);
        return NULL;
    }
    return store;
}

void file_store_close(file_store *store)
{
    if (store == NULL) return;
    if (store->lock >= 0) close(store->lock);
    if (store->dir >= 0) close(store->dir);
    free(store);
}

const covey_port *file_store_port(const file_store *store)
{
    return &store->port;
}
