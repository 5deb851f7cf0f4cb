/*
 * Attachments on their way: a file whose hooks can be told to fail, and the
 * loop that a host runs between a transfer and a relay.
 */
#ifndef COVEY_TEST_TRANSFERS_H
#define COVEY_TEST_TRANSFERS_H

#include <covey/attachment.h>

#include "support/bytes.h"
#include "support/random.h"
#include "support/relay_log.h"

#define TEST_NEVER SIZE_MAX

typedef struct {
    uint8_t *bytes;
    size_t len;
    size_t num_reads; /* so far, the failed one included */
    size_t num_writes;
    size_t fail_read; /* this one fails, 0 the first: TEST_NEVER */
    size_t fail_write;
} test_file;

/* Of random content, which lives until test_free_all; seed 0: zeros. */
test_file test_file_new(uint64_t seed, size_t len);

/* The hooks, which outlive the call with the file. */
covey_transfer_file test_file_hooks(test_file *file);

/* With working memory for one blob, or for `batch`. */
covey_transfer_config test_transfer_config(const covey_transfer_file *hooks,
                                           size_t blob, uint32_t batch);

/* A closed transfer. */
covey_transfer *test_transfer_new(void);

/* What a sender is given: a voice clip of this size. */
covey_attachment test_voice(size_t size);

/* One turn of the host's loop: what is due is done, and what was asked is
 * answered; without a request the time goes on. */
int test_transfer_step(covey_transfer *t, test_relay *relay, uint64_t *now_ms);

/* Turns until it is DONE or BROKEN, at most so many. The first error that is
 * not a wrong answer. */
int test_transfer_run(covey_transfer *t, test_relay *relay, size_t turns);

covey_transfer_state test_transfer_state(const covey_transfer *t);

/* Sends a file whole; the descriptor. Aborts when that fails. */
covey_attachment test_transfer_sent(test_relay *relay, test_file *file,
                                    uint32_t max_blob);

#endif
