#include "mls/saved.h"

#include <covey/error.h>

#include "base/secret.h"

#define GROUP_MAGIC 0x43565947u  /* "CVYG" */
#define JOINER_MAGIC 0x4356594au /* "CVYJ" */
#define VERSION 1

static void save_head(covey_writer *w, uint32_t magic)
{
    covey_write_u32(w, magic);
    covey_write_u16(w, VERSION);
}

static int load_head(covey_reader *r, uint32_t magic)
{
    uint32_t found = covey_read_u32(r);
    uint16_t version = covey_read_u16(r);

    return r->failed || found != magic || version != VERSION
               ? COVEY_ERR_MALFORMED
               : COVEY_OK;
}

/* ---- proposals ---- */

static void save_proposals(covey_writer *w, const covey_proposal_store *store)
{
    covey_write_u16(w, store->num);
    for (size_t i = 0; i < store->num; i++) {
        const covey_stored_proposal *item = &store->items[i];

        covey_write_fixed(w, covey_digest_bytes(&item->ref));
        covey_write_u32(w, item->sender.value);
        covey_write_vec(w, covey_stored_encoding(store, item));
    }
}

/* A cached proposal is one that could have been cached in this epoch: what
 * commits it later looks at it no more. */
static bool proposal_fits(covey_bytes encoding, covey_leaf_index sender,
                          const covey_mls_group *group)
{
    covey_reader r = covey_reader_of(encoding);
    covey_proposal proposal;

    covey_read_proposal(&r, &proposal);
    return covey_reader_finish(&r) == COVEY_OK &&
           covey_tree_has_leaf(&group->epoch.tree, sender) &&
           covey_proposal_validate(&proposal, sender, &group->epoch,
                                   group->limits.lifetime_max_s) == COVEY_OK;
}

static int load_proposals(covey_reader *r, covey_mls_group *group)
{
    uint16_t num = covey_read_u16(r);

    if (num > COVEY_MLS_PROPOSALS_MAX) return COVEY_ERR_CAPACITY;
    for (size_t i = 0; i < num; i++) {
        covey_digest ref;
        covey_leaf_index sender;

        covey_load_bytes(r, ref.bytes, sizeof ref.bytes);
        sender.value = covey_read_u32(r);
        covey_bytes encoding = covey_read_vec(r);
        if (r->failed || !proposal_fits(encoding, sender, group)) {
            return COVEY_ERR_MALFORMED;
        }
        int err =
            covey_proposal_store_add(&group->proposals, &ref, sender, encoding);
        if (err) return err;
        /* Each is kept, none pushes out another. */
        if (group->proposals.num != i + 1) return COVEY_ERR_MALFORMED;
    }
    return COVEY_OK;
}

static void save_own_update(covey_writer *w, const covey_own_update *update)
{
    covey_write_u8(w, update->present ? 1 : 0);
    if (!update->present) return;
    covey_write_fixed(w, covey_digest_bytes(&update->ref));
    covey_write_fixed(w, covey_bytes_of(update->leaf.bytes,
                                        sizeof update->leaf.bytes));
    covey_write_fixed(w, covey_bytes_of(update->sign_key.bytes,
                                        sizeof update->sign_key.bytes));
}

static void load_own_update(covey_reader *r, covey_own_update *update)
{
    update->present = covey_read_optional(r);
    if (!update->present) return;
    covey_load_bytes(r, update->ref.bytes, sizeof update->ref.bytes);
    covey_load_bytes(r, update->leaf.bytes, sizeof update->leaf.bytes);
    covey_load_bytes(r, update->sign_key.bytes, sizeof update->sign_key.bytes);
}

/* ---- a pending commit ---- */

static void save_change(covey_writer *w, const covey_staged_change *change)
{
    covey_write_u8(w, change->type);
    covey_write_u8(w, change->by_reference ? 1 : 0);
    covey_write_u32(w, change->proposer.value);
    covey_write_u32(w, change->leaf.value);
    covey_write_fixed(w, covey_digest_bytes(&change->ref));
}

static void load_change(covey_reader *r, covey_staged_change *change)
{
    change->type = covey_read_u8(r);
    change->by_reference = covey_read_optional(r);
    change->proposer.value = covey_read_u32(r);
    change->leaf.value = covey_read_u32(r);
    covey_load_bytes(r, change->ref.bytes, sizeof change->ref.bytes);
}

static void save_pending(covey_writer *w, const covey_mls_staged *staged)
{
    size_t num_psks = 0;

    covey_write_u8(w, staged->has_path ? 1 : 0);
    covey_write_vec(w, covey_bytes_of(staged->authenticated_data,
                                      staged->authenticated_data_len));
    covey_write_u16(w, staged->num_changes);
    for (size_t i = 0; i < staged->num_changes; i++) {
        save_change(w, &staged->changes[i]);
        if (staged->changes[i].type != COVEY_MLS_PSK) continue;

        const covey_staged_psk_id *id = &staged->psk_ids[num_psks++];
        covey_write_vec(w, covey_bytes_of(id->bytes, id->len));
    }
    covey_save_epoch(w, &staged->next);
}

static int load_changes(covey_reader *r, covey_mls_staged *staged)
{
    size_t num_psks = 0;

    staged->num_changes = covey_read_u16(r);
    if (staged->num_changes > COVEY_MLS_PROPOSALS_MAX) {
        return COVEY_ERR_MALFORMED;
    }
    for (size_t i = 0; !r->failed && i < staged->num_changes; i++) {
        load_change(r, &staged->changes[i]);
        if (staged->changes[i].type != COVEY_MLS_PSK) continue;

        covey_bytes id = covey_read_vec(r);
        if (num_psks == COVEY_MLS_PSKS_MAX || id.len > COVEY_MLS_PSK_ID_MAX) {
            return COVEY_ERR_MALFORMED;
        }
        covey_copy(staged->psk_ids[num_psks].bytes, id.at, id.len);
        staged->psk_ids[num_psks++].len = (uint16_t)id.len;
    }
    return r->failed ? COVEY_ERR_MALFORMED : COVEY_OK;
}

static int load_pending(covey_reader *r, covey_mls_staged *staged,
                        const covey_mls_group *group)
{
    covey_bytes data;

    staged->has_path = covey_read_optional(r);
    data = covey_read_vec(r);
    if (data.len > sizeof staged->authenticated_data) {
        return COVEY_ERR_MALFORMED;
    }
    covey_copy(staged->authenticated_data, data.at, data.len);
    staged->authenticated_data_len = (uint16_t)data.len;
    int err = load_changes(r, staged);
    if (!err) err = covey_load_epoch(r, &staged->next, true);
    if (err) return err;
    staged->committer = group->epoch.keys.self;
    covey_epoch_name(&staged->before, &group->epoch);
    staged->state = COVEY_STAGED_OWN;
    return COVEY_OK;
}

/* ---- a group ---- */

size_t covey_mls_saved_size(void)
{
    size_t proposals = COVEY_MLS_PROPOSAL_BYTES_MAX +
                       COVEY_MLS_PROPOSALS_MAX * (COVEY_HASH_SIZE + 4 + 4);

    return 64 + 2 * COVEY_MLS_SAVED_EPOCH_MAX + proposals +
           sizeof(covey_own_update) + sizeof(covey_mls_staged) -
           sizeof(covey_epoch);
}

/* Whether what is staged is a commit of this group's present epoch. */
static bool is_pending(const covey_mls_group *group,
                       const covey_mls_staged *staged)
{
    covey_digest before;

    covey_epoch_name(&before, &group->epoch);
    return group->state == COVEY_GROUP_OPEN &&
           staged->state == COVEY_STAGED_OWN &&
           covey_bytes_same(covey_digest_bytes(&before),
                            covey_digest_bytes(&staged->before));
}

int covey_mls_group_save(const covey_mls_group *group,
                         const covey_mls_staged *staged, covey_buffer *out)
{
    covey_writer w = covey_writer_of(out->at, out->cap);

    out->len = 0;
    if (group->state == COVEY_GROUP_EMPTY ||
        (staged != NULL && !is_pending(group, staged))) {
        return COVEY_ERR_STATE;
    }
    save_head(&w, GROUP_MAGIC);
    covey_write_u8(&w, group->state);
    covey_write_u32(&w, group->limits.forward_max);
    covey_write_u64(&w, group->limits.lifetime_max_s);
    covey_save_epoch(&w, &group->epoch);
    save_proposals(&w, &group->proposals);
    save_own_update(&w, &group->own_update);
    covey_write_u8(&w, staged != NULL ? 1 : 0);
    if (staged != NULL) save_pending(&w, staged);
    if (w.failed) {
        covey_wipe(out->at, out->cap);
        return COVEY_ERR_BUFFER;
    }
    out->len = w.len;
    return COVEY_OK;
}

static int load_group(covey_reader *r, covey_mls_group *group)
{
    int err = load_head(r, GROUP_MAGIC);

    if (err) return err;
    group->state = covey_read_u8(r);
    group->limits.forward_max = covey_read_u32(r);
    group->limits.lifetime_max_s = covey_read_u64(r);
    if (group->state != COVEY_GROUP_OPEN &&
        group->state != COVEY_GROUP_REMOVED) {
        return COVEY_ERR_MALFORMED;
    }
    if (group->limits.forward_max == 0 || group->limits.lifetime_max_s == 0 ||
        covey_limits_resolve(&group->limits, &group->limits) != COVEY_OK) {
        return COVEY_ERR_MALFORMED;
    }
    err = covey_load_epoch(r, &group->epoch, group->state == COVEY_GROUP_OPEN);
    if (!err) err = load_proposals(r, group);
    if (!err) load_own_update(r, &group->own_update);
    return err;
}

int covey_mls_group_load(covey_mls_group *group, covey_mls_staged *staged,
                         covey_bytes saved)
{
    covey_reader r = covey_reader_of(saved);

    if (group->state != COVEY_GROUP_EMPTY ||
        (staged != NULL && staged->state != COVEY_STAGED_EMPTY)) {
        return COVEY_ERR_STATE;
    }
    int err = load_group(&r, group);
    if (!err && covey_read_optional(&r)) {
        if (staged != NULL) {
            err = load_pending(&r, staged, group);
        } else {
            (void)covey_read_fixed(&r, r.left);
        }
    }
    if (!err) err = covey_reader_finish(&r);
    if (err) {
        covey_mls_group_wipe(group);
        if (staged != NULL) covey_mls_drop(staged);
    }
    return err;
}

/* ---- a joiner ---- */

int covey_mls_joiner_save(const covey_mls_joiner *joiner, covey_buffer *out)
{
    covey_writer w = covey_writer_of(out->at, out->cap);

    out->len = 0;
    if (!joiner->present) return COVEY_ERR_STATE;
    save_head(&w, JOINER_MAGIC);
    covey_write_fixed(&w, covey_digest_bytes(&joiner->ref));
    covey_write_fixed(&w, covey_bytes_of(joiner->init_secret.bytes,
                                         sizeof joiner->init_secret.bytes));
    covey_write_fixed(&w, covey_bytes_of(joiner->init_key.bytes,
                                         sizeof joiner->init_key.bytes));
    covey_write_fixed(&w, covey_bytes_of(joiner->leaf_secret.bytes,
                                         sizeof joiner->leaf_secret.bytes));
    covey_write_fixed(&w, covey_bytes_of(joiner->sign_key.bytes,
                                         sizeof joiner->sign_key.bytes));
    covey_write_vec(&w, covey_bytes_of(joiner->leaf, joiner->leaf_len));
    if (w.failed) {
        covey_wipe(out->at, out->cap);
        return COVEY_ERR_BUFFER;
    }
    out->len = w.len;
    return COVEY_OK;
}

static int load_joiner(covey_reader *r, covey_mls_joiner *joiner)
{
    int err = load_head(r, JOINER_MAGIC);

    if (err) return err;
    covey_load_bytes(r, joiner->ref.bytes, sizeof joiner->ref.bytes);
    covey_load_bytes(r, joiner->init_secret.bytes,
                     sizeof joiner->init_secret.bytes);
    covey_load_bytes(r, joiner->init_key.bytes, sizeof joiner->init_key.bytes);
    covey_load_bytes(r, joiner->leaf_secret.bytes,
                     sizeof joiner->leaf_secret.bytes);
    covey_load_bytes(r, joiner->sign_key.bytes, sizeof joiner->sign_key.bytes);
    covey_bytes leaf = covey_read_vec(r);
    err = covey_reader_finish(r);
    if (!err && leaf.len > sizeof joiner->leaf) err = COVEY_ERR_CAPACITY;
    if (err) return err;

    covey_reader parse = covey_reader_of(leaf);
    covey_leaf_node node;
    covey_read_leaf_node(&parse, &node);
    err = covey_reader_finish(&parse);
    covey_copy(joiner->leaf, leaf.at, leaf.len);
    joiner->leaf_len = (uint16_t)leaf.len;
    joiner->present = true;
    return err;
}

int covey_mls_joiner_load(covey_mls_joiner *joiner, covey_bytes saved)
{
    covey_reader r = covey_reader_of(saved);

    if (joiner->present) return COVEY_ERR_STATE;
    int err = load_joiner(&r, joiner);
    if (err) covey_mls_joiner_wipe(joiner);
    return err;
}
