/*
 * How far an epoch's mailbox was read, and the keys that reading takes.
 */
#ifndef COVEY_DEVICE_LOG_H
#define COVEY_DEVICE_LOG_H

#include <covey/mls.h>

#include "device/limits.h"
#include "relay/blob.h"
#include "relay/mailbox.h"

/* A past epoch's mailbox, and what ended it: to look whether another commit
 * won there. */
typedef struct {
    uint64_t epoch;
    uint8_t seed[COVEY_SIGN_SEED_SIZE];
    covey_digest commit;
} covey_old_mailbox;

/* It came while the log was torn: no claim covers it yet. */
#define COVEY_BOOT_UNPLACED UINT32_MAX

/* An entry of one's own: who has seen it spoke after it was made. */
typedef struct {
    uint32_t seen; /* the count behind it */
    uint64_t made; /* of the device's count */
} covey_own_mark;

typedef struct {
    uint8_t seed[COVEY_SIGN_SEED_SIZE];
    covey_handshake_key handshake_key;
    char digits[COVEY_DIGITS_SIZE]; /* of this epoch */
    uint64_t origin;                /* of the relay's store; 0: not told yet */
    uint64_t after;                 /* the last index that was read */
    covey_seen_log seen;
    covey_chain first; /* of nothing */
    bool is_anew;      /* the store was lost in this epoch: it began anew */
    /* Others have read entries that are not here: `seen` begins with their
     * word, and one's own claim stays where it was last sure, until somebody
     * is met who agrees about an entry after that. */
    bool is_torn;
    /* A number was given that nothing is here of: entries may have expired
     * unread. One's own claim stays where it was before that. */
    bool has_gap;
    covey_seen_claim sure;
    /* Of the count: since when numbers are known to be missing, at the end,
     * too; 0: none are. */
    uint64_t missed;
    uint64_t begun;      /* of the count: when this epoch began here */
    uint32_t boot;       /* seen.count behind one's own boot; 0: not in here */
    uint32_t num_own;    /* application messages of one's own in here */
    uint32_t num_wearer; /* of the wearer */
    uint32_t skipped;    /* generations that did not come in their turn */
    uint8_t num_marks;
    covey_own_mark marks[COVEY_OWN_MARKS]; /* newest last */
    uint8_t num_old;
    covey_old_mailbox old[COVEY_OLD_MAILBOXES]; /* newest last */
} covey_log;

/* Derives what a new epoch has, and has the group forget its exporter. The
 * last mailbox goes to the old ones, if `ended_by` is not NULL.
 * COVEY_ERR_STATE. */
int covey_log_begin(covey_log *log, covey_mls_group *group,
                    const covey_digest *ended_by, uint64_t count_ms);

/* The log of this epoch begins anew, in another store. */
void covey_log_begin_anew(covey_log *log, uint64_t origin);

typedef enum {
    COVEY_LOG_AGREES,
    COVEY_LOG_TORE,  /* of entries that are not here: the log is torn now */
    COVEY_LOG_FORKED /* another log */
} covey_log_verdict;

/* Judges an authentic claim of an entry in here: SPEC.md 4.4. */
covey_log_verdict covey_log_judge(covey_log *log,
                                  const covey_seen_claim *claim);

/* An entry came that others may have accepted and this device could not look
 * at: as if torn, with one's own word as the beginning. */
void covey_log_doubt(covey_log *log);
/* What comes next has not the next number. */
void covey_log_miss(covey_log *log, uint64_t count_ms);

/* The end was reached, and `next` is the number that the relay will give next.
 * Whether that says something new. */
bool covey_log_reach(covey_log *log, uint64_t next, uint64_t count_ms);

/* Nothing is known to be missing, or may be: what this device has read is what
 * all have read. */
bool covey_log_is_sure(const covey_log *log);

/* What this device claims. */
covey_seen_claim covey_log_claim(const covey_log *log);

/* The last accepted entry is one's own. */
void covey_log_mark(covey_log *log, uint64_t made);

/* When, of the count, the newest of one's own entries was made that somebody
 * had seen who claims this; false when none is known. */
bool covey_log_made_after(const covey_log *log, uint32_t claimed,
                          uint64_t *made);

/* So many generations were passed over: keys of theirs may be gone. */
void covey_log_skip(covey_log *log, uint32_t num);

/* Another entry is accepted. */
void covey_log_accept(covey_log *log, const covey_digest *hash);

void covey_log_write(covey_writer *w, const covey_log *log);
/* COVEY_ERR_MALFORMED, COVEY_ERR_CAPACITY. */
int covey_log_read(covey_log *log, covey_reader *r);

#endif
