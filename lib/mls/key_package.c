#include "mls/key_package.h"

#include <covey/error.h>

#include "mls/extension.h"
#include "mls/message.h"
#include "mls/types.h"

void covey_read_key_package(covey_reader *r, covey_key_package *package)
{
    const uint8_t *start = r->at;

    package->version = covey_read_u16(r);
    package->cipher_suite = covey_read_u16(r);
    package->init_key = covey_read_vec(r);
    covey_read_leaf_node(r, &package->leaf);
    package->extensions = covey_read_vec(r);
    package->to_be_signed = covey_reader_since(r, start);
    package->signature = covey_read_vec(r);
    package->encoding = covey_reader_since(r, start);
}

void covey_write_key_package(covey_writer *w, const covey_key_package *package)
{
    covey_write_u16(w, package->version);
    covey_write_u16(w, package->cipher_suite);
    covey_write_vec(w, package->init_key);
    covey_write_leaf_node(w, &package->leaf);
    covey_write_vec(w, package->extensions);
    covey_write_vec(w, package->signature);
}

int covey_key_package_sign(covey_writer *w, const covey_key_package *package,
                           const covey_sign_key *key)
{
    uint8_t text[COVEY_SIGN_ROOM + COVEY_MLS_KEY_PACKAGE_MAX];
    uint8_t signature[COVEY_SIGNATURE_SIZE];
    covey_writer tbs =
        covey_writer_of(text + COVEY_SIGN_ROOM, sizeof text - COVEY_SIGN_ROOM);

    covey_write_u16(&tbs, package->version);
    covey_write_u16(&tbs, package->cipher_suite);
    covey_write_vec(&tbs, package->init_key);
    covey_write_fixed(&tbs, package->leaf.encoding);
    covey_write_vec(&tbs, package->extensions);
    if (tbs.failed) return COVEY_ERR_CAPACITY;
    covey_sign_with_label(signature, key, "KeyPackageTBS",
                          text + COVEY_SIGN_ROOM, tbs.len);
    covey_write_fixed(w, covey_bytes_of(text + COVEY_SIGN_ROOM, tbs.len));
    covey_write_vec(w, covey_bytes_of(signature, sizeof signature));
    return covey_writer_finish(w);
}

void covey_key_package_ref(covey_digest *ref, const covey_key_package *package)
{
    covey_ref_hash(ref, "MLS 1.0 KeyPackage Reference", &package->encoding, 1);
}

static int verify(const covey_key_package *package)
{
    uint8_t text[COVEY_SIGN_ROOM + COVEY_MLS_KEY_PACKAGE_MAX];

    memcpy(text + COVEY_SIGN_ROOM, package->to_be_signed.at,
           package->to_be_signed.len);
    return covey_verify_with_label(package->leaf.signature_key, "KeyPackageTBS",
                                   text + COVEY_SIGN_ROOM,
                                   package->to_be_signed.len,
                                   package->signature);
}

int covey_key_package_validate(const covey_key_package *package,
                               const covey_suite *suite, uint64_t lifetime_max)
{
    int err = COVEY_OK;

    if (package->version != COVEY_MLS10 || package->cipher_suite != suite->id ||
        package->encoding.len > COVEY_MLS_KEY_PACKAGE_MAX) {
        return COVEY_ERR_PROFILE;
    }
    if (package->leaf.source != COVEY_SOURCE_KEY_PACKAGE ||
        package->init_key.len != suite->kem->public_size ||
        !suite->kem->is_useful(package->init_key) ||
        covey_bytes_same(package->init_key, package->leaf.encryption_key)) {
        return COVEY_ERR_LEAF;
    }
    err = covey_extensions_check(package->extensions);
    if (!err) err = covey_leaf_node_check(&package->leaf, suite, lifetime_max);
    if (!err) err = verify(package);
    if (!err) err = covey_leaf_node_verify(&package->leaf, NULL);
    return err;
}

int covey_key_package_open(covey_key_package *package, covey_bytes message)
{
    covey_reader r;

    int err = covey_message_body(&r, message, COVEY_WIRE_KEY_PACKAGE);
    if (err) return err;
    covey_read_key_package(&r, package);
    return covey_reader_finish(&r);
}
