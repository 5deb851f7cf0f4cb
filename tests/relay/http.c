/* The relay as its clients meet it: a process of its own, over HTTP. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay_process.h"
#include "sync_client.h"

static void set_up(void)
{
    sync_client_set_up();
    relay_process_make(NULL);
}

static void tear_down(void)
{
    relay_process_remove();
    sync_client_tear_down();
}

TestSuite(relay_http, .init = set_up, .fini = tear_down, .timeout = 120);

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
        cr_assert_eq(memcmp(entry->blob.at, s->blobs[i + 2], SYNC_BLOB), 0);
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

/* Whoever has read a store that was lost appends nothing to the next one. */
Test(relay_http, t14_a_client_of_another_store_is_told_so)
{
    covey_sync_response first = append(1, 1, 0, 0);
    exchange *s = new_sync();

    cr_assert_neq(first.origin, 0);
    add_blob(s, 2);
    s->request.origin = first.origin;
    cr_assert_eq(do_sync(s, 1), COVEY_SYNC_OK);
    add_blob(s, 3);
    s->request.origin = first.origin + 1;
    cr_assert_eq(do_sync(s, 1), COVEY_SYNC_CONFLICT);
    cr_assert_eq(s->response.origin, first.origin);
    cr_assert_eq(s->response.num_entries, 0);
    cr_assert_eq(count_after(1, 0), 2);
    free(s);
}

/* T01, T02: whoever cannot sign is told nothing, and always the same. */
Test(relay_http, t01_a_stranger_is_told_nothing)
{
    exchange *there = new_sync();
    exchange *nowhere = new_sync();

    (void)append(1, 1, 0, 0);
    sign(there, 1, RELAY_NAME);
    sign(nowhere, 77, RELAY_NAME);
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
            relay_process_end(SIGTERM);
            relay_process_start();
        }
        if (i == 13) {
            relay_process_end(SIGKILL);
            relay_process_start();
        }
    }
    cr_assert_eq(count_after(1, 0), 20);
}

Test(relay_http, other_verbs_and_paths_are_refused_clearly)
{
    static body answer;

    cr_assert_eq(http("GET", relay_port, "/v1/sync", NULL, 0, &answer), 405);
    cr_assert_eq(http("PUT", relay_port, "/v1/sync", "x", 1, &answer), 405);
    cr_assert_eq(http("GET", relay_port, "/", NULL, 0, &answer), 404);
    cr_assert_eq(http("POST", relay_port, "/v2/sync", "x", 1, &answer), 404);
    cr_assert_eq(http("GET", relay_port, "/metrics", NULL, 0, &answer), 404,
                 "the figures are for another port");
    cr_assert_eq(http("GET", relay_port, "/healthz", NULL, 0, &answer), 200);
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
        cr_assert_eq(http("POST", relay_port, "/v1/sync", garbage, len,
                          &answer),
                     400);
    }
    cr_assert_eq(http("POST", relay_port, "/v1/sync", garbage, sizeof garbage,
                      &answer),
                 413);
    /* Every truncation of a good one. */
    exchange *s = new_sync();
    add_blob(s, 1);
    sign(s, 1, RELAY_NAME);
    for (size_t len = 0; len < s->encoded_len; len++) {
        cr_assert_eq(http("POST", relay_port, "/v1/sync", s->encoded, len,
                          &answer),
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
    cr_assert_eq(http("GET", relay_metrics_port, "/metrics", NULL, 0, &answer),
                 200);
    answer.bytes[answer.len] = 0;
    const char *text = (const char *)answer.bytes;
    cr_assert_not_null(strstr(text, "covey_relay_appended_total 1\n"));
    cr_assert_not_null(strstr(text, "covey_relay_mailboxes 1\n"));
    cr_assert_null(strstr(text, "127.0.0.1"));
}
