/* Long polls: told at once, never held too long. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cases.h"

#define WAIT_MS 1500

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

typedef struct {
    const target *to;
    const covey_mailbox *mailbox;
    exchange *last;
    bool ok;
    uint64_t told_ms; /* when the entry was there */
} waiting;

/* Polls until something comes. A relay may wait shorter than it is asked to,
 * and is then asked again. */
static void *poll_until_told(void *ctx)
{
    waiting *w = ctx;
    uint64_t end = now_ms() + 20000;

    do {
        client_free(w->last);
        w->last = client_new(w->to);
        w->last->request.wait_ms = 5000;
        w->ok = client_sync(w->last, w->mailbox);
        if (w->last->took_ms < 100) usleep(100000);
    } while (w->ok && w->last->response.num_entries == 0 && now_ms() < end);
    w->told_ms = now_ms();
    return NULL;
}

static void who_waits_is_told(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    covey_mailbox other = client_mailbox();
    waiting w = {.to = f->to, .mailbox = &mailbox};
    exchange *x = client_new(f->to);
    pthread_t thread;

    if (pthread_create(&thread, NULL, poll_until_told, &w) != 0) abort();
    usleep(400000);
    bool ok = append_fresh(f, &other, 1);
    client_add(x, BLOB);
    ok = sync_wants(f, x, &mailbox, COVEY_SYNC_OK) && ok;
    uint64_t appended_ms = now_ms();
    pthread_join(thread, NULL);
    if (!ok) return;
    CHECK(f, w.ok, "%s", w.last->trouble);
    CHECK(f,
          w.last->response.num_entries == 1 &&
              is_entry_of(&w.last->response.entries[0], x, 0),
          "who waited was not given what came");
    CHECK(f, w.told_ms < appended_ms + f->to->patience,
          "who waited was told %llu ms late",
          (unsigned long long)(w.told_ms - appended_ms));
    client_free(w.last);
    client_free(x);
}

static void wait_ends(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *x = client_new(f->to);

    x->request.wait_ms = WAIT_MS;
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
    CHECK(f, x->took_ms < WAIT_MS + f->to->patience,
          "asked to wait %u ms, it answered after %u", WAIT_MS, x->took_ms);
    CHECK(f, x->response.num_entries == 0, "an entry came from nowhere");
    client_free(x);
}

/* Whatever there is to say is said at once. */
static void no_wait_without_need(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *x = client_new(f->to);
    exchange *reads = client_new(f->to);

    client_add(x, BLOB);
    x->request.wait_ms = 4500;
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
    CHECK(f, x->took_ms < f->to->patience, "an append waited %u ms",
          x->took_ms);
    reads->request.wait_ms = 4500;
    if (!sync_wants(f, reads, &mailbox, COVEY_SYNC_OK)) return;
    CHECK(f, reads->response.num_entries == 1, "the entry is missing");
    CHECK(f, reads->took_ms < f->to->patience,
          "though there was an entry, it waited %u ms", reads->took_ms);
    client_free(x);
    client_free(reads);
}

const conformance_case wait_cases[] = {
    {"who_waits_is_told", "a waiting request is answered when something comes",
     who_waits_is_told},
    {"wait_ends", "`wait_ms` is the longest time", wait_ends},
    {"no_wait_without_need", "appends and entries do not wait",
     no_wait_without_need},
    {0},
};
