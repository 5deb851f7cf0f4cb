/*
 * What clients cost that wait: memory of the relay for each idle long poll.
 */
#ifndef BENCH_RELAY_POLLS_H
#define BENCH_RELAY_POLLS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    size_t num;   /* that waited at the same time */
    double bytes; /* of the relay's memory, for each */
} polls_result;

/* As many as asked, or as files allow, from several addresses, each on a
 * mailbox of its own. */
polls_result polls_measure(size_t num, bool tls);

#endif
