#include "crypto/label.h"

#include <covey/error.h>

#include "base/secret.h"
#include "base/writer.h"

#define PREFIX "MLS 1.0 "

/* Most bytes of the label structs before their context. */
#define HEAD_MAX (2 + sizeof PREFIX - 1 + COVEY_LABEL_MAX + 4)

/* label<V> of the RFC's label structs, with the prefix. */
static void write_label(covey_writer *w, const char *label)
{
    covey_bytes text = covey_bytes_of_text(label);

    if (text.len > COVEY_LABEL_MAX) w->failed = true;
    covey_write_vec_len(w, sizeof PREFIX - 1 + text.len);
    covey_write_fixed(w, covey_bytes_of_text(PREFIX));
    covey_write_fixed(w, text);
}

int covey_expand_with_label_by(uint8_t *out, size_t out_len,
                               const covey_hkdf_key *key, const char *label,
                               covey_bytes context)
{
    uint8_t head[2 + HEAD_MAX]; /* the length, then as in every struct */
    covey_writer w = covey_writer_of(head, sizeof head);

    covey_write_u16(&w, (uint16_t)(out_len & 0xffff));
    write_label(&w, label);
    covey_write_vec_len(&w, context.len);
    if (covey_writer_finish(&w) != COVEY_OK) return COVEY_ERR_ARGUMENT;

    const covey_bytes parts[] = {covey_writer_since(&w, 0), context};
    return covey_hkdf_expand_by(out, out_len, key, parts, 2);
}

int covey_expand_with_label(uint8_t *out, size_t out_len,
                            const covey_secret *secret, const char *label,
                            covey_bytes context)
{
    covey_hkdf_key key;

    covey_hkdf_key_of(&key, secret);
    int err = covey_expand_with_label_by(out, out_len, &key, label, context);
    covey_wipe(&key, sizeof key);
    return err;
}

void covey_expand_aead_key(covey_aead_key *key, const covey_secret *secret,
                           covey_bytes context)
{
    covey_hkdf_key from;

    covey_hkdf_key_of(&from, secret);
    (void)covey_expand_with_label_by(key->key, sizeof key->key, &from, "key",
                                     context);
    (void)covey_expand_with_label_by(key->nonce, sizeof key->nonce, &from,
                                     "nonce", context);
    covey_wipe(&from, sizeof from);
}

void covey_expand_secret(covey_secret *out, const covey_secret *secret,
                         const char *label, covey_bytes context)
{
    (void)covey_expand_with_label(out->bytes, sizeof out->bytes, secret, label,
                                  context);
}

void covey_derive_secret(covey_secret *out, const covey_secret *secret,
                         const char *label)
{
    covey_expand_secret(out, secret, label, covey_bytes_of(NULL, 0));
}

void covey_derive_tree_secret(uint8_t *out, size_t out_len,
                              const covey_secret *secret, const char *label,
                              uint32_t generation)
{
    uint8_t context[4];
    covey_writer w = covey_writer_of(context, sizeof context);

    covey_write_u32(&w, generation);
    (void)covey_expand_with_label(out, out_len, secret, label,
                                  covey_writer_since(&w, 0));
}

void covey_ref_hash(covey_digest *out, const char *label,
                    const covey_bytes *parts, size_t num_parts)
{
    covey_hash hash;
    size_t len = 0;

    for (size_t i = 0; i < num_parts; i++) len += parts[i].len;
    covey_hash_begin(&hash);
    covey_hash_add_vec(&hash, covey_bytes_of_text(label));
    covey_hash_add_vec_len(&hash, len);
    for (size_t i = 0; i < num_parts; i++) covey_hash_add(&hash, parts[i]);
    covey_hash_end(&hash, out);
}

/* Writes SignContent's header before content; gives the whole. */
static covey_bytes sign_content(const char *label, uint8_t *content, size_t len)
{
    uint8_t head[COVEY_SIGN_ROOM];
    covey_writer w = covey_writer_of(head, sizeof head);

    write_label(&w, label);
    covey_write_vec_len(&w, len);
    memcpy(content - w.len, head, w.len);
    return covey_bytes_of(content - w.len, w.len + len);
}

void covey_sign_with_label(uint8_t signature[COVEY_SIGNATURE_SIZE],
                           const covey_sign_key *key, const char *label,
                           uint8_t *content, size_t len)
{
    covey_sign(signature, key, sign_content(label, content, len));
}

int covey_verify_with_label(covey_bytes public_key, const char *label,
                            uint8_t *content, size_t len, covey_bytes signature)
{
    return covey_verify(public_key, sign_content(label, content, len),
                        signature);
}

void covey_encrypt_info(covey_hpke_info *info, const covey_suite *suite,
                        const char *label, covey_bytes context)
{
    uint8_t head[HEAD_MAX];
    covey_writer w = covey_writer_of(head, sizeof head);

    write_label(&w, label);
    covey_write_vec_len(&w, context.len);

    const covey_bytes parts[] = {covey_writer_since(&w, 0), context};
    covey_hpke_info_of(info, suite, parts, 2);
}
