#include "honest.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"

struct honest {
    target to;
    pthread_t thread;
    atomic_bool stop;
    atomic_uint num;
    atomic_bool ended;
    unsigned longest_ms;
    char trouble[200];
};

/* One appends a blob, another reads it behind the last one. */
static bool go_on_once(honest *family, const covey_mailbox *mailbox,
                       uint64_t *after)
{
    exchange *writes = client_new(&family->to);
    exchange *reads = client_new(&family->to);

    client_add(writes, BLOB);
    writes->request.after = *after;
    bool ok = client_sync(writes, mailbox) &&
              writes->response.status == COVEY_SYNC_OK;
    reads->request.after = *after;
    ok = ok && client_sync(reads, mailbox) && reads->response.num_entries == 1;
    if (ok) {
        *after = reads->response.entries[0].index;
    } else {
        snprintf(family->trouble, sizeof family->trouble,
                 "%.80s%.80s, status %u, %zu entries", writes->trouble,
                 reads->trouble, writes->response.status,
                 reads->response.num_entries);
    }
    if (writes->took_ms > family->longest_ms) {
        family->longest_ms = writes->took_ms;
    }
    if (reads->took_ms > family->longest_ms) {
        family->longest_ms = reads->took_ms;
    }
    client_free(writes);
    client_free(reads);
    return ok;
}

static void *go_on(void *ctx)
{
    honest *family = ctx;
    covey_mailbox mailbox = client_mailbox();
    uint64_t after = 0;

    while (!atomic_load(&family->stop) &&
           go_on_once(family, &mailbox, &after)) {
        family->num++;
        usleep(5000);
    }
    atomic_store(&family->ended, true);
    return NULL;
}

honest *honest_start(const relay_program *relay)
{
    honest *family = calloc(1, sizeof *family);

    cr_assert_not_null(family);
    family->to = (target){.url = relay->url, .name = RELAY_NAME};
    cr_assert_eq(pthread_create(&family->thread, NULL, go_on, family), 0);
    return family;
}

void honest_stop(honest *family, const char *during, unsigned longest_ms)
{
    /* The attack may have been a short one. */
    while (family->num == 0 && !atomic_load(&family->ended)) usleep(1000);
    atomic_store(&family->stop, true);
    pthread_join(family->thread, NULL);
    cr_assert_eq(family->trouble[0], 0, "%s, an honest client failed: %s",
                 during, family->trouble);
    cr_assert(family->num > 0, "%s, an honest client got nowhere", during);
    cr_assert(family->longest_ms < longest_ms,
              "%s, an honest client waited %u ms", during, family->longest_ms);
    fprintf(stderr, "%s: %u rounds of an honest client, the longest %u ms\n",
            during, family->num, family->longest_ms);
    free(family);
}
