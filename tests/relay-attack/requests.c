/* T60: what is no HTTP, or lies, or is too much of it. */
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "honest.h"
#include "relay_program.h"

#define LONGEST_MS 4000
#define MEMORY_KB 40000 /* that it may take more under attack */

static relay_program relay;
static honest *family;
static unsigned memory;

static void set_up(void)
{
    cr_assert(sodium_init() >= 0);
    cr_assert_eq(curl_global_init(CURL_GLOBAL_DEFAULT), 0);
    (void)signal(SIGPIPE, SIG_IGN);
    relay = (relay_program){.options = {"--request-time", "5"}};
    relay_program_make(&relay);
    family = honest_start(&relay);
    memory = relay_program_memory(&relay);
}

static void tear_down(void)
{
    relay_program_remove(&relay);
    curl_global_cleanup();
}

/* The last line of each test. */
static void expect_well(void)
{
    unsigned after = relay_program_memory(&relay);

    honest_stop(family, "strange requests", LONGEST_MS);
    cr_assert(after < memory + MEMORY_KB, "memory went from %u to %u kB",
              memory, after);
    relay_program_remove(&relay);
}

TestSuite(relay_requests, .init = set_up, .fini = tear_down, .timeout = 40);

/* ---- talking ---- */

/* Sends what the relay takes of it; reading goes on meanwhile, or both would
 * wait for each other. Gives all that came until its end or ms of silence. */
static size_t talk(const char *bytes, size_t len, char *answer, size_t cap,
                   int ms)
{
    int fd = relay_program_connect(&relay);
    size_t sent = 0;
    size_t got = 0;

    cr_assert(fd >= 0);
    for (;;) {
        struct pollfd on = {.fd = fd, .events = POLLIN};

        if (sent < len) on.events |= POLLOUT;
        if (poll(&on, 1, ms) <= 0) break;
        if ((on.revents & POLLOUT) != 0) {
            ssize_t now =
                send(fd, bytes + sent, len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (now < 0 && errno != EAGAIN) sent = len;
            if (now > 0) sent += (size_t)now;
        }
        if ((on.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            ssize_t now = recv(fd, answer + got, cap - 1 - got, 0);
            if (now <= 0) break;
            got += (size_t)now;
        }
    }
    close(fd);
    answer[got] = 0;
    return got;
}

/* The status of the answer; 0: the connection ended without one. */
static unsigned status_of(const char *bytes, size_t len)
{
    char answer[70000];
    unsigned status = 0;

    (void)talk(bytes, len, answer, sizeof answer, 400);
    if (sscanf(answer, "HTTP/1.1 %3u", &status) == 1) return status;
    (void)sscanf(answer, "HTTP/1.0 %3u", &status);
    return status;
}

static void is_refused(const char *bytes, size_t len, const char *what)
{
    unsigned status = status_of(bytes, len);

    cr_assert(status == 0 || (status >= 400 && status <= 501), "%s: status %u",
              what, status);
}

/* ---- what is sent ---- */

Test(relay_requests, t60_huge_headers)
{
    static char text[3000000];
    size_t len = 0;

    /* One long one; many short ones; a long first line; all without end. */
    len = (size_t)snprintf(text, sizeof text, "POST /v1/sync HTTP/1.1\r\nX: ");
    memset(text + len, 'x', sizeof text - len);
    is_refused(text, 1000000, "a header of a megabyte");
    for (size_t at = len; at + 8 < sizeof text; at += 8) {
        memcpy(text + at, "a: 123\r\n", 8);
    }
    is_refused(text, sizeof text - 8, "400,000 headers");
    memset(text, 'P', sizeof text);
    is_refused(text, 1000000, "a verb of a megabyte");
    memcpy(text, "POST /", 6);
    is_refused(text, 1000000, "a path of a megabyte");
    memset(text, '\n', sizeof text);
    is_refused(text, 1000000, "a megabyte of empty lines");
    expect_well();
}

Test(relay_requests, t60_lengths_that_lie)
{
    static const char *const lengths[] = {
        "Content-Length: -1",
        "Content-Length: 132449",
        "Content-Length: 99999999999",
        "Content-Length: 18446744073709551616",
        "Content-Length: 9223372036854775807",
        "Content-Length: 0x10",
        "Content-Length: ",
        "Content-Length: 5, 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: five",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, identity",
        "Connection: close",
    };
    char text[500];

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        int len =
            snprintf(text, sizeof text,
                     "POST /v1/sync HTTP/1.1\r\nHost: a\r\n%s\r\n\r\nhello",
                     lengths[i]);
        is_refused(text, (size_t)len, lengths[i]);
    }
    expect_well();
}

/* The body ends before its length. */
Test(relay_requests, t60_truncated_bodies)
{
    char text[3000];

    for (unsigned i = 0; i < 1000; i++) {
        int len =
            snprintf(text, sizeof text,
                     "POST /v1/sync HTTP/1.1\r\nContent-Length: %u\r\n\r\n",
                     1 + i * 131);
        int fd = relay_program_connect(&relay);

        cr_assert(fd >= 0);
        memset(text + len, (int)i, 1 + i % 1000);
        (void)send(fd, text, (size_t)len + i * 131 % 1000, MSG_NOSIGNAL);
        close(fd);
    }
    expect_well();
}

Test(relay_requests, t60_strange_chunks)
{
    static const char *const chunks[] = {
        "5\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "7fffffffffffffff\r\nhello",
        "ffffffffffffffff\r\nhello",
        "fffffffffffffffff\r\nhello",
        "20561\r\nhello",
        "zz\r\nhello\r\n0\r\n\r\n",
        "\r\n\r\n\r\n",
        "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n",
        "0\r\nX: y\r\n\r\n",
        "1\r\nab\r\n0\r\n\r\n",
    };
    char text[300];

    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        int len = snprintf(text, sizeof text,
                           "POST /v1/sync HTTP/1.1\r\nHost: a\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n%s",
                           chunks[i]);
        is_refused(text, (size_t)len, chunks[i]);
    }
    expect_well();
}

/* Chunks that together are longer than any request. */
Test(relay_requests, t60_chunks_without_end)
{
    static char text[4000000];
    size_t len = (size_t)snprintf(text, sizeof text,
                                  "POST /v1/sync HTTP/1.1\r\nHost: a\r\n"
                                  "Transfer-Encoding: chunked\r\n\r\n");

    while (len + 1100 < sizeof text) {
        len += (size_t)snprintf(text + len, 8, "400\r\n");
        memset(text + len, 'x', 1024);
        len += 1024;
        memcpy(text + len, "\r\n", 2);
        len += 2;
    }
    is_refused(text, len, "chunks without end");
    expect_well();
}

static size_t count_text(const char *in, size_t len, const char *what)
{
    const char *end = in + len;
    size_t num = 0;

    for (; (in = memmem(in, (size_t)(end - in), what, strlen(what))) != NULL;
         in++) {
        num++;
    }
    return num;
}

/* Many requests in one go: each has its answer. */
Test(relay_requests, t60_pipelined_requests_are_all_answered)
{
    enum { NUM = 500 };
    static const char one[] =
        "POST /v1/sync HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
    static char text[NUM * sizeof one];
    static char answer[400000];

    for (size_t i = 0; i < NUM; i++) {
        memcpy(text + i * (sizeof one - 1), one, sizeof one - 1);
    }
    size_t len =
        talk(text, NUM * (sizeof one - 1), answer, sizeof answer, 1500);
    size_t num = count_text(answer, len, "HTTP/1.1 400");
    cr_assert_eq(num, NUM, "%zu of %u answers", num, NUM);
    expect_well();
}

/* Who asks and never listens does not fill the relay's memory. */
Test(relay_requests, t60_answers_that_nobody_takes)
{
    enum { NUM = 50, LEN = 2000000 };
    static const char one[] = "GET /healthz HTTP/1.1\r\n\r\n";
    static char text[LEN];
    int fds[NUM];

    for (size_t at = 0; at + sizeof one < LEN; at += sizeof one - 1) {
        memcpy(text + at, one, sizeof one - 1);
    }
    for (size_t i = 0; i < NUM; i++) {
        fds[i] = relay_program_connect(&relay);
        cr_assert(fds[i] >= 0);
    }
    for (unsigned round = 0; round < 20; round++) {
        for (size_t i = 0; i < NUM; i++) {
            (void)send(fds[i], text, LEN, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        usleep(50000);
    }
    unsigned during = relay_program_memory(&relay);
    for (size_t i = 0; i < NUM; i++) close(fds[i]);
    cr_assert(during < memory + MEMORY_KB, "memory went from %u to %u kB",
              memory, during);
    expect_well();
}

/* Random bytes, and good beginnings that go on at random. */
Test(relay_requests, t60_random_bytes)
{
    static const char *const starts[] = {
        "",
        "POST ",
        "POST /v1/sync HTTP/1.1\r\n",
        "POST /v1/sync HTTP/1.1\r\nContent-Length: 300\r\n\r\n",
        "GET /healthz HTTP/9.9\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01\x02",
        "POST http://[::1/v1/sync HTTP/1.1\r\n\r\n"};
    const char *longer = getenv("COVEY_ATTACK_ROUNDS");
    unsigned rounds = longer != NULL ? (unsigned)atoi(longer) : 3000;
    uint8_t bytes[2048];

    for (unsigned i = 0; i < rounds; i++) {
        const char *start = starts[i % 8];
        size_t len = 1 + i * 7 % 1900;
        int fd = relay_program_connect(&relay);

        cr_assert(fd >= 0, "round %u", i);
        randombytes_buf(bytes, sizeof bytes);
        memcpy(bytes, start, strlen(start));
        if (start[0] == 0x16) bytes[1] = 3;
        (void)send(fd, bytes, strlen(start) + len, MSG_NOSIGNAL);
        close(fd);
    }
    expect_well();
}
