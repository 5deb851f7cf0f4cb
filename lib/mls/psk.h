/*
 * Pre-shared keys, RFC 9420 section 8.4.
 */
#ifndef COVEY_MLS_PSK_H
#define COVEY_MLS_PSK_H

#include "base/reader.h"
#include "base/writer.h"
#include "crypto/label.h"

/* PreSharedKeyID. */
typedef struct {
    covey_bytes encoding; /* the whole; set by reading */
    uint8_t type;
    covey_bytes id;       /* external */
    uint8_t usage;        /* resumption */
    covey_bytes group_id; /* resumption */
    uint64_t epoch;       /* resumption */
    covey_bytes nonce;
} covey_psk_id;

void covey_read_psk_id(covey_reader *r, covey_psk_id *psk);
void covey_write_psk_id(covey_writer *w, const covey_psk_id *psk);

/* COVEY_ERR_PROFILE for anything but external and our sizes;
 * COVEY_ERR_PROPOSAL for resumption with usage reinit or branch, or a nonce
 * that is not of KDF.Nh bytes. */
int covey_psk_id_check(const covey_psk_id *psk);

/* One step of psk_secret: *secret is psk_secret[index] and becomes
 * psk_secret[index + 1]. Start with zeros. */
void covey_psk_secret_add(covey_secret *secret, covey_bytes psk_id_encoding,
                          covey_bytes psk, uint16_t index, uint16_t count);

#endif
