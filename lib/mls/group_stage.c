/* Others' commits, and taking the next epoch over. */
#include <covey/error.h>

#include "base/secret.h"
#include "mls/advance.h"
#include "mls/treekem.h"
#include "mls/types.h"

void covey_epoch_name(covey_digest *out, const covey_epoch *epoch)
{
    *out = epoch->interim_transcript_hash;
}

void covey_staged_note(covey_mls_staged *staged,
                       const covey_proposal_list *list,
                       covey_leaf_index committer,
                       covey_bytes authenticated_data)
{
    size_t num_psks = 0;

    staged->committer = committer;
    covey_copy(staged->authenticated_data, authenticated_data.at,
               authenticated_data.len);
    staged->authenticated_data_len = (uint16_t)authenticated_data.len;
    staged->num_changes = (uint16_t)list->num;
    for (size_t i = 0; i < list->num; i++) {
        const covey_listed_proposal *item = &list->items[i];
        covey_proposal proposal;

        staged->changes[i] =
            (covey_staged_change){(uint8_t)item->type, item->by_reference,
                                  item->sender, item->leaf, item->ref};
        if (item->type != COVEY_PROPOSAL_PSK) continue;
        covey_listed_read(item, &proposal);

        covey_staged_psk_id *id = &staged->psk_ids[num_psks++];
        covey_copy(id->bytes, proposal.of.psk.id.at, proposal.of.psk.id.len);
        id->len = (uint16_t)proposal.of.psk.id.len;
    }
}

/* What lives through the staging of one commit. */
typedef struct {
    covey_authenticated_content content;
    covey_proposal_list list;
    covey_leaf_set added;
} stage_work;

/* The path, as far as every member sees it. */
static int apply_path(covey_epoch *next, const covey_commit *commit,
                      covey_leaf_index committer, const covey_leaf_set *added)
{
    const covey_update_path *path = &commit->path;
    const covey_leaf_place place = {covey_group_id(&next->context), committer};

    if (path->leaf.encoding.len > COVEY_MLS_LEAF_NODE_MAX) {
        return COVEY_ERR_PROFILE;
    }
    int err = covey_treekem_merge_path(&next->tree, committer, path,
                                       next->context.suite, added,
                                       &next->context.tree_hash);
    if (!err) err = covey_path_leaf_check(next, committer);
    if (!err) err = covey_leaf_node_verify(&path->leaf, &place);
    return err;
}

/* Everything that all members decide alike. `next` is the next epoch's
 * public state afterwards, with the provisional GroupContext. */
static int stage_public(const covey_mls_group *group, covey_mls_staged *staged,
                        stage_work *work)
{
    const covey_commit *commit = &work->content.content.of.commit;
    covey_leaf_index committer = work->content.sender;
    covey_epoch *next = &staged->next;

    int err = covey_proposal_list_of(&work->list, commit->proposals, committer,
                                     &group->proposals);
    if (!err && !commit->has_path &&
        covey_proposal_list_needs_path(&work->list)) {
        err = COVEY_ERR_PATH;
    }
    if (!err) {
        err = covey_proposal_list_apply(&work->list, next, committer,
                                        group->limits.lifetime_max_s,
                                        &work->added);
    }
    if (err) return err;
    next->context.epoch++;
    if (commit->has_path) {
        return apply_path(next, commit, committer, &work->added);
    }
    covey_tree_hash(&next->context.tree_hash, &next->tree,
                    covey_tree_root(next->tree.width), NULL);
    return COVEY_OK;
}

/* The keys that this member's own Update brought, if the commit took it. */
static int take_own_update(const covey_mls_group *group,
                           const covey_proposal_list *list, covey_epoch *next)
{
    const covey_own_update *update = &group->own_update;

    for (size_t i = 0; i < list->num; i++) {
        const covey_listed_proposal *item = &list->items[i];

        if (item->type != COVEY_PROPOSAL_UPDATE ||
            !covey_leaf_same(item->sender, next->keys.self)) {
            continue;
        }
        if (!update->present ||
            !covey_bytes_same(covey_digest_bytes(&update->ref),
                              covey_digest_bytes(&item->ref))) {
            return COVEY_ERR_KEYS;
        }
        next->keys.leaf = update->leaf;
        next->sign_key = update->sign_key;
    }
    return COVEY_OK;
}

/* What only this member can tell: `next` is whole afterwards. */
static int stage_private(const covey_mls_group *group, covey_mls_staged *staged,
                         const stage_work *work, const covey_mls_psk *psks,
                         size_t num_psks, uint8_t *context_at)
{
    const covey_commit *commit = &work->content.content.of.commit;
    covey_epoch *next = &staged->next;
    covey_commit_secret commit_secret = {{{0}}};
    covey_psk_secret psk_secret;
    covey_joiner_secret joiner;
    covey_member_secret member;
    covey_digest tag;
    covey_bytes context;

    int err = take_own_update(group, &work->list, next);
    if (err) return err;
    covey_tree_keys_prune(&next->keys, &next->tree);
    if (commit->has_path) {
        context = covey_context_encode(context_at, &next->context);
        err =
            covey_treekem_open_path(&next->keys, &commit_secret, &next->tree,
                                    work->content.sender, &commit->path,
                                    next->context.suite, context, &work->added);
    }
    if (!err) {
        err = covey_list_psk_secret(&psk_secret, &work->list, psks, num_psks);
    }
    if (!err) {
        covey_advance_transcript(next, work->content.framed,
                                 work->content.signature);
        context = covey_context_encode(context_at, &next->context);
        covey_advance_joiner(&joiner, next, &commit_secret, context);
        covey_schedule_member(&member, &joiner, &psk_secret);
        covey_advance_secrets(next, &tag, &member, context);
        covey_advance_interim(next, &tag);
        covey_wipe(&joiner, sizeof joiner);
        covey_wipe(&member, sizeof member);
        if (!covey_ct_equal(tag.bytes, work->content.confirmation_tag.bytes,
                            sizeof tag.bytes)) {
            err = COVEY_ERR_CONFIRMATION;
        }
    }
    covey_wipe(&commit_secret, sizeof commit_secret);
    covey_wipe(&psk_secret, sizeof psk_secret);
    return err;
}

/* Leaves of the next epoch only what everybody knows. */
static void wipe_secrets(covey_epoch *epoch)
{
    covey_wipe(&epoch->keys, sizeof epoch->keys);
    covey_wipe(&epoch->sign_key, sizeof epoch->sign_key);
    covey_wipe(&epoch->sender_data_secret, sizeof epoch->sender_data_secret);
    covey_wipe(&epoch->membership_key, sizeof epoch->membership_key);
    covey_wipe(&epoch->exporter_secret, sizeof epoch->exporter_secret);
    covey_wipe(&epoch->epoch_authenticator, sizeof epoch->epoch_authenticator);
    covey_wipe(&epoch->init_secret, sizeof epoch->init_secret);
    covey_wipe(&epoch->secret_tree, sizeof epoch->secret_tree);
    epoch->exporter_present = false;
}

static int stage(const covey_mls_group *group, covey_mls_staged *staged,
                 stage_work *work, const covey_mls_psk *psks, size_t num_psks,
                 covey_scratch *scratch)
{
    uint8_t *context_at =
        covey_scratch_take(scratch, COVEY_MLS_GROUP_CONTEXT_MAX);
    const covey_commit *commit = &work->content.content.of.commit;

    if (context_at == NULL) return COVEY_ERR_BUFFER;
    staged->next = group->epoch;
    covey_epoch_name(&staged->before, &group->epoch);

    int err = stage_public(group, staged, work);
    if (err) return err;
    covey_staged_note(staged, &work->list, work->content.sender,
                      work->content.authenticated_data);
    staged->has_path = commit->has_path;
    staged->removes_self =
        !covey_tree_has_leaf(&staged->next.tree, group->epoch.keys.self) ||
        covey_leaf_set_has(&work->added, group->epoch.keys.self);
    staged->state = COVEY_STAGED_COMMIT;
    if (!staged->removes_self) {
        err = stage_private(group, staged, work, psks, num_psks, context_at);
    }
    if (err) staged->state = COVEY_STAGED_FAILED;
    if (err || staged->removes_self) wipe_secrets(&staged->next);
    return err;
}

int covey_mls_stage(const covey_mls_group *group, covey_mls_staged *staged,
                    covey_bytes message, const covey_mls_psk *psks,
                    size_t num_psks, covey_buffer *scratch)
{
    covey_scratch s = covey_scratch_of(scratch->at, scratch->cap);
    stage_work work;

    if (group->state != COVEY_GROUP_OPEN ||
        staged->state != COVEY_STAGED_EMPTY) {
        return COVEY_ERR_STATE;
    }
    if (message.len > COVEY_MLS_HANDSHAKE_MAX) return COVEY_ERR_PROFILE;
    memset(&work, 0, sizeof work);

    int err = covey_framing_open(&work.content, &group->epoch, message,
                                 group->limits.forward_max, &s);
    if (!err && work.content.content_type != COVEY_CONTENT_COMMIT) {
        err = COVEY_ERR_MALFORMED;
    }
    if (!err) err = stage(group, staged, &work, psks, num_psks, &s);
    if (err && staged->state != COVEY_STAGED_FAILED) covey_mls_drop(staged);
    return err;
}

int covey_mls_merge(covey_mls_group *group, covey_mls_staged *staged)
{
    covey_digest before;

    if (group->state != COVEY_GROUP_OPEN ||
        (staged->state != COVEY_STAGED_COMMIT &&
         staged->state != COVEY_STAGED_OWN)) {
        return COVEY_ERR_STATE;
    }
    covey_epoch_name(&before, &group->epoch);
    if (!covey_bytes_same(covey_digest_bytes(&before),
                          covey_digest_bytes(&staged->before))) {
        return COVEY_ERR_STATE;
    }
    bool removed = staged->removes_self;
    group->epoch = staged->next;
    covey_wipe(&group->proposals, sizeof group->proposals);
    covey_wipe(&group->own_update, sizeof group->own_update);
    covey_mls_drop(staged);
    if (removed) group->state = COVEY_GROUP_REMOVED;
    return COVEY_OK;
}
