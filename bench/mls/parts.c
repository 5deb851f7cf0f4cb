#include "parts.h"

#include <string.h>

#include "mls/tree_codec.h"
#include "mls/types.h"

size_t part_vec(size_t len)
{
    return covey_vec_len_size(len) + len;
}

/* ---- functions of the RFCs in terms of the primitives ---- */

/* SignContent, RFC 9420 section 5.1.2. */
size_t part_sign_content(const char *label, size_t len)
{
    return part_vec(strlen("MLS 1.0 ") + strlen(label)) + part_vec(len);
}

void part_key(bare_plan *plan)
{
    bare_add(plan, BARE_HMAC_KEY, COVEY_HASH_SIZE);
}

/* ExpandWithLabel of at most 32 bytes, RFC 9420 section 8, under the key
 * that was set last. */
void part_expand(bare_plan *plan, const char *label, size_t context_len)
{
    bare_add(plan, BARE_HMAC,
             2 + part_vec(strlen("MLS 1.0 ") + strlen(label)) +
                 part_vec(context_len) + 1);
}

/* LabeledExtract and LabeledExpand, RFC 9180 section 4, with a suite_id of
 * this length. An empty salt is a constant: its keyed state is too. */
static void hpke_extract(bare_plan *plan, size_t suite, const char *label,
                         size_t ikm_len)
{
    bare_add(plan, BARE_HMAC,
             strlen("HPKE-v1") + suite + strlen(label) + ikm_len);
}

static void hpke_expand(bare_plan *plan, size_t suite, const char *label,
                        size_t info_len)
{
    bare_add(plan, BARE_HMAC,
             2 + strlen("HPKE-v1") + suite + strlen(label) + info_len + 1);
}

#define KEM_ID 5   /* "KEM", kem_id */
#define HPKE_ID 10 /* "HPKE", kem_id, kdf_id, aead_id */

/* DeriveKeyPair of DHKEM, RFC 9180 section 7.1.3. */
void part_derive_key_pair(bare_plan *plan)
{
    hpke_extract(plan, KEM_ID, "dkp_prk", COVEY_HASH_SIZE);
    part_key(plan);
    hpke_expand(plan, KEM_ID, "sk", 0);
    bare_add(plan, BARE_BASE, 0);
}

/* What of the key schedule depends on the info alone. */
void part_hpke_info(bare_plan *plan, const char *label, size_t context_len)
{
    hpke_extract(plan, HPKE_ID, "info_hash",
                 part_vec(strlen("MLS 1.0 ") + strlen(label)) +
                     part_vec(context_len));
}

/* ExtractAndExpand and the key schedule in mode base. psk_id_hash is a
 * constant. */
static void hpke_schedule(bare_plan *plan)
{
    const size_t context_len = 1 + 2 * COVEY_HASH_SIZE;

    bare_add(plan, BARE_AGREE, 0);
    hpke_extract(plan, KEM_ID, "eae_prk", COVEY_HASH_SIZE);
    part_key(plan);
    hpke_expand(plan, KEM_ID, "shared_secret", 2 * COVEY_HASH_SIZE);
    part_key(plan);
    hpke_extract(plan, HPKE_ID, "secret", 0);
    part_key(plan);
    hpke_expand(plan, HPKE_ID, "key", context_len);
    hpke_expand(plan, HPKE_ID, "base_nonce", context_len);
}

void part_hpke_seal(bare_plan *plan, size_t len)
{
    bare_add(plan, BARE_BASE, 0);
    hpke_schedule(plan);
    bare_add(plan, BARE_SEAL, len);
}

void part_hpke_open(bare_plan *plan, size_t len)
{
    hpke_schedule(plan);
    bare_add(plan, BARE_OPEN, len);
}

/* RefHash, RFC 9420 section 5.2. */
void part_ref_hash(bare_plan *plan, const char *label, size_t len)
{
    bare_add(plan, BARE_HASH, part_vec(strlen(label)) + part_vec(len));
}

/* ---- leaves, nodes and hashes ---- */

size_t part_group_id_len(void)
{
    return part_vec(COVEY_MLS_GROUP_ID_MAX);
}

/* LeafNodeTBS of a leaf of this length. */
size_t part_leaf_content(size_t leaf_len, uint8_t source)
{
    size_t place =
        source == COVEY_SOURCE_KEY_PACKAGE ? 0 : part_group_id_len() + 4;

    return part_sign_content("LeafNodeTBS",
                             leaf_len - part_vec(COVEY_SIGNATURE_SIZE) + place);
}

void part_hash_leaf(bare_plan *plan, const covey_tree *tree,
                    covey_leaf_index leaf)
{
    bare_add(plan, BARE_HASH, 6 + (size_t)tree->leaves[leaf.value].len);
}

void part_hash_parent(bare_plan *plan, const covey_tree *tree,
                      covey_node_index node)
{
    const covey_parent_node *parent = covey_tree_parent(tree, node);
    covey_writer w = covey_writer_counting();

    if (parent != NULL) covey_write_parent_node(&w, parent);
    bare_add(plan, BARE_HASH, 2 + w.len + 2 * part_vec(COVEY_HASH_SIZE));
}

void part_hash_tree(bare_plan *plan, const covey_tree *tree)
{
    for (uint32_t i = 0; i < tree->width; i++) {
        part_hash_leaf(plan, tree, (covey_leaf_index){i});
    }
    for (uint32_t i = 0; i + 1 < tree->width; i++) {
        part_hash_parent(plan, tree, (covey_node_index){2 * i + 1});
    }
}

/* Of this leaf and the nodes above it: all others are as they were. */
void part_hash_tree_along(bare_plan *plan, const covey_tree *tree,
                          covey_leaf_index leaf)
{
    unsigned height = covey_node_level(covey_tree_root(tree->width));

    part_hash_leaf(plan, tree, leaf);
    for (unsigned level = 1; level <= height; level++) {
        part_hash_parent(plan, tree, covey_node_above(leaf, level));
    }
}

void part_parent_hash(bare_plan *plan, const covey_parent_node *parent)
{
    bare_add(plan, BARE_HASH,
             part_vec(COVEY_KEM_PUBLIC_MAX) +
                 part_vec(parent->parent_hash_len) + part_vec(COVEY_HASH_SIZE));
}
