#include "base/writer.h"

#include <covey/error.h>

#define VEC_LEN_MAX 0x3fffffffu

covey_writer covey_writer_of(uint8_t *at, size_t cap)
{
    return (covey_writer){at, at == NULL ? 0 : cap, 0, false};
}

covey_writer covey_writer_counting(void)
{
    return (covey_writer){NULL, SIZE_MAX, 0, false};
}

uint8_t *covey_write_room(covey_writer *w, size_t len)
{
    if (w->failed || len > w->cap - w->len) {
        w->failed = true;
        return NULL;
    }
    uint8_t *at = w->at == NULL ? NULL : w->at + w->len;
    w->len += len;
    return at;
}

static void write_uint(covey_writer *w, uint64_t value, unsigned width)
{
    uint8_t *at = covey_write_room(w, width);

    for (unsigned i = 0; at != NULL && i < width; i++) {
        at[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
    }
}

void covey_write_u8(covey_writer *w, uint8_t value)
{
    write_uint(w, value, 1);
}

void covey_write_u16(covey_writer *w, uint16_t value)
{
    write_uint(w, value, 2);
}

void covey_write_u32(covey_writer *w, uint32_t value)
{
    write_uint(w, value, 4);
}

void covey_write_u64(covey_writer *w, uint64_t value)
{
    write_uint(w, value, 8);
}

void covey_write_fixed(covey_writer *w, covey_bytes bytes)
{
    uint8_t *at = covey_write_room(w, bytes.len);

    /* They may stand further back in the same memory. */
    if (at != NULL && bytes.len != 0) memmove(at, bytes.at, bytes.len);
}

void covey_write_zeros(covey_writer *w, size_t len)
{
    uint8_t *at = covey_write_room(w, len);

    if (at != NULL) memset(at, 0, len);
}

size_t covey_vec_len_size(size_t len)
{
    return len < 64 ? 1 : len < 16384 ? 2 : 4;
}

void covey_write_vec_len(covey_writer *w, size_t len)
{
    static const uint32_t prefix[5] = {0, 0, 0x4000, 0, 0x80000000};
    unsigned width = (unsigned)covey_vec_len_size(len);

    if (len > VEC_LEN_MAX) {
        w->failed = true;
        return;
    }
    write_uint(w, (uint32_t)len | prefix[width], width);
}

void covey_write_vec(covey_writer *w, covey_bytes bytes)
{
    covey_write_vec_len(w, bytes.len);
    covey_write_fixed(w, bytes);
}

size_t covey_write_vec_open(const covey_writer *w)
{
    return w->len;
}

void covey_write_vec_close(covey_writer *w, size_t mark)
{
    size_t len = w->len - mark;
    size_t head = covey_vec_len_size(len);

    (void)covey_write_room(w, head);
    if (w->failed) return;
    if (w->at != NULL) memmove(w->at + mark + head, w->at + mark, len);
    w->len = mark;
    covey_write_vec_len(w, len);
    w->len += len;
}

int covey_writer_finish(const covey_writer *w)
{
    return w->failed ? COVEY_ERR_BUFFER : COVEY_OK;
}
