#include "mls/framing.h"

#include <covey/error.h>

#include "base/secret.h"
#include "crypto/random.h"
#include "mls/types.h"

/* PrivateContentAAD; its first three fields are SenderDataAAD. */
typedef struct {
    uint8_t bytes[1 + COVEY_MLS_GROUP_ID_MAX + 8 + 1 + 2 +
                  COVEY_MLS_AUTHENTICATED_DATA_MAX];
    size_t sender_data_len;
    size_t len;
} message_aad;

static void aad_of(message_aad *aad, const covey_group_context *context,
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

static covey_ratchet_kind ratchet_kind_of(uint8_t content_type)
{
    return content_type == COVEY_CONTENT_APPLICATION ? COVEY_RATCHET_APPLICATION
                                                     : COVEY_RATCHET_HANDSHAKE;
}

/* Section 6.3.1: the guard is XORed into the nonce's first bytes. */
static void guard_nonce(covey_aead_key *key, const uint8_t guard[4])
{
    for (size_t i = 0; i < 4; i++) key->nonce[i] ^= guard[i];
}

/* ---- opening ---- */

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
    uint8_t guard[4];
} sender_data;

static int open_sender_data(sender_data *out, const covey_epoch *epoch,
                            const covey_private_message *message,
                            const message_aad *aad)
{
    uint8_t plain[COVEY_SENDER_DATA_SIZE] = {0};
    covey_aead_key key;
    covey_reader r = covey_reader_of(covey_bytes_of(plain, sizeof plain));

    if (message->encrypted_sender_data.len != COVEY_SEALED_SENDER_DATA_SIZE) {
        return COVEY_ERR_AUTH;
    }
    covey_sender_data_key(&key, &epoch->sender_data_secret,
                          message->ciphertext);
    int err = covey_aead_open(plain, &key,
                              covey_bytes_of(aad->bytes, aad->sender_data_len),
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
                   const covey_private_message *message, const message_aad *aad,
                   const covey_aead_key *key)
{
    covey_auth_data auth = {{NULL, 0}, {NULL, 0}};
    uint8_t *plain = covey_content_place(text);
    size_t sealed_len = message->ciphertext.len;

    if (sealed_len < COVEY_AEAD_TAG_SIZE) return COVEY_ERR_AUTH;
    if (sealed_len > covey_content_room(text)) return COVEY_ERR_BUFFER;
    int err = covey_aead_open(plain, key, covey_bytes_of(aad->bytes, aad->len),
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

/* Whether the named key may be used, and which it is. A message of one's own
 * that is ahead of one's own counter was sent by a later self. */
static int key_for(covey_aead_key *key, const covey_epoch *epoch,
                   const sender_data *sender, uint8_t content_type,
                   uint32_t forward_max)
{
    const covey_key_name name = {sender->leaf, ratchet_kind_of(content_type),
                                 sender->generation};

    if (!covey_tree_has_leaf(&epoch->tree, name.leaf)) return COVEY_ERR_SENDER;
    if (covey_leaf_same(name.leaf, epoch->keys.self) &&
        name.generation <
            covey_secret_tree_next(&epoch->secret_tree, name.leaf, name.kind)) {
        return COVEY_ERR_SENDER;
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
    message_aad aad;
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

    aad_of(&aad, &epoch->context, message.content_type,
           message.authenticated_data);
    err = open_sender_data(&sender, epoch, &message, &aad);
    if (!err) {
        err = key_for(&key, epoch, &sender, message.content_type, forward_max);
    }
    if (err) return err;
    guard_nonce(&key, sender.guard);

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
    if (!err && covey_leaf_same(out->sender, epoch->keys.self)) {
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
                                 ratchet_kind_of(content->content_type),
                                 content->generation};

    if (content->wire_format == COVEY_WIRE_PRIVATE_MESSAGE) {
        covey_secret_tree_take(&epoch->secret_tree, &name);
    }
}

/* ---- sealing ---- */

int covey_outgoing_begin(covey_outgoing *out, const covey_epoch *epoch,
                         uint8_t content_type, const covey_mls_framing *framing,
                         covey_scratch *scratch)
{
    covey_leaf_index self = epoch->keys.self;
    covey_ratchet_kind kind = ratchet_kind_of(content_type);

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
        size_t least = w.len + COVEY_AEAD_TAG_SIZE;
        size_t padded = framing->pad(least);

        if (padded < least) return COVEY_ERR_ARGUMENT;
        covey_write_zeros(&w, padded - least);
    }
    *len = w.len;
    return covey_writer_finish(&w);
}

static void seal_sender_data(uint8_t sealed[COVEY_SEALED_SENDER_DATA_SIZE],
                             const covey_epoch *epoch,
                             const covey_outgoing *out, const uint8_t guard[4],
                             const message_aad *aad, covey_bytes ciphertext)
{
    uint8_t plain[COVEY_SENDER_DATA_SIZE];
    covey_writer w = covey_writer_of(plain, sizeof plain);
    covey_aead_key key;

    covey_write_u32(&w, out->key_name.leaf.value);
    covey_write_u32(&w, out->key_name.generation);
    covey_write_fixed(&w, covey_bytes_of(guard, 4));
    covey_sender_data_key(&key, &epoch->sender_data_secret, ciphertext);
    covey_aead_seal(sealed, &key,
                    covey_bytes_of(aad->bytes, aad->sender_data_len),
                    covey_bytes_of(plain, sizeof plain));
    covey_wipe(&key, sizeof key);
}

static int seal_private(covey_writer *w, covey_outgoing *out,
                        const covey_epoch *epoch, const covey_digest *tag,
                        const covey_mls_framing *framing,
                        const covey_random *random)
{
    uint8_t guard[4];
    size_t plain_len = 0;
    message_aad aad;
    covey_aead_key key;

    int err = write_plaintext(&plain_len, out, tag, framing);
    if (!err) err = covey_random_fill(random, guard, sizeof guard);
    if (!err) {
        err = covey_secret_tree_peek(&key, &epoch->secret_tree, &out->key_name,
                                     0);
    }
    if (err) return err;
    guard_nonce(&key, guard);
    aad_of(&aad, &epoch->context, out->head.content_type,
           out->head.authenticated_data);

    covey_write_message_head(w, COVEY_WIRE_PRIVATE_MESSAGE);
    covey_write_fixed(w, covey_bytes_of(aad.bytes, aad.len));
    covey_write_vec_len(w, COVEY_SEALED_SENDER_DATA_SIZE);
    uint8_t *sender = covey_write_room(w, COVEY_SEALED_SENDER_DATA_SIZE);
    size_t sealed_len = plain_len + COVEY_AEAD_TAG_SIZE;
    covey_write_vec_len(w, sealed_len);
    uint8_t *sealed = covey_write_room(w, sealed_len);

    err = covey_writer_finish(w);
    if (!err) {
        covey_aead_seal(sealed, &key, covey_bytes_of(aad.bytes, aad.len),
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
