/* Proposals as messages of their own. */
#include <covey/error.h>

#include "base/secret.h"
#include "mls/framing.h"
#include "mls/group.h"
#include "mls/treekem.h"
#include "mls/types.h"

/* An Update: fresh leaf keys, kept aside until a commit takes them up. */
static int write_update(covey_writer *w, covey_own_update *keys,
                        const covey_epoch *epoch,
                        const covey_mls_renewal *renewal,
                        const covey_random *random)
{
    uint8_t leaf[COVEY_MLS_LEAF_NODE_MAX];
    size_t len = 0;
    covey_kem_public key;
    int err = COVEY_OK;

    keys->sign_key = epoch->sign_key;
    if (renewal->sign_seed != NULL) {
        covey_sign_key_of_seed(&keys->sign_key, renewal->sign_seed);
    }
    err = covey_kem_keys_new(epoch->context.suite->kem, &keys->leaf, &key,
                             random);
    if (err) return err;

    const covey_leaf_renewal new_leaf = {
        .group_id = covey_group_id(&epoch->context),
        .sign_key = &keys->sign_key,
        .set_extensions = renewal->set_extensions,
        .extensions = renewal->extensions,
    };
    err = covey_leaf_renew(leaf, &len, &epoch->tree, epoch->keys.self, &key,
                           COVEY_SOURCE_UPDATE, covey_bytes_of(NULL, 0),
                           &new_leaf);
    if (err) return err;
    covey_write_u16(w, COVEY_PROPOSAL_UPDATE);
    covey_write_fixed(w, covey_bytes_of(leaf, len));
    return covey_writer_finish(w);
}

/* The members would refuse what this refuses. */
static int check(covey_bytes encoding, const covey_mls_group *group)
{
    covey_reader r = covey_reader_of(encoding);
    covey_proposal proposal;

    covey_read_proposal(&r, &proposal);
    if (covey_reader_finish(&r) != COVEY_OK) return COVEY_ERR_MALFORMED;
    return covey_proposal_validate(&proposal, group->epoch.keys.self,
                                   &group->epoch, group->limits.lifetime_max_s);
}

/* Signs, seals and caches a proposal that stands at the content's place. */
static int send(covey_mls_group *group, covey_outgoing *message,
                size_t content_len, const covey_random *random,
                const covey_mls_framing *framing, covey_buffer *out,
                covey_digest *ref)
{
    /* Sealing may overwrite what follows the content, not the content. */
    covey_bytes encoding =
        covey_bytes_of(covey_content_place(&message->text), content_len);
    covey_writer w = covey_writer_of(out->at, out->cap);
    covey_proposal_store *store = &group->proposals;

    int err = covey_outgoing_sign(message, &group->epoch, content_len);
    if (err) return err;
    covey_proposal_ref(ref, covey_content_framed(&message->text),
                       covey_bytes_of(message->signature,
                                      sizeof message->signature));
    err =
        covey_outgoing_seal(&w, message, &group->epoch, NULL, framing, random);
    if (!err && w.len > COVEY_MLS_HANDSHAKE_MAX) err = COVEY_ERR_CAPACITY;
    if (!err) {
        err = covey_proposal_store_add(store, ref, group->epoch.keys.self,
                                       encoding);
    }
    if (err) return err;
    covey_outgoing_take(&group->epoch, message);
    out->len = w.len;
    return COVEY_OK;
}

int covey_mls_propose(covey_mls_group *group, const covey_random *random,
                      const covey_mls_change *change,
                      const covey_mls_renewal *renewal, uint64_t now_s,
                      const covey_mls_framing *framing, covey_buffer *scratch,
                      covey_buffer *out, covey_mls_ref *ref)
{
    static const covey_mls_renewal no_renewal;
    static const covey_mls_framing no_framing;
    covey_scratch s = covey_scratch_of(scratch->at, scratch->cap);
    covey_outgoing message;
    covey_own_update update = {false, {{0}}, {{0}}, {{0}}};
    covey_digest name;
    bool is_update = change->kind == COVEY_MLS_UPDATE;

    out->len = 0;
    if (group->state != COVEY_GROUP_OPEN ||
        (is_update && group->own_update.present)) {
        return COVEY_ERR_STATE;
    }
    if (renewal == NULL) renewal = &no_renewal;
    if (framing == NULL) framing = &no_framing;

    int err = covey_outgoing_begin(&message, &group->epoch,
                                   COVEY_CONTENT_PROPOSAL, framing, &s);
    if (err) return err;
    covey_writer w = covey_writer_of(covey_content_place(&message.text),
                                     covey_content_room(&message.text));
    err = is_update ? write_update(&w, &update, &group->epoch, renewal, random)
                    : covey_change_write(&w, change, now_s, random);
    if (!err) err = check(covey_writer_since(&w, 0), group);
    if (!err) {
        err = send(group, &message, w.len, random, framing, out, &name);
    }
    if (!err && is_update) {
        update.present = true;
        update.ref = name;
        group->own_update = update;
    }
    if (!err && ref != NULL) memcpy(ref->bytes, name.bytes, sizeof ref->bytes);
    covey_wipe(&update, sizeof update);
    return err;
}

/* ---- others' proposals ---- */

/* What one proposal says, for a host. */
static void describe(covey_mls_change_info *info,
                     const covey_proposal *proposal, covey_leaf_index proposer,
                     const covey_digest *ref, const covey_tree *tree)
{
    covey_leaf_node leaf;

    *info = (covey_mls_change_info){
        .kind = (covey_mls_change_kind)proposal->type,
        .proposer = proposer.value,
        .by_reference = true,
        .leaf = COVEY_MLS_NO_LEAF,
    };
    memcpy(info->ref.bytes, ref->bytes, sizeof info->ref.bytes);
    switch (proposal->type) {
    case COVEY_PROPOSAL_ADD:
        info->identity = proposal->of.add.leaf.identity;
        break;
    case COVEY_PROPOSAL_UPDATE:
        info->leaf = proposer.value;
        info->identity = proposal->of.update.identity;
        break;
    case COVEY_PROPOSAL_REMOVE:
        info->leaf = proposal->of.remove.value;
        covey_tree_leaf(tree, proposal->of.remove, &leaf);
        info->identity = leaf.identity;
        break;
    case COVEY_PROPOSAL_PSK: info->psk_id = proposal->of.psk.id; break;
    default: info->extensions = proposal->of.extensions; break;
    }
}

static void describe_stored(covey_mls_change_info *info,
                            const covey_mls_group *group,
                            const covey_stored_proposal *item)
{
    covey_reader r =
        covey_reader_of(covey_stored_encoding(&group->proposals, item));
    covey_proposal proposal;

    covey_read_proposal(&r, &proposal);
    describe(info, &proposal, item->sender, &item->ref, &group->epoch.tree);
}

int covey_mls_receive_proposal(covey_mls_group *group, covey_bytes message,
                               covey_buffer *scratch,
                               covey_mls_change_info *info,
                               covey_bytes *authenticated_data)
{
    covey_scratch s = covey_scratch_of(scratch->at, scratch->cap);
    covey_authenticated_content content;
    const covey_proposal *proposal = &content.content.of.proposal;
    covey_digest ref;

    if (group->state != COVEY_GROUP_OPEN) return COVEY_ERR_STATE;
    if (message.len > COVEY_MLS_HANDSHAKE_MAX) return COVEY_ERR_PROFILE;

    int err = covey_framing_open(&content, &group->epoch, message,
                                 group->limits.forward_max, &s);
    if (!err && content.content_type != COVEY_CONTENT_PROPOSAL) {
        err = COVEY_ERR_MALFORMED;
    }
    if (!err) {
        err = covey_proposal_validate(proposal, content.sender, &group->epoch,
                                      group->limits.lifetime_max_s);
    }
    if (err) return err;

    covey_proposal_ref(&ref, content.framed,
                       covey_bytes_of(content.signature,
                                      sizeof content.signature));
    err = covey_proposal_store_add(&group->proposals, &ref, content.sender,
                                   proposal->encoding);
    if (err) return err;
    covey_framing_take(&group->epoch, &content);
    describe_stored(info, group,
                    covey_proposal_store_find(&group->proposals,
                                              covey_digest_bytes(&ref)));
    if (authenticated_data != NULL) {
        *authenticated_data = content.authenticated_data;
    }
    return COVEY_OK;
}

size_t covey_mls_num_proposals(const covey_mls_group *group)
{
    return group->proposals.num;
}

int covey_mls_proposal(const covey_mls_group *group, size_t at,
                       covey_mls_change_info *info)
{
    if (at >= group->proposals.num) return COVEY_ERR_ARGUMENT;
    describe_stored(info, group, &group->proposals.items[at]);
    return COVEY_OK;
}

int covey_mls_forget_proposal(covey_mls_group *group, const covey_mls_ref *ref)
{
    covey_bytes name = covey_bytes_of(ref->bytes, sizeof ref->bytes);
    const covey_stored_proposal *item =
        covey_proposal_store_find(&group->proposals, name);

    if (item == NULL) return COVEY_ERR_REFERENCE;
    covey_proposal_store_drop(&group->proposals, item);
    if (group->own_update.present &&
        covey_bytes_same(covey_digest_bytes(&group->own_update.ref), name)) {
        covey_wipe(&group->own_update, sizeof group->own_update);
    }
    return COVEY_OK;
}
