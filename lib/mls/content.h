/*
 * FramedContentTBS, RFC 9420 section 6.1, laid out in scratch once: signed
 * or verified, hashed, encrypted or decrypted where it stands.
 */
#ifndef COVEY_MLS_CONTENT_H
#define COVEY_MLS_CONTENT_H

#include "base/scratch.h"
#include "mls/epoch.h"
#include "mls/message.h"

typedef struct {
    uint8_t *at;        /* FramedContentTBS */
    size_t cap;         /* bytes there */
    size_t head_len;    /* before the content */
    size_t content_len; /* of the content */
    size_t len;         /* of FramedContentTBS once the context is behind */
} covey_content_text;

/* The fields before the content, of a member as the sender. */
typedef struct {
    uint16_t wire_format;
    uint8_t content_type;
    covey_leaf_index sender;
    covey_bytes authenticated_data;
} covey_content_head;

/* Takes what is left of the scratch and writes the head. The content goes
 * to covey_content_place. COVEY_ERR_BUFFER. */
int covey_content_begin(covey_content_text *text, covey_scratch *scratch,
                        const covey_content_head *head,
                        const covey_group_context *context);

uint8_t *covey_content_place(const covey_content_text *text);
size_t covey_content_room(const covey_content_text *text);

/* Puts the GroupContext behind content_len bytes of content.
 * COVEY_ERR_BUFFER. */
int covey_content_complete(covey_content_text *text, size_t content_len,
                           const covey_group_context *context);

/* Puts the GroupContext behind content_len bytes of content, and signs.
 * COVEY_ERR_BUFFER. */
int covey_content_sign(covey_content_text *text, size_t content_len,
                       const covey_group_context *context,
                       const covey_sign_key *key,
                       uint8_t signature[COVEY_SIGNATURE_SIZE]);

/* The same for verifying. COVEY_ERR_BUFFER, COVEY_ERR_AUTH. */
int covey_content_verify(covey_content_text *text, size_t content_len,
                         const covey_group_context *context,
                         covey_bytes public_key, covey_bytes signature);

/* Gives back the scratch behind the content. */
void covey_content_end(const covey_content_text *text, covey_scratch *scratch);

/* WireFormat and FramedContent: what the transcript and references hash. */
covey_bytes covey_content_framed(const covey_content_text *text);

/* membership_tag, section 6.2; after signing or verifying. */
void covey_membership_tag(covey_digest *out, const covey_content_text *text,
                          uint8_t content_type, const covey_auth_data *auth,
                          const covey_membership_key *key);

/* MakeProposalRef of an AuthenticatedContent. */
void covey_proposal_ref(covey_digest *ref, covey_bytes framed,
                        covey_bytes signature);

#endif
