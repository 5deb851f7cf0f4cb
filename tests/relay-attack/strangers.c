/*
 * T01: who does not have a mailbox's key learns nothing from the relay, however
 * often he asks; T11, T12: what clients say besides is nowhere kept.
 * COVEY_GUESSES says how many guesses (6,000), of as many mailboxes as a
 * tenth of them.
 */
#include <arpa/inet.h>
#include <covey/error.h>
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "honest.h"
#include "relay_program.h"

#define ANSWER_MAX 500

static relay_program relay;

static void set_up(void)
{
    cr_assert(sodium_init() >= 0);
    cr_assert_eq(curl_global_init(CURL_GLOBAL_DEFAULT), 0);
    (void)signal(SIGPIPE, SIG_IGN);
    relay = (relay_program){.options = {"--new-mailboxes", "1000000"}};
    relay_program_make(&relay);
}

static void tear_down(void)
{
    relay_program_remove(&relay);
    curl_global_cleanup();
}

TestSuite(relay_strangers, .init = set_up, .fini = tear_down, .timeout = 1200);

static unsigned num_guesses(void)
{
    const char *text = getenv("COVEY_GUESSES");

    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : 6000;
}

/* ---- a client that is quick ---- */

static covey_mailbox mailbox_of(unsigned number)
{
    uint8_t seed[COVEY_SIGN_SEED_SIZE] = {7};
    covey_mailbox mailbox;

    memcpy(seed + 1, &number, sizeof number);
    covey_mailbox_of_seed(&mailbox, seed);
    return mailbox;
}

/* A whole HTTP request. */
typedef struct {
    uint8_t bytes[1000];
    size_t len;
} message;

static message message_of(const covey_sync_request *request)
{
    uint8_t body[800];
    covey_writer w = covey_writer_of(body, sizeof body);
    message m;

    cr_assert_eq(covey_sync_request_encode(&w, request), COVEY_OK);
    m.len = (size_t)snprintf((char *)m.bytes, sizeof m.bytes,
                             "POST /v1/sync HTTP/1.1\r\nHost: a\r\n"
                             "Content-Length: %zu\r\n\r\n",
                             w.len);
    memcpy(m.bytes + m.len, body, w.len);
    m.len += w.len;
    return m;
}

static covey_sync_request empty_request(void)
{
    return (covey_sync_request){.max_bytes = 20000, .max_blob = 16384};
}

static void sign(covey_sync_request *request, const covey_mailbox *by)
{
    cr_assert_eq(covey_sync_request_sign(request, by,
                                         covey_bytes_of_text(RELAY_NAME)),
                 COVEY_OK);
}

/* An answer without its date, which is of a fixed length. */
typedef struct {
    char bytes[ANSWER_MAX];
    size_t len;
} answer;

static size_t length_of(const char *text)
{
    const char *at = strstr(text, "Content-Length: ");
    const char *end = strstr(text, "\r\n\r\n");

    if (at == NULL || end == NULL) return 0;
    return (size_t)(end + 4 - text) + strtoul(at + 16, NULL, 10);
}

static answer ask(int fd, const message *m)
{
    answer a = {.len = 0};

    cr_assert_eq(send(fd, m->bytes, m->len, MSG_NOSIGNAL), (ssize_t)m->len);
    do {
        ssize_t got = recv(fd, a.bytes + a.len, ANSWER_MAX - 1 - a.len, 0);
        cr_assert(got > 0, "the relay ended the connection");
        a.len += (size_t)got;
        a.bytes[a.len] = 0;
    } while (length_of(a.bytes) == 0 || a.len < length_of(a.bytes));
    char *date = strstr(a.bytes, "Date: ");
    if (date != NULL) memset(date, 'd', strcspn(date, "\r"));
    return a;
}

/* ---- guesses ---- */

static void make_mailboxes(int fd, unsigned num)
{
    uint8_t blob[BLOB];

    for (unsigned i = 0; i < num; i++) {
        covey_sync_request request = empty_request();
        covey_mailbox mailbox = mailbox_of(i);

        randombytes_buf(blob, sizeof blob);
        request.num_appends = 1;
        request.appends[0].blob = covey_bytes_of(blob, sizeof blob);
        sign(&request, &mailbox);
        message m = message_of(&request);
        answer a = ask(fd, &m);
        cr_assert_not_null(strstr(a.bytes, "HTTP/1.1 200"));
    }
}

/* The kinds of guesses; each is wrong in its way. */
static message guess_of(unsigned number, unsigned num_mailboxes)
{
    covey_sync_request request = empty_request();
    covey_mailbox there = mailbox_of(number % num_mailboxes);
    covey_mailbox mine = mailbox_of(1000000 + number);

    switch (number % 5) {
    case 0: /* another's mailbox, my signature */
        sign(&request, &mine);
        request.mailbox = covey_mailbox_address_of(&there);
        break;
    case 1: /* a mailbox that there is not, a random signature */
        request.mailbox = covey_mailbox_address_of(&mine);
        randombytes_buf(request.signature, sizeof request.signature);
        break;
    case 2: /* another's mailbox, a signature of another request */
        sign(&request, &there);
        request.after = 1;
        break;
    case 3: /* a neighbour of another's address */
        sign(&request, &there);
        request.mailbox.bytes[number / 5 % 32] ^= (uint8_t)(1 << number % 8);
        break;
    default: /* an address of random bytes */
        randombytes_buf(request.mailbox.bytes, sizeof request.mailbox.bytes);
        randombytes_buf(request.signature, sizeof request.signature);
        break;
    }
    return message_of(&request);
}

Test(relay_strangers, t01_no_guess_hits_and_all_answers_are_alike)
{
    unsigned num = num_guesses();
    int fd = relay_program_connect(&relay);
    answer first = {.len = 0};

    make_mailboxes(fd, num / 10);
    honest *family = honest_start(&relay);
    unsigned memory = relay_program_memory(&relay);
    for (unsigned i = 0; i < num; i++) {
        message m = guess_of(i, num / 10);
        answer a = ask(fd, &m);

        if (i == 0) first = a;
        cr_assert(a.len == first.len &&
                      memcmp(a.bytes, first.bytes, a.len) == 0,
                  "guess %u has another answer: %s", i, a.bytes);
    }
    /* Status 5, next 0: the same as the specification says. */
    cr_assert_eq(memcmp(first.bytes + first.len - 4, "\x08\x05\x10\x00", 4), 0);
    unsigned after = relay_program_memory(&relay);
    cr_assert(after < memory + 10000, "memory went from %u to %u kB", memory,
              after);
    honest_stop(family, "wrong signatures", 4000);
    fprintf(stderr, "%u guesses of %u mailboxes: no hit\n", num, num / 10);
    close(fd);
    relay_program_remove(&relay);
}

/* ---- time ---- */

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int compare(const void *one, const void *two)
{
    uint64_t a = *(const uint64_t *)one;
    uint64_t b = *(const uint64_t *)two;

    return a < b ? -1 : a > b;
}

/* Asked in turn, so that what else the machine does meets both alike. */
Test(relay_strangers, t01_the_time_does_not_tell_either)
{
    enum { NUM = 3000 };
    static uint64_t times[2][NUM];
    int fd = relay_program_connect(&relay);

    make_mailboxes(fd, 100);
    for (unsigned i = 0; i < NUM; i++) {
        for (unsigned kind = 0; kind < 2; kind++) {
            covey_sync_request request = empty_request();
            covey_mailbox mailbox =
                mailbox_of(kind == 0 ? i % 100 : 5000000 + i);

            request.after = i; /* nothing that it has verified before */
            sign(&request, &mailbox);
            request.signature[3] ^= 1;
            message m = message_of(&request);
            uint64_t begun = now_ns();
            (void)ask(fd, &m);
            times[kind][i] = now_ns() - begun;
        }
    }
    close(fd);
    for (unsigned kind = 0; kind < 2; kind++) {
        qsort(times[kind], NUM, sizeof times[kind][0], compare);
    }
    uint64_t yours = times[0][NUM / 2];
    uint64_t none = times[1][NUM / 2];
    fprintf(stderr,
            "median time for \"not yours\" %llu ns, for \"none\" %llu\n",
            (unsigned long long)yours, (unsigned long long)none);
    cr_assert(yours * 5 < none * 6 && none * 5 < yours * 6,
              "\"not yours\" takes %llu ns, \"none\" %llu",
              (unsigned long long)yours, (unsigned long long)none);
    relay_program_remove(&relay);
}

/* ---- what is kept ---- */

static const char *const canaries[] = {
    "canary-of-the-agent", "canary-of-a-cookie",  "canary-of-a-proxy",
    "canary-of-the-query", "canary-of-the-path",  "canary-of-the-host",
    "canary-of-a-body",    "canary-of-the-token", "127.0.0.77"};

static int connect_from(const char *address)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(relay.port),
                                   .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert(inet_pton(AF_INET, address, &from.sin_addr) == 1);
    cr_assert_eq(bind(fd, (const struct sockaddr *)&from, sizeof from), 0);
    cr_assert_eq(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say_canaries(void)
{
    static const char *const requests[] = {
        "POST /v1/sync?canary-of-the-query HTTP/1.1\r\n"
        "Host: canary-of-the-host\r\nUser-Agent: canary-of-the-agent\r\n"
        "Cookie: canary-of-a-cookie\r\nX-Forwarded-For: canary-of-a-proxy\r\n"
        "Content-Length: 16\r\n\r\ncanary-of-a-body",
        "GET /canary-of-the-path HTTP/1.1\r\nHost: canary-of-the-host\r\n\r\n",
        "PUT /v1/sync HTTP/1.1\r\nContent-Length: 16\r\n\r\ncanary-of-a-body",
    };

    for (size_t i = 0; i < 3; i++) {
        message m;

        int fd = connect_from("127.0.0.77");

        m.len = strlen(requests[i]);
        memcpy(m.bytes, requests[i], m.len);
        (void)ask(fd, &m);
        close(fd);
    }
}

/* Appends a blob that can be found again, and shows a token. */
static void append_findable(int fd, const uint8_t blob[BLOB])
{
    covey_sync_request request = empty_request();
    covey_mailbox mailbox = mailbox_of(1);

    request.num_appends = 1;
    request.appends[0].blob = covey_bytes_of(blob, BLOB);
    request.token = covey_bytes_of_text("canary-of-the-token");
    sign(&request, &mailbox);
    message m = message_of(&request);
    (void)ask(fd, &m);
    say_canaries();
    request.signature[9] ^= 1;
    m = message_of(&request);
    (void)ask(fd, &m);
}

static size_t count_everywhere(const void *bytes, size_t len)
{
    char wal[128];

    snprintf(wal, sizeof wal, "%s-wal", relay.database);
    return count_in_file(relay.database, bytes, len) +
           count_in_file(wal, bytes, len) +
           count_in_file(relay.log, bytes, len);
}

Test(relay_strangers, t11_t12_nothing_of_a_client_is_kept_but_its_blobs)
{
    uint8_t blob[BLOB];
    struct in_addr address;
    int fd = connect_from("127.0.0.77");

    randombytes_buf(blob, sizeof blob);
    append_findable(fd, blob);
    for (size_t i = 0; i < sizeof canaries / sizeof canaries[0]; i++) {
        cr_assert_eq(count_everywhere(canaries[i], strlen(canaries[i])), 0,
                     "%s was kept", canaries[i]);
    }
    cr_assert(inet_pton(AF_INET, "127.0.0.77", &address) == 1);
    cr_assert_eq(count_everywhere(&address, sizeof address), 0,
                 "the client's address was kept");
    cr_assert(count_everywhere(blob, sizeof blob) > 0,
              "the search finds nothing at all");
    close(fd);
    relay_program_remove(&relay);
}
