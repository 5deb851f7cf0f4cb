/*
 * covey-relay: the reference relay. It keeps mailboxes of sealed blobs for
 * families it knows nothing of. SPEC.md chapter 4.
 */
#include <covey/version.h>
#include <curl/curl.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netdb.h>
#include <openssl/err.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "metrics.h"
#include "worker.h"

#define BACKLOG 4096
#define WORKERS_MAX 256

/* Those who are told news; grows while the writer works already. */
typedef struct {
    relay_worker *workers[WORKERS_MAX];
    atomic_size_t num;
} crew;

static void complain(const char *what, const char *why)
{
    fprintf(stderr, "covey-relay: %s: %s\n", what, why);
}

/* The listening socket; below 0 after a complaint. */
static int listen_at(const char *address, uint16_t port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    const int one = 1;
    char text[8];
    int fd = -1;

    snprintf(text, sizeof text, "%u", port);
    int err = getaddrinfo(address, text, &hints, &found);
    if (err != 0) {
        complain(address, gai_strerror(err));
        return -1;
    }
    fd =
        socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
        listen(fd, BACKLOG) != 0) {
        fprintf(stderr, "covey-relay: cannot listen on %s port %u: %s\n",
                address, port, strerror(errno));
        if (fd >= 0) close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

/* No session tickets: they would link one client's connections. */
static bool make_tls(SSL_CTX **tls, const relay_config *config)
{
    *tls = NULL;
    if (*config->certificate == 0) return true;
    *tls = SSL_CTX_new(TLS_server_method());
    if (*tls != NULL && SSL_CTX_set_min_proto_version(*tls, TLS1_2_VERSION) &&
        SSL_CTX_use_certificate_chain_file(*tls, config->certificate) == 1 &&
        SSL_CTX_use_PrivateKey_file(*tls, config->key, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(*tls) == 1) {
        (void)SSL_CTX_set_options(*tls, SSL_OP_NO_TICKET);
        (void)SSL_CTX_set_num_tickets(*tls, 0);
        (void)SSL_CTX_set_session_cache_mode(*tls, SSL_SESS_CACHE_OFF);
        /* Who waits needs no buffers: half of what he costs. */
        (void)SSL_CTX_set_mode(*tls, SSL_MODE_RELEASE_BUFFERS);
        return true;
    }
    complain(config->certificate, ERR_reason_error_string(ERR_peek_error()));
    return false;
}

/* As many connections as the system lets this process have. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void on_news(void *ctx, const relay_address *mailbox)
{
    crew *all = ctx;
    size_t num = atomic_load(&all->num);

    for (size_t i = 0; i < num; i++) {
        relay_worker_news(all->workers[i], mailbox);
    }
}

/* What the writer's calls need. */
typedef struct {
    crew *all;
    relay_wake *wake;
} told;

static void on_woke(void *ctx, const relay_address *mailbox)
{
    const told *to = ctx;

    relay_wake_mailbox(to->wake, mailbox);
}

static void on_settled(void *ctx)
{
    const told *to = ctx;
    size_t num = atomic_load(&to->all->num);

    for (size_t i = 0; i < num; i++) {
        relay_worker_settled(to->all->workers[i]);
    }
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
    (void)number;
    (void)what;
    event_base_loopbreak(ctx);
}

/* Signals to end wait until this thread listens to them, and come to no
 * other. */
static void mask_end(int how)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(how, &signals, NULL);
}

/* Waits for SIGTERM or SIGINT, and serves the figures meanwhile. */
static bool wait_for_end(const relay_shared *shared)
{
    struct event_base *base = event_base_new();
    struct evhttp *metrics = NULL;
    bool ok = base != NULL;

    if (ok && shared->config->metrics_port != 0) {
        metrics = relay_metrics_serve(base, shared);
        ok = metrics != NULL;
        if (!ok) complain("metrics-port", "cannot listen there");
    }
    if (ok) {
        struct event *term = evsignal_new(base, SIGTERM, on_signal, base);
        struct event *interrupt = evsignal_new(base, SIGINT, on_signal, base);

        event_add(term, NULL);
        event_add(interrupt, NULL);
        mask_end(SIG_UNBLOCK);
        fprintf(stderr, "covey-relay: serving %s at %s port %u%s\n",
                shared->config->name, shared->config->address,
                shared->config->port, shared->tls != NULL ? ", TLS" : "");
        event_base_dispatch(base);
        event_free(term);
        event_free(interrupt);
    }
    if (metrics != NULL) evhttp_free(metrics);
    if (base != NULL) event_base_free(base);
    return ok;
}

/* Everything that is open is closed in the reverse order, so that what was
 * accepted is answered: first the writer ends, then those who ask it. */
static int serve(relay_shared *shared, crew *all)
{
    size_t num = 0;
    told to = {all, shared->wake};

    shared->writer =
        relay_writer_start(shared->storage,
                           &(relay_writer_calls){&to, on_woke, on_settled});
    if (shared->writer == NULL) {
        complain("threads", strerror(errno));
        return 1;
    }
    bool ok = relay_wake_start(shared->wake, shared->writer);
    while (ok && num < shared->config->workers) {
        all->workers[num] = relay_worker_start(shared);
        ok = all->workers[num] != NULL;
        if (ok) {
            atomic_store(&all->num, ++num);
            /* It may have had a job done before it was one of the crew. */
            relay_worker_settled(all->workers[num - 1]);
        }
    }
    if (!ok) complain("workers", "no memory, threads or files for them");
    if (ok) ok = wait_for_end(shared);
    fprintf(stderr, "covey-relay: ending\n");
    relay_wake_stop(shared->wake);
    relay_writer_stop(shared->writer);
    for (size_t i = 0; i < num; i++) relay_worker_end(all->workers[i]);
    for (size_t i = 0; i < num; i++) relay_worker_stop(all->workers[i]);
    relay_writer_free(shared->writer);
    return ok ? 0 : 1;
}

/* NULL where nobody is to be woken; false after a complaint. */
static bool make_wake(relay_shared *shared)
{
    const char *error = "";

    if (!relay_wake_is_wanted(shared->config)) return true;
    shared->wake = relay_wake_new(shared->config, shared->storage,
                                  shared->wake_counters, &error);
    if (shared->wake == NULL) complain("waking", error);
    return shared->wake != NULL;
}

static int open_and_serve(const relay_config *config, int listener,
                          SSL_CTX *tls)
{
    crew all = {.num = 0};
    const relay_storage_options options = {
        .path = config->database,
        .expiry_h = config->expiry_h,
        .keep_h = config->keep_h,
        .mailbox_blobs_max = config->mailbox_blobs_max,
        .hour_blobs_max = config->hour_blobs_max,
        .disk_bytes_max = (uint64_t)config->disk_max_mb * 1000000,
        .subscriptions_max = config->wake_subscriptions_max,
        .news = on_news,
        .news_ctx = &all,
    };
    char error[300];
    static relay_counters counters;
    static relay_wake_counters wake_counters;
    relay_shared shared = {
        .config = config,
        .storage =
            relay_storage_open(&options, relay_now_h(), error, sizeof error),
        .limits =
            relay_limits_new(config->new_mailboxes_hour, config->waits_max),
        .counters = &counters,
        .wake_counters = &wake_counters,
        .tls = tls,
        .listener = listener,
    };
    int status = 1;

    if (shared.storage == NULL) {
        complain("the store cannot be opened", error);
    } else if (shared.limits == NULL) {
        complain("limits", "out of memory");
    } else if (make_wake(&shared)) {
        status = serve(&shared, &all);
    }
    relay_wake_free(shared.wake);
    relay_storage_close(shared.storage);
    relay_limits_free(shared.limits);
    return status;
}

int main(int argc, char **argv)
{
    static relay_config config;
    SSL_CTX *tls = NULL;
    int status = relay_config_read(&config, argc, argv);

    if (status == 3) printf("covey-relay %s\n", covey_version());
    if (status != 0) return status == 2 ? 2 : 0;
    if (sodium_init() < 0) {
        complain("libsodium", "does not start");
        return 1;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        complain("libcurl", "does not start");
        return 1;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    mask_end(SIG_BLOCK);
    raise_file_limit();
    if (!make_tls(&tls, &config)) return 1;
    int listener = listen_at(config.address, config.port);
    status = listener < 0 ? 1 : open_and_serve(&config, listener, tls);
    if (listener >= 0) close(listener);
    SSL_CTX_free(tls);
    return status;
}
