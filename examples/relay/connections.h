/*
 * The connections of one worker: none may hold a place for long without
 * getting on with a request. libevent's HTTP watches each silence by itself;
 * who says a byte now and then would stay for ever.
 *
 * One whose request has come whole, and waits for its answer, is left alone.
 */
#ifndef RELAY_CONNECTIONS_H
#define RELAY_CONNECTIONS_H

#include <event2/http.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    SSL_CTX *tls;       /* NULL: none */
    uint32_t request_s; /* for a request, and 1 s more for each 500 bytes */
    size_t request_max; /* bytes, with its headers */
    size_t max;         /* connections at a time, of this worker */
} relay_connections_options;

typedef struct relay_connections relay_connections;

/* Serves the listening socket's connections with http. NULL without memory
 * or files. */
relay_connections *
relay_connections_new(struct event_base *base, struct evhttp *http,
                      int listener, const relay_connections_options *options);

/* After http is freed. */
void relay_connections_free(relay_connections *connections);

/* What the system's limit of open files leaves for connections, of one of so
 * many workers; at most `most` for all, if that is not 0. */
size_t relay_connections_max(size_t most, size_t num_workers);

#endif
