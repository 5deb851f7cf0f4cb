/*
 * What blobs cost that are kept: bytes of the file, and time at the start.
 */
#ifndef BENCH_RELAY_STORED_H
#define BENCH_RELAY_STORED_H

#include <stddef.h>

typedef struct {
    double appends_hz;     /* a second, 256 in one durable step */
    double bytes_per_blob; /* of the file, for blobs of 256 */
    double open_s;         /* to read the store, its file in memory */
    double start_s;        /* of the whole relay, until it is there */
    double mailbox_bytes;  /* of the relay's memory, for each mailbox */
} stored_result;

stored_result stored_measure(size_t num_blobs, size_t num_mailboxes);

#endif
