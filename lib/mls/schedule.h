/*
 * The key schedule, RFC 9420 section 8. Each secret is a type of its own, so
 * that one cannot be taken for another.
 */
#ifndef COVEY_MLS_SCHEDULE_H
#define COVEY_MLS_SCHEDULE_H

#include "crypto/label.h"

typedef struct {
    covey_secret secret;
} covey_init_secret;
typedef struct {
    covey_secret secret;
} covey_commit_secret;
typedef struct {
    covey_secret secret;
} covey_psk_secret;
typedef struct {
    covey_secret secret;
} covey_joiner_secret;
typedef struct {
    covey_secret secret;
} covey_member_secret;
typedef struct {
    covey_secret secret;
} covey_welcome_secret;
typedef struct {
    covey_secret secret;
} covey_epoch_secret;
typedef struct {
    covey_secret secret;
} covey_sender_data_secret;
typedef struct {
    covey_secret secret;
} covey_encryption_secret;
typedef struct {
    covey_secret secret;
} covey_exporter_secret;
typedef struct {
    covey_secret secret;
} covey_external_secret;
typedef struct {
    covey_secret secret;
} covey_confirmation_key;
typedef struct {
    covey_secret secret;
} covey_membership_key;
typedef struct {
    covey_secret secret;
} covey_resumption_psk;
typedef struct {
    covey_secret secret;
} covey_epoch_authenticator;

/* Everything that comes from epoch_secret: table 4 of section 8. */
typedef struct {
    covey_sender_data_secret sender_data_secret;
    covey_encryption_secret encryption_secret;
    covey_exporter_secret exporter_secret;
    covey_external_secret external_secret;
    covey_confirmation_key confirmation_key;
    covey_membership_key membership_key;
    covey_resumption_psk resumption_psk;
    covey_epoch_authenticator epoch_authenticator;
    covey_init_secret init_secret;
} covey_schedule;

/* joiner_secret. group_context is the new epoch's, encoded. */
void covey_schedule_joiner(covey_joiner_secret *out,
                           const covey_init_secret *init,
                           const covey_commit_secret *commit,
                           covey_bytes group_context);

/* The secret between joiner_secret and the two that follow: section 8 gives
 * it no name. */
void covey_schedule_member(covey_member_secret *out,
                           const covey_joiner_secret *joiner,
                           const covey_psk_secret *psk);

void covey_schedule_welcome(covey_welcome_secret *out,
                            const covey_member_secret *member);

void covey_schedule_epoch(covey_epoch_secret *out,
                          const covey_member_secret *member,
                          covey_bytes group_context);

void covey_schedule_derive(covey_schedule *out,
                           const covey_epoch_secret *epoch);

void covey_schedule_wipe(covey_schedule *schedule);

/* confirmation_tag, section 6.1. */
void covey_confirmation_tag(covey_digest *out,
                            const covey_confirmation_key *key,
                            covey_bytes confirmed_transcript_hash);

/* MLS-Exporter, section 8.5. COVEY_ERR_ARGUMENT when the label is above
 * COVEY_LABEL_MAX bytes or out_len above COVEY_HKDF_MAX. */
int covey_exporter(uint8_t *out, size_t out_len,
                   const covey_exporter_secret *exporter, const char *label,
                   covey_bytes context);

#endif
