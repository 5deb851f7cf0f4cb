/*
 * The objects of <covey/mls.h>. Nothing outside lib/mls and its tests looks
 * into them.
 */
#ifndef COVEY_MLS_GROUP_H
#define COVEY_MLS_GROUP_H

#include <covey/mls.h>

#include "base/scratch.h"
#include "mls/epoch.h"
#include "mls/proposal_list.h"
#include "mls/proposal_store.h"

typedef enum {
    COVEY_GROUP_EMPTY,
    COVEY_GROUP_OPEN,
    COVEY_GROUP_REMOVED /* a commit took this member out */
} covey_group_state;

/* The private keys of an Update that this member has proposed. */
typedef struct {
    bool present;
    covey_digest ref;
    covey_kem_secret leaf;
    covey_sign_key sign_key;
} covey_own_update;

struct covey_mls_group {
    uint8_t state;
    covey_mls_limits limits; /* defaults filled in */
    covey_epoch epoch;
    covey_proposal_store proposals;
    covey_own_update own_update;
};

typedef enum {
    COVEY_STAGED_EMPTY,
    COVEY_STAGED_FAILED, /* privately: to be looked at only */
    COVEY_STAGED_COMMIT, /* of another member */
    COVEY_STAGED_OWN,
    COVEY_STAGED_JOIN
} covey_staged_state;

typedef struct {
    uint8_t type; /* of the proposal */
    bool by_reference;
    covey_leaf_index proposer;
    covey_leaf_index leaf;
    covey_digest ref;
} covey_staged_change;

typedef struct {
    uint16_t len;
    uint8_t bytes[COVEY_MLS_PSK_ID_MAX];
} covey_staged_psk_id;

struct covey_mls_staged {
    uint8_t state;
    bool removes_self;
    bool has_path;
    covey_leaf_index committer;
    uint16_t authenticated_data_len;
    uint16_t num_changes;
    uint8_t authenticated_data[COVEY_MLS_AUTHENTICATED_DATA_MAX];
    covey_staged_change changes[COVEY_MLS_PROPOSALS_MAX];
    covey_staged_psk_id psk_ids[COVEY_MLS_PSKS_MAX]; /* in order */
    covey_digest joiner_ref;                         /* of a join */
    covey_mls_limits limits;                         /* of a join */
    covey_digest before; /* of a commit: the epoch it is made on */
    covey_epoch next;
};

struct covey_mls_joiner {
    bool present;
    covey_digest ref; /* of the KeyPackage */
    covey_kem_secret init_secret;
    covey_kem_public init_key;
    covey_kem_secret leaf_secret;
    covey_sign_key sign_key;
    uint16_t leaf_len;
    uint8_t leaf[COVEY_MLS_LEAF_NODE_MAX];
};

/* Defaults filled in. COVEY_ERR_ARGUMENT. */
int covey_limits_resolve(covey_mls_limits *out, const covey_mls_limits *in);

/* The leaf that a member describes, unsigned and without its source; its
 * capabilities are written to `lists`, which must outlive it. */
typedef struct {
    uint8_t bytes[2 * (3 + COVEY_MLS_EXTENSION_TYPES_MAX)];
} covey_capability_lists;

/* COVEY_ERR_ARGUMENT. */
int covey_member_leaf(covey_leaf_node *leaf, covey_capability_lists *lists,
                      const covey_mls_member *member, const covey_suite *suite);

/* Whether a leaf of one's own making is one that others would take.
 * COVEY_ERR_ARGUMENT. */
int covey_own_leaf_check(const uint8_t *encoding, size_t len,
                         const covey_suite *suite);

/* A signature key of the seed, or a fresh one. COVEY_ERR_RANDOM. */
int covey_sign_key_from(covey_sign_key *key, const uint8_t *seed,
                        const covey_random *random);

/* Whether the time is in the lifetime of a KeyPackage; 0: no clock. */
int covey_lifetime_check(const covey_leaf_node *leaf, uint64_t now_s);

/* Encodes what a change stands for as a Proposal. An Update is not one of
 * them: it is a member's own leaf. */
int covey_change_write(covey_writer *w, const covey_mls_change *change,
                       uint64_t now_s, const covey_random *random);

/* Whether a PrivateMessage of these two fields is one of this epoch and of
 * this content type, as far as its sender data says: for who packs messages
 * without saying the type. COVEY_ERR_AUTH. */
int covey_group_try_sender_data(const covey_mls_group *group,
                                uint8_t content_type,
                                covey_bytes encrypted_sender_data,
                                covey_bytes ciphertext);

/* What identifies the epoch that a commit was made on. */
void covey_epoch_name(covey_digest *out, const covey_epoch *epoch);

/* Notes a commit's list in the staged epoch. */
void covey_staged_note(covey_mls_staged *staged,
                       const covey_proposal_list *list,
                       covey_leaf_index committer,
                       covey_bytes authenticated_data);

/* psk_secret over the PSK proposals of a list, from what the caller knows.
 * COVEY_ERR_PSK. */
int covey_list_psk_secret(covey_psk_secret *out,
                          const covey_proposal_list *list,
                          const covey_mls_psk *psks, size_t num_psks);

/* The secret of one PreSharedKeyID; NULL when it is not known. */
const covey_mls_psk *covey_psk_lookup(const covey_mls_psk *psks,
                                      size_t num_psks, covey_bytes id);

#endif
