#include "store/store.h"

#include <covey/error.h>

#include "base/secret.h"
#include "base/writer.h"

/* Another process may save between our looking at the key slot and at the
 * counter. That it does so every time is not believable. */
#define OPEN_TRIES 4

size_t covey_store_records_max(void)
{
    return COVEY_STORE_RECORDS_MAX;
}

size_t covey_store_key_slot_max(void)
{
    return COVEY_STORE_KEY_SLOT_MAX;
}

size_t covey_store_host_key_size(void)
{
    return COVEY_STORE_HOST_KEY_SIZE;
}

/* ---- opening ---- */

/* The table as it is stored now; all zero when nothing is. */
static int load_table(covey_store_table *table, const covey_store *store)
{
    const covey_port *port = store->port;
    uint8_t sealed[COVEY_STORE_KEY_SLOT_MAX];
    size_t len = 0;

    if (port->load(port->ctx, COVEY_STORE_KEY_SLOT, sealed, sizeof sealed,
                   &len) != 0) {
        return COVEY_ERR_PORT;
    }
    if (len > sizeof sealed) return COVEY_ERR_MALFORMED;
    if (len == 0) {
        memset(table, 0, sizeof *table);
        return COVEY_OK;
    }
    return covey_key_slot_open(table, &store->host_key, sealed, len);
}

int covey_store_count(covey_store *store, const covey_store_table *table)
{
    const covey_port *port = store->port;
    uint64_t want = table->counter_base + table->version;
    uint64_t value = 0;

    if (port->counter == NULL) return COVEY_OK;
    if (port->counter(port->ctx, want, &value) != 0 || value < want) {
        return COVEY_ERR_PORT;
    }
    return value == want ? COVEY_OK : COVEY_ERR_ROLLBACK;
}

static int open_once(covey_store *store, bool *moved)
{
    covey_store_version before = store->table.version;

    int err = load_table(&store->table, store);
    if (!err && store->table.version != 0) {
        err = covey_store_count(store, &store->table);
    }
    *moved = before != store->table.version;
    return err;
}

int covey_store_reopen(covey_store *store)
{
    bool moved = true;
    int err = COVEY_ERR_ROLLBACK;

    covey_wipe(&store->table, sizeof store->table);
    for (int i = 0; err == COVEY_ERR_ROLLBACK && moved; i++) {
        err = i < OPEN_TRIES ? open_once(store, &moved) : COVEY_ERR_CONFLICT;
    }
    store->is_open = !err;
    store->counter_lags = false;
    if (err) covey_wipe(&store->table, sizeof store->table);
    return err;
}

int covey_store_open(covey_store *store, const covey_port *port,
                     const covey_host_key *host_key)
{
    memset(store, 0, sizeof *store);
    store->port = port;
    store->host_key = *host_key;
    return covey_store_reopen(store);
}

void covey_store_close(covey_store *store)
{
    covey_wipe(store, sizeof *store);
}

/* ---- reading ---- */

covey_store_version covey_store_version_of(const covey_store *store)
{
    return store->table.version;
}

static const covey_store_entry *find(const covey_store *store, uint32_t slot)
{
    if (slot == COVEY_STORE_KEY_SLOT || slot > COVEY_STORE_RECORDS_MAX ||
        store->table.entries[slot - 1].len == 0) {
        return NULL;
    }
    return &store->table.entries[slot - 1];
}

size_t covey_store_len(const covey_store *store, uint32_t slot)
{
    const covey_store_entry *entry = find(store, slot);

    return entry == NULL ? 0 : entry->len;
}

covey_bytes covey_store_name_of(covey_store_name *name, uint32_t slot,
                                covey_store_version written)
{
    covey_writer w = covey_writer_of(name->bytes, sizeof name->bytes);

    covey_write_u8(&w, (uint8_t)slot);
    covey_write_u64(&w, written);
    return covey_bytes_of(name->bytes, sizeof name->bytes);
}

/* Loads a record and opens it in place. */
static int load_record(uint8_t *at, const covey_store *store, uint32_t slot,
                       const covey_store_entry *entry)
{
    const covey_port *port = store->port;
    size_t sealed_len = (size_t)entry->len + COVEY_AEAD_TAG_SIZE;
    size_t len = 0;
    covey_store_name name;
    covey_aead_key key = {{0}, {0}};

    if (port->load(port->ctx, slot, at, sealed_len, &len) != 0) {
        return COVEY_ERR_PORT;
    }
    if (len != sealed_len) return COVEY_ERR_AUTH;
    memcpy(key.key, entry->key, sizeof key.key);
    int err = covey_aead_open(at, &key,
                              covey_store_name_of(&name, slot, entry->written),
                              covey_bytes_of(at, sealed_len));
    covey_wipe(&key, sizeof key);
    return err;
}

/* A record that does not open may have been replaced by another process,
 * together with the key slot. */
static int blame(covey_store *store)
{
    covey_store_table now;

    int err = load_table(&now, store);
    bool moved = !err && now.version != store->table.version;
    covey_wipe(&now, sizeof now);
    if (!moved) return COVEY_ERR_AUTH;
    store->is_open = false;
    return COVEY_ERR_CONFLICT;
}

int covey_store_get(covey_store *store, uint32_t slot, covey_scratch *memory,
                    covey_bytes *out)
{
    if (!store->is_open) return COVEY_ERR_STATE;
    const covey_store_entry *entry = find(store, slot);
    if (entry == NULL) return COVEY_ERR_REFERENCE;

    covey_scratch rest = *memory;
    uint8_t *at = covey_scratch_take(&rest, entry->len + COVEY_AEAD_TAG_SIZE);
    if (at == NULL) return COVEY_ERR_BUFFER;

    int err = load_record(at, store, slot, entry);
    if (err == COVEY_ERR_AUTH) err = blame(store);
    if (err) return err;
    *memory = rest;
    *out = covey_bytes_of(at, entry->len);
    return COVEY_OK;
}
