/*
 * A blob: what the relay stores of an MLS PrivateMessage, without anything
 * that is known or constant. SPEC.md sections 4.2 and 4.3.
 *
 *   application   sealed sender data || ciphertext
 *   handshake     sealed header || sealed sender data || ciphertext
 *                 || blobs of the proposals that a commit refers to
 *
 * All blobs have one of few sizes, and all their bytes look random. To send:
 * take the framing from here, make the message, pack it. To receive: open it,
 * and give the message to the MLS room.
 */
#ifndef COVEY_RELAY_BLOB_H
#define COVEY_RELAY_BLOB_H

#include <covey/mls.h>

#include "base/writer.h"
#include "relay/blob_header.h"

/* The least size that holds len bytes; 0 when there is none. */
size_t covey_blob_bucket(size_t len);

/* SHA-256, by which the chain, stubs and the relay know it. */
void covey_blob_hash(covey_digest *out, covey_bytes blob);

/* ---- sending ---- */

/* Framing of an application message. */
covey_mls_framing covey_blob_framing(void);

/* Framing of a proposal or commit under a sealed header, a view of it. */
covey_mls_framing
covey_blob_handshake_framing(const covey_sealed_header *sealed,
                             const covey_blob_header *header);

/* Packs a message that was made with that framing. `bundled` are the blobs
 * that the header names, in its order; NULL and 0 for all else.
 * COVEY_ERR_ARGUMENT: not such a message, or not of a blob's size.
 * COVEY_ERR_BUFFER. */
int covey_blob_pack(covey_writer *w, covey_bytes message,
                    const covey_bytes *bundled, size_t num_bundled);

/* ---- receiving ---- */

typedef struct {
    covey_mls_message_kind kind; /* application, proposal or commit */
    covey_bytes message;         /* the MLSMessage */
    covey_blob_header header;    /* of a handshake, else zero */
    /* Blobs of proposals, views into the blob. Open each by itself: what is
     * not a proposal makes the commit invalid. */
    covey_bytes bundled[COVEY_BUNDLED_MAX];
} covey_blob;

/* An MLSMessage is longer than its blob by less than this. */
#define COVEY_BLOB_MARGIN 64

/* Opens a blob of the group's epoch, and writes its message to w, at most
 * COVEY_BLOB_MESSAGE_MAX bytes. In place, w is of the COVEY_BLOB_MARGIN bytes
 * before the blob and of the blob, which is gone then but for what is bundled. That a member of the epoch made it is shown;
 * who, and whether it is valid, the MLS room says. Every member decides alike:
 * COVEY_ERR_MALFORMED: not a blob's size, or the header is wrong.
 * COVEY_ERR_PROFILE: larger than is accepted here. COVEY_ERR_AUTH: not of
 * this epoch. And this member alone: COVEY_ERR_BUFFER, COVEY_ERR_STATE. */
int covey_blob_open(covey_blob *out, const covey_mls_group *group,
                    const covey_handshake_key *key, covey_bytes blob,
                    covey_writer *w);

#endif
