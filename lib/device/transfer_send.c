/* A sender: appends its chunks in their order, and when it does not know how
 * far it was, looks for them at the relay first. */
#include <covey/error.h>

#include "base/secret.h"
#include "content/attachment.h"
#include "crypto/random.h"
#include "device/transfer.h"
#include "relay/blob.h"

/* The least that a request may say; what is there is seen by its stub. */
#define MAX_BLOB COVEY_BLOB_MIN

/* Some twenty stubs: a chunk is sealed for each, to be compared with. */
#define ASK_BYTES 1024

/* ---- beginning ---- */

/* The largest blob; a smaller one if that holds the whole. */
static uint32_t choose_chunk(uint32_t size, uint32_t max_blob)
{
    uint32_t blob = max_blob;

    while (blob > COVEY_TRANSFER_BLOB_MIN &&
           size <= blob / 2 - COVEY_CHUNK_OVERHEAD) {
        blob /= 2;
    }
    return blob - COVEY_CHUNK_OVERHEAD < COVEY_CHUNK_MAX
               ? blob - COVEY_CHUNK_OVERHEAD
               : COVEY_CHUNK_MAX;
}

static int make_keys(covey_attachment *what, const covey_random *random)
{
    uint8_t fresh[sizeof what->mailbox_seed + sizeof what->key];

    int err = covey_random_fill(random, fresh, sizeof fresh);
    memcpy(what->mailbox_seed, fresh, sizeof what->mailbox_seed);
    memcpy(what->key, fresh + sizeof what->mailbox_seed, sizeof what->key);
    covey_wipe(fresh, sizeof fresh);
    return err;
}

int covey_transfer_send(covey_transfer *transfer,
                        const covey_transfer_config *config,
                        const covey_attachment *what, uint32_t max_blob,
                        const covey_random *random)
{
    covey_attachment made = *what;

    if (max_blob < COVEY_TRANSFER_BLOB_MIN ||
        max_blob > COVEY_TRANSFER_BLOB_MAX ||
        covey_blob_bucket(max_blob) != max_blob) {
        return COVEY_ERR_ARGUMENT;
    }
    made.chunk_size = choose_chunk(made.size, max_blob);
    if (!covey_attachment_valid(&made)) return COVEY_ERR_ARGUMENT;
    int err =
        covey_transfer_config_check(config, covey_transfer_blob_size(&made),
                                    true);
    if (!err) err = make_keys(&made, random);
    if (!err) covey_transfer_begin(transfer, config, &made, true);
    covey_wipe(&made, sizeof made);
    return err;
}

/* ---- chunks ---- */

/* Reads a chunk into its blob, adds it to a hash and seals it. */
static int make_blob(covey_transfer *t, uint32_t number, uint8_t *blob,
                     covey_hash *hash)
{
    const covey_transfer_file *file = t->config.file;
    uint32_t len = covey_transfer_chunk_len(&t->chunks, number);
    uint8_t *clear = covey_transfer_chunk_at(blob);

    if (file->read(file->ctx, number * t->chunks.chunk_size, clear, len) != 0) {
        covey_wipe(clear, len);
        return COVEY_ERR_PORT;
    }
    covey_hash_add(hash, covey_bytes_of(clear, len));
    covey_transfer_chunk_seal(&t->chunks, number, blob);
    return COVEY_OK;
}

/* ---- requests ---- */

int covey_transfer_send_fill(covey_transfer *t, covey_sync_request *request)
{
    uint32_t left = t->chunks.num - t->done;
    uint32_t num = left < t->batch ? left : t->batch;
    int err = COVEY_OK;

    if (t->asks) return COVEY_OK;
    t->hash_out = t->hash;
    for (uint32_t i = 0; i < num && !err; i++) {
        uint8_t *blob = t->config.work + (size_t)i * t->chunks.blob_size;

        err = make_blob(t, t->done + i, blob, &t->hash_out);
        request->appends[i].blob = covey_bytes_of(blob, t->chunks.blob_size);
    }
    if (!err) t->num_out = num;
    return err;
}

void covey_transfer_send_ask(const covey_transfer *t,
                             covey_sync_request *request)
{
    request->max_blob = MAX_BLOB;
    request->max_bytes = t->asks ? ASK_BYTES : MAX_BLOB + COVEY_SYNC_HEAD_MAX;
}

/* ---- answers ---- */

/* Once all of it is there, what was read for it must be what was read first:
 * else the file has changed in between. */
static void get_on(covey_transfer *t)
{
    covey_transfer_advance(t);
    if (t->done == t->chunks.num) covey_transfer_finish(t, t->hash);
}

/* Whether this is the next chunk's stub; then that one is there. */
static int compare(covey_transfer *t, const covey_sync_entry *entry)
{
    covey_hash hash = t->hash;
    covey_digest digest;

    t->fruitless++;
    if (entry->stub_len != t->chunks.blob_size) return COVEY_OK;
    int err = make_blob(t, t->done, t->config.work, &hash);
    if (err) return err;
    covey_blob_hash(&digest,
                    covey_bytes_of(t->config.work, t->chunks.blob_size));
    if (covey_bytes_same(covey_digest_bytes(&digest),
                         covey_digest_bytes(&entry->stub_hash))) {
        t->hash = hash;
        t->done++;
        t->fruitless = 0;
        get_on(t);
    }
    covey_wipe(&hash, sizeof hash);
    return COVEY_OK;
}

static int take_stubs(covey_transfer *t, uint64_t now_ms,
                      covey_transfer_answer *answer)
{
    uint64_t before = t->after;
    covey_sync_entry entry;

    while (t->state == COVEY_TRANSFER_MOVING &&
           covey_transfer_answer_next(answer, &entry)) {
        int err = compare(t, &entry);
        if (err) return err;
        t->after = entry.index;
    }
    /* Nothing came: what there was behind it has expired. */
    if (t->after == before || t->after + 1 == answer->head.next) {
        t->asks = false;
    }
    if (covey_transfer_is_fed_up(t)) {
        covey_transfer_pause(t, now_ms, COVEY_TRANSFER_WRONG);
    }
    return COVEY_OK;
}

int covey_transfer_send_take(covey_transfer *t, uint64_t now_ms,
                             covey_transfer_answer *answer)
{
    if (answer->head.next <= t->after) {
        t->asks = true;
        t->done = 0;
        covey_hash_begin(&t->hash);
        covey_transfer_rewind(t, now_ms);
        return COVEY_OK;
    }
    if (t->asks) return take_stubs(t, now_ms, answer);
    t->hash = t->hash_out;
    t->done += t->num_out;
    t->after = answer->head.next - 1;
    get_on(t);
    return COVEY_OK;
}
