#include "served.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define UP_S 120.0 /* a store of a million blobs is read at the start */

static char directory[64];

_Noreturn void served_give_up(const char *why)
{
    fprintf(stderr, "bench_relay: %s (%s)\n", why, strerror(errno));
    exit(1);
}

unsigned served_num_cores(void)
{
    long num = sysconf(_SC_NPROCESSORS_ONLN);

    return num > 0 ? (unsigned)num : 1;
}

double served_now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- files ---- */

static void in_directory(char *path, size_t cap, const char *name)
{
    snprintf(path, cap, "%s/%s", served_directory(), name);
}

const char *served_directory(void)
{
    if (*directory == 0) {
        snprintf(directory, sizeof directory, "/tmp/covey-bench-XXXXXX");
        if (mkdtemp(directory) == NULL) served_give_up(directory);
    }
    return directory;
}

void served_remove_directory(void)
{
    char command[128];

    if (*directory == 0) return;
    snprintf(command, sizeof command, "rm -r '%s'", directory);
    if (system(command) != 0) served_give_up(command);
    *directory = 0;
}

bool served_make_certificate(void)
{
    char command[400];

    snprintf(command, sizeof command,
             "cd '%s' && openssl req -x509 -newkey ec -pkeyopt "
             "ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem "
             "-days 2 -subj /CN=" SERVED_NAME " 2>openssl.log",
             served_directory());
    return system(command) == 0;
}

/* ---- processes ---- */

static uint16_t free_port(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET,
                              .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) != 0 ||
        getsockname(fd, (struct sockaddr *)&any, &len) != 0) {
        served_give_up("no free port");
    }
    close(fd);
    return ntohs(any.sin_port);
}

static int try_connect(uint16_t port, unsigned client)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct sockaddr_in from = {.sin_family = AF_INET,
                                     .sin_addr = {
                                         htonl(INADDR_LOOPBACK - 1 + client)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && bind(fd, (const struct sockaddr *)&from, sizeof from) == 0 &&
        connect(fd, (const struct sockaddr *)&to, sizeof to) == 0) {
        return fd;
    }
    if (fd >= 0) close(fd);
    return -1;
}

int served_connect(const served *s, unsigned client)
{
    int fd = try_connect(s->port, client);

    if (fd < 0) served_give_up("cannot connect");
    return fd;
}

/* The relay listens before it has read its store, and shows figures after. */
static void wait_until_up(served *s)
{
    double until = served_now_s() + UP_S;
    uint16_t last = s->metrics_port != 0 ? s->metrics_port : s->port;
    int fd = -1;

    while ((fd = try_connect(last, 1)) < 0) {
        if (served_now_s() > until || waitpid(s->pid, NULL, WNOHANG) != 0) {
            served_give_up("the server does not come up");
        }
        usleep(1000);
    }
    close(fd);
    if (clock_getcpuclockid(s->pid, &s->clock) != 0) {
        served_give_up("no processor time of other processes");
    }
}

static void run_relay(const served *s, const char *store, bool tls,
                      unsigned num_workers)
{
    char port[8];
    char metrics[8];
    char workers[8];
    char database[128];
    char certificate[128];
    char key[128];

    snprintf(port, sizeof port, "%u", s->port);
    snprintf(metrics, sizeof metrics, "%u", s->metrics_port);
    snprintf(workers, sizeof workers, "%u", num_workers);
    in_directory(database, sizeof database, store);
    in_directory(certificate, sizeof certificate, "cert.pem");
    in_directory(key, sizeof key, "key.pem");
    if (freopen("/dev/null", "w", stderr) == NULL) _exit(126);
    execl(COVEY_RELAY_PROGRAM, "covey-relay", "--name", SERVED_NAME, "--port",
          port, "--metrics-port", metrics, "--database", database, "--workers",
          workers, "--wait-max", "300", "--new-mailboxes", "10000000",
          "--waits", "10000000", "--hour-blobs", "10000000", "--mailbox-blobs",
          "10000000", tls ? "--certificate" : (char *)NULL, certificate,
          "--key", key, (char *)NULL);
    _exit(127);
}

/* A server ends with the program that measures it. */
static pid_t fork_server(void)
{
    (void)fflush(NULL);
    pid_t pid = fork();

    if (pid < 0) served_give_up("fork");
    if (pid == 0) (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    return pid;
}

served served_relay(const char *store, bool tls, unsigned num_workers)
{
    served s = {.port = free_port(), .metrics_port = free_port()};

    (void)served_directory();
    s.pid = fork_server();
    if (s.pid == 0) run_relay(&s, store, tls, num_workers);
    wait_until_up(&s);
    return s;
}

void served_end(served *s)
{
    kill(s->pid, SIGTERM);
    (void)waitpid(s->pid, NULL, 0);
}

/* ---- libevent alone ---- */

static void on_request(struct evhttp_request *http, void *ctx)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(http);

    (void)ctx;
    (void)evbuffer_pullup(body, -1);
    evhttp_send_reply(http, HTTP_OK, "OK", NULL);
}

static void *serve(void *ctx)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);

    evhttp_set_gencb(http, on_request, NULL);
    if (evhttp_accept_socket(http, dup(*(const int *)ctx)) == 0) {
        event_base_dispatch(base);
    }
    return NULL;
}

static void run_evhttp(uint16_t port)
{
    const struct sockaddr_in at = {.sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    pthread_t thread;

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 ||
        listen(fd, 4096) != 0) {
        _exit(1);
    }
    for (unsigned i = 1; i < served_num_cores(); i++) {
        (void)pthread_create(&thread, NULL, serve, &fd);
    }
    (void)serve(&fd);
}

served served_evhttp(void)
{
    served s = {.port = free_port()};

    s.pid = fork_server();
    if (s.pid == 0) {
        run_evhttp(s.port);
        _exit(0);
    }
    wait_until_up(&s);
    return s;
}

/* ---- figures ---- */

double served_cpu_s(const served *s)
{
    struct timespec used;

    if (clock_gettime(s->clock, &used) != 0) {
        served_give_up("the server is gone");
    }
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

uint64_t served_memory(const served *s)
{
    char line[256];
    unsigned long kilobytes = 0;

    snprintf(line, sizeof line, "/proc/%d/status", (int)s->pid);
    FILE *status = fopen(line, "r");
    if (status == NULL) served_give_up(line);
    while (fgets(line, sizeof line, status) != NULL) {
        if (sscanf(line, "RssAnon: %lu kB", &kilobytes) == 1) break;
    }
    fclose(status);
    return (uint64_t)kilobytes * 1024;
}

uint64_t served_figure(const served *s, const char *name)
{
    static const char ask[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n"
                              "Connection: close\r\n\r\n";
    static char text[65536];
    char line[80];
    size_t len = 0;
    ssize_t got = 0;
    int fd = try_connect(s->metrics_port, 1);

    if (fd < 0 || write(fd, ask, sizeof ask - 1) < 0) {
        served_give_up("no metrics");
    }
    while (len < sizeof text - 1 &&
           (got = read(fd, text + len, sizeof text - 1 - len)) > 0) {
        len += (size_t)got;
    }
    close(fd);
    text[len] = 0;
    snprintf(line, sizeof line, "\ncovey_relay_%s ", name);
    const char *at = strstr(text, line);
    if (at == NULL) served_give_up(name);
    return strtoull(at + strlen(line), NULL, 10);
}
