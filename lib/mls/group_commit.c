/* One's own commits: the next epoch's tree, the path, the secrets. */
#include <covey/error.h>

#include "base/secret.h"
#include "mls/commit_work.h"
#include "mls/types.h"

/* Renews the committer's path in `next`. */
static int renew(covey_commit_work *work, covey_epoch *next)
{
    static const covey_mls_renewal none;
    const covey_mls_renewal *renewal =
        work->options->renewal != NULL ? work->options->renewal : &none;

    if (renewal->sign_seed != NULL) {
        covey_sign_key_of_seed(&work->sign_key, renewal->sign_seed);
    }
    const covey_leaf_renewal leaf = {
        .group_id = covey_group_id(&next->context),
        .sign_key = &work->sign_key,
        .set_extensions = renewal->set_extensions,
        .extensions = renewal->extensions,
    };
    int err = covey_treekem_renew(&next->tree, &next->keys, &work->path,
                                  &next->context.tree_hash, next->context.suite,
                                  work->random, &leaf);
    if (!err) {
        err = covey_path_leaf_check(next, next->keys.self);
    }
    work->commit_secret = work->path.commit_secret;
    return err;
}

/* Applies the list and the path to `next`; its context becomes the
 * provisional one. */
static int make_tree(covey_commit_work *work, const covey_mls_group *group,
                     covey_epoch *next, bool with_path)
{
    int err =
        covey_proposal_list_apply(&work->list, next, next->keys.self,
                                  group->limits.lifetime_max_s, &work->added);
    if (err) return err;
    next->context.epoch++;
    covey_tree_keys_prune(&next->keys, &next->tree);
    if (with_path) return renew(work, next);
    covey_tree_hash(&next->context.tree_hash, &next->tree,
                    covey_tree_root(next->tree.width), NULL);
    return COVEY_OK;
}

static int write_path(covey_writer *w, const covey_commit_work *work,
                      const covey_epoch *next, bool with_path,
                      covey_bytes provisional)
{
    covey_write_u8(w, with_path ? 1 : 0);
    if (with_path) {
        int err =
            covey_treekem_write_path(w, &next->tree, next->keys.self,
                                     &work->path, next->context.suite,
                                     work->random, provisional, &work->added);
        if (err) return err;
    }
    return covey_writer_finish(w);
}

/* The key schedule: `next` is whole afterwards. */
static void make_secrets(covey_commit_work *work, covey_epoch *next,
                         covey_bytes context, covey_member_secret *member)
{
    covey_advance_joiner(&work->joiner, next, &work->commit_secret, context);
    covey_schedule_member(member, &work->joiner, &work->psk_secret);
    covey_advance_secrets(next, &work->tag, member, context);
    covey_advance_interim(next, &work->tag);
    next->sign_key = work->sign_key;
}

static int seal_commit(covey_outgoing *message, const covey_commit_work *work,
                       const covey_epoch *epoch, covey_buffer *out)
{
    covey_writer w = covey_writer_of(out->at, out->cap);
    int err = covey_outgoing_seal(&w, message, epoch, &work->tag, work->framing,
                                  work->random);

    /* The others would refuse it. */
    if (!err && w.len > COVEY_MLS_HANDSHAKE_MAX) err = COVEY_ERR_CAPACITY;
    if (!err) out->len = w.len;
    return err;
}

/* The list, checked against what else was asked for. */
static int make_list(covey_commit_work *work, const covey_mls_group *group,
                     covey_epoch *next, covey_writer *w, bool with_path,
                     bool with_welcome)
{
    int err = covey_commit_write_list(w, work, group, next);

    if (err) return err;
    if (!with_path && covey_proposal_list_needs_path(&work->list)) {
        return COVEY_ERR_PATH;
    }
    if (!with_welcome && covey_commit_adds(&work->list))
        return COVEY_ERR_ARGUMENT;
    return covey_list_psk_secret(&work->psk_secret, &work->list,
                                 work->options->psks, work->options->num_psks);
}

static int make_commit(covey_commit_work *work, const covey_mls_group *group,
                       covey_mls_staged *staged, covey_scratch *scratch,
                       covey_outgoing *message, covey_buffer *commit,
                       covey_buffer *welcome)
{
    covey_epoch *next = &staged->next;
    uint8_t *context_at =
        covey_scratch_take(scratch, COVEY_MLS_GROUP_CONTEXT_MAX);
    covey_bytes context;
    covey_member_secret member;
    bool with_path = !work->options->without_path;

    if (context_at == NULL) return COVEY_ERR_BUFFER;
    int err = covey_outgoing_begin(message, &group->epoch, COVEY_CONTENT_COMMIT,
                                   work->framing, scratch);
    if (err) return err;
    covey_writer w = covey_writer_of(covey_content_place(&message->text),
                                     covey_content_room(&message->text));
    err = make_list(work, group, next, &w, with_path, welcome != NULL);
    if (!err) err = make_tree(work, group, next, with_path);
    if (err) return err;
    context = covey_context_encode(context_at, &next->context);
    err = write_path(&w, work, next, with_path, context);
    if (!err) err = covey_outgoing_sign(message, &group->epoch, w.len);
    if (err) return err;
    covey_staged_note(staged, &work->list, next->keys.self,
                      work->framing->authenticated_data);

    covey_advance_transcript(next, covey_content_framed(&message->text),
                             message->signature);
    context = covey_context_encode(context_at, &next->context);
    make_secrets(work, next, context, &member);
    err = seal_commit(message, work, &group->epoch, commit);
    if (!err && welcome != NULL && covey_commit_adds(&work->list)) {
        /* The list still points into the message's content. */
        covey_content_end(&message->text, scratch);
        err = covey_commit_write_welcome(welcome, work, next, with_path,
                                         &member, context, scratch);
    }
    covey_wipe(&member, sizeof member);
    return err;
}

int covey_mls_commit(covey_mls_group *group, const covey_random *random,
                     const covey_mls_commit_options *options,
                     covey_mls_staged *staged, covey_buffer *scratch,
                     covey_buffer *commit, covey_buffer *welcome)
{
    static const covey_mls_commit_options no_options;
    static const covey_mls_framing no_framing;
    covey_scratch s = covey_scratch_of(scratch->at, scratch->cap);
    covey_outgoing message;
    covey_commit_work work;

    commit->len = 0;
    if (welcome != NULL) welcome->len = 0;
    if (group->state != COVEY_GROUP_OPEN ||
        staged->state != COVEY_STAGED_EMPTY) {
        return COVEY_ERR_STATE;
    }
    memset(&work, 0, sizeof work);
    work.options = options != NULL ? options : &no_options;
    work.framing =
        work.options->framing != NULL ? work.options->framing : &no_framing;
    work.random = random;
    work.sign_key = group->epoch.sign_key;
    staged->next = group->epoch;
    covey_epoch_name(&staged->before, &group->epoch);

    int err = make_commit(&work, group, staged, &s, &message, commit, welcome);
    if (err) {
        covey_mls_drop(staged);
        commit->len = 0;
        if (welcome != NULL) welcome->len = 0;
    } else {
        staged->state = COVEY_STAGED_OWN;
        staged->has_path = !work.options->without_path;
        covey_outgoing_take(&group->epoch, &message);
    }
    covey_wipe(&work, sizeof work);
    return err;
}
