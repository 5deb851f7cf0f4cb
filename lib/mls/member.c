/* What a member says of itself, and what hosts may ask for. */
#include <covey/error.h>

#include "base/secret.h"
#include "crypto/random.h"
#include "mls/extension.h"
#include "mls/group.h"
#include "mls/message.h"
#include "mls/types.h"

#define FORWARD_LIMIT 65536u

int covey_limits_resolve(covey_mls_limits *out, const covey_mls_limits *in)
{
    covey_mls_limits limits = {0, 0};

    if (in != NULL) limits = *in;
    if (limits.forward_max == 0) limits.forward_max = COVEY_MLS_FORWARD_DEFAULT;
    if (limits.lifetime_max_s == 0) {
        limits.lifetime_max_s = COVEY_MLS_LIFETIME_MAX_S;
    }
    if (limits.forward_max > FORWARD_LIMIT) return COVEY_ERR_ARGUMENT;
    *out = limits;
    return COVEY_OK;
}

static covey_bytes write_list(covey_writer *w, const uint16_t *values,
                              size_t num)
{
    size_t mark = w->len;

    for (size_t i = 0; i < num; i++) covey_write_u16(w, values[i]);
    return covey_writer_since(w, mark);
}

int covey_member_leaf(covey_leaf_node *leaf, covey_capability_lists *lists,
                      const covey_mls_member *member, const covey_suite *suite)
{
    static const uint16_t version = COVEY_MLS10;
    static const uint16_t credential = COVEY_CREDENTIAL_BASIC;
    covey_writer w = covey_writer_of(lists->bytes, sizeof lists->bytes);

    for (size_t i = 0; i < member->num_extension_types; i++) {
        /* Section 7.2: default types are not listed. */
        if (covey_extension_is_default(member->extension_types[i])) {
            return COVEY_ERR_ARGUMENT;
        }
    }
    *leaf = (covey_leaf_node){
        .credential_type = COVEY_CREDENTIAL_BASIC,
        .identity = member->identity,
        .lifetime = {member->not_before_s, member->not_after_s},
        .extensions = member->extensions,
    };
    leaf->capabilities.versions = write_list(&w, &version, 1);
    leaf->capabilities.cipher_suites = write_list(&w, &suite->id, 1);
    leaf->capabilities.extensions =
        write_list(&w, member->extension_types, member->num_extension_types);
    leaf->capabilities.credentials = write_list(&w, &credential, 1);
    return w.failed ? COVEY_ERR_ARGUMENT : COVEY_OK;
}

int covey_own_leaf_check(const uint8_t *encoding, size_t len,
                         const covey_suite *suite)
{
    covey_reader r = covey_reader_of(covey_bytes_of(encoding, len));
    covey_leaf_node leaf;

    covey_read_leaf_node(&r, &leaf);
    if (covey_reader_finish(&r) != COVEY_OK ||
        covey_leaf_node_check(&leaf, suite, UINT64_MAX) != COVEY_OK) {
        return COVEY_ERR_ARGUMENT;
    }
    return COVEY_OK;
}

int covey_sign_key_from(covey_sign_key *key, const uint8_t *seed,
                        const covey_random *random)
{
    if (seed == NULL) return covey_sign_key_new(key, random);
    covey_sign_key_of_seed(key, seed);
    return COVEY_OK;
}

int covey_lifetime_check(const covey_leaf_node *leaf, uint64_t now_s)
{
    if (now_s != 0 && (now_s < leaf->lifetime.not_before ||
                       now_s > leaf->lifetime.not_after)) {
        return COVEY_ERR_LIFETIME;
    }
    return COVEY_OK;
}

static int write_add(covey_writer *w, covey_bytes message, uint64_t now_s)
{
    covey_key_package package;
    int err = covey_key_package_open(&package, message);

    if (!err) err = covey_lifetime_check(&package.leaf, now_s);
    if (!err) covey_write_fixed(w, package.encoding);
    return err;
}

static int write_psk(covey_writer *w, covey_bytes id,
                     const covey_random *random)
{
    uint8_t nonce[COVEY_HASH_SIZE];
    int err = covey_random_fill(random, nonce, sizeof nonce);
    const covey_psk_id psk = {
        .type = COVEY_PSK_EXTERNAL,
        .id = id,
        .nonce = covey_bytes_of(nonce, sizeof nonce),
    };

    /* It sets two uses of one PSK apart; it is no secret. */
    COVEY_CT_PUBLIC(nonce, sizeof nonce);
    if (!err) err = covey_psk_id_check(&psk);
    if (!err) covey_write_psk_id(w, &psk);
    return err;
}

int covey_change_write(covey_writer *w, const covey_mls_change *change,
                       uint64_t now_s, const covey_random *random)
{
    int err = COVEY_OK;

    covey_write_u16(w, (uint16_t)change->kind);
    switch (change->kind) {
    case COVEY_MLS_ADD: err = write_add(w, change->key_package, now_s); break;
    case COVEY_MLS_REMOVE: covey_write_u32(w, change->leaf); break;
    case COVEY_MLS_PSK: err = write_psk(w, change->psk_id, random); break;
    case COVEY_MLS_EXTENSIONS: covey_write_vec(w, change->extensions); break;
    default: err = COVEY_ERR_ARGUMENT; break;
    }
    return err ? err : covey_writer_finish(w);
}

const covey_mls_psk *covey_psk_lookup(const covey_mls_psk *psks,
                                      size_t num_psks, covey_bytes id)
{
    for (size_t i = 0; i < num_psks; i++) {
        if (covey_bytes_same(psks[i].id, id)) return &psks[i];
    }
    return NULL;
}

int covey_list_psk_secret(covey_psk_secret *out,
                          const covey_proposal_list *list,
                          const covey_mls_psk *psks, size_t num_psks)
{
    uint16_t count = 0;
    uint16_t index = 0;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < list->num; i++) {
        if (list->items[i].type == COVEY_PROPOSAL_PSK) count++;
    }
    for (size_t i = 0; i < list->num; i++) {
        covey_proposal proposal;

        if (list->items[i].type != COVEY_PROPOSAL_PSK) continue;
        covey_listed_read(&list->items[i], &proposal);

        const covey_mls_psk *psk =
            covey_psk_lookup(psks, num_psks, proposal.of.psk.id);
        if (psk == NULL) return COVEY_ERR_PSK;
        covey_psk_secret_add(&out->secret, proposal.of.psk.encoding,
                             psk->secret, index++, count);
    }
    return COVEY_OK;
}
