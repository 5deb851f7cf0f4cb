#include "mls/message_key.h"

#include "base/writer.h"
#include "mls/types.h"

void covey_message_aad_of(covey_message_aad *aad,
                          const covey_group_context *context,
                          uint8_t content_type, covey_bytes authenticated_data)
{
    covey_writer w = covey_writer_of(aad->bytes, sizeof aad->bytes);

    covey_write_vec(&w, covey_group_id(context));
    covey_write_u64(&w, context->epoch);
    covey_write_u8(&w, content_type);
    aad->sender_data_len = w.len;
    covey_write_vec(&w, authenticated_data);
    aad->len = w.len;
}

covey_ratchet_kind covey_ratchet_kind_of(uint8_t content_type)
{
    return content_type == COVEY_CONTENT_APPLICATION ? COVEY_RATCHET_APPLICATION
                                                     : COVEY_RATCHET_HANDSHAKE;
}

void covey_guard_nonce(covey_aead_key *key,
                       const uint8_t guard[COVEY_REUSE_GUARD_SIZE])
{
    for (size_t i = 0; i < COVEY_REUSE_GUARD_SIZE; i++)
        key->nonce[i] ^= guard[i];
}
