/*
 * Load: connections that stay open, each with one request under way. What the
 * client costs is kept low; that it shares the machine cannot be helped.
 */
#ifndef BENCH_RELAY_LOAD_H
#define BENCH_RELAY_LOAD_H

#include "request.h"
#include "served.h"

typedef struct {
    double wall_s;
    double cpu_s;      /* of the server */
    size_t num_failed; /* answers that were not as they should be */
} load_result;

/* Sends all requests, the ith by connection i % num_connections, in order. An
 * answer is right when it is 200 and, if `is_sync`, has the status ok. */
load_result load_run(const served *s, const request *requests, size_t num,
                     size_t num_connections, bool is_sync);

#endif
