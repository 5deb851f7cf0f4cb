#include "measure.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS_MIN 61
#define RUNS_MAX 2001
#define TARGET_NS 400000000.0

/* Processor time: on a busy machine the wall's clock tells of others. */
static double now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *values, size_t num)
{
    qsort(values, num, sizeof values[0], by_value);
    return values[num / 2];
}

static double time_subject(const measure_subject *subject)
{
    subject->prepare(subject->ctx);

    double start = now_ns();
    subject->run(subject->ctx);
    return now_ns() - start;
}

static double time_limit(const measure_subject *subject)
{
    if (subject->limit == NULL) return 0;

    double start = now_ns();
    bare_run(subject->limit);
    return now_ns() - start;
}

/* What reading the clock twice takes. */
static double clock_ns(void)
{
    double values[101];

    for (size_t i = 0; i < 101; i++) {
        double start = now_ns();
        values[i] = now_ns() - start;
    }
    return median(values, 101);
}

static void count(measure_result *result, const measure_subject *subject)
{
    subject->prepare(subject->ctx);
    bare_count_begin();
    subject->run(subject->ctx);
    result->counts = bare_count_end();
    bare_count_begin();
    if (subject->limit != NULL) bare_run(subject->limit);
    result->limit_counts = bare_count_end();
}

measure_result measure(const measure_subject *subject, size_t runs)
{
    static double times[RUNS_MAX];
    static double limits[RUNS_MAX];
    measure_result result;

    memset(&result, 0, sizeof result);
    count(&result, subject);

    double once = time_subject(subject) + time_limit(subject);
    if (runs == 0) {
        runs = once > 0 ? (size_t)(TARGET_NS / once) : RUNS_MAX;
        if (runs < RUNS_MIN) runs = RUNS_MIN;
    }
    if (runs > RUNS_MAX) runs = RUNS_MAX;
    for (size_t i = 0; i < runs; i++) {
        /* Neither always finds the other's leavings in the caches. */
        if (i % 2 == 0) times[i] = time_subject(subject);
        limits[i] = time_limit(subject);
        if (i % 2 != 0) times[i] = time_subject(subject);
    }

    double clock = clock_ns();
    result.runs = runs;
    result.time_us = (median(times, runs) - clock) / 1000;
    if (subject->limit != NULL) {
        result.limit_us = (median(limits, runs) - clock) / 1000;
    }
    return result;
}
