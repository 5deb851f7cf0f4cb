/*
 * KeyPackage and LeafNode: decoding, and the checks of RFC 9420 sections 7.3
 * and 10.1. fuzz/any_signature.c takes every signature for valid, so that
 * what is checked behind them is reached.
 */
#include <covey/error.h>

#include "fuzz/fuzz.h"
#include "mls/key_package.h"
#include "mls/types.h"

static const covey_suite *suite(void)
{
    return covey_suite_find(COVEY_SUITE_X25519_CHACHA);
}

static void key_package(covey_bytes input)
{
    covey_reader r = covey_reader_of(input);
    covey_key_package package;
    covey_digest ref;

    if (!fuzz_reencode(REENCODE_KEY_PACKAGE, input)) return;
    covey_read_key_package(&r, &package);
    covey_key_package_ref(&ref, &package);
    if (covey_key_package_validate(&package, suite(), UINT64_MAX)) return;
    /* What is let in fits where it is going. */
    fuzz_require(package.leaf.encoding.len <= COVEY_MLS_LEAF_NODE_MAX);
    fuzz_require(package.leaf.source == COVEY_SOURCE_KEY_PACKAGE);
    fuzz_require(package.init_key.len == COVEY_KEM_PUBLIC_MAX);
    fuzz_require(package.leaf.encryption_key.len == COVEY_KEM_PUBLIC_MAX);
    fuzz_require(package.leaf.signature_key.len == COVEY_SIGN_PUBLIC_SIZE);
}

/* A leaf, and the GroupContext's extensions that it must support. */
static void leaf_node(covey_bytes input, covey_bytes extensions)
{
    static const uint8_t group_id[COVEY_MLS_GROUP_ID_MAX];
    const covey_leaf_place place = {covey_bytes_of(group_id, sizeof group_id),
                                    {7}};
    covey_reader r = covey_reader_of(input);
    covey_leaf_node leaf;

    if (!fuzz_reencode(REENCODE_LEAF_NODE, input)) return;
    covey_read_leaf_node(&r, &leaf);
    (void)covey_leaf_node_verify(&leaf, &place);
    (void)covey_leaf_node_supports(&leaf, extensions);
    if (covey_leaf_node_check(&leaf, suite(), UINT64_MAX)) return;
    fuzz_require(leaf.encoding.len <= COVEY_MLS_LEAF_NODE_MAX);
    fuzz_require(covey_leaf_node_verify(&leaf, &place) == COVEY_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = covey_bytes_of(data, size);
    size_t len = fuzz_byte(&input);

    if (len == 0) {
        key_package(input);
    } else if (len <= input.len) {
        leaf_node(covey_bytes_of(input.at + len, input.len - len),
                  covey_bytes_of(input.at, len));
    }
    test_free_all();
    return 0;
}
