/*
 * An operation and its limit, timed by turns: what disturbs the machine
 * disturbs both.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "bare.h"

typedef struct {
    void *ctx;
    void (*prepare)(void *ctx); /* before each run, not timed */
    void (*run)(void *ctx);
    const bare_plan *limit; /* NULL: none */
} measure_subject;

typedef struct {
    size_t runs;
    double time_us; /* medians of the thread's processor time */
    double limit_us;
    bare_counts counts; /* of one run */
    bare_counts limit_counts;
} measure_result;

/* runs: 0 for as many as give a steady median. */
measure_result measure(const measure_subject *subject, size_t runs);

#endif
