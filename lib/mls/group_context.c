#include "mls/group_context.h"

#include <covey/error.h>

#include "base/secret.h"
#include "mls/extension.h"
#include "mls/types.h"

static int read_hash(covey_digest *out, covey_bytes hash)
{
    if (hash.len != sizeof out->bytes) return COVEY_ERR_MALFORMED;
    memcpy(out->bytes, hash.at, hash.len);
    return COVEY_OK;
}

int covey_read_group_context(covey_reader *r, covey_group_context *context)
{
    uint16_t version = covey_read_u16(r);
    uint16_t suite = covey_read_u16(r);
    covey_bytes group_id = covey_read_vec(r);
    uint64_t epoch = covey_read_u64(r);
    covey_bytes tree_hash = covey_read_vec(r);
    covey_bytes confirmed = covey_read_vec(r);
    covey_bytes extensions = covey_read_vec(r);
    int err = COVEY_OK;

    if (r->failed) return COVEY_ERR_MALFORMED;
    memset(context, 0, sizeof *context);
    context->suite = covey_suite_find(suite);
    if (version != COVEY_MLS10 || context->suite == NULL ||
        group_id.len > COVEY_MLS_GROUP_ID_MAX) {
        return COVEY_ERR_PROFILE;
    }
    covey_copy(context->group_id, group_id.at, group_id.len);
    context->group_id_len = (uint8_t)group_id.len;
    context->epoch = epoch;
    err = read_hash(&context->tree_hash, tree_hash);
    if (!err && confirmed.len != 0) {
        err = read_hash(&context->confirmed_transcript_hash, confirmed);
    }
    context->confirmed_transcript_hash_len = (uint8_t)confirmed.len;
    if (!err) err = covey_group_extensions_set(context, extensions);
    return err;
}

void covey_write_group_context(covey_writer *w,
                               const covey_group_context *context)
{
    covey_write_u16(w, COVEY_MLS10);
    covey_write_u16(w, context->suite->id);
    covey_write_vec(w, covey_group_id(context));
    covey_write_u64(w, context->epoch);
    covey_write_vec(w, covey_digest_bytes(&context->tree_hash));
    covey_write_vec(w, covey_bytes_of(context->confirmed_transcript_hash.bytes,
                                      context->confirmed_transcript_hash_len));
    covey_write_vec(w, covey_group_extensions(context));
}

int covey_group_extensions_check(covey_bytes extensions)
{
    covey_required_capabilities required;
    covey_bytes senders;
    int err = covey_extensions_check(extensions);

    if (!err) err = covey_required_capabilities_of(&required, extensions);
    if (err) return err;
    if (extensions.len > COVEY_MLS_EXTENSIONS_MAX ||
        covey_extensions_find(extensions, COVEY_EXTENSION_EXTERNAL_SENDERS,
                              &senders)) {
        return COVEY_ERR_PROFILE;
    }
    return COVEY_OK;
}

int covey_group_extensions_set(covey_group_context *context,
                               covey_bytes extensions)
{
    int err = covey_group_extensions_check(extensions);

    if (err) return err;
    memset(context->extensions, 0, sizeof context->extensions);
    covey_copy(context->extensions, extensions.at, extensions.len);
    context->extensions_len = (uint16_t)extensions.len;
    return COVEY_OK;
}

void covey_confirmed_transcript_hash(covey_digest *out,
                                     const covey_digest *interim,
                                     covey_bytes content, covey_bytes signature)
{
    covey_hash hash;

    covey_hash_begin(&hash);
    covey_hash_add(&hash, covey_digest_bytes(interim));
    covey_hash_add(&hash, content);
    covey_hash_add_vec(&hash, signature);
    covey_hash_end(&hash, out);
}

void covey_interim_transcript_hash(covey_digest *out, covey_bytes confirmed,
                                   covey_bytes confirmation_tag)
{
    covey_hash hash;

    covey_hash_begin(&hash);
    covey_hash_add(&hash, confirmed);
    covey_hash_add_vec(&hash, confirmation_tag);
    covey_hash_end(&hash, out);
    /* It names the epoch among members, and tells nothing of any key. */
    COVEY_CT_PUBLIC(out, sizeof *out);
}
