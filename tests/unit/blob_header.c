#include "relay/blob_header.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "base/writer.h"
#include "support/bytes.h"
#include "support/random.h"

static const covey_handshake_key key = {{1, 2, 3}};

static covey_blob_header header_of(uint8_t num_bundled)
{
    covey_blob_header header = {.is_commit = true,
                                .seen = {.count = 0x01020304},
                                .num_bundled = num_bundled};

    memset(header.seen.chain.bytes, 0xcc, sizeof header.seen.chain.bytes);
    for (uint8_t i = 0; i < num_bundled; i++) {
        header.bundled_len[i] = (uint16_t)(256 << (i % 6));
    }
    return header;
}

static covey_sealed_header seal(const covey_blob_header *header, uint64_t seed)
{
    test_random random = test_random_of(seed);
    const covey_random hook = test_random_hook(&random);
    covey_sealed_header sealed;

    cr_assert_eq(covey_blob_header_seal(&sealed, &key, &hook, header),
                 COVEY_OK);
    return sealed;
}

static int open_sealed(covey_blob_header *out,
                       const covey_sealed_header *sealed)
{
    return covey_blob_header_open(out, &key,
                                  covey_bytes_of(sealed->bytes,
                                                 sizeof sealed->bytes));
}

Test(blob_header, what_is_sealed_opens_again)
{
    for (uint8_t num = 0; num <= COVEY_BUNDLED_MAX; num++) {
        const covey_blob_header header = header_of(num);
        const covey_sealed_header sealed = seal(&header, num);
        covey_blob_header found;

        cr_assert_eq(open_sealed(&found, &sealed), COVEY_OK);
        cr_assert_eq(found.is_commit, true);
        cr_assert_eq(found.seen.count, 0x01020304);
        cr_assert_arr_eq(found.seen.chain.bytes, header.seen.chain.bytes, 16);
        cr_assert_eq(found.num_bundled, num);
        cr_assert_arr_eq(found.bundled_len, header.bundled_len,
                         sizeof header.bundled_len);
    }
    cr_assert_eq(sizeof(covey_sealed_header), 64);
}

Test(blob_header, the_same_header_twice_has_nothing_in_common)
{
    const covey_blob_header header = header_of(3);
    const covey_sealed_header one = seal(&header, 1);
    const covey_sealed_header two = seal(&header, 2);
    unsigned same = 0;

    for (size_t i = 0; i < sizeof one.bytes; i++) {
        same += one.bytes[i] == two.bytes[i];
    }
    cr_assert_lt(same, 6);
}

Test(blob_header, every_flipped_bit_another_key_and_another_length_are_refused)
{
    const covey_blob_header header = header_of(3);
    covey_sealed_header sealed = seal(&header, 1);
    covey_blob_header found = {.num_bundled = 9};
    covey_handshake_key other = key;

    for (size_t bit = 0; bit < 8 * sizeof sealed.bytes; bit++) {
        test_flip(sealed.bytes, bit);
        cr_assert_eq(open_sealed(&found, &sealed), COVEY_ERR_AUTH);
        test_flip(sealed.bytes, bit);
    }
    for (size_t len = 0; len < sizeof sealed.bytes; len++) {
        cr_assert_eq(covey_blob_header_open(&found, &key,
                                            covey_bytes_of(sealed.bytes, len)),
                     COVEY_ERR_AUTH);
    }
    other.bytes[31] ^= 1;
    cr_assert_eq(covey_blob_header_open(&found, &other,
                                        covey_bytes_of(sealed.bytes,
                                                       sizeof sealed)),
                 COVEY_ERR_AUTH);
    cr_assert_eq(found.num_bundled, 9, "a failure wrote to its output");
}

Test(blob_header, what_would_not_be_read_is_not_written)
{
    test_random random = test_random_of(1);
    const covey_random hook = test_random_hook(&random);
    covey_sealed_header sealed;
    covey_blob_header header = header_of(COVEY_BUNDLED_MAX);

    header.num_bundled++;
    cr_assert_eq(covey_blob_header_seal(&sealed, &key, &hook, &header),
                 COVEY_ERR_ARGUMENT);
    header = header_of(1);
    header.is_commit = false;
    cr_assert_eq(covey_blob_header_seal(&sealed, &key, &hook, &header),
                 COVEY_ERR_ARGUMENT);
    static const uint16_t wrong[] = {0, 1, 255, 257, 384, 16384, 65535};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        header = header_of(2);
        header.bundled_len[1] = wrong[i];
        cr_assert_eq(covey_blob_header_seal(&sealed, &key, &hook, &header),
                     COVEY_ERR_ARGUMENT);
    }
    header = header_of(2);
    random.fail_at = random.num_calls;
    cr_assert_eq(covey_blob_header_seal(&sealed, &key, &hook, &header),
                 COVEY_ERR_RANDOM);
}

/* Seals any plaintext, as SPEC.md says it. */
static int open_plain(uint8_t plain[36])
{
    covey_sealed_header sealed = {{0}};
    covey_blob_header found;
    covey_aead_key aead = {{0}, {0}};

    memcpy(aead.key, key.bytes, sizeof aead.key);
    covey_aead_seal(sealed.bytes + 12, &aead, covey_bytes_of(NULL, 0),
                    covey_bytes_of(plain, 36));
    return open_sealed(&found, &sealed);
}

Test(blob_header, what_is_authentic_and_wrong_is_malformed)
{
    uint8_t plain[36] = {3};

    plain[21] = 2;
    plain[22] = 1;
    plain[23] = 6;
    cr_assert_eq(open_plain(plain), COVEY_OK);
    for (unsigned type = 0; type < 256; type++) {
        plain[0] = (uint8_t)type;
        /* A proposal carries none. */
        cr_assert_eq(open_plain(plain),
                     type == 3 ? COVEY_OK : COVEY_ERR_MALFORMED);
    }
    plain[0] = 3;
    for (unsigned number = 0; number < 256; number++) {
        plain[22] = (uint8_t)number;
        cr_assert_eq(open_plain(plain), number >= 1 && number <= 6
                                            ? COVEY_OK
                                            : COVEY_ERR_MALFORMED);
    }
    plain[22] = 1;
    for (unsigned num = 0; num < 256; num++) {
        plain[21] = (uint8_t)num;
        cr_assert_eq(open_plain(plain),
                     num == 2 ? COVEY_OK : COVEY_ERR_MALFORMED);
    }
    plain[21] = 2;
    for (size_t at = 24; at < 36; at++) {
        plain[at] = 1;
        cr_assert_eq(open_plain(plain), COVEY_ERR_MALFORMED);
        plain[at] = 0;
    }
    memset(plain, 0, sizeof plain);
    plain[0] = 2;
    cr_assert_eq(open_plain(plain), COVEY_OK);
}
