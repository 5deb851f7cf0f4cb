#include "relay/sync_text.h"

#include <covey/error.h>

#include "crypto/hkdf.h"
#include "relay/blob.h"

/* ---- ranges ---- */

static bool is_bucket(size_t len)
{
    return len != 0 && covey_blob_bucket(len) == len;
}

static bool is_wake_valid(const covey_sync_request *request)
{
    size_t len = request->sealed_endpoint.len;

    if (!request->has_wake) return len == 0 && request->expiry_s == 0;
    return len >= 1 && len <= COVEY_SYNC_ENDPOINT_MAX &&
           request->expiry_s <= COVEY_SYNC_EXPIRY_MAX_S;
}

bool covey_sync_request_is_valid(const covey_sync_request *request)
{
    if (request->num_appends > COVEY_SYNC_APPENDS_MAX) return false;
    for (size_t i = 0; i < request->num_appends; i++) {
        if (!is_bucket(request->appends[i].blob.len)) return false;
    }
    return is_bucket(request->max_blob) &&
           request->max_bytes >= request->max_blob + COVEY_SYNC_HEAD_MAX &&
           request->wait_ms <= COVEY_SYNC_WAIT_MAX_MS &&
           request->token.len <= COVEY_SYNC_TOKEN_MAX && is_wake_valid(request);
}

/* ---- the text ---- */

static void write_appends(covey_writer *w, const covey_sync_request *request)
{
    size_t mark = covey_write_vec_open(w);

    for (size_t i = 0; i < request->num_appends; i++) {
        const covey_sync_append *append = &request->appends[i];
        covey_digest hash;

        covey_blob_hash(&hash, append->blob);
        covey_write_u32(w, (uint32_t)append->blob.len);
        covey_write_u8(w, (uint8_t)(append->keep | append->wake << 1));
        covey_write_fixed(w, covey_digest_bytes(&hash));
    }
    covey_write_vec_close(w, mark);
}

static void write_text(covey_writer *w, const covey_sync_request *request,
                       covey_bytes relay)
{
    covey_write_vec(w, covey_bytes_of_text("covey sync 1"));
    covey_write_vec(w, relay);
    covey_write_fixed(w, covey_mailbox_address_bytes(&request->mailbox));
    write_appends(w, request);
    covey_write_u8(w, request->has_expect_next);
    if (request->has_expect_next) covey_write_u64(w, request->expect_next);
    covey_write_u64(w, request->after);
    covey_write_u32(w, request->max_bytes);
    covey_write_u32(w, request->max_blob);
    covey_write_u32(w, request->wait_ms);
    covey_write_u8(w, request->has_wake);
    if (request->has_wake) {
        covey_write_vec(w, request->sealed_endpoint);
        covey_write_u32(w, request->expiry_s);
    }
    covey_write_vec(w, request->token);
    covey_write_u64(w, request->origin);
}

int covey_sync_text_of(covey_sync_text *text, const covey_sync_request *request,
                       covey_bytes relay)
{
    covey_writer w = covey_writer_of(text->bytes, sizeof text->bytes);

    if (relay.len < 1 || relay.len > COVEY_SYNC_RELAY_MAX) {
        return COVEY_ERR_ARGUMENT;
    }
    write_text(&w, request, relay);
    text->len = w.len;
    return covey_writer_finish(&w);
}

/* ---- signing ---- */

int covey_sync_request_sign(covey_sync_request *request,
                            const covey_mailbox *mailbox, covey_bytes relay)
{
    covey_sync_text text;

    if (!covey_sync_request_is_valid(request)) return COVEY_ERR_ARGUMENT;
    const covey_mailbox_address before = request->mailbox;
    request->mailbox = covey_mailbox_address_of(mailbox);
    int err = covey_sync_text_of(&text, request, relay);
    if (err) {
        request->mailbox = before;
        return err;
    }
    covey_mailbox_sign(request->signature, mailbox,
                       covey_bytes_of(text.bytes, text.len));
    return COVEY_OK;
}

int covey_sync_request_verify(const covey_sync_request *request,
                              covey_bytes relay)
{
    covey_sync_text text;

    if (!covey_sync_request_is_valid(request) ||
        covey_sync_text_of(&text, request, relay) != COVEY_OK) {
        return COVEY_ERR_AUTH;
    }
    return covey_mailbox_verify(&request->mailbox,
                                covey_bytes_of(text.bytes, text.len),
                                covey_bytes_of(request->signature,
                                               sizeof request->signature));
}
