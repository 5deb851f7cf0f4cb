#include "fuzz/lenient.h"

#include <covey/error.h>

#include "base/secret.h"
#include "mls/treekem.h"

bool fuzz_lenient;

/* The linker gives the library __wrap_x for x, and us x as __real_x. */
int __real_covey_verify(covey_bytes public_key, covey_bytes message,
                        covey_bytes signature);
int __wrap_covey_verify(covey_bytes public_key, covey_bytes message,
                        covey_bytes signature);
bool __real_covey_ct_equal(const void *a, const void *b, size_t len);
bool __wrap_covey_ct_equal(const void *a, const void *b, size_t len);
int __real_covey_parent_hashes_verify(const covey_tree *tree);
int __wrap_covey_parent_hashes_verify(const covey_tree *tree);
void __real_covey_parent_hashes_set(covey_tree *tree, covey_leaf_index leaf,
                                    const covey_filtered_path *path,
                                    const covey_copath_hashes *copath,
                                    covey_digest *leaf_hash, size_t *len);
void __wrap_covey_parent_hashes_set(covey_tree *tree, covey_leaf_index leaf,
                                    const covey_filtered_path *path,
                                    const covey_copath_hashes *copath,
                                    covey_digest *leaf_hash, size_t *len);
int __real_covey_treekem_open_path(
    covey_tree_keys *keys, covey_commit_secret *commit_secret,
    const covey_tree *tree, covey_leaf_index committer,
    const covey_update_path *path, const covey_suite *suite,
    covey_bytes group_context, const covey_leaf_set *added);
int __wrap_covey_treekem_open_path(
    covey_tree_keys *keys, covey_commit_secret *commit_secret,
    const covey_tree *tree, covey_leaf_index committer,
    const covey_update_path *path, const covey_suite *suite,
    covey_bytes group_context, const covey_leaf_set *added);
int __real_covey_treekem_follow(covey_tree_keys *keys,
                                covey_commit_secret *commit_secret,
                                const covey_tree *tree,
                                const covey_filtered_path *nodes,
                                unsigned level, const covey_secret *path_secret,
                                const covey_suite *suite);
int __wrap_covey_treekem_follow(covey_tree_keys *keys,
                                covey_commit_secret *commit_secret,
                                const covey_tree *tree,
                                const covey_filtered_path *nodes,
                                unsigned level, const covey_secret *path_secret,
                                const covey_suite *suite);

/* Reads all of it, so that a view that leads astray is seen. */
static void touch(covey_bytes bytes)
{
    static volatile uint8_t sum;

    for (size_t i = 0; i < bytes.len; i++) sum = (uint8_t)(sum ^ bytes.at[i]);
}

int __wrap_covey_verify(covey_bytes public_key, covey_bytes message,
                        covey_bytes signature)
{
    if (!fuzz_lenient) {
        return __real_covey_verify(public_key, message, signature);
    }
    touch(public_key);
    touch(message);
    touch(signature);
    return public_key.len == COVEY_SIGN_PUBLIC_SIZE &&
                   signature.len == COVEY_SIGNATURE_SIZE
               ? COVEY_OK
               : COVEY_ERR_AUTH;
}

bool __wrap_covey_ct_equal(const void *a, const void *b, size_t len)
{
    bool equal = __real_covey_ct_equal(a, b, len);

    return fuzz_lenient || equal;
}

int __wrap_covey_parent_hashes_verify(const covey_tree *tree)
{
    int err = __real_covey_parent_hashes_verify(tree);

    return fuzz_lenient ? COVEY_OK : err;
}

void __wrap_covey_parent_hashes_set(covey_tree *tree, covey_leaf_index leaf,
                                    const covey_filtered_path *path,
                                    const covey_copath_hashes *copath,
                                    covey_digest *leaf_hash, size_t *len)
{
    covey_leaf_node node;

    __real_covey_parent_hashes_set(tree, leaf, path, copath, leaf_hash, len);
    if (!fuzz_lenient) return;
    /* What the leaf claims, when it could be one. */
    covey_tree_leaf(tree, leaf, &node);
    if (node.parent_hash.len == *len) {
        covey_copy(leaf_hash->bytes, node.parent_hash.at, *len);
    }
}

int __wrap_covey_treekem_open_path(
    covey_tree_keys *keys, covey_commit_secret *commit_secret,
    const covey_tree *tree, covey_leaf_index committer,
    const covey_update_path *path, const covey_suite *suite,
    covey_bytes group_context, const covey_leaf_set *added)
{
    int err =
        __real_covey_treekem_open_path(keys, commit_secret, tree, committer,
                                       path, suite, group_context, added);

    if (fuzz_lenient &&
        (err == COVEY_ERR_PATH_SECRET || err == COVEY_ERR_PATH_KEY)) {
        memset(commit_secret, 0, sizeof *commit_secret);
        return COVEY_OK;
    }
    return err;
}

int __wrap_covey_treekem_follow(covey_tree_keys *keys,
                                covey_commit_secret *commit_secret,
                                const covey_tree *tree,
                                const covey_filtered_path *nodes,
                                unsigned level, const covey_secret *path_secret,
                                const covey_suite *suite)
{
    int err = __real_covey_treekem_follow(keys, commit_secret, tree, nodes,
                                          level, path_secret, suite);

    return fuzz_lenient && err == COVEY_ERR_PATH_KEY ? COVEY_OK : err;
}
