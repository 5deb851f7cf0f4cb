/* The private side of a KeyPackage. */
#include <covey/error.h>

#include "base/secret.h"
#include "mls/group.h"
#include "mls/message.h"
#include "mls/types.h"

static int write_package(covey_mls_joiner *joiner, const covey_suite *suite,
                         covey_buffer *out)
{
    covey_writer w = covey_writer_of(out->at, out->cap);
    covey_reader leaf =
        covey_reader_of(covey_bytes_of(joiner->leaf, joiner->leaf_len));
    covey_key_package package = {
        .version = COVEY_MLS10,
        .cipher_suite = suite->id,
        .init_key =
            covey_bytes_of(joiner->init_key.bytes, suite->kem->public_size),
    };

    covey_read_leaf_node(&leaf, &package.leaf);
    covey_write_message_head(&w, COVEY_WIRE_KEY_PACKAGE);
    size_t mark = w.len;
    int err = covey_key_package_sign(&w, &package, &joiner->sign_key);
    if (err) return err;
    package.encoding = covey_writer_since(&w, mark);
    covey_key_package_ref(&joiner->ref, &package);
    out->len = w.len;
    return COVEY_OK;
}

static int new_joiner(covey_mls_joiner *joiner, const covey_random *random,
                      const covey_mls_member *member, const uint8_t *sign_seed,
                      covey_buffer *out)
{
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);
    covey_capability_lists lists;
    covey_leaf_node leaf;
    covey_kem_public leaf_key;
    size_t leaf_len = 0;
    int err = covey_member_leaf(&leaf, &lists, member, suite);

    if (!err) err = covey_sign_key_from(&joiner->sign_key, sign_seed, random);
    if (!err) {
        err = covey_kem_keys_new(suite->kem, &joiner->init_secret,
                                 &joiner->init_key, random);
    }
    if (!err) {
        err = covey_kem_keys_new(suite->kem, &joiner->leaf_secret, &leaf_key,
                                 random);
    }
    if (err) return err;

    leaf.encryption_key =
        covey_bytes_of(leaf_key.bytes, suite->kem->public_size);
    leaf.signature_key = covey_sign_key_public(&joiner->sign_key);
    leaf.source = COVEY_SOURCE_KEY_PACKAGE;
    err = covey_leaf_node_sign(joiner->leaf, &leaf_len, &leaf, NULL,
                               &joiner->sign_key);
    joiner->leaf_len = (uint16_t)leaf_len;
    if (!err) err = covey_own_leaf_check(joiner->leaf, leaf_len, suite);
    if (!err) err = write_package(joiner, suite, out);
    joiner->present = true;
    return err;
}

int covey_mls_joiner_new(covey_mls_joiner *joiner, const covey_random *random,
                         const covey_mls_member *member,
                         const uint8_t *sign_seed, covey_buffer *out)
{
    out->len = 0;
    if (joiner->present) return COVEY_ERR_STATE;

    int err = new_joiner(joiner, random, member, sign_seed, out);
    if (err) covey_mls_joiner_wipe(joiner);
    return err;
}

void covey_mls_joiner_wipe(covey_mls_joiner *joiner)
{
    covey_wipe(joiner, sizeof *joiner);
}
