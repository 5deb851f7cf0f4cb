/*
 * A change of several records that is saved whole or not at all. Begin, put
 * and erase, commit; or drop it. Nothing is stored before commit.
 *
 * Records are sealed as they are put, into memory that the caller lends from
 * begin to commit or drop: COVEY_STORE_KEY_SLOT_MAX bytes, and for each
 * record its length and COVEY_AEAD_TAG_SIZE.
 */
#ifndef COVEY_STORE_CHANGE_H
#define COVEY_STORE_CHANGE_H

#include "base/writer.h"
#include "store/store.h"

typedef struct {
    covey_store *store; /* NULL: neither begun nor still to be ended */
    covey_scratch memory;
    uint8_t *key_slot;
    covey_store_table next;
    size_t num_records;
    covey_record records[COVEY_STORE_RECORDS_MAX + 1]; /* and the key slot */
} covey_change;

/* One change at a time for a store. COVEY_ERR_STATE: the store is not open.
 * COVEY_ERR_BUFFER: not even the key slot fits. */
int covey_change_begin(covey_change *change, covey_store *store,
                       covey_scratch memory);

/* Sets a record. COVEY_ERR_ARGUMENT: no such slot, one that was changed
 * already, or no bytes or too many. COVEY_ERR_BUFFER, COVEY_ERR_RANDOM, and
 * COVEY_ERR_STATE when nothing was begun. */
int covey_change_put(covey_change *change, uint32_t slot, covey_bytes bytes);

/* The same for a record that is written right into the change's memory,
 * which large ones need not lie beside: a writer over all that is left of
 * it, then what was written to it. COVEY_ERR_BUFFER when the writer failed. */
covey_writer covey_change_writer(const covey_change *change);
int covey_change_put_written(covey_change *change, uint32_t slot,
                             const covey_writer *w);

/* Takes a record away, which need not be there. COVEY_ERR_ARGUMENT as above,
 * COVEY_ERR_STATE. */
int covey_change_erase(covey_change *change, uint32_t slot);

/* Saves it. COVEY_OK ends the change, and so does COVEY_ERR_CONFLICT:
 * somebody else saved, reopen the store and begin again. After COVEY_ERR_PORT
 * and COVEY_ERR_RANDOM nothing is saved: commit again, or drop. If a failed
 * save was durable after all, committing again is a conflict.
 * COVEY_ERR_EXHAUSTED, COVEY_ERR_STATE. */
int covey_change_commit(covey_change *change);

/* Ends a change unsaved and wipes its keys. What was written to the memory and
 * not put still stands there. */
void covey_change_drop(covey_change *change);

#endif
