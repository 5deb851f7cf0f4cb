#include "store/key_slot.h"

#include <covey/error.h>

#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"
#include "crypto/hkdf.h"

#define FORMAT 1
#define HEAD_SIZE (2 + 8 + 8 + 1)
#define ENTRY_SIZE (1 + 4 + 8 + COVEY_AEAD_KEY_SIZE)
#define PLAIN_MAX (HEAD_SIZE + COVEY_STORE_RECORDS_MAX * ENTRY_SIZE)
#define OVERHEAD (COVEY_STORE_SALT_SIZE + COVEY_AEAD_TAG_SIZE)

#if COVEY_STORE_RECORDS_MAX < 1 || COVEY_STORE_RECORDS_MAX > 255
#error "COVEY_STORE_RECORDS_MAX is between 1 and 255"
#endif

_Static_assert(OVERHEAD + PLAIN_MAX == COVEY_STORE_KEY_SLOT_MAX,
               "the public size is that of the format");

/* The salt makes the key one of this slot's contents alone. */
static void key_of(covey_aead_key *key, const covey_host_key *host_key,
                   const uint8_t salt[COVEY_STORE_SALT_SIZE])
{
    const covey_bytes ikm =
        covey_bytes_of(host_key->bytes, sizeof host_key->bytes);
    const covey_bytes info = covey_bytes_of_text("covey store key slot");
    covey_secret secret;

    memset(key->nonce, 0, sizeof key->nonce);
    covey_hkdf_extract(&secret, covey_bytes_of(salt, COVEY_STORE_SALT_SIZE),
                       &ikm, 1);
    /* Cannot fail: the length is far below COVEY_HKDF_MAX. */
    (void)covey_hkdf_expand(key->key, sizeof key->key, &secret, &info, 1);
    covey_wipe(&secret, sizeof secret);
}

/* ---- sealing ---- */

static uint8_t num_records(const covey_store_table *table)
{
    uint8_t num = 0;

    for (size_t i = 0; i < COVEY_STORE_RECORDS_MAX; i++) {
        if (table->entries[i].len != 0) num++;
    }
    return num;
}

static void write_table(covey_writer *w, const covey_store_table *table)
{
    covey_write_u16(w, FORMAT);
    covey_write_u64(w, table->version);
    covey_write_u64(w, table->counter_base);
    covey_write_u8(w, num_records(table));
    for (size_t i = 0; i < COVEY_STORE_RECORDS_MAX; i++) {
        const covey_store_entry *entry = &table->entries[i];

        if (entry->len == 0) continue;
        covey_write_u8(w, (uint8_t)(i + 1));
        covey_write_u32(w, entry->len);
        covey_write_u64(w, entry->written);
        covey_write_fixed(w, covey_bytes_of(entry->key, sizeof entry->key));
    }
}

size_t covey_key_slot_seal(uint8_t out[COVEY_STORE_KEY_SLOT_MAX],
                           const covey_host_key *host_key,
                           const uint8_t salt[COVEY_STORE_SALT_SIZE],
                           const covey_store_table *table)
{
    uint8_t *plain = out + COVEY_STORE_SALT_SIZE;
    covey_writer w = covey_writer_of(plain, PLAIN_MAX);
    covey_aead_key key;

    memcpy(out, salt, COVEY_STORE_SALT_SIZE);
    write_table(&w, table);
    key_of(&key, host_key, salt);
    covey_aead_seal(plain, &key, covey_bytes_of(NULL, 0),
                    covey_bytes_of(plain, w.len));
    covey_wipe(&key, sizeof key);
    return OVERHEAD + w.len;
}

/* ---- opening ---- */

/* Slots rise, and nothing is empty or newer than the table itself. */
static int read_entry(covey_reader *r, covey_store_table *table, uint8_t *last)
{
    uint8_t slot = covey_read_u8(r);
    uint32_t len = covey_read_u32(r);
    covey_store_version written = covey_read_u64(r);
    covey_bytes key = covey_read_fixed(r, COVEY_AEAD_KEY_SIZE);

    if (r->failed || slot <= *last || slot > COVEY_STORE_RECORDS_MAX ||
        len == 0 || len > COVEY_STORE_RECORD_MAX || written == 0 ||
        written > table->version) {
        return COVEY_ERR_MALFORMED;
    }
    covey_store_entry *entry = &table->entries[slot - 1];
    entry->len = len;
    entry->written = written;
    memcpy(entry->key, key.at, key.len);
    *last = slot;
    return COVEY_OK;
}

/* The table is all zero before. */
static int read_table(covey_store_table *table, covey_bytes plain)
{
    covey_reader r = covey_reader_of(plain);
    uint8_t last = 0;

    if (covey_read_u16(&r) != FORMAT) return COVEY_ERR_MALFORMED;
    table->version = covey_read_u64(&r);
    table->counter_base = covey_read_u64(&r);
    uint8_t num = covey_read_u8(&r);

    if (table->version == 0 ||
        table->counter_base > UINT64_MAX - table->version) {
        return COVEY_ERR_MALFORMED;
    }
    for (uint8_t i = 0; i < num; i++) {
        int err = read_entry(&r, table, &last);
        if (err) return err;
    }
    return covey_reader_finish(&r);
}

int covey_key_slot_open(covey_store_table *table,
                        const covey_host_key *host_key, uint8_t *sealed,
                        size_t len)
{
    uint8_t *plain = sealed + COVEY_STORE_SALT_SIZE;
    covey_store_table found = {0};
    covey_aead_key key;

    if (len < OVERHEAD) return COVEY_ERR_AUTH;
    key_of(&key, host_key, sealed);
    int err =
        covey_aead_open(plain, &key, covey_bytes_of(NULL, 0),
                        covey_bytes_of(plain, len - COVEY_STORE_SALT_SIZE));
    covey_wipe(&key, sizeof key);
    if (!err) err = read_table(&found, covey_bytes_of(plain, len - OVERHEAD));
    if (!err) *table = found;
    covey_wipe(sealed, len);
    covey_wipe(&found, sizeof found);
    return err;
}
