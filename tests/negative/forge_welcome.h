/*
 * Welcomes as an inviter would make them who knows no rules: whatever tree
 * and GroupContext they lead to, the secrets, the tag and the signature fit.
 */
#ifndef COVEY_TEST_FORGE_WELCOME_H
#define COVEY_TEST_FORGE_WELCOME_H

#include "forge.h"
#include "mls/welcome.h"

/* Where a hook is called, in this order. */
typedef enum {
    W_CONTEXT,       /* next.context, before it is encoded */
    W_TREE,          /* tree: the ratchet_tree extension's contents */
    W_EXTENSIONS,    /* extensions, of GroupInfo */
    W_ENCODED,       /* context: encoded */
    W_INFO,          /* info and sign_key, before it is signed */
    W_SIGNED,        /* info.signature */
    W_INFO_BYTES,    /* info_bytes: GroupInfo, before it is encrypted */
    W_SECRETS,       /* secrets: GroupSecrets */
    W_SECRETS_BYTES, /* secrets_bytes, before it is encrypted */
    W_ENTRY,         /* entry: EncryptedGroupSecrets */
    W_WELCOME,       /* welcome */
    W_NUM
} welcome_stage;

typedef struct welcome_forgery welcome_forgery;
typedef void welcome_hook(welcome_forgery *f);

struct welcome_forgery {
    /* Set before. */
    const covey_mls_joiner *joiner;
    covey_epoch next; /* its context and tree */
    covey_leaf_index signer;
    covey_sign_key sign_key;
    covey_secret joiner_secret;
    bool has_path_secret;
    covey_secret path_secret;
    bool keep_tree_hash; /* that of next.context is not computed */
    bool tree_apart;     /* no ratchet_tree extension */
    covey_bytes psks;    /* PreSharedKeyID, one after the other */
    welcome_hook *at[W_NUM];
    uint32_t argument;

    /* What comes of it. */
    covey_bytes tree;
    covey_bytes extensions;
    covey_bytes context;
    covey_digest tag;
    covey_group_info info;
    covey_bytes info_bytes;
    covey_group_secrets secrets;
    covey_bytes secrets_bytes;
    covey_encrypted_group_secrets entry;
    covey_welcome welcome;
};

/* For a KeyPackage's holder, to a group of the members 0 to num - 1 of
 * support/trees.h and the newcomer. All parents are blank; signer is 0. */
welcome_forgery *welcome_begin(uint32_t num);

/* For a newcomer that a real group's member adds with a path: the path secret
 * is there. *commit may be changed before: NULL for all honest. */
welcome_forgery *welcome_of_commit(size_t committer, size_t newcomer);

covey_bytes forge_welcome(welcome_forgery *f);

/* Offers of a Welcome to its newcomer: staged is empty after an error, and
 * the joiner as it was. */
void accept_welcome(const welcome_forgery *f, covey_bytes welcome);
void refuse_welcome(const welcome_forgery *f, covey_bytes welcome, int err);

/* Honest: accepted. With the hook: refused with err. */
void check_welcome(welcome_forgery *f, welcome_stage at, welcome_hook *hook,
                   int err);

#endif
