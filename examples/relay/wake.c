#include "wake.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "endpoint.h"

#define NUM_BUCKETS 4096u
#define CALLS_MAX 65536u /* in memory, of all targets */
#define READY_MAX 16384u /* of one target: no use in more */
#define ACTIVE_MAX 16u   /* to one target at a time */
#define MAILBOXES_MAX 4096u
#define LEVELS 8u /* of cooling: each twice as long as the one before */
#define TRIES_MAX LEVELS
#define IDLE_MS 60000

/* To one endpoint. It is ready until its target has room for it, active until
 * there is an answer, and cools down before the next one. */
typedef enum { READY, ACTIVE, COOLING } phase;

typedef struct call {
    phase phase;
    bool again;            /* ready once more when it has cooled down */
    unsigned failures;     /* since it last went well */
    uint64_t until_ms;     /* of cooling */
    relay_address mailbox; /* that it was last made for */
    size_t target;
    CURL *curl;
    struct call *next; /* in its queue */
    struct call *same; /* in its bucket */
    size_t len;
    uint8_t endpoint[COVEY_SYNC_ENDPOINT_MAX];
} call;

typedef struct {
    call *first;
    call *last;
    size_t num;
} queue;

struct relay_wake {
    relay_endpoints endpoints;
    relay_reader *reader;
    relay_writer *writer;
    relay_wake_counters *counters;
    uint64_t pace_ms;
    CURLM *multi;
    pthread_t thread;
    bool started;
    uint8_t hash_key[crypto_shorthash_KEYBYTES];
    call *buckets[NUM_BUCKETS];
    size_t num_calls;
    queue ready[RELAY_TARGETS_MAX];
    size_t active[RELAY_TARGETS_MAX];
    queue cooling[LEVELS]; /* each in the order of until_ms */
    relay_address taken[MAILBOXES_MAX];
    /* What other threads leave here. */
    pthread_mutex_t lock;
    relay_address mailboxes[MAILBOXES_MAX];
    size_t num_mailboxes;
    bool stop;
};

/* A subscription that ends: what the writer is given. */
typedef struct {
    relay_job job; /* first: the writer gives back a pointer to it */
    relay_subscription subscription;
    uint8_t endpoint[COVEY_SYNC_ENDPOINT_MAX];
} ending;

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- queues and buckets ---- */

static void push(queue *q, call *c)
{
    c->next = NULL;
    if (q->first == NULL) {
        q->first = c;
    } else {
        q->last->next = c;
    }
    q->last = c;
    q->num++;
}

static call *pop(queue *q)
{
    call *c = q->first;

    if (c != NULL) {
        q->first = c->next;
        q->num--;
    }
    return c;
}

static call **bucket_of(relay_wake *w, const uint8_t *endpoint, size_t len)
{
    uint64_t hash = 0;

    crypto_shorthash((uint8_t *)&hash, endpoint, len, w->hash_key);
    return &w->buckets[hash % NUM_BUCKETS];
}

static call *find(relay_wake *w, const relay_subscription *s)
{
    call *c = *bucket_of(w, s->endpoint, s->endpoint_len);

    while (c != NULL && (c->len != s->endpoint_len ||
                         memcmp(c->endpoint, s->endpoint, c->len) != 0)) {
        c = c->same;
    }
    return c;
}

/* It is in no queue. */
static void call_free(relay_wake *w, call *c)
{
    call **at = bucket_of(w, c->endpoint, c->len);

    while (*at != c) at = &(*at)->same;
    *at = c->same;
    w->num_calls--;
    free(c);
}

/* Of those that fail the one that has failed most: nobody can fill the memory
 * with endpoints that lead nowhere. */
static void give_way(relay_wake *w)
{
    for (size_t level = LEVELS - 1; level > 0; level--) {
        call *c = pop(&w->cooling[level]);

        if (c == NULL) continue;
        atomic_fetch_add(&w->counters->dropped, 1);
        call_free(w, c);
        return;
    }
}

static call *call_new(relay_wake *w, const relay_subscription *s)
{
    call *c = NULL;

    if (w->num_calls >= CALLS_MAX) give_way(w);
    if (w->num_calls < CALLS_MAX) c = calloc(1, sizeof *c);
    if (c == NULL) return NULL;
    memcpy(c->endpoint, s->endpoint, s->endpoint_len);
    c->len = s->endpoint_len;
    call **bucket = bucket_of(w, c->endpoint, c->len);
    c->same = *bucket;
    *bucket = c;
    w->num_calls++;
    return c;
}

/* ---- from mailboxes to calls ---- */

typedef struct {
    relay_wake *wake;
    const relay_address *mailbox;
} ringing;

/* Several flags in the time of one call are one call more. */
static bool on_subscription(void *ctx, const relay_subscription *s)
{
    const ringing *r = ctx;
    relay_wake *w = r->wake;
    size_t target =
        relay_endpoint_target(&w->endpoints, s->endpoint, s->endpoint_len);

    if (target == RELAY_NO_TARGET || s->endpoint_len > COVEY_SYNC_ENDPOINT_MAX)
        return true;
    call *c = find(w, s);
    if (c != NULL) {
        if (c->phase != READY) c->again = true;
    } else if (w->ready[target].num < READY_MAX &&
               (c = call_new(w, s)) != NULL) {
        c->target = target;
        push(&w->ready[target], c);
    } else {
        atomic_fetch_add(&w->counters->dropped, 1);
        return true;
    }
    c->mailbox = *r->mailbox;
    return true;
}

static void ring(relay_wake *w, const relay_address *mailbox)
{
    ringing r = {w, mailbox};

    if (!relay_read_subscriptions(w->reader, mailbox, relay_now_h(),
                                  on_subscription, &r)) {
        atomic_fetch_add(&w->counters->dropped, 1);
    }
}

/* Takes what other threads left. False: stop. */
static bool take(relay_wake *w)
{
    pthread_mutex_lock(&w->lock);
    size_t num = w->num_mailboxes;
    bool stop = w->stop;
    memcpy(w->taken, w->mailboxes, num * sizeof w->taken[0]);
    w->num_mailboxes = 0;
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; !stop && i < num; i++) ring(w, &w->taken[i]);
    return !stop;
}

/* ---- calls ---- */

static void cool(relay_wake *w, call *c)
{
    unsigned level = c->failures < LEVELS ? c->failures : LEVELS - 1;
    uint64_t pace_ms = w->pace_ms;

    if (level != 0 && pace_ms < 1000) pace_ms = 1000;
    c->phase = COOLING;
    c->until_ms = now_ms() + (pace_ms << level);
    push(&w->cooling[level], c);
}

static void fail(relay_wake *w, call *c)
{
    atomic_fetch_add(&w->counters->failed, 1);
    c->failures++;
    if (c->failures < TRIES_MAX) c->again = true;
    cool(w, c);
}

/* Whether asking again may help: what the service says of the request itself
 * (4xx) stays as it is, but for "too slow" and "too many". */
static bool may_help(CURLcode result, long status)
{
    return result != CURLE_OK || status / 100 != 4 || status == 408 ||
           status == 429;
}

static void on_ended(relay_job *job)
{
    free(job);
}

/* The service says that the endpoint is no more. */
static void end(relay_wake *w, const call *c)
{
    ending *e = calloc(1, sizeof *e);

    atomic_fetch_add(&w->counters->ended, 1);
    if (e == NULL) return;
    memcpy(e->endpoint, c->endpoint, c->len);
    e->subscription =
        (relay_subscription){.endpoint = e->endpoint, .endpoint_len = c->len};
    e->job.done = on_ended;
    e->job.append =
        (relay_append){.mailbox = c->mailbox, .subscription = &e->subscription};
    if (!relay_writer_add(w->writer, &e->job)) free(e);
}

static void finish(relay_wake *w, call *c, CURLcode result)
{
    long status = 0;

    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(w->multi, c->curl);
    curl_easy_cleanup(c->curl);
    c->curl = NULL;
    w->active[c->target]--;
    if (result == CURLE_OK && status / 100 == 2) {
        atomic_fetch_add(&w->counters->sent, 1);
        c->failures = 0;
        cool(w, c);
    } else if (result == CURLE_OK &&
               relay_endpoint_is_gone(c->target, status)) {
        end(w, c);
        call_free(w, c);
    } else if (may_help(result, status)) {
        fail(w, c);
    } else {
        atomic_fetch_add(&w->counters->failed, 1);
        cool(w, c);
    }
}

static void begin(relay_wake *w, call *c)
{
    c->phase = ACTIVE;
    c->again = false;
    c->curl =
        relay_endpoint_request(&w->endpoints, c->target, c->endpoint, c->len);
    if (c->curl == NULL ||
        curl_easy_setopt(c->curl, CURLOPT_PRIVATE, c) != CURLE_OK ||
        curl_multi_add_handle(w->multi, c->curl) != CURLM_OK) {
        curl_easy_cleanup(c->curl);
        c->curl = NULL;
        fail(w, c);
    } else {
        w->active[c->target]++;
    }
}

static void begin_ready(relay_wake *w)
{
    for (size_t i = 0; i < RELAY_TARGETS_MAX; i++) {
        while (w->ready[i].first != NULL && w->active[i] < ACTIVE_MAX) {
            begin(w, pop(&w->ready[i]));
        }
    }
}

static void end_cooling(relay_wake *w)
{
    uint64_t now = now_ms();

    for (size_t i = 0; i < LEVELS; i++) {
        queue *q = &w->cooling[i];

        while (q->first != NULL && q->first->until_ms <= now) {
            call *c = pop(q);

            if (!c->again) {
                call_free(w, c);
                continue;
            }
            c->phase = READY;
            push(&w->ready[c->target], c);
        }
    }
}

static void finish_done(relay_wake *w)
{
    const CURLMsg *message = NULL;
    int left = 0;

    while ((message = curl_multi_info_read(w->multi, &left)) != NULL) {
        char *private = NULL;

        if (message->msg != CURLMSG_DONE) continue;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        finish(w, (call *)(void *)private, result);
    }
}

/* Until something has cooled down, or can begin. */
static int wait_ms(const relay_wake *w)
{
    uint64_t now = now_ms();
    uint64_t wait = IDLE_MS;

    for (size_t i = 0; i < LEVELS; i++) {
        const call *c = w->cooling[i].first;

        if (c == NULL) continue;
        if (c->until_ms <= now) return 0;
        if (c->until_ms - now < wait) wait = c->until_ms - now;
    }
    for (size_t i = 0; i < RELAY_TARGETS_MAX; i++) {
        if (w->ready[i].first != NULL && w->active[i] < ACTIVE_MAX) return 0;
    }
    return (int)wait;
}

/* ---- the thread ---- */

static void *run(void *arg)
{
    relay_wake *w = arg;
    int running = 0;

    while (take(w)) {
        end_cooling(w);
        begin_ready(w);
        (void)curl_multi_perform(w->multi, &running);
        finish_done(w);
        (void)curl_multi_poll(w->multi, NULL, 0, wait_ms(w), NULL);
    }
    return NULL;
}

bool relay_wake_is_wanted(const relay_config *config)
{
    return *config->wake_gateway != 0 || *config->wake_hosts != 0;
}

relay_wake *relay_wake_new(const relay_config *config, relay_storage *storage,
                           relay_wake_counters *counters, const char **error)
{
    relay_wake *w = calloc(1, sizeof *w);

    if (w == NULL) {
        *error = "out of memory";
        return NULL;
    }
    w->counters = counters;
    w->pace_ms = (uint64_t)config->wake_pace_s * 1000;
    randombytes_buf(w->hash_key, sizeof w->hash_key);
    pthread_mutex_init(&w->lock, NULL);
    if (relay_endpoints_init(&w->endpoints, config, error)) {
        *error = "libcurl or the store does not start";
        w->reader = relay_reader_open(storage);
        w->multi = curl_multi_init();
        if (w->reader != NULL && w->multi != NULL) return w;
    }
    relay_wake_free(w);
    return NULL;
}

bool relay_wake_start(relay_wake *w, relay_writer *writer)
{
    if (w == NULL) return true;
    w->writer = writer;
    w->started = pthread_create(&w->thread, NULL, run, w) == 0;
    return w->started;
}

bool relay_wake_serves(const relay_wake *w, const uint8_t *endpoint, size_t len)
{
    return w != NULL && relay_endpoint_target(&w->endpoints, endpoint, len) !=
                            RELAY_NO_TARGET;
}

void relay_wake_mailbox(relay_wake *w, const relay_address *mailbox)
{
    if (w == NULL) return;
    pthread_mutex_lock(&w->lock);
    if (w->num_mailboxes < MAILBOXES_MAX) {
        w->mailboxes[w->num_mailboxes++] = *mailbox;
    } else {
        atomic_fetch_add(&w->counters->dropped, 1);
    }
    pthread_mutex_unlock(&w->lock);
    (void)curl_multi_wakeup(w->multi);
}

void relay_wake_stop(relay_wake *w)
{
    if (w == NULL || !w->started) return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_mutex_unlock(&w->lock);
    (void)curl_multi_wakeup(w->multi);
    pthread_join(w->thread, NULL);
    w->started = false;
}

void relay_wake_free(relay_wake *w)
{
    if (w == NULL) return;
    for (size_t i = 0; i < NUM_BUCKETS; i++) {
        while (w->buckets[i] != NULL) {
            call *c = w->buckets[i];

            w->buckets[i] = c->same;
            if (c->curl != NULL) {
                curl_multi_remove_handle(w->multi, c->curl);
                curl_easy_cleanup(c->curl);
            }
            free(c);
        }
    }
    if (w->multi != NULL) curl_multi_cleanup(w->multi);
    relay_reader_close(w->reader);
    relay_endpoints_free(&w->endpoints);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
