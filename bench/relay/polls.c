#include "polls.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "request.h"
#include "served.h"

#define WARM 50u
#define EACH_ADDRESS 9000u /* ports of one client address */
#define SPARE_FILES 200u   /* the relay's own, and ours */
#define WAIT_MS 290000u
#define COUNTED_S 60.0

typedef struct {
    int fd;
    SSL *tls;
} waiting;

static size_t files_allow(size_t num)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return num;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    return num + SPARE_FILES <= limit.rlim_max
               ? num
               : (size_t)limit.rlim_max - SPARE_FILES;
}

static bool say(waiting *w, SSL_CTX *tls, const request *r)
{
    if (tls == NULL) return write(w->fd, r->bytes, r->len) == (ssize_t)r->len;
    w->tls = SSL_new(tls);
    return w->tls != NULL && SSL_set_fd(w->tls, w->fd) == 1 &&
           SSL_connect(w->tls) == 1 &&
           SSL_write(w->tls, r->bytes, (int)r->len) == (int)r->len;
}

static void begin(waiting *w, const served *relay, SSL_CTX *tls, unsigned i)
{
    covey_mailbox mailbox = request_mailbox(1000000 + i);
    request r = request_poll(&mailbox, WAIT_MS);

    w->fd = served_connect(relay, 1 + i / EACH_ADDRESS);
    if (!say(w, tls, &r)) served_give_up("a poll does not begin");
    request_free(&r);
}

static void wait_for(const served *relay, size_t num)
{
    double until = served_now_s() + COUNTED_S;
    uint64_t found = 0;

    while ((found = served_figure(relay, "waiting")) != num) {
        if (served_now_s() > until) {
            fprintf(stderr, "bench_relay: %llu of %zu wait\n",
                    (unsigned long long)found, num);
            exit(1);
        }
        usleep(20000);
    }
}

static SSL_CTX *client_tls(void)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

    if (tls == NULL) served_give_up("TLS");
    (void)SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    return tls;
}

polls_result polls_measure(size_t num, bool tls)
{
    polls_result result = {.num = files_allow(num)};
    /* One worker: each has its share of the files that are allowed. */
    served relay = served_relay("polls.db", tls, 1);
    waiting *all = calloc(result.num + WARM, sizeof *all);
    SSL_CTX *context = tls ? client_tls() : NULL;
    uint64_t before = 0;

    if (all == NULL) served_give_up("memory");
    for (unsigned i = 0; i < result.num + WARM; i++) {
        if (i == WARM) {
            wait_for(&relay, WARM);
            before = served_memory(&relay);
        }
        begin(&all[i], &relay, context, i);
    }
    wait_for(&relay, result.num + WARM);
    result.bytes =
        (double)(served_memory(&relay) - before) / (double)result.num;
    for (size_t i = 0; i < result.num + WARM; i++) {
        SSL_free(all[i].tls);
        close(all[i].fd);
    }
    served_end(&relay);
    SSL_CTX_free(context);
    free(all);
    return result;
}
