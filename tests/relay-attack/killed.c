/*
 * T14: the relay is killed, or told to end, while clients append; what it had
 * answered is there afterwards.
 */
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "relay_program.h"

#define CLIENTS 4
#define ANSWERED_MAX 20000

static relay_program relay;

static void set_up(void)
{
    cr_assert(sodium_init() >= 0);
    cr_assert_eq(curl_global_init(CURL_GLOBAL_DEFAULT), 0);
    relay = (relay_program){
        .options = {"--hour-blobs", "1000000", "--new-mailboxes", "100000"}};
    relay_program_make(&relay);
}

static void tear_down(void)
{
    relay_program_remove(&relay);
    curl_global_cleanup();
}

TestSuite(relay_killed, .init = set_up, .fini = tear_down, .timeout = 300);

/* What one client was answered. */
typedef struct {
    target to;
    pthread_t thread;
    covey_mailbox mailbox;
    size_t num;
    uint64_t indices[ANSWERED_MAX];
    uint8_t hashes[ANSWERED_MAX][32];
} witness;

/* Appends until there is no answer. */
static void *append_until_killed(void *ctx)
{
    witness *w = ctx;
    bool ok = true;

    while (ok) {
        exchange *x = client_new(&w->to);

        client_add(x, BLOB);
        client_add(x, BLOB);
        x->request.appends[0].keep = w->num % 3 == 0;
        x->request.after = UINT64_MAX;
        ok = client_sync(x, &w->mailbox) && w->num + 2 <= ANSWERED_MAX;
        for (size_t i = 0; ok && i < 2; i++) {
            w->indices[w->num] = x->response.appended[i];
            crypto_hash_sha256(w->hashes[w->num], x->blobs[i], BLOB);
            w->num++;
        }
        client_free(x);
    }
    return NULL;
}

/* Reads the mailbox again; gives how many of what was answered are there. */
static size_t count_found(witness *w)
{
    size_t found = 0;
    uint64_t after = 0;
    size_t got = 0;

    do {
        exchange *x = client_new(&w->to);

        x->request.after = after;
        cr_assert(client_sync(x, &w->mailbox), "%s", x->trouble);
        got = x->response.num_entries;
        for (size_t i = 0; i < got; i++) {
            const covey_sync_entry *entry = &x->response.entries[i];
            uint8_t hash[32];

            after = entry->index;
            crypto_hash_sha256(hash, entry->blob.at, entry->blob.len);
            if (found < w->num && w->indices[found] == entry->index) {
                cr_assert_eq(memcmp(hash, w->hashes[found], 32), 0,
                             "another blob is at an index that was answered");
                found++;
            }
        }
        client_free(x);
    } while (got != 0);
    return found;
}

static void end_in_mid_traffic(int with, unsigned rounds)
{
    static witness witnesses[CLIENTS];
    size_t total = 0;

    for (unsigned round = 0; round < rounds; round++) {
        for (size_t i = 0; i < CLIENTS; i++) {
            witness *w = &witnesses[i];

            w->to = (target){.url = relay.url, .name = RELAY_NAME};
            w->mailbox = client_mailbox();
            w->num = 0;
            cr_assert_eq(pthread_create(&w->thread, NULL, append_until_killed,
                                        w),
                         0);
        }
        usleep(150000 + 70000 * round);
        relay_program_end(&relay, with);
        for (size_t i = 0; i < CLIENTS; i++) {
            pthread_join(witnesses[i].thread, NULL);
        }
        relay_program_start(&relay);
        for (size_t i = 0; i < CLIENTS; i++) {
            size_t found = count_found(&witnesses[i]);

            cr_assert(witnesses[i].num > 0, "nothing was answered");
            cr_assert_eq(found, witnesses[i].num, "%zu of %zu are there", found,
                         witnesses[i].num);
            total += found;
        }
    }
    fprintf(stderr, "%s %u times, %zu blobs answered, none lost\n",
            with == SIGTERM ? "ended" : "killed", rounds, total);
}

Test(relay_killed, t14_what_was_answered_in_mid_traffic_is_there)
{
    end_in_mid_traffic(SIGKILL, 5);
    relay_program_remove(&relay);
}

Test(relay_killed, t14_an_orderly_end_in_mid_traffic_loses_nothing_either)
{
    end_in_mid_traffic(SIGTERM, 3);
    relay_program_remove(&relay);
}
