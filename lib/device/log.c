#include "device/log.h"

#include <covey/error.h>

#include "base/secret.h"
#include "circle/numbers.h"
#include "crypto/hkdf.h"
#include "device/fields.h"

static void keep_old(covey_log *log, uint64_t epoch, const covey_digest *commit)
{
    if (log->num_old == COVEY_OLD_MAILBOXES) {
        log->num_old--;
        memmove(&log->old[0], &log->old[1], log->num_old * sizeof log->old[0]);
    }
    covey_old_mailbox *old = &log->old[log->num_old++];

    old->epoch = epoch;
    old->commit = *commit;
    memcpy(old->seed, log->seed, sizeof old->seed);
}

void covey_log_mark(covey_log *log, uint64_t made)
{
    if (log->num_marks == COVEY_OWN_MARKS) {
        log->num_marks--;
        memmove(&log->marks[0], &log->marks[1],
                log->num_marks * sizeof log->marks[0]);
    }
    log->marks[log->num_marks++] = (covey_own_mark){log->seen.count, made};
}

/* Who speaks in the next epoch has seen all of this one. */
static void carry_mark(covey_log *log)
{
    if (log->num_marks == 0) return;
    log->marks[0] = (covey_own_mark){0, log->marks[log->num_marks - 1].made};
    log->num_marks = 1;
}

bool covey_log_made_after(const covey_log *log, uint32_t claimed,
                          uint64_t *made)
{
    for (size_t i = log->num_marks; i-- > 0;) {
        if (log->marks[i].seen <= claimed) {
            *made = log->marks[i].made;
            return true;
        }
    }
    return false;
}

int covey_log_begin(covey_log *log, covey_mls_group *group,
                    const covey_digest *ended_by, uint64_t count_ms)
{
    const covey_bytes none = covey_bytes_of(NULL, 0);
    covey_log next = *log;
    covey_chain chain;

    if (ended_by != NULL) keep_old(&next, covey_mls_epoch(group) - 1, ended_by);
    next.after = 0;
    next.is_torn = false;
    next.is_anew = false;
    next.has_gap = false;
    next.missed = 0;
    next.begun = count_ms;
    next.boot = 0;
    carry_mark(&next);
    next.num_own = 0;
    next.num_wearer = 0;
    next.skipped = 0;
    int err = covey_mls_export(group, COVEY_MAILBOX_LABEL, none, next.seed,
                               sizeof next.seed);
    if (!err) {
        err = covey_mls_export(group, COVEY_HANDSHAKE_LABEL, none,
                               next.handshake_key.bytes,
                               sizeof next.handshake_key.bytes);
    }
    if (!err) {
        err = covey_mls_export(group, COVEY_SEEN_LABEL, none, chain.bytes,
                               sizeof chain.bytes);
    }
    if (!err) err = covey_digits_of(next.digits, group);
    if (!err) {
        next.first = chain;
        covey_seen_begin(&next.seen, &chain);
        covey_mls_forget_exporter(group);
        *log = next;
    }
    covey_wipe(&next, sizeof next);
    covey_wipe(&chain, sizeof chain);
    return err;
}

void covey_log_begin_anew(covey_log *log, uint64_t origin)
{
    log->origin = origin;
    log->after = 0;
    covey_seen_begin(&log->seen, &log->first);
    log->is_anew = true;
    log->is_torn = false;
    log->has_gap = false;
    log->missed = 0;
    log->boot = 0;
    log->num_marks = 0;
}

/* The other's word is the beginning of what is known. */
static void tear(covey_log *log, const covey_seen_claim *claim)
{
    if (covey_log_is_sure(log)) log->sure = covey_seen_now(&log->seen);
    log->is_torn = true;
    log->has_gap = false;
    log->missed = 0;
    covey_seen_rebase(&log->seen, claim);
}

void covey_log_doubt(covey_log *log)
{
    const covey_seen_claim own = covey_seen_now(&log->seen);

    tear(log, &own);
}

/* While it is torn: who agrees about an entry that came after another's word
 * has mended it, as the chain holds everything before. */
static void mend(covey_log *log, const covey_seen_claim *claim,
                 covey_seen_verdict verdict)
{
    if (verdict == COVEY_SEEN_MATCH) {
        if (claim->count > log->seen.first) log->is_torn = false;
    } else if (claim->count >= log->seen.first) {
        tear(log, claim);
    }
}

/* While there is a gap: whoever does not agree about what came behind it has
 * read what is not here. Who agrees may have a gap himself: that what is said
 * again behind it is the same as before says nothing. */
static covey_log_verdict bridge(covey_log *log, const covey_seen_claim *claim,
                                covey_seen_verdict verdict)
{
    if (verdict == COVEY_SEEN_UNKNOWN || verdict == COVEY_SEEN_MATCH) {
        return COVEY_LOG_AGREES;
    }
    if (claim->count <= log->sure.count) return COVEY_LOG_FORKED;
    tear(log, claim);
    return COVEY_LOG_TORE;
}

covey_log_verdict covey_log_judge(covey_log *log, const covey_seen_claim *claim)
{
    covey_seen_verdict verdict = covey_seen_judge(&log->seen, claim);

    if (log->is_torn) {
        mend(log, claim, verdict);
        return COVEY_LOG_AGREES;
    }
    if (log->has_gap) return bridge(log, claim, verdict);
    if (verdict == COVEY_SEEN_MISMATCH) return COVEY_LOG_FORKED;
    if (verdict != COVEY_SEEN_AHEAD) return COVEY_LOG_AGREES;
    tear(log, claim);
    return COVEY_LOG_TORE;
}

void covey_log_miss(covey_log *log, uint64_t count_ms)
{
    const covey_seen_claim now = covey_seen_now(&log->seen);

    if (log->is_torn) {
        /* What was claimed before this says nothing about it. */
        covey_seen_rebase(&log->seen, &now);
        return;
    }
    if (log->has_gap) return;
    log->has_gap = true;
    log->sure = now;
    if (log->missed == 0) log->missed = count_ms;
}

bool covey_log_reach(covey_log *log, uint64_t next, uint64_t count_ms)
{
    bool is_short = log->has_gap || next > log->after + 1;

    if (is_short == (log->missed != 0)) return false;
    log->missed = is_short ? count_ms : 0;
    return true;
}

bool covey_log_is_sure(const covey_log *log)
{
    return !log->is_torn && !log->has_gap;
}

covey_seen_claim covey_log_claim(const covey_log *log)
{
    return covey_log_is_sure(log) ? covey_seen_now(&log->seen) : log->sure;
}

void covey_log_skip(covey_log *log, uint32_t num)
{
    log->skipped =
        num > UINT32_MAX - log->skipped ? UINT32_MAX : log->skipped + num;
}

/* No mailbox has so many entries that they could not be counted; a member
 * that claims it leaves a chain that nobody agrees with. */
void covey_log_accept(covey_log *log, const covey_digest *hash)
{
    (void)covey_seen_add(&log->seen, hash);
}

/* ---- saved ---- */

void covey_log_write(covey_writer *w, const covey_log *log)
{
    covey_write_fixed(w, covey_bytes_of(log->seed, sizeof log->seed));
    covey_write_fixed(w, covey_bytes_of(log->handshake_key.bytes,
                                        sizeof log->handshake_key.bytes));
    covey_write_fixed(w, covey_bytes_of(log->digits, sizeof log->digits));
    covey_write_u64(w, log->origin);
    covey_write_u64(w, log->after);
    covey_write_fixed(w, covey_bytes_of(log->first.bytes,
                                        sizeof log->first.bytes));
    covey_write_flag(w, log->is_anew);
    covey_write_flag(w, log->is_torn);
    covey_write_u32(w, log->sure.count);
    covey_write_fixed(w, covey_bytes_of(log->sure.chain.bytes,
                                        sizeof log->sure.chain.bytes));
    covey_write_flag(w, log->has_gap);
    covey_write_u64(w, log->missed);
    covey_write_u64(w, log->begun);
    covey_write_u32(w, log->boot);
    covey_write_u32(w, log->num_own);
    covey_write_u32(w, log->num_wearer);
    covey_write_u32(w, log->skipped);
    covey_write_u8(w, log->num_marks);
    for (size_t i = 0; i < log->num_marks; i++) {
        covey_write_u32(w, log->marks[i].seen);
        covey_write_u64(w, log->marks[i].made);
    }
    covey_write_u8(w, log->num_old);
    for (size_t i = 0; i < log->num_old; i++) {
        const covey_old_mailbox *old = &log->old[i];

        covey_write_u64(w, old->epoch);
        covey_write_fixed(w, covey_bytes_of(old->seed, sizeof old->seed));
        covey_write_fixed(w, covey_digest_bytes(&old->commit));
    }
    covey_seen_write(w, &log->seen);
}

int covey_log_read(covey_log *log, covey_reader *r)
{
    covey_read_into(r, log->seed, sizeof log->seed);
    covey_read_into(r, log->handshake_key.bytes,
                    sizeof log->handshake_key.bytes);
    covey_read_into(r, log->digits, sizeof log->digits);
    log->digits[COVEY_DIGITS_SIZE - 1] = '\0';
    log->origin = covey_read_u64(r);
    log->after = covey_read_u64(r);
    covey_read_into(r, log->first.bytes, sizeof log->first.bytes);
    log->is_anew = covey_read_flag(r);
    log->is_torn = covey_read_flag(r);
    log->sure.count = covey_read_u32(r);
    covey_read_into(r, log->sure.chain.bytes, sizeof log->sure.chain.bytes);
    log->has_gap = covey_read_flag(r);
    log->missed = covey_read_u64(r);
    log->begun = covey_read_u64(r);
    log->boot = covey_read_u32(r);
    log->num_own = covey_read_u32(r);
    log->num_wearer = covey_read_u32(r);
    log->skipped = covey_read_u32(r);
    log->num_marks = covey_read_u8(r);
    if (log->num_marks > COVEY_OWN_MARKS) return COVEY_ERR_CAPACITY;
    for (size_t i = 0; i < log->num_marks; i++) {
        log->marks[i].seen = covey_read_u32(r);
        log->marks[i].made = covey_read_u64(r);
    }
    log->num_old = covey_read_u8(r);
    if (log->num_old > COVEY_OLD_MAILBOXES) return COVEY_ERR_CAPACITY;
    for (size_t i = 0; i < log->num_old; i++) {
        covey_old_mailbox *old = &log->old[i];

        old->epoch = covey_read_u64(r);
        covey_read_into(r, old->seed, sizeof old->seed);
        covey_read_into(r, old->commit.bytes, sizeof old->commit.bytes);
    }
    if (r->failed) return COVEY_ERR_MALFORMED;
    return covey_seen_read(&log->seen, r);
}
