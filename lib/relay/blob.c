#include "relay/blob.h"

#include <covey/error.h>

#include "mls/framing.h"
#include "mls/group.h"
#include "mls/types.h"

#define SENDER_DATA COVEY_SEALED_SENDER_DATA_SIZE

size_t covey_blob_bucket(size_t len)
{
    for (size_t size = COVEY_BLOB_MIN; size <= COVEY_BLOB_MAX; size *= 2) {
        if (len <= size) return size;
    }
    return 0;
}

void covey_blob_hash(covey_digest *out, covey_bytes blob)
{
    covey_hash hash;

    covey_hash_begin(&hash);
    covey_hash_add(&hash, blob);
    covey_hash_end(&hash, out);
}

/* ---- sending ---- */

/* 0, which is too little, for what no epoch's mailbox takes. */
static size_t pad(size_t len)
{
    return len > COVEY_BLOB_EPOCH_MAX ? 0 : covey_blob_bucket(len);
}

covey_mls_framing covey_blob_framing(void)
{
    return (covey_mls_framing){.pad = pad, .beside = SENDER_DATA};
}

covey_mls_framing
covey_blob_handshake_framing(const covey_sealed_header *sealed,
                             const covey_blob_header *header)
{
    return (covey_mls_framing){
        .authenticated_data =
            covey_bytes_of(sealed->bytes, sizeof sealed->bytes),
        .pad = pad,
        .beside =
            COVEY_HEADER_SIZE + SENDER_DATA + covey_blob_header_bundled(header),
    };
}

static bool is_packable(const covey_private_message *message,
                        size_t num_bundled)
{
    size_t header_len = message->content_type == COVEY_CONTENT_APPLICATION
                            ? 0
                            : COVEY_HEADER_SIZE;

    if (num_bundled != 0 && message->content_type != COVEY_CONTENT_COMMIT) {
        return false;
    }
    return message->authenticated_data.len == header_len &&
           message->encrypted_sender_data.len == SENDER_DATA;
}

int covey_blob_pack(covey_writer *w, covey_bytes message,
                    const covey_bytes *bundled, size_t num_bundled)
{
    covey_private_message parts;
    covey_reader r;
    size_t start = w->len;

    int err = covey_message_body(&r, message, COVEY_WIRE_PRIVATE_MESSAGE);
    if (err) return COVEY_ERR_ARGUMENT;
    covey_read_private_message(&r, &parts);
    if (covey_reader_finish(&r) != COVEY_OK ||
        !is_packable(&parts, num_bundled)) {
        return COVEY_ERR_ARGUMENT;
    }
    covey_write_fixed(w, parts.authenticated_data);
    covey_write_fixed(w, parts.encrypted_sender_data);
    covey_write_fixed(w, parts.ciphertext);
    for (size_t i = 0; i < num_bundled; i++) covey_write_fixed(w, bundled[i]);
    err = covey_writer_finish(w);
    if (!err && pad(w->len - start) != w->len - start) err = COVEY_ERR_ARGUMENT;
    if (err == COVEY_ERR_ARGUMENT) w->len = start;
    return err;
}

/* ---- receiving ---- */

/* Writes the MLSMessage that these parts are of. */
static int rebuild(covey_blob *out, const covey_mls_group *group,
                   covey_bytes authenticated_data, covey_bytes sealed,
                   covey_writer *w)
{
    size_t mark = w->len;
    const covey_private_message message = {
        .group_id = covey_mls_group_id(group),
        .epoch = covey_mls_epoch(group),
        .content_type = (uint8_t)out->kind,
        .authenticated_data = authenticated_data,
        .encrypted_sender_data = covey_bytes_of(sealed.at, SENDER_DATA),
        .ciphertext =
            covey_bytes_of(sealed.at + SENDER_DATA, sealed.len - SENDER_DATA),
    };

    covey_write_message_head(w, COVEY_WIRE_PRIVATE_MESSAGE);
    covey_write_private_message(w, &message);
    out->message = covey_writer_since(w, mark);
    return covey_writer_finish(w);
}

static int open_application(covey_blob *out, const covey_mls_group *group,
                            covey_bytes blob, covey_writer *w)
{
    int err =
        covey_group_try_sender_data(group, COVEY_CONTENT_APPLICATION,
                                    covey_bytes_of(blob.at, SENDER_DATA),
                                    covey_bytes_of(blob.at + SENDER_DATA,
                                                   blob.len - SENDER_DATA));
    if (err) return err;
    out->kind = COVEY_MLS_MESSAGE_APPLICATION;
    return rebuild(out, group, covey_bytes_of(NULL, 0), blob, w);
}

static int open_handshake(covey_blob *out, const covey_mls_group *group,
                          const covey_handshake_key *key, covey_bytes blob,
                          covey_writer *w)
{
    covey_bytes sealed = covey_bytes_of(blob.at, COVEY_HEADER_SIZE);

    int err = covey_blob_header_open(&out->header, key, sealed);
    if (err) return err;
    size_t beside = COVEY_HEADER_SIZE + covey_blob_header_bundled(&out->header);
    if (blob.len < beside + SENDER_DATA + COVEY_AEAD_TAG_SIZE) {
        return COVEY_ERR_MALFORMED;
    }
    const uint8_t *at = blob.at + COVEY_HEADER_SIZE;
    covey_bytes own = covey_bytes_of(at, blob.len - beside);
    at += own.len;
    for (uint8_t i = 0; i < out->header.num_bundled; i++) {
        out->bundled[i] = covey_bytes_of(at, out->header.bundled_len[i]);
        at += out->header.bundled_len[i];
    }
    out->kind = out->header.is_commit ? COVEY_MLS_MESSAGE_COMMIT
                                      : COVEY_MLS_MESSAGE_PROPOSAL;
    return rebuild(out, group, sealed, own, w);
}

int covey_blob_open(covey_blob *out, const covey_mls_group *group,
                    const covey_handshake_key *key, covey_bytes blob,
                    covey_writer *w)
{
    covey_blob found = {0};

    if (!covey_mls_is_open(group)) return COVEY_ERR_STATE;
    if (blob.len == 0 || covey_blob_bucket(blob.len) != blob.len) {
        return COVEY_ERR_MALFORMED;
    }
    if (blob.len > COVEY_BLOB_EPOCH_MAX) return COVEY_ERR_PROFILE;
    int err = open_application(&found, group, blob, w);
    if (err == COVEY_ERR_AUTH) {
        err = open_handshake(&found, group, key, blob, w);
    }
    if (!err) *out = found;
    return err;
}
