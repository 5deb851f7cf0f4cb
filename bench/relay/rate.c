#include "rate.h"

#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "load.h"

#define NUM_CONNECTIONS 64u
#define MAILBOXES_EACH 16u
#define NUM_MAILBOXES (NUM_CONNECTIONS * MAILBOXES_EACH)
#define ROUNDS_MAX 16u
#define TEXT_LEN 125 /* SyncText of one append */
#define NUM_VERIFIED 4000u

/* The requests of one round: each connection goes round its own mailboxes, so
 * that the blobs of a mailbox come in their order. */
static request *make_round(size_t num, uint64_t first)
{
    request *all = calloc(num, sizeof *all);
    static covey_mailbox mailboxes[NUM_MAILBOXES];
    static bool made;

    if (all == NULL) served_give_up("memory");
    for (unsigned i = 0; !made && i < NUM_MAILBOXES; i++) {
        mailboxes[i] = request_mailbox(i);
    }
    made = true;
    for (size_t i = 0; i < num; i++) {
        all[i] = request_append(&mailboxes[i % NUM_MAILBOXES],
                                first + i / NUM_MAILBOXES);
    }
    return all;
}

static void free_round(request *all, size_t num)
{
    for (size_t i = 0; i < num; i++) request_free(&all[i]);
    free(all);
}

static rate_row row_of(const load_result *result, size_t num)
{
    return (rate_row){.cpu_us = result->cpu_s * 1e6 / (double)num,
                      .wall_hz = (double)num / result->wall_s};
}

static double thread_cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static rate_row verify(void)
{
    uint8_t public[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    uint8_t text[TEXT_LEN] = {7};
    uint8_t signature[crypto_sign_BYTES];
    unsigned num_good = 0;

    crypto_sign_keypair(public, secret);
    crypto_sign_detached(signature, NULL, text, sizeof text, secret);
    double from = thread_cpu_us();
    for (unsigned i = 0; i < NUM_VERIFIED; i++) {
        if (crypto_sign_verify_detached(signature, text, sizeof text, public) ==
            0) {
            num_good++;
        }
    }
    double us = (thread_cpu_us() - from) / NUM_VERIFIED;
    if (num_good != NUM_VERIFIED) served_give_up("a signature is wrong");
    return (rate_row){.cpu_us = us, .wall_hz = 1e6 / us};
}

static int compare_numbers(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

static int compare(const void *a, const void *b)
{
    const rate_row *x = a;
    const rate_row *y = b;

    return (x->cpu_us > y->cpu_us) - (x->cpu_us < y->cpu_us);
}

static rate_row median(rate_row *rows, size_t num)
{
    qsort(rows, num, sizeof *rows, compare);
    return rows[num / 2];
}

rate_result rate_measure(size_t num_requests, size_t num_rounds)
{
    rate_row relays[ROUNDS_MAX];
    rate_row bare[ROUNDS_MAX];
    rate_row verified[ROUNDS_MAX];
    double ratios[ROUNDS_MAX];
    rate_result result = {.num_failed = 0};
    served relay = served_relay("rate.db", false, served_num_cores());
    served evhttp = served_evhttp();

    /* So many that every mailbox gets as many, and one round to warm up. */
    num_requests = (num_requests / NUM_MAILBOXES + 1) * NUM_MAILBOXES;
    if (num_rounds > ROUNDS_MAX) num_rounds = ROUNDS_MAX;
    for (size_t i = 0; i <= num_rounds; i++) {
        uint64_t first = 1 + i * (num_requests / NUM_MAILBOXES);
        request *all = make_round(num_requests, first);
        /* Before and after: other work on the machine comes and goes. */
        rate_row before = verify();
        load_result one =
            load_run(&relay, all, num_requests, NUM_CONNECTIONS, true);
        rate_row after = verify();
        load_result two =
            load_run(&evhttp, all, num_requests, NUM_CONNECTIONS, false);

        free_round(all, num_requests);
        result.num_failed += one.num_failed + two.num_failed;
        if (i == 0) continue;
        relays[i - 1] = row_of(&one, num_requests);
        bare[i - 1] = row_of(&two, num_requests);
        verified[i - 1] = before.cpu_us < after.cpu_us ? before : after;
        ratios[i - 1] =
            (before.cpu_us + after.cpu_us) / 2 / relays[i - 1].cpu_us;
    }
    if (served_figure(&relay, "appended_total") !=
        (num_rounds + 1) * num_requests) {
        result.num_failed++;
    }
    result.relay = median(relays, num_rounds);
    result.evhttp = median(bare, num_rounds);
    result.verify = median(verified, num_rounds);
    qsort(ratios, num_rounds, sizeof ratios[0], compare_numbers);
    result.ratio = ratios[num_rounds / 2];
    served_end(&relay);
    served_end(&evhttp);
    return result;
}
