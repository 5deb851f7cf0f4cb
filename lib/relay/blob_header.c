#include "relay/blob_header.h"

#include <covey/error.h>

#include "base/secret.h"
#include "crypto/random.h"

/* As the content types of MLS. */
#define PROPOSAL 2
#define COMMIT 3

/* 1 for the smallest size that a blob has, and so on; 0 for none. */
static uint8_t number_of(uint16_t len)
{
    uint8_t number = 1;

    for (size_t size = COVEY_BLOB_MIN; size <= COVEY_BLOB_EPOCH_MAX;
         size *= 2) {
        if (len == size) return number;
        number++;
    }
    return 0;
}

static uint16_t size_of(uint8_t number)
{
    return (uint16_t)(COVEY_BLOB_MIN << (number - 1));
}

static bool is_valid(const covey_blob_header *header)
{
    if (header->num_bundled > COVEY_BUNDLED_MAX ||
        (!header->is_commit && header->num_bundled != 0)) {
        return false;
    }
    for (uint8_t i = 0; i < header->num_bundled; i++) {
        if (number_of(header->bundled_len[i]) == 0) return false;
    }
    return true;
}

size_t covey_blob_header_bundled(const covey_blob_header *header)
{
    size_t len = 0;

    for (uint8_t i = 0; i < header->num_bundled; i++) {
        len += header->bundled_len[i];
    }
    return len;
}

static void write_header(covey_writer *w, const covey_blob_header *header)
{
    covey_write_u8(w, header->is_commit ? COMMIT : PROPOSAL);
    covey_write_u32(w, header->seen.count);
    covey_write_fixed(w, covey_bytes_of(header->seen.chain.bytes,
                                        COVEY_SEEN_SIZE));
    covey_write_u8(w, header->num_bundled);
    for (uint8_t i = 0; i < header->num_bundled; i++) {
        covey_write_u8(w, number_of(header->bundled_len[i]));
    }
    covey_write_zeros(w, (size_t)COVEY_BUNDLED_MAX - header->num_bundled);
}

int covey_blob_header_seal(covey_sealed_header *out,
                           const covey_handshake_key *key,
                           const covey_random *random,
                           const covey_blob_header *header)
{
    uint8_t *plain = out->bytes + COVEY_AEAD_NONCE_SIZE;
    covey_writer w = covey_writer_of(plain, COVEY_HEADER_PLAIN_SIZE);
    covey_aead_key aead;

    if (!is_valid(header)) return COVEY_ERR_ARGUMENT;
    int err = covey_random_fill(random, aead.nonce, sizeof aead.nonce);
    if (err) return err;
    memcpy(aead.key, key->bytes, sizeof aead.key);
    memcpy(out->bytes, aead.nonce, sizeof aead.nonce);
    write_header(&w, header);
    covey_aead_seal(plain, &aead, covey_bytes_of(NULL, 0),
                    covey_bytes_of(plain, COVEY_HEADER_PLAIN_SIZE));
    covey_wipe(&aead, sizeof aead);
    return COVEY_OK;
}

static int read_header(covey_blob_header *header, covey_reader *r)
{
    uint8_t type = covey_read_u8(r);
    covey_bytes chain;

    memset(header, 0, sizeof *header);
    header->is_commit = type == COMMIT;
    header->seen.count = covey_read_u32(r);
    chain = covey_read_fixed(r, COVEY_SEEN_SIZE);
    covey_copy(header->seen.chain.bytes, chain.at, chain.len);
    header->num_bundled = covey_read_u8(r);
    if ((type != PROPOSAL && type != COMMIT) ||
        header->num_bundled > COVEY_BUNDLED_MAX) {
        return COVEY_ERR_MALFORMED;
    }
    for (uint8_t i = 0; i < COVEY_BUNDLED_MAX; i++) {
        uint8_t number = covey_read_u8(r);

        if (i >= header->num_bundled && number != 0) return COVEY_ERR_MALFORMED;
        if (i >= header->num_bundled) continue;
        if (number == 0 || number > COVEY_BLOB_EPOCH_BUCKETS) {
            return COVEY_ERR_MALFORMED;
        }
        header->bundled_len[i] = size_of(number);
    }
    if (!is_valid(header)) return COVEY_ERR_MALFORMED;
    return covey_reader_finish(r);
}

int covey_blob_header_open(covey_blob_header *out,
                           const covey_handshake_key *key, covey_bytes sealed)
{
    uint8_t plain[COVEY_HEADER_PLAIN_SIZE] = {0};
    covey_reader r = covey_reader_of(covey_bytes_of(plain, sizeof plain));
    covey_blob_header header;
    covey_aead_key aead;

    if (sealed.len != COVEY_HEADER_SIZE) return COVEY_ERR_AUTH;
    memcpy(aead.key, key->bytes, sizeof aead.key);
    memcpy(aead.nonce, sealed.at, sizeof aead.nonce);
    int err =
        covey_aead_open(plain, &aead, covey_bytes_of(NULL, 0),
                        covey_bytes_of(sealed.at + sizeof aead.nonce,
                                       COVEY_HEADER_SIZE - sizeof aead.nonce));
    covey_wipe(&aead, sizeof aead);
    if (err) return err;
    /* Every member knows it, and acts on it. */
    COVEY_CT_PUBLIC(plain, sizeof plain);
    err = read_header(&header, &r);
    if (!err) *out = header;
    return err;
}
