/*
 * LeafNode, RFC 9420 section 7.2: the views of a parsed one, its encoding,
 * its signature, and those checks of section 7.3 that need no tree.
 */
#ifndef COVEY_MLS_LEAF_NODE_H
#define COVEY_MLS_LEAF_NODE_H

#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"
#include "crypto/label.h"
#include "mls/tree_math.h"

/* Vectors of uint16. */
typedef struct {
    covey_bytes versions;
    covey_bytes cipher_suites;
    covey_bytes extensions;
    covey_bytes proposals;
    covey_bytes credentials;
} covey_capabilities;

typedef struct {
    uint64_t not_before; /* seconds since 1970 */
    uint64_t not_after;
} covey_lifetime;

typedef struct {
    covey_bytes encoding; /* the whole; set by reading */
    covey_bytes encryption_key;
    covey_bytes signature_key;
    uint16_t credential_type;
    covey_bytes identity; /* of a basic credential */
    covey_capabilities capabilities;
    uint8_t source;
    covey_lifetime lifetime; /* source key_package */
    covey_bytes parent_hash; /* source commit */
    covey_bytes extensions;
    covey_bytes to_be_signed; /* the encoding up to the signature */
    covey_bytes signature;
} covey_leaf_node;

void covey_read_leaf_node(covey_reader *r, covey_leaf_node *leaf);
void covey_write_leaf_node(covey_writer *w, const covey_leaf_node *leaf);

/* Where a leaf of source update or commit stands: part of what it signs. */
typedef struct {
    covey_bytes group_id;
    covey_leaf_index leaf;
} covey_leaf_place;

/* Writes the leaf signed. leaf->signature and the encoding are not used.
 * place is used for the sources update and commit. COVEY_ERR_CAPACITY above
 * COVEY_MLS_LEAF_NODE_MAX. */
int covey_leaf_node_sign(uint8_t out[COVEY_MLS_LEAF_NODE_MAX], size_t *out_len,
                         const covey_leaf_node *leaf,
                         const covey_leaf_place *place,
                         const covey_sign_key *key);

/* COVEY_ERR_AUTH unless the signature is the leaf's own. */
int covey_leaf_node_verify(const covey_leaf_node *leaf,
                           const covey_leaf_place *place);

/* What can be said of a leaf by itself: profile (basic credential, this
 * suite), sizes, sources, and that its capabilities list what it uses.
 * COVEY_ERR_PROFILE, COVEY_ERR_LEAF, COVEY_ERR_EXTENSION,
 * COVEY_ERR_LIFETIME for a total lifetime above lifetime_max. */
int covey_leaf_node_check(const covey_leaf_node *leaf, const covey_suite *suite,
                          uint64_t lifetime_max);

/* Whether the member can be in a group with these GroupContext extensions.
 * COVEY_ERR_EXTENSION, COVEY_ERR_LEAF, COVEY_ERR_MALFORMED. */
int covey_leaf_node_supports(const covey_leaf_node *leaf,
                             covey_bytes group_extensions);

#endif
