/* A receiver: reads the mailbox in its order, and takes the next chunk where
 * it finds it. An honest sender appends them in their order; only after the
 * relay lost some do they stand otherwise, and the mailbox is read again. */
#include <covey/error.h>

#include "base/secret.h"
#include "content/attachment.h"
#include "device/transfer.h"

/* Of each entry besides its blob. */
#define ENTRY_HEAD 20

int covey_transfer_receive(covey_transfer *transfer,
                           const covey_transfer_config *config,
                           const covey_attachment *what)
{
    if (!covey_attachment_valid(what)) return COVEY_ERR_ARGUMENT;
    int err =
        covey_transfer_config_check(config, covey_transfer_blob_size(what),
                                    false);
    if (err) return err;
    covey_transfer_begin(transfer, config, what, false);
    covey_transfer_move(transfer);
    return COVEY_OK;
}

void covey_transfer_receive_ask(const covey_transfer *t,
                                covey_sync_request *request)
{
    uint32_t blob = t->chunks.blob_size;

    request->max_blob = blob;
    request->max_bytes =
        t->config.batch * (blob + ENTRY_HEAD) + COVEY_SYNC_HEAD_MAX;
    request->wait_ms = t->config.wait_ms;
}

/* ---- entries ---- */

static int write_chunk(covey_transfer *t, covey_bytes clear)
{
    const covey_transfer_file *file = t->config.file;
    int failed = file->write(file->ctx, t->done * t->chunks.chunk_size, clear);

    covey_wipe(t->config.work, clear.len);
    return failed ? COVEY_ERR_PORT : COVEY_OK;
}

/* A blob of another length is none of ours, nor is a stub, which has none. */
static int take_entry(covey_transfer *t, const covey_sync_entry *entry)
{
    covey_bytes clear;

    if (entry->blob.len != t->chunks.blob_size) {
        t->fruitless++;
        return COVEY_OK;
    }
    if (covey_transfer_chunk_open(&t->chunks, t->done, t->config.work, &clear,
                                  entry->blob) != COVEY_OK) {
        t->fruitless++;
        t->skipped = true;
        return COVEY_OK;
    }
    int err = write_chunk(t, clear);
    if (err) return err;
    t->done++;
    t->behind = t->skipped;
    t->fruitless = 0;
    covey_transfer_advance(t);
    if (t->done == t->chunks.num) covey_transfer_check(t);
    return COVEY_OK;
}

/* ---- answers ---- */

/* Everything in the mailbox has been looked at, and it was not enough. */
static void wait_for_more(covey_transfer *t, uint64_t now_ms, bool moved)
{
    if (t->behind) {
        covey_transfer_rewind(t, now_ms);
    } else if (!moved) {
        covey_transfer_pause(t, now_ms, COVEY_TRANSFER_WAITING);
    }
}

/* An answer without entries is the end, too: what was behind has expired, or
 * is withheld. */
static void look_further(covey_transfer *t, uint64_t now_ms, bool came,
                         bool moved, uint64_t next)
{
    if (!came || t->after + 1 == next) {
        wait_for_more(t, now_ms, moved);
    } else if (covey_transfer_is_fed_up(t)) {
        covey_transfer_pause(t, now_ms, COVEY_TRANSFER_WRONG);
    }
}

int covey_transfer_receive_take(covey_transfer *t, uint64_t now_ms,
                                covey_transfer_answer *answer)
{
    uint64_t before = t->after;
    uint32_t done = t->done;
    covey_sync_entry entry;

    if (answer->head.next <= t->after) { /* the relay lost its log */
        covey_transfer_rewind(t, now_ms);
        return COVEY_OK;
    }
    while (t->state == COVEY_TRANSFER_MOVING &&
           covey_transfer_answer_next(answer, &entry)) {
        int err = take_entry(t, &entry);
        if (err) return err;
        t->after = entry.index;
    }
    if (t->state == COVEY_TRANSFER_MOVING) {
        look_further(t, now_ms, t->after != before, t->done != done,
                     answer->head.next);
    }
    return COVEY_OK;
}
