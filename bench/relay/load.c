#include "load.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    int fd;
    size_t at; /* the request under way */
    size_t len;
    char answer[16384];
} connection;

typedef struct {
    const request *requests;
    size_t num;
    size_t step;
    bool is_sync;
    size_t num_done;
    size_t num_failed;
} load;

/* A request fits into the socket's buffer: nothing else is on its way. */
static void ask(const load *l, connection *c)
{
    const request *r = &l->requests[c->at];

    c->len = 0;
    if (send(c->fd, r->bytes, r->len, MSG_NOSIGNAL) != (ssize_t)r->len) {
        served_give_up("send");
    }
}

/* Where the body begins; NULL while the answer is not whole. */
static const char *whole_body(connection *c)
{
    c->answer[c->len] = 0;
    const char *end = strstr(c->answer, "\r\n\r\n");
    const char *length = strstr(c->answer, "Content-Length: ");

    if (end == NULL) return NULL;
    size_t body =
        length != NULL && length < end ? strtoul(length + 16, NULL, 10) : 0;
    return c->len >= (size_t)(end + 4 - c->answer) + body ? end + 4 : NULL;
}

/* Of a sync response the first field is the status. */
static bool is_right(const load *l, const connection *c, const char *body)
{
    return strncmp(c->answer, "HTTP/1.1 200 ", 13) == 0 &&
           (!l->is_sync || memcmp(body, "\x08\x01", 2) == 0);
}

static void on_answer(load *l, connection *c)
{
    ssize_t got =
        read(c->fd, c->answer + c->len, sizeof c->answer - 1 - c->len);

    if (got <= 0) served_give_up("the server hung up");
    c->len += (size_t)got;
    const char *body = whole_body(c);
    if (body == NULL) return;
    l->num_done++;
    if (!is_right(l, c, body)) l->num_failed++;
    c->at += l->step;
    if (c->at < l->num) ask(l, c);
}

static void drive(load *l, connection *all, int poll)
{
    struct epoll_event events[64];

    for (size_t i = 0; i < l->step && i < l->num; i++) ask(l, &all[i]);
    while (l->num_done < l->num) {
        int num = epoll_wait(poll, events, 64, 30000);

        if (num <= 0) served_give_up("no answers");
        for (int i = 0; i < num; i++) on_answer(l, events[i].data.ptr);
    }
}

load_result load_run(const served *s, const request *requests, size_t num,
                     size_t num_connections, bool is_sync)
{
    load l = {.requests = requests,
              .num = num,
              .step = num_connections,
              .is_sync = is_sync};
    connection *all = calloc(num_connections, sizeof *all);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    const int one = 1;

    if (all == NULL || poll < 0) served_give_up("memory");
    for (size_t i = 0; i < num_connections; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};

        all[i].at = i;
        all[i].fd = served_connect(s, 1);
        (void)setsockopt(all[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event) != 0) {
            served_give_up("epoll");
        }
    }
    load_result result = {.wall_s = -served_now_s(), .cpu_s = -served_cpu_s(s)};
    drive(&l, all, poll);
    result.wall_s += served_now_s();
    result.cpu_s += served_cpu_s(s);
    result.num_failed = l.num_failed;
    for (size_t i = 0; i < num_connections; i++) close(all[i].fd);
    close(poll);
    free(all);
    return result;
}
