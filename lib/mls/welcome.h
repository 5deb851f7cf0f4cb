/*
 * GroupInfo, GroupSecrets and Welcome, RFC 9420 section 12.4.3: views and
 * encodings.
 */
#ifndef COVEY_MLS_WELCOME_H
#define COVEY_MLS_WELCOME_H

#include "mls/commit.h"
#include "mls/group_context.h"

typedef struct {
    covey_bytes group_context; /* encoded: read it with its own reader */
    covey_bytes extensions;
    covey_bytes confirmation_tag;
    covey_leaf_index signer;
    covey_bytes to_be_signed;
    covey_bytes signature;
} covey_group_info;

void covey_read_group_info(covey_reader *r, covey_group_info *info);
void covey_write_group_info(covey_writer *w, const covey_group_info *info);

typedef struct {
    covey_bytes joiner_secret;
    bool has_path_secret;
    covey_bytes path_secret;
    covey_bytes psks; /* PreSharedKeyID, one after the other */
} covey_group_secrets;

/* Encoded, by our limits. */
#define COVEY_MLS_GROUP_SECRETS_MAX                                            \
    (2 * (1 + COVEY_HASH_SIZE) + 1 + 4 +                                       \
     COVEY_MLS_PSKS_MAX *                                                      \
         (1 + 2 + COVEY_MLS_PSK_ID_MAX + 1 + COVEY_HASH_SIZE))

void covey_read_group_secrets(covey_reader *r, covey_group_secrets *secrets);
void covey_write_group_secrets(covey_writer *w,
                               const covey_group_secrets *secrets);

typedef struct {
    covey_bytes new_member; /* a KeyPackageRef */
    covey_hpke_ciphertext group_secrets;
} covey_encrypted_group_secrets;

void covey_read_encrypted_group_secrets(covey_reader *r,
                                        covey_encrypted_group_secrets *one);
void covey_write_encrypted_group_secrets(
    covey_writer *w, const covey_encrypted_group_secrets *one);

typedef struct {
    uint16_t cipher_suite;
    covey_bytes secrets; /* EncryptedGroupSecrets, one after the other */
    covey_bytes encrypted_group_info;
} covey_welcome;

void covey_read_welcome(covey_reader *r, covey_welcome *welcome);
void covey_write_welcome(covey_writer *w, const covey_welcome *welcome);

#endif
