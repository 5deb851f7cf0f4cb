/* One's own commits, and the Welcome for those they add. */
#include <covey/error.h>

#include "base/secret.h"
#include "mls/advance.h"
#include "mls/tree_codec.h"
#include "mls/treekem.h"
#include "mls/types.h"
#include "mls/welcome.h"

/* What lives through the making of one commit. */
typedef struct {
    const covey_mls_commit_options *options;
    const covey_mls_framing *framing;
    const covey_random *random;
    covey_proposal_list list;
    covey_leaf_set added;
    covey_path_secrets path;
    covey_sign_key sign_key; /* of the next epoch */
    covey_commit_secret commit_secret;
    covey_psk_secret psk_secret;
    covey_joiner_secret joiner;
    covey_digest tag;
} commit_work;

/* ---- the list ---- */

/* By value. */
static int list_changes(commit_work *work, const covey_epoch *epoch,
                        covey_writer *w)
{
    int err = COVEY_OK;

    for (size_t i = 0; !err && i < work->options->num_changes; i++) {
        covey_write_u8(w, COVEY_BY_VALUE);
        size_t mark = w->len;
        err = covey_change_write(w, &work->options->changes[i],
                                 work->options->now_s, work->random);
        if (!err) {
            err = covey_proposal_list_add(&work->list,
                                          covey_writer_since(w, mark),
                                          epoch->keys.self, NULL);
        }
    }
    return err;
}

static int list_ref(commit_work *work, const covey_proposal_store *store,
                    const covey_stored_proposal *item, covey_writer *w)
{
    covey_write_u8(w, COVEY_BY_REFERENCE);
    covey_write_vec(w, covey_digest_bytes(&item->ref));
    return covey_proposal_list_add(&work->list,
                                   covey_stored_encoding(store, item),
                                   item->sender, &item->ref);
}

static int list_refs(commit_work *work, const covey_proposal_store *store,
                     covey_writer *w)
{
    int err = COVEY_OK;

    for (size_t i = 0; !err && i < work->options->num_refs; i++) {
        const covey_mls_ref *ref = &work->options->refs[i];
        const covey_stored_proposal *item =
            covey_proposal_store_find(store, covey_bytes_of(ref->bytes,
                                                            sizeof ref->bytes));

        err =
            item == NULL ? COVEY_ERR_REFERENCE : list_ref(work, store, item, w);
    }
    return err;
}

/* The leaf that an Update or Remove is about; none for the others. */
static covey_leaf_index subject_of(const covey_listed_proposal *item)
{
    covey_proposal proposal;

    if (item->type == COVEY_PROPOSAL_UPDATE) return item->sender;
    if (item->type != COVEY_PROPOSAL_REMOVE) return COVEY_LEAF_NONE;
    covey_listed_read(item, &proposal);
    return proposal.of.remove;
}

/* Whether the candidate cannot stand beside an item that is listed. */
static bool is_in_the_way(const covey_listed_proposal *listed,
                          const covey_listed_proposal *candidate)
{
    covey_leaf_index leaf = subject_of(candidate);

    if (!covey_leaf_same(leaf, COVEY_LEAF_NONE) &&
        covey_leaf_same(leaf, subject_of(listed))) {
        return true;
    }
    if (listed->type != candidate->type) return false;
    if (candidate->type == COVEY_PROPOSAL_ADD) {
        covey_proposal a;
        covey_proposal b;

        covey_listed_read(listed, &a);
        covey_listed_read(candidate, &b);
        return covey_bytes_same(a.of.add.leaf.signature_key,
                                b.of.add.leaf.signature_key);
    }
    return candidate->type == COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
}

/* Whether there is room for it, and, of a PSK, whether its secret is known
 * here: what is left out can be committed by another. */
static bool can_take(const commit_work *work,
                     const covey_listed_proposal *candidate)
{
    size_t num_psks = 0;
    covey_proposal proposal;

    if (work->list.num == COVEY_MLS_PROPOSALS_MAX) return false;
    if (candidate->type != COVEY_PROPOSAL_PSK) return true;
    for (size_t i = 0; i < work->list.num; i++) {
        if (work->list.items[i].type == COVEY_PROPOSAL_PSK) num_psks++;
    }
    covey_listed_read(candidate, &proposal);
    return num_psks < COVEY_MLS_PSKS_MAX &&
           covey_psk_lookup(work->options->psks, work->options->num_psks,
                            proposal.of.psk.id) != NULL;
}

/* Section 12.2's preferences: Removes first, then the latest of the rest. */
static void list_all(commit_work *work, const covey_mls_group *group,
                     covey_writer *w)
{
    const covey_proposal_store *store = &group->proposals;

    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t i = store->num; i > 0; i--) {
            const covey_stored_proposal *item = &store->items[i - 1];
            covey_listed_proposal one;
            const covey_listed_proposal *candidate = &one;
            bool fits = true;

            covey_listed_of(&one, covey_stored_encoding(store, item),
                            item->sender, &item->ref);
            if ((candidate->type == COVEY_PROPOSAL_REMOVE) != (pass == 0)) {
                continue;
            }
            if (covey_leaf_same(subject_of(candidate),
                                group->epoch.keys.self)) {
                continue;
            }
            for (size_t k = 0; fits && k < work->list.num; k++) {
                fits = !is_in_the_way(&work->list.items[k], candidate);
            }
            if (fits && can_take(work, candidate)) {
                (void)list_ref(work, store, item, w);
            }
        }
    }
}

/* Writes the Commit's proposals where they go; then reads the list from
 * there, as every other member will. */
static int write_list(covey_writer *w, commit_work *work,
                      const covey_mls_group *group)
{
    const covey_proposal_store *store = &group->proposals;
    size_t mark = covey_write_vec_open(w);

    int err = list_changes(work, &group->epoch, w);
    if (!err) err = list_refs(work, store, w);
    if (err) return err;
    if (work->options->take_all) list_all(work, group, w);
    covey_write_vec_close(w, mark);
    if (w->failed) return COVEY_ERR_BUFFER;

    covey_reader r = covey_reader_of(covey_writer_since(w, mark));
    covey_commit commit;
    covey_read_commit_proposals(&r, &commit);
    if (covey_reader_finish(&r) != COVEY_OK) return COVEY_ERR_MALFORMED;
    return covey_proposal_list_of(&work->list, commit.proposals,
                                  group->epoch.keys.self, store);
}

/* ---- the next epoch's tree, and the path ---- */

/* Renews the committer's path in `next`. */
static int renew(commit_work *work, covey_epoch *next)
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
static int make_tree(commit_work *work, const covey_mls_group *group,
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

static int write_path(covey_writer *w, const commit_work *work,
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
static void make_secrets(commit_work *work, covey_epoch *next,
                         covey_bytes context, covey_member_secret *member)
{
    covey_advance_joiner(&work->joiner, next, &work->commit_secret, context);
    covey_schedule_member(member, &work->joiner, &work->psk_secret);
    covey_advance_secrets(next, &work->tag, member, context);
    covey_advance_interim(next, &work->tag);
    next->sign_key = work->sign_key;
}

/* ---- the Welcome ---- */

/* GroupInfo, signed, encrypted under the welcome key; in the scratch. */
static int make_group_info(covey_bytes *sealed, const covey_epoch *next,
                           const covey_digest *tag,
                           const covey_member_secret *member,
                           covey_bytes context, covey_scratch *scratch)
{
    size_t left = scratch->cap - scratch->used;
    uint8_t *at = covey_scratch_take(scratch, left);
    uint8_t signature[COVEY_SIGNATURE_SIZE];
    covey_welcome_secret welcome_secret;
    covey_aead_key key;

    if (at == NULL || left < COVEY_SIGN_ROOM + COVEY_AEAD_TAG_SIZE) {
        return COVEY_ERR_BUFFER;
    }
    uint8_t *text = at + COVEY_SIGN_ROOM;
    covey_writer w =
        covey_writer_of(text, left - COVEY_SIGN_ROOM - COVEY_AEAD_TAG_SIZE);
    covey_write_fixed(&w, context);
    size_t extensions = covey_write_vec_open(&w);
    covey_write_u16(&w, COVEY_EXTENSION_RATCHET_TREE);
    size_t tree = covey_write_vec_open(&w);
    covey_write_ratchet_tree(&w, &next->tree);
    covey_write_vec_close(&w, tree);
    covey_write_vec_close(&w, extensions);
    covey_write_vec(&w, covey_digest_bytes(tag));
    covey_write_u32(&w, next->keys.self.value);
    if (w.failed) return COVEY_ERR_BUFFER;
    covey_sign_with_label(signature, &next->sign_key, "GroupInfoTBS", text,
                          w.len);
    covey_write_vec(&w, covey_bytes_of(signature, sizeof signature));
    if (w.failed) return COVEY_ERR_BUFFER;

    covey_schedule_welcome(&welcome_secret, member);
    covey_welcome_key(&key, &welcome_secret);
    covey_aead_seal(text, &key, covey_bytes_of(NULL, 0),
                    covey_bytes_of(text, w.len));
    covey_wipe(&welcome_secret, sizeof welcome_secret);
    covey_wipe(&key, sizeof key);
    *sealed = covey_bytes_of(text, w.len + COVEY_AEAD_TAG_SIZE);
    return COVEY_OK;
}

/* The PreSharedKeyIDs of the list, in order. */
static void write_psks(covey_writer *w, const covey_proposal_list *list)
{
    size_t mark = covey_write_vec_open(w);

    for (size_t i = 0; i < list->num; i++) {
        covey_proposal proposal;

        if (list->items[i].type != COVEY_PROPOSAL_PSK) continue;
        covey_listed_read(&list->items[i], &proposal);
        covey_write_fixed(w, proposal.of.psk.encoding);
    }
    covey_write_vec_close(w, mark);
}

/* GroupSecrets for one newcomer: with the path secret of the lowest node
 * that it shares with the committer. */
static void write_group_secrets(covey_writer *w, const commit_work *work,
                                covey_leaf_index committer,
                                covey_leaf_index leaf, bool with_path)
{
    unsigned level = covey_node_level(covey_common_ancestor(committer, leaf));

    covey_write_vec(w, covey_secret_bytes(&work->joiner.secret));
    covey_write_u8(w, with_path ? 1 : 0);
    for (size_t i = 0; with_path && i < work->path.nodes.num; i++) {
        if (work->path.nodes.level[i] == level) {
            covey_write_vec(w, covey_secret_bytes(&work->path.secrets[i]));
        }
    }
    write_psks(w, &work->list);
}

/* EncryptedGroupSecrets for the newcomer that this item adds. */
static int write_secrets(covey_writer *w, const commit_work *work,
                         const covey_listed_proposal *item,
                         const covey_epoch *next, const covey_hpke_info *info,
                         bool with_path)
{
    uint8_t plain[COVEY_MLS_GROUP_SECRETS_MAX];
    uint8_t sealed[COVEY_MLS_GROUP_SECRETS_MAX + COVEY_AEAD_TAG_SIZE];
    covey_writer secrets = covey_writer_of(plain, sizeof plain);
    const covey_suite *suite = next->context.suite;
    covey_proposal proposal;
    covey_kem_public init_key;
    covey_kem_output output;
    covey_digest ref;

    covey_listed_read(item, &proposal);
    memcpy(init_key.bytes, proposal.of.add.init_key.at, sizeof init_key.bytes);
    write_group_secrets(&secrets, work, next->keys.self, item->leaf, with_path);
    int err = covey_writer_finish(&secrets);
    if (!err) {
        err = covey_hpke_seal(&output, sealed, suite, work->random, &init_key,
                              info, covey_bytes_of(NULL, 0),
                              covey_writer_since(&secrets, 0));
    }
    covey_wipe(plain, sizeof plain);
    if (err) return err;
    covey_key_package_ref(&ref, &proposal.of.add);

    const covey_encrypted_group_secrets one = {
        .new_member = covey_digest_bytes(&ref),
        .group_secrets = {covey_bytes_of(output.bytes, suite->kem->output_size),
                          covey_bytes_of(sealed,
                                         secrets.len + COVEY_AEAD_TAG_SIZE)},
    };
    covey_write_encrypted_group_secrets(w, &one);
    return covey_writer_finish(w);
}

static int make_welcome(const commit_work *work, const covey_epoch *next,
                        bool with_path, covey_bytes group_info,
                        covey_buffer *out)
{
    covey_writer w = covey_writer_of(out->at, out->cap);
    covey_hpke_info info;
    int err = COVEY_OK;

    covey_encrypt_info(&info, next->context.suite, "Welcome", group_info);
    covey_write_message_head(&w, COVEY_WIRE_WELCOME);
    covey_write_u16(&w, next->context.suite->id);
    size_t mark = covey_write_vec_open(&w);
    for (size_t i = 0; !err && i < work->list.num; i++) {
        if (work->list.items[i].type != COVEY_PROPOSAL_ADD) continue;
        err = write_secrets(&w, work, &work->list.items[i], next, &info,
                            with_path);
    }
    covey_write_vec_close(&w, mark);
    covey_write_vec(&w, group_info);
    if (!err) err = covey_writer_finish(&w);
    if (!err) out->len = w.len;
    return err;
}

/* ---- all of it ---- */

static bool adds_somebody(const covey_proposal_list *list)
{
    for (size_t i = 0; i < list->num; i++) {
        if (list->items[i].type == COVEY_PROPOSAL_ADD) return true;
    }
    return false;
}

static int seal_commit(covey_outgoing *message, const commit_work *work,
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
static int make_list(commit_work *work, const covey_mls_group *group,
                     covey_writer *w, bool with_path, bool with_welcome)
{
    int err = write_list(w, work, group);

    if (err) return err;
    if (!with_path && covey_proposal_list_needs_path(&work->list)) {
        return COVEY_ERR_PATH;
    }
    if (!with_welcome && adds_somebody(&work->list)) return COVEY_ERR_ARGUMENT;
    return covey_list_psk_secret(&work->psk_secret, &work->list,
                                 work->options->psks, work->options->num_psks);
}

static int make_commit(commit_work *work, const covey_mls_group *group,
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
    err = make_list(work, group, &w, with_path, welcome != NULL);
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
    if (!err && welcome != NULL && adds_somebody(&work->list)) {
        covey_bytes group_info;

        /* The list still points into the message's content. */
        covey_content_end(&message->text, scratch);
        err = make_group_info(&group_info, next, &work->tag, &member, context,
                              scratch);
        if (!err)
            err = make_welcome(work, next, with_path, group_info, welcome);
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
    commit_work work;

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
