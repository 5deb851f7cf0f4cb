#include "frame.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/secret.h"
#include "crypto/label.h"
#include "support/bytes.h"

#define ROOM 65536

/* ---- bytes ---- */

static uint8_t *rooms[16];
static size_t num_rooms;

covey_writer bytes_writer(void)
{
    uint8_t *at = num_rooms > 0 ? rooms[--num_rooms] : malloc(ROOM);

    cr_assert_not_null(at);
    return covey_writer_of(at, ROOM);
}

covey_bytes bytes_done(covey_writer *w)
{
    covey_bytes written = covey_writer_since(w, 0);
    covey_bytes kept = covey_bytes_of(test_copy(written), written.len);

    cr_assert_not(w->failed);
    cr_assert_lt(num_rooms, sizeof rooms / sizeof rooms[0]);
    rooms[num_rooms++] = w->at;
    return kept;
}

covey_bytes bytes_join(covey_bytes a, covey_bytes b)
{
    uint8_t *at = test_alloc(a.len + b.len);

    covey_copy(at, a.at, a.len);
    covey_copy(at + a.len, b.at, b.len);
    return covey_bytes_of(at, a.len + b.len);
}

covey_bytes bytes_fill(uint8_t value, size_t len)
{
    uint8_t *at = test_alloc(len);

    if (len != 0) memset(at, value, len);
    return covey_bytes_of(at, len);
}

covey_bytes bytes_flip(covey_bytes bytes, size_t bit)
{
    uint8_t *at = test_copy(bytes);

    test_flip(at, bit);
    return covey_bytes_of(at, bytes.len);
}

covey_bytes bytes_cut(covey_bytes bytes, size_t len)
{
    cr_assert_leq(len, bytes.len);
    return covey_bytes_of(bytes.at, len);
}

covey_bytes bytes_vec(covey_bytes contents)
{
    covey_writer w = bytes_writer();

    covey_write_vec(&w, contents);
    return bytes_done(&w);
}

covey_private_message private_read(covey_bytes message)
{
    covey_reader r = covey_reader_of(message);
    covey_private_message parsed;

    (void)covey_read_message_head(&r);
    covey_read_private_message(&r, &parsed);
    cr_assert_eq(covey_reader_finish(&r), 0);
    return parsed;
}

covey_bytes private_write(const covey_private_message *message)
{
    covey_writer w = bytes_writer();

    covey_write_message_head(&w, COVEY_WIRE_PRIVATE_MESSAGE);
    covey_write_private_message(&w, message);
    return bytes_done(&w);
}

/* ---- frames ---- */

frame frame_of(const covey_epoch *epoch, uint8_t content_type,
               covey_bytes content)
{
    covey_ratchet_kind kind = content_type == COVEY_CONTENT_APPLICATION
                                  ? COVEY_RATCHET_APPLICATION
                                  : COVEY_RATCHET_HANDSHAKE;
    covey_leaf_index self = epoch->keys.self;

    return (frame){
        .epoch = epoch,
        .version = COVEY_MLS10,
        .wire_format = COVEY_WIRE_PRIVATE_MESSAGE,
        .framed = {.group_id = covey_group_id(&epoch->context),
                   .epoch = epoch->context.epoch,
                   .sender_type = COVEY_SENDER_MEMBER,
                   .sender = self.value,
                   .content_type = content_type,
                   .content = {.encoding = content}},
        .context = &epoch->context,
        .sign_key = epoch->sign_key,
        .membership_key = &epoch->membership_key,
        .key_name = {self, kind,
                     covey_secret_tree_next(&epoch->secret_tree, self, kind)},
    };
}

void frame_make_public(frame *f)
{
    f->wire_format = COVEY_WIRE_PUBLIC_MESSAGE;
}

covey_bytes bytes_signed(const char *label, covey_bytes text,
                         const covey_sign_key *key)
{
    uint8_t *at = test_alloc(COVEY_SIGN_ROOM + text.len);
    uint8_t *signature = test_alloc(COVEY_SIGNATURE_SIZE);

    covey_copy(at + COVEY_SIGN_ROOM, text.at, text.len);
    covey_sign_with_label(signature, key, label, at + COVEY_SIGN_ROOM,
                          text.len);
    return covey_bytes_of(signature, COVEY_SIGNATURE_SIZE);
}

void frame_sign(frame *f)
{
    covey_writer w = bytes_writer();

    covey_write_u16(&w, f->version);
    covey_write_u16(&w, f->wire_format);
    covey_write_framed_head(&w, &f->framed);
    covey_write_fixed(&w, f->framed.content.encoding);
    size_t head = 2; /* the version is not hashed */
    size_t framed_len = w.len;
    if (f->framed.sender_type == COVEY_SENDER_MEMBER ||
        f->framed.sender_type == COVEY_SENDER_NEW_MEMBER_COMMIT) {
        covey_write_group_context(&w, f->context);
    }
    f->to_be_signed = bytes_done(&w);
    f->hashed = covey_bytes_of(f->to_be_signed.at + head, framed_len - head);
    f->signature =
        bytes_signed("FramedContentTBS", f->to_be_signed, &f->sign_key);
}

static void write_auth(covey_writer *w, const frame *f)
{
    const covey_auth_data auth = {f->signature, f->tag};

    covey_write_auth_data(w, f->framed.content_type, &auth);
}

static void membership_tag(covey_digest *out, const frame *f)
{
    covey_writer auth = bytes_writer();
    covey_hmac hmac;

    write_auth(&auth, f);
    covey_hmac_begin(&hmac, covey_secret_bytes(&f->membership_key->secret));
    covey_hmac_add(&hmac, f->to_be_signed);
    covey_hmac_add(&hmac, bytes_done(&auth));
    covey_hmac_end(&hmac, out);
}

static covey_bytes seal_public(const frame *f)
{
    covey_writer w = bytes_writer();
    covey_digest tag;

    membership_tag(&tag, f);
    covey_write_u16(&w, f->version);
    covey_write_u16(&w, f->wire_format);
    covey_write_framed_head(&w, &f->framed);
    covey_write_fixed(&w, f->framed.content.encoding);
    write_auth(&w, f);
    if (f->framed.sender_type == COVEY_SENDER_MEMBER) {
        covey_write_vec(&w, f->membership_tag.at != NULL
                                ? f->membership_tag
                                : covey_digest_bytes(&tag));
    }
    return bytes_done(&w);
}

/* The named key; zeros when no member could have it. */
static covey_aead_key key_of(const frame *f)
{
    covey_aead_key key;

    memset(&key, 0, sizeof key);
    if (f->key_name.leaf.value < f->epoch->secret_tree.width) {
        (void)covey_secret_tree_peek(&key, &f->epoch->secret_tree, &f->key_name,
                                     1u << 20);
    }
    return key;
}

static covey_bytes plaintext(const frame *f)
{
    covey_writer w = bytes_writer();

    if (f->plain.at != NULL) return f->plain;
    covey_write_fixed(&w, f->framed.content.encoding);
    write_auth(&w, f);
    covey_write_fixed(&w, f->padding);
    return bytes_done(&w);
}

static covey_bytes aad_of(const frame *f, bool whole)
{
    covey_writer w = bytes_writer();

    covey_write_vec(&w, f->framed.group_id);
    covey_write_u64(&w, f->framed.epoch);
    covey_write_u8(&w, f->framed.content_type);
    if (whole) covey_write_vec(&w, f->framed.authenticated_data);
    return bytes_done(&w);
}

static covey_bytes sealed_with(const covey_aead_key *key, covey_bytes aad,
                               covey_bytes plain)
{
    uint8_t *at = test_alloc(plain.len + COVEY_AEAD_TAG_SIZE);

    covey_aead_seal(at, key, aad, plain);
    return covey_bytes_of(at, plain.len + COVEY_AEAD_TAG_SIZE);
}

static covey_bytes seal_private(const frame *f)
{
    static const uint8_t guard[4] = {1, 2, 3, 4};
    covey_aead_key key = key_of(f);
    covey_bytes ciphertext = f->ciphertext;
    covey_writer sender = bytes_writer();

    for (size_t i = 0; i < sizeof guard; i++) key.nonce[i] ^= guard[i];
    if (ciphertext.at == NULL) {
        ciphertext = sealed_with(&key, aad_of(f, true), plaintext(f));
    }
    covey_write_u32(&sender, f->key_name.leaf.value);
    covey_write_u32(&sender, f->key_name.generation);
    covey_write_fixed(&sender, covey_bytes_of(guard, sizeof guard));
    covey_sender_data_key(&key, &f->epoch->sender_data_secret, ciphertext);

    const covey_private_message message = {
        .group_id = f->framed.group_id,
        .epoch = f->framed.epoch,
        .content_type = f->framed.content_type,
        .authenticated_data = f->framed.authenticated_data,
        .encrypted_sender_data =
            sealed_with(&key, aad_of(f, false),
                        f->sender_data.at != NULL ? f->sender_data
                                                  : bytes_done(&sender)),
        .ciphertext = ciphertext,
    };
    covey_writer w = bytes_writer();
    covey_write_u16(&w, f->version);
    covey_write_u16(&w, f->wire_format);
    covey_write_private_message(&w, &message);
    return bytes_done(&w);
}

covey_bytes frame_seal(const frame *f)
{
    return f->wire_format == COVEY_WIRE_PUBLIC_MESSAGE ? seal_public(f)
                                                       : seal_private(f);
}
