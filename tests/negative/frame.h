/*
 * Messages of members put together field by field, so that any one of them
 * can be wrong and everything that is computed over it right.
 */
#ifndef COVEY_TEST_FRAME_H
#define COVEY_TEST_FRAME_H

#include "base/writer.h"
#include "mls/epoch.h"
#include "mls/message.h"
#include "mls/types.h"

typedef struct {
    const covey_epoch *epoch; /* whose secrets are used */
    uint16_t version;
    uint16_t wire_format;
    covey_framed_content framed;        /* content.encoding is the content */
    const covey_group_context *context; /* that is signed */
    covey_sign_key sign_key;

    /* Set by frame_sign; may be replaced before sealing. */
    covey_bytes signature;
    covey_bytes to_be_signed;
    covey_bytes hashed; /* WireFormat and FramedContent */

    covey_bytes tag; /* of a commit */
    const covey_membership_key *membership_key;
    covey_bytes membership_tag; /* of a public one; empty: the right one */

    /* Of a private one. */
    covey_key_name key_name; /* also what the sender data says */
    covey_bytes padding;
    covey_bytes plain;       /* empty: content, auth and padding */
    covey_bytes ciphertext;  /* empty: the right one */
    covey_bytes sender_data; /* empty: the right one, before sealing */
} frame;

/* An honest message of this epoch's member, not signed yet. */
frame frame_of(const covey_epoch *epoch, uint8_t content_type,
               covey_bytes content);

/* As a PublicMessage. */
void frame_make_public(frame *f);

void frame_sign(frame *f);

/* The MLSMessage; lives until test_free_all. */
covey_bytes frame_seal(const frame *f);

/* Writers with room enough: what they wrote is copied to a buffer of exactly
 * its size, for sanitizers to watch. */
covey_writer bytes_writer(void);
covey_bytes bytes_done(covey_writer *w);

/* Bytes of a test: joined, filled, changed. They live until test_free_all. */
covey_bytes bytes_join(covey_bytes a, covey_bytes b);
covey_bytes bytes_fill(uint8_t value, size_t len);
covey_bytes bytes_flip(covey_bytes bytes, size_t bit);
covey_bytes bytes_cut(covey_bytes bytes, size_t len);
covey_bytes bytes_vec(covey_bytes contents);

/* SignWithLabel. */
covey_bytes bytes_signed(const char *label, covey_bytes text,
                         const covey_sign_key *key);

/* A whole message whose PrivateMessage fields are changed after sealing. */
covey_private_message private_read(covey_bytes message);
covey_bytes private_write(const covey_private_message *message);

#endif
