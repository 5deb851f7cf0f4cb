/*
 * What one run has saved.
 */
#ifndef BENCH_SAVES_H
#define BENCH_SAVES_H

#include <covey/port.h>

#define SAVES_MAX 4

typedef struct {
    size_t num;
    size_t num_records; /* the key slot included */
    size_t bytes;
    size_t key_slots[SAVES_MAX];
    size_t num_lens;
    size_t lens[SAVES_MAX * COVEY_STORE_RECORDS_MAX];
} circle_saves;

#endif
