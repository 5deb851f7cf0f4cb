/*
 * A mailbox: a log of blobs at the relay, whose address is a public key. Who
 * can sign for it may append and read. SPEC.md section 4.1.
 */
#ifndef COVEY_RELAY_MAILBOX_H
#define COVEY_RELAY_MAILBOX_H

#include "crypto/sign.h"

/* The exporter label of an epoch's mailbox: gives the seed. */
#define COVEY_MAILBOX_LABEL "covey mailbox"

typedef struct {
    uint8_t bytes[COVEY_SIGN_PUBLIC_SIZE];
} covey_mailbox_address;

/* Its key, to be wiped. */
typedef struct {
    covey_sign_key key;
} covey_mailbox;

void covey_mailbox_of_seed(covey_mailbox *mailbox,
                           const uint8_t seed[COVEY_SIGN_SEED_SIZE]);

void covey_mailbox_wipe(covey_mailbox *mailbox);

covey_mailbox_address covey_mailbox_address_of(const covey_mailbox *mailbox);

static inline covey_bytes
covey_mailbox_address_bytes(const covey_mailbox_address *address)
{
    return covey_bytes_of(address->bytes, sizeof address->bytes);
}

void covey_mailbox_sign(uint8_t signature[COVEY_SIGNATURE_SIZE],
                        const covey_mailbox *mailbox, covey_bytes text);

/* COVEY_ERR_AUTH. */
int covey_mailbox_verify(const covey_mailbox_address *address, covey_bytes text,
                         covey_bytes signature);

#endif
