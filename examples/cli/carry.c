#include "carry.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BLOB 4096 /* what a watch takes */
#define BATCH 8
#define WAIT_MS 10000

/* A transfer and its memory. */
typedef struct {
    const carriage *how;
    covey_transfer_file file;
    covey_transfer *transfer;
    void *memory;
    uint8_t *work;
    uint8_t *request;
    size_t request_len;
} load;

/* ---- the file ---- */

static int hook_read(void *ctx, uint32_t offset, uint8_t *out, size_t len)
{
    const carriage *c = ctx;

    for (size_t done = 0; done < len;) {
        ssize_t got =
            pread(c->fd, out + done, len - done, (off_t)offset + (off_t)done);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return -1;
        done += (size_t)got;
    }
    return 0;
}

static int hook_write(void *ctx, uint32_t offset, covey_bytes bytes)
{
    const carriage *c = ctx;

    for (size_t done = 0; done < bytes.len;) {
        ssize_t put = pwrite(c->fd, bytes.at + done, bytes.len - done,
                             (off_t)offset + (off_t)done);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return -1;
        done += (size_t)put;
    }
    return 0;
}

static int hook_random(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    randombytes_buf(out, len);
    return 0;
}

/* ---- the loop ---- */

static uint64_t clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void rest_until(uint64_t deadline)
{
    uint64_t now = clock_ms();
    uint64_t ms = deadline > now ? deadline - now : 0;
    if (ms > 200) ms = 200;
    const struct timespec time = {.tv_nsec = (long)ms * 1000000};

    (void)nanosleep(&time, NULL);
}

/* One request and its answer, or a little rest. */
static bool step(load *l, complaint *error)
{
    covey_buffer out = {l->request, l->request_len, 0};
    covey_transfer_request request;
    covey_bytes answer = {NULL, 0};

    int err =
        covey_transfer_next_request(l->transfer, clock_ms(), &out, &request);
    if (err == COVEY_ERR_PORT) {
        return complain(error, "the file cannot be read or written");
    }
    if (err) return complain(error, "%s", covey_error_text(err));
    if (request.body.len == 0) {
        rest_until(covey_transfer_deadline(l->transfer));
        return true;
    }
    if (!poster_ask(l->how->poster, request.body, request.wait_ms,
                    request.answer_max, &answer)) {
        covey_transfer_failed(l->transfer, clock_ms(), request.id);
        return true;
    }
    err = covey_transfer_input(l->transfer, clock_ms(), request.id, answer);
    return err != COVEY_ERR_PORT ||
           complain(error, "the file cannot be written");
}

static bool carry(load *l, complaint *error)
{
    uint64_t moved_ms = clock_ms();
    uint32_t done = 0;

    for (;;) {
        covey_transfer_progress at = covey_transfer_progress_of(l->transfer);
        if (at.state == COVEY_TRANSFER_DONE) return true;
        if (at.state == COVEY_TRANSFER_BROKEN) {
            return complain(error, "the file changed, or what came is not "
                                   "what was described");
        }
        if (at.chunks_done != done) moved_ms = clock_ms();
        done = at.chunks_done;
        if (!l->how->progress(l->how->ctx, done, at.num_chunks) ||
            clock_ms() - moved_ms > l->how->give_up * UINT64_C(1000)) {
            return complain(error, "given up: the relay does not answer, or "
                                   "does not have it all");
        }
        if (!step(l, error)) return false;
    }
}

/* ---- beginning and end ---- */

static bool load_open(load *l, const carriage *c, size_t work_len,
                      size_t request_len, complaint *error)
{
    *l = (load){.how = c,
                .file = {(void *)(uintptr_t)c, hook_read, hook_write},
                .memory = malloc(covey_transfer_size()),
                .work = malloc(work_len),
                .request = malloc(request_len),
                .request_len = request_len};
    if (l->memory != NULL && l->work != NULL && l->request != NULL) {
        l->transfer = covey_transfer_at(l->memory, covey_transfer_size());
    }
    return l->transfer != NULL || complain(error, "no memory");
}

static void load_close(load *l)
{
    if (l->transfer != NULL) covey_transfer_close(l->transfer);
    free(l->memory);
    free(l->work);
    free(l->request);
}

bool carry_out(const carriage *c, covey_attachment *what, complaint *error)
{
    const covey_random random = {NULL, hook_random};
    const size_t work_len = (size_t)BLOB * BATCH;
    load l;
    int err = COVEY_OK;

    bool ok = load_open(&l, c, work_len,
                        covey_transfer_request_size(BLOB, BATCH), error);
    const covey_transfer_config config = {.file = &l.file,
                                          .relay = poster_host(c->poster),
                                          .work = l.work,
                                          .work_len = work_len,
                                          .batch = BATCH};
    if (ok) {
        err = covey_transfer_send(l.transfer, &config, what, BLOB, &random);
    }
    ok = ok && !err && carry(&l, error);
    if (ok) err = covey_transfer_attachment(l.transfer, what);
    if (err) (void)complain(error, "%s", covey_error_text(err));
    load_close(&l);
    return ok && !err;
}

bool carry_in(const carriage *c, const covey_attachment *what, complaint *error)
{
    const size_t work_len = covey_transfer_blob_size(what);
    load l;
    int err = COVEY_OK;

    if (work_len == 0) return complain(error, "this is not an attachment");
    bool ok = load_open(&l, c, work_len, covey_transfer_request_size(0, BATCH),
                        error);
    const covey_transfer_config config = {.file = &l.file,
                                          .relay = poster_host(c->poster),
                                          .work = l.work,
                                          .work_len = work_len,
                                          .batch = BATCH,
                                          .wait_ms = WAIT_MS};
    if (ok) err = covey_transfer_receive(l.transfer, &config, what);
    if (err) (void)complain(error, "%s", covey_error_text(err));
    ok = ok && !err && carry(&l, error);
    load_close(&l);
    return ok;
}
