#include "device/transfer_chunk.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"

static covey_attachment what;
static covey_transfer_chunks chunks;

static void start(void)
{
    test_choices choices = test_choices_of(5);

    what = (covey_attachment){.media = COVEY_MEDIA_VOICE,
                              .duration_ms = 1,
                              .size = 1000,
                              .chunk_size = 480};
    test_fill(&choices, what.sha256, sizeof what.sha256);
    test_fill(&choices, what.key, sizeof what.key);
    covey_transfer_chunks_of(&chunks, &what);
}

TestSuite(transfer_chunk, .init = start);

/* Chunk `number`, of bytes of one value. */
static covey_bytes sealed(uint32_t number, uint8_t value)
{
    uint8_t *blob = guard_end(chunks.blob_size);

    memset(blob, 0xcc, chunks.blob_size);
    memset(covey_transfer_chunk_at(blob), value,
           covey_transfer_chunk_len(&chunks, number));
    covey_transfer_chunk_seal(&chunks, number, blob);
    return covey_bytes_of(blob, chunks.blob_size);
}

static int opened(uint32_t number, covey_bytes blob)
{
    uint8_t *out = guard_end(chunks.blob_size);
    covey_bytes clear = {NULL, 0};

    int err = covey_transfer_chunk_open(&chunks, number, out, &clear, blob);
    if (err) {
        cr_assert_eq(clear.len, 0);
        cr_assert(test_is_zero(out, chunks.blob_size));
    } else {
        cr_assert_eq(clear.len, covey_transfer_chunk_len(&chunks, number));
    }
    return err;
}

Test(transfer_chunk, it_is_cut_into_chunks_of_which_the_last_may_be_shorter)
{
    cr_assert_eq(chunks.num, 3);
    cr_assert_eq(chunks.blob_size, 512);
    cr_assert_eq(covey_transfer_chunk_len(&chunks, 0), 480);
    cr_assert_eq(covey_transfer_chunk_len(&chunks, 1), 480);
    cr_assert_eq(covey_transfer_chunk_len(&chunks, 2), 40);
    what.size = 960;
    covey_transfer_chunks_of(&chunks, &what);
    cr_assert_eq(chunks.num, 2);
    cr_assert_eq(covey_transfer_chunk_len(&chunks, 1), 480);
    what.size = COVEY_ATTACHMENT_MAX;
    what.chunk_size = COVEY_CHUNK_MIN;
    covey_transfer_chunks_of(&chunks, &what);
    cr_assert_eq(chunks.num, 65536);
    cr_assert_eq(chunks.blob_size, 256);
    what.chunk_size = COVEY_CHUNK_MAX;
    covey_transfer_chunks_of(&chunks, &what);
    cr_assert_eq(chunks.num, 525);
    cr_assert_eq(chunks.blob_size, 16384);
}

Test(transfer_chunk, each_opens_to_what_was_sealed)
{
    for (uint32_t i = 0; i < chunks.num; i++) {
        uint8_t *out = guard_end(chunks.blob_size);
        covey_bytes clear;

        cr_assert_eq(covey_transfer_chunk_open(&chunks, i, out, &clear,
                                               sealed(i, (uint8_t)(i + 1))),
                     COVEY_OK);
        cr_assert_eq(clear.len, covey_transfer_chunk_len(&chunks, i));
        for (size_t j = 0; j < clear.len; j++) {
            cr_assert_eq(clear.at[j], i + 1);
        }
    }
}

Test(transfer_chunk, the_same_chunk_is_the_same_blob)
{
    check_bytes(sealed(1, 9), sealed(1, 9));
}

/* Else a file that changes would be sealed twice with one key. */
Test(transfer_chunk, another_chunk_has_another_key)
{
    covey_bytes one = sealed(1, 9);
    covey_bytes changed = sealed(1, 10);
    size_t same = 0;

    cr_assert_neq(memcmp(one.at, changed.at, COVEY_CHUNK_ID_SIZE), 0);
    for (size_t i = COVEY_CHUNK_ID_SIZE; i < 496; i++) {
        same += (one.at[i] ^ changed.at[i]) == (9 ^ 10);
    }
    cr_assert_lt(same, 20, "%zu bytes show the same keystream", same);
}

Test(transfer_chunk, no_bit_of_a_blob_can_change)
{
    covey_bytes blob = sealed(2, 3);
    uint8_t *bytes = test_copy(blob);

    for (size_t bit = 0; bit < 8 * blob.len; bit++) {
        test_flip(bytes, bit);
        cr_assert_eq(opened(2, covey_bytes_of(bytes, blob.len)),
                     COVEY_ERR_AUTH);
        test_flip(bytes, bit);
        if (bit % 256 == 0) guard_free_all();
    }
    cr_assert_eq(opened(2, covey_bytes_of(bytes, blob.len)), COVEY_OK);
}

Test(transfer_chunk, another_length_is_refused)
{
    uint8_t *bytes = test_alloc(16384);

    memcpy(bytes, sealed(0, 1).at, 512);
    for (size_t len = 0; len <= 1024; len++) {
        int want = len == 512 ? COVEY_OK : COVEY_ERR_AUTH;

        cr_assert_eq(opened(0, covey_bytes_of(bytes, len)), want);
        if (len % 64 == 0) guard_free_all();
    }
}

Test(transfer_chunk, one_does_not_stand_for_another)
{
    for (uint32_t i = 0; i < chunks.num; i++) {
        covey_bytes blob = sealed(i, 1);

        for (uint32_t j = 0; j < chunks.num; j++) {
            cr_assert_eq(opened(j, blob), i == j ? COVEY_OK : COVEY_ERR_AUTH);
        }
    }
}

Test(transfer_chunk, nor_for_that_of_another_attachment)
{
    covey_bytes blob = sealed(0, 1);
    const covey_attachment right = what;

    what.size++;
    covey_transfer_chunks_of(&chunks, &what);
    cr_assert_eq(opened(0, blob), COVEY_ERR_AUTH, "size");
    what = right;
    what.chunk_size--;
    covey_transfer_chunks_of(&chunks, &what);
    cr_assert_eq(opened(0, blob), COVEY_ERR_AUTH, "chunk_size");
    what = right;
    what.sha256[31] ^= 1;
    covey_transfer_chunks_of(&chunks, &what);
    cr_assert_eq(opened(0, blob), COVEY_ERR_AUTH, "sha256");
    what = right;
    what.key[0] ^= 1;
    covey_transfer_chunks_of(&chunks, &what);
    cr_assert_eq(opened(0, blob), COVEY_ERR_AUTH, "key");
    covey_transfer_chunks_of(&chunks, &right);
    cr_assert_eq(opened(0, blob), COVEY_OK);
}

/* ---- what only a member could seal ---- */

/* Seals as SPEC.md says, but for what is given. */
static covey_bytes sealed_by_hand(const uint8_t *plain, const uint8_t *id)
{
    static const uint8_t head[16] = {0, 0, 0, 2,    0, 0, 0, 3,
                                     0, 0, 3, 0xe8, 0, 0, 1, 0xe0};
    const covey_bytes view = covey_bytes_of(head, sizeof head);
    const covey_bytes text = covey_bytes_of(plain, 480);
    const covey_bytes id_info[] = {covey_bytes_of_text("covey chunk id"), view,
                                   text};
    uint8_t *blob = test_alloc(512);
    uint8_t both[44];
    covey_aead_key key;

    cr_assert_eq(covey_hkdf_expand(blob, 16, &chunks.secret, id_info, 3),
                 COVEY_OK);
    if (id != NULL) memcpy(blob, id, 16);
    const covey_bytes key_info[] = {covey_bytes_of_text("covey chunk key"),
                                    view, covey_bytes_of(blob, 16)};
    cr_assert_eq(covey_hkdf_expand(both, 44, &chunks.secret, key_info, 3),
                 COVEY_OK);
    memcpy(key.key, both, 32);
    memcpy(key.nonce, both + 32, 12);
    covey_aead_seal(blob + 16, &key, view, text);
    return covey_bytes_of(blob, 512);
}

Test(transfer_chunk, a_blob_is_what_the_specification_says)
{
    uint8_t plain[480] = {0};

    memset(plain, 7, 40);
    check_bytes(sealed_by_hand(plain, NULL), sealed(2, 7));
}

Test(transfer_chunk, padding_is_zero)
{
    uint8_t plain[480] = {0};

    cr_assert_eq(opened(2, sealed_by_hand(plain, NULL)), COVEY_OK);
    plain[40] = 1;
    cr_assert_eq(opened(2, sealed_by_hand(plain, NULL)), COVEY_ERR_AUTH);
    plain[40] = 0;
    plain[479] = 1;
    cr_assert_eq(opened(2, sealed_by_hand(plain, NULL)), COVEY_ERR_AUTH);
}

Test(transfer_chunk, the_id_is_that_of_the_chunk)
{
    uint8_t plain[480] = {0};
    const uint8_t id[16] = {1};

    cr_assert_eq(opened(2, sealed_by_hand(plain, id)), COVEY_ERR_AUTH);
}
