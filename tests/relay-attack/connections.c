/* T60: attackers who hold connections, and never get to the point. */
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "honest.h"
#include "relay_program.h"

#define LONGEST_MS 4000

static relay_program relay;

static void set_up(void)
{
    struct rlimit files;

    cr_assert(sodium_init() >= 0);
    cr_assert_eq(curl_global_init(CURL_GLOBAL_DEFAULT), 0);
    (void)signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

static void start(unsigned files_max, const char *const *options)
{
    relay = (relay_program){.files_max = files_max};
    for (size_t i = 0; options[i] != NULL; i++) relay.options[i] = options[i];
    relay_program_make(&relay);
}

static void tear_down(void)
{
    relay_program_remove(&relay);
    curl_global_cleanup();
}

TestSuite(relay_connections, .init = set_up, .fini = tear_down, .timeout = 60);

static void open_all(int *fds, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        fds[i] = relay_program_connect(&relay);
        cr_assert(fds[i] >= 0, "connection %zu", i);
        (void)fcntl(fds[i], F_SETFL, O_NONBLOCK);
    }
}

static void close_all(const int *fds, size_t num)
{
    for (size_t i = 0; i < num; i++) close(fds[i]);
}

/* Says the same on all. */
static void say(const int *fds, size_t num, const void *bytes, size_t len)
{
    for (size_t i = 0; i < num; i++) {
        (void)send(fds[i], bytes, len, MSG_NOSIGNAL);
    }
}

/* How many the relay has ended. */
static size_t count_ended(const int *fds, size_t num)
{
    size_t ended = 0;

    for (size_t i = 0; i < num; i++) {
        char rest[4096];
        ssize_t got = 0;

        do {
            got = recv(fds[i], rest, sizeof rest, 0);
        } while (got > 0);
        if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) ended++;
    }
    return ended;
}

/* Says a byte now and then until the relay has had enough. */
static void drip(const int *fds, size_t num, const char *bytes, unsigned most_s)
{
    size_t len = strlen(bytes);

    /* Without bytes it says nothing at all. */
    for (unsigned i = 0; i < most_s * 5 && count_ended(fds, num) < num; i++) {
        if (len != 0) say(fds, num, bytes + i % len, 1);
        usleep(200000);
    }
}

static void slow(const char *start_with, const char *then, const char *what)
{
    enum { NUM = 400 };
    static int fds[NUM];

    start(0, (const char *const[]){"--request-time", "1", NULL});
    honest *family = honest_start(&relay);
    unsigned before = relay_program_memory(&relay);
    open_all(fds, NUM);
    say(fds, NUM, start_with, strlen(start_with));
    cr_assert_eq(count_ended(fds, NUM), 0, "they are ended at once");
    unsigned during = relay_program_memory(&relay);
    drip(fds, NUM, then, 10);
    cr_assert_eq(count_ended(fds, NUM), NUM, "%s: %zu of %u are still there",
                 what, NUM - count_ended(fds, NUM), NUM);
    honest_stop(family, what, LONGEST_MS);
    close_all(fds, NUM);
    cr_assert(during < before + 20000, "memory went from %u to %u kB", before,
              during);
}

Test(relay_connections, t60_slow_headers_are_ended)
{
    slow("POST /v1/sync HTTP/1.1\r\n", "X: y\r\n", "slow headers");
    relay_program_remove(&relay);
}

Test(relay_connections, t60_slow_bodies_are_ended)
{
    slow("POST /v1/sync HTTP/1.1\r\nContent-Length: 130000\r\n\r\n", "body",
         "slow bodies");
    relay_program_remove(&relay);
}

Test(relay_connections, t60_slow_chunks_are_ended)
{
    slow("POST /v1/sync HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
         "1\r\nx\r\n", "slow chunks");
    relay_program_remove(&relay);
}

Test(relay_connections, t60_silent_connections_are_ended)
{
    slow("", "", "silence");
    relay_program_remove(&relay);
}

/* 32 MB for each of two workers, and what libevent adds: 83,000 kB; without
 * that limit, 195,000. A sanitizer makes it up to 145,000 and 283,000. */
#if defined(__SANITIZE_ADDRESS__)
#define BODIES_KB_MAX 170000u
#else
#define BODIES_KB_MAX 120000u
#endif

/* Bodies that are nearly whole take memory: not all can have it. */
Test(relay_connections, t60_many_large_bodies_take_bounded_memory)
{
    enum { NUM = 1500, LEN = 131000 };
    static int fds[NUM];
    static char body[LEN];
    static const char head[] =
        "POST /v1/sync HTTP/1.1\r\nContent-Length: 132000\r\n\r\n";
    unsigned most = 0;

    start(0, (const char *const[]){NULL});
    honest *family = honest_start(&relay);
    unsigned before = relay_program_memory(&relay);
    open_all(fds, NUM);
    say(fds, NUM, head, sizeof head - 1);
    for (size_t sent = 0; sent < LEN; sent += 8192) {
        say(fds, NUM, body, LEN - sent < 8192 ? LEN - sent : 8192);
        unsigned now = relay_program_memory(&relay);
        if (now > most) most = now;
        usleep(50000);
    }
    usleep(1000000);
    unsigned after = relay_program_memory(&relay);
    fprintf(stderr,
            "%u bodies of %u bytes: memory %u, at most %u, then %u kB\n", NUM,
            LEN, before, most, after);
    cr_assert(most < before + BODIES_KB_MAX, "memory went from %u to %u kB",
              before, most);
    honest_stop(family, "many large bodies", LONGEST_MS);
    cr_assert(count_ended(fds, NUM) > 0, "all bodies had room");
    close_all(fds, NUM);
    relay_program_remove(&relay);
}

/* More than the system gives it files for. */
Test(relay_connections, t60_who_comes_later_is_served_all_the_same)
{
    enum { NUM = 900 };
    static int fds[NUM];

    start(300, (const char *const[]){NULL});
    open_all(fds, NUM);
    honest *family = honest_start(&relay);
    unsigned time = relay_program_time(&relay);
    for (unsigned i = 0; i < 30; i++) {
        usleep(100000);
        say(fds, NUM, "P", 1);
    }
    time = relay_program_time(&relay) - time;
    honest_stop(family, "more connections than files", LONGEST_MS);
    close_all(fds, NUM);
    cr_assert(time < 2500, "it took %u ms of processor time in 3 s", time);
    cr_assert(count_in_file(relay.log, "\n", 1) < 20,
              "it wrote %zu lines to its log",
              count_in_file(relay.log, "\n", 1));
    relay_program_remove(&relay);
}

/* Who has asked and waits for news, or has been answered and says nothing, is
 * not slow. */
Test(relay_connections, t60_who_waits_or_rests_is_left_alone)
{
    enum { NUM = 200 };
    static int fds[NUM];
    static const char head[] = "GET /healthz HTTP/1.1\r\n\r\n";

    start(0, (const char *const[]){"--request-time", "1", NULL});
    open_all(fds, NUM);
    say(fds, NUM, head, sizeof head - 1);
    const target to = {.url = relay.url, .name = RELAY_NAME};
    covey_mailbox mailbox = client_mailbox();
    exchange *polls = client_new(&to);
    polls->request.wait_ms = 3000;
    cr_assert(client_sync(polls, &mailbox), "%s", polls->trouble);
    cr_assert(polls->took_ms >= 2900, "it waited %u ms", polls->took_ms);
    client_free(polls);
    cr_assert_eq(count_ended(fds, NUM), 0, "an idle connection was ended");
    say(fds, NUM, head, sizeof head - 1);
    usleep(200000);
    cr_assert_eq(count_ended(fds, NUM), 0, "an idle connection was ended");
    close_all(fds, NUM);
    relay_program_remove(&relay);
}
