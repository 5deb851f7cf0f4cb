/*
 * What a member has accepted of a mailbox, as a count and a hash chain. Each
 * payload and handshake claims both of the log before it; a member that does
 * not agree sees another log, or another order of it. SPEC.md section 4.4.
 *
 * The chain begins with a secret of the epoch: the relay cannot compute it.
 */
#ifndef COVEY_RELAY_SEEN_H
#define COVEY_RELAY_SEEN_H

#include "base/reader.h"
#include "base/writer.h"
#include "crypto/hash.h"

/* The exporter label of chain_0. */
#define COVEY_SEEN_LABEL "covey seen"
#define COVEY_SEEN_SIZE 16

/* Values kept, the present one included: a claim that lies further back can
 * no longer be judged. */
#ifndef COVEY_SEEN_KEPT
#define COVEY_SEEN_KEPT 64
#endif

typedef struct {
    uint8_t bytes[COVEY_SEEN_SIZE];
} covey_chain;

typedef struct {
    uint32_t count;
    covey_chain chain;
} covey_seen_claim;

typedef struct {
    uint32_t count;                    /* accepted entries */
    uint32_t first;                    /* the lowest count that is known */
    covey_chain kept[COVEY_SEEN_KEPT]; /* chain_i at i % COVEY_SEEN_KEPT */
} covey_seen_log;

typedef enum {
    COVEY_SEEN_MATCH,    /* the same log up to there */
    COVEY_SEEN_MISMATCH, /* another one */
    COVEY_SEEN_UNKNOWN,  /* too far back */
    COVEY_SEEN_AHEAD     /* of entries that are not here: of an entry of this
                            mailbox itself that is a mismatch */
} covey_seen_verdict;

/* Nothing accepted yet. */
void covey_seen_begin(covey_seen_log *seen, const covey_chain *chain_0);

/* Takes another's word for the log up to there; nothing before is known. */
void covey_seen_rebase(covey_seen_log *seen, const covey_seen_claim *claim);

/* Another entry is accepted; the hash is SHA-256 of its blob.
 * COVEY_ERR_EXHAUSTED. */
int covey_seen_add(covey_seen_log *seen, const covey_digest *blob_hash);

/* What a member that stands here claims. */
covey_seen_claim covey_seen_now(const covey_seen_log *seen);

/* Judges what an authentic message of another member claims. */
covey_seen_verdict covey_seen_judge(const covey_seen_log *seen,
                                    const covey_seen_claim *claim);

/* Saved, and read again. The chain is not for others' eyes. Reading answers
 * COVEY_ERR_MALFORMED, also for more values than this build keeps. */
void covey_seen_write(covey_writer *w, const covey_seen_log *seen);
int covey_seen_read(covey_seen_log *seen, covey_reader *r);

#endif
