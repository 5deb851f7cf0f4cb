#include "connections.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_MS 500
#define PAUSE_MS 20   /* before the next is accepted, when it is full */
#define SLOWEST 500u  /* bytes a second of a request: a bad GPRS */
#define ANSWER_S 300u /* for the longest answer, at such a pace */
#define UNFINISHED_MAX (32u << 20) /* bytes of requests that are coming */
#define OTHER_FILES 64u            /* the store's and the worker's */
#define MAX 100000u                /* 5 kB each when idle, 20 kB with TLS */
#define FEWEST 16u

typedef struct connection {
    relay_connections *all;
    struct bufferevent *bev; /* a reference, which keeps it from going */
    uint64_t since_ms;       /* a request is awaited, or an answer is taken */
    size_t received;         /* of the request that is coming */
    bool told_to_end;
    struct connection *next; /* in the order of the last answers */
    struct connection *before;
} connection;

struct relay_connections {
    relay_connections_options options;
    struct event_base *base;
    struct evconnlistener *listener;
    struct event *look;
    struct event *resume;
    connection ends; /* of the list: next is the one that waits longest */
    size_t num;
    size_t unfinished;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- the list ---- */

static void leave(connection *c)
{
    c->before->next = c->next;
    c->next->before = c->before;
}

static void go_last(connection *c)
{
    connection *ends = &c->all->ends;

    c->before = ends->before;
    c->next = ends;
    c->before->next = c;
    ends->before = c;
}

/* ---- what a connection does ---- */

static void on_input(struct evbuffer *buffer,
                     const struct evbuffer_cb_info *info, void *ctx)
{
    connection *c = ctx;

    (void)buffer;
    if (info->n_added == 0) return;
    if (c->told_to_end) return;
    if (c->since_ms == 0) c->since_ms = now_ms();
    c->received += info->n_added;
    c->all->unfinished += info->n_added;
    if (c->all->unfinished > UNFINISHED_MAX) {
        (void)event_add(c->all->resume, &(struct timeval){0});
    }
}

/* What has come of the next request already stays. */
static void forget_received(connection *c)
{
    c->all->unfinished -= c->received;
    c->received = 0;
    if (c->told_to_end) return;
    c->received = evbuffer_get_length(bufferevent_get_input(c->bev));
    c->all->unfinished += c->received;
}

/* The answer begins, and then is taken: either starts the time anew. */
static void on_output(struct evbuffer *buffer,
                      const struct evbuffer_cb_info *info, void *ctx)
{
    connection *c = ctx;

    forget_received(c);
    if (info->n_added != 0) c->since_ms = now_ms();
    if (evbuffer_get_length(buffer) == 0) {
        c->since_ms = c->received != 0 ? now_ms() : 0;
    }
    leave(c);
    go_last(c);
}

/* libevent takes its callbacks away when it is done with a connection. */
static bool is_gone(const connection *c)
{
    bufferevent_data_cb read = NULL;
    bufferevent_data_cb write = NULL;
    bufferevent_event_cb event = NULL;
    void *ctx = NULL;

    bufferevent_getcb(c->bev, &read, &write, &event, &ctx);
    return event == NULL;
}

/* libevent's HTTP does not read while a request is being answered. */
static bool is_served(const connection *c)
{
    return (bufferevent_get_enabled(c->bev) & EV_READ) == 0 &&
           evbuffer_get_length(bufferevent_get_output(c->bev)) == 0;
}

static bool is_late(const connection *c, uint64_t now)
{
    uint64_t allowed_s = c->all->options.request_s + c->received / SLOWEST;

    if (c->since_ms == 0 || is_served(c)) return false;
    if (evbuffer_get_length(bufferevent_get_output(c->bev)) != 0) {
        allowed_s = ANSWER_S;
    }
    return now > c->since_ms + allowed_s * 1000;
}

static void release(connection *c)
{
    relay_connections *all = c->all;

    evbuffer_remove_cb(bufferevent_get_input(c->bev), on_input, c);
    evbuffer_remove_cb(bufferevent_get_output(c->bev), on_output, c);
    bufferevent_decref(c->bev);
    all->unfinished -= c->received;
    all->num--;
    leave(c);
    free(c);
}

/* As if it had been silent for too long; later, since libevent may be just
 * about it. */
static void end(connection *c)
{
    if (c->told_to_end) return;
    c->told_to_end = true;
    forget_received(c);
    bufferevent_trigger_event(c->bev, BEV_EVENT_READING | BEV_EVENT_TIMEOUT,
                              BEV_TRIG_DEFER_CALLBACKS);
}

/* ---- all of them ---- */

/* Ends some of those that have waited longest with nothing to show; those
 * that are being served go to the back. */
static void make_room(relay_connections *all)
{
    size_t wanted = all->options.max / 8 + 1;

    for (size_t i = 0; wanted != 0 && i < all->num; i++) {
        connection *c = all->ends.next;

        leave(c);
        go_last(c);
        if (is_gone(c) || is_served(c) || c->told_to_end) continue;
        end(c);
        wanted--;
    }
}

static void look(relay_connections *all)
{
    uint64_t now = now_ms();
    connection *next = NULL;
    size_t too_much =
        all->unfinished > UNFINISHED_MAX ? all->unfinished - UNFINISHED_MAX : 0;

    for (connection *c = all->ends.next; c != &all->ends; c = next) {
        next = c->next;
        if (is_gone(c)) {
            release(c);
        } else if (is_late(c, now)) {
            end(c);
        } else if (too_much != 0 && c->received != 0 && !is_served(c)) {
            too_much -= c->received < too_much ? c->received : too_much;
            end(c);
        }
    }
}

static void accept_more(relay_connections *all)
{
    const struct timeval pause = {.tv_usec = PAUSE_MS * 1000};

    if (all->num < all->options.max) {
        (void)evconnlistener_enable(all->listener);
        return;
    }
    (void)evconnlistener_disable(all->listener);
    make_room(all);
    (void)event_add(all->resume, &pause);
}

static void on_look(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    look(ctx);
    accept_more(ctx);
}

static struct bufferevent *new_socket(relay_connections *all)
{
    if (all->options.tls == NULL) {
        return bufferevent_socket_new(all->base, -1, 0);
    }
    SSL *tls = SSL_new(all->options.tls);
    if (tls == NULL) return NULL;
    return bufferevent_openssl_socket_new(all->base, -1, tls,
                                          BUFFEREVENT_SSL_ACCEPTING,
                                          BEV_OPT_CLOSE_ON_FREE);
}

/* For libevent's HTTP, which has accepted a connection. */
static struct bufferevent *on_new(struct event_base *base, void *ctx)
{
    relay_connections *all = ctx;
    struct bufferevent *bev = new_socket(all);
    connection *c = calloc(1, sizeof *c);

    (void)base;
    /* Without a socket from here libevent would make one without TLS. */
    if (bev == NULL || c == NULL) abort();
    c->all = all;
    c->bev = bev;
    c->since_ms = now_ms();
    /* Requests that come faster than they are answered wait in the network.
     */
    bufferevent_setwatermark(bev, EV_READ, 0, all->options.request_max);
    bufferevent_incref(bev);
    (void)evbuffer_add_cb(bufferevent_get_input(bev), on_input, c);
    (void)evbuffer_add_cb(bufferevent_get_output(bev), on_output, c);
    go_last(c);
    if (++all->num >= all->options.max) accept_more(all);
    return bev;
}

/* No file is left: those who knock wait until the next look, and nothing is
 * written of it again and again. */
static void on_error(struct evconnlistener *listener, void *ctx)
{
    (void)ctx; /* libevent's own */
    (void)evconnlistener_disable(listener);
}

relay_connections *
relay_connections_new(struct event_base *base, struct evhttp *http,
                      int listener, const relay_connections_options *options)
{
    const struct timeval every = {.tv_usec = LOOK_EVERY_MS * 1000};
    relay_connections *all = calloc(1, sizeof *all);
    int fd = dup(listener);

    if (all == NULL || fd < 0) return NULL; /* the process ends: see main */
    all->options = *options;
    all->base = base;
    all->ends.next = all->ends.before = &all->ends;
    all->look = event_new(base, -1, EV_PERSIST, on_look, all);
    all->resume = evtimer_new(base, on_look, all);
    struct evhttp_bound_socket *bound =
        evhttp_accept_socket_with_handle(http, fd);
    if (all->look == NULL || all->resume == NULL || bound == NULL ||
        event_add(all->look, &every) != 0) {
        return NULL;
    }
    all->listener = evhttp_bound_socket_get_listener(bound);
    evhttp_set_bevcb(http, on_new, all);
    evconnlistener_set_error_cb(all->listener, on_error);
    return all;
}

void relay_connections_free(relay_connections *all)
{
    if (all == NULL) return;
    while (all->ends.next != &all->ends) release(all->ends.next);
    event_free(all->look);
    event_free(all->resume);
    free(all);
}

size_t relay_connections_max(size_t most, size_t num_workers)
{
    struct rlimit files;
    size_t max = most != 0 ? most : MAX;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < max) {
        max = (size_t)files.rlim_cur;
        max = max > 2 * OTHER_FILES ? max - OTHER_FILES : OTHER_FILES;
    }
    max /= num_workers;
    return max > FEWEST ? max : FEWEST;
}
