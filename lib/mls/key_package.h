/*
 * KeyPackage, RFC 9420 section 10.
 */
#ifndef COVEY_MLS_KEY_PACKAGE_H
#define COVEY_MLS_KEY_PACKAGE_H

#include "mls/leaf_node.h"

/* Encoded, without MLSMessage's head. Its own extensions are bounded like a
 * LeafNode's. */
#define COVEY_MLS_KEY_PACKAGE_MAX (2 * COVEY_MLS_LEAF_NODE_MAX)

typedef struct {
    covey_bytes encoding; /* the whole; set by reading */
    uint16_t version;
    uint16_t cipher_suite;
    covey_bytes init_key;
    covey_leaf_node leaf;
    covey_bytes extensions;
    covey_bytes to_be_signed;
    covey_bytes signature;
} covey_key_package;

void covey_read_key_package(covey_reader *r, covey_key_package *package);
/* Reads one that comes as MLSMessage; nothing is verified. COVEY_ERR_MALFORMED,
 * COVEY_ERR_PROFILE: another version, or no KeyPackage. */
int covey_key_package_open(covey_key_package *package, covey_bytes message);

void covey_write_key_package(covey_writer *w, const covey_key_package *package);

/* Writes the package signed; leaf.encoding is taken as it is, signature is
 * not used. COVEY_ERR_BUFFER, COVEY_ERR_CAPACITY. */
int covey_key_package_sign(covey_writer *w, const covey_key_package *package,
                           const covey_sign_key *key);

/* MakeKeyPackageRef, section 5.2. */
void covey_key_package_ref(covey_digest *ref, const covey_key_package *package);

/* Section 10.1, with the leaf's own checks of section 7.3 and both
 * signatures. COVEY_ERR_PROFILE, COVEY_ERR_LEAF, COVEY_ERR_LIFETIME,
 * COVEY_ERR_EXTENSION, COVEY_ERR_AUTH. */
int covey_key_package_validate(const covey_key_package *package,
                               const covey_suite *suite, uint64_t lifetime_max);

#endif
