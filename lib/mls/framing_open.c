/* Unprotecting: RFC 9420 sections 6.2 and 6.3. */
#include <covey/error.h>

#include "base/secret.h"
#include "mls/framing.h"
#include "mls/message_key.h"
#include "mls/types.h"

static int check_address(const covey_epoch *epoch, covey_bytes group_id,
                         uint64_t number, covey_bytes authenticated_data)
{
    if (!covey_bytes_same(group_id, covey_group_id(&epoch->context)) ||
        number != epoch->context.epoch) {
        return COVEY_ERR_EPOCH;
    }
    if (authenticated_data.len > COVEY_MLS_AUTHENTICATED_DATA_MAX) {
        return COVEY_ERR_PROFILE;
    }
    return COVEY_OK;
}

typedef struct {
    covey_leaf_index leaf;
    uint32_t generation;
    uint8_t guard[COVEY_REUSE_GUARD_SIZE];
} sender_data;

static int open_sender_data(sender_data *out, const covey_epoch *epoch,
                            const covey_private_message *message,
                            const covey_message_aad *aad)
{
    uint8_t plain[COVEY_SENDER_DATA_SIZE] = {0};
    covey_aead_key key;
    covey_reader r = covey_reader_of(covey_bytes_of(plain, sizeof plain));

    if (message->encrypted_sender_data.len != COVEY_SEALED_SENDER_DATA_SIZE) {
        return COVEY_ERR_AUTH;
    }
    covey_sender_data_key(&key, &epoch->sender_data_secret,
                          message->ciphertext);
    int err = covey_aead_open(plain, &key, covey_sender_data_aad(aad),
                              message->encrypted_sender_data);
    covey_wipe(&key, sizeof key);
    if (err) return err;
    /* Every member may know who sent what, and acts on it. */
    COVEY_CT_PUBLIC(plain, sizeof plain);
    out->leaf.value = covey_read_u32(&r);
    out->generation = covey_read_u32(&r);
    memcpy(out->guard, covey_read_fixed(&r, sizeof out->guard).at,
           sizeof out->guard);
    return COVEY_OK;
}

/* What the plaintext of a PrivateMessage holds, once decrypted in place. */
static int parse_plaintext(covey_authenticated_content *out,
                           covey_auth_data *auth, covey_bytes plain)
{
    covey_reader r = covey_reader_of(plain);

    covey_read_content(&r, out->content_type, &out->content);
    if (r.failed) return out->content.refusal;
    covey_read_auth_data(&r, out->content_type, auth);
    if (r.failed) return COVEY_ERR_MALFORMED;
    if (!covey_ct_is_zero(r.at, r.left)) return COVEY_ERR_PADDING;
    return COVEY_OK;
}

/* Copies what is needed of the auth data: it is about to be overwritten. */
static int take_auth(covey_authenticated_content *out,
                     const covey_auth_data *auth)
{
    bool is_commit = out->content_type == COVEY_CONTENT_COMMIT;

    if (auth->signature.len != sizeof out->signature ||
        (is_commit &&
         auth->confirmation_tag.len != sizeof out->confirmation_tag.bytes)) {
        return COVEY_ERR_AUTH;
    }
    memcpy(out->signature, auth->signature.at, sizeof out->signature);
    if (is_commit) {
        memcpy(out->confirmation_tag.bytes, auth->confirmation_tag.at,
               sizeof out->confirmation_tag.bytes);
    }
    return COVEY_OK;
}

/* Verifies the signature of what stands in the text. */
static int verify(covey_authenticated_content *out, covey_content_text *text,
                  const covey_epoch *epoch, covey_scratch *scratch)
{
    covey_leaf_node leaf;

    covey_tree_leaf(&epoch->tree, out->sender, &leaf);
    int err = covey_content_verify(text, out->content.encoding.len,
                                   &epoch->context, leaf.signature_key,
                                   covey_bytes_of(out->signature,
                                                  sizeof out->signature));
    if (err) return err;
    out->framed = covey_content_framed(text);
    covey_content_end(text, scratch);
    return COVEY_OK;
}

/* Decrypts behind the head in the scratch, so that what is signed stands
 * there in one piece. */
static int decrypt(covey_authenticated_content *out, covey_content_text *text,
                   const covey_private_message *message,
                   const covey_message_aad *aad, const covey_aead_key *key)
{
    covey_auth_data auth = {{NULL, 0}, {NULL, 0}};
    uint8_t *plain = covey_content_place(text);
    size_t sealed_len = message->ciphertext.len;

    if (sealed_len < COVEY_AEAD_TAG_SIZE) return COVEY_ERR_AUTH;
    if (sealed_len > covey_content_room(text)) return COVEY_ERR_BUFFER;
    int err = covey_aead_open(plain, key, covey_content_aad(aad),
                              message->ciphertext);
    if (err) return err;
    size_t plain_len = sealed_len - COVEY_AEAD_TAG_SIZE;

    /* A handshake decides what the group does next, which shows. Of
     * application data only the length decides anything. */
    if (out->content_type != COVEY_CONTENT_APPLICATION) {
        COVEY_CT_PUBLIC(plain, plain_len);
    }
    err = parse_plaintext(out, &auth, covey_bytes_of(plain, plain_len));
    if (!err) err = take_auth(out, &auth);
    return err;
}

/* Of one's own, before one's own counter. */
static bool is_own_past(const covey_epoch *epoch, const covey_key_name *name)
{
    return covey_leaf_same(name->leaf, epoch->keys.self) &&
           name->generation < covey_secret_tree_next(&epoch->secret_tree,
                                                     name->leaf, name->kind);
}

/* Whether the named key may be used, and which it is. A message of one's own
 * that is ahead of one's own counter was sent by a later self; one that is not
 * can be read only if its generation was passed over. */
static int key_for(covey_aead_key *key, const covey_epoch *epoch,
                   const sender_data *sender, uint8_t content_type,
                   uint32_t forward_max)
{
    const covey_key_name name = {sender->leaf,
                                 covey_ratchet_kind_of(content_type),
                                 sender->generation};

    if (!covey_tree_has_leaf(&epoch->tree, name.leaf)) return COVEY_ERR_SENDER;
    if (is_own_past(epoch, &name)) {
        return covey_secret_tree_peek(key, &epoch->secret_tree, &name, 0) ==
                       COVEY_OK
                   ? COVEY_OK
                   : COVEY_ERR_SENDER;
    }
    return covey_secret_tree_peek(key, &epoch->secret_tree, &name,
                                  name.kind == COVEY_RATCHET_HANDSHAKE
                                      ? COVEY_MLS_HANDSHAKE_FORWARD_MAX
                                      : forward_max);
}

static int open_private(covey_authenticated_content *out,
                        const covey_epoch *epoch, covey_reader *r,
                        uint32_t forward_max, covey_scratch *scratch)
{
    covey_private_message message;
    covey_message_aad aad;
    sender_data sender;
    covey_aead_key key;
    covey_content_text text;

    covey_read_private_message(r, &message);
    int err = covey_reader_finish(r);
    if (!err) {
        err = check_address(epoch, message.group_id, message.epoch,
                            message.authenticated_data);
    }
    if (err) return err;

    covey_message_aad_of(&aad, &epoch->context, message.content_type,
                         message.authenticated_data);
    err = open_sender_data(&sender, epoch, &message, &aad);
    if (!err) {
        err = key_for(&key, epoch, &sender, message.content_type, forward_max);
    }
    if (err) return err;
    covey_guard_nonce(&key, sender.guard);

    out->wire_format = COVEY_WIRE_PRIVATE_MESSAGE;
    out->content_type = message.content_type;
    out->sender = sender.leaf;
    out->generation = sender.generation;
    const covey_content_head head = {out->wire_format, out->content_type,
                                     out->sender, message.authenticated_data};
    err = covey_content_begin(&text, scratch, &head, &epoch->context);
    if (!err) err = decrypt(out, &text, &message, &aad, &key);
    covey_wipe(&key, sizeof key);
    if (!err) err = verify(out, &text, epoch, scratch);
    const covey_key_name used = {out->sender,
                                 covey_ratchet_kind_of(out->content_type),
                                 out->generation};
    if (!err && covey_leaf_same(used.leaf, epoch->keys.self) &&
        !is_own_past(epoch, &used)) {
        err = COVEY_ERR_ROLLBACK;
    }
    out->authenticated_data = message.authenticated_data;
    return err;
}

/* Section 6.2: the tag is compared before the signature is looked at. */
static int check_membership(const covey_authenticated_content *out,
                            covey_content_text *text,
                            const covey_public_message *message,
                            const covey_epoch *epoch)
{
    covey_digest tag;

    covey_membership_tag(&tag, text, out->content_type, &message->auth,
                         &epoch->membership_key);
    if (message->membership_tag.len != sizeof tag.bytes ||
        !covey_ct_equal(message->membership_tag.at, tag.bytes,
                        sizeof tag.bytes)) {
        return COVEY_ERR_AUTH;
    }
    return COVEY_OK;
}

/* What is refused before any cryptography. */
static int check_public(const covey_public_message *message,
                        const covey_epoch *epoch)
{
    const covey_framed_content *framed = &message->framed;
    covey_leaf_index sender = {framed->sender};

    if (framed->sender_type != COVEY_SENDER_MEMBER) return COVEY_ERR_PROFILE;
    if (framed->content_type == COVEY_CONTENT_APPLICATION) {
        return COVEY_ERR_PROFILE;
    }
    int err = check_address(epoch, framed->group_id, framed->epoch,
                            framed->authenticated_data);
    if (err) return err;
    if (!covey_tree_has_leaf(&epoch->tree, sender) ||
        covey_leaf_same(sender, epoch->keys.self)) {
        return COVEY_ERR_SENDER;
    }
    return COVEY_OK;
}

static int open_public(covey_authenticated_content *out,
                       const covey_epoch *epoch, covey_reader *r,
                       covey_scratch *scratch)
{
    covey_public_message message;
    covey_content_text text;

    message.framed.content.refusal = COVEY_ERR_MALFORMED;
    covey_read_public_message(r, &message);
    if (r->failed) return message.framed.content.refusal;
    int err = covey_reader_finish(r);
    if (!err) err = check_public(&message, epoch);
    if (err) return err;

    out->wire_format = COVEY_WIRE_PUBLIC_MESSAGE;
    out->content_type = message.framed.content_type;
    out->sender.value = message.framed.sender;
    out->generation = 0;
    out->authenticated_data = message.framed.authenticated_data;
    out->content = message.framed.content;
    const covey_content_head head = {out->wire_format, out->content_type,
                                     out->sender, out->authenticated_data};
    covey_bytes content = out->content.encoding;

    err = take_auth(out, &message.auth);
    if (!err) err = covey_content_begin(&text, scratch, &head, &epoch->context);
    if (!err && content.len > covey_content_room(&text)) err = COVEY_ERR_BUFFER;
    if (err) return err;
    memcpy(covey_content_place(&text), content.at, content.len);
    err = covey_content_complete(&text, content.len, &epoch->context);
    if (!err) err = check_membership(out, &text, &message, epoch);
    if (!err) err = verify(out, &text, epoch, scratch);
    return err;
}

int covey_framing_try(const covey_epoch *epoch,
                      const covey_private_message *message)
{
    covey_message_aad aad;
    sender_data sender;

    covey_message_aad_of(&aad, &epoch->context, message->content_type,
                         covey_bytes_of(NULL, 0));
    return open_sender_data(&sender, epoch, message, &aad);
}

int covey_framing_open(covey_authenticated_content *out,
                       const covey_epoch *epoch, covey_bytes message,
                       uint32_t forward_max, covey_scratch *scratch)
{
    covey_reader r = covey_reader_of(message);
    covey_message_head head = covey_read_message_head(&r);

    if (r.failed) return COVEY_ERR_MALFORMED;
    if (head.version != COVEY_MLS10) return COVEY_ERR_PROFILE;
    switch (head.wire_format) {
    case COVEY_WIRE_PRIVATE_MESSAGE:
        return open_private(out, epoch, &r, forward_max, scratch);
    case COVEY_WIRE_PUBLIC_MESSAGE: return open_public(out, epoch, &r, scratch);
    default: return COVEY_ERR_PROFILE;
    }
}

void covey_framing_take(covey_epoch *epoch,
                        const covey_authenticated_content *content)
{
    const covey_key_name name = {content->sender,
                                 covey_ratchet_kind_of(content->content_type),
                                 content->generation};

    if (content->wire_format == COVEY_WIRE_PRIVATE_MESSAGE) {
        covey_secret_tree_take(&epoch->secret_tree, &name);
    }
}
