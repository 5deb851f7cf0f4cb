/*
 * A transfer from inside. transfer.c has what sender and receiver share and
 * owns every change of state; each side builds its requests and takes what the
 * relay answers.
 */
#ifndef COVEY_DEVICE_TRANSFER_H
#define COVEY_DEVICE_TRANSFER_H

#include <covey/attachment.h>

#include "device/transfer_answer.h"
#include "device/transfer_chunk.h"
#include "relay/mailbox.h"

struct covey_transfer {
    covey_transfer_state state;
    covey_transfer_trouble trouble;
    bool sends;
    bool asks;    /* a sender: for what is there already */
    bool skipped; /* a receiver: a blob that may be a later chunk, ... */
    bool behind;  /* ... which may be the next one by now */
    bool is_out;  /* a request is under way */
    covey_transfer_config config;
    covey_attachment what;
    covey_transfer_chunks chunks; /* once the hash is known */
    covey_mailbox mailbox;
    uint32_t done;      /* chunks at the relay, or written */
    uint32_t num_out;   /* and those in the request under way */
    uint32_t batch;     /* as many as the relay takes */
    uint32_t fruitless; /* entries that were none of ours, on end */
    uint32_t failures;  /* on end */
    uint32_t rewinds;
    uint32_t read; /* bytes: of the first reading, or the last */
    uint32_t id;   /* of the last request */
    size_t answer_max;
    uint64_t after;  /* the last entry that was looked at */
    uint64_t due_ms; /* of the next request */
    covey_hash hash; /* of what was read, or is at the relay */
    covey_hash hash_out;
};

/* ---- shared: transfer.c ---- */

/* A new transfer of a valid attachment: PREPARING. */
void covey_transfer_begin(covey_transfer *t,
                          const covey_transfer_config *config,
                          const covey_attachment *what, bool sends);

/* The chunks begin, with a descriptor that is whole. */
void covey_transfer_move(covey_transfer *t);

/* Nothing came of it: the next request waits, longer each time. */
void covey_transfer_pause(covey_transfer *t, uint64_t now_ms,
                          covey_transfer_trouble trouble);

/* It got on: the next request is due. */
void covey_transfer_advance(covey_transfer *t);

/* The mailbox is read from its first entry again: not often. */
void covey_transfer_rewind(covey_transfer *t, uint64_t now_ms);

/* An entry that was none of ours. Enough of them on end are a failure: a
 * relay could send such for ever. */
bool covey_transfer_is_fed_up(const covey_transfer *t);

/* All chunks are written: they are read back. */
void covey_transfer_check(covey_transfer *t);

/* DONE when the hash is the descriptor's, else BROKEN. */
void covey_transfer_finish(covey_transfer *t, covey_hash hash);

/* Whether the configuration can be used for blobs of this size:
 * COVEY_ERR_ARGUMENT, COVEY_ERR_BUFFER. */
int covey_transfer_config_check(const covey_transfer_config *config,
                                size_t blob_size, bool sends);

/* ---- a sender: transfer_send.c ---- */

/* Fills the request. COVEY_ERR_PORT. */
int covey_transfer_send_fill(covey_transfer *t, covey_sync_request *request);

/* Sets what both the request and its check against the answer need. */
void covey_transfer_send_ask(const covey_transfer *t,
                             covey_sync_request *request);

/* Takes an answer with entries. COVEY_ERR_PORT. */
int covey_transfer_send_take(covey_transfer *t, uint64_t now_ms,
                             covey_transfer_answer *answer);

/* ---- a receiver: transfer_receive.c ---- */

void covey_transfer_receive_ask(const covey_transfer *t,
                                covey_sync_request *request);
int covey_transfer_receive_take(covey_transfer *t, uint64_t now_ms,
                                covey_transfer_answer *answer);

#endif
