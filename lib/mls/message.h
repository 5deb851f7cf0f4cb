/*
 * MLSMessage and what it carries, RFC 9420 section 6: views and encodings.
 */
#ifndef COVEY_MLS_MESSAGE_H
#define COVEY_MLS_MESSAGE_H

#include "mls/commit.h"

/* The application data, proposal or commit of a FramedContent. */
typedef struct {
    covey_bytes encoding; /* with the vector head of application_data */
    int refusal;          /* why the reader failed */
    union {
        covey_bytes application;
        covey_proposal proposal;
        covey_commit commit;
    } of;
} covey_content;

void covey_read_content(covey_reader *r, uint8_t content_type,
                        covey_content *content);

typedef struct {
    covey_bytes group_id;
    uint64_t epoch;
    uint8_t sender_type;
    uint32_t sender; /* leaf_index or sender_index */
    covey_bytes authenticated_data;
    uint8_t content_type;
    covey_content content;
} covey_framed_content;

/* What a failed read means is in content.refusal. */
void covey_read_framed_content(covey_reader *r, covey_framed_content *framed);

/* Everything before the content itself. */
void covey_write_framed_head(covey_writer *w,
                             const covey_framed_content *framed);

typedef struct {
    covey_bytes signature;
    covey_bytes confirmation_tag; /* of a commit */
} covey_auth_data;

void covey_read_auth_data(covey_reader *r, uint8_t content_type,
                          covey_auth_data *auth);
void covey_write_auth_data(covey_writer *w, uint8_t content_type,
                           const covey_auth_data *auth);

typedef struct {
    covey_framed_content framed;
    covey_auth_data auth;
    covey_bytes membership_tag; /* of members */
} covey_public_message;

void covey_read_public_message(covey_reader *r, covey_public_message *message);
void covey_write_public_message(covey_writer *w,
                                const covey_public_message *message);

typedef struct {
    covey_bytes group_id;
    uint64_t epoch;
    uint8_t content_type;
    covey_bytes authenticated_data;
    covey_bytes encrypted_sender_data;
    covey_bytes ciphertext;
} covey_private_message;

void covey_read_private_message(covey_reader *r,
                                covey_private_message *message);
void covey_write_private_message(covey_writer *w,
                                 const covey_private_message *message);

/* MLSMessage's own two fields. */
typedef struct {
    uint16_t version;
    uint16_t wire_format;
} covey_message_head;

covey_message_head covey_read_message_head(covey_reader *r);
void covey_write_message_head(covey_writer *w, uint16_t wire_format);

/* The reader of a message's body. COVEY_ERR_MALFORMED; COVEY_ERR_PROFILE
 * for another version or wire format than the one wanted. */
int covey_message_body(covey_reader *body, covey_bytes message,
                       uint16_t wire_format);

#endif
