/*
 * A library to be loaded before all others (LD_PRELOAD): it sets the clocks of
 * one program, while it runs. COVEY_FAKED_CLOCK names a file of two numbers of
 * 64 bits, in the machine's order, and whoever writes there moves the clocks:
 * nanoseconds to be added to UTC, and to the monotonic clocks.
 *
 * Who waits until a moment of UTC looks up ten times a second, so that a jump
 * ends it. Relative waits (poll, epoll) take the time that they take.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)
#define LOOK_NS (SECOND_NS / 10)

typedef struct {
    _Atomic int64_t utc_ns;
    _Atomic int64_t mono_ns;
} offsets;

static const offsets none;
static const offsets *added = &none;

typedef int get_time(clockid_t clock, struct timespec *at);
typedef int wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex,
                       const struct timespec *deadline);
typedef int sleep_on(clockid_t clock, int flags, const struct timespec *time,
                     struct timespec *rest);

/* The function that this one stands before. A wrong name is a bug of this
 * file: there is nothing to go on with. */
static void *behind(const char *name, const char *version)
{
    void *found = version != NULL ? dlvsym(RTLD_NEXT, name, version) : NULL;

    if (found == NULL) found = dlsym(RTLD_NEXT, name);
    if (found == NULL) abort();
    return found;
}

__attribute__((constructor)) static void map_offsets(void)
{
    const char *path = getenv("COVEY_FAKED_CLOCK");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0) abort();
    void *map = mmap(NULL, sizeof(offsets), PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) abort();
    (void)close(fd);
    added = map;
}

/* ---- times ---- */

static int64_t offset_of(clockid_t clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE: return atomic_load(&added->utc_ns);
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME: return atomic_load(&added->mono_ns);
    default: return 0;
    }
}

static int64_t ns_of(const struct timespec *at)
{
    return (int64_t)at->tv_sec * SECOND_NS + at->tv_nsec;
}

static struct timespec time_of(int64_t ns)
{
    int64_t rest = (ns % SECOND_NS + SECOND_NS) % SECOND_NS;

    return (struct timespec){.tv_sec = (time_t)((ns - rest) / SECOND_NS),
                             .tv_nsec = (long)rest};
}

static get_time *real_get_time(void)
{
    static _Atomic(get_time *) found;
    get_time *real = atomic_load(&found);

    if (real == NULL) {
        real = (get_time *)(uintptr_t)behind("clock_gettime", NULL);
        atomic_store(&found, real);
    }
    return real;
}

int clock_gettime(clockid_t clock, struct timespec *at)
{
    int err = real_get_time()(clock, at);

    if (err == 0) *at = time_of(ns_of(at) + offset_of(clock));
    return err;
}

time_t time(time_t *out)
{
    struct timespec at = {0};

    (void)clock_gettime(CLOCK_REALTIME, &at);
    if (out != NULL) *out = at.tv_sec;
    return at.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec at = {0};

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &at) != 0) return -1;
    *out = (struct timeval){at.tv_sec, at.tv_nsec / 1000};
    return 0;
}

/* ---- who waits until a moment ---- */

/* Of a condition with the usual clock, UTC: neither the library nor the relay
 * has another one. Waking for no reason is allowed. */
int pthread_cond_timedwait(pthread_cond_t *restrict cond,
                           pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict deadline)
{
    wait_until *real = (wait_until *)(uintptr_t)behind("pthread_cond_timedwait",
                                                       "GLIBC_2.3.2");
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    int64_t left = ns_of(deadline) - ns_of(&now);
    if (left <= 0) return ETIMEDOUT;
    (void)real_get_time()(CLOCK_REALTIME, &now);
    const struct timespec until =
        time_of(ns_of(&now) + (left < LOOK_NS ? left : LOOK_NS));
    int err = real(cond, mutex, &until);
    return err == ETIMEDOUT ? 0 : err;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                    struct timespec *rest)
{
    sleep_on *real = (sleep_on *)(uintptr_t)behind("clock_nanosleep", NULL);
    struct timespec until = *time;

    if ((flags & TIMER_ABSTIME) != 0) {
        until = time_of(ns_of(time) - offset_of(clock));
    }
    return real(clock, flags, &until, rest);
}
