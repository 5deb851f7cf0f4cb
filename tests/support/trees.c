#include "support/trees.h"

#include <stdlib.h>

#include "mls/tree_codec.h"
#include "mls/tree_hash.h"
#include "mls/types.h"
#include "support/bytes.h"

const covey_suite *test_suite(void)
{
    return covey_suite_find(COVEY_SUITE_X25519_CHACHA);
}

covey_bytes test_group_id(void)
{
    return covey_bytes_of_text("a group for tests");
}

/* `kind` keeps the keys of one number apart. */
static covey_bytes number_bytes(uint32_t number, uint8_t kind)
{
    uint8_t *at = test_alloc(32);
    covey_writer w = covey_writer_of(at, 32);

    covey_write_u8(&w, kind);
    covey_write_u32(&w, number);
    return covey_bytes_of(at, 32);
}

covey_bytes test_encryption_key(uint32_t number)
{
    return number_bytes(number, 9); /* 1 would make points of small order */
}

covey_sign_key test_sign_key(uint32_t number)
{
    covey_sign_key key;

    covey_sign_key_of_seed(&key, number_bytes(number, 2).at);
    return key;
}

covey_leaf_node test_leaf_node(uint32_t number)
{
    static const uint8_t versions[] = {0, COVEY_MLS10};
    static const uint8_t suites[] = {0, COVEY_SUITE_X25519_CHACHA};
    static const uint8_t credentials[] = {0, COVEY_CREDENTIAL_BASIC};
    covey_sign_key key = test_sign_key(number);
    covey_bytes public_key = covey_sign_key_public(&key);

    return (covey_leaf_node){
        .encryption_key = test_encryption_key(number),
        .signature_key = covey_bytes_of(test_copy(public_key), public_key.len),
        .credential_type = COVEY_CREDENTIAL_BASIC,
        .identity = number_bytes(number, 3),
        .capabilities = {.versions = covey_bytes_of(versions, 2),
                         .cipher_suites = covey_bytes_of(suites, 2),
                         .credentials = covey_bytes_of(credentials, 2)},
        .source = COVEY_SOURCE_KEY_PACKAGE,
        .lifetime = {1, 1 + TEST_LIFETIME},
    };
}

covey_bytes test_leaf_sign(const covey_leaf_node *leaf, uint32_t number,
                           uint32_t place)
{
    const covey_leaf_place stands = {test_group_id(), {place}};
    const covey_sign_key key = test_sign_key(number);
    uint8_t *at = test_alloc(COVEY_MLS_LEAF_NODE_MAX);
    size_t len = 0;

    if (covey_leaf_node_sign(at, &len, leaf, &stands, &key) != 0) abort();
    return covey_bytes_of(at, len);
}

covey_bytes test_leaf(uint32_t number)
{
    const covey_leaf_node leaf = test_leaf_node(number);

    return test_leaf_sign(&leaf, number, 0);
}

void test_tree_of(covey_tree *tree, uint32_t num)
{
    covey_leaf_index leaf;

    covey_tree_init(tree);
    for (uint32_t i = 0; i < num; i++) {
        if (covey_tree_add(tree, test_leaf(i), &leaf) != 0) abort();
    }
}

void test_tree_renew(covey_tree *tree, uint32_t leaf, uint32_t number)
{
    test_tree_renew_above(tree, leaf, number, number);
}

void test_tree_renew_above(covey_tree *tree, uint32_t leaf, uint32_t number,
                           uint32_t above)
{
    covey_leaf_index self = {leaf};
    covey_leaf_node node = test_leaf_node(number);
    covey_filtered_path path;
    covey_copath_hashes copath;
    covey_digest hash;
    size_t hash_len = 0;

    covey_tree_filtered_path(tree, self, &path);
    covey_copath_hashes_of(&copath, tree, self);
    covey_tree_blank_path(tree, self);
    for (size_t i = 0; i < path.num; i++) {
        covey_parent_node *parent =
            covey_tree_parent_slot(tree, covey_node_above(self, path.level[i]));
        uint32_t key = (above << 8) + path.level[i];

        parent->present = true;
        memcpy(parent->encryption_key.bytes, number_bytes(key, 4).at,
               sizeof parent->encryption_key.bytes);
    }
    covey_parent_hashes_set(tree, self, &path, &copath, &hash, &hash_len);
    node.source = COVEY_SOURCE_COMMIT;
    node.parent_hash = covey_bytes_of(hash.bytes, hash_len);
    covey_tree_set_leaf(tree, self, test_leaf_sign(&node, number, leaf));
}

covey_bytes test_tree_encode(const covey_tree *tree)
{
    size_t room = sizeof *tree + 64;
    covey_writer w = covey_writer_of(test_alloc(room), room);

    covey_write_ratchet_tree(&w, tree);
    if (w.failed) abort();
    return covey_writer_since(&w, 0);
}
