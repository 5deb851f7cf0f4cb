/* What hosts may know of a group, of what is staged, and of sizes. */
#include <covey/error.h>

#include "base/secret.h"
#include "mls/group.h"
#include "mls/tree_codec.h"
#include "mls/types.h"
#include "mls/welcome.h"

_Static_assert(COVEY_MLS_CHANGES_MAX == COVEY_MLS_PROPOSALS_MAX,
               "public limit");
_Static_assert(COVEY_MLS_AUTH_DATA_MAX == COVEY_MLS_AUTHENTICATED_DATA_MAX,
               "public limit");
_Static_assert(COVEY_MLS_HASH_SIZE == COVEY_HASH_SIZE, "public size");
_Static_assert(COVEY_MLS_SIGN_SEED_SIZE == COVEY_SIGN_SEED_SIZE, "public size");

/* ---- sizes ---- */

/* FramedContentTBS up to the content, and its signing room. */
#define HEAD_MAX                                                               \
    (COVEY_SIGN_ROOM + 4 + 1 + COVEY_MLS_GROUP_ID_MAX + 8 + 5 + 2 +            \
     COVEY_MLS_AUTHENTICATED_DATA_MAX + 1)
#define GROUP_INFO_MAX                                                         \
    (COVEY_MLS_GROUP_CONTEXT_MAX + 4 + 2 + 4 + COVEY_MLS_RATCHET_TREE_MAX +    \
     1 + COVEY_HASH_SIZE + 4 + 2 + COVEY_SIGNATURE_SIZE + COVEY_AEAD_TAG_SIZE)
#define HANDSHAKE_SCRATCH                                                      \
    (HEAD_MAX + COVEY_MLS_HANDSHAKE_MAX + 2 * COVEY_MLS_GROUP_CONTEXT_MAX)
/* Who reads a commit needs its context when the one that was signed is gone. */
#define MEMBER_SCRATCH                                                         \
    (HEAD_MAX + COVEY_MLS_HANDSHAKE_MAX + COVEY_MLS_GROUP_CONTEXT_MAX)
#define WELCOME_SCRATCH                                                        \
    (COVEY_MLS_GROUP_SECRETS_MAX + COVEY_AEAD_TAG_SIZE + COVEY_SIGN_ROOM +     \
     GROUP_INFO_MAX)

size_t covey_mls_group_size(void)
{
    return sizeof(covey_mls_group);
}

size_t covey_mls_staged_size(void)
{
    return sizeof(covey_mls_staged);
}

size_t covey_mls_joiner_size(void)
{
    return sizeof(covey_mls_joiner);
}

size_t covey_mls_scratch_size(void)
{
    return HANDSHAKE_SCRATCH + COVEY_SIGN_ROOM + GROUP_INFO_MAX;
}

size_t covey_mls_member_scratch_size(void)
{
    return MEMBER_SCRATCH > WELCOME_SCRATCH ? MEMBER_SCRATCH : WELCOME_SCRATCH;
}

size_t covey_mls_message_size(void)
{
    return COVEY_MLS_HANDSHAKE_MAX;
}

size_t covey_mls_welcome_size(void)
{
    size_t one = 1 + COVEY_HASH_SIZE + 1 + COVEY_KEM_OUTPUT_MAX + 2 +
                 COVEY_MLS_GROUP_SECRETS_MAX + COVEY_AEAD_TAG_SIZE;

    return 4 + 2 + 4 + COVEY_MLS_PROPOSALS_MAX * one + 4 + GROUP_INFO_MAX;
}

size_t covey_mls_key_package_size(void)
{
    return 4 + COVEY_MLS_KEY_PACKAGE_MAX;
}

/* ---- a group ---- */

bool covey_mls_is_open(const covey_mls_group *group)
{
    return group->state == COVEY_GROUP_OPEN;
}

uint64_t covey_mls_epoch(const covey_mls_group *group)
{
    return group->epoch.context.epoch;
}

covey_bytes covey_mls_group_id(const covey_mls_group *group)
{
    return covey_group_id(&group->epoch.context);
}

covey_bytes covey_mls_extensions(const covey_mls_group *group)
{
    return covey_group_extensions(&group->epoch.context);
}

uint32_t covey_mls_own_leaf(const covey_mls_group *group)
{
    return group->state == COVEY_GROUP_OPEN ? group->epoch.keys.self.value
                                            : COVEY_MLS_NO_LEAF;
}

uint32_t covey_mls_num_members(const covey_mls_group *group)
{
    return covey_tree_num_members(&group->epoch.tree);
}

static bool next_member(const covey_tree *tree, uint32_t after,
                        covey_mls_member_info *info)
{
    covey_leaf_index leaf = {after};
    covey_leaf_node node;

    if (!covey_tree_next_member(tree, &leaf, after == COVEY_MLS_NO_LEAF)) {
        return false;
    }
    covey_tree_leaf(tree, leaf, &node);
    *info = (covey_mls_member_info){
        .leaf = leaf.value,
        .identity = node.identity,
        .signature_key = node.signature_key,
        .encryption_key = node.encryption_key,
        .extensions = node.extensions,
    };
    return true;
}

bool covey_mls_next_member(const covey_mls_group *group, uint32_t after,
                           covey_mls_member_info *info)
{
    return next_member(&group->epoch.tree, after, info);
}

int covey_mls_export(const covey_mls_group *group, const char *label,
                     covey_bytes context, uint8_t *out, size_t out_len)
{
    if (group->state != COVEY_GROUP_OPEN || !group->epoch.exporter_present) {
        return COVEY_ERR_STATE;
    }
    if (strlen(label) > COVEY_LABEL_MAX) return COVEY_ERR_ARGUMENT;
    return covey_exporter(out, out_len, &group->epoch.exporter_secret, label,
                          context);
}

void covey_mls_forget_exporter(covey_mls_group *group)
{
    covey_wipe(&group->epoch.exporter_secret,
               sizeof group->epoch.exporter_secret);
    group->epoch.exporter_present = false;
}

int covey_mls_epoch_authenticator(const covey_mls_group *group,
                                  uint8_t out[COVEY_MLS_HASH_SIZE])
{
    if (group->state != COVEY_GROUP_OPEN) return COVEY_ERR_STATE;
    memcpy(out, group->epoch.epoch_authenticator.secret.bytes,
           COVEY_MLS_HASH_SIZE);
    return COVEY_OK;
}

/* ---- what is staged ---- */

int covey_mls_staged_info(const covey_mls_staged *staged,
                          covey_mls_staged_info_data *info)
{
    if (staged->state == COVEY_STAGED_EMPTY) return COVEY_ERR_STATE;
    *info = (covey_mls_staged_info_data){
        .epoch = staged->next.context.epoch,
        .is_join = staged->state == COVEY_STAGED_JOIN,
        .is_own = staged->state == COVEY_STAGED_OWN,
        .removes_self = staged->removes_self,
        .has_path = staged->has_path,
        .committer = staged->committer.value,
        .authenticated_data = covey_bytes_of(staged->authenticated_data,
                                             staged->authenticated_data_len),
        .num_changes = staged->num_changes,
    };
    return COVEY_OK;
}

/* Which of the commit's PSKs the change at `at` is. */
static covey_bytes psk_id_of(const covey_mls_staged *staged, size_t at)
{
    size_t num = 0;

    for (size_t i = 0; i < at; i++) {
        if (staged->changes[i].type == COVEY_PROPOSAL_PSK) num++;
    }
    return covey_bytes_of(staged->psk_ids[num].bytes, staged->psk_ids[num].len);
}

int covey_mls_staged_change(const covey_mls_group *group,
                            const covey_mls_staged *staged, size_t at,
                            covey_mls_change_info *info)
{
    if (staged->state == COVEY_STAGED_EMPTY) return COVEY_ERR_STATE;
    if (at >= staged->num_changes) return COVEY_ERR_ARGUMENT;

    const covey_staged_change *change = &staged->changes[at];
    bool removes = change->type == COVEY_PROPOSAL_REMOVE;
    const covey_tree *tree = removes ? &group->epoch.tree : &staged->next.tree;

    *info = (covey_mls_change_info){
        .kind = (covey_mls_change_kind)change->type,
        .proposer = change->proposer.value,
        .by_reference = change->by_reference,
        .leaf = change->leaf.value,
    };
    memcpy(info->ref.bytes, change->ref.bytes, sizeof info->ref.bytes);
    if (covey_tree_has_leaf(tree, change->leaf)) {
        covey_leaf_node leaf;

        covey_tree_leaf(tree, change->leaf, &leaf);
        info->identity = leaf.identity;
    }
    if (change->type == COVEY_PROPOSAL_PSK)
        info->psk_id = psk_id_of(staged, at);
    if (change->type == COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) {
        info->extensions = covey_group_extensions(&staged->next.context);
    }
    return COVEY_OK;
}

bool covey_mls_staged_next_member(const covey_mls_staged *staged,
                                  uint32_t after, covey_mls_member_info *info)
{
    return staged->state != COVEY_STAGED_EMPTY &&
           next_member(&staged->next.tree, after, info);
}

covey_bytes covey_mls_staged_group_id(const covey_mls_staged *staged)
{
    return covey_group_id(&staged->next.context);
}

covey_bytes covey_mls_staged_extensions(const covey_mls_staged *staged)
{
    return covey_group_extensions(&staged->next.context);
}

int covey_mls_staged_export(const covey_mls_staged *staged, const char *label,
                            covey_bytes context, uint8_t *out, size_t out_len)
{
    if (!staged->next.exporter_present || staged->state == COVEY_STAGED_EMPTY ||
        staged->state == COVEY_STAGED_FAILED) {
        return COVEY_ERR_STATE;
    }
    if (strlen(label) > COVEY_LABEL_MAX) return COVEY_ERR_ARGUMENT;
    return covey_exporter(out, out_len, &staged->next.exporter_secret, label,
                          context);
}
