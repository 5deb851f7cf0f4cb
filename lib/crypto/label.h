/*
 * MLS's functions with labels: RFC 9420 sections 5.1, 5.2, 8 and 9.1. Labels
 * are given without their prefix "MLS 1.0 ".
 */
#ifndef COVEY_CRYPTO_LABEL_H
#define COVEY_CRYPTO_LABEL_H

#include "crypto/hpke.h"
#include "crypto/sign.h"

/* Longest label that these functions are given; an exporter's may be chosen
 * by the host. */
#define COVEY_LABEL_MAX 64

/* ExpandWithLabel, section 8. out may be the secret. COVEY_ERR_ARGUMENT when
 * out_len is above COVEY_HKDF_MAX or the label above COVEY_LABEL_MAX. */
int covey_expand_with_label(uint8_t *out, size_t out_len,
                            const covey_secret *secret, const char *label,
                            covey_bytes context);

/* The same of a secret that is expanded more than once. */
int covey_expand_with_label_by(uint8_t *out, size_t out_len,
                               const covey_hkdf_key *key, const char *label,
                               covey_bytes context);

/* ExpandWithLabel to the key and the nonce of one message, with the labels
 * "key" and "nonce" and the same context. */
void covey_expand_aead_key(covey_aead_key *key, const covey_secret *secret,
                           covey_bytes context);

/* DeriveSecret, section 8. out may be secret. The label, here and below, is
 * at most COVEY_LABEL_MAX characters. */
void covey_derive_secret(covey_secret *out, const covey_secret *secret,
                         const char *label);

/* ExpandWithLabel to a whole secret with a context. out may be secret. */
void covey_expand_secret(covey_secret *out, const covey_secret *secret,
                         const char *label, covey_bytes context);

/* DeriveTreeSecret, section 9.1. out may be the secret. */
void covey_derive_tree_secret(uint8_t *out, size_t out_len,
                              const covey_secret *secret, const char *label,
                              uint32_t generation);

/* RefHash, section 5.2, of the parts one after the other. The label is
 * given whole, as in the RFC. */
void covey_ref_hash(covey_digest *out, const char *label,
                    const covey_bytes *parts, size_t num_parts);

/* A signed text has its SignContent header written right before it, so
 * that neither side copies it: COVEY_SIGN_ROOM bytes before `content` are
 * overwritten. The label is at most COVEY_SIGN_LABEL_MAX characters. */
#define COVEY_SIGN_LABEL_MAX 32
#define COVEY_SIGN_ROOM (1 + 8 + COVEY_SIGN_LABEL_MAX + 4)

/* SignWithLabel, section 5.1.2. */
void covey_sign_with_label(uint8_t signature[COVEY_SIGNATURE_SIZE],
                           const covey_sign_key *key, const char *label,
                           uint8_t *content, size_t len);

/* VerifyWithLabel, section 5.1.2. COVEY_ERR_AUTH. */
int covey_verify_with_label(covey_bytes public_key, const char *label,
                            uint8_t *content, size_t len,
                            covey_bytes signature);

/* The info of EncryptWithLabel and DecryptWithLabel, section 5.1.3: give it
 * to covey_hpke_seal and covey_hpke_open with empty aad. */
void covey_encrypt_info(covey_hpke_info *info, const covey_suite *suite,
                        const char *label, covey_bytes context);

#endif
