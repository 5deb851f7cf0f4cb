#include "device/transfer.h"

#include "base/secret.h"
#include "content/attachment.h"
#include "relay/blob.h"

#define PAUSE_MIN_MS 1000u
#define PAUSE_MAX_MS 300000u

/* Entries of others that are looked at without a pause, besides one for each
 * chunk. */
#define FRUITLESS_MAX 256

/* A request without appends: mailbox, numbers, signature. */
#define REQUEST_HEAD 128
/* Of each append, besides its blob. */
#define APPEND_HEAD 12

/* ---- memory ---- */

size_t covey_transfer_size(void)
{
    return sizeof(covey_transfer);
}

size_t covey_transfer_saved_size(void)
{
    return COVEY_TRANSFER_SAVED_SIZE;
}

size_t covey_transfer_blob_size(const covey_attachment *what)
{
    if (!covey_attachment_valid(what)) return 0;
    return covey_blob_bucket(what->chunk_size + COVEY_CHUNK_OVERHEAD);
}

size_t covey_transfer_request_size(uint32_t blob_size, uint32_t batch)
{
    if (blob_size == 0) return REQUEST_HEAD;
    return REQUEST_HEAD + (size_t)batch * (blob_size + APPEND_HEAD);
}

covey_transfer *covey_transfer_at(void *memory, size_t len)
{
    if (len < sizeof(covey_transfer) ||
        (uintptr_t)memory % _Alignof(covey_transfer) != 0) {
        return NULL;
    }
    memset(memory, 0, sizeof(covey_transfer));
    return memory;
}

void covey_transfer_close(covey_transfer *transfer)
{
    covey_wipe(transfer, sizeof *transfer);
}

/* ---- beginning ---- */

int covey_transfer_config_check(const covey_transfer_config *config,
                                size_t blob_size, bool sends)
{
    if (config->batch < 1 || config->batch > COVEY_TRANSFER_BATCH_MAX ||
        config->relay.len < 1 || config->relay.len > COVEY_SYNC_RELAY_MAX ||
        config->wait_ms > COVEY_SYNC_WAIT_MAX_MS ||
        (!sends && config->file->write == NULL)) {
        return COVEY_ERR_ARGUMENT;
    }
    return config->work_len < (sends ? config->batch : 1) * blob_size
               ? COVEY_ERR_BUFFER
               : COVEY_OK;
}

void covey_transfer_begin(covey_transfer *t,
                          const covey_transfer_config *config,
                          const covey_attachment *what, bool sends)
{
    uint32_t id = t->id; /* so that an answer of before is not for this one */

    memset(t, 0, sizeof *t);
    t->id = id;
    t->state = COVEY_TRANSFER_PREPARING;
    t->sends = sends;
    t->config = *config;
    t->batch = config->batch;
    t->what = *what;
    covey_mailbox_of_seed(&t->mailbox, what->mailbox_seed);
    covey_hash_begin(&t->hash);
}

/* ---- states ---- */

void covey_transfer_move(covey_transfer *t)
{
    covey_transfer_chunks_of(&t->chunks, &t->what);
    covey_hash_begin(&t->hash);
    t->state = COVEY_TRANSFER_MOVING;
}

void covey_transfer_check(covey_transfer *t)
{
    covey_hash_begin(&t->hash);
    t->read = 0;
    t->state = COVEY_TRANSFER_CHECKING;
}

void covey_transfer_finish(covey_transfer *t, covey_hash hash)
{
    covey_digest digest;

    covey_hash_end(&hash, &digest);
    bool same = covey_ct_equal(digest.bytes, t->what.sha256, COVEY_HASH_SIZE);
    COVEY_CT_PUBLIC(&same, sizeof same);
    covey_wipe(&digest, sizeof digest);
    t->trouble = COVEY_TRANSFER_WELL;
    t->state = same ? COVEY_TRANSFER_DONE : COVEY_TRANSFER_BROKEN;
}

void covey_transfer_pause(covey_transfer *t, uint64_t now_ms,
                          covey_transfer_trouble trouble)
{
    uint64_t pause = PAUSE_MIN_MS;

    for (uint32_t i = 0; i < t->failures && pause < PAUSE_MAX_MS; i++) {
        pause *= 2;
    }
    if (pause > PAUSE_MAX_MS) pause = PAUSE_MAX_MS;
    if (t->failures < UINT32_MAX) t->failures++;
    t->fruitless = 0;
    t->due_ms = now_ms + pause;
    t->trouble = trouble;
}

void covey_transfer_advance(covey_transfer *t)
{
    t->failures = 0;
    t->due_ms = 0;
    t->trouble = COVEY_TRANSFER_WELL;
}

void covey_transfer_rewind(covey_transfer *t, uint64_t now_ms)
{
    t->after = 0;
    t->skipped = false;
    t->behind = false;
    t->failures = t->rewinds++;
    covey_transfer_pause(t, now_ms, COVEY_TRANSFER_WAITING);
}

bool covey_transfer_is_fed_up(const covey_transfer *t)
{
    return t->fruitless > t->chunks.num + FRUITLESS_MAX;
}

static bool has_ended(const covey_transfer *t)
{
    return t->state == COVEY_TRANSFER_EMPTY ||
           t->state == COVEY_TRANSFER_DONE || t->state == COVEY_TRANSFER_BROKEN;
}

covey_transfer_progress covey_transfer_progress_of(const covey_transfer *t)
{
    return (covey_transfer_progress){t->state, t->trouble, t->done,
                                     t->chunks.num};
}

uint64_t covey_transfer_deadline(const covey_transfer *t)
{
    return t->is_out || has_ended(t) ? COVEY_TRANSFER_NO_DEADLINE : t->due_ms;
}

int covey_transfer_attachment(const covey_transfer *t, covey_attachment *what)
{
    memset(what, 0, sizeof *what);
    if (t->state == COVEY_TRANSFER_EMPTY ||
        t->state == COVEY_TRANSFER_PREPARING ||
        (t->sends && t->state == COVEY_TRANSFER_BROKEN)) {
        return COVEY_ERR_STATE;
    }
    *what = t->what;
    return COVEY_OK;
}

/* ---- the file ---- */

/* Reads the next part, as much as there is working memory, and hashes it. */
static int read_on(covey_transfer *t)
{
    const covey_transfer_file *file = t->config.file;
    uint32_t left = t->what.size - t->read;
    uint32_t len =
        left < t->config.work_len ? left : (uint32_t)t->config.work_len;
    int failed = file->read(file->ctx, t->read, t->config.work, len);

    if (!failed) {
        covey_hash_add(&t->hash, covey_bytes_of(t->config.work, len));
        t->read += len;
    }
    covey_wipe(t->config.work, len);
    return failed ? COVEY_ERR_PORT : COVEY_OK;
}

/* A sender learns the hash; a receiver sees whether it is the one. */
static int read_file(covey_transfer *t)
{
    covey_digest digest;

    int err = read_on(t);
    if (err || t->read < t->what.size) return err;
    if (t->state == COVEY_TRANSFER_CHECKING) {
        covey_transfer_finish(t, t->hash);
        return COVEY_OK;
    }
    covey_hash_end(&t->hash, &digest);
    memcpy(t->what.sha256, digest.bytes, sizeof t->what.sha256);
    covey_wipe(&digest, sizeof digest);
    covey_transfer_move(t);
    return COVEY_OK;
}

/* ---- requests ---- */

/* What a request asks for besides appending; the same until it is answered. */
static void ask(const covey_transfer *t, covey_sync_request *request)
{
    request->num_appends = t->num_out;
    request->after = t->after;
    if (t->sends) {
        covey_transfer_send_ask(t, request);
    } else {
        covey_transfer_receive_ask(t, request);
    }
}

static int encode(covey_transfer *t, covey_buffer *out,
                  covey_sync_request *request)
{
    covey_writer w = covey_writer_of(out->at, out->cap);

    int err = covey_sync_request_sign(request, &t->mailbox, t->config.relay);
    if (!err) err = covey_sync_request_encode(&w, request);
    if (!err) out->len = w.len;
    return err;
}

static int make_request(covey_transfer *t, covey_buffer *out,
                        covey_transfer_request *request)
{
    covey_sync_request sync = {.num_appends = 0};
    int err = COVEY_OK;

    t->num_out = 0;
    if (t->sends) err = covey_transfer_send_fill(t, &sync);
    if (err) return err;
    ask(t, &sync);
    err = encode(t, out, &sync);
    if (err) return err;
    t->is_out = true;
    t->id++;
    t->answer_max = sync.max_bytes;
    *request =
        (covey_transfer_request){t->id, covey_bytes_of(out->at, out->len),
                                 sync.wait_ms, sync.max_bytes};
    return COVEY_OK;
}

int covey_transfer_next_request(covey_transfer *t, uint64_t now_ms,
                                covey_buffer *out,
                                covey_transfer_request *request)
{
    *request = (covey_transfer_request){0};
    out->len = 0;
    if (t->state == COVEY_TRANSFER_EMPTY) return COVEY_ERR_STATE;
    if (t->is_out || has_ended(t) || now_ms < t->due_ms) return COVEY_OK;
    if (t->state != COVEY_TRANSFER_MOVING) return read_file(t);
    return make_request(t, out, request);
}

void covey_transfer_failed(covey_transfer *t, uint64_t now_ms, uint32_t id)
{
    if (!t->is_out || id != t->id) return;
    t->is_out = false;
    covey_transfer_pause(t, now_ms, COVEY_TRANSFER_AWAY);
}

/* ---- answers ---- */

/* An answer without entries: the relay does not serve us now. */
static void take_refusal(covey_transfer *t, uint64_t now_ms,
                         covey_sync_status status)
{
    if (status == COVEY_SYNC_TOO_LARGE && t->num_out > 1) {
        t->batch = t->num_out / 2;
        covey_transfer_advance(t);
        return;
    }
    covey_transfer_pause(t, now_ms,
                         status == COVEY_SYNC_QUOTA ? COVEY_TRANSFER_FULL
                                                    : COVEY_TRANSFER_REFUSED);
}

int covey_transfer_input(covey_transfer *t, uint64_t now_ms, uint32_t id,
                         covey_bytes bytes)
{
    covey_sync_request asked = {.num_appends = 0};
    covey_transfer_answer answer;

    if (t->state == COVEY_TRANSFER_EMPTY) return COVEY_ERR_STATE;
    if (!t->is_out || id != t->id) return COVEY_OK;
    t->is_out = false;
    ask(t, &asked);
    int err = bytes.len > t->answer_max
                  ? COVEY_ERR_MALFORMED
                  : covey_transfer_answer_of(&answer, bytes, &asked);
    if (err) {
        covey_transfer_pause(t, now_ms, COVEY_TRANSFER_WRONG);
        return err;
    }
    if (answer.head.status != COVEY_SYNC_OK) {
        take_refusal(t, now_ms, answer.head.status);
        return COVEY_OK;
    }
    err = t->sends ? covey_transfer_send_take(t, now_ms, &answer)
                   : covey_transfer_receive_take(t, now_ms, &answer);
    /* A disk that is full is not asked for the same chunk again at once. */
    if (err) covey_transfer_pause(t, now_ms, t->trouble);
    return err;
}
