#include "server.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef COVEY_TEST_SERVER
#error "CMakeLists.txt says where server.py is"
#endif

#define LINES 2000
#define LINE 512

static char directory[64];
static pid_t process;
static int to_it = -1;
static int from_it = -1;
static char lines[LINES][LINE];
static size_t num_lines; /* whole ones; the next one is being read */
static size_t line_len;
static size_t num_seen; /* by server_says */
static char found[LINE];

/* ---- reading ---- */

static uint64_t now_ms(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

/* Reads some, if some come within that time. */
static bool read_some(unsigned timeout_ms)
{
    struct pollfd it = {.fd = from_it, .events = POLLIN};
    char piece[4096];

    if (poll(&it, 1, (int)timeout_ms) <= 0) return false;
    ssize_t len = read(from_it, piece, sizeof piece);
    cr_assert(len > 0, "the server is gone");
    for (ssize_t i = 0; i < len; i++) {
        cr_assert(num_lines < LINES && line_len < LINE - 1);
        if (piece[i] == '\n') {
            lines[num_lines++][line_len] = 0;
            line_len = 0;
        } else {
            lines[num_lines][line_len++] = piece[i];
        }
    }
    return true;
}

static bool begins(const char *line, const char *beginning)
{
    return strncmp(line, beginning, strlen(beginning)) == 0;
}

bool server_says(const char *beginning, unsigned timeout_ms)
{
    uint64_t end = now_ms() + timeout_ms;

    for (;;) {
        for (; num_seen < num_lines; num_seen++) {
            if (!begins(lines[num_seen], beginning)) continue;
            memcpy(found, lines[num_seen++], LINE);
            return true;
        }
        uint64_t now = now_ms();
        if (!read_some(now < end ? (unsigned)(end - now) : 0) && now >= end) {
            return false;
        }
    }
}

const char *server_line(void)
{
    return found;
}

const char *server_next(const char *beginning, size_t *at)
{
    while (read_some(0)) {
    }
    for (; *at < num_lines; (*at)++) {
        if (begins(lines[*at], beginning)) return lines[(*at)++];
    }
    return NULL;
}

size_t server_count(const char *beginning)
{
    size_t at = 0;
    size_t num = 0;

    while (server_next(beginning, &at) != NULL) num++;
    return num;
}

/* ---- the process ---- */

/* The listeners become words of the command. */
static void become_server(char *listeners)
{
    char *words[16] = {"python3", COVEY_TEST_SERVER, directory};
    size_t num = 3;
    char *rest = NULL;

    for (char *word = strtok_r(listeners, " ", &rest); word != NULL && num < 15;
         word = strtok_r(NULL, " ", &rest)) {
        words[num++] = word;
    }
    execvp("python3", words);
    _exit(127);
}

void server_start(const char *listeners)
{
    int in[2];
    int out[2];
    char copy[256];

    snprintf(copy, sizeof copy, "%s", listeners);
    snprintf(directory, sizeof directory, "/tmp/covey-transport-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    cr_assert(pipe(in) == 0 && pipe(out) == 0);
    process = fork();
    cr_assert(process >= 0);
    if (process == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        close(out[0]);
        become_server(copy);
    }
    close(in[0]);
    close(out[1]);
    to_it = in[1];
    from_it = out[0];
    cr_assert(server_says("ready", 20000), "the server does not come up");
}

void server_stop(void)
{
    char name[400];
    DIR *all = opendir(directory);

    close(to_it);
    close(from_it);
    cr_assert_eq(waitpid(process, NULL, 0), process);
    if (all == NULL) return;
    for (struct dirent *one = readdir(all); one != NULL; one = readdir(all)) {
        snprintf(name, sizeof name, "%s/%s", directory, one->d_name);
        if (one->d_name[0] != '.') (void)unlink(name);
    }
    closedir(all);
    (void)rmdir(directory);
}

/* ---- where it is ---- */

unsigned server_port(const char *listener)
{
    char word[64];

    snprintf(word, sizeof word, " %s=", listener);
    const char *at = strstr(lines[0], word);
    cr_assert_not_null(at, "no listener %s", listener);
    return (unsigned)strtoul(at + strlen(word), NULL, 10);
}

const char *server_relay(const char *listener, const char *path)
{
    static char names[8][80];
    static unsigned next;
    char *name = names[next++ % 8];

    snprintf(name, sizeof names[0], "127.0.0.1:%u%s", server_port(listener),
             path);
    return name;
}

const char *server_ca_file(void)
{
    static char name[80];

    snprintf(name, sizeof name, "%s/ca.pem", directory);
    return name;
}
