/*
 * Protecting and unprotecting messages of members, RFC 9420 sections 6.2
 * and 6.3.
 */
#ifndef COVEY_MLS_FRAMING_H
#define COVEY_MLS_FRAMING_H

#include <covey/mls.h>

#include "mls/content.h"

/* SenderData, section 6.3.2: index, generation, reuse_guard; sealed. */
#define COVEY_SENDER_DATA_SIZE 12
#define COVEY_SEALED_SENDER_DATA_SIZE                                          \
    (COVEY_SENDER_DATA_SIZE + COVEY_AEAD_TAG_SIZE)

/* A message that has proved authentic. Views point into the scratch. */
typedef struct {
    uint16_t wire_format;
    uint8_t content_type;
    covey_leaf_index sender;
    uint32_t generation;
    covey_bytes authenticated_data;
    covey_content content;
    covey_bytes framed; /* WireFormat and FramedContent */
    uint8_t signature[COVEY_SIGNATURE_SIZE];
    covey_digest confirmation_tag; /* of a commit */
} covey_authenticated_content;

/* Reads an MLSMessage of either form. Nothing changes: for a private one
 * the key must be taken afterwards, see covey_framing_take.
 *
 * COVEY_ERR_MALFORMED, COVEY_ERR_PROFILE, COVEY_ERR_EPOCH,
 * COVEY_ERR_SENDER, COVEY_ERR_REPLAY, COVEY_ERR_TOO_FAR, COVEY_ERR_AUTH,
 * COVEY_ERR_PADDING, COVEY_ERR_BUFFER for the scratch. COVEY_ERR_ROLLBACK:
 * authentic, from this member itself, and ahead of its own state. */
int covey_framing_open(covey_authenticated_content *out,
                       const covey_epoch *epoch, covey_bytes message,
                       uint32_t forward_max, covey_scratch *scratch);

/* Whether its sender data is authentic for its content type: for who packs
 * messages without saying the type. COVEY_ERR_AUTH. */
int covey_framing_try(const covey_epoch *epoch,
                      const covey_private_message *message);

/* The key of a message that was opened is used up. */
void covey_framing_take(covey_epoch *epoch,
                        const covey_authenticated_content *content);

/* A message on its way out, between signing and sealing: a commit needs its
 * signature before its confirmation tag is known. */
typedef struct {
    covey_content_text text;
    covey_content_head head;
    covey_key_name key_name;
    uint8_t signature[COVEY_SIGNATURE_SIZE];
} covey_outgoing;

/* Begins a message of this member. COVEY_ERR_BUFFER, COVEY_ERR_ARGUMENT for
 * too long authenticated data. COVEY_ERR_EXHAUSTED. */
int covey_outgoing_begin(covey_outgoing *out, const covey_epoch *epoch,
                         uint8_t content_type, const covey_mls_framing *framing,
                         covey_scratch *scratch);

/* Signs content_len bytes that were written to the content's place. */
int covey_outgoing_sign(covey_outgoing *out, const covey_epoch *epoch,
                        size_t content_len);

/* Writes the MLSMessage. Nothing changes but the output: covey_outgoing_take
 * uses up the key. tag is that of a commit. COVEY_ERR_BUFFER,
 * COVEY_ERR_RANDOM, COVEY_ERR_ARGUMENT when padding would shorten. */
int covey_outgoing_seal(covey_writer *w, covey_outgoing *out,
                        const covey_epoch *epoch, const covey_digest *tag,
                        const covey_mls_framing *framing,
                        const covey_random *random);

void covey_outgoing_take(covey_epoch *epoch, const covey_outgoing *out);

#endif
