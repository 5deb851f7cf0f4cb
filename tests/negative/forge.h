/*
 * Commits and proposals as an insider would make them: everything is computed
 * as RFC 9420 says, by nobody's rules. A hook changes one thing on the way,
 * and what comes after it fits to what it left.
 */
#ifndef COVEY_TEST_FORGE_H
#define COVEY_TEST_FORGE_H

#include "family.h"
#include "frame.h"
#include "mls/treekem.h"

/* Where a hook is called, in this order. */
typedef enum {
    AT_LIST,    /* next: the list is applied. */
    AT_KEYS,    /* next.tree's path has fresh keys; leaf_key and path too */
    AT_LEAF,    /* leaf, place and leaf_sign_key, before the leaf is signed */
    AT_TREE,    /* next: its tree is as it will be */
    AT_CONTEXT, /* provisional, path.secrets and not_for: before encrypting */
    AT_PATH,    /* nodes: the UpdatePath */
    AT_CONTENT, /* content: the whole Commit or Proposal, encoded */
    AT_SIGN,    /* message: before signing */
    AT_TAG,     /* message.signature, and before the tag is made: next */
    AT_SEAL,    /* message: before sealing */
    AT_NUM
} forge_stage;

typedef struct {
    covey_bytes encoding;     /* of the Proposal */
    const covey_mls_ref *ref; /* by reference; NULL: by value */
    uint32_t sender;          /* of a referenced one */
} forge_item;

typedef struct {
    covey_bytes key;
    size_t num;
    covey_hpke_ciphertext texts[COVEY_MLS_MEMBERS_MAX + 1];
    covey_bytes more; /* behind them, in their vector */
} forge_node;

#define FORGE_ITEMS_MAX (COVEY_MLS_PROPOSALS_MAX + 2)

typedef struct forgery forgery;
typedef void forge_hook(forgery *f);

struct forgery {
    /* What is committed: set by the test. */
    size_t who;
    size_t num_items;
    forge_item items[FORGE_ITEMS_MAX];
    bool without_path;
    bool as_public;
    bool stays; /* the sender's own ratchet does not go on */
    const covey_secret *first_secret; /* NULL: a fresh path secret */
    forge_hook *at[AT_NUM];
    uint32_t argument; /* for the hooks */

    /* What comes of it. */
    covey_epoch from;
    covey_epoch next;
    covey_leaf_set added;
    covey_path_secrets path;
    covey_kem_secret leaf_secret;
    covey_kem_public leaf_key;
    covey_leaf_node leaf;
    covey_leaf_place place;
    covey_sign_key leaf_sign_key;
    covey_bytes leaf_encoding;
    covey_group_context provisional;
    covey_leaf_set not_for;
    size_t num_nodes;
    forge_node nodes[COVEY_MLS_DEPTH_MAX + 1];
    covey_bytes more_nodes; /* behind them, in their vector */
    covey_bytes content;
    frame message;
    covey_joiner_secret joiner;
    covey_member_secret member;
    covey_digest tag;
};

/* A forgery of nothing: a commit with an empty list and a path. */
forgery *forge_begin(size_t who);

/* The same, with one proposal by value. */
forgery *forge_with(size_t who, covey_bytes proposal);

void forge_add_value(forgery *f, covey_bytes proposal);
void forge_add_ref(forgery *f, const covey_mls_ref *ref, size_t sender,
                   covey_bytes proposal);

/* The MLSMessage of the commit. May be called again after changes. */
covey_bytes forge_commit(forgery *f);

/* Honest: all others accept it. With the hook: all refuse it with err. */
void check_commit(forgery *f, forge_stage at, forge_hook *hook, int err);

/* The same for a proposal message of f->who: AT_CONTENT, AT_SIGN, AT_SEAL. */
covey_bytes forge_proposal(forgery *f, covey_bytes proposal);
void check_proposal(forgery *f, covey_bytes proposal, forge_stage at,
                    forge_hook *hook, int err);

/* The same for application data of f->who. */
covey_bytes forge_data(forgery *f, const char *data);
void check_data(forgery *f, forge_stage at, forge_hook *hook, int err);

/* ---- leaves and proposals ---- */

/* Any leaf, of any size, signed. An empty leaf->signature is made. */
covey_bytes forge_leaf(const covey_leaf_node *leaf,
                       const covey_leaf_place *place,
                       const covey_sign_key *key);

covey_bytes proposal_of(uint16_t type, covey_bytes body);
covey_bytes proposal_remove(uint32_t leaf);
covey_bytes proposal_extensions(covey_bytes extensions);
/* Of a PreSharedKeyID of type external; nonce of 32 equal bytes. */
covey_bytes proposal_psk(const char *id, uint8_t nonce);
covey_bytes proposal_psk_of(const covey_psk_id *psk);
/* Of a KeyPackage in an MLSMessage. */
covey_bytes proposal_add(covey_bytes message);
/* An honest Update of a member; its keys are lost. */
covey_bytes proposal_update(size_t who);

covey_bytes extension_of(uint16_t type, covey_bytes data);

/* RequiredCapabilities as an extension: vectors in hex. */
covey_bytes extension_required(const char *extensions, const char *proposals,
                               const char *credentials);

/* ---- KeyPackages ---- */

typedef struct package_forgery package_forgery;
typedef void package_hook(package_forgery *f);

struct package_forgery {
    package_hook *at_leaf;    /* leaf, before it is signed */
    package_hook *at_package; /* package, before it is signed */
    package_hook *at_end;     /* package, signed */
    covey_kem_secret init_secret;
    covey_kem_public init_key;
    covey_kem_secret leaf_secret;
    covey_kem_public leaf_key;
    covey_sign_key sign_key;
    covey_sign_key package_sign_key;
    covey_leaf_node leaf;
    covey_key_package package;
};

/* The Proposal of an Add of a newcomer, fresh each time. */
covey_bytes forge_add(package_forgery *f);

/* Some valid leaf of a newcomer, unsigned: views of static memory. */
covey_leaf_node forge_leaf_node(covey_kem_secret *secret, covey_kem_public *key,
                                covey_sign_key *sign_key);

#endif
