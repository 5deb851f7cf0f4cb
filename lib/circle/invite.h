/*
 * An invite: what a device that wants to join shows as a QR code, and the
 * keys that both sides make of it. SPEC.md section 2.6.
 */
#ifndef COVEY_CIRCLE_INVITE_H
#define COVEY_CIRCLE_INVITE_H

#include <covey/circle.h>

#include "base/bytes.h"
#include "circle/relay_name.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"

#define COVEY_INVITE_SECRET_SIZE 32
#define COVEY_INVITE_KEY_HASH_SIZE 16
#define COVEY_INVITE_RELAY_MAX COVEY_RELAY_NAME_MAX

/* "COVEY:" and the characters of base32, and the end. */
#define COVEY_INVITE_URI_MAX                                                   \
    (6 +                                                                       \
     (2 + COVEY_INVITE_SECRET_SIZE + COVEY_INVITE_KEY_HASH_SIZE +              \
      COVEY_INVITE_RELAY_MAX + 4) /                                            \
         5 * 8 +                                                               \
     1)

typedef struct {
    uint8_t role; /* that the device wants */
    uint8_t secret[COVEY_INVITE_SECRET_SIZE];
    uint8_t key_hash[COVEY_INVITE_KEY_HASH_SIZE]; /* of its signature key */
    uint8_t relay_len;
    char relay[COVEY_INVITE_RELAY_MAX]; /* host and port, as in an URL */
} covey_invite;

/* The first half of SHA-256 over a signature key. */
void covey_invite_key_hash(uint8_t hash[COVEY_INVITE_KEY_HASH_SIZE],
                           covey_bytes signature_key);

/* Writes the URI as a C string. COVEY_ERR_BUFFER. */
int covey_invite_write(char *uri, size_t cap, size_t *len,
                       const covey_invite *invite);

/* Reads an URI in either case of letters. COVEY_ERR_INVITE. */
int covey_invite_read(covey_invite *invite, covey_bytes uri);

/* The seed of the invite's mailbox. */
void covey_invite_mailbox_seed(covey_secret *seed, const covey_invite *invite);

/* Which way a sealed message goes: each has a key of its own. */
typedef enum {
    COVEY_INVITE_KEY_PACKAGE, /* from the joiner */
    COVEY_INVITE_WELCOME      /* from the guardian */
} covey_invite_way;

/* The length of a message when it is sealed: the next bucket of 1024, 2048,
 * 4096, 8192 or 16384 bytes; 0 when there is none. */
size_t covey_invite_sealed_len(size_t len);

/* Seals a message into covey_invite_sealed_len(message.len) bytes.
 * COVEY_ERR_BUFFER, COVEY_ERR_RANDOM. */
int covey_invite_seal(uint8_t *out, size_t cap, size_t *len,
                      const covey_invite *invite, covey_invite_way way,
                      const covey_random *random, covey_bytes message);

/* Opens it in out, which holds sealed.len bytes; *message is a view of it.
 * In place, out is sealed.at + COVEY_AEAD_NONCE_SIZE, and sealed is gone.
 * COVEY_ERR_AUTH, COVEY_ERR_PADDING. */
int covey_invite_open(uint8_t *out, covey_bytes *message,
                      const covey_invite *invite, covey_invite_way way,
                      covey_bytes sealed);

#endif
