#include "relay_process.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef COVEY_RELAY_PROGRAM
#error "tests/relay/CMakeLists.txt says where the program is"
#endif

#define ARGS_MAX 20

uint16_t relay_port;
uint16_t relay_metrics_port;

static char directory[64];
static char database[96];
static const char *args[ARGS_MAX];
static size_t num_args;
static pid_t relay;

uint16_t relay_free_port(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET,
                              .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof any;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert(fd >= 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    close(fd);
    return ntohs(any.sin_port);
}

static bool accepts(uint16_t at)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(at),
                                   .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool ok = connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;

    close(fd);
    return ok;
}

void relay_process_start(void)
{
    char port[8];
    char metrics[8];
    const char *words[ARGS_MAX + 16] = {"covey-relay", "--name",
                                        RELAY_NAME,    "--database",
                                        database,      "--wait-max",
                                        "5",           "--new-mailboxes",
                                        "50",          "--port",
                                        port,          "--metrics-port",
                                        metrics};
    size_t num = 13;

    for (size_t i = 0; i < num_args; i++) words[num++] = args[i];
    snprintf(port, sizeof port, "%u", relay_port);
    snprintf(metrics, sizeof metrics, "%u", relay_metrics_port);
    relay = fork();
    cr_assert(relay >= 0);
    if (relay == 0) {
        execv(COVEY_RELAY_PROGRAM, (char *const *)(uintptr_t)words);
        _exit(127);
    }
    for (int i = 0; i < 500; i++) {
        if (accepts(relay_port) && accepts(relay_metrics_port)) return;
        usleep(20000);
    }
    cr_assert_fail("the relay does not come up");
}

void relay_process_end(int with)
{
    int status = 0;

    kill(relay, with);
    cr_assert_eq(waitpid(relay, &status, 0), relay);
    if (with == SIGTERM) {
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0,
                  "it ended with %d", status);
    }
}

const char *relay_process_database(void)
{
    return database;
}

void relay_process_make(const char *const *more)
{
    for (num_args = 0; more != NULL && more[num_args] != NULL; num_args++) {
        cr_assert(num_args < ARGS_MAX);
        args[num_args] = more[num_args];
    }
    snprintf(directory, sizeof directory, "/tmp/covey-relay-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    snprintf(database, sizeof database, "%s/relay.db", directory);
    relay_port = relay_free_port();
    relay_metrics_port = relay_free_port();
    relay_process_start();
}

void relay_process_remove(void)
{
    char name[128];

    relay_process_end(SIGTERM);
    for (const char *const *end =
             (const char *const[]){"", "-wal", "-shm", NULL};
         *end != NULL; end++) {
        snprintf(name, sizeof name, "%s%s", database, *end);
        (void)unlink(name);
    }
    (void)rmdir(directory);
}
