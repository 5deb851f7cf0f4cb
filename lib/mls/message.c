#include "mls/message.h"

#include <covey/error.h>

#include "mls/types.h"

void covey_read_content(covey_reader *r, uint8_t content_type,
                        covey_content *content)
{
    const uint8_t *start = r->at;

    content->refusal = COVEY_ERR_MALFORMED;
    switch (content_type) {
    case COVEY_CONTENT_APPLICATION:
        content->of.application = covey_read_vec(r);
        break;
    case COVEY_CONTENT_PROPOSAL:
        covey_read_proposal(r, &content->of.proposal);
        content->refusal = covey_proposal_read_error(&content->of.proposal);
        break;
    case COVEY_CONTENT_COMMIT:
        covey_read_commit(r, &content->of.commit);
        content->refusal = content->of.commit.refusal;
        break;
    default: r->failed = true; break;
    }
    content->encoding = covey_reader_since(r, start);
}

static void read_sender(covey_reader *r, covey_framed_content *framed)
{
    framed->sender = 0;
    framed->sender_type = covey_read_u8(r);
    switch (framed->sender_type) {
    case COVEY_SENDER_MEMBER:
    case COVEY_SENDER_EXTERNAL: framed->sender = covey_read_u32(r); break;
    case COVEY_SENDER_NEW_MEMBER_PROPOSAL:
    case COVEY_SENDER_NEW_MEMBER_COMMIT: break;
    default: r->failed = true; break;
    }
}

void covey_read_framed_content(covey_reader *r, covey_framed_content *framed)
{
    framed->group_id = covey_read_vec(r);
    framed->epoch = covey_read_u64(r);
    read_sender(r, framed);
    framed->authenticated_data = covey_read_vec(r);
    framed->content_type = covey_read_u8(r);
    covey_read_content(r, framed->content_type, &framed->content);
}

void covey_write_framed_head(covey_writer *w,
                             const covey_framed_content *framed)
{
    covey_write_vec(w, framed->group_id);
    covey_write_u64(w, framed->epoch);
    covey_write_u8(w, framed->sender_type);
    if (framed->sender_type == COVEY_SENDER_MEMBER ||
        framed->sender_type == COVEY_SENDER_EXTERNAL) {
        covey_write_u32(w, framed->sender);
    }
    covey_write_vec(w, framed->authenticated_data);
    covey_write_u8(w, framed->content_type);
}

void covey_read_auth_data(covey_reader *r, uint8_t content_type,
                          covey_auth_data *auth)
{
    auth->signature = covey_read_vec(r);
    auth->confirmation_tag = content_type == COVEY_CONTENT_COMMIT
                                 ? covey_read_vec(r)
                                 : covey_bytes_of(NULL, 0);
}

void covey_write_auth_data(covey_writer *w, uint8_t content_type,
                           const covey_auth_data *auth)
{
    covey_write_vec(w, auth->signature);
    if (content_type == COVEY_CONTENT_COMMIT) {
        covey_write_vec(w, auth->confirmation_tag);
    }
}

void covey_read_public_message(covey_reader *r, covey_public_message *message)
{
    covey_read_framed_content(r, &message->framed);
    covey_read_auth_data(r, message->framed.content_type, &message->auth);
    message->membership_tag = message->framed.sender_type == COVEY_SENDER_MEMBER
                                  ? covey_read_vec(r)
                                  : covey_bytes_of(NULL, 0);
}

void covey_write_public_message(covey_writer *w,
                                const covey_public_message *message)
{
    covey_write_framed_head(w, &message->framed);
    covey_write_fixed(w, message->framed.content.encoding);
    covey_write_auth_data(w, message->framed.content_type, &message->auth);
    if (message->framed.sender_type == COVEY_SENDER_MEMBER) {
        covey_write_vec(w, message->membership_tag);
    }
}

void covey_read_private_message(covey_reader *r, covey_private_message *message)
{
    message->group_id = covey_read_vec(r);
    message->epoch = covey_read_u64(r);
    message->content_type = covey_read_u8(r);
    message->authenticated_data = covey_read_vec(r);
    message->encrypted_sender_data = covey_read_vec(r);
    message->ciphertext = covey_read_vec(r);
    if (message->content_type < COVEY_CONTENT_APPLICATION ||
        message->content_type > COVEY_CONTENT_COMMIT) {
        r->failed = true;
    }
}

void covey_write_private_message(covey_writer *w,
                                 const covey_private_message *message)
{
    covey_write_vec(w, message->group_id);
    covey_write_u64(w, message->epoch);
    covey_write_u8(w, message->content_type);
    covey_write_vec(w, message->authenticated_data);
    covey_write_vec(w, message->encrypted_sender_data);
    covey_write_vec(w, message->ciphertext);
}

covey_message_head covey_read_message_head(covey_reader *r)
{
    covey_message_head head;

    head.version = covey_read_u16(r);
    head.wire_format = covey_read_u16(r);
    return head;
}

void covey_write_message_head(covey_writer *w, uint16_t wire_format)
{
    covey_write_u16(w, COVEY_MLS10);
    covey_write_u16(w, wire_format);
}

int covey_message_body(covey_reader *body, covey_bytes message,
                       uint16_t wire_format)
{
    *body = covey_reader_of(message);

    covey_message_head head = covey_read_message_head(body);
    if (body->failed) return COVEY_ERR_MALFORMED;
    if (head.version != COVEY_MLS10 || head.wire_format != wire_format) {
        return COVEY_ERR_PROFILE;
    }
    return COVEY_OK;
}
