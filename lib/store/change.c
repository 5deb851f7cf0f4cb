#include "store/change.h"

#include <covey/error.h>

#include "base/secret.h"
#include "crypto/random.h"

static covey_random random_of(const covey_port *port)
{
    return (covey_random){port->ctx, port->random};
}

int covey_change_begin(covey_change *change, covey_store *store,
                       covey_scratch memory)
{
    if (!store->is_open) return COVEY_ERR_STATE;
    uint8_t *key_slot = covey_scratch_take(&memory, COVEY_STORE_KEY_SLOT_MAX);
    if (key_slot == NULL) return COVEY_ERR_BUFFER;

    change->store = store;
    change->memory = memory;
    change->key_slot = key_slot;
    change->next = store->table;
    change->next.version++;
    change->num_records = 0;
    return COVEY_OK;
}

/* Whether this slot may still be changed. */
static int check_slot(const covey_change *change, uint32_t slot)
{
    if (change->store == NULL) return COVEY_ERR_STATE;
    if (slot == COVEY_STORE_KEY_SLOT || slot > COVEY_STORE_RECORDS_MAX) {
        return COVEY_ERR_ARGUMENT;
    }
    for (size_t i = 0; i < change->num_records; i++) {
        if (change->records[i].slot == slot) return COVEY_ERR_ARGUMENT;
    }
    return COVEY_OK;
}

static void note(covey_change *change, uint32_t slot, covey_bytes sealed)
{
    change->records[change->num_records++] = (covey_record){slot, sealed};
}

/* Seals what stands at the front of the free memory, under a key that no
 * other save has used. */
static int seal(covey_change *change, uint32_t slot, size_t len)
{
    covey_scratch rest = change->memory;
    const covey_random random = random_of(change->store->port);
    covey_store_entry *entry = &change->next.entries[slot - 1];
    covey_aead_key key = {{0}, {0}};
    covey_store_name name;
    uint8_t *at = covey_scratch_take(&rest, len + COVEY_AEAD_TAG_SIZE);

    if (at == NULL) return COVEY_ERR_BUFFER;
    int err = covey_random_fill(&random, key.key, sizeof key.key);
    if (err) return err;
    entry->len = (uint32_t)len;
    entry->written = change->next.version;
    memcpy(entry->key, key.key, sizeof key.key);
    covey_aead_seal(at, &key, covey_store_name_of(&name, slot, entry->written),
                    covey_bytes_of(at, len));
    covey_wipe(&key, sizeof key);
    change->memory = rest;
    note(change, slot, covey_bytes_of(at, len + COVEY_AEAD_TAG_SIZE));
    return COVEY_OK;
}

covey_writer covey_change_writer(const covey_change *change)
{
    const covey_scratch *memory = &change->memory;
    size_t left = memory->cap - memory->used;

    if (change->store == NULL || left < COVEY_AEAD_TAG_SIZE) {
        covey_writer none = covey_writer_of(NULL, 0);

        none.failed = true;
        return none;
    }
    return covey_writer_of(memory->at + memory->used,
                           left - COVEY_AEAD_TAG_SIZE);
}

int covey_change_put_written(covey_change *change, uint32_t slot,
                             const covey_writer *w)
{
    int err = check_slot(change, slot);
    if (!err) err = covey_writer_finish(w);
    if (err) return err;
    if (w->len == 0 || w->len > COVEY_STORE_RECORD_MAX)
        return COVEY_ERR_ARGUMENT;
    return seal(change, slot, w->len);
}

int covey_change_put(covey_change *change, uint32_t slot, covey_bytes bytes)
{
    covey_writer w = covey_change_writer(change);

    covey_write_fixed(&w, bytes);
    return covey_change_put_written(change, slot, &w);
}

int covey_change_erase(covey_change *change, uint32_t slot)
{
    int err = check_slot(change, slot);
    if (err) return err;
    covey_store_entry *entry = &change->next.entries[slot - 1];
    if (entry->len == 0) return COVEY_OK;
    covey_wipe(entry, sizeof *entry);
    note(change, slot, covey_bytes_of(NULL, 0));
    return COVEY_OK;
}

void covey_change_drop(covey_change *change)
{
    covey_wipe(&change->next, sizeof change->next);
    change->store = NULL;
    change->num_records = 0;
}

/* The hardware's counter may be one save behind what is stored, never more:
 * it is brought up before the next one. */
static int prepare_counter(covey_change *change)
{
    covey_store *store = change->store;
    const covey_port *port = store->port;

    if (port->counter == NULL) return COVEY_OK;
    if (store->table.version == 0) {
        uint64_t base = 0;

        if (port->counter(port->ctx, 0, &base) != 0) return COVEY_ERR_PORT;
        change->next.counter_base = base;
        return COVEY_OK;
    }
    if (!store->counter_lags) return COVEY_OK;
    int err = covey_store_count(store, &store->table);
    /* Somebody else has raised it, or reopening will tell who. */
    if (err == COVEY_ERR_ROLLBACK) return COVEY_ERR_CONFLICT;
    if (!err) store->counter_lags = false;
    return err;
}

/* Version and counter would wrap. */
static bool is_exhausted(const covey_store_table *next)
{
    return next->version == 0 ||
           next->counter_base > UINT64_MAX - next->version;
}

static int seal_key_slot(covey_change *change, covey_record *record)
{
    const covey_random random = random_of(change->store->port);
    uint8_t salt[COVEY_STORE_SALT_SIZE];

    int err = covey_random_fill(&random, salt, sizeof salt);
    if (err) return err;
    size_t len = covey_key_slot_seal(change->key_slot, &change->store->host_key,
                                     salt, &change->next);
    *record = (covey_record){COVEY_STORE_KEY_SLOT,
                             covey_bytes_of(change->key_slot, len)};
    return COVEY_OK;
}

static int save(const covey_change *change)
{
    const covey_port *port = change->store->port;
    int answer = port->save(port->ctx, change->store->table.version,
                            change->records, change->num_records + 1);

    if (answer == 0) return COVEY_OK;
    return answer == COVEY_PORT_CONFLICT ? COVEY_ERR_CONFLICT : COVEY_ERR_PORT;
}

int covey_change_commit(covey_change *change)
{
    covey_store *store = change->store;

    if (store == NULL || !store->is_open ||
        change->next.version != store->table.version + 1) {
        return COVEY_ERR_STATE;
    }
    if (change->num_records == 0) {
        covey_change_drop(change);
        return COVEY_OK;
    }
    int err = prepare_counter(change);
    if (!err && is_exhausted(&change->next)) err = COVEY_ERR_EXHAUSTED;
    if (!err) {
        err = seal_key_slot(change, &change->records[change->num_records]);
    }
    if (!err) err = save(change);
    if (err == COVEY_ERR_CONFLICT) store->is_open = false;
    if (!err) {
        store->table = change->next;
        store->counter_lags =
            covey_store_count(store, &store->table) != COVEY_OK;
    }
    if (!err || err == COVEY_ERR_CONFLICT) covey_change_drop(change);
    return err;
}
