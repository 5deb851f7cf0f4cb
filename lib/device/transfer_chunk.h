/*
 * The chunks of an attachment, and the blobs that they are at the relay:
 * SPEC.md section 3.6. A blob is
 *
 *   id[16] || ciphertext of the chunk and zeros || tag[16]
 *
 * The id is a MAC of what is sealed and gives the key, so that the same chunk
 * is the same blob whenever it is sealed, and another one never has its key.
 */
#ifndef COVEY_DEVICE_TRANSFER_CHUNK_H
#define COVEY_DEVICE_TRANSFER_CHUNK_H

#include <covey/content.h>

#include "crypto/aead.h"
#include "crypto/hkdf.h"

#define COVEY_CHUNK_ID_SIZE 16
#define COVEY_CHUNK_OVERHEAD (COVEY_CHUNK_ID_SIZE + COVEY_AEAD_TAG_SIZE)

/* How an attachment is cut and sealed. To be wiped. */
typedef struct {
    covey_secret secret;
    uint32_t size;
    uint32_t chunk_size;
    uint32_t num;
    uint32_t blob_size; /* the same for all */
} covey_transfer_chunks;

/* Of a valid attachment. */
void covey_transfer_chunks_of(covey_transfer_chunks *chunks,
                              const covey_attachment *what);

/* Clear bytes of a chunk: the last may be shorter. */
uint32_t covey_transfer_chunk_len(const covey_transfer_chunks *chunks,
                                  uint32_t number);

/* Where a chunk to be sealed begins in its blob. */
static inline uint8_t *covey_transfer_chunk_at(uint8_t *blob)
{
    return blob + COVEY_CHUNK_ID_SIZE;
}

/* Makes a blob of the clear bytes that stand in it. */
void covey_transfer_chunk_seal(const covey_transfer_chunks *chunks,
                               uint32_t number, uint8_t *blob);

/* Writes blob_size bytes to `out`, of which `clear` is a view. Zeroes them and
 * answers COVEY_ERR_AUTH for what is not this chunk's blob. */
int covey_transfer_chunk_open(const covey_transfer_chunks *chunks,
                              uint32_t number, uint8_t *out, covey_bytes *clear,
                              covey_bytes blob);

#endif
