#include "worker.h"

#include <covey/error.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "connections.h"
#include "relay/sync.h"

#define RESPONSE_MAX 262144u /* bytes of one response, whatever is asked */
#define NUM_LISTS 4096u      /* of those who wait */
#define NEWS_MAX 1024u       /* mailboxes between two looks */
#define HEADERS_MAX 8192
#define IDLE_S 120 /* a connection that says nothing */

/* One request for what came after an index, for as long as it takes. */
typedef struct poll {
    relay_worker *worker;
    struct evhttp_request *http; /* NULL: the client went away */
    relay_address mailbox;
    uint64_t after;
    uint32_t max_bytes;
    uint32_t max_blob;
    uint32_t place; /* of its address in the limits */
    struct event *timer;
    struct poll *next; /* of those in the same list */
    struct poll **back;
} poll;

/* A request that appends or subscribes, until it is durable. */
typedef struct exchange {
    relay_job job; /* first: the writer gives back a pointer to it */
    poll *poll;
    uint32_t wait_ms; /* of one that only subscribes */
    relay_blob blobs[COVEY_SYNC_APPENDS_MAX];
    relay_subscription subscription;
    uint8_t endpoint[COVEY_SYNC_ENDPOINT_MAX];
    struct exchange *next_done;
    uint8_t memory[]; /* what the blobs are views of */
} exchange;

struct relay_worker {
    relay_shared shared;
    pthread_t thread;
    struct event_base *base;
    struct evhttp *http;
    relay_connections *connections;
    struct event *woken;
    relay_reader *reader;
    uint8_t hash_key[crypto_shorthash_KEYBYTES];
    poll *lists[NUM_LISTS];
    atomic_ulong num_waiting;
    /* What other threads leave here, and tell by the event's descriptor. */
    int bell;
    pthread_mutex_t lock;
    exchange *done;
    relay_address news[NEWS_MAX];
    size_t num_news;
    bool news_lost; /* more than there was room for: look at all */
    bool stop;
    /* The response in the making. */
    covey_sync_entry entries[COVEY_SYNC_ENTRIES_MAX];
    uint8_t blobs[RESPONSE_MAX];
    uint8_t out[RESPONSE_MAX + 65536];
    uint8_t scratch[65536];
    /* The request being decoded: its blobs twice, and protobuf's words. */
    uint8_t request[2 * COVEY_SYNC_REQUEST_MAX + 4096];
};

/* ---- answering ---- */

static void send_reply(struct evhttp_request *http, int code,
                       const char *reason, const char *type, const void *body,
                       size_t len)
{
    struct evbuffer *buffer = evbuffer_new();

    if (buffer == NULL || evbuffer_add(buffer, body, len) != 0) {
        evhttp_send_error(http, HTTP_INTERNAL, NULL);
    } else {
        struct evkeyvalq *headers = evhttp_request_get_output_headers(http);
        evhttp_add_header(headers, "Content-Type", type);
        evhttp_add_header(headers, "Cache-Control", "no-store");
        evhttp_send_reply(http, code, reason, buffer);
    }
    if (buffer != NULL) evbuffer_free(buffer);
}

static void send_response(relay_worker *w, struct evhttp_request *http,
                          int code, const covey_sync_response *response)
{
    covey_writer writer = covey_writer_of(w->out, sizeof w->out);
    covey_scratch scratch = covey_scratch_of(w->scratch, sizeof w->scratch);

    if (covey_sync_response_encode(&writer, response, scratch) != COVEY_OK) {
        evhttp_send_error(http, HTTP_INTERNAL, NULL);
        return;
    }
    send_reply(http, code, code == HTTP_OK ? "OK" : "Bad Request",
               "application/octet-stream", w->out, writer.len);
}

static void send_status(relay_worker *w, struct evhttp_request *http, int code,
                        covey_sync_status status)
{
    const covey_sync_response response = {.status = status};

    send_response(w, http, code, &response);
}

/* What is gathered for one response. */
typedef struct {
    relay_worker *worker;
    const poll *poll;
    const covey_sync_response *response; /* what was appended just now */
    size_t num;
    size_t blobs_len;
    size_t used; /* of max_bytes */
} gathering;

static bool was_appended_now(const covey_sync_response *response,
                             uint64_t index)
{
    for (size_t i = 0; i < response->num_appended; i++) {
        if (response->appended[i] == index) return true;
    }
    return false;
}

/* The first entry always goes; the next ones while there is room. */
static bool gather(void *ctx, uint64_t index, const uint8_t *bytes, size_t len)
{
    gathering *g = ctx;
    relay_worker *w = g->worker;
    covey_sync_entry *entry = &w->entries[g->num];
    bool stub = len > g->poll->max_blob;
    size_t size = (stub ? COVEY_HASH_SIZE + 8 : len) + 20;

    if (was_appended_now(g->response, index)) return true;
    if (g->num == COVEY_SYNC_ENTRIES_MAX ||
        g->blobs_len + len > sizeof w->blobs ||
        (g->num != 0 && g->used + size > g->poll->max_bytes)) {
        return false;
    }
    memset(entry, 0, sizeof *entry);
    entry->index = index;
    entry->is_stub = stub;
    if (stub) {
        entry->stub_len = (uint32_t)len;
        crypto_hash_sha256(entry->stub_hash.bytes, bytes, len);
    } else {
        memcpy(w->blobs + g->blobs_len, bytes, len);
        entry->blob = covey_bytes_of(w->blobs + g->blobs_len, len);
        g->blobs_len += len;
    }
    g->used += size;
    g->num++;
    return true;
}

/* Adds what came after the poll's index. False when the storage failed. */
static bool add_entries(relay_worker *w, const poll *p,
                        covey_sync_response *response)
{
    gathering g = {.worker = w,
                   .poll = p,
                   .response = response,
                   .used = COVEY_SYNC_HEAD_MAX};

    if (!relay_read_after(w->reader, &p->mailbox, p->after, gather, &g,
                          &response->next)) {
        return false;
    }
    response->origin = relay_storage_origin(w->shared.storage);
    response->entries = w->entries;
    response->num_entries = g.num;
    atomic_fetch_add(&w->shared.counters->given, g.num);
    return true;
}

static void poll_free(poll *p)
{
    if (p->back != NULL) {
        *p->back = p->next;
        if (p->next != NULL) p->next->back = p->back;
        atomic_fetch_sub(&p->worker->num_waiting, 1);
        atomic_fetch_sub(&p->worker->shared.counters->waiting, 1);
        relay_limits_waited(p->worker->shared.limits, p->place);
    }
    if (p->timer != NULL) event_free(p->timer);
    if (p->http != NULL) {
        evhttp_connection_set_closecb(evhttp_request_get_connection(p->http),
                                      NULL, NULL);
    }
    free(p);
}

/* Answers with what there is, and ends the poll. */
static void poll_answer(poll *p, covey_sync_response *response)
{
    relay_worker *w = p->worker;
    struct evhttp_request *http = p->http;
    bool ok = http != NULL && add_entries(w, p, response);

    poll_free(p);
    if (http == NULL) return;
    if (ok) {
        send_response(w, http, HTTP_OK, response);
    } else {
        atomic_fetch_add(&w->shared.counters->retries, 1);
        send_status(w, http, HTTP_OK, COVEY_SYNC_RETRY_LATER);
    }
}

static void poll_finish(poll *p)
{
    covey_sync_response response = {.status = COVEY_SYNC_OK};

    poll_answer(p, &response);
}

/* ---- waiting ---- */

static void on_timeout(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    poll_finish(ctx);
}

/* The client went away. One whose append is with the writer is let go when
 * that is done. */
static void on_close(struct evhttp_connection *connection, void *ctx)
{
    poll *p = ctx;

    (void)connection;
    p->http = NULL;
    if (p->back != NULL) poll_free(p);
}

static poll **list_of(relay_worker *w, const relay_address *mailbox)
{
    uint64_t hash = 0;

    crypto_shorthash((uint8_t *)&hash, mailbox->bytes, sizeof mailbox->bytes,
                     w->hash_key);
    return &w->lists[hash % NUM_LISTS];
}

/* Puts the poll among those who wait. False: it must be answered now. */
static bool poll_wait(poll *p, uint32_t wait_ms)
{
    relay_worker *w = p->worker;
    uint32_t max_ms = w->shared.config->wait_max_s * 1000;
    const struct timeval time = {
        .tv_sec = (wait_ms < max_ms ? wait_ms : max_ms) / 1000,
        .tv_usec = (wait_ms < max_ms ? wait_ms : max_ms) % 1000 * 1000,
    };

    p->timer = evtimer_new(w->base, on_timeout, p);
    if (p->timer == NULL || evtimer_add(p->timer, &time) != 0 ||
        !relay_limits_wait(w->shared.limits, p->place)) {
        return false;
    }
    /* What was read of it is not needed any more. */
    struct evbuffer *body = evhttp_request_get_input_buffer(p->http);
    (void)evbuffer_drain(body, evbuffer_get_length(body));
    p->back = list_of(w, &p->mailbox);
    p->next = *p->back;
    if (p->next != NULL) p->next->back = &p->next;
    *p->back = p;
    atomic_fetch_add(&w->shared.counters->waiting, 1);
    return true;
}

/* A request that appends nothing. */
static void poll_begin(poll *p, uint32_t wait_ms)
{
    relay_worker *w = p->worker;
    covey_sync_response response = {.status = COVEY_SYNC_OK};
    uint64_t next = 0;

    /* Counted before it is looked: news that come between are not missed. */
    atomic_fetch_add(&w->num_waiting, 1);
    if (wait_ms != 0 && relay_read_next(w->reader, &p->mailbox, &next) &&
        next <= p->after + 1 && poll_wait(p, wait_ms)) {
        return;
    }
    atomic_fetch_sub(&w->num_waiting, 1);
    poll_answer(p, &response);
}

static void tell(relay_worker *w, const relay_address *mailbox)
{
    poll *next = NULL;

    for (poll *p = *list_of(w, mailbox); p != NULL; p = next) {
        next = p->next;
        if (memcmp(&p->mailbox, mailbox, sizeof *mailbox) == 0) poll_finish(p);
    }
}

static void tell_all(relay_worker *w)
{
    for (size_t i = 0; i < NUM_LISTS; i++) {
        while (w->lists[i] != NULL) poll_finish(w->lists[i]);
    }
}

/* ---- appending ---- */

static void ring(relay_worker *w)
{
    const uint64_t one = 1;
    ssize_t written = write(w->bell, &one, sizeof one);

    (void)written; /* full means that it rings already */
}

/* In the writer's thread, which rings when all are done. */
static void on_done(relay_job *job)
{
    exchange *e = (exchange *)job;
    relay_worker *w = e->poll->worker;

    pthread_mutex_lock(&w->lock);
    e->next_done = w->done;
    w->done = e;
    pthread_mutex_unlock(&w->lock);
}

void relay_worker_settled(relay_worker *w)
{
    pthread_mutex_lock(&w->lock);
    bool any = w->done != NULL;
    pthread_mutex_unlock(&w->lock);
    if (any) ring(w);
}

static void exchange_finish(exchange *e)
{
    static const covey_sync_status statuses[] = {
        [RELAY_OK] = COVEY_SYNC_OK,
        [RELAY_CONFLICT] = COVEY_SYNC_CONFLICT,
        [RELAY_QUOTA] = COVEY_SYNC_QUOTA,
        [RELAY_RETRY] = COVEY_SYNC_RETRY_LATER,
    };
    const relay_append *append = &e->job.append;
    poll *p = e->poll;
    relay_counters *counters = p->worker->shared.counters;
    covey_sync_response response = {.status = statuses[append->status]};

    if (append->status == RELAY_OK) {
        response.num_appended = append->num_blobs;
        for (size_t i = 0; i < append->num_blobs; i++) {
            response.appended[i] = append->blobs[i].index;
        }
        atomic_fetch_add(&counters->appended, append->num_blobs);
    }
    if (append->status == RELAY_CONFLICT) {
        atomic_fetch_add(&counters->conflicts, 1);
    }
    if (append->status == RELAY_QUOTA) atomic_fetch_add(&counters->quotas, 1);
    if (append->num_blobs == 0 && p->http != NULL &&
        append->status == RELAY_OK) {
        poll_begin(p, e->wait_ms);
    } else {
        poll_answer(p, &response);
    }
    free(e);
}

/* Gives the request to the writer. The decoded blobs move along. */
static bool exchange_begin(poll *p, const covey_sync_request *request,
                           const relay_subscription *subscription)
{
    relay_worker *w = p->worker;
    size_t len = 0;
    exchange *e = NULL;

    for (size_t i = 0; i < request->num_appends; i++) {
        len += request->appends[i].blob.len;
    }
    e = calloc(1, sizeof *e + len);
    if (e == NULL) return false;
    len = 0;
    for (size_t i = 0; i < request->num_appends; i++) {
        covey_bytes blob = request->appends[i].blob;

        memcpy(e->memory + len, blob.at, blob.len);
        e->blobs[i] = (relay_blob){.bytes = e->memory + len,
                                   .len = blob.len,
                                   .keep = request->appends[i].keep,
                                   .wake = request->appends[i].wake};
        len += blob.len;
    }
    e->poll = p;
    e->job.done = on_done;
    e->job.append = (relay_append){
        .mailbox = p->mailbox,
        .blobs = e->blobs,
        .num_blobs = request->num_appends,
        .after = request->after,
        .has_expect_next = request->has_expect_next,
        .expect_next = request->expect_next,
    };
    e->wait_ms = request->wait_ms;
    if (subscription != NULL) {
        e->subscription = *subscription;
        e->subscription.endpoint = memcpy(e->endpoint, subscription->endpoint,
                                          subscription->endpoint_len);
        e->job.append.subscription = &e->subscription;
    }
    if (relay_writer_add(w->shared.writer, &e->job)) return true;
    free(e);
    return false;
}

/* ---- requests ---- */

static poll *poll_new(relay_worker *w, struct evhttp_request *http,
                      const covey_sync_request *request)
{
    poll *p = calloc(1, sizeof *p);
    char *address = NULL;
    uint16_t port = 0;

    if (p == NULL) return NULL;
    evhttp_connection_get_peer(evhttp_request_get_connection(http), &address,
                               &port);
    p->worker = w;
    p->http = http;
    memcpy(p->mailbox.bytes, request->mailbox.bytes, sizeof p->mailbox.bytes);
    p->after = request->after;
    p->max_bytes = request->max_bytes;
    p->max_blob = request->max_blob;
    p->place =
        relay_limits_place(w->shared.limits, address != NULL ? address : "");
    evhttp_connection_set_closecb(evhttp_request_get_connection(http), on_close,
                                  p);
    return p;
}

static bool may_append(const poll *p)
{
    relay_worker *w = p->worker;
    uint64_t next = 0;

    return relay_read_next(w->reader, &p->mailbox, &next) &&
           (next != 1 || relay_limits_new_mailbox(w->shared.limits, p->place,
                                                  relay_now_h()));
}

/* What is known of a subscription that a request asks for. */
typedef struct {
    relay_subscription wanted;
    uint32_t expiry_h; /* of the one that is there; 0: none */
} renewal;

static bool compare(void *ctx, const relay_subscription *found)
{
    renewal *r = ctx;

    if (found->endpoint_len != r->wanted.endpoint_len ||
        memcmp(found->endpoint, r->wanted.endpoint, found->endpoint_len) != 0) {
        return true;
    }
    r->expiry_h = found->expiry_h;
    return false;
}

/* Whether a subscription has to be written: each poll repeats it, and what
 * would last longer by less than an eighth is as good as there. */
static bool subscribes(relay_worker *w, const covey_sync_request *request,
                       const relay_address *mailbox, relay_subscription *wanted)
{
    const covey_bytes endpoint = request->sealed_endpoint;
    renewal r = {.wanted = {endpoint.at, endpoint.len, 0}};
    uint32_t span_h = (request->expiry_s + 3599) / 3600;
    uint32_t now_h = relay_now_h();

    if (!request->has_wake ||
        !relay_wake_serves(w->shared.wake, endpoint.at, endpoint.len) ||
        !relay_read_subscriptions(w->reader, mailbox, now_h, compare, &r)) {
        return false;
    }
    *wanted = r.wanted;
    if (span_h == 0) return r.expiry_h != 0;
    wanted->expiry_h = now_h + 1 + span_h; /* this hour is not over */
    return wanted->expiry_h > r.expiry_h + span_h / 8;
}

/* The client knows another log: it is told so, and nothing is done. */
static void send_other_log(relay_worker *w, struct evhttp_request *http,
                           const covey_sync_request *request)
{
    covey_sync_response response = {.status = COVEY_SYNC_CONFLICT,
                                    .origin = relay_storage_origin(
                                        w->shared.storage)};
    relay_address mailbox;

    memcpy(mailbox.bytes, request->mailbox.bytes, sizeof mailbox.bytes);
    if (!relay_read_next(w->reader, &mailbox, &response.next)) {
        atomic_fetch_add(&w->shared.counters->retries, 1);
        send_status(w, http, HTTP_OK, COVEY_SYNC_RETRY_LATER);
        return;
    }
    atomic_fetch_add(&w->shared.counters->conflicts, 1);
    send_response(w, http, HTTP_OK, &response);
}

static void serve(relay_worker *w, struct evhttp_request *http,
                  const covey_sync_request *request)
{
    poll *p = poll_new(w, http, request);
    relay_subscription subscription;
    bool appends = request->num_appends != 0;
    bool writes = false;

    if (p != NULL) {
        bool asks = subscribes(w, request, &p->mailbox, &subscription);

        writes = (appends || asks) && may_append(p) &&
                 exchange_begin(p, request, asks ? &subscription : NULL);
    }
    if (writes) return;
    if (p != NULL && !appends) {
        poll_begin(p, request->wait_ms);
        return;
    }
    if (p != NULL) poll_free(p);
    atomic_fetch_add(&w->shared.counters->retries, 1);
    send_status(w, http, HTTP_OK, COVEY_SYNC_RETRY_LATER);
}

static void on_sync(struct evhttp_request *http, void *ctx)
{
    relay_worker *w = ctx;
    relay_counters *counters = w->shared.counters;
    struct evbuffer *body = evhttp_request_get_input_buffer(http);
    size_t len = evbuffer_get_length(body);
    covey_scratch scratch = covey_scratch_of(w->request, sizeof w->request);
    covey_sync_request request;

    atomic_fetch_add(&counters->requests, 1);
    if (evhttp_request_get_command(http) != EVHTTP_REQ_POST) {
        evhttp_add_header(evhttp_request_get_output_headers(http), "Allow",
                          "POST");
        evhttp_send_error(http, HTTP_BADMETHOD, "POST a sync request here");
        return;
    }
    if (covey_sync_request_decode(&request, &scratch,
                                  covey_bytes_of(evbuffer_pullup(body, -1),
                                                 len)) != COVEY_OK) {
        atomic_fetch_add(&counters->bad_requests, 1);
        send_status(w, http, HTTP_BADREQUEST, COVEY_SYNC_BAD_REQUEST);
    } else if (covey_sync_request_verify(
                   &request, covey_bytes_of_text(w->shared.config->name)) !=
               COVEY_OK) {
        atomic_fetch_add(&counters->bad_signatures, 1);
        send_status(w, http, HTTP_OK, COVEY_SYNC_NOT_FOUND);
    } else if (request.origin != 0 &&
               request.origin != relay_storage_origin(w->shared.storage)) {
        send_other_log(w, http, &request);
    } else {
        serve(w, http, &request);
    }
}

static void on_health(struct evhttp_request *http, void *ctx)
{
    static const char text[] = "ok\n";

    (void)ctx;
    send_reply(http, HTTP_OK, "OK", "text/plain", text, sizeof text - 1);
}

static void on_other(struct evhttp_request *http, void *ctx)
{
    (void)ctx;
    evhttp_send_error(http, HTTP_NOTFOUND,
                      "A Covey relay has /v1/sync and /healthz");
}

/* ---- the thread ---- */

static void on_bell(evutil_socket_t fd, short what, void *ctx)
{
    relay_worker *w = ctx;
    relay_address news[NEWS_MAX];
    uint64_t times = 0;
    ssize_t got = read(w->bell, &times, sizeof times);

    (void)fd;
    (void)what;
    (void)got;
    pthread_mutex_lock(&w->lock);
    exchange *done = w->done;
    size_t num_news = w->num_news;
    bool all = w->news_lost;
    bool stop = w->stop;
    w->done = NULL;
    w->num_news = 0;
    w->news_lost = false;
    memcpy(news, w->news, num_news * sizeof news[0]);
    pthread_mutex_unlock(&w->lock);

    relay_reader_begin(w->reader);
    while (done != NULL) {
        exchange *next = done->next_done;
        exchange_finish(done);
        done = next;
    }
    for (size_t i = 0; i < num_news; i++) tell(w, &news[i]);
    if (all || stop) tell_all(w);
    relay_reader_end(w->reader);
    if (stop) event_base_loopexit(w->base, &(struct timeval){.tv_sec = 1});
}

void relay_worker_news(relay_worker *w, const relay_address *mailbox)
{
    if (atomic_load(&w->num_waiting) == 0) return;
    pthread_mutex_lock(&w->lock);
    bool rings = w->num_news != 0; /* already */
    if (w->num_news < NEWS_MAX) {
        w->news[w->num_news++] = *mailbox;
    } else {
        w->news_lost = true;
    }
    pthread_mutex_unlock(&w->lock);
    if (!rings) ring(w);
}

/* The last thing to prepare: clients come from then on. */
static bool accept_clients(relay_worker *w)
{
    const relay_config *config = w->shared.config;
    const relay_connections_options options = {
        .tls = w->shared.tls,
        .request_s = config->request_s,
        .request_max = COVEY_SYNC_REQUEST_MAX + 2 * HEADERS_MAX,
        .max = relay_connections_max(config->connections_max, config->workers),
    };

    w->connections =
        relay_connections_new(w->base, w->http, w->shared.listener, &options);
    return w->connections != NULL;
}

static bool prepare(relay_worker *w)
{
    w->base = event_base_new();
    w->http = w->base != NULL ? evhttp_new(w->base) : NULL;
    w->reader = relay_reader_open(w->shared.storage);
    w->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (w->http == NULL || w->reader == NULL || w->bell < 0) return false;
    w->woken = event_new(w->base, w->bell, EV_READ | EV_PERSIST, on_bell, w);
    if (w->woken == NULL || event_add(w->woken, NULL) != 0) return false;
    evhttp_set_allowed_methods(w->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST |
                                            EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                                            EVHTTP_REQ_DELETE);
    evhttp_set_max_body_size(w->http, COVEY_SYNC_REQUEST_MAX);
    evhttp_set_max_headers_size(w->http, HEADERS_MAX);
    evhttp_set_timeout(w->http, IDLE_S);
    evhttp_set_gencb(w->http, on_other, w);
    return evhttp_set_cb(w->http, "/v1/sync", on_sync, w) == 0 &&
           evhttp_set_cb(w->http, "/healthz", on_health, w) == 0 &&
           accept_clients(w);
}

static void *run(void *arg)
{
    relay_worker *w = arg;

    event_base_dispatch(w->base);
    return NULL;
}

relay_worker *relay_worker_start(const relay_shared *shared)
{
    relay_worker *w = calloc(1, sizeof *w);

    if (w == NULL) return NULL;
    w->shared = *shared;
    w->bell = -1;
    randombytes_buf(w->hash_key, sizeof w->hash_key);
    pthread_mutex_init(&w->lock, NULL);
    if (!prepare(w) || pthread_create(&w->thread, NULL, run, w) != 0) {
        return NULL; /* the process ends: see main */
    }
    return w;
}

void relay_worker_end(relay_worker *w)
{
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_mutex_unlock(&w->lock);
    ring(w);
}

void relay_worker_stop(relay_worker *w)
{
    pthread_join(w->thread, NULL);
    evhttp_free(w->http);
    relay_connections_free(w->connections);
    event_free(w->woken);
    event_base_free(w->base);
    relay_reader_close(w->reader);
    close(w->bell);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
