#include "mls/content.h"

#include <covey/error.h>

#include "mls/types.h"

int covey_content_begin(covey_content_text *text, covey_scratch *scratch,
                        const covey_content_head *head,
                        const covey_group_context *context)
{
    size_t left = scratch->cap - scratch->used;
    uint8_t *at = covey_scratch_take(scratch, left);

    if (at == NULL || left < COVEY_SIGN_ROOM) return COVEY_ERR_BUFFER;
    *text = (covey_content_text){
        .at = at + COVEY_SIGN_ROOM,
        .cap = left - COVEY_SIGN_ROOM,
    };

    const covey_framed_content framed = {
        .group_id = covey_group_id(context),
        .epoch = context->epoch,
        .sender_type = COVEY_SENDER_MEMBER,
        .sender = head->sender.value,
        .authenticated_data = head->authenticated_data,
        .content_type = head->content_type,
    };
    covey_writer w = covey_writer_of(text->at, text->cap);
    covey_write_message_head(&w, head->wire_format);
    covey_write_framed_head(&w, &framed);
    text->head_len = w.len;
    return covey_writer_finish(&w);
}

uint8_t *covey_content_place(const covey_content_text *text)
{
    return text->at + text->head_len;
}

size_t covey_content_room(const covey_content_text *text)
{
    return text->cap - text->head_len;
}

int covey_content_complete(covey_content_text *text, size_t content_len,
                           const covey_group_context *context)
{
    covey_writer w = covey_writer_of(text->at, text->cap);

    w.len = text->head_len + content_len;
    text->content_len = content_len;
    covey_write_group_context(&w, context);
    text->len = w.len;
    return covey_writer_finish(&w);
}

int covey_content_sign(covey_content_text *text, size_t content_len,
                       const covey_group_context *context,
                       const covey_sign_key *key,
                       uint8_t signature[COVEY_SIGNATURE_SIZE])
{
    int err = covey_content_complete(text, content_len, context);

    if (!err) {
        covey_sign_with_label(signature, key, "FramedContentTBS", text->at,
                              text->len);
    }
    return err;
}

int covey_content_verify(covey_content_text *text, size_t content_len,
                         const covey_group_context *context,
                         covey_bytes public_key, covey_bytes signature)
{
    int err = covey_content_complete(text, content_len, context);

    if (!err) {
        err = covey_verify_with_label(public_key, "FramedContentTBS", text->at,
                                      text->len, signature);
    }
    return err;
}

void covey_content_end(const covey_content_text *text, covey_scratch *scratch)
{
    scratch->used =
        (size_t)(text->at - scratch->at) + text->head_len + text->content_len;
}

covey_bytes covey_content_framed(const covey_content_text *text)
{
    size_t version = 2;

    return covey_bytes_of(text->at + version,
                          text->head_len - version + text->content_len);
}

void covey_membership_tag(covey_digest *out, const covey_content_text *text,
                          uint8_t content_type, const covey_auth_data *auth,
                          const covey_membership_key *key)
{
    uint8_t encoded[2 + COVEY_SIGNATURE_SIZE + 1 + COVEY_HASH_SIZE];
    covey_writer w = covey_writer_of(encoded, sizeof encoded);
    covey_hmac hmac;

    covey_write_auth_data(&w, content_type, auth);
    covey_hmac_begin(&hmac, covey_secret_bytes(&key->secret));
    covey_hmac_add(&hmac, covey_bytes_of(text->at, text->len));
    covey_hmac_add(&hmac, covey_writer_since(&w, 0));
    covey_hmac_end(&hmac, out);
}

void covey_proposal_ref(covey_digest *ref, covey_bytes framed,
                        covey_bytes signature)
{
    uint8_t encoded[2 + COVEY_SIGNATURE_SIZE];
    covey_writer w = covey_writer_of(encoded, sizeof encoded);

    covey_write_vec(&w, signature);

    const covey_bytes parts[] = {framed, covey_writer_since(&w, 0)};
    covey_ref_hash(ref, "MLS 1.0 Proposal Reference", parts, 2);
}
