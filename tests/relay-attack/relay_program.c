#include "relay_program.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A port that nobody listens at, for now; outside of the range from which
 * the system takes the clients' ends, where it could be gone at a restart. */
static uint16_t free_port(void)
{
    for (;;) {
        const uint16_t port = (uint16_t)(10000 + randombytes_uniform(20000));
        const struct sockaddr_in at = {.sin_family = AF_INET,
                                       .sin_port = htons(port),
                                       .sin_addr = {htonl(INADDR_LOOPBACK)}};
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        cr_assert(fd >= 0);
        bool ok = bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
        close(fd);
        if (ok) return port;
    }
}

static int connect_to(uint16_t port)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int relay_program_connect(const relay_program *relay)
{
    return connect_to(relay->port);
}

static bool accepts(uint16_t port)
{
    int fd = connect_to(port);

    if (fd >= 0) close(fd);
    return fd >= 0;
}

/* In the child. */
static void become_relay(const relay_program *relay)
{
    char port[8];
    const char *args[8 + OPTIONS_MAX] = {
        "covey-relay", "--name",     RELAY_NAME,      "--port",
        port,          "--database", relay->database,
    };
    size_t num = 7;
    int log = open(relay->log, O_WRONLY | O_CREAT | O_APPEND, 0600);

    /* A sanitizer keeps what is freed, which is not what is measured. */
    (void)setenv("ASAN_OPTIONS", "quarantine_size_mb=1", 1);
    /* It does not outlive a test that is ended. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(port, sizeof port, "%u", relay->port);
    for (size_t i = 0; relay->options[i] != NULL; i++) {
        args[num++] = relay->options[i];
    }
    if (relay->files_max != 0) {
        const struct rlimit files = {relay->files_max, relay->files_max};
        if (setrlimit(RLIMIT_NOFILE, &files) != 0) _exit(126);
    }
    if (log < 0 || dup2(log, STDERR_FILENO) < 0) _exit(126);
    close(log);
    execv(COVEY_RELAY_PROGRAM, (char *const *)(uintptr_t)args);
    _exit(127);
}

void relay_program_start(relay_program *relay)
{
    relay->pid = fork();
    cr_assert(relay->pid >= 0);
    if (relay->pid == 0) become_relay(relay);
    for (int i = 0; i < 1000 && !accepts(relay->port); i++) usleep(20000);
    cr_assert(accepts(relay->port), "the relay does not come up");
}

void relay_program_make(relay_program *relay)
{
    snprintf(relay->directory, sizeof relay->directory,
             "/tmp/covey-attack-XXXXXX");
    cr_assert_not_null(mkdtemp(relay->directory));
    snprintf(relay->database, sizeof relay->database, "%s/relay.db",
             relay->directory);
    snprintf(relay->log, sizeof relay->log, "%s/log", relay->directory);
    relay->port = free_port();
    snprintf(relay->url, sizeof relay->url, "http://127.0.0.1:%u", relay->port);
    relay_program_start(relay);
}

/* The orderly one takes a second; a sanitizer then tells of leaks. */
#if defined(__SANITIZE_ADDRESS__)
static const int last_signal = SIGTERM;
#else
static const int last_signal = SIGKILL;
#endif

static void show(const char *name)
{
    FILE *file = fopen(name, "r");
    char line[1000];

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        fputs(line, stderr);
    }
    if (file != NULL) fclose(file);
}

void relay_program_end(relay_program *relay, int with)
{
    int status = 0;

    kill(relay->pid, with);
    cr_assert_eq(waitpid(relay->pid, &status, 0), relay->pid);
    relay->pid = 0;
    if (with != SIGTERM || status == 0) return;
    show(relay->log);
    cr_assert(false, "the relay ended with %d", status);
}

void relay_program_remove(relay_program *relay)
{
    static const char *const names[] = {"relay.db", "relay.db-wal",
                                        "relay.db-shm", "log"};

    if (relay->pid == 0) return;
    cr_assert_eq(waitpid(relay->pid, NULL, WNOHANG), 0, "the relay died");
    relay_program_end(relay, last_signal);
    for (size_t i = 0; i < 4; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s/%s", relay->directory, names[i]);
        (void)unlink(name);
    }
    (void)rmdir(relay->directory);
}

/* A line of a file of /proc that begins so. */
static bool find_line(const char *file, const char *start, char *line,
                      size_t cap)
{
    FILE *from = fopen(file, "r");
    bool found = false;

    cr_assert_not_null(from, "the relay is gone");
    while (!found && fgets(line, (int)cap, from) != NULL) {
        found = strncmp(line, start, strlen(start)) == 0;
    }
    fclose(from);
    return found;
}

unsigned relay_program_memory(const relay_program *relay)
{
    char name[64];
    char line[256];
    unsigned kb = 0;

    snprintf(name, sizeof name, "/proc/%d/status", (int)relay->pid);
    cr_assert(find_line(name, "VmRSS:", line, sizeof line));
    cr_assert_eq(sscanf(line, "VmRSS: %u kB", &kb), 1);
    return kb;
}

unsigned relay_program_time(const relay_program *relay)
{
    char name[64];
    char line[1024];
    unsigned long user = 0;
    unsigned long kernel = 0;

    snprintf(name, sizeof name, "/proc/%d/stat", (int)relay->pid);
    cr_assert(find_line(name, "", line, sizeof line));
    cr_assert_eq(sscanf(strrchr(line, ')') + 1,
                        " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                        &user, &kernel),
                 2);
    return (unsigned)((user + kernel) * 1000 /
                      (unsigned long)sysconf(_SC_CLK_TCK));
}

size_t count_in_file(const char *name, const void *bytes, size_t len)
{
    const size_t cap = 64 << 20;
    FILE *file = fopen(name, "rb");
    uint8_t *all = malloc(cap);
    size_t num = 0;

    cr_assert_not_null(all);
    size_t all_len = file != NULL ? fread(all, 1, cap, file) : 0;
    cr_assert(all_len < cap);
    const uint8_t *end = all + all_len;
    for (const uint8_t *at = all;
         (at = memmem(at, (size_t)(end - at), bytes, len)) != NULL; at++) {
        num++;
    }
    if (file != NULL) fclose(file);
    free(all);
    return num;
}
