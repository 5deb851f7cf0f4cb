#include "store/key_slot.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "base/writer.h"
#include "crypto/hkdf.h"
#include "support/bytes.h"
#include "support/guard.h"

#define SALT_TEXT "0123456789abcdef0123456789abcdef"
#define OVERHEAD (COVEY_STORE_SALT_SIZE + COVEY_AEAD_TAG_SIZE)

static covey_host_key host_key(void)
{
    covey_host_key key;

    memset(key.bytes, 0x42, sizeof key.bytes);
    return key;
}

/* Records in every step-th slot. */
static covey_store_table table_of(unsigned step)
{
    covey_store_table table = {.version = 70, .counter_base = 3};

    for (unsigned i = 0; i < COVEY_STORE_RECORDS_MAX; i += step) {
        table.entries[i].len = 1 + i * 1000;
        table.entries[i].written = 70 - i;
        memset(table.entries[i].key, (int)(i + 1), sizeof table.entries[i].key);
    }
    return table;
}

static size_t seal(uint8_t *out, const covey_store_table *table)
{
    const covey_host_key key = host_key();

    return covey_key_slot_seal(out, &key, (const uint8_t *)SALT_TEXT, table);
}

static int open_copy(covey_store_table *table, covey_bytes sealed)
{
    const covey_host_key key = host_key();
    uint8_t *at = guard_end(sealed.len);

    memcpy(at, sealed.at, sealed.len);
    return covey_key_slot_open(table, &key, at, sealed.len);
}

Test(key_slot, what_is_sealed_opens_again)
{
    for (unsigned step = 1; step <= COVEY_STORE_RECORDS_MAX; step++) {
        uint8_t *sealed = guard_end(COVEY_STORE_KEY_SLOT_MAX);
        const covey_store_table table = table_of(step);
        covey_store_table found;
        size_t len = seal(sealed, &table);
        unsigned num = (COVEY_STORE_RECORDS_MAX + step - 1) / step;

        cr_assert_eq(len, OVERHEAD + 19 + 45 * num);
        cr_assert_eq(open_copy(&found, covey_bytes_of(sealed, len)), COVEY_OK);
        cr_assert_eq(found.version, table.version);
        cr_assert_eq(found.counter_base, table.counter_base);
        for (unsigned i = 0; i < COVEY_STORE_RECORDS_MAX; i++) {
            cr_assert_eq(found.entries[i].len, table.entries[i].len);
            cr_assert_eq(found.entries[i].written, table.entries[i].written);
            cr_assert_arr_eq(found.entries[i].key, table.entries[i].key, 32);
        }
        guard_free_all();
    }
}

Test(key_slot, opening_leaves_no_key_in_the_buffer)
{
    uint8_t sealed[COVEY_STORE_KEY_SLOT_MAX];
    const covey_host_key key = host_key();
    const covey_store_table table = table_of(1);
    covey_store_table found;
    size_t len = seal(sealed, &table);

    cr_assert_eq(covey_key_slot_open(&found, &key, sealed, len), COVEY_OK);
    cr_assert(test_is_zero(sealed, len));
}

Test(key_slot, another_salt_gives_another_key)
{
    uint8_t one[COVEY_STORE_KEY_SLOT_MAX];
    uint8_t other[COVEY_STORE_KEY_SLOT_MAX];
    const covey_store_table table = table_of(1);
    size_t len = seal(one, &table);
    covey_store_table found;

    (void)seal(other, &table);
    other[0] ^= 1;
    cr_assert_eq(open_copy(&found, covey_bytes_of(other, len)), COVEY_ERR_AUTH);
    /* The stream would be the same, were the key. */
    const covey_host_key key = host_key();
    (void)covey_key_slot_seal(other, &key, (const uint8_t *)"1" SALT_TEXT,
                              &table);
    cr_assert_neq(memcmp(one + 32, other + 32, 19), 0);
}

Test(key_slot, every_flipped_bit_is_refused)
{
    uint8_t sealed[COVEY_STORE_KEY_SLOT_MAX];
    const covey_store_table table = table_of(5);
    covey_store_table found = {.version = 7};
    size_t len = seal(sealed, &table);

    for (size_t bit = 0; bit < 8 * len; bit++) {
        test_flip(sealed, bit);
        cr_assert_eq(open_copy(&found, covey_bytes_of(sealed, len)),
                     COVEY_ERR_AUTH);
        test_flip(sealed, bit);
        guard_free_all();
    }
    cr_assert_eq(found.version, 7, "a failure wrote to its output");
}

Test(key_slot, every_other_length_is_refused)
{
    uint8_t sealed[COVEY_STORE_KEY_SLOT_MAX + 1] = {0};
    const covey_store_table table = table_of(5);
    covey_store_table found;
    size_t len = seal(sealed, &table);

    for (size_t cut = 0; cut <= len + 1; cut++) {
        if (cut == len) continue;
        cr_assert_eq(open_copy(&found, covey_bytes_of(sealed, cut)),
                     COVEY_ERR_AUTH, "%zu", cut);
        guard_free_all();
    }
}

Test(key_slot, another_host_key_is_refused)
{
    uint8_t sealed[COVEY_STORE_KEY_SLOT_MAX];
    const covey_store_table table = table_of(1);

    for (size_t bit = 0; bit < 256; bit++) {
        covey_host_key key = host_key();
        covey_store_table found;
        size_t len = seal(sealed, &table);

        test_flip(key.bytes, bit);
        cr_assert_eq(covey_key_slot_open(&found, &key, sealed, len),
                     COVEY_ERR_AUTH);
    }
}

/* Seals any plaintext, as SPEC.md says it and not as the library does. */
static int open_plain(covey_bytes plain)
{
    const covey_host_key key = host_key();
    const covey_bytes ikm = covey_bytes_of(key.bytes, sizeof key.bytes);
    const covey_bytes info = covey_bytes_of_text("covey store key slot");
    covey_aead_key aead = {{0}, {0}};
    covey_secret secret;
    covey_store_table found;
    uint8_t *sealed = test_alloc(plain.len + OVERHEAD);

    memcpy(sealed, SALT_TEXT, COVEY_STORE_SALT_SIZE);
    covey_hkdf_extract(&secret, covey_bytes_of(SALT_TEXT, 32), &ikm, 1);
    cr_assert_eq(covey_hkdf_expand(aead.key, 32, &secret, &info, 1), COVEY_OK);
    covey_aead_seal(sealed + 32, &aead, covey_bytes_of(NULL, 0), plain);
    return covey_key_slot_open(&found, &key, sealed, plain.len + OVERHEAD);
}

typedef struct {
    uint16_t format;
    uint64_t version;
    uint64_t base;
    uint8_t num;
    struct {
        uint8_t slot;
        uint32_t len;
        uint64_t written;
    } entries[3];
} plain_table;

static covey_bytes encode(const plain_table *table)
{
    size_t len = 19 + (size_t)45 * table->num;
    uint8_t *at = test_alloc(len);
    covey_writer w = covey_writer_of(at, len);

    covey_write_u16(&w, table->format);
    covey_write_u64(&w, table->version);
    covey_write_u64(&w, table->base);
    covey_write_u8(&w, table->num);
    for (unsigned i = 0; i < table->num; i++) {
        covey_write_u8(&w, table->entries[i].slot);
        covey_write_u32(&w, table->entries[i].len);
        covey_write_u64(&w, table->entries[i].written);
        covey_write_zeros(&w, 32);
    }
    cr_assert_eq(covey_writer_finish(&w), COVEY_OK);
    return covey_bytes_of(at, w.len);
}

static const plain_table good = {
    1, 9, 0, 3, {{1, 5, 9}, {3, 1, 1}, {COVEY_STORE_RECORDS_MAX, 7, 2}}};

Test(key_slot, the_encoding_is_that_of_the_specification)
{
    cr_assert_eq(open_plain(encode(&good)), COVEY_OK);
}

#define refused(CHANGE)                                                        \
    do {                                                                       \
        plain_table bad = good;                                                \
        CHANGE;                                                                \
        cr_assert_eq(open_plain(encode(&bad)), COVEY_ERR_MALFORMED, #CHANGE);  \
    } while (0)

Test(key_slot, what_is_authentic_and_wrong_is_malformed)
{
    refused(bad.format = 0);
    refused(bad.format = 2);
    refused(bad.version = 0);
    refused(bad.base = UINT64_MAX - 8);
    refused(bad.num = 2; bad.entries[1].slot = 1);
    refused(bad.num = 2; bad.entries[0].slot = 4);
    refused(bad.num = 1; bad.entries[0].slot = 0);
    refused(bad.num = 1; bad.entries[0].slot = COVEY_STORE_RECORDS_MAX + 1);
    refused(bad.num = 1; bad.entries[0].len = 0);
    refused(bad.num = 1; bad.entries[0].len = COVEY_STORE_RECORD_MAX + 1);
    refused(bad.num = 1; bad.entries[0].written = 0);
    refused(bad.num = 1; bad.entries[0].written = 10);
}

Test(key_slot, every_cut_of_the_plaintext_is_malformed)
{
    const covey_bytes whole = encode(&good);
    uint8_t *longer = test_alloc(whole.len + 1);

    for (size_t len = 0; len < whole.len; len++) {
        cr_assert_eq(open_plain(covey_bytes_of(whole.at, len)),
                     COVEY_ERR_MALFORMED);
    }
    memcpy(longer, whole.at, whole.len);
    cr_assert_eq(open_plain(covey_bytes_of(longer, whole.len + 1)),
                 COVEY_ERR_MALFORMED);
}
