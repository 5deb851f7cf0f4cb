/*
 * The ratchet_tree extension, RFC 9420 section 12.4.3.3: decoding, then
 * everything that is done with a tree before and after it has been validated.
 * A hostile tree has parents without leaves, unmerged leaves that are not
 * there, keys twice: nothing of that may lead out of an array.
 */
#include <covey/error.h>

#include "fuzz/fuzz.h"
#include "mls/tree_codec.h"
#include "mls/tree_hash.h"
#include "mls/tree_validate.h"

static covey_tree tree;
static covey_tree changed;

static const covey_suite *suite(void)
{
    return covey_suite_find(COVEY_SUITE_X25519_CHACHA);
}

static void look_at_nodes(void)
{
    for (uint32_t i = 0; i < covey_tree_num_nodes(tree.width); i++) {
        covey_node_index node = {i};
        covey_resolution resolution;

        covey_tree_resolution(&tree, node, NULL, &resolution);
        fuzz_require(resolution.num <= COVEY_MLS_MEMBERS_MAX);
        for (size_t k = 0; k < resolution.num; k++) {
            fuzz_require(resolution.nodes[k].value / 2 < COVEY_MLS_MEMBERS_MAX);
        }
    }
}

static void look_at_hashes(void)
{
    covey_digest whole;

    covey_tree_hash(&whole, &tree, covey_tree_root(tree.width), NULL);
    for (uint32_t i = 0; i < tree.width; i++) {
        covey_leaf_index leaf = {i};
        covey_copath_hashes copath;
        covey_filtered_path path;
        covey_digest along;

        covey_tree_filtered_path(&tree, leaf, &path);
        fuzz_require(path.num <= COVEY_MLS_DEPTH_MAX);
        covey_copath_hashes_of(&copath, &tree, leaf);
        covey_tree_hash_along(&along, &tree, leaf, &copath);
        fuzz_require(covey_bytes_same(covey_digest_bytes(&along),
                                      covey_digest_bytes(&whole)));
    }
}

static void check_decodes(const covey_tree *in)
{
    static uint8_t room[65536];
    static covey_tree again;
    covey_writer w = covey_writer_of(room, sizeof room);

    covey_write_ratchet_tree(&w, in);
    fuzz_require(covey_writer_finish(&w) == COVEY_OK);
    fuzz_require(covey_ratchet_tree_decode(&again, covey_writer_since(&w, 0),
                                           suite()) == COVEY_OK);
    fuzz_require(memcmp(&again, in, sizeof again) == 0);
}

/* A valid tree stays one that can be written and read, whoever goes and
 * comes. */
static void change_valid(void)
{
    covey_leaf_index gone;

    for (bool first = true; covey_tree_next_member(&tree, &gone, first);
         first = false) {
        covey_leaf_index added;
        covey_leaf_slot leaf = tree.leaves[gone.value];

        if (covey_tree_num_members(&tree) == 1) return;
        changed = tree;
        covey_tree_remove(&changed, gone);
        check_decodes(&changed);
        fuzz_require(covey_tree_add(&changed,
                                    covey_bytes_of(leaf.bytes, leaf.len),
                                    &added) == COVEY_OK);
        check_decodes(&changed);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t group_id[COVEY_MLS_GROUP_ID_MAX];
    covey_bytes input = covey_bytes_of(data, size);
    covey_bytes none = {NULL, 0};

    if (fuzz_reencode(REENCODE_RATCHET_TREE, input)) {
        fuzz_require(covey_ratchet_tree_decode(&tree, input, suite()) ==
                     COVEY_OK);
        fuzz_require(tree.width <= COVEY_MLS_MEMBERS_MAX);
        look_at_nodes();
        look_at_hashes();
        (void)covey_parent_hashes_verify(&tree);
        if (covey_tree_validate(&tree, suite(),
                                covey_bytes_of(group_id, sizeof group_id), none,
                                UINT64_MAX) == COVEY_OK) {
            check_decodes(&tree);
            change_valid();
        }
    }
    test_free_all();
    return 0;
}
