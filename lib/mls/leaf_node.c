#include "mls/leaf_node.h"

#include <covey/error.h>

#include "base/secret.h"
#include "mls/extension.h"
#include "mls/types.h"

/* The group's identifier and the leaf's index, behind the leaf. */
#define PLACE_MAX (1 + COVEY_MLS_GROUP_ID_MAX + 4)

static void read_capabilities(covey_reader *r, covey_capabilities *c)
{
    c->versions = covey_read_vec(r);
    c->cipher_suites = covey_read_vec(r);
    c->extensions = covey_read_vec(r);
    c->proposals = covey_read_vec(r);
    c->credentials = covey_read_vec(r);
    if ((c->versions.len | c->cipher_suites.len | c->extensions.len |
         c->proposals.len | c->credentials.len) &
        1) {
        r->failed = true;
    }
}

void covey_read_leaf_node(covey_reader *r, covey_leaf_node *leaf)
{
    const uint8_t *start = r->at;

    *leaf = (covey_leaf_node){.source = 0};
    leaf->encryption_key = covey_read_vec(r);
    leaf->signature_key = covey_read_vec(r);
    leaf->credential_type = covey_read_u16(r);
    leaf->identity = covey_read_vec(r);
    read_capabilities(r, &leaf->capabilities);
    leaf->source = covey_read_u8(r);
    switch (leaf->source) {
    case COVEY_SOURCE_KEY_PACKAGE:
        leaf->lifetime.not_before = covey_read_u64(r);
        leaf->lifetime.not_after = covey_read_u64(r);
        break;
    case COVEY_SOURCE_UPDATE: break;
    case COVEY_SOURCE_COMMIT: leaf->parent_hash = covey_read_vec(r); break;
    default: r->failed = true; break;
    }
    leaf->extensions = covey_read_vec(r);
    leaf->to_be_signed = covey_reader_since(r, start);
    leaf->signature = covey_read_vec(r);
    leaf->encoding = covey_reader_since(r, start);
}

static void write_to_be_signed(covey_writer *w, const covey_leaf_node *leaf)
{
    const covey_capabilities *c = &leaf->capabilities;

    covey_write_vec(w, leaf->encryption_key);
    covey_write_vec(w, leaf->signature_key);
    covey_write_u16(w, leaf->credential_type);
    covey_write_vec(w, leaf->identity);
    covey_write_vec(w, c->versions);
    covey_write_vec(w, c->cipher_suites);
    covey_write_vec(w, c->extensions);
    covey_write_vec(w, c->proposals);
    covey_write_vec(w, c->credentials);
    covey_write_u8(w, leaf->source);
    if (leaf->source == COVEY_SOURCE_KEY_PACKAGE) {
        covey_write_u64(w, leaf->lifetime.not_before);
        covey_write_u64(w, leaf->lifetime.not_after);
    } else if (leaf->source == COVEY_SOURCE_COMMIT) {
        covey_write_vec(w, leaf->parent_hash);
    }
    covey_write_vec(w, leaf->extensions);
}

void covey_write_leaf_node(covey_writer *w, const covey_leaf_node *leaf)
{
    write_to_be_signed(w, leaf);
    covey_write_vec(w, leaf->signature);
}

static void write_place(covey_writer *w, uint8_t source,
                        const covey_leaf_place *place)
{
    if (source == COVEY_SOURCE_KEY_PACKAGE) return;
    covey_write_vec(w, place->group_id);
    covey_write_u32(w, place->leaf.value);
}

int covey_leaf_node_sign(uint8_t out[COVEY_MLS_LEAF_NODE_MAX], size_t *out_len,
                         const covey_leaf_node *leaf,
                         const covey_leaf_place *place,
                         const covey_sign_key *key)
{
    uint8_t text[COVEY_SIGN_ROOM + COVEY_MLS_LEAF_NODE_MAX + PLACE_MAX];
    uint8_t signature[COVEY_SIGNATURE_SIZE];
    covey_writer tbs =
        covey_writer_of(text + COVEY_SIGN_ROOM, sizeof text - COVEY_SIGN_ROOM);

    write_to_be_signed(&tbs, leaf);
    size_t body_len = tbs.len;
    write_place(&tbs, leaf->source, place);
    if (tbs.failed) return COVEY_ERR_CAPACITY;
    covey_sign_with_label(signature, key, "LeafNodeTBS", text + COVEY_SIGN_ROOM,
                          tbs.len);

    covey_writer w = covey_writer_of(out, COVEY_MLS_LEAF_NODE_MAX);
    covey_write_fixed(&w, covey_bytes_of(text + COVEY_SIGN_ROOM, body_len));
    covey_write_vec(&w, covey_bytes_of(signature, sizeof signature));
    if (w.failed) return COVEY_ERR_CAPACITY;
    *out_len = w.len;
    return COVEY_OK;
}

int covey_leaf_node_verify(const covey_leaf_node *leaf,
                           const covey_leaf_place *place)
{
    uint8_t text[COVEY_SIGN_ROOM + COVEY_MLS_LEAF_NODE_MAX + PLACE_MAX];
    covey_writer w =
        covey_writer_of(text + COVEY_SIGN_ROOM, sizeof text - COVEY_SIGN_ROOM);

    covey_write_fixed(&w, leaf->to_be_signed);
    write_place(&w, leaf->source, place);
    if (w.failed) return COVEY_ERR_LEAF;
    return covey_verify_with_label(leaf->signature_key, "LeafNodeTBS",
                                   text + COVEY_SIGN_ROOM, w.len,
                                   leaf->signature);
}

/* Section 7.2: what a leaf uses, its capabilities list. */
static int check_extensions(const covey_leaf_node *leaf)
{
    covey_reader r = covey_reader_of(leaf->extensions);
    int err = covey_extensions_check(leaf->extensions);

    while (!err && covey_reader_more(&r)) {
        uint16_t type = covey_read_extension(&r).type;

        if (!covey_extension_is_default(type) &&
            !covey_u16_listed(leaf->capabilities.extensions, type)) {
            err = COVEY_ERR_EXTENSION;
        }
    }
    return err;
}

static int check_lifetime(const covey_lifetime *lifetime, uint64_t max)
{
    if (lifetime->not_after < lifetime->not_before ||
        lifetime->not_after - lifetime->not_before > max) {
        return COVEY_ERR_LIFETIME;
    }
    return COVEY_OK;
}

int covey_leaf_node_check(const covey_leaf_node *leaf, const covey_suite *suite,
                          uint64_t lifetime_max)
{
    const covey_capabilities *c = &leaf->capabilities;

    if (leaf->credential_type != COVEY_CREDENTIAL_BASIC ||
        leaf->encoding.len > COVEY_MLS_LEAF_NODE_MAX) {
        return COVEY_ERR_PROFILE;
    }
    if (leaf->encryption_key.len != suite->kem->public_size ||
        !suite->kem->is_useful(leaf->encryption_key) ||
        leaf->signature_key.len != COVEY_SIGN_PUBLIC_SIZE ||
        leaf->signature.len != COVEY_SIGNATURE_SIZE ||
        !covey_u16_listed(c->versions, COVEY_MLS10) ||
        !covey_u16_listed(c->cipher_suites, suite->id) ||
        !covey_u16_listed(c->credentials, leaf->credential_type)) {
        return COVEY_ERR_LEAF;
    }
    if (leaf->source == COVEY_SOURCE_KEY_PACKAGE) {
        int err = check_lifetime(&leaf->lifetime, lifetime_max);
        if (err) return err;
    }
    return check_extensions(leaf);
}

/* Whether all of the required values are listed or default. */
static bool lists_all(covey_bytes listed, covey_bytes required,
                      bool (*is_default)(uint16_t))
{
    covey_reader r = covey_reader_of(required);

    while (covey_reader_more(&r)) {
        uint16_t value = covey_read_u16(&r);

        if (!r.failed && !(is_default != NULL && is_default(value)) &&
            !covey_u16_listed(listed, value)) {
            return false;
        }
    }
    return true;
}

int covey_leaf_node_supports(const covey_leaf_node *leaf,
                             covey_bytes group_extensions)
{
    const covey_capabilities *c = &leaf->capabilities;
    covey_required_capabilities required;
    covey_reader r = covey_reader_of(group_extensions);
    int err = covey_required_capabilities_of(&required, group_extensions);

    if (err) return err;
    while (covey_reader_more(&r)) {
        uint16_t type = covey_read_extension(&r).type;

        if (!r.failed && !covey_extension_is_default(type) &&
            !covey_u16_listed(c->extensions, type)) {
            return COVEY_ERR_EXTENSION;
        }
    }
    if (!lists_all(c->extensions, required.extensions,
                   covey_extension_is_default) ||
        !lists_all(c->proposals, required.proposals,
                   covey_proposal_is_default) ||
        !lists_all(c->credentials, required.credentials, NULL)) {
        return COVEY_ERR_LEAF;
    }
    return COVEY_OK;
}
