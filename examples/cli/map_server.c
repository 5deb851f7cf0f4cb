#include "map_server.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_SIZE 16
#define TOKEN_TEXT (2 * TOKEN_SIZE)

struct map_server {
    struct event_base *base;
    struct evhttp *http;
    const char *tiles;
    map_source *source;
    void *ctx;
    char token[TOKEN_TEXT + 1];
    char host[32];
    char url[MAP_URL_SIZE];
};

/* ---- answers ---- */

static void answer(struct evhttp_request *request, const char *type,
                   const char *text, size_t len)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    struct evbuffer *body = evhttp_request_get_output_buffer(request);

    (void)evhttp_add_header(headers, "Content-Type", type);
    (void)evhttp_add_header(headers, "Cache-Control", "no-store");
    (void)evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    (void)evhttp_add_header(headers, "Referrer-Policy", "no-referrer");
    (void)evhttp_add_header(headers, "X-Frame-Options", "DENY");
    (void)evhttp_add_header(headers, "Cross-Origin-Resource-Policy",
                            "same-origin");
    (void)evbuffer_add(body, text, len);
    evhttp_send_reply(request, HTTP_OK, NULL, NULL);
}

static void answer_state(map_server *server, struct evhttp_request *request)
{
    json_t *data = server->source(server->ctx);
    char *text = data != NULL ? json_dumps(data, JSON_COMPACT) : NULL;

    if (text != NULL) {
        answer(request, "application/json", text, strlen(text));
        sodium_memzero(text, strlen(text));
    } else {
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
    }
    free(text);
    json_decref(data);
}

static void answer_page(map_server *server, struct evhttp_request *request)
{
    const map_options options = {.tiles = server->tiles, .live = true};
    json_t *data = server->source(server->ctx);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    bool ok =
        out != NULL && data != NULL && map_page_write(out, data, &options);
    if (out != NULL) (void)fclose(out);
    if (ok) {
        answer(request, "text/html; charset=utf-8", text, len);
    } else {
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
    }
    free(text);
    json_decref(data);
}

/* The rest of the path behind the token; NULL: another token. */
static const char *behind_token(const map_server *server, const char *path)
{
    if (path == NULL || strnlen(path, TOKEN_TEXT + 2) < TOKEN_TEXT + 2 ||
        path[0] != '/' || path[TOKEN_TEXT + 1] != '/' ||
        sodium_memcmp(path + 1, server->token, TOKEN_TEXT) != 0) {
        return NULL;
    }
    return path + TOKEN_TEXT + 2;
}

static void on_request(struct evhttp_request *request, void *ctx)
{
    map_server *server = ctx;
    const char *host =
        evhttp_find_header(evhttp_request_get_input_headers(request), "Host");
    const char *path =
        evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
    const char *rest = behind_token(server, path);

    if (host == NULL || strcmp(host, server->host) != 0 || rest == NULL) {
        evhttp_send_error(request, HTTP_NOTFOUND, NULL);
    } else if (strcmp(rest, "state.json") == 0) {
        answer_state(server, request);
    } else if (*rest == 0) {
        answer_page(server, request);
    } else {
        evhttp_send_error(request, HTTP_NOTFOUND, NULL);
    }
}

/* ---- beginning and end ---- */

static uint16_t port_of(struct evhttp_bound_socket *bound)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;

    memset(&address, 0, sizeof address);
    if (getsockname(evhttp_bound_socket_get_fd(bound),
                    (struct sockaddr *)&address, &len) != 0) {
        return 0;
    }
    return ntohs(address.sin_port);
}

static bool listen_at(map_server *server, uint16_t port)
{
    unsigned char token[TOKEN_SIZE];

    server->base = event_base_new();
    if (server->base == NULL) return false;
    server->http = evhttp_new(server->base);
    if (server->http == NULL) return false;
    evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET);
    evhttp_set_max_headers_size(server->http, 8192);
    evhttp_set_max_body_size(server->http, 0);
    evhttp_set_timeout(server->http, 30);
    evhttp_set_gencb(server->http, on_request, server);
    struct evhttp_bound_socket *bound =
        evhttp_bind_socket_with_handle(server->http, "127.0.0.1", port);
    if (bound == NULL) return false;

    randombytes_buf(token, sizeof token);
    (void)sodium_bin2hex(server->token, sizeof server->token, token,
                         sizeof token);
    snprintf(server->host, sizeof server->host, "127.0.0.1:%u", port_of(bound));
    snprintf(server->url, sizeof server->url, "http://%s/%s/", server->host,
             server->token);
    return true;
}

map_server *map_server_open(uint16_t port, const char *tiles,
                            map_source *source, void *ctx, complaint *error)
{
    map_server *server = calloc(1, sizeof *server);

    if (server != NULL) {
        server->tiles = tiles;
        server->source = source;
        server->ctx = ctx;
    }
    if (server == NULL || !listen_at(server, port)) {
        (void)complain(error,
                       "cannot listen on 127.0.0.1 port %u: take another "
                       "--port, or none",
                       port);
        map_server_close(server);
        return NULL;
    }
    return server;
}

void map_server_close(map_server *server)
{
    if (server == NULL) return;
    if (server->http != NULL) evhttp_free(server->http);
    if (server->base != NULL) event_base_free(server->base);
    sodium_memzero(server, sizeof *server);
    free(server);
}

const char *map_server_url(const map_server *server)
{
    return server->url;
}

void map_server_turn(map_server *server, uint32_t timeout_ms)
{
    const struct timeval limit = {.tv_sec = timeout_ms / 1000,
                                  .tv_usec =
                                      (suseconds_t)(timeout_ms % 1000) * 1000};

    if (timeout_ms == 0) {
        (void)event_base_loop(server->base, EVLOOP_NONBLOCK);
    } else {
        (void)event_base_loopexit(server->base, &limit);
        (void)event_base_loop(server->base, EVLOOP_ONCE);
    }
}
