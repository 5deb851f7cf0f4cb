/*
 * The secret tree and its ratchets, RFC 9420 section 9. A key is looked at
 * first and taken only when the message has proved authentic, so that a
 * forged one moves nothing.
 */
#ifndef COVEY_MLS_SECRET_TREE_H
#define COVEY_MLS_SECRET_TREE_H

#include "base/limits.h"
#include "crypto/aead.h"
#include "mls/schedule.h"
#include "mls/tree.h"

typedef enum {
    COVEY_RATCHET_HANDSHAKE,
    COVEY_RATCHET_APPLICATION
} covey_ratchet_kind;

typedef struct {
    covey_secret secret;
    uint32_t generation; /* the next one */
} covey_ratchet;

/* A leaf's place in the tree: nothing yet, its node secret (in
 * ratchets[0].secret), or both ratchets. */
typedef enum {
    COVEY_SENDER_NONE,
    COVEY_SENDER_SEED,
    COVEY_SENDER_STARTED
} covey_sender_stage;

typedef struct {
    uint8_t stage;
    covey_ratchet ratchets[2]; /* by covey_ratchet_kind */
} covey_sender;

/* The key of a generation that was passed over. */
typedef struct {
    covey_leaf_index leaf;
    uint32_t generation;
    covey_aead_key key;
} covey_skipped_key;

typedef struct {
    uint32_t width;
    bool node_present[COVEY_MLS_MEMBERS_MAX - 1];
    covey_secret nodes[COVEY_MLS_MEMBERS_MAX - 1]; /* parents */
    covey_sender senders[COVEY_MLS_MEMBERS_MAX];
    /* Oldest first. */
    uint16_t num_skipped[2];
    covey_skipped_key skipped_handshake[COVEY_MLS_HANDSHAKE_SKIPPED_MAX];
    covey_skipped_key skipped_application[COVEY_MLS_SKIPPED_MAX];
} covey_secret_tree;

void covey_secret_tree_init(covey_secret_tree *tree,
                            const covey_encryption_secret *root,
                            uint32_t width);

/* Which key a message names. */
typedef struct {
    covey_leaf_index leaf;
    covey_ratchet_kind kind;
    uint32_t generation;
} covey_key_name;

/* The next generation of a sender. */
uint32_t covey_secret_tree_next(const covey_secret_tree *tree,
                                covey_leaf_index leaf, covey_ratchet_kind kind);

/* Gives the key, changes nothing. COVEY_ERR_REPLAY for one that is gone,
 * COVEY_ERR_TOO_FAR more than forward_max steps ahead. */
int covey_secret_tree_peek(covey_aead_key *key, const covey_secret_tree *tree,
                           const covey_key_name *name, uint32_t forward_max);

/* Takes a key that peek has just given: it and what it came from are gone,
 * and the keys passed over are kept as far as there is room. */
void covey_secret_tree_take(covey_secret_tree *tree,
                            const covey_key_name *name);

/* sender_data_key and nonce, section 6.3.2. */
void covey_sender_data_key(covey_aead_key *key,
                           const covey_sender_data_secret *secret,
                           covey_bytes ciphertext);

#endif
