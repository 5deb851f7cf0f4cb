/*
 * The input's bytes are changes of a ratchet tree: members come, go, renew
 * their leaf or their whole path, in any order. At the end, and wherever a
 * byte says so, the tree is one that a newcomer would accept, encodes and
 * decodes to the very same, is no wider than it must be, and resolves as RFC
 * 9420 section 4.1.1 says.
 *
 * Signatures are not made: fuzz/any_signature.c takes any.
 */
#include <covey/error.h>

#include "fuzz/fuzz.h"
#include "mls/tree_codec.h"
#include "mls/tree_hash.h"
#include "mls/tree_validate.h"
#include "mls/types.h"

#define CHANGES_MAX 64

static covey_tree tree;
static uint32_t num_keys; /* so far: each key is a new number */

static const covey_suite *suite(void)
{
    return covey_suite_find(COVEY_SUITE_X25519_CHACHA);
}

static void fresh_key(uint8_t out[32])
{
    memset(out, 0x55, 32);
    num_keys++;
    memcpy(out, &num_keys, sizeof num_keys);
}

static covey_bytes fresh_leaf(uint8_t source, covey_bytes parent_hash)
{
    static uint8_t encoding[COVEY_MLS_LEAF_NODE_MAX];
    static const uint8_t version[] = {0, 1};
    static const uint8_t suites[] = {0, 3};
    static const uint8_t basic[] = {0, 1};
    uint8_t keys[2][32];
    uint8_t signature[COVEY_SIGNATURE_SIZE] = {0};
    covey_writer w = covey_writer_of(encoding, sizeof encoding);
    covey_leaf_node leaf = {
        .encryption_key = covey_bytes_of(keys[0], 32),
        .signature_key = covey_bytes_of(keys[1], 32),
        .credential_type = COVEY_CREDENTIAL_BASIC,
        .identity = covey_bytes_of_text("somebody"),
        .capabilities = {.versions = covey_bytes_of(version, 2),
                         .cipher_suites = covey_bytes_of(suites, 2),
                         .credentials = covey_bytes_of(basic, 2)},
        .source = source,
        .parent_hash = parent_hash,
        .signature = covey_bytes_of(signature, sizeof signature),
    };

    fresh_key(keys[0]);
    fresh_key(keys[1]);
    covey_write_leaf_node(&w, &leaf);
    fuzz_require(covey_writer_finish(&w) == COVEY_OK);
    return covey_writer_since(&w, 0);
}

/* What a commit with a path does, section 7.5. */
static void renew_path(covey_leaf_index leaf)
{
    covey_filtered_path path;
    covey_copath_hashes copath;
    covey_digest hash;
    size_t hash_len = 0;

    covey_tree_filtered_path(&tree, leaf, &path);
    covey_copath_hashes_of(&copath, &tree, leaf);
    covey_tree_blank_path(&tree, leaf);
    for (size_t i = 0; i < path.num; i++) {
        covey_parent_node *parent =
            covey_tree_parent_slot(&tree,
                                   covey_node_above(leaf, path.level[i]));

        parent->present = true;
        fresh_key(parent->encryption_key.bytes);
    }
    covey_parent_hashes_set(&tree, leaf, &path, &copath, &hash, &hash_len);
    covey_tree_set_leaf(&tree, leaf,
                        fresh_leaf(COVEY_SOURCE_COMMIT,
                                   covey_bytes_of(hash.bytes, hash_len)));
}

/* ---- the same, said again in another way ---- */

static uint32_t leaves_below(covey_node_index node)
{
    uint32_t num = 0;

    for (uint32_t i = 0; i < tree.width; i++) {
        covey_leaf_index leaf = {i};

        if (covey_tree_has_leaf(&tree, leaf) &&
            covey_node_is_under(covey_node_of_leaf(leaf), node)) {
            num++;
        }
    }
    return num;
}

/* Every member below a node is reached by exactly one node of the
 * resolution. */
static void check_resolution(covey_node_index node)
{
    covey_resolution resolution;
    uint32_t reached = 0;

    covey_tree_resolution(&tree, node, NULL, &resolution);
    for (size_t i = 0; i < resolution.num; i++) {
        covey_node_index at = resolution.nodes[i];

        fuzz_require(covey_node_is_under(at, node));
        if (covey_node_is_leaf(at)) {
            fuzz_require(covey_tree_has_leaf(&tree, covey_leaf_of_node(at)));
            reached++;
            continue;
        }
        const covey_parent_node *parent = covey_tree_parent(&tree, at);

        fuzz_require(parent != NULL);
        reached += leaves_below(at);
        for (uint32_t k = 0; k < tree.width; k++) {
            if (covey_leaf_set_has(&parent->unmerged_leaves,
                                   (covey_leaf_index){k})) {
                reached--;
            }
        }
    }
    fuzz_require(reached == leaves_below(node));
}

static void check_tree(void)
{
    static uint8_t room[65536];
    static covey_tree again;
    covey_writer w = covey_writer_of(room, sizeof room);
    covey_bytes none = {NULL, 0};

    fuzz_require(covey_tree_validate(&tree, suite(), none, none, UINT64_MAX) ==
                 COVEY_OK);
    covey_write_ratchet_tree(&w, &tree);
    fuzz_require(covey_writer_finish(&w) == COVEY_OK);
    fuzz_require(covey_ratchet_tree_decode(&again, covey_writer_since(&w, 0),
                                           suite()) == COVEY_OK);
    fuzz_require(memcmp(&again, &tree, sizeof tree) == 0);
    for (uint32_t i = 0; i < covey_tree_num_nodes(tree.width); i++) {
        check_resolution((covey_node_index){i});
    }
    /* Somebody is in the right half, or there is none. */
    covey_node_index root = covey_tree_root(tree.width);
    fuzz_require(tree.width == 1 || leaves_below(covey_node_right(root)) != 0);
}

static void change(uint8_t what, covey_leaf_index leaf)
{
    static const covey_bytes none;
    covey_leaf_index added;
    uint32_t before = covey_tree_num_members(&tree);

    if (what % 4 == 0) {
        int err =
            covey_tree_add(&tree, fresh_leaf(COVEY_SOURCE_KEY_PACKAGE, none),
                           &added);

        fuzz_require(
            err ==
            (before == COVEY_MLS_MEMBERS_MAX ? COVEY_ERR_CAPACITY : COVEY_OK));
        return;
    }
    if (!covey_tree_has_leaf(&tree, leaf)) return;
    switch (what % 4) {
    case 1:
        covey_tree_update(&tree, leaf, fresh_leaf(COVEY_SOURCE_UPDATE, none));
        break;
    case 2:
        if (before > 1) covey_tree_remove(&tree, leaf);
        break;
    default: renew_path(leaf); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const covey_bytes none;
    covey_bytes input = covey_bytes_of(data, size);

    num_keys = 0;
    covey_tree_init(&tree);
    covey_tree_set_leaf(&tree, (covey_leaf_index){0},
                        fresh_leaf(COVEY_SOURCE_KEY_PACKAGE, none));
    for (unsigned i = 0; i < CHANGES_MAX && input.len != 0; i++) {
        uint8_t choice = fuzz_byte(&input);

        change(choice >> 6, (covey_leaf_index){choice & 0x1f});
        if ((choice & 0x20) != 0) check_tree();
    }
    check_tree();
    return 0;
}
