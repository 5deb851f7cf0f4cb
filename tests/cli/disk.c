#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEPS_MAX 512
#define FILES_MAX 64
#define NAMES_MAX 16
#define FDS_MAX 256
#define BYTES_MAX 8192

typedef enum { CREATE, WRITE, FLUSH, LINK, RENAME, UNLINK, FLUSH_NAMES } act;

typedef struct {
    act act;
    int file;
    char name[16];
    char to[16];
    size_t at; /* WRITE */
    size_t len;
    unsigned char *bytes;
} step;

typedef struct {
    char name[16];
    int file; /* -1: free */
} entry;

typedef struct {
    entry names[NAMES_MAX];
    struct {
        unsigned char at[BYTES_MAX];
        size_t len;
    } files[FILES_MAX];
} image;

static struct {
    bool on;
    step steps[STEPS_MAX];
    size_t num_steps;
    size_t fail_at;
    int num_files;
    entry names[NAMES_MAX];
    struct {
        int file; /* -1: none of ours */
        size_t at;
    } fds[FDS_MAX];
} tape;

/* ---- names ---- */

static entry *entry_of(entry *names, const char *name)
{
    for (size_t i = 0; i < NAMES_MAX; i++) {
        if (names[i].file >= 0 && strcmp(names[i].name, name) == 0) {
            return &names[i];
        }
    }
    return NULL;
}

static void entry_set(entry *names, const char *name, int file)
{
    entry *at = entry_of(names, name);

    for (size_t i = 0; at == NULL && i < NAMES_MAX; i++) {
        if (names[i].file < 0) at = &names[i];
    }
    if (at == NULL) abort();
    snprintf(at->name, sizeof at->name, "%s", name);
    at->file = file;
}

static void names_clear(entry *names)
{
    for (size_t i = 0; i < NAMES_MAX; i++) names[i].file = -1;
}

static void names_apply(entry *names, const step *s)
{
    entry *from = entry_of(names, s->name);

    switch (s->act) {
    case CREATE: entry_set(names, s->name, s->file); break;
    case LINK: entry_set(names, s->to, from->file); break;
    case RENAME:
        entry_set(names, s->to, from->file);
        entry_of(names, s->name)->file = -1;
        break;
    case UNLINK: from->file = -1; break;
    default: break;
    }
}

static bool is_of_names(act a)
{
    return a == CREATE || a == LINK || a == RENAME || a == UNLINK;
}

/* ---- the tape ---- */

void disk_record(void)
{
    for (size_t i = 0; i < tape.num_steps; i++) free(tape.steps[i].bytes);
    memset(&tape, 0, sizeof tape);
    names_clear(tape.names);
    for (size_t i = 0; i < FDS_MAX; i++) tape.fds[i].file = -1;
    tape.fail_at = (size_t)-1;
    tape.on = true;
}

size_t disk_num_steps(void)
{
    return tape.num_steps;
}

void disk_fail_at(size_t at)
{
    tape.fail_at = at;
}

/* Whether the step is to fail; it counts then too, and does nothing. */
static bool take(step s)
{
    bool fails = tape.num_steps == tape.fail_at;

    if (tape.num_steps == STEPS_MAX) abort();
    if (fails) {
        s = (step){.act = FLUSH, .file = -1};
        errno = EIO;
    }
    tape.steps[tape.num_steps++] = s;
    if (is_of_names(s.act)) names_apply(tape.names, &s);
    return fails;
}

static step step_of(act a, const char *name, const char *to)
{
    step s = {.act = a, .file = -1};

    snprintf(s.name, sizeof s.name, "%s", name);
    snprintf(s.to, sizeof s.to, "%s", to);
    return s;
}

/* ---- what the linker sends here ---- */

int __real_openat(int dir, const char *name, int flags, mode_t mode);
ssize_t __real_write(int fd, const void *at, size_t len);
int __real_fsync(int fd);
int __real_linkat(int dir, const char *name, int to_dir, const char *to,
                  int flags);
int __real_renameat(int dir, const char *name, int to_dir, const char *to);
int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_openat(int dir, const char *name, int flags, ...);
ssize_t __wrap_write(int fd, const void *at, size_t len);
int __wrap_fsync(int fd);
int __wrap_linkat(int dir, const char *name, int to_dir, const char *to,
                  int flags);
int __wrap_renameat(int dir, const char *name, int to_dir, const char *to);
int __wrap_unlinkat(int dir, const char *name, int flags);

int __wrap_openat(int dir, const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list list;

    va_start(list, flags);
    if ((flags & O_CREAT) != 0) mode = (mode_t)va_arg(list, unsigned);
    va_end(list);
    bool ours = tape.on && strcmp(name, "lock") != 0;
    if (ours && (flags & O_EXCL) != 0) {
        step s = step_of(CREATE, name, "");
        s.file = tape.num_files++;
        if (tape.num_files > FILES_MAX) abort();
        if (take(s)) return -1;
    }
    int fd = __real_openat(dir, name, flags, mode);
    if (ours && fd >= 0 && fd < FDS_MAX) {
        entry *found = entry_of(tape.names, name);
        tape.fds[fd].file = found != NULL ? found->file : -1;
        tape.fds[fd].at = 0;
    }
    return fd;
}

ssize_t __wrap_write(int fd, const void *at, size_t len)
{
    if (tape.on && fd < FDS_MAX && tape.fds[fd].file >= 0) {
        step s = step_of(WRITE, "", "");
        s.file = tape.fds[fd].file;
        s.at = tape.fds[fd].at;
        s.len = len;
        s.bytes = malloc(len);
        if (s.bytes == NULL) abort();
        memcpy(s.bytes, at, len);
        if (take(s)) {
            free(s.bytes);
            return -1;
        }
        tape.fds[fd].at += len;
    }
    return __real_write(fd, at, len);
}

int __wrap_fsync(int fd)
{
    struct stat status;

    if (tape.on && fstat(fd, &status) == 0) {
        bool is_dir = S_ISDIR(status.st_mode);
        step s = step_of(is_dir ? FLUSH_NAMES : FLUSH, "", "");
        s.file = is_dir ? -1 : tape.fds[fd].file;
        if (take(s)) return -1;
    }
    return __real_fsync(fd);
}

int __wrap_linkat(int dir, const char *name, int to_dir, const char *to,
                  int flags)
{
    if (tape.on && take(step_of(LINK, name, to))) return -1;
    return __real_linkat(dir, name, to_dir, to, flags);
}

int __wrap_renameat(int dir, const char *name, int to_dir, const char *to)
{
    if (tape.on && take(step_of(RENAME, name, to))) return -1;
    return __real_renameat(dir, name, to_dir, to);
}

int __wrap_unlinkat(int dir, const char *name, int flags)
{
    if (tape.on && take(step_of(UNLINK, name, ""))) return -1;
    return __real_unlinkat(dir, name, flags);
}

/* ---- what is left after a cut ---- */

static void bytes_apply(image *disk, const step *s, size_t len)
{
    if (s->at + len > BYTES_MAX) abort();
    memcpy(disk->files[s->file].at + s->at, s->bytes, len);
    if (disk->files[s->file].len < s->at + len) {
        disk->files[s->file].len = s->at + len;
    }
}

/* Whether a step's effect was flushed before the cut. */
static bool was_flushed(const step *s, size_t from, size_t num_steps)
{
    for (size_t i = from; i < num_steps; i++) {
        const step *later = &tape.steps[i];
        if (s->act == WRITE ? later->act == FLUSH && later->file == s->file
                            : later->act == FLUSH_NAMES) {
            return true;
        }
    }
    return false;
}

/* Whether as many names as the cut wants were there to keep. */
static bool image_make(image *disk, const disk_cut *cut)
{
    size_t kept = 0;

    memset(disk, 0, sizeof *disk);
    names_clear(disk->names);
    for (size_t i = 0; i < cut->num_steps; i++) {
        const step *s = &tape.steps[i];
        bool flushed = was_flushed(s, i + 1, cut->num_steps);
        if (s->act == WRITE) {
            size_t part = cut->bytes == DISK_HALF ? s->len / 2 : s->len;
            if (flushed) part = s->len;
            if (flushed || cut->bytes != DISK_NOTHING) {
                bytes_apply(disk, s, part);
            }
        } else if (is_of_names(s->act)) {
            if (!flushed && kept == cut->num_names) continue;
            if (!flushed) kept++;
            names_apply(disk->names, s);
        }
    }
    return kept == cut->num_names;
}

/* Two names of one file are two names of one file again. */
static void file_make(const char *directory, const image *disk, size_t at)
{
    const entry *e = &disk->names[at];
    char path[256];
    char other[256];

    snprintf(path, sizeof path, "%s/%s", directory, e->name);
    for (size_t i = 0; i < at; i++) {
        if (disk->names[i].file != e->file) continue;
        snprintf(other, sizeof other, "%s/%s", directory, disk->names[i].name);
        if (link(other, path) != 0) abort();
        return;
    }
    FILE *file = fopen(path, "wb");
    size_t len = disk->files[e->file].len;
    if (file == NULL || fwrite(disk->files[e->file].at, 1, len, file) != len ||
        fclose(file) != 0) {
        abort();
    }
}

bool disk_make(const char *directory, const disk_cut *cut)
{
    static image disk;

    tape.on = false;
    if (!image_make(&disk, cut)) return false;
    for (size_t i = 0; i < NAMES_MAX; i++) {
        if (disk.names[i].file >= 0) file_make(directory, &disk, i);
    }
    return true;
}

bool disk_remembers(const void *bytes, size_t len, const char *but)
{
    static image disk;
    const disk_cut cut = {tape.num_steps, 0, DISK_NOTHING};
    const entry *now = entry_of(tape.names, but);

    (void)image_make(&disk, &cut);
    for (int i = 0; i < tape.num_files; i++) {
        if (now != NULL && now->file == i) continue;
        if (memmem(disk.files[i].at, disk.files[i].len, bytes, len) != NULL) {
            return true;
        }
    }
    return false;
}
