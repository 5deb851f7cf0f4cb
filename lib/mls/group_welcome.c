/* Joining through a Welcome: RFC 9420 section 12.4.3.1. */
#include <covey/error.h>

#include "base/secret.h"
#include "mls/advance.h"
#include "mls/extension.h"
#include "mls/tree_codec.h"
#include "mls/tree_hash.h"
#include "mls/tree_validate.h"
#include "mls/treekem.h"
#include "mls/types.h"
#include "mls/welcome.h"

/* What lives through the staging of one Welcome. Views are of the message
 * and the scratch. */
typedef struct {
    const covey_mls_joiner *joiner;
    const covey_suite *suite;
    covey_welcome welcome;
    covey_group_secrets secrets;
    covey_group_info info;
    covey_bytes tree; /* the ratchet_tree extension's contents */
    covey_joiner_secret joiner_secret;
    covey_member_secret member_secret;
} welcome_work;

/* The entry for this KeyPackage. */
static int find_entry(covey_encrypted_group_secrets *one,
                      const welcome_work *work)
{
    covey_reader r = covey_reader_of(work->welcome.secrets);

    while (covey_reader_more(&r)) {
        covey_read_encrypted_group_secrets(&r, one);
        if (!r.failed &&
            covey_bytes_same(one->new_member,
                             covey_digest_bytes(&work->joiner->ref))) {
            return COVEY_OK;
        }
    }
    return COVEY_ERR_REFERENCE;
}

static int read_welcome(welcome_work *work, covey_bytes message)
{
    covey_reader r;
    int err = covey_message_body(&r, message, COVEY_WIRE_WELCOME);

    if (err) return err;
    covey_read_welcome(&r, &work->welcome);
    err = covey_reader_finish(&r);
    if (err) return err;
    work->suite = covey_suite_find(work->welcome.cipher_suite);
    return work->suite == NULL ? COVEY_ERR_PROFILE : COVEY_OK;
}

static int open_secrets(welcome_work *work, covey_scratch *scratch)
{
    covey_encrypted_group_secrets one;
    covey_hpke_info info;
    int err = find_entry(&one, work);

    if (err) return err;
    covey_bytes sealed = one.group_secrets.ciphertext;
    uint8_t *plain = covey_scratch_take(scratch, sealed.len);
    if (plain == NULL) return COVEY_ERR_BUFFER;
    if (sealed.len < COVEY_AEAD_TAG_SIZE) return COVEY_ERR_AUTH;

    covey_encrypt_info(&info, work->suite, "Welcome",
                       work->welcome.encrypted_group_info);
    err = covey_hpke_open(plain, work->suite, one.group_secrets.kem_output,
                          &work->joiner->init_secret, &work->joiner->init_key,
                          &info, covey_bytes_of(NULL, 0), sealed);
    if (err) return err;
    covey_reader r = covey_reader_of(
        covey_bytes_of(plain, sealed.len - COVEY_AEAD_TAG_SIZE));
    covey_read_group_secrets(&r, &work->secrets);
    if (covey_reader_finish(&r) != COVEY_OK ||
        work->secrets.joiner_secret.len != COVEY_HASH_SIZE ||
        (work->secrets.has_path_secret &&
         work->secrets.path_secret.len != COVEY_HASH_SIZE)) {
        return COVEY_ERR_MALFORMED;
    }
    /* Which PSKs a group uses shows in which ones are looked up. */
    COVEY_CT_PUBLIC(work->secrets.psks.at, work->secrets.psks.len);
    memcpy(work->joiner_secret.secret.bytes, work->secrets.joiner_secret.at,
           COVEY_HASH_SIZE);
    return COVEY_OK;
}

static bool psk_is_repeated(covey_bytes list, covey_bytes encoding)
{
    covey_reader r = covey_reader_of(list);
    size_t num = 0;

    while (covey_reader_more(&r)) {
        covey_psk_id psk;

        covey_read_psk_id(&r, &psk);
        if (covey_bytes_same(psk.encoding, encoding)) num++;
    }
    return num > 1;
}

/* psk_secret, in the order of the Welcome. */
static int derive_psks(covey_psk_secret *out, covey_bytes list,
                       const covey_mls_psk *psks, size_t num_psks)
{
    covey_reader count = covey_reader_of(list);
    covey_reader r = covey_reader_of(list);
    uint16_t num = 0;

    memset(out, 0, sizeof *out);
    for (; covey_reader_more(&count); num++) {
        covey_psk_id psk;
        covey_read_psk_id(&count, &psk);
    }
    if (num > COVEY_MLS_PSKS_MAX) return COVEY_ERR_PROFILE;
    for (uint16_t i = 0; i < num; i++) {
        covey_psk_id id;

        covey_read_psk_id(&r, &id);
        int err = covey_psk_id_check(&id);
        if (!err && psk_is_repeated(list, id.encoding)) {
            err = COVEY_ERR_PROPOSAL;
        }
        if (err) return err;

        const covey_mls_psk *psk = covey_psk_lookup(psks, num_psks, id.id);
        if (psk == NULL) return COVEY_ERR_PSK;
        covey_psk_secret_add(&out->secret, id.encoding, psk->secret, i, num);
    }
    return COVEY_OK;
}

/* Decrypts GroupInfo; *text has room before it for signing. */
static int open_group_info(welcome_work *work, uint8_t **text,
                           covey_scratch *scratch)
{
    covey_bytes sealed = work->welcome.encrypted_group_info;
    covey_welcome_secret secret;
    covey_aead_key key;
    uint8_t *at = covey_scratch_take(scratch, COVEY_SIGN_ROOM + sealed.len);

    if (at == NULL) return COVEY_ERR_BUFFER;
    if (sealed.len < COVEY_AEAD_TAG_SIZE) return COVEY_ERR_AUTH;
    *text = at + COVEY_SIGN_ROOM;
    covey_schedule_welcome(&secret, &work->member_secret);
    covey_welcome_key(&key, &secret);
    int err = covey_aead_open(*text, &key, covey_bytes_of(NULL, 0), sealed);
    covey_wipe(&secret, sizeof secret);
    covey_wipe(&key, sizeof key);
    if (err) return err;
    /* The public state of the group, known to all members. */
    COVEY_CT_PUBLIC(*text, sealed.len - COVEY_AEAD_TAG_SIZE);

    covey_reader r = covey_reader_of(
        covey_bytes_of(*text, sealed.len - COVEY_AEAD_TAG_SIZE));
    covey_read_group_info(&r, &work->info);
    err = covey_reader_finish(&r);
    if (!err) err = covey_extensions_check(work->info.extensions);
    if (!err && work->info.confirmation_tag.len != COVEY_HASH_SIZE) {
        err = COVEY_ERR_AUTH;
    }
    return err;
}

/* The leaf that is the KeyPackage's. */
static int find_self(covey_epoch *next, const covey_mls_joiner *joiner)
{
    covey_bytes own = covey_bytes_of(joiner->leaf, joiner->leaf_len);

    for (uint32_t i = 0; i < next->tree.width; i++) {
        const covey_leaf_slot *slot = &next->tree.leaves[i];

        if (covey_bytes_same(own, covey_bytes_of(slot->bytes, slot->len))) {
            next->keys.self.value = i;
            return COVEY_OK;
        }
    }
    return COVEY_ERR_TREE;
}

/* Reads GroupContext and tree, and validates both. */
static int read_state(covey_epoch *next, welcome_work *work,
                      uint64_t lifetime_max)
{
    covey_reader r = covey_reader_of(work->info.group_context);
    covey_digest hash;
    int err = covey_read_group_context(&r, &next->context);

    if (err) return err;
    if (next->context.suite != work->suite) return COVEY_ERR_PROFILE;
    if (!covey_extensions_find(work->info.extensions,
                               COVEY_EXTENSION_RATCHET_TREE, &work->tree) &&
        work->tree.len == 0) {
        return COVEY_ERR_REFERENCE;
    }
    err = covey_ratchet_tree_decode(&next->tree, work->tree, work->suite);
    if (err) return err;
    covey_tree_hash(&hash, &next->tree, covey_tree_root(next->tree.width),
                    NULL);
    if (!covey_bytes_same(covey_digest_bytes(&hash),
                          covey_digest_bytes(&next->context.tree_hash))) {
        return COVEY_ERR_TREE;
    }
    err = find_self(next, work->joiner);
    if (!err) {
        err = covey_tree_validate(&next->tree, work->suite,
                                  covey_group_id(&next->context),
                                  covey_group_extensions(&next->context),
                                  lifetime_max);
    }
    return err;
}

static int verify_signer(const covey_epoch *next, const welcome_work *work,
                         uint8_t *text)
{
    covey_leaf_node signer;

    if (!covey_tree_has_leaf(&next->tree, work->info.signer) ||
        covey_leaf_same(work->info.signer, next->keys.self)) {
        return COVEY_ERR_SENDER;
    }
    covey_tree_leaf(&next->tree, work->info.signer, &signer);
    return covey_verify_with_label(signer.signature_key, "GroupInfoTBS", text,
                                   work->info.to_be_signed.len,
                                   work->info.signature);
}

/* The private keys above this leaf that the committer renewed. */
static int take_keys(covey_epoch *next, const welcome_work *work)
{
    covey_node_index ancestor =
        covey_common_ancestor(work->info.signer, next->keys.self);
    covey_filtered_path nodes;
    covey_commit_secret unused;
    covey_secret path_secret;

    next->keys.leaf = work->joiner->leaf_secret;
    next->sign_key = work->joiner->sign_key;
    if (!work->secrets.has_path_secret) return COVEY_OK;
    if (covey_tree_parent(&next->tree, ancestor) == NULL) {
        return COVEY_ERR_PATH_SECRET;
    }
    memcpy(path_secret.bytes, work->secrets.path_secret.at,
           sizeof path_secret.bytes);
    covey_tree_filtered_path(&next->tree, work->info.signer, &nodes);
    int err = covey_treekem_follow(&next->keys, &unused, &next->tree, &nodes,
                                   covey_node_level(ancestor), &path_secret,
                                   work->suite);
    covey_wipe(&unused, sizeof unused);
    covey_wipe(&path_secret, sizeof path_secret);
    return err;
}

static int take_secrets(covey_epoch *next, const welcome_work *work)
{
    covey_digest tag;

    covey_advance_secrets(next, &tag, &work->member_secret,
                          work->info.group_context);
    covey_advance_interim(next, &tag);
    return covey_ct_equal(tag.bytes, work->info.confirmation_tag.at,
                          sizeof tag.bytes)
               ? COVEY_OK
               : COVEY_ERR_CONFIRMATION;
}

static int stage_welcome(covey_mls_staged *staged, welcome_work *work,
                         covey_bytes message, const covey_mls_psk *psks,
                         size_t num_psks, covey_scratch *scratch)
{
    covey_epoch *next = &staged->next;
    covey_psk_secret psk_secret;
    uint8_t *text = NULL;

    int err = read_welcome(work, message);
    if (!err) err = open_secrets(work, scratch);
    if (!err) {
        err = derive_psks(&psk_secret, work->secrets.psks, psks, num_psks);
    }
    if (err) return err;
    covey_schedule_member(&work->member_secret, &work->joiner_secret,
                          &psk_secret);
    covey_wipe(&psk_secret, sizeof psk_secret);

    err = open_group_info(work, &text, scratch);
    if (!err) err = read_state(next, work, staged->limits.lifetime_max_s);
    if (!err) err = verify_signer(next, work, text);
    if (!err) err = take_keys(next, work);
    if (!err) err = take_secrets(next, work);
    return err;
}

int covey_mls_stage_welcome(covey_mls_staged *staged,
                            const covey_mls_joiner *joiner, covey_bytes welcome,
                            covey_bytes ratchet_tree, const covey_mls_psk *psks,
                            size_t num_psks, const covey_mls_limits *limits,
                            covey_buffer *scratch)
{
    covey_scratch s = covey_scratch_of(scratch->at, scratch->cap);
    welcome_work work;

    if (!joiner->present || staged->state != COVEY_STAGED_EMPTY) {
        return COVEY_ERR_STATE;
    }
    memset(&work, 0, sizeof work);
    work.joiner = joiner;
    work.tree = ratchet_tree;

    int err = covey_limits_resolve(&staged->limits, limits);
    if (!err) {
        err = stage_welcome(staged, &work, welcome, psks, num_psks, &s);
    }
    if (err) {
        covey_mls_drop(staged);
    } else {
        staged->state = COVEY_STAGED_JOIN;
        staged->committer = work.info.signer;
        staged->joiner_ref = joiner->ref;
    }
    covey_wipe(&work, sizeof work);
    return err;
}

int covey_mls_join(covey_mls_group *group, covey_mls_joiner *joiner,
                   covey_mls_staged *staged)
{
    if (group->state != COVEY_GROUP_EMPTY || !joiner->present ||
        staged->state != COVEY_STAGED_JOIN ||
        !covey_bytes_same(covey_digest_bytes(&joiner->ref),
                          covey_digest_bytes(&staged->joiner_ref))) {
        return COVEY_ERR_STATE;
    }
    group->epoch = staged->next;
    group->limits = staged->limits;
    group->state = COVEY_GROUP_OPEN;
    covey_mls_drop(staged);
    covey_mls_joiner_wipe(joiner);
    return COVEY_OK;
}
