/*
 * TreeKEM, RFC 9420 sections 7.4 to 7.6: a member renews its path and tells
 * the others the path secrets.
 */
#ifndef COVEY_MLS_TREEKEM_H
#define COVEY_MLS_TREEKEM_H

#include "mls/commit.h"
#include "mls/schedule.h"
#include "mls/tree_hash.h"
#include "mls/tree_keys.h"

/* A committer's path: which nodes, and their path secrets. */
typedef struct {
    covey_filtered_path nodes;
    covey_secret secrets[COVEY_MLS_DEPTH_MAX]; /* as nodes.level */
    covey_commit_secret commit_secret;
} covey_path_secrets;

void covey_path_secrets_wipe(covey_path_secrets *path);

/* What the committer changes in its leaf: NULL views are kept. */
typedef struct {
    covey_bytes group_id;
    const covey_sign_key *sign_key; /* the key to sign with, maybe new */
    bool set_extensions;
    covey_bytes extensions;
} covey_leaf_renewal;

/* A leaf like the member's present one, with this encryption key, source and
 * parent hash, and signed. COVEY_ERR_CAPACITY. */
int covey_leaf_renew(uint8_t out[COVEY_MLS_LEAF_NODE_MAX], size_t *out_len,
                     const covey_tree *tree, covey_leaf_index leaf,
                     const covey_kem_public *encryption_key, uint8_t source,
                     covey_bytes parent_hash,
                     const covey_leaf_renewal *renewal);

/* Renews the path of keys->self in the tree, leaf included, and the private
 * keys with it. *tree_hash is the tree's afterwards. COVEY_ERR_RANDOM,
 * COVEY_ERR_CAPACITY; then tree and keys are undefined. */
int covey_treekem_renew(covey_tree *tree, covey_tree_keys *keys,
                        covey_path_secrets *path, covey_digest *tree_hash,
                        const covey_suite *suite, const covey_random *random,
                        const covey_leaf_renewal *renewal);

/* Writes the UpdatePath of a renewed path. group_context is the provisional
 * one, encoded; the leaves in `added` get nothing. COVEY_ERR_BUFFER,
 * COVEY_ERR_RANDOM, COVEY_ERR_AUTH for a useless key in the tree. */
int covey_treekem_write_path(covey_writer *w, const covey_tree *tree,
                             covey_leaf_index committer,
                             const covey_path_secrets *path,
                             const covey_suite *suite,
                             const covey_random *random,
                             covey_bytes group_context,
                             const covey_leaf_set *added);

/* Checks what every member sees of another's UpdatePath, and puts it into
 * the tree; the leaf's own validity is the caller's. *tree_hash is the
 * tree's afterwards. COVEY_ERR_PATH; then the tree is undefined. */
int covey_treekem_merge_path(covey_tree *tree, covey_leaf_index committer,
                             const covey_update_path *path,
                             const covey_suite *suite,
                             const covey_leaf_set *added,
                             covey_digest *tree_hash);

/* Opens the path secret meant for this member, and takes over the keys that
 * follow from it. The tree holds the path already. COVEY_ERR_KEYS,
 * COVEY_ERR_PATH_SECRET, COVEY_ERR_PATH_KEY; then keys are undefined. */
int covey_treekem_open_path(covey_tree_keys *keys,
                            covey_commit_secret *commit_secret,
                            const covey_tree *tree, covey_leaf_index committer,
                            const covey_update_path *path,
                            const covey_suite *suite, covey_bytes group_context,
                            const covey_leaf_set *added);

/* From the path secret of the node at `level` above keys->self on: the keys
 * of it and of the committer's filtered path above it. COVEY_ERR_PATH_KEY
 * when one is not the tree's. */
int covey_treekem_follow(covey_tree_keys *keys,
                         covey_commit_secret *commit_secret,
                         const covey_tree *tree,
                         const covey_filtered_path *nodes, unsigned level,
                         const covey_secret *path_secret,
                         const covey_suite *suite);

#endif
