/*
 * What opening and sealing a PrivateMessage share: the authenticated data of
 * its two ciphertexts, and which key it takes. RFC 9420 section 6.3.
 */
#ifndef COVEY_MLS_MESSAGE_KEY_H
#define COVEY_MLS_MESSAGE_KEY_H

#include "mls/group_context.h"
#include "mls/secret_tree.h"

/* PrivateContentAAD; its first three fields are SenderDataAAD. */
typedef struct {
    uint8_t bytes[1 + COVEY_MLS_GROUP_ID_MAX + 8 + 1 + 2 +
                  COVEY_MLS_AUTHENTICATED_DATA_MAX];
    size_t sender_data_len;
    size_t len;
} covey_message_aad;

void covey_message_aad_of(covey_message_aad *aad,
                          const covey_group_context *context,
                          uint8_t content_type, covey_bytes authenticated_data);

static inline covey_bytes covey_content_aad(const covey_message_aad *aad)
{
    return covey_bytes_of(aad->bytes, aad->len);
}

static inline covey_bytes covey_sender_data_aad(const covey_message_aad *aad)
{
    return covey_bytes_of(aad->bytes, aad->sender_data_len);
}

covey_ratchet_kind covey_ratchet_kind_of(uint8_t content_type);

/* Section 6.3.1: the reuse guard is XORed into the nonce's first bytes. */
#define COVEY_REUSE_GUARD_SIZE 4
void covey_guard_nonce(covey_aead_key *key,
                       const uint8_t guard[COVEY_REUSE_GUARD_SIZE]);

#endif
