/*
 * Writes the TLS presentation language of RFC 9420 section 2.1. Failure
 * latches like the reader's. Without a buffer it only counts.
 */
#ifndef COVEY_BASE_WRITER_H
#define COVEY_BASE_WRITER_H

#include "base/bytes.h"

typedef struct {
    uint8_t *at; /* start of the buffer; NULL: count only */
    size_t cap;
    size_t len; /* written so far */
    bool failed;
} covey_writer;

covey_writer covey_writer_of(uint8_t *at, size_t cap);
covey_writer covey_writer_counting(void);

void covey_write_u8(covey_writer *w, uint8_t value);
void covey_write_u16(covey_writer *w, uint16_t value);
void covey_write_u32(covey_writer *w, uint32_t value);
void covey_write_u64(covey_writer *w, uint64_t value);

/* The bytes as they stand. */
void covey_write_fixed(covey_writer *w, covey_bytes bytes);
void covey_write_zeros(covey_writer *w, size_t len);

/* opaque<V>. */
void covey_write_vec(covey_writer *w, covey_bytes bytes);

/* The length of an opaque<V>, in its shortest encoding. */
void covey_write_vec_len(covey_writer *w, size_t len);
size_t covey_vec_len_size(size_t len);

/* A vector whose length is known only afterwards: open, write its contents,
 * close with what open returned. Closing moves the contents. */
size_t covey_write_vec_open(const covey_writer *w);
void covey_write_vec_close(covey_writer *w, size_t mark);

/* Room for len bytes, to be filled by the caller; NULL after a failure, and
 * when only counting. */
uint8_t *covey_write_room(covey_writer *w, size_t len);

/* What has been written since the writer stood at `mark`. */
static inline covey_bytes covey_writer_since(const covey_writer *w, size_t mark)
{
    if (w->failed || w->at == NULL) return covey_bytes_of(NULL, 0);
    return covey_bytes_of(w->at + mark, w->len - mark);
}

/* COVEY_ERR_BUFFER after a failure. */
int covey_writer_finish(const covey_writer *w);

#endif
