#include "device/repost.h"

#include <covey/error.h>

#include "base/secret.h"
#include "device/fields.h"

/* ---- what is kept ---- */

static void drop_oldest(covey_reposts *reposts)
{
    size_t len = reposts->items[0].len;

    memmove(reposts->bytes, reposts->bytes + len, reposts->used - len);
    reposts->used -= (uint16_t)len;
    reposts->num--;
    memmove(&reposts->items[0], &reposts->items[1],
            reposts->num * sizeof reposts->items[0]);
}

void covey_repost_keep(covey_device *d)
{
    covey_reposts *reposts = &d->committer->reposts;
    size_t len = d->committer->commit_len;

    while (reposts->num != 0 && (reposts->num == COVEY_OLD_MAILBOXES ||
                                 reposts->used + len > sizeof reposts->bytes)) {
        drop_oldest(reposts);
    }
    covey_repost *repost = &reposts->items[reposts->num++];
    memcpy(repost->seed, d->log.seed, sizeof repost->seed);
    repost->len = (uint16_t)len;
    repost->waits = false;
    memcpy(reposts->bytes + reposts->used, d->committer->commit, len);
    reposts->used += (uint16_t)len;
    covey_touch(d, COVEY_SLOT_PROPOSALS);
}

/* ---- posting ---- */

void covey_repost_begin(covey_device *d)
{
    covey_reposts *reposts = &d->committer->reposts;

    for (size_t i = 0; i < reposts->num; i++) reposts->items[i].waits = true;
    d->channels[COVEY_CHANNEL_INVITE].due = covey_count(d);
    covey_touch(d, COVEY_SLOT_PROPOSALS);
}

/* The newest first: most are not far behind. */
static size_t next_of(const covey_reposts *reposts)
{
    size_t at = reposts->num;

    while (at > 0 && !reposts->items[at - 1].waits) at--;
    return at == 0 ? reposts->num : at - 1;
}

bool covey_repost_waits(const covey_device *d)
{
    return d->committer != NULL && d->self.state == COVEY_DEVICE_MEMBER &&
           d->operation.step != COVEY_STEP_KEY_PACKAGE &&
           d->operation.step != COVEY_STEP_WELCOME &&
           next_of(&d->committer->reposts) < d->committer->reposts.num;
}

const uint8_t *covey_repost_seed(const covey_device *d)
{
    const covey_reposts *reposts = &d->committer->reposts;

    return reposts->items[next_of(reposts)].seed;
}

covey_bytes covey_repost_blob(const covey_device *d)
{
    const covey_reposts *reposts = &d->committer->reposts;
    size_t at = next_of(reposts);
    size_t from = 0;

    for (size_t i = 0; i < at; i++) from += reposts->items[i].len;
    return covey_bytes_of(reposts->bytes + from, reposts->items[at].len);
}

void covey_repost_done(covey_device *d)
{
    covey_reposts *reposts = &d->committer->reposts;
    size_t at = next_of(reposts);

    if (at < reposts->num) reposts->items[at].waits = false;
    covey_touch(d, COVEY_SLOT_PROPOSALS);
}

/* ---- saved ---- */

void covey_reposts_write(covey_writer *w, const covey_reposts *reposts)
{
    covey_write_u8(w, reposts->num);
    for (size_t i = 0; i < reposts->num; i++) {
        const covey_repost *repost = &reposts->items[i];

        covey_write_fixed(w, covey_bytes_of(repost->seed, sizeof repost->seed));
        covey_write_u16(w, repost->len);
        covey_write_flag(w, repost->waits);
    }
    covey_write_fixed(w, covey_bytes_of(reposts->bytes, reposts->used));
}

int covey_reposts_read(covey_reposts *reposts, covey_reader *r)
{
    uint32_t used = 0;
    uint8_t num = covey_read_u8(r);

    if (num > COVEY_OLD_MAILBOXES) return COVEY_ERR_CAPACITY;
    for (uint8_t i = 0; i < num; i++) {
        covey_repost *repost = &reposts->items[i];

        covey_read_into(r, repost->seed, sizeof repost->seed);
        repost->len = covey_read_u16(r);
        repost->waits = covey_read_flag(r);
        used += repost->len;
    }
    if (used > sizeof reposts->bytes) return COVEY_ERR_CAPACITY;
    covey_read_into(r, reposts->bytes, used);
    if (r->failed) return COVEY_ERR_MALFORMED;
    reposts->used = (uint16_t)used;
    reposts->num = num;
    return COVEY_OK;
}
