#include "writer.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define QUEUE_MAX 65536u
#define BATCH_MAX 256u
#define EXPIRE_EVERY_S 60
#define EXPIRE_AT_ONCE 20000u
/* From the beginning of one durable step to the next: what it costs is shared
 * by those who come in between. Who comes first does not wait. */
#define STEP_NS 4000000

struct relay_writer {
    relay_storage *storage;
    relay_writer_calls calls;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    relay_job *first;
    relay_job **last; /* where the next one goes */
    size_t num;
    bool stop;
};

uint32_t relay_now_h(void)
{
    return (uint32_t)(time(NULL) / 3600);
}

/* Takes up to BATCH_MAX jobs off the queue; waits for one, at most until it
 * is time to expire. False: stop. */
static bool take(relay_writer *w, relay_job *jobs[BATCH_MAX], size_t *num,
                 time_t until)
{
    const struct timespec deadline = {.tv_sec = until};

    *num = 0;
    pthread_mutex_lock(&w->lock);
    while (w->first == NULL && !w->stop) {
        if (pthread_cond_timedwait(&w->work, &w->lock, &deadline) != 0) break;
    }
    while (w->first != NULL && *num < BATCH_MAX) {
        jobs[(*num)++] = w->first;
        w->first = w->first->next;
        w->num--;
    }
    if (w->first == NULL) w->last = &w->first;
    bool go_on = *num != 0 || !w->stop;
    pthread_mutex_unlock(&w->lock);
    return go_on;
}

static void append(relay_writer *w, relay_job *jobs[], size_t num)
{
    relay_append *batch[BATCH_MAX];

    for (size_t i = 0; i < num; i++) batch[i] = &jobs[i]->append;
    relay_storage_append(w->storage, batch, num, relay_now_h());
    for (size_t i = 0; i < num; i++) {
        /* The job is its worker's again as soon as it is done. */
        relay_address mailbox = jobs[i]->append.mailbox;
        bool woke = jobs[i]->append.woke;

        jobs[i]->done(jobs[i]);
        if (woke) w->calls.woke(w->calls.ctx, &mailbox);
    }
    w->calls.settled(w->calls.ctx);
}

static struct timespec end_of_step(void)
{
    struct timespec at;

    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += STEP_NS;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

static void *run(void *arg)
{
    relay_writer *w = arg;
    relay_job *jobs[BATCH_MAX];
    size_t num = 0;
    time_t expire_at = time(NULL) + EXPIRE_EVERY_S;

    while (take(w, jobs, &num, expire_at)) {
        if (num != 0) {
            const struct timespec end = end_of_step();

            append(w, jobs, num);
            if (num < BATCH_MAX) {
                (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end,
                                      NULL);
            }
        }
        if (time(NULL) >= expire_at) {
            (void)relay_storage_expire(w->storage, relay_now_h(),
                                       EXPIRE_AT_ONCE);
            expire_at = time(NULL) + EXPIRE_EVERY_S;
        }
    }
    return NULL;
}

relay_writer *relay_writer_start(relay_storage *storage,
                                 const relay_writer_calls *calls)
{
    relay_writer *w = calloc(1, sizeof *w);

    if (w == NULL) return NULL;
    w->storage = storage;
    w->calls = *calls;
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->work, NULL);
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        free(w);
        return NULL;
    }
    return w;
}

bool relay_writer_add(relay_writer *w, relay_job *job)
{
    bool added = false;

    job->next = NULL;
    pthread_mutex_lock(&w->lock);
    if (w->num < QUEUE_MAX && !w->stop) {
        *w->last = job;
        w->last = &job->next;
        w->num++;
        added = true;
        pthread_cond_signal(&w->work);
    }
    pthread_mutex_unlock(&w->lock);
    return added;
}

void relay_writer_stop(relay_writer *w)
{
    if (w == NULL) return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
}

void relay_writer_free(relay_writer *w)
{
    if (w == NULL) return;
    pthread_cond_destroy(&w->work);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
