#include "mls/treekem.h"

#include <covey/error.h>

#include "base/secret.h"
#include "crypto/random.h"
#include "mls/types.h"

void covey_path_secrets_wipe(covey_path_secrets *path)
{
    covey_wipe(path, sizeof *path);
}

static void node_keys(covey_kem_secret *secret, covey_kem_public *public_key,
                      const covey_suite *suite, const covey_secret *path_secret)
{
    covey_secret node_secret;

    covey_derive_secret(&node_secret, path_secret, "node");
    suite->kem->derive(secret, public_key, covey_secret_bytes(&node_secret));
    covey_wipe(&node_secret, sizeof node_secret);
}

int covey_leaf_renew(uint8_t out[COVEY_MLS_LEAF_NODE_MAX], size_t *out_len,
                     const covey_tree *tree, covey_leaf_index leaf,
                     const covey_kem_public *encryption_key, uint8_t source,
                     covey_bytes parent_hash, const covey_leaf_renewal *renewal)
{
    const covey_leaf_place place = {renewal->group_id, leaf};
    covey_leaf_node node;

    covey_tree_leaf(tree, leaf, &node);
    node.encryption_key =
        covey_bytes_of(encryption_key->bytes, sizeof encryption_key->bytes);
    node.signature_key = covey_sign_key_public(renewal->sign_key);
    node.source = source;
    node.parent_hash = parent_hash;
    if (renewal->set_extensions) node.extensions = renewal->extensions;
    return covey_leaf_node_sign(out, out_len, &node, &place, renewal->sign_key);
}

/* ---- the committer ---- */

/* Fresh path secrets, and the nodes' keys from them. */
static int fresh_path(covey_tree *tree, covey_tree_keys *keys,
                      covey_path_secrets *path, const covey_suite *suite,
                      const covey_random *random)
{
    covey_secret secret;
    int err = covey_random_fill(random, secret.bytes, sizeof secret.bytes);

    for (size_t i = 0; !err && i < path->nodes.num; i++) {
        unsigned level = path->nodes.level[i];
        covey_parent_node *node =
            covey_tree_parent_slot(tree, covey_node_above(keys->self, level));
        covey_kem_secret node_secret;

        path->secrets[i] = secret;
        node->present = true;
        node_keys(&node_secret, &node->encryption_key, suite, &secret);
        covey_tree_keys_set(keys, level, &node_secret);
        covey_derive_secret(&secret, &secret, "path");
        covey_wipe(&node_secret, sizeof node_secret);
    }
    path->commit_secret.secret = secret;
    covey_wipe(&secret, sizeof secret);
    return err;
}

int covey_treekem_renew(covey_tree *tree, covey_tree_keys *keys,
                        covey_path_secrets *path, covey_digest *tree_hash,
                        const covey_suite *suite, const covey_random *random,
                        const covey_leaf_renewal *renewal)
{
    uint8_t leaf[COVEY_MLS_LEAF_NODE_MAX];
    size_t leaf_len = 0;
    covey_kem_public encryption_key;
    covey_copath_hashes copath;
    covey_digest parent_hash;
    size_t parent_hash_len = 0;

    covey_tree_filtered_path(tree, keys->self, &path->nodes);
    covey_tree_blank_path(tree, keys->self);
    covey_tree_keys_prune(keys, tree);
    /* path_secret[0] is sampled apart from it. */
    int err =
        covey_kem_keys_new(suite->kem, &keys->leaf, &encryption_key, random);
    if (!err) err = fresh_path(tree, keys, path, suite, random);
    if (err) return err;

    covey_copath_hashes_of(&copath, tree, keys->self);
    covey_parent_hashes_set(tree, keys->self, &path->nodes, &copath,
                            &parent_hash, &parent_hash_len);
    err = covey_leaf_renew(leaf, &leaf_len, tree, keys->self, &encryption_key,
                           COVEY_SOURCE_COMMIT,
                           covey_bytes_of(parent_hash.bytes, parent_hash_len),
                           renewal);
    if (err) return err;
    covey_tree_set_leaf(tree, keys->self, covey_bytes_of(leaf, leaf_len));
    covey_tree_hash_along(tree_hash, tree, keys->self, &copath);
    return COVEY_OK;
}

static void public_key_of(covey_kem_public *out, const covey_tree *tree,
                          covey_node_index node)
{
    covey_bytes key = covey_tree_encryption_key(tree, node);

    memcpy(out->bytes, key.at, sizeof out->bytes);
}

/* HPKECiphertext of a path secret for one node of the resolution. */
static int write_ciphertext(covey_writer *w, const covey_kem_public *to,
                            const covey_suite *suite,
                            const covey_random *random,
                            const covey_hpke_info *info,
                            const covey_secret *path_secret)
{
    uint8_t sealed[COVEY_HASH_SIZE + COVEY_AEAD_TAG_SIZE];
    covey_kem_output output;
    int err = covey_hpke_seal(&output, sealed, suite, random, to, info,
                              covey_bytes_of(NULL, 0),
                              covey_secret_bytes(path_secret));

    if (err) return err;
    covey_write_vec(w, covey_bytes_of(output.bytes, suite->kem->output_size));
    covey_write_vec(w, covey_bytes_of(sealed, sizeof sealed));
    return COVEY_OK;
}

/* The child beside the committer's path, below the node at this level. */
static covey_node_index copath_child(covey_leaf_index committer, unsigned level)
{
    return covey_node_sibling(covey_node_above(committer, level - 1));
}

int covey_treekem_write_path(covey_writer *w, const covey_tree *tree,
                             covey_leaf_index committer,
                             const covey_path_secrets *path,
                             const covey_suite *suite,
                             const covey_random *random,
                             covey_bytes group_context,
                             const covey_leaf_set *added)
{
    const covey_leaf_slot *leaf = &tree->leaves[committer.value];
    covey_hpke_info info;

    covey_encrypt_info(&info, suite, "UpdatePathNode", group_context);
    covey_write_fixed(w, covey_bytes_of(leaf->bytes, leaf->len));

    size_t nodes = covey_write_vec_open(w);
    for (size_t i = 0; i < path->nodes.num; i++) {
        unsigned level = path->nodes.level[i];
        covey_resolution resolution;

        covey_write_vec(w, covey_tree_encryption_key(tree,
                                                     covey_node_above(committer,
                                                                      level)));
        covey_tree_resolution(tree, copath_child(committer, level), added,
                              &resolution);
        size_t ciphertexts = covey_write_vec_open(w);
        for (size_t k = 0; k < resolution.num; k++) {
            covey_kem_public to;

            public_key_of(&to, tree, resolution.nodes[k]);
            int err = write_ciphertext(w, &to, suite, random, &info,
                                       &path->secrets[i]);
            if (err) return err;
        }
        covey_write_vec_close(w, ciphertexts);
    }
    covey_write_vec_close(w, nodes);
    return covey_writer_finish(w);
}

/* ---- the others ---- */

/* One ciphertext of the right shape for each node of the resolution. */
static int check_ciphertexts(covey_bytes list, size_t num,
                             const covey_suite *suite)
{
    covey_reader r = covey_reader_of(list);
    size_t found = 0;

    for (; covey_reader_more(&r); found++) {
        covey_hpke_ciphertext one;

        covey_read_hpke_ciphertext(&r, &one);
        if (one.kem_output.len != suite->kem->output_size ||
            one.ciphertext.len != COVEY_HASH_SIZE + COVEY_AEAD_TAG_SIZE) {
            return COVEY_ERR_PATH;
        }
    }
    return found == num ? COVEY_OK : COVEY_ERR_PATH;
}

/* The new node at this level of the committer's path. */
static int merge_node(covey_tree *tree, covey_leaf_index committer,
                      unsigned level, const covey_update_path_node *node,
                      const covey_suite *suite, const covey_leaf_set *added)
{
    covey_parent_node *parent =
        covey_tree_parent_slot(tree, covey_node_above(committer, level));
    covey_resolution resolution;

    /* Not a second time in the path. */
    if (node->encryption_key.len != suite->kem->public_size ||
        !suite->kem->is_useful(node->encryption_key) ||
        covey_tree_has_encryption_key(tree, node->encryption_key,
                                      COVEY_LEAF_NONE)) {
        return COVEY_ERR_PATH;
    }
    covey_tree_resolution(tree, copath_child(committer, level), added,
                          &resolution);
    int err = check_ciphertexts(node->ciphertexts, resolution.num, suite);
    if (err) return err;
    parent->present = true;
    memcpy(parent->encryption_key.bytes, node->encryption_key.at,
           node->encryption_key.len);
    return COVEY_OK;
}

/* Section 12.4.2: none of the path's keys is in the tree as the proposals
 * left it, the committer's present keys included. */
static bool keys_are_new(const covey_tree *tree, const covey_update_path *path)
{
    covey_reader r = covey_reader_of(path->nodes);
    covey_bytes key = path->leaf.encryption_key;

    for (;;) {
        covey_update_path_node node;

        if (covey_tree_has_encryption_key(tree, key, COVEY_LEAF_NONE)) {
            return false;
        }
        if (!covey_reader_more(&r)) return true;
        covey_read_update_path_node(&r, &node);
        key = node.encryption_key;
    }
}

int covey_treekem_merge_path(covey_tree *tree, covey_leaf_index committer,
                             const covey_update_path *path,
                             const covey_suite *suite,
                             const covey_leaf_set *added,
                             covey_digest *tree_hash)
{
    covey_filtered_path nodes;
    covey_copath_hashes copath;
    covey_digest parent_hash;
    size_t parent_hash_len = 0;
    covey_reader r = covey_reader_of(path->nodes);

    covey_tree_filtered_path(tree, committer, &nodes);
    if (!keys_are_new(tree, path)) return COVEY_ERR_PATH;
    covey_tree_set_leaf(tree, committer, path->leaf.encoding);
    covey_tree_blank_path(tree, committer);
    for (size_t i = 0; i < nodes.num; i++) {
        covey_update_path_node node;

        covey_read_update_path_node(&r, &node);
        if (r.failed) return COVEY_ERR_PATH;
        int err =
            merge_node(tree, committer, nodes.level[i], &node, suite, added);
        if (err) return err;
    }
    if (covey_reader_finish(&r) != COVEY_OK) return COVEY_ERR_PATH;

    covey_copath_hashes_of(&copath, tree, committer);
    covey_parent_hashes_set(tree, committer, &nodes, &copath, &parent_hash,
                            &parent_hash_len);
    if (!covey_bytes_same(path->leaf.parent_hash,
                          covey_bytes_of(parent_hash.bytes, parent_hash_len))) {
        return COVEY_ERR_PATH;
    }
    covey_tree_hash_along(tree_hash, tree, committer, &copath);
    return COVEY_OK;
}

int covey_treekem_follow(covey_tree_keys *keys,
                         covey_commit_secret *commit_secret,
                         const covey_tree *tree,
                         const covey_filtered_path *nodes, unsigned level,
                         const covey_secret *path_secret,
                         const covey_suite *suite)
{
    covey_secret secret = *path_secret;
    int err = COVEY_OK;

    for (size_t i = 0; !err && i < nodes->num; i++) {
        covey_node_index node = covey_node_above(keys->self, nodes->level[i]);
        covey_kem_secret node_secret;
        covey_kem_public node_public;

        if (nodes->level[i] < level) continue;
        node_keys(&node_secret, &node_public, suite, &secret);
        if (!covey_bytes_same(covey_bytes_of(node_public.bytes,
                                             sizeof node_public.bytes),
                              covey_tree_encryption_key(tree, node))) {
            err = COVEY_ERR_PATH_KEY;
        }
        covey_tree_keys_set(keys, nodes->level[i], &node_secret);
        covey_derive_secret(&secret, &secret, "path");
        covey_wipe(&node_secret, sizeof node_secret);
    }
    commit_secret->secret = secret;
    covey_wipe(&secret, sizeof secret);
    return err;
}

/* The ciphertext that this member can open: a node of the resolution whose
 * private key it holds. An unmerged leaf holds only its own. */
static int find_ciphertext(covey_hpke_ciphertext *out, covey_node_index *to,
                           const covey_tree_keys *keys,
                           const covey_resolution *resolution,
                           covey_bytes ciphertexts)
{
    covey_reader r = covey_reader_of(ciphertexts);

    for (size_t i = 0; i < resolution->num; i++) {
        covey_read_hpke_ciphertext(&r, out);
        *to = resolution->nodes[i];
        if (!r.failed && covey_tree_keys_of(keys, *to) != NULL) {
            return COVEY_OK;
        }
    }
    return COVEY_ERR_KEYS;
}

/* Where on the committer's path this member comes in. */
static int find_entry(unsigned *level, covey_update_path_node *node,
                      const covey_filtered_path *nodes,
                      covey_leaf_index committer, covey_leaf_index self,
                      covey_bytes list)
{
    covey_reader r = covey_reader_of(list);

    *level = covey_node_level(covey_common_ancestor(committer, self));
    for (size_t i = 0; i < nodes->num; i++) {
        covey_read_update_path_node(&r, node);
        if (nodes->level[i] == *level) return COVEY_OK;
    }
    return COVEY_ERR_KEYS;
}

int covey_treekem_open_path(covey_tree_keys *keys,
                            covey_commit_secret *commit_secret,
                            const covey_tree *tree, covey_leaf_index committer,
                            const covey_update_path *path,
                            const covey_suite *suite, covey_bytes group_context,
                            const covey_leaf_set *added)
{
    covey_filtered_path nodes;
    covey_resolution resolution;
    covey_update_path_node node;
    covey_hpke_ciphertext ciphertext;
    covey_node_index to = {0};
    covey_kem_public to_key;
    covey_hpke_info info;
    covey_secret path_secret;
    unsigned level = 0;

    covey_tree_filtered_path(tree, committer, &nodes);
    int err =
        find_entry(&level, &node, &nodes, committer, keys->self, path->nodes);
    if (err) return err;
    covey_tree_resolution(tree, copath_child(committer, level), added,
                          &resolution);
    err =
        find_ciphertext(&ciphertext, &to, keys, &resolution, node.ciphertexts);
    if (err) return err;

    covey_encrypt_info(&info, suite, "UpdatePathNode", group_context);
    public_key_of(&to_key, tree, to);
    err = covey_hpke_open(path_secret.bytes, suite, ciphertext.kem_output,
                          covey_tree_keys_of(keys, to), &to_key, &info,
                          covey_bytes_of(NULL, 0), ciphertext.ciphertext);
    if (err) return COVEY_ERR_PATH_SECRET;
    err = covey_treekem_follow(keys, commit_secret, tree, &nodes, level,
                               &path_secret, suite);
    covey_wipe(&path_secret, sizeof path_secret);
    return err;
}
