/*
 * The records of a device, each sealed under a key of its own. Open the
 * store, read records, write them in changes (store/change.h).
 *
 * A record that is replaced gets a fresh key; the old key dies with the old
 * key slot, so old copies of the record can no longer be read. A record
 * opens in its own slot only, and only as the version that the key slot
 * names.
 *
 * The store lives in the caller's memory and holds keys: close it.
 */
#ifndef COVEY_STORE_STORE_H
#define COVEY_STORE_STORE_H

#include "base/scratch.h"
#include "store/key_slot.h"

typedef struct {
    const covey_port *port;
    covey_host_key host_key;
    bool is_open;
    bool counter_lags; /* behind the version: raise it before the next save */
    covey_store_table table;
} covey_store;

/* Opens what the host has stored, which may be nothing yet. The port must
 * outlive the store.
 *
 * COVEY_ERR_AUTH: another host key, or altered. COVEY_ERR_MALFORMED: of
 * another version. COVEY_ERR_ROLLBACK: the hardware's counter says that a
 * newer state was saved. COVEY_ERR_CONFLICT: others save all the time.
 * COVEY_ERR_PORT. */
int covey_store_open(covey_store *store, const covey_port *port,
                     const covey_host_key *host_key);

/* Opens it again after COVEY_ERR_CONFLICT; the same errors. When it fails
 * the store is closed, and this may be called again. */
int covey_store_reopen(covey_store *store);

/* Wipes it. Nothing that is stored changes. */
void covey_store_close(covey_store *store);

/* How many saves there were; 0: nothing is stored. It never falls, unless
 * somebody put an older state back. */
covey_store_version covey_store_version_of(const covey_store *store);

/* Bytes of a record; 0 when there is none. */
size_t covey_store_len(const covey_store *store, uint32_t slot);

/* Reads a record into len + COVEY_AEAD_TAG_SIZE bytes of the memory, which
 * nothing is taken from in case of an error.
 *
 * COVEY_ERR_REFERENCE: there is none. COVEY_ERR_BUFFER: the memory is too
 * small. COVEY_ERR_AUTH: altered. COVEY_ERR_CONFLICT: somebody else saved,
 * reopen. COVEY_ERR_STATE: not open. COVEY_ERR_PORT. */
int covey_store_get(covey_store *store, uint32_t slot, covey_scratch *memory,
                    covey_bytes *out);

/* The additional data of a record's seal. */
typedef struct {
    uint8_t bytes[1 + 8];
} covey_store_name;

covey_bytes covey_store_name_of(covey_store_name *name, uint32_t slot,
                                covey_store_version written);

/* Raises the hardware's counter, where there is one, to a version of the
 * store. COVEY_ERR_ROLLBACK: it stands higher. COVEY_ERR_PORT. */
int covey_store_count(covey_store *store, const covey_store_table *table);

#endif
