/*
 * The header of a handshake blob, which is the authenticated data of its MLS
 * message: what every member needs to know before it reads the message.
 * SPEC.md section 4.3.
 */
#ifndef COVEY_RELAY_BLOB_HEADER_H
#define COVEY_RELAY_BLOB_HEADER_H

#include "base/limits.h"
#include "crypto/aead.h"
#include "relay/seen.h"

/* The exporter label of the headers' key. */
#define COVEY_HANDSHAKE_LABEL "covey handshake"

#define COVEY_HEADER_PLAIN_SIZE 36
#define COVEY_HEADER_SIZE                                                      \
    (COVEY_AEAD_NONCE_SIZE + COVEY_HEADER_PLAIN_SIZE + COVEY_AEAD_TAG_SIZE)

typedef struct {
    uint8_t bytes[COVEY_AEAD_KEY_SIZE];
} covey_handshake_key;

typedef struct {
    bool is_commit;
    covey_seen_claim seen; /* of the log before it */
    uint8_t num_bundled;   /* of a commit */
    uint16_t bundled_len[COVEY_BUNDLED_MAX];
} covey_blob_header;

typedef struct {
    uint8_t bytes[COVEY_HEADER_SIZE];
} covey_sealed_header;

/* Bytes of all bundled blobs. */
size_t covey_blob_header_bundled(const covey_blob_header *header);

/* COVEY_ERR_ARGUMENT: it would not be read. COVEY_ERR_RANDOM. */
int covey_blob_header_seal(covey_sealed_header *out,
                           const covey_handshake_key *key,
                           const covey_random *random,
                           const covey_blob_header *header);

/* COVEY_ERR_AUTH, COVEY_ERR_MALFORMED. */
int covey_blob_header_open(covey_blob_header *out,
                           const covey_handshake_key *key, covey_bytes sealed);

#endif
