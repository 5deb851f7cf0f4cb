/*
 * What waits to be in the log: payloads, until they are read there, and
 * proposals of the present epoch. First in, first out: a receiver's high-water
 * mark needs the order.
 */
#ifndef COVEY_DEVICE_OUTBOX_H
#define COVEY_DEVICE_OUTBOX_H

#include <covey/content.h>
#include <covey/mls.h>

#include "base/reader.h"
#include "base/writer.h"
#include "crypto/hash.h"
#include "device/limits.h"

typedef struct {
    uint64_t counter;  /* of the payload; 0: a proposal, or not of the group */
    uint64_t index;    /* in the log, as the relay says; 0: not known */
    uint64_t sealed;   /* of the device's count: when its blob was made */
    covey_digest hash; /* of the blob */
    covey_mls_ref ref; /* of a proposal */
    uint32_t at;       /* payload, then blob */
    uint16_t payload_len;
    uint16_t blob_len; /* 0: not sealed in this epoch */
    uint8_t kind;      /* of the content */
    bool wakes;
} covey_outbox_entry;

typedef struct {
    uint16_t num;
    uint32_t used;
    covey_outbox_entry entries[COVEY_OUTBOX_ENTRIES];
    uint8_t bytes[COVEY_OUTBOX_BYTES];
} covey_outbox;

/* Who says it: what is kept for the engine, and of that for an SOS. */
typedef enum { COVEY_ROOM_HOST, COVEY_ROOM_ENGINE, COVEY_ROOM_SOS } covey_room;

/* Whether a payload of this length has room, with its blob. */
bool covey_outbox_has_room(const covey_outbox *outbox, size_t payload_len,
                           covey_room room);

/* Whether so many short payloads of the engine have room. */
bool covey_outbox_has_places(const covey_outbox *outbox, size_t num);

/* Adds an entry; its place is set here. COVEY_ERR_CAPACITY. */
int covey_outbox_add(covey_outbox *outbox, const covey_outbox_entry *entry,
                     covey_bytes payload, covey_bytes blob);

covey_bytes covey_outbox_payload(const covey_outbox *outbox, size_t at);
covey_bytes covey_outbox_blob(const covey_outbox *outbox, size_t at);

/* Replaces an entry's payload, or its blob; empty: takes the blob away.
 * COVEY_ERR_CAPACITY. */
int covey_outbox_set_payload(covey_outbox *outbox, size_t at,
                             covey_bytes payload);
int covey_outbox_set_blob(covey_outbox *outbox, size_t at, covey_bytes blob);

bool covey_outbox_any_sealed(const covey_outbox *outbox);

void covey_outbox_remove(covey_outbox *outbox, size_t at);

/* A new epoch: blobs of the old one are of no use, nor are proposals. */
void covey_outbox_unseal(covey_outbox *outbox);

/* A relay has lost them: none is known to be in the log. */
void covey_outbox_unplace(covey_outbox *outbox);

/* Numbers of the log are missing here, and a blob of unknown place may have
 * been there: whoever has read it would pass it over, others would not. What
 * it says is said anew, in another; a proposal stays, and is not sent again. */
void covey_outbox_take_back(covey_outbox *outbox);

/* Whether an entry is to be sent by who has read up to here: it has no place
 * behind that, and is no proposal of which the blob was taken back. */
bool covey_outbox_is_due(const covey_outbox_entry *entry, uint64_t after);

/* The entry with this blob; outbox->num when there is none. */
size_t covey_outbox_find(const covey_outbox *outbox, const covey_digest *hash);

void covey_outbox_wipe(covey_outbox *outbox);

void covey_outbox_write(covey_writer *w, const covey_outbox *outbox);
/* COVEY_ERR_MALFORMED, COVEY_ERR_CAPACITY. */
int covey_outbox_read(covey_outbox *outbox, covey_reader *r);

#endif
