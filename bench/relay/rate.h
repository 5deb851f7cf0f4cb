/*
 * How many syncs a second, beside what no relay can do without.
 */
#ifndef BENCH_RELAY_RATE_H
#define BENCH_RELAY_RATE_H

#include <stddef.h>

typedef struct {
    double cpu_us;  /* processor time of the server for one, median */
    double wall_hz; /* a second, with the client on the same cores */
} rate_row;

typedef struct {
    size_t num_failed;
    rate_row relay;  /* append a blob and read one */
    rate_row evhttp; /* the same requests, an empty 200 */
    rate_row verify; /* Ed25519 over a text as long as a request's */
    double ratio;    /* of verify to relay in processor time, median */
} rate_result;

/* Each in every round, by turns, with so many requests. */
rate_result rate_measure(size_t num_requests, size_t num_rounds);

#endif
