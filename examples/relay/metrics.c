#include "metrics.h"

#include <event2/buffer.h>
#include <event2/http.h>

static void add(struct evbuffer *out, const char *name, const char *type,
                const char *help, unsigned long long value)
{
    evbuffer_add_printf(out,
                        "# HELP covey_relay_%s %s\n# TYPE covey_relay_%s %s\n"
                        "covey_relay_%s %llu\n",
                        name, help, name, type, name, value);
}

static void on_metrics(struct evhttp_request *http, void *ctx)
{
    const relay_shared *shared = ctx;
    relay_counters *c = shared->counters;
    relay_wake_counters *wakes = shared->wake_counters;
    relay_storage_figures figures = relay_storage_measure(shared->storage);
    struct evbuffer *out = evbuffer_new();

    if (out == NULL) {
        evhttp_send_error(http, HTTP_INTERNAL, NULL);
        return;
    }
    add(out, "requests_total", "counter", "Sync requests.",
        atomic_load(&c->requests));
    add(out, "appended_total", "counter", "Blobs appended.",
        atomic_load(&c->appended));
    add(out, "given_total", "counter", "Blobs given to clients.",
        atomic_load(&c->given));
    add(out, "conflicts_total", "counter", "Appends that came too late.",
        atomic_load(&c->conflicts));
    add(out, "quotas_total", "counter", "Appends over a quota.",
        atomic_load(&c->quotas));
    add(out, "bad_requests_total", "counter", "Requests that do not decode.",
        atomic_load(&c->bad_requests));
    add(out, "bad_signatures_total", "counter", "Requests signed wrongly.",
        atomic_load(&c->bad_signatures));
    add(out, "retries_total", "counter", "Requests put off.",
        atomic_load(&c->retries));
    add(out, "waiting", "gauge", "Clients that wait for news.",
        atomic_load(&c->waiting));
    add(out, "wakes_total", "counter", "Wakes that a service has taken.",
        atomic_load(&wakes->sent));
    add(out, "wakes_failed_total", "counter", "Attempts that failed.",
        atomic_load(&wakes->failed));
    add(out, "wakes_ended_total", "counter",
        "Subscriptions whose endpoint was no more.",
        atomic_load(&wakes->ended));
    add(out, "wakes_dropped_total", "counter", "Wakes that were too many.",
        atomic_load(&wakes->dropped));
    add(out, "subscriptions", "gauge", "Subscriptions to being woken.",
        figures.subscriptions);
    add(out, "mailboxes", "gauge", "Mailboxes known.", figures.mailboxes);
    add(out, "blobs", "gauge", "Blobs kept.", figures.blobs);
    add(out, "file_bytes", "gauge", "Size of the store's file.",
        figures.file_bytes);
    evhttp_add_header(evhttp_request_get_output_headers(http), "Content-Type",
                      "text/plain; version=0.0.4");
    evhttp_send_reply(http, HTTP_OK, "OK", out);
    evbuffer_free(out);
}

struct evhttp *relay_metrics_serve(struct event_base *base,
                                   const relay_shared *shared)
{
    struct evhttp *http = evhttp_new(base);

    if (http == NULL) return NULL;
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET);
    /* The callback only reads what all threads share. */
    (void)evhttp_set_cb(http, "/metrics", on_metrics,
                        (void *)(uintptr_t)shared);
    if (evhttp_bind_socket(http, shared->config->metrics_address,
                           shared->config->metrics_port) != 0) {
        evhttp_free(http);
        return NULL;
    }
    return http;
}
