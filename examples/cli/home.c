#include "home.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYS_SIZE (COVEY_STORE_HOST_KEY_SIZE + HOME_KEY_SIZE)

bool home_default(char path[PATH_MAX - 64], complaint *error)
{
    const char *data = getenv("XDG_DATA_HOME");
    const char *user = getenv("HOME");
    const size_t size = PATH_MAX - 64;
    int len = 0;

    if (data != NULL && data[0] == '/') {
        len = snprintf(path, size, "%s/covey", data);
    } else if (user != NULL && user[0] == '/') {
        len = snprintf(path, size, "%s/.local/share/covey", user);
    } else {
        return complain(error, "HOME is not set; say --home DIR");
    }
    return (size_t)len < size || complain(error, "HOME is too long");
}

/* With the directories above it. */
static bool make_directories(const char *path, complaint *error)
{
    char part[PATH_MAX];

    snprintf(part, sizeof part, "%s", path);
    for (char *at = strchr(part + 1, '/'); at != NULL;
         at = strchr(at + 1, '/')) {
        *at = 0;
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            return complain(error, "cannot make %s: %s", part, strerror(errno));
        }
        *at = '/';
    }
    if (mkdir(part, 0700) != 0 && errno != EEXIST) {
        return complain(error, "cannot make %s: %s", part, strerror(errno));
    }
    return true;
}

static bool has(const home *h, const char *name)
{
    return faccessat(h->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Under a name of its own first: another process may do the same, and a power
 * cut must not leave half a key. */
static bool make_keys(home *h, complaint *error)
{
    uint8_t keys[KEYS_SIZE];
    char name[64];

    snprintf(name, sizeof name, "host.key.%ld", (long)getpid());
    int fd =
        openat(h->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    randombytes_buf(keys, sizeof keys);
    bool ok = fd >= 0 && write(fd, keys, sizeof keys) == (ssize_t)KEYS_SIZE &&
              fsync(fd) == 0;
    if (fd >= 0) close(fd);
    sodium_memzero(keys, sizeof keys);
    ok = ok &&
         (linkat(h->dir, name, h->dir, "host.key", 0) == 0 || errno == EEXIST);
    if (!ok) {
        (void)complain(error, "cannot write in %s: %s", h->path,
                       strerror(errno));
    }
    (void)unlinkat(h->dir, name, 0);
    return ok && fsync(h->dir) == 0;
}

static bool read_keys(home *h, complaint *error)
{
    uint8_t keys[KEYS_SIZE + 1];
    struct stat status;

    int fd = openat(h->dir, "host.key", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &status) != 0) {
        if (fd >= 0) close(fd);
        return complain(error, "cannot read %s/host.key: %s", h->path,
                        strerror(errno));
    }
    ssize_t len = read(fd, keys, sizeof keys);
    close(fd);
    if ((status.st_mode & 077) != 0) {
        return complain(error,
                        "others can read %s/host.key, which opens everything: "
                        "chmod 600 it, and think about who may have a copy",
                        h->path);
    }
    if (len != (ssize_t)KEYS_SIZE) {
        return complain(error,
                        "%s/host.key is not a key: put it back from a copy, or "
                        "begin anew in another directory",
                        h->path);
    }
    memcpy(h->host_key, keys, sizeof h->host_key);
    memcpy(h->history_key, keys + sizeof h->host_key, sizeof h->history_key);
    sodium_memzero(keys, sizeof keys);
    return true;
}

static bool keys_are_there(home *h, bool create, complaint *error)
{
    if (has(h, "host.key")) return true;
    if (has(h, "state")) {
        return complain(error,
                        "%s has records, but no host.key to open them: put it "
                        "back, or begin anew in another directory",
                        h->path);
    }
    if (!create) {
        return complain(error,
                        "%s holds no device yet: `covey init` begins a circle, "
                        "`covey invite` lets this device join one",
                        h->path);
    }
    return make_keys(h, error);
}

bool home_open(home *h, const char *path, bool create, complaint *error)
{
    *h = (home){.dir = -1, .engine = -1};
    if (strlen(path) >= sizeof h->path) {
        return complain(error, "the path is too long");
    }
    memcpy(h->path, path, strlen(path) + 1);
    if (create && !make_directories(path, error)) return false;
    h->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (h->dir < 0 && errno == ENOENT) {
        return complain(error,
                        "%s does not exist: `covey init` begins a circle, "
                        "`covey invite` lets this device join one",
                        path);
    }
    if (h->dir < 0) {
        return complain(error, "cannot open %s: %s", path, strerror(errno));
    }
    if (keys_are_there(h, create, error) && read_keys(h, error)) return true;
    home_close(h);
    return false;
}

void home_close(home *h)
{
    if (h->engine >= 0) close(h->engine);
    if (h->dir >= 0) close(h->dir);
    sodium_memzero(h, sizeof *h);
    h->dir = -1;
    h->engine = -1;
}

bool home_engine(home *h)
{
    if (h->engine >= 0) return true;
    int fd = openat(h->dir, "engine", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                    0600);
    if (fd < 0) return false;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return false;
    }
    h->engine = fd;
    return true;
}
