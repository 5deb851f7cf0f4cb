/*
 * The bare calls that a fix cannot do without: RFC 9420 sections 6.3 and 9,
 * SPEC.md chapters 4 and 5.
 */
#ifndef BENCH_LIMIT_OF_FIX_H
#define BENCH_LIMIT_OF_FIX_H

#include <covey/mls.h>

#include "bare.h"
#include "saves.h"

/* An application message of this payload in a blob of this size, made and
 * opened. */
void limit_message_out(bare_plan *plan, const covey_mls_group *group,
                       size_t payload_len, size_t blob_len);
void limit_message_in(bare_plan *plan, const covey_mls_group *group,
                      size_t payload_len, size_t blob_len);

/* Each record is sealed, and each key slot under a key of its own. */
void limit_saves(bare_plan *plan, const circle_saves *saves);

/* A request of one append, or none, is signed. */
void limit_request(bare_plan *plan, size_t num_appends);

/* The entry's hash, and the chain behind it. */
void limit_entry(bare_plan *plan, size_t blob_len);

#endif
