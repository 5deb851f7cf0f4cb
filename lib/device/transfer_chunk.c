#include "device/transfer_chunk.h"

#include <assert.h>
#include <covey/error.h>

#include "base/secret.h"
#include "base/writer.h"
#include "relay/blob.h"

/* Which chunk of which whole: the AEAD's aad. */
typedef struct {
    uint8_t bytes[16];
} chunk_head;

static chunk_head head_of(const covey_transfer_chunks *chunks, uint32_t number)
{
    chunk_head head;
    covey_writer w = covey_writer_of(head.bytes, sizeof head.bytes);

    covey_write_u32(&w, number);
    covey_write_u32(&w, chunks->num);
    covey_write_u32(&w, chunks->size);
    covey_write_u32(&w, chunks->chunk_size);
    return head;
}

static covey_bytes head_bytes(const chunk_head *head)
{
    return covey_bytes_of(head->bytes, sizeof head->bytes);
}

void covey_transfer_chunks_of(covey_transfer_chunks *chunks,
                              const covey_attachment *what)
{
    covey_bytes key = covey_bytes_of(what->key, sizeof what->key);

    covey_hkdf_extract(&chunks->secret,
                       covey_bytes_of(what->sha256, sizeof what->sha256), &key,
                       1);
    chunks->size = what->size;
    chunks->chunk_size = what->chunk_size;
    chunks->num = (what->size - 1) / what->chunk_size + 1;
    chunks->blob_size =
        (uint32_t)covey_blob_bucket(what->chunk_size + COVEY_CHUNK_OVERHEAD);
}

uint32_t covey_transfer_chunk_len(const covey_transfer_chunks *chunks,
                                  uint32_t number)
{
    uint32_t left = chunks->size - number * chunks->chunk_size;

    assert(number < chunks->num);
    return left < chunks->chunk_size ? left : chunks->chunk_size;
}

/* ---- keys ---- */

static void id_of(uint8_t id[COVEY_CHUNK_ID_SIZE],
                  const covey_transfer_chunks *chunks, const chunk_head *head,
                  covey_bytes plain)
{
    const covey_bytes info[] = {covey_bytes_of_text("covey chunk id"),
                                head_bytes(head), plain};
    int err =
        covey_hkdf_expand(id, COVEY_CHUNK_ID_SIZE, &chunks->secret, info, 3);

    assert(err == COVEY_OK);
    (void)err;
}

static void key_of(covey_aead_key *key, const covey_transfer_chunks *chunks,
                   const chunk_head *head, const uint8_t *id)
{
    const covey_bytes info[] = {covey_bytes_of_text("covey chunk key"),
                                head_bytes(head),
                                covey_bytes_of(id, COVEY_CHUNK_ID_SIZE)};
    uint8_t both[COVEY_AEAD_KEY_SIZE + COVEY_AEAD_NONCE_SIZE];
    int err = covey_hkdf_expand(both, sizeof both, &chunks->secret, info, 3);

    assert(err == COVEY_OK);
    (void)err;
    memcpy(key->key, both, sizeof key->key);
    memcpy(key->nonce, both + sizeof key->key, sizeof key->nonce);
    covey_wipe(both, sizeof both);
}

/* ---- blobs ---- */

void covey_transfer_chunk_seal(const covey_transfer_chunks *chunks,
                               uint32_t number, uint8_t *blob)
{
    const chunk_head head = head_of(chunks, number);
    size_t len = covey_transfer_chunk_len(chunks, number);
    size_t plain_len = chunks->blob_size - COVEY_CHUNK_OVERHEAD;
    uint8_t *plain = covey_transfer_chunk_at(blob);
    covey_aead_key key;

    memset(plain + len, 0, plain_len - len);
    id_of(blob, chunks, &head, covey_bytes_of(plain, plain_len));
    /* It goes out in clear. */
    COVEY_CT_PUBLIC(blob, COVEY_CHUNK_ID_SIZE);
    key_of(&key, chunks, &head, blob);
    covey_aead_seal(plain, &key, head_bytes(&head),
                    covey_bytes_of(plain, plain_len));
    covey_wipe(&key, sizeof key);
}

/* Whether opened bytes are what a sender would have sealed. */
static bool is_sound(const covey_transfer_chunks *chunks,
                     const chunk_head *head, size_t len, covey_bytes plain,
                     const uint8_t *want)
{
    uint8_t id[COVEY_CHUNK_ID_SIZE];

    id_of(id, chunks, head, plain);
    bool same = covey_ct_equal(id, want, sizeof id);
    bool padded = covey_ct_is_zero(plain.at + len, plain.len - len);
    covey_wipe(id, sizeof id);
    COVEY_CT_PUBLIC(&same, sizeof same);
    COVEY_CT_PUBLIC(&padded, sizeof padded);
    return same && padded;
}

int covey_transfer_chunk_open(const covey_transfer_chunks *chunks,
                              uint32_t number, uint8_t *out, covey_bytes *clear,
                              covey_bytes blob)
{
    const chunk_head head = head_of(chunks, number);
    size_t len = covey_transfer_chunk_len(chunks, number);
    covey_aead_key key;

    if (blob.len != chunks->blob_size) return COVEY_ERR_AUTH;
    size_t plain_len = blob.len - COVEY_CHUNK_OVERHEAD;
    key_of(&key, chunks, &head, blob.at);
    int err = covey_aead_open(out, &key, head_bytes(&head),
                              covey_bytes_of(blob.at + COVEY_CHUNK_ID_SIZE,
                                             blob.len - COVEY_CHUNK_ID_SIZE));
    covey_wipe(&key, sizeof key);
    if (!err && !is_sound(chunks, &head, len, covey_bytes_of(out, plain_len),
                          blob.at)) {
        covey_wipe(out, plain_len);
        err = COVEY_ERR_AUTH;
    }
    if (!err) *clear = covey_bytes_of(out, len);
    return err;
}
