/* Protecting: RFC 9420 sections 6.2 and 6.3. */
#include <covey/error.h>

#include "base/secret.h"
#include "crypto/random.h"
#include "mls/framing.h"
#include "mls/message_key.h"
#include "mls/types.h"

int covey_outgoing_begin(covey_outgoing *out, const covey_epoch *epoch,
                         uint8_t content_type, const covey_mls_framing *framing,
                         covey_scratch *scratch)
{
    covey_leaf_index self = epoch->keys.self;
    covey_ratchet_kind kind = covey_ratchet_kind_of(content_type);

    if (framing->authenticated_data.len > COVEY_MLS_AUTHENTICATED_DATA_MAX ||
        (framing->as_public && content_type == COVEY_CONTENT_APPLICATION)) {
        return COVEY_ERR_ARGUMENT;
    }
    out->key_name = (covey_key_name){self, kind,
                                     covey_secret_tree_next(&epoch->secret_tree,
                                                            self, kind)};
    if (out->key_name.generation == UINT32_MAX) return COVEY_ERR_EXHAUSTED;
    out->head = (covey_content_head){
        .wire_format = framing->as_public ? COVEY_WIRE_PUBLIC_MESSAGE
                                          : COVEY_WIRE_PRIVATE_MESSAGE,
        .content_type = content_type,
        .sender = self,
        .authenticated_data = framing->authenticated_data,
    };
    return covey_content_begin(&out->text, scratch, &out->head,
                               &epoch->context);
}

int covey_outgoing_sign(covey_outgoing *out, const covey_epoch *epoch,
                        size_t content_len)
{
    return covey_content_sign(&out->text, content_len, &epoch->context,
                              &epoch->sign_key, out->signature);
}

static covey_auth_data auth_of(const covey_outgoing *out,
                               const covey_digest *tag)
{
    covey_auth_data auth = {
        .signature = covey_bytes_of(out->signature, sizeof out->signature),
    };

    if (tag != NULL) auth.confirmation_tag = covey_digest_bytes(tag);
    return auth;
}

/* Puts auth data and padding behind the content, where the GroupContext
 * stood; gives the length of the whole plaintext. */
static int write_plaintext(size_t *len, const covey_outgoing *out,
                           const covey_digest *tag,
                           const covey_mls_framing *framing)
{
    const covey_auth_data auth = auth_of(out, tag);
    covey_writer w = covey_writer_of(covey_content_place(&out->text),
                                     covey_content_room(&out->text));

    w.len = out->text.content_len;
    covey_write_auth_data(&w, out->head.content_type, &auth);
    if (framing->pad != NULL) {
        size_t least = w.len + COVEY_AEAD_TAG_SIZE + framing->beside;
        size_t padded = framing->pad(least);

        if (padded < least) return COVEY_ERR_ARGUMENT;
        covey_write_zeros(&w, padded - least);
    }
    *len = w.len;
    return covey_writer_finish(&w);
}

static void seal_sender_data(uint8_t sealed[COVEY_SEALED_SENDER_DATA_SIZE],
                             const covey_epoch *epoch,
                             const covey_outgoing *out,
                             const uint8_t guard[COVEY_REUSE_GUARD_SIZE],
                             const covey_message_aad *aad,
                             covey_bytes ciphertext)
{
    uint8_t plain[COVEY_SENDER_DATA_SIZE];
    covey_writer w = covey_writer_of(plain, sizeof plain);
    covey_aead_key key;

    covey_write_u32(&w, out->key_name.leaf.value);
    covey_write_u32(&w, out->key_name.generation);
    covey_write_fixed(&w, covey_bytes_of(guard, COVEY_REUSE_GUARD_SIZE));
    covey_sender_data_key(&key, &epoch->sender_data_secret, ciphertext);
    covey_aead_seal(sealed, &key, covey_sender_data_aad(aad),
                    covey_bytes_of(plain, sizeof plain));
    covey_wipe(&key, sizeof key);
}

static int seal_private(covey_writer *w, covey_outgoing *out,
                        const covey_epoch *epoch, const covey_digest *tag,
                        const covey_mls_framing *framing,
                        const covey_random *random)
{
    uint8_t guard[COVEY_REUSE_GUARD_SIZE];
    size_t plain_len = 0;
    covey_message_aad aad;
    covey_aead_key key;

    int err = write_plaintext(&plain_len, out, tag, framing);
    if (!err) err = covey_random_fill(random, guard, sizeof guard);
    if (!err) {
        err = covey_secret_tree_peek(&key, &epoch->secret_tree, &out->key_name,
                                     0);
    }
    if (err) return err;
    covey_guard_nonce(&key, guard);
    covey_message_aad_of(&aad, &epoch->context, out->head.content_type,
                         out->head.authenticated_data);

    covey_write_message_head(w, COVEY_WIRE_PRIVATE_MESSAGE);
    covey_write_fixed(w, covey_content_aad(&aad));
    covey_write_vec_len(w, COVEY_SEALED_SENDER_DATA_SIZE);
    uint8_t *sender = covey_write_room(w, COVEY_SEALED_SENDER_DATA_SIZE);
    size_t sealed_len = plain_len + COVEY_AEAD_TAG_SIZE;
    covey_write_vec_len(w, sealed_len);
    uint8_t *sealed = covey_write_room(w, sealed_len);

    err = covey_writer_finish(w);
    if (!err) {
        covey_aead_seal(sealed, &key, covey_content_aad(&aad),
                        covey_bytes_of(covey_content_place(&out->text),
                                       plain_len));
        seal_sender_data(sender, epoch, out, guard, &aad,
                         covey_bytes_of(sealed, sealed_len));
    }
    covey_wipe(&key, sizeof key);
    return err;
}

static int seal_public(covey_writer *w, const covey_outgoing *out,
                       const covey_epoch *epoch, const covey_digest *tag)
{
    const covey_auth_data auth = auth_of(out, tag);
    covey_bytes framed = covey_content_framed(&out->text);
    covey_digest membership_tag;

    covey_membership_tag(&membership_tag, &out->text, out->head.content_type,
                         &auth, &epoch->membership_key);
    /* These go out in clear. */
    COVEY_CT_PUBLIC(&membership_tag, sizeof membership_tag);
    if (tag != NULL) COVEY_CT_PUBLIC(tag, sizeof *tag);
    covey_write_u16(w, COVEY_MLS10);
    covey_write_fixed(w, framed); /* begins with the wire format */
    covey_write_auth_data(w, out->head.content_type, &auth);
    covey_write_vec(w, covey_digest_bytes(&membership_tag));
    return covey_writer_finish(w);
}

int covey_outgoing_seal(covey_writer *w, covey_outgoing *out,
                        const covey_epoch *epoch, const covey_digest *tag,
                        const covey_mls_framing *framing,
                        const covey_random *random)
{
    return framing->as_public
               ? seal_public(w, out, epoch, tag)
               : seal_private(w, out, epoch, tag, framing, random);
}

void covey_outgoing_take(covey_epoch *epoch, const covey_outgoing *out)
{
    if (out->head.wire_format == COVEY_WIRE_PRIVATE_MESSAGE) {
        covey_secret_tree_take(&epoch->secret_tree, &out->key_name);
    }
}
