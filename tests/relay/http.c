/* The relay as its clients meet it: a process of its own, over HTTP. */
#include <covey/error.h>
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relay/sync.h"

#ifndef COVEY_RELAY_PROGRAM
#error "tests/relay/CMakeLists.txt says where the program is"
#endif

#define NAME "relay.example"
#define BLOB 256

static char directory[64];
static char database[96];
static uint16_t port;
static uint16_t metrics_port;
static pid_t relay;

/* ---- the process ---- */

/* A port that nobody listens at, for now. */
static uint16_t free_port(void)
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

static void start_relay(void)
{
    char text[8];
    char metrics[8];

    snprintf(text, sizeof text, "%u", port);
    snprintf(metrics, sizeof metrics, "%u", metrics_port);
    relay = fork();
    cr_assert(relay >= 0);
    if (relay == 0) {
        execl(COVEY_RELAY_PROGRAM, "covey-relay", "--name", NAME, "--port",
              text, "--database", database, "--metrics-port", metrics,
              "--wait-max", "5", "--new-mailboxes", "50", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500 && !(accepts(port) && accepts(metrics_port)); i++) {
        usleep(20000);
    }
    cr_assert(accepts(port), "the relay does not come up");
}

static void end_relay(int with)
{
    int status = 0;

    kill(relay, with);
    cr_assert_eq(waitpid(relay, &status, 0), relay);
    if (with == SIGTERM) {
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0,
                  "it ended with %d", status);
    }
}

static void set_up(void)
{
    cr_assert(sodium_init() >= 0);
    cr_assert_eq(curl_global_init(CURL_GLOBAL_DEFAULT), 0);
    snprintf(directory, sizeof directory, "/tmp/covey-relay-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    snprintf(database, sizeof database, "%s/relay.db", directory);
    port = free_port();
    metrics_port = free_port();
    start_relay();
}

static void tear_down(void)
{
    char name[128];

    end_relay(SIGTERM);
    for (const char *const *end =
             (const char *const[]){"", "-wal", "-shm", NULL};
         *end != NULL; end++) {
        snprintf(name, sizeof name, "%s%s", database, *end);
        (void)unlink(name);
    }
    (void)rmdir(directory);
    curl_global_cleanup();
}

TestSuite(relay_http, .init = set_up, .fini = tear_down, .timeout = 120);

/* ---- requests ---- */

typedef struct {
    uint8_t bytes[400000];
    size_t len;
} body;

static size_t take(char *data, size_t size, size_t num, void *ctx)
{
    body *to = ctx;

    if (to->len + size * num > sizeof to->bytes) return 0;
    memcpy(to->bytes + to->len, data, size * num);
    to->len += size * num;
    return size * num;
}

/* The status of HTTP; 0 when there was no answer. */
static long http(const char *verb, uint16_t at, const char *path,
                 const void *send, size_t len, body *answer)
{
    char url[128];
    long status = 0;
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");

    answer->len = 0;
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", at, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, verb);
    if (send != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, send);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)len);
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (curl_easy_perform(curl) == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return status;
}

static covey_mailbox mailbox_of(unsigned number)
{
    uint8_t seed[COVEY_SIGN_SEED_SIZE] = {0};
    covey_mailbox mailbox;

    memcpy(seed, &number, sizeof number);
    covey_mailbox_of_seed(&mailbox, seed);
    return mailbox;
}

/* One sync, with all that belongs to it. */
typedef struct {
    covey_sync_request request;
    uint8_t blobs[COVEY_SYNC_APPENDS_MAX][BLOB];
    uint8_t encoded[COVEY_SYNC_REQUEST_MAX];
    size_t encoded_len;
    body answer;
    uint8_t memory[600000];
    covey_sync_response response;
} exchange;

static exchange *new_sync(void)
{
    exchange *s = calloc(1, sizeof *s);

    s->request.max_bytes = 200000;
    s->request.max_blob = COVEY_BLOB_MAX;
    return s;
}

static void add_blob(exchange *s, unsigned number)
{
    size_t at = s->request.num_appends++;

    randombytes_buf_deterministic(s->blobs[at], BLOB,
                                  (const uint8_t[randombytes_SEEDBYTES]){
                                      (uint8_t)number, (uint8_t)(number >> 8)});
    s->request.appends[at] =
        (covey_sync_append){.blob = covey_bytes_of(s->blobs[at], BLOB)};
}

static void sign(exchange *s, unsigned mailbox, const char *name)
{
    covey_mailbox key = mailbox_of(mailbox);
    covey_writer w = covey_writer_of(s->encoded, sizeof s->encoded);

    cr_assert_eq(covey_sync_request_sign(&s->request, &key,
                                         covey_bytes_of_text(name)),
                 COVEY_OK);
    cr_assert_eq(covey_sync_request_encode(&w, &s->request), COVEY_OK);
    s->encoded_len = w.len;
}

/* Sends what is signed; false without an answer. */
static bool send_signed(exchange *s)
{
    covey_scratch scratch = covey_scratch_of(s->memory, sizeof s->memory);
    long status =
        http("POST", port, "/v1/sync", s->encoded, s->encoded_len, &s->answer);

    if (status != 200) return false;
    cr_assert_eq(covey_sync_response_decode(&s->response, &scratch,
                                            covey_bytes_of(s->answer.bytes,
                                                           s->answer.len)),
                 COVEY_OK);
    cr_assert_eq(covey_sync_response_match(&s->response, &s->request),
                 COVEY_OK);
    return true;
}

static covey_sync_status do_sync(exchange *s, unsigned mailbox)
{
    sign(s, mailbox, NAME);
    cr_assert(send_signed(s), "no answer");
    return s->response.status;
}

/* Appends one blob to a mailbox; gives the answer. */
static covey_sync_response append(unsigned mailbox, unsigned number,
                                  uint64_t after, uint64_t expect_next)
{
    exchange *s = new_sync();

    add_blob(s, number);
    s->request.after = after;
    s->request.has_expect_next = expect_next != 0;
    s->request.expect_next = expect_next;
    (void)do_sync(s, mailbox);
    covey_sync_response response = s->response;
    response.entries = NULL;
    free(s);
    return response;
}

static uint64_t count_after(unsigned mailbox, uint64_t after)
{
    exchange *s = new_sync();

    s->request.after = after;
    cr_assert_eq(do_sync(s, mailbox), COVEY_SYNC_OK);
    uint64_t num = s->response.num_entries;
    free(s);
    return num;
}

/* ---- what is promised ---- */

Test(relay_http, what_one_appends_the_other_reads)
{
    exchange *s = new_sync();

    for (unsigned i = 0; i < 5; i++) add_blob(s, i);
    cr_assert_eq(do_sync(s, 1), COVEY_SYNC_OK);
    cr_assert_eq(s->response.num_appended, 5);
    cr_assert_eq(s->response.appended[4], 5);
    cr_assert_eq(s->response.next, 6);
    cr_assert_eq(s->response.num_entries, 0, "what was appended comes back");
    exchange *other = new_sync();
    other->request.after = 2;
    cr_assert_eq(do_sync(other, 1), COVEY_SYNC_OK);
    cr_assert_eq(other->response.num_entries, 3);
    for (unsigned i = 0; i < 3; i++) {
        const covey_sync_entry *entry = &other->response.entries[i];
        cr_assert_eq(entry->index, i + 3);
        cr_assert_eq(memcmp(entry->blob.at, s->blobs[i + 2], BLOB), 0);
    }
    free(s);
    free(other);
    cr_assert_eq(count_after(2, 0), 0, "another mailbox has it too");
}

Test(relay_http, the_same_request_again_has_the_same_answer)
{
    exchange *s = new_sync();

    add_blob(s, 1);
    cr_assert_eq(do_sync(s, 1), COVEY_SYNC_OK);
    cr_assert(send_signed(s));
    cr_assert_eq(s->response.appended[0], 1);
    cr_assert_eq(s->response.next, 2);
    free(s);
}

Test(relay_http, of_two_who_expect_the_same_one_wins)
{
    cr_assert_eq(append(1, 1, 0, 1).status, COVEY_SYNC_OK);
    covey_sync_response lost = append(1, 2, 0, 1);
    cr_assert_eq(lost.status, COVEY_SYNC_CONFLICT);
    cr_assert_eq(lost.next, 2);
    cr_assert_eq(lost.num_entries, 1, "what came in between is given");
}

/* T01, T02: whoever cannot sign is told nothing, and always the same. */
Test(relay_http, t01_a_stranger_is_told_nothing)
{
    exchange *there = new_sync();
    exchange *nowhere = new_sync();

    (void)append(1, 1, 0, 0);
    sign(there, 1, NAME);
    sign(nowhere, 77, NAME);
    /* The last field is the signature. */
    there->encoded[there->encoded_len - 5] ^= 1;
    nowhere->encoded[nowhere->encoded_len - 5] ^= 1;
    cr_assert(send_signed(there));
    cr_assert(send_signed(nowhere));
    cr_assert_eq(there->response.status, COVEY_SYNC_NOT_FOUND);
    cr_assert_eq(there->answer.len, nowhere->answer.len);
    cr_assert_eq(memcmp(there->answer.bytes, nowhere->answer.bytes,
                        there->answer.len),
                 0);
    free(there);
    free(nowhere);
}

Test(relay_http, a_request_for_another_relay_is_not_taken)
{
    exchange *s = new_sync();

    add_blob(s, 1);
    sign(s, 1, "other.example");
    cr_assert(send_signed(s));
    cr_assert_eq(s->response.status, COVEY_SYNC_NOT_FOUND);
    free(s);
    cr_assert_eq(count_after(1, 0), 0);
}

Test(relay_http, large_blobs_come_as_stubs_where_they_are_too_large)
{
    static uint8_t blob[4096];
    exchange *s = new_sync();

    randombytes_buf(blob, sizeof blob);
    s->request.num_appends = 1;
    s->request.appends[0].blob = covey_bytes_of(blob, sizeof blob);
    cr_assert_eq(do_sync(s, 1), COVEY_SYNC_OK);
    exchange *small = new_sync();
    small->request.max_blob = 1024;
    cr_assert_eq(do_sync(small, 1), COVEY_SYNC_OK);
    cr_assert_eq(small->response.num_entries, 1);
    const covey_sync_entry *entry = &small->response.entries[0];
    covey_digest hash;
    crypto_hash_sha256(hash.bytes, blob, sizeof blob);
    cr_assert(entry->is_stub);
    cr_assert_eq(entry->stub_len, sizeof blob);
    cr_assert_eq(memcmp(entry->stub_hash.bytes, hash.bytes, 32), 0);
    free(s);
    free(small);
}

Test(relay_http, a_long_mailbox_comes_in_parts)
{
    uint64_t after = 0;
    uint64_t num = 0;

    for (unsigned i = 0; i < 400; i += 8) {
        exchange *s = new_sync();
        for (unsigned k = 0; k < 8; k++) add_blob(s, i + k);
        s->request.after = i;
        cr_assert_eq(do_sync(s, 1), COVEY_SYNC_OK);
        free(s);
    }
    for (;;) {
        exchange *s = new_sync();
        s->request.after = after;
        s->request.max_bytes = 20000;
        cr_assert_eq(do_sync(s, 1), COVEY_SYNC_OK);
        cr_assert(s->answer.len <= 20000);
        size_t got = s->response.num_entries;
        if (got != 0) after = s->response.entries[got - 1].index;
        num += got;
        free(s);
        if (got == 0) break;
    }
    cr_assert_eq(num, 400);
}

/* ---- waiting ---- */

static void *wait_for_news(void *ctx)
{
    exchange *s = ctx;

    s->request.wait_ms = 20000;
    (void)do_sync(s, 1);
    return NULL;
}

Test(relay_http, who_waits_is_told_at_once)
{
    pthread_t threads[10];
    exchange *waiting[10];

    for (size_t i = 0; i < 10; i++) {
        waiting[i] = new_sync();
        cr_assert_eq(pthread_create(&threads[i], NULL, wait_for_news,
                                    waiting[i]),
                     0);
    }
    usleep(500000);
    (void)append(2, 9, 0, 0); /* not for them */
    (void)append(1, 1, 0, 0);
    for (size_t i = 0; i < 10; i++) {
        pthread_join(threads[i], NULL);
        cr_assert_eq(waiting[i]->response.num_entries, 1);
        free(waiting[i]);
    }
}

Test(relay_http, nobody_waits_longer_than_the_relay_allows)
{
    exchange *s = new_sync();

    s->request.wait_ms = 60000;
    cr_assert_eq(do_sync(s, 1), COVEY_SYNC_OK);
    cr_assert_eq(s->response.num_entries, 0);
    free(s);
}

/* ---- trouble ---- */

Test(relay_http, t14_what_was_answered_survives_its_end_and_kill_9)
{
    for (unsigned i = 0; i < 20; i++) {
        cr_assert_eq(append(1, i, i, 0).status, COVEY_SYNC_OK);
        if (i == 7) {
            end_relay(SIGTERM);
            start_relay();
        }
        if (i == 13) {
            end_relay(SIGKILL);
            start_relay();
        }
    }
    cr_assert_eq(count_after(1, 0), 20);
}

Test(relay_http, other_verbs_and_paths_are_refused_clearly)
{
    static body answer;

    cr_assert_eq(http("GET", port, "/v1/sync", NULL, 0, &answer), 405);
    cr_assert_eq(http("PUT", port, "/v1/sync", "x", 1, &answer), 405);
    cr_assert_eq(http("GET", port, "/", NULL, 0, &answer), 404);
    cr_assert_eq(http("POST", port, "/v2/sync", "x", 1, &answer), 404);
    cr_assert_eq(http("GET", port, "/metrics", NULL, 0, &answer), 404,
                 "the figures are for another port");
    cr_assert_eq(http("GET", port, "/healthz", NULL, 0, &answer), 200);
    cr_assert_eq(memcmp(answer.bytes, "ok\n", 3), 0);
}

Test(relay_http, what_is_no_request_is_refused_and_hurts_nobody)
{
    static body answer;
    static uint8_t garbage[200000];
    uint64_t state = 7;

    for (int round = 0; round < 200; round++) {
        size_t len = (size_t)(round * 37 % 3000);
        for (size_t i = 0; i < len; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            garbage[i] = (uint8_t)(state >> 56);
        }
        cr_assert_eq(http("POST", port, "/v1/sync", garbage, len, &answer),
                     400);
    }
    cr_assert_eq(http("POST", port, "/v1/sync", garbage, sizeof garbage,
                      &answer),
                 413);
    /* Every truncation of a good one. */
    exchange *s = new_sync();
    add_blob(s, 1);
    sign(s, 1, NAME);
    for (size_t len = 0; len < s->encoded_len; len++) {
        cr_assert_eq(http("POST", port, "/v1/sync", s->encoded, len, &answer),
                     400);
    }
    free(s);
    cr_assert_eq(count_after(1, 0), 0);
    cr_assert_eq(append(1, 1, 0, 0).status, COVEY_SYNC_OK);
}

Test(relay_http, t60_one_address_makes_only_so_many_mailboxes)
{
    unsigned made = 0;

    for (unsigned i = 0; i < 60; i++) {
        if (append(100 + i, 1, 0, 0).status == COVEY_SYNC_OK) made++;
    }
    cr_assert_eq(made, 50);
    cr_assert_eq(append(100, 2, 0, 0).status, COVEY_SYNC_OK,
                 "a mailbox that is there goes on");
}

Test(relay_http, the_figures_name_nobody)
{
    static body answer;

    (void)append(1, 1, 0, 0);
    cr_assert_eq(http("GET", metrics_port, "/metrics", NULL, 0, &answer), 200);
    answer.bytes[answer.len] = 0;
    const char *text = (const char *)answer.bytes;
    cr_assert_not_null(strstr(text, "covey_relay_appended_total 1\n"));
    cr_assert_not_null(strstr(text, "covey_relay_mailboxes 1\n"));
    cr_assert_null(strstr(text, "127.0.0.1"));
}
