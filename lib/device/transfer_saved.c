/* What a transfer is saved as: SPEC.md section 3.6. */
#include <covey/error.h>

#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"
#include "content/attachment.h"
#include "device/transfer.h"

enum { FORMAT = 1, SENDS = 1, SKIPPED = 2, BEHIND = 4, FLAGS = 7 };

/* ---- saving ---- */

static covey_transfer_state state_to_save(const covey_transfer *t)
{
    return t->state == COVEY_TRANSFER_CHECKING ? COVEY_TRANSFER_MOVING
                                               : t->state;
}

static void write_what(covey_writer *w, const covey_attachment *what)
{
    covey_write_u8(w, (uint8_t)what->media);
    covey_write_u32(w, what->duration_ms);
    covey_write_u32(w, what->width);
    covey_write_u32(w, what->height);
    covey_write_u32(w, what->size);
    covey_write_u32(w, what->chunk_size);
    covey_write_fixed(w, covey_bytes_of(what->sha256, sizeof what->sha256));
    covey_write_fixed(w, covey_bytes_of(what->mailbox_seed,
                                        sizeof what->mailbox_seed));
    covey_write_fixed(w, covey_bytes_of(what->key, sizeof what->key));
}

int covey_transfer_save(const covey_transfer *t,
                        uint8_t saved[COVEY_TRANSFER_SAVED_SIZE])
{
    covey_writer w = covey_writer_of(saved, COVEY_TRANSFER_SAVED_SIZE);

    if (t->state == COVEY_TRANSFER_EMPTY) {
        memset(saved, 0, COVEY_TRANSFER_SAVED_SIZE);
        return COVEY_ERR_STATE;
    }
    covey_write_u8(&w, FORMAT);
    covey_write_u8(&w, (uint8_t)((t->sends ? SENDS : 0) |
                                 (t->skipped ? SKIPPED : 0) |
                                 (t->behind ? BEHIND : 0)));
    covey_write_u8(&w, (uint8_t)state_to_save(t));
    write_what(&w, &t->what);
    /* A sender asks the relay. */
    covey_write_u32(&w, t->sends ? 0 : t->done);
    covey_write_u64(&w, t->sends ? 0 : t->after);
    return covey_writer_finish(&w);
}

/* ---- loading ---- */

typedef struct {
    uint8_t flags;
    uint8_t state;
    covey_attachment what;
    uint32_t done;
    uint64_t after;
} saved_transfer;

static void read_key(covey_reader *r, uint8_t out[COVEY_ATTACHMENT_KEY_SIZE])
{
    covey_bytes bytes = covey_read_fixed(r, COVEY_ATTACHMENT_KEY_SIZE);

    covey_copy(out, bytes.at, bytes.len);
}

static void read_what(covey_reader *r, covey_attachment *what)
{
    what->media = (covey_media)covey_read_u8(r);
    what->duration_ms = covey_read_u32(r);
    what->width = covey_read_u32(r);
    what->height = covey_read_u32(r);
    what->size = covey_read_u32(r);
    what->chunk_size = covey_read_u32(r);
    read_key(r, what->sha256);
    read_key(r, what->mailbox_seed);
    read_key(r, what->key);
}

static bool is_sound(const saved_transfer *s)
{
    if (s->flags > FLAGS || !covey_attachment_valid(&s->what)) return false;
    if (s->state != COVEY_TRANSFER_MOVING && s->state != COVEY_TRANSFER_DONE &&
        s->state != COVEY_TRANSFER_BROKEN &&
        (s->state != COVEY_TRANSFER_PREPARING || !(s->flags & SENDS))) {
        return false;
    }
    if (s->flags & SENDS) {
        return s->flags == SENDS && s->done == 0 && s->after == 0;
    }
    return s->done <= (s->what.size - 1) / s->what.chunk_size + 1 &&
           s->after < UINT64_MAX;
}

static int read_saved(saved_transfer *s, covey_bytes saved)
{
    covey_reader r = covey_reader_of(saved);
    uint8_t format = covey_read_u8(&r);

    s->flags = covey_read_u8(&r);
    s->state = covey_read_u8(&r);
    read_what(&r, &s->what);
    s->done = covey_read_u32(&r);
    s->after = covey_read_u64(&r);
    if (covey_reader_finish(&r) != COVEY_OK || format != FORMAT ||
        !is_sound(s)) {
        return COVEY_ERR_MALFORMED;
    }
    return COVEY_OK;
}

static void go_on(covey_transfer *t, const saved_transfer *s)
{
    if (s->state == COVEY_TRANSFER_PREPARING) return;
    covey_transfer_move(t);
    t->asks = t->sends;
    t->skipped = (s->flags & SKIPPED) != 0;
    t->behind = (s->flags & BEHIND) != 0;
    t->done = s->done;
    t->after = s->after;
    if (s->state != COVEY_TRANSFER_MOVING) {
        t->state = (covey_transfer_state)s->state;
        if (t->sends && t->state == COVEY_TRANSFER_DONE) {
            t->done = t->chunks.num;
        }
    } else if (t->done == t->chunks.num) {
        covey_transfer_check(t);
    }
}

int covey_transfer_load(covey_transfer *transfer,
                        const covey_transfer_config *config, covey_bytes saved)
{
    saved_transfer s = {0};

    int err = read_saved(&s, saved);
    bool sends = (s.flags & SENDS) != 0;
    if (!err) {
        err = covey_transfer_config_check(config,
                                          covey_transfer_blob_size(&s.what),
                                          sends);
    }
    if (!err) {
        covey_transfer_begin(transfer, config, &s.what, sends);
        go_on(transfer, &s);
    }
    covey_wipe(&s, sizeof s);
    return err;
}
