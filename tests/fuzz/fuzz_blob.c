/*
 * A blob of an epoch's mailbox. A fuzzer cannot seal, so that this one does:
 * the first byte chooses
 *
 *   0   the bytes as they are
 *   1   the first 36 bytes are a header's plaintext
 *   2   the first 12 bytes are an application message's sender data
 *   3   both: a header, then the sender data of what it says
 *
 * and its upper half the size. What opens goes on to the MLS room.
 */
#include <covey/error.h>

#include "fuzz/fuzz.h"
#include "mls/framing.h"
#include "mls/group.h"
#include "mls/message_key.h"
#include "relay/blob.h"
#include "support/members.h"

static const covey_handshake_key key = {{7}};
static test_member members[2];
static uint8_t blob[COVEY_BLOB_MAX];
static size_t blob_len;
static uint8_t message[COVEY_BLOB_MESSAGE_MAX];

static void make_members(void)
{
    static test_random random;

    if (members[0].group != NULL) return;
    random = test_random_of(1);
    test_members_new(members, 2, &random);
}

/* Seals the 36 bytes at the front, which leaves 64. */
static void seal_header(covey_bytes *input)
{
    covey_aead_key aead = {{0}, {0}};

    memcpy(aead.key, key.bytes, sizeof aead.key);
    memset(blob, 0, COVEY_AEAD_NONCE_SIZE);
    covey_aead_seal(blob + COVEY_AEAD_NONCE_SIZE, &aead,
                    covey_bytes_of(NULL, 0),
                    covey_bytes_of(input->at, COVEY_HEADER_PLAIN_SIZE));
    blob_len = COVEY_HEADER_SIZE;
    *input = covey_bytes_of(input->at + COVEY_HEADER_PLAIN_SIZE,
                            input->len - COVEY_HEADER_PLAIN_SIZE);
}

/* Seals 12 bytes at `at`, for the ciphertext that stands behind. */
static void seal_sender(size_t at, const uint8_t plain[12], uint8_t type,
                        size_t ciphertext_len)
{
    const covey_epoch *epoch = &members[1].group->epoch;
    covey_aead_key aead;
    covey_message_aad aad;

    covey_message_aad_of(&aad, &epoch->context, type, covey_bytes_of(NULL, 0));
    covey_sender_data_key(&aead, &epoch->sender_data_secret,
                          covey_bytes_of(blob + at +
                                             COVEY_SEALED_SENDER_DATA_SIZE,
                                         ciphertext_len));
    covey_aead_seal(blob + at, &aead, covey_sender_data_aad(&aad),
                    covey_bytes_of(plain, COVEY_SENDER_DATA_SIZE));
}

static void build(covey_bytes input, uint8_t choice)
{
    size_t size = (size_t)COVEY_BLOB_MIN << ((choice >> 4) % 7);
    bool has_header = (choice & 1) != 0;
    bool has_sender = (choice & 2) != 0;
    uint8_t plain[COVEY_SENDER_DATA_SIZE] = {0};
    uint8_t type = COVEY_MLS_MESSAGE_APPLICATION;

    memset(blob, 0, sizeof blob);
    blob_len = 0;
    if (has_header && input.len >= COVEY_HEADER_PLAIN_SIZE) {
        type = input.at[0];
        seal_header(&input);
    }
    size_t sender_at = blob_len;
    if (has_sender && input.len >= sizeof plain) {
        memcpy(plain, input.at, sizeof plain);
        input =
            covey_bytes_of(input.at + sizeof plain, input.len - sizeof plain);
        blob_len += COVEY_SEALED_SENDER_DATA_SIZE;
    }
    size_t len = input.len < size - blob_len ? input.len : size - blob_len;
    covey_copy(blob + blob_len, input.at, len);
    blob_len = has_header || has_sender ? size : len;
    if (has_sender) {
        seal_sender(sender_at, plain, type,
                    size - sender_at - COVEY_SEALED_SENDER_DATA_SIZE);
    }
}

static void give_to_mls(const covey_blob *opened)
{
    covey_mls_group *group = members[1].group;
    covey_buffer *scratch = test_members_scratch();
    covey_mls_received received;
    covey_mls_change_info info;

    switch (opened->kind) {
    case COVEY_MLS_MESSAGE_APPLICATION:
        fuzz_require(covey_mls_unprotect(group, opened->message, scratch,
                                         &received) != COVEY_OK);
        break;
    case COVEY_MLS_MESSAGE_PROPOSAL:
        fuzz_require(covey_mls_receive_proposal(group, opened->message, scratch,
                                                &info, NULL) != COVEY_OK);
        break;
    default:
        fuzz_require(covey_mls_stage(group, members[1].staged, opened->message,
                                     NULL, 0, scratch) != COVEY_OK);
        break;
    }
}

static void check_bundled(const covey_blob *opened, covey_bytes whole)
{
    const uint8_t *end = whole.at + whole.len;

    for (uint8_t i = opened->header.num_bundled; i-- > 0;) {
        fuzz_require(opened->bundled[i].at + opened->bundled[i].len == end);
        end = opened->bundled[i].at;
    }
    fuzz_require(end >= whole.at + COVEY_HEADER_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = {data, size};
    uint8_t choice = fuzz_byte(&input);
    covey_writer w = covey_writer_of(message, sizeof message);
    covey_blob opened;

    make_members();
    build(input, choice);
    uint8_t *copy = malloc(blob_len + 1);
    fuzz_require(copy != NULL);
    memcpy(copy, blob, blob_len);
    covey_bytes whole = covey_bytes_of(copy, blob_len);

    int err = covey_blob_open(&opened, members[1].group, &key, whole, &w);
    fuzz_require(err == COVEY_OK || err == COVEY_ERR_MALFORMED ||
                 err == COVEY_ERR_PROFILE || err == COVEY_ERR_AUTH);
    if (!err) {
        if (opened.header.num_bundled != 0) check_bundled(&opened, whole);
        give_to_mls(&opened);
    }
    free(copy);
    return 0;
}
