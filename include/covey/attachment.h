/*
 * Moves an attachment, a voice clip or a picture, to a mailbox of its own, or
 * from there: SPEC.md section 3.6. What a covey_transfer makes of a file are
 * chunks, each sealed into one blob of the relay; where they are and how they
 * open, the covey_attachment says, which travels as a payload (content.h).
 *
 * It takes answers and the time, and hands out requests and a deadline; it
 * opens no socket or file, reads no clock and allocates nothing. The clear
 * bytes are read and written by hooks of the host, a chunk at a time. The
 * object lives in memory that the host gives, some 560 bytes; one blob more is
 * working memory.
 *
 * The order of calls:
 *
 *   covey_transfer_at                        once
 *   covey_transfer_send, _receive or _load   begins
 *   loop, until covey_transfer_progress_of says DONE or BROKEN:
 *     covey_transfer_next_request            it goes to the relay, and its
 *       answer to covey_transfer_input, or that there was none to
 *       covey_transfer_failed; where there is none, wait for the deadline
 *   covey_transfer_attachment                of a sender: what to tell others
 *   covey_transfer_close                     at the end
 *
 * Whatever a relay answers, it can do no more than delay, and be seen to: only
 * what the descriptor's sender has sealed is written, and DONE is said only
 * when the whole has the SHA-256 that the descriptor names. Before that, what
 * was written is not to be shown.
 *
 * Both sides go on after a restart: covey_transfer_save gives a few bytes,
 * which are secret. A sender saves them once, as soon as it is MOVING: it asks
 * the relay what is there already. A receiver saves them as often as it wants
 * not to read again.
 */
#ifndef COVEY_ATTACHMENT_H
#define COVEY_ATTACHMENT_H

#include <covey/content.h>
#include <covey/error.h>
#include <covey/export.h>
#include <covey/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COVEY_TRANSFER_BLOB_MIN 512 /* of a sender */
#define COVEY_TRANSFER_BLOB_MAX 16384
#define COVEY_TRANSFER_BATCH_MAX 8 /* blobs in one request */
#define COVEY_TRANSFER_SAVED_SIZE 132
#define COVEY_TRANSFER_NO_DEADLINE UINT64_MAX

/* A transfer, as it is in memory. */
typedef struct covey_transfer covey_transfer;

/* The clear bytes of an attachment. Each hook answers 0, or anything else for
 * a failure, and does not call back into the library. A receiver's `write`
 * comes with rising offsets, but begins again where it was saved last. */
typedef struct {
    void *ctx;
    /* Fills all of out[0..len) from `offset`. */
    int (*read)(void *ctx, uint32_t offset, uint8_t *out, size_t len);
    /* Writes all bytes at `offset`. NULL for a sender. */
    int (*write)(void *ctx, uint32_t offset, covey_bytes bytes);
} covey_transfer_file;

/* How a transfer runs. */
typedef struct {
    const covey_transfer_file *file; /* outlives the transfer */
    covey_bytes relay;               /* its host name; outlives the transfer */
    /* Working memory, outlives the transfer: a blob, or of a sender `batch`
     * blobs. */
    uint8_t *work;
    size_t work_len;
    /* Blobs in one request or answer, 1 to COVEY_TRANSFER_BATCH_MAX. */
    uint32_t batch;
    /* How long a relay may hold a receiver's request that has nothing to
     * answer; 0: not at all. At most 300,000. */
    uint32_t wait_ms;
} covey_transfer_config;

/* Where a transfer stands. */
typedef enum {
    COVEY_TRANSFER_EMPTY = 0,     /* closed */
    COVEY_TRANSFER_PREPARING = 1, /* a sender reads the file the first time */
    COVEY_TRANSFER_MOVING = 2,    /* chunks go to the relay, or come */
    COVEY_TRANSFER_CHECKING = 3,  /* a receiver reads back what it wrote */
    COVEY_TRANSFER_DONE = 4,
    /* A sender's file changed while it was read: begin another transfer. What
     * a receiver got, or reads back, is not what was described: begin it
     * again, or give it up. */
    COVEY_TRANSFER_BROKEN = 5
} covey_transfer_state;

/* What is in the way; it tries again by itself. */
typedef enum {
    COVEY_TRANSFER_WELL = 0,
    COVEY_TRANSFER_AWAY = 1,    /* no answer */
    COVEY_TRANSFER_WRONG = 2,   /* an answer that is none */
    COVEY_TRANSFER_REFUSED = 3, /* busy, or it does not serve the mailbox */
    COVEY_TRANSFER_FULL = 4,    /* the mailbox is full */
    COVEY_TRANSFER_WAITING = 5  /* a receiver: the rest is not there yet */
} covey_transfer_trouble;

typedef struct {
    covey_transfer_state state;
    covey_transfer_trouble trouble;
    uint32_t chunks_done; /* at the relay; of a receiver, written */
    uint32_t num_chunks;
} covey_transfer_progress;

/* A request to the relay, as those of a device. */
typedef struct {
    uint32_t id;       /* goes back with the answer */
    covey_bytes body;  /* of the POST; empty: there is no request */
    uint32_t wait_ms;  /* how long the relay may hold it */
    size_t answer_max; /* an answer is no longer */
} covey_transfer_request;

/* ---- memory ---- */

/** Bytes of memory for a transfer, aligned as for uint64_t. */
COVEY_API size_t covey_transfer_size(void);

/** COVEY_TRANSFER_SAVED_SIZE. */
COVEY_API size_t covey_transfer_saved_size(void);

/**
 * The blob that a chunk of an attachment takes: a receiver's working memory.
 *
 * @param what  Of a message, or from covey_transfer_attachment.
 *
 * @return 256, 512 and so on up to COVEY_TRANSFER_BLOB_MAX; 0: it is not an
 *         attachment that can be.
 */
COVEY_API size_t covey_transfer_blob_size(const covey_attachment *what);

/**
 * Bytes of the longest request.
 *
 * @param blob_size  The `max_blob` of a sender; 0 for a receiver.
 * @param batch      Of the configuration.
 *
 * @return Bytes that `out` of covey_transfer_next_request needs.
 */
COVEY_API size_t covey_transfer_request_size(uint32_t blob_size,
                                             uint32_t batch);

/**
 * Makes a closed transfer in the host's memory.
 *
 * @param memory  The host's, aligned as for uint64_t; outlives the transfer.
 * @param len     At least covey_transfer_size().
 *
 * @return The transfer, or NULL when the memory is too small or misaligned.
 */
COVEY_API covey_transfer *covey_transfer_at(void *memory, size_t len);

/**
 * Wipes the memory, not the working memory: that holds nothing clear between
 * calls.
 *
 * @param transfer  Any.
 */
COVEY_API void covey_transfer_close(covey_transfer *transfer);

/* ---- beginning ---- */

/**
 * Begins to send: makes a mailbox and a key for this attachment alone.
 *
 * @param transfer  Any; what it was doing is forgotten.
 * @param config    Copied, with views of it.
 * @param what      Of it media, size, and duration_ms or width and height;
 *                  the rest is made.
 * @param max_blob  The largest blob that all readers take, 512 to 16384: 512
 *                  to 4096 where a watch reads, 16384 among phones.
 * @param random    For the mailbox and the key.
 *
 * @retval COVEY_OK            PREPARING.
 * @retval COVEY_ERR_ARGUMENT  A field is outside its range.
 * @retval COVEY_ERR_BUFFER    `work` is smaller than `batch` blobs.
 * @retval COVEY_ERR_RANDOM    The hook failed.
 */
COVEY_API COVEY_MUST_CHECK int
covey_transfer_send(covey_transfer *transfer,
                    const covey_transfer_config *config,
                    const covey_attachment *what, uint32_t max_blob,
                    const covey_random *random);

/**
 * Begins to receive. Nothing is read, written or asked for when the descriptor
 * is not one; whether it is too large for this device is for the host to say
 * before.
 *
 * @param transfer  Any; what it was doing is forgotten.
 * @param config    Copied, with views of it.
 * @param what      As it came in a message. Copied.
 *
 * @retval COVEY_OK            MOVING.
 * @retval COVEY_ERR_ARGUMENT  A field is outside its range, or there is no
 *                             `write`.
 * @retval COVEY_ERR_BUFFER    `work` is smaller than covey_transfer_blob_size.
 */
COVEY_API COVEY_MUST_CHECK int
covey_transfer_receive(covey_transfer *transfer,
                       const covey_transfer_config *config,
                       const covey_attachment *what);

/**
 * What a sender tells the others, once the file has been read the first time.
 * Best when it is DONE: then all of it is there. Secret.
 *
 * @param      transfer  Any.
 * @param[out] what      Zero on failure.
 *
 * @retval COVEY_OK         Done. Of a receiver, what it was given.
 * @retval COVEY_ERR_STATE  EMPTY, PREPARING, or a sender that is BROKEN.
 */
COVEY_API COVEY_MUST_CHECK int
covey_transfer_attachment(const covey_transfer *transfer,
                          covey_attachment *what);

/* ---- the loop ---- */

/**
 * The next request that is due. Does at most one batch of work on the file
 * first: a body may be empty although the deadline has passed, then call
 * again.
 *
 * @param         transfer  Not EMPTY.
 * @param         now_ms    A clock that only grows.
 * @param[in,out] out       covey_transfer_request_size bytes; holds the body.
 * @param[out]    request   Its body is empty when there is none.
 *
 * @retval COVEY_OK          Done.
 * @retval COVEY_ERR_BUFFER  `out` is too small. Call again.
 * @retval COVEY_ERR_PORT    The file's hook failed. Call again.
 * @retval COVEY_ERR_STATE   EMPTY.
 */
COVEY_API COVEY_MUST_CHECK int
covey_transfer_next_request(covey_transfer *transfer, uint64_t now_ms,
                            covey_buffer *out, covey_transfer_request *request);

/**
 * Takes a relay's answer.
 *
 * @param transfer  Not EMPTY.
 * @param now_ms    The time.
 * @param id        Of the request.
 * @param answer    What the relay sent; not kept.
 *
 * @retval COVEY_OK             Taken; also when it came too late.
 * @retval COVEY_ERR_MALFORMED  Not an answer to this request. It counts as
 *                              failed.
 * @retval COVEY_ERR_PORT       The file's hook failed. What came before that
 *                              chunk is taken; the rest will be asked for
 *                              again after a pause.
 * @retval COVEY_ERR_STATE      EMPTY.
 */
COVEY_API COVEY_MUST_CHECK int covey_transfer_input(covey_transfer *transfer,
                                                    uint64_t now_ms,
                                                    uint32_t id,
                                                    covey_bytes answer);

/**
 * Says that a request had no answer. It is made again after a second, and
 * after twice as long each time, up to five minutes.
 *
 * @param transfer  Any.
 * @param now_ms    The time.
 * @param id        Of the request.
 */
COVEY_API void covey_transfer_failed(covey_transfer *transfer, uint64_t now_ms,
                                     uint32_t id);

/**
 * When to ask for the next request although nothing came.
 *
 * @param transfer  Any.
 *
 * @return Of the same clock; 0: at once. COVEY_TRANSFER_NO_DEADLINE: it waits
 *         for an answer, or has ended.
 */
COVEY_API uint64_t covey_transfer_deadline(const covey_transfer *transfer);

/** How far it is. */
COVEY_API covey_transfer_progress
covey_transfer_progress_of(const covey_transfer *transfer);

/* ---- across a restart ---- */

/**
 * What covey_transfer_load goes on from. It holds keys: seal it, and erase it
 * when the transfer has ended.
 *
 * @param      transfer  Not EMPTY.
 * @param[out] saved     COVEY_TRANSFER_SAVED_SIZE bytes.
 *
 * @retval COVEY_OK         Done.
 * @retval COVEY_ERR_STATE  EMPTY.
 */
COVEY_API COVEY_MUST_CHECK int
covey_transfer_save(const covey_transfer *transfer,
                    uint8_t saved[COVEY_TRANSFER_SAVED_SIZE]);

/**
 * Goes on with a saved transfer. A receiver's file has to hold what was
 * written before it was saved.
 *
 * @param transfer  Any; what it was doing is forgotten.
 * @param config    Copied, with views of it; may differ from before.
 * @param saved     As it was saved.
 *
 * @retval COVEY_OK             Goes on.
 * @retval COVEY_ERR_ARGUMENT   The configuration is outside its range.
 * @retval COVEY_ERR_BUFFER     `work` is too small for it.
 * @retval COVEY_ERR_MALFORMED  Not what was saved.
 */
COVEY_API COVEY_MUST_CHECK int
covey_transfer_load(covey_transfer *transfer,
                    const covey_transfer_config *config, covey_bytes saved);

#ifdef __cplusplus
}
#endif

#endif
