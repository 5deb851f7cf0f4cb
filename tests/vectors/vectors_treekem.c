/*
 * mls/treekem.json: RFC 9420 sections 7.4 to 7.6.
 */
#include <covey/error.h>

#include "mls/advance.h"
#include "mls/tree_codec.h"
#include "mls/treekem.h"
#include "support/random.h"
#include "vectors/values.h"

/* The tree and the private state of its members. */
typedef struct {
    covey_tree tree;
    bool present[COVEY_MLS_MEMBERS_MAX];
    covey_tree_keys keys[COVEY_MLS_MEMBERS_MAX];
    covey_sign_key sign_keys[COVEY_MLS_MEMBERS_MAX];
    covey_group_context context; /* its tree hash is set for each path */
} group_state;

static covey_kem_secret node_secret_of(covey_bytes path_secret)
{
    covey_secret from = secret_of(path_secret);
    covey_secret node;
    covey_kem_secret secret;
    covey_kem_public unused;

    covey_derive_secret(&node, &from, "node");
    vector_suite()->kem->derive(&secret, &unused, covey_secret_bytes(&node));
    return secret;
}

static void check_is_key_of(const covey_tree *tree, covey_node_index node,
                            const covey_kem_secret *secret)
{
    covey_kem_public public_key;

    cr_assert(covey_node_is_leaf(node)
                  ? covey_tree_has_leaf(tree, covey_leaf_of_node(node))
                  : covey_tree_parent(tree, node) != NULL);
    vector_suite()->kem->public_of(&public_key, secret);
    check_bytes(covey_bytes_of(public_key.bytes, sizeof public_key.bytes),
                covey_tree_encryption_key(tree, node));
}

static void load_private(group_state *group, const json_t *value)
{
    covey_leaf_index self = {(uint32_t)vector_number(value, "index")};
    covey_tree_keys *keys = &group->keys[self.value];
    covey_bytes seed = vector_hex(value, "signature_priv");
    covey_leaf_node leaf;
    const json_t *entry;
    size_t i;

    cr_assert_eq(seed.len, COVEY_SIGN_SEED_SIZE);
    covey_sign_key_of_seed(&group->sign_keys[self.value], seed.at);
    group->present[self.value] = true;
    keys->self = self;
    keys->leaf = kem_secret_of(vector_hex(value, "encryption_priv"));
    check_is_key_of(&group->tree, covey_node_of_leaf(self), &keys->leaf);
    covey_tree_leaf(&group->tree, self, &leaf);
    check_bytes(covey_sign_key_public(&group->sign_keys[self.value]),
                leaf.signature_key);

    json_array_foreach(vector_list(value, "path_secrets"), i, entry)
    {
        covey_node_index node = {(uint32_t)vector_number(entry, "node")};
        covey_kem_secret secret =
            node_secret_of(vector_hex(entry, "path_secret"));

        check_is_key_of(&group->tree, node, &secret);
        cr_assert(covey_node_is_under(covey_node_of_leaf(self), node));
        covey_tree_keys_set(keys, covey_node_level(node), &secret);
    }
}

static group_state *load_group(const json_t *value)
{
    group_state *group = (group_state *)(void *)test_alloc(sizeof *group);
    covey_bytes group_id = vector_hex(value, "group_id");
    const json_t *entry;
    size_t i;

    cr_assert_eq(covey_ratchet_tree_decode(&group->tree,
                                           vector_hex(value, "ratchet_tree"),
                                           vector_suite()),
                 COVEY_OK);
    json_array_foreach(vector_list(value, "leaves_private"), i, entry)
    {
        load_private(group, entry);
    }
    cr_assert_eq(i, covey_tree_num_members(&group->tree));
    cr_assert_leq(group_id.len, COVEY_MLS_GROUP_ID_MAX);
    group->context = (covey_group_context){
        .suite = vector_suite(),
        .epoch = vector_number(value, "epoch"),
        .group_id_len = (uint8_t)group_id.len,
        .confirmed_transcript_hash_len = COVEY_HASH_SIZE,
        .confirmed_transcript_hash =
            vector_digest(value, "confirmed_transcript_hash"),
    };
    memcpy(group->context.group_id, group_id.at, group_id.len);
    return group;
}

/* ---- one path ---- */

/* The tree that the path leads to, and the context it is encrypted under. */
static covey_tree *merge(group_state *group, covey_leaf_index sender,
                         const covey_update_path *path, covey_bytes *context)
{
    static const covey_leaf_set none_added;
    covey_tree *after = (covey_tree *)(void *)test_alloc(sizeof *after);

    *after = group->tree;
    cr_assert_eq(covey_treekem_merge_path(after, sender, path, vector_suite(),
                                          &none_added,
                                          &group->context.tree_hash),
                 COVEY_OK);
    *context = covey_context_encode(test_alloc(COVEY_MLS_GROUP_CONTEXT_MAX),
                                    &group->context);
    return after;
}

/* What the member at `self` gets of a path; its keys afterwards. */
static covey_tree_keys receive(const group_state *group, uint32_t self,
                               const covey_tree *after, covey_leaf_index sender,
                               const covey_update_path *path,
                               covey_bytes context,
                               covey_commit_secret *commit_secret)
{
    static const covey_leaf_set none_added;
    covey_tree_keys keys = group->keys[self];

    covey_tree_keys_prune(&keys, after);
    cr_assert_eq(covey_treekem_open_path(&keys, commit_secret, after, sender,
                                         path, vector_suite(), context,
                                         &none_added),
                 COVEY_OK, "member %u of sender %u", self, sender.value);
    return keys;
}

/* All that a member holds is of the tree. */
static void check_consistent(const covey_tree *tree,
                             const covey_tree_keys *keys)
{
    unsigned height = covey_node_level(covey_tree_root(tree->width));

    for (unsigned level = 0; level <= height; level++) {
        covey_node_index node = covey_node_above(keys->self, level);
        const covey_kem_secret *secret = covey_tree_keys_of(keys, node);

        if (secret != NULL) check_is_key_of(tree, node, secret);
    }
}

static covey_update_path read_path(covey_bytes encoding)
{
    covey_reader r = covey_reader_of(encoding);
    covey_update_path path;

    covey_read_update_path(&r, &path);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    return path;
}

/* The path of the vector. */
static void check_given(group_state *group, const json_t *value)
{
    covey_leaf_index sender = {(uint32_t)vector_number(value, "sender")};
    covey_update_path path = read_path(vector_hex(value, "update_path"));
    const json_t *secrets = vector_list(value, "path_secrets");
    const covey_leaf_place place = {covey_group_id(&group->context), sender};
    covey_bytes context;
    covey_tree *after = merge(group, sender, &path, &context);

    check_digest(group->context.tree_hash, value, "tree_hash_after");
    cr_assert_eq(covey_leaf_node_verify(&path.leaf, &place), COVEY_OK);
    for (uint32_t j = 0; j < group->tree.width; j++) {
        covey_commit_secret commit_secret;

        if (!group->present[j] || j == sender.value) continue;
        covey_tree_keys keys =
            receive(group, j, after, sender, &path, context, &commit_secret);
        check_secret(commit_secret.secret, value, "commit_secret");
        check_consistent(after, &keys);

        /* The path secret itself is gone; its node's key has to be there. */
        covey_node_index node =
            covey_common_ancestor(sender, (covey_leaf_index){j});
        covey_kem_secret wanted =
            node_secret_of(vector_bytes(json_array_get(secrets, j)));
        const covey_kem_secret *got = covey_tree_keys_of(&keys, node);
        cr_assert_not_null(got);
        check_bytes(covey_bytes_of(got->bytes, sizeof got->bytes),
                    covey_bytes_of(wanted.bytes, sizeof wanted.bytes));
    }
}

/* A path of our own of the same sender: all others come to its secret. */
static void check_made(group_state *group, covey_leaf_index sender)
{
    static const covey_leaf_set none_added;
    size_t room = sizeof(covey_tree);
    covey_tree *made = (covey_tree *)(void *)test_alloc(sizeof *made);
    covey_tree_keys keys = group->keys[sender.value];
    test_random source = test_random_of(sender.value);
    covey_random random = test_random_hook(&source);
    covey_writer w = covey_writer_of(test_alloc(room), room);
    covey_path_secrets secrets;
    covey_bytes context;
    const covey_leaf_renewal renewal = {
        .group_id = covey_group_id(&group->context),
        .sign_key = &group->sign_keys[sender.value],
    };

    *made = group->tree;
    cr_assert_eq(covey_treekem_renew(made, &keys, &secrets,
                                     &group->context.tree_hash, vector_suite(),
                                     &random, &renewal),
                 COVEY_OK);
    check_consistent(made, &keys);
    context = covey_context_encode(test_alloc(COVEY_MLS_GROUP_CONTEXT_MAX),
                                   &group->context);
    cr_assert_eq(covey_treekem_write_path(&w, made, sender, &secrets,
                                          vector_suite(), &random, context,
                                          &none_added),
                 COVEY_OK);

    covey_update_path path = read_path(covey_writer_since(&w, 0));
    covey_bytes merged_context;
    covey_tree *after = merge(group, sender, &path, &merged_context);
    check_bytes(covey_bytes_of(after, sizeof *after),
                covey_bytes_of(made, sizeof *made));
    check_bytes(merged_context, context);
    for (uint32_t j = 0; j < group->tree.width; j++) {
        covey_commit_secret commit_secret;

        if (!group->present[j] || j == sender.value) continue;
        covey_tree_keys others =
            receive(group, j, after, sender, &path, context, &commit_secret);
        check_consistent(after, &others);
        check_bytes(covey_secret_bytes(&commit_secret.secret),
                    covey_secret_bytes(&secrets.commit_secret.secret));
    }
}

Test(vectors, treekem)
{
    const json_t *root = vectors_open("mls/treekem.json");
    const json_t *value;
    size_t num = 0;
    size_t num_paths = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        group_state *group = load_group(value);
        const json_t *path;
        size_t k;

        check_suite(value);
        json_array_foreach(vector_list(value, "update_paths"), k, path)
        {
            covey_leaf_index sender = {(uint32_t)vector_number(path, "sender")};

            check_given(group, path);
            check_made(group, sender);
            num_paths++;
        }
        num++;
        test_free_all();
    }
    report_cases("treekem", num, json_array_size(root));
    report_cases("treekem, paths", num_paths, num_paths);
}
