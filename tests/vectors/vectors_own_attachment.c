/* Our own vectors of the attachments of SPEC.md section 3.6, read as a second
 * implementation would: own/attachment.json. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "device/transfer_chunk.h"
#include "relay/mailbox.h"
#include "support/vectors.h"

static void copy_hex(uint8_t *out, size_t len, const json_t *object,
                     const char *key)
{
    covey_bytes bytes = vector_hex(object, key);

    cr_assert_eq(bytes.len, len, "%s", key);
    memcpy(out, bytes.at, len);
}

static covey_attachment attachment_of(const json_t *one)
{
    covey_attachment what = {.media = COVEY_MEDIA_VOICE,
                             .duration_ms = 1,
                             .size = (uint32_t)vector_number(one, "size"),
                             .chunk_size =
                                 (uint32_t)vector_number(one, "chunk_size")};

    copy_hex(what.sha256, 32, one, "sha256");
    copy_hex(what.mailbox_seed, 32, one, "mailbox_seed");
    copy_hex(what.key, 32, one, "key");
    return what;
}

static void check_mailbox(const json_t *one, const covey_attachment *what)
{
    covey_mailbox mailbox;

    covey_mailbox_of_seed(&mailbox, what->mailbox_seed);
    covey_mailbox_address address = covey_mailbox_address_of(&mailbox);
    check_bytes(covey_mailbox_address_bytes(&address),
                vector_hex(one, "address"));
}

/* In both directions. */
static void check_chunk(const covey_transfer_chunks *chunks, uint32_t number,
                        covey_bytes whole, covey_bytes blob)
{
    uint8_t *out = test_alloc(chunks->blob_size);
    size_t len = covey_transfer_chunk_len(chunks, number);
    covey_bytes part =
        covey_bytes_of(whole.at + (size_t)number * chunks->chunk_size, len);
    covey_bytes clear;

    cr_assert_eq(covey_transfer_chunk_open(chunks, number, out, &clear, blob),
                 COVEY_OK);
    check_bytes(clear, part);
    memcpy(covey_transfer_chunk_at(out), part.at, len);
    covey_transfer_chunk_seal(chunks, number, out);
    check_bytes(covey_bytes_of(out, chunks->blob_size), blob);
}

Test(vectors_own_attachment, attachments)
{
    const json_t *one;
    size_t i;

    json_array_foreach(vector_list(vectors_open("attachment.json"),
                                   "attachments"),
                       i, one)
    {
        const covey_attachment what = attachment_of(one);
        const json_t *blobs = vector_list(one, "blobs");
        covey_transfer_chunks chunks;

        covey_transfer_chunks_of(&chunks, &what);
        check_mailbox(one, &what);
        check_bytes(covey_secret_bytes(&chunks.secret),
                    vector_hex(one, "secret"));
        cr_assert_eq(chunks.num, json_array_size(blobs));
        for (uint32_t j = 0; j < chunks.num; j++) {
            check_chunk(&chunks, j, vector_hex(one, "clear"),
                        vector_bytes(json_array_get(blobs, j)));
        }
    }
    cr_assert_eq(i, 4);
}

/* They are of the second attachment. */
Test(vectors_own_attachment, refused)
{
    const json_t *object = vectors_open("attachment.json");
    const covey_attachment what =
        attachment_of(json_array_get(vector_list(object, "attachments"), 1));
    covey_transfer_chunks chunks;
    const json_t *one;
    size_t i;

    covey_transfer_chunks_of(&chunks, &what);
    json_array_foreach(vector_list(object, "refused"), i, one)
    {
        uint8_t out[512];
        covey_bytes clear;

        cr_assert_eq(covey_transfer_chunk_open(
                         &chunks, (uint32_t)vector_number(one, "number"), out,
                         &clear, vector_hex(one, "blob")),
                     COVEY_ERR_AUTH, "%s", vector_text(one, "why"));
    }
    cr_assert_eq(i, 7);
}
