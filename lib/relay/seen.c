#include "relay/seen.h"

#include <covey/error.h>

#include "base/secret.h"
#include "crypto/hkdf.h"

static covey_chain *at(covey_seen_log *seen, uint32_t count)
{
    return &seen->kept[count % COVEY_SEEN_KEPT];
}

static const covey_chain *look(const covey_seen_log *seen, uint32_t count)
{
    return &seen->kept[count % COVEY_SEEN_KEPT];
}

/* Most that can be kept at this count, and what is. */
static uint32_t most_kept(uint32_t count)
{
    return count < COVEY_SEEN_KEPT ? count + 1 : COVEY_SEEN_KEPT;
}

static uint32_t num_kept(const covey_seen_log *seen)
{
    return seen->count - seen->first + 1;
}

void covey_seen_begin(covey_seen_log *seen, const covey_chain *chain_0)
{
    memset(seen, 0, sizeof *seen);
    seen->kept[0] = *chain_0;
}

void covey_seen_rebase(covey_seen_log *seen, const covey_seen_claim *claim)
{
    memset(seen, 0, sizeof *seen);
    seen->count = claim->count;
    seen->first = claim->count;
    *at(seen, claim->count) = claim->chain;
}

int covey_seen_add(covey_seen_log *seen, const covey_digest *blob_hash)
{
    const covey_chain *last = look(seen, seen->count);
    covey_digest digest;
    covey_hash hash;

    if (seen->count == UINT32_MAX) return COVEY_ERR_EXHAUSTED;
    covey_hash_begin(&hash);
    covey_hash_add(&hash, covey_bytes_of_text("covey seen 1"));
    covey_hash_add(&hash, covey_bytes_of(last->bytes, sizeof last->bytes));
    covey_hash_add(&hash, covey_digest_bytes(blob_hash));
    covey_hash_end(&hash, &digest);
    seen->count++;
    if (seen->count - seen->first == COVEY_SEEN_KEPT) seen->first++;
    memcpy(at(seen, seen->count)->bytes, digest.bytes, COVEY_SEEN_SIZE);
    return COVEY_OK;
}

covey_seen_claim covey_seen_now(const covey_seen_log *seen)
{
    return (covey_seen_claim){seen->count, *look(seen, seen->count)};
}

covey_seen_verdict covey_seen_judge(const covey_seen_log *seen,
                                    const covey_seen_claim *claim)
{
    if (claim->count > seen->count) return COVEY_SEEN_AHEAD;
    if (claim->count < seen->first) return COVEY_SEEN_UNKNOWN;
    bool same = covey_ct_equal(look(seen, claim->count)->bytes,
                               claim->chain.bytes, COVEY_SEEN_SIZE);
    COVEY_CT_PUBLIC(&same, sizeof same);
    return same ? COVEY_SEEN_MATCH : COVEY_SEEN_MISMATCH;
}

void covey_seen_write(covey_writer *w, const covey_seen_log *seen)
{
    uint32_t num = num_kept(seen);

    covey_write_u32(w, seen->count);
    covey_write_u16(w, (uint16_t)num);
    for (uint32_t back = num; back-- > 0;) {
        covey_write_fixed(w, covey_bytes_of(look(seen, seen->count - back),
                                            COVEY_SEEN_SIZE));
    }
}

int covey_seen_read(covey_seen_log *seen, covey_reader *r)
{
    uint32_t count = covey_read_u32(r);
    uint16_t num = covey_read_u16(r);
    covey_seen_log found = {.count = count};

    if (r->failed || num == 0 || num > most_kept(count)) {
        return COVEY_ERR_MALFORMED;
    }
    found.first = count - (num - 1u);
    for (uint32_t back = num; back-- > 0;) {
        covey_bytes chain = covey_read_fixed(r, COVEY_SEEN_SIZE);

        covey_copy(at(&found, count - back), chain.at, chain.len);
    }
    if (r->failed) return COVEY_ERR_MALFORMED;
    *seen = found;
    return COVEY_OK;
}
