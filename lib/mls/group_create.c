/* Groups and staged epochs as objects, and the first epoch of a group. */
#include <covey/error.h>

#include "base/secret.h"
#include "crypto/random.h"
#include "mls/group.h"
#include "mls/tree_hash.h"
#include "mls/types.h"

static void *object_at(void *memory, size_t len, size_t size)
{
    if (memory == NULL || len < size ||
        (uintptr_t)memory % _Alignof(uint64_t) != 0) {
        return NULL;
    }
    covey_wipe(memory, size);
    return memory;
}

covey_mls_group *covey_mls_group_at(void *memory, size_t len)
{
    return object_at(memory, len, sizeof(covey_mls_group));
}

covey_mls_staged *covey_mls_staged_at(void *memory, size_t len)
{
    return object_at(memory, len, sizeof(covey_mls_staged));
}

covey_mls_joiner *covey_mls_joiner_at(void *memory, size_t len)
{
    return object_at(memory, len, sizeof(covey_mls_joiner));
}

void covey_mls_group_wipe(covey_mls_group *group)
{
    covey_wipe(group, sizeof *group);
}

void covey_mls_drop(covey_mls_staged *staged)
{
    covey_wipe(staged, sizeof *staged);
}

/* Section 11: a tree of one leaf, its keys fresh. */
static int create_leaf(covey_epoch *epoch, const covey_random *random,
                       const covey_mls_member *member, const uint8_t *sign_seed)
{
    const covey_suite *suite = epoch->context.suite;
    uint8_t encoding[COVEY_MLS_LEAF_NODE_MAX];
    size_t len = 0;
    covey_capability_lists lists;
    covey_leaf_node leaf;
    covey_kem_public key;
    int err = covey_member_leaf(&leaf, &lists, member, suite);

    if (!err) err = covey_sign_key_from(&epoch->sign_key, sign_seed, random);
    if (!err) {
        err = covey_kem_keys_new(suite->kem, &epoch->keys.leaf, &key, random);
    }
    if (err) return err;
    leaf.source = COVEY_SOURCE_KEY_PACKAGE;
    leaf.encryption_key = covey_bytes_of(key.bytes, suite->kem->public_size);
    leaf.signature_key = covey_sign_key_public(&epoch->sign_key);
    err = covey_leaf_node_sign(encoding, &len, &leaf, NULL, &epoch->sign_key);
    if (!err) err = covey_own_leaf_check(encoding, len, suite);
    if (!err) {
        err = covey_leaf_node_supports(&leaf,
                                       covey_group_extensions(&epoch->context));
    }
    if (err) return err;
    covey_tree_init(&epoch->tree);
    covey_tree_set_leaf(&epoch->tree, (covey_leaf_index){0},
                        covey_bytes_of(encoding, len));
    return COVEY_OK;
}

/* Section 11: a random epoch_secret, and the interim transcript hash over an
 * empty confirmed one. */
static int create_secrets(covey_epoch *epoch, const covey_random *random)
{
    covey_epoch_secret secret;
    covey_schedule schedule;
    covey_digest tag;
    const covey_bytes empty = {NULL, 0};
    int err = covey_random_fill(random, secret.secret.bytes,
                                sizeof secret.secret.bytes);

    if (err) return err;
    covey_schedule_derive(&schedule, &secret);
    covey_epoch_take_schedule(epoch, &schedule);
    covey_confirmation_tag(&tag, &schedule.confirmation_key, empty);
    covey_interim_transcript_hash(&epoch->interim_transcript_hash, empty,
                                  covey_digest_bytes(&tag));
    covey_schedule_wipe(&schedule);
    covey_wipe(&secret, sizeof secret);
    return COVEY_OK;
}

static int set_group_id(covey_group_context *context, covey_bytes group_id,
                        const covey_random *random)
{
    if (group_id.len > sizeof context->group_id) return COVEY_ERR_ARGUMENT;
    if (group_id.len != 0) {
        memcpy(context->group_id, group_id.at, group_id.len);
        context->group_id_len = (uint8_t)group_id.len;
        return COVEY_OK;
    }
    context->group_id_len = sizeof context->group_id;
    int err =
        covey_random_fill(random, context->group_id, sizeof context->group_id);

    /* It stands in every message in clear. */
    COVEY_CT_PUBLIC(context->group_id, sizeof context->group_id);
    return err;
}

int covey_mls_group_create(covey_mls_group *group, const covey_random *random,
                           covey_bytes group_id, const covey_mls_member *member,
                           const uint8_t *sign_seed, covey_bytes extensions,
                           const covey_mls_limits *limits)
{
    covey_epoch *epoch = &group->epoch;

    if (group->state != COVEY_GROUP_EMPTY) return COVEY_ERR_STATE;
    epoch->context.suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);

    int err = covey_limits_resolve(&group->limits, limits);
    if (!err) err = set_group_id(&epoch->context, group_id, random);
    if (!err) err = covey_group_extensions_set(&epoch->context, extensions);
    if (!err) err = create_leaf(epoch, random, member, sign_seed);
    if (!err) {
        covey_tree_hash(&epoch->context.tree_hash, &epoch->tree,
                        covey_tree_root(epoch->tree.width), NULL);
        err = create_secrets(epoch, random);
    }
    if (err) {
        covey_mls_group_wipe(group);
    } else {
        group->state = COVEY_GROUP_OPEN;
    }
    return err;
}
