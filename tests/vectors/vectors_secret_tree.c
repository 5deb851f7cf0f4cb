/*
 * mls/secret-tree.json: RFC 9420 section 9, and the sender data keys of
 * section 6.3.2.
 */
#include <covey/error.h>

#include "mls/secret_tree.h"
#include "vectors/values.h"

static void check_key(const covey_aead_key *key, const json_t *value,
                      const char *key_name, const char *nonce_name)
{
    check_bytes(covey_bytes_of(key->key, sizeof key->key),
                vector_hex(value, key_name));
    check_bytes(covey_bytes_of(key->nonce, sizeof key->nonce),
                vector_hex(value, nonce_name));
}

static void check_sender_data(const json_t *value)
{
    covey_sender_data_secret secret = {
        vector_secret(value, "sender_data_secret")};
    covey_aead_key key;

    covey_sender_data_key(&key, &secret, vector_hex(value, "ciphertext"));
    check_key(&key, value, "key", "nonce");
}

/* Peeks at the key, and takes it when told to. */
static void check_generation(covey_secret_tree *tree, const json_t *entry,
                             covey_leaf_index leaf, bool take)
{
    static const struct {
        covey_ratchet_kind kind;
        const char *key;
        const char *nonce;
    } ratchets[] = {
        {COVEY_RATCHET_HANDSHAKE, "handshake_key", "handshake_nonce"},
        {COVEY_RATCHET_APPLICATION, "application_key", "application_nonce"},
    };

    for (size_t i = 0; i < 2; i++) {
        const covey_key_name name = {leaf, ratchets[i].kind,
                                     (uint32_t)vector_number(entry,
                                                             "generation")};
        covey_aead_key key;

        cr_assert_eq(covey_secret_tree_peek(&key, tree, &name,
                                            COVEY_MLS_FORWARD_DEFAULT),
                     COVEY_OK);
        check_key(&key, entry, ratchets[i].key, ratchets[i].nonce);
        if (take) covey_secret_tree_take(tree, &name);
    }
}

/* All keys of all leaves: forwards or backwards through the leaves, so that
 * the secrets above them are found in every state. */
static void check_leaves(const json_t *value, bool backwards, bool take)
{
    const json_t *leaves = vector_list(value, "leaves");
    uint32_t num = (uint32_t)json_array_size(leaves);
    covey_encryption_secret root = {vector_secret(value, "encryption_secret")};
    covey_secret_tree *tree = (covey_secret_tree *)test_alloc(sizeof *tree);

    covey_secret_tree_init(tree, &root, num);
    for (uint32_t i = 0; i < num; i++) {
        covey_leaf_index leaf = {backwards ? num - 1 - i : i};
        const json_t *entry;
        size_t at;

        json_array_foreach(json_array_get(leaves, leaf.value), at, entry)
        {
            check_generation(tree, entry, leaf, take);
        }
    }
}

Test(vectors, secret_tree)
{
    const json_t *root = vectors_open("mls/secret-tree.json");
    const json_t *value;
    size_t num = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        check_suite(value);
        check_sender_data(vector_get(value, "sender_data"));
        check_leaves(value, false, false);
        check_leaves(value, false, true);
        check_leaves(value, true, true);
        num++;
    }
    report_cases("secret-tree", num, json_array_size(root));
}
