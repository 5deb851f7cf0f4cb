#include "mls/proposal_list.h"

#include <covey/error.h>

#include "mls/extension.h"
#include "mls/tree_validate.h"
#include "mls/types.h"

void covey_listed_of(covey_listed_proposal *item, covey_bytes encoding,
                     covey_leaf_index sender, const covey_digest *ref)
{
    covey_reader r = covey_reader_of(encoding);

    memset(item, 0, sizeof *item);
    item->encoding = encoding;
    item->sender = sender;
    item->leaf = COVEY_LEAF_NONE;
    item->type = covey_read_u16(&r);
    if (ref != NULL) {
        item->by_reference = true;
        item->ref = *ref;
    }
}

int covey_proposal_list_add(covey_proposal_list *list, covey_bytes encoding,
                            covey_leaf_index sender, const covey_digest *ref)
{
    if (list->num == COVEY_MLS_PROPOSALS_MAX) return COVEY_ERR_PROFILE;
    covey_listed_of(&list->items[list->num++], encoding, sender, ref);
    return COVEY_OK;
}

int covey_proposal_list_of(covey_proposal_list *list, covey_bytes proposals,
                           covey_leaf_index committer,
                           const covey_proposal_store *store)
{
    covey_reader r = covey_reader_of(proposals);
    int err = COVEY_OK;

    list->num = 0;
    while (!err && covey_reader_more(&r)) {
        covey_proposal_or_ref one;

        covey_read_proposal_or_ref(&r, &one);
        if (one.type == COVEY_BY_VALUE) {
            err = covey_proposal_list_add(list, one.proposal.encoding,
                                          committer, NULL);
        } else {
            const covey_stored_proposal *item =
                covey_proposal_store_find(store, one.reference);

            if (item == NULL) return COVEY_ERR_REFERENCE;
            err = covey_proposal_list_add(list,
                                          covey_stored_encoding(store, item),
                                          item->sender, &item->ref);
        }
    }
    return err;
}

void covey_listed_read(const covey_listed_proposal *item,
                       covey_proposal *proposal)
{
    covey_reader r = covey_reader_of(item->encoding);

    covey_read_proposal(&r, proposal);
}

/* ---- one proposal ---- */

static int validate_add(const covey_key_package *package,
                        const covey_epoch *epoch, uint64_t lifetime_max)
{
    return covey_key_package_validate(package, epoch->context.suite,
                                      lifetime_max);
}

/* Section 7.3 for an Update. */
static int validate_update(const covey_leaf_node *leaf, covey_leaf_index sender,
                           const covey_epoch *epoch, uint64_t lifetime_max)
{
    const covey_leaf_place place = {covey_group_id(&epoch->context), sender};

    if (leaf->source != COVEY_SOURCE_UPDATE ||
        covey_tree_has_encryption_key(&epoch->tree, leaf->encryption_key,
                                      COVEY_LEAF_NONE)) {
        return COVEY_ERR_LEAF;
    }
    int err = covey_leaf_node_check(leaf, epoch->context.suite, lifetime_max);
    if (!err) err = covey_leaf_node_verify(leaf, &place);
    return err;
}

int covey_proposal_validate(const covey_proposal *proposal,
                            covey_leaf_index sender, const covey_epoch *epoch,
                            uint64_t lifetime_max)
{
    switch (proposal->type) {
    case COVEY_PROPOSAL_ADD:
        return validate_add(&proposal->of.add, epoch, lifetime_max);
    case COVEY_PROPOSAL_UPDATE:
        return validate_update(&proposal->of.update, sender, epoch,
                               lifetime_max);
    case COVEY_PROPOSAL_REMOVE:
        return covey_tree_has_leaf(&epoch->tree, proposal->of.remove)
                   ? COVEY_OK
                   : COVEY_ERR_PROPOSAL;
    case COVEY_PROPOSAL_PSK: return covey_psk_id_check(&proposal->of.psk);
    case COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        return covey_group_extensions_check(proposal->of.extensions);
    default: return COVEY_ERR_PROFILE; /* reinit, external_init */
    }
}

/* ---- the list ---- */

/* Updates and Removes name a leaf; each leaf once, the committer never. */
static int check_leaf(const covey_listed_proposal *item,
                      const covey_proposal *proposal,
                      covey_leaf_index committer, const covey_tree *tree,
                      covey_leaf_set *touched)
{
    covey_leaf_index leaf = item->type == COVEY_PROPOSAL_UPDATE
                                ? item->sender
                                : proposal->of.remove;

    if (!covey_tree_has_leaf(tree, leaf) || covey_leaf_same(leaf, committer) ||
        covey_leaf_set_has(touched, leaf)) {
        return COVEY_ERR_PROPOSAL;
    }
    covey_leaf_set_add(touched, leaf);
    return COVEY_OK;
}

/* Whether an earlier item is the same PreSharedKeyID. */
static bool psk_is_repeated(const covey_proposal_list *list, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (list->items[i].type == COVEY_PROPOSAL_PSK &&
            covey_bytes_same(list->items[i].encoding,
                             list->items[at].encoding)) {
            return true;
        }
    }
    return false;
}

/* Section 12.2, as far as it is about the list and not the tree after it. */
static int check_list(const covey_proposal_list *list, const covey_epoch *epoch,
                      covey_leaf_index committer, uint64_t lifetime_max)
{
    covey_leaf_set touched = {{0}};
    size_t num_extensions = 0;
    size_t num_psks = 0;

    for (size_t i = 0; i < list->num; i++) {
        const covey_listed_proposal *item = &list->items[i];
        covey_proposal proposal;
        int err = COVEY_OK;

        covey_listed_read(item, &proposal);
        if (!item->by_reference) {
            err = covey_proposal_validate(&proposal, item->sender, epoch,
                                          lifetime_max);
        }
        if (err) return err;
        switch (item->type) {
        case COVEY_PROPOSAL_UPDATE:
        case COVEY_PROPOSAL_REMOVE:
            err =
                check_leaf(item, &proposal, committer, &epoch->tree, &touched);
            break;
        case COVEY_PROPOSAL_PSK:
            if (psk_is_repeated(list, i)) err = COVEY_ERR_PROPOSAL;
            if (++num_psks > COVEY_MLS_PSKS_MAX) err = COVEY_ERR_PROFILE;
            break;
        case COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
            if (++num_extensions > 1) err = COVEY_ERR_PROPOSAL;
            break;
        default: break;
        }
        if (err) return err;
    }
    return COVEY_OK;
}

static int apply_extensions(const covey_proposal_list *list, covey_epoch *next)
{
    for (size_t i = 0; i < list->num; i++) {
        covey_proposal proposal;

        if (list->items[i].type != COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) {
            continue;
        }
        covey_listed_read(&list->items[i], &proposal);
        return covey_group_extensions_set(&next->context,
                                          proposal.of.extensions);
    }
    return COVEY_OK;
}

/* A leaf that comes into the tree: its keys are nobody's, and it supports
 * what the group uses. */
static int check_new_leaf(const covey_leaf_node *leaf, covey_leaf_index place,
                          const covey_epoch *next)
{
    if (covey_tree_has_encryption_key(&next->tree, leaf->encryption_key,
                                      place) ||
        covey_tree_has_signature_key(&next->tree, leaf->signature_key, place)) {
        return COVEY_ERR_LEAF;
    }
    return covey_leaf_node_supports(leaf,
                                    covey_group_extensions(&next->context));
}

/* All Updates, then all Removes: section 12.3. */
static int apply_updates(covey_proposal_list *list, covey_epoch *next)
{
    for (size_t i = 0; i < list->num; i++) {
        covey_listed_proposal *item = &list->items[i];
        covey_proposal proposal;

        if (item->type != COVEY_PROPOSAL_UPDATE) continue;
        covey_listed_read(item, &proposal);
        item->leaf = item->sender;
        if (covey_tree_has_encryption_key(&next->tree,
                                          proposal.of.update.encryption_key,
                                          COVEY_LEAF_NONE)) {
            return COVEY_ERR_LEAF;
        }
        covey_tree_update(&next->tree, item->leaf, proposal.of.update.encoding);
    }
    return COVEY_OK;
}

static void apply_removes(covey_proposal_list *list, covey_epoch *next)
{
    for (size_t i = 0; i < list->num; i++) {
        covey_listed_proposal *item = &list->items[i];
        covey_proposal proposal;

        if (item->type != COVEY_PROPOSAL_REMOVE) continue;
        covey_listed_read(item, &proposal);
        item->leaf = proposal.of.remove;
        covey_tree_remove(&next->tree, item->leaf);
    }
}

/* The leaves that Updates brought, once Removes have made room for keys. */
static int check_updates(const covey_proposal_list *list,
                         const covey_epoch *next)
{
    int err = COVEY_OK;

    for (size_t i = 0; !err && i < list->num; i++) {
        const covey_listed_proposal *item = &list->items[i];
        covey_leaf_node leaf;

        if (item->type != COVEY_PROPOSAL_UPDATE) continue;
        covey_tree_leaf(&next->tree, item->leaf, &leaf);
        err = check_new_leaf(&leaf, item->leaf, next);
    }
    return err;
}

static int apply_adds(covey_proposal_list *list, covey_epoch *next,
                      covey_leaf_set *added)
{
    int err = COVEY_OK;

    for (size_t i = 0; !err && i < list->num; i++) {
        covey_listed_proposal *item = &list->items[i];
        covey_proposal proposal;
        const covey_leaf_node *leaf = &proposal.of.add.leaf;

        if (item->type != COVEY_PROPOSAL_ADD) continue;
        covey_listed_read(item, &proposal);
        err = check_new_leaf(leaf, COVEY_LEAF_NONE, next);
        if (!err)
            err = covey_tree_add(&next->tree, leaf->encoding, &item->leaf);
        if (!err) covey_leaf_set_add(added, item->leaf);
    }
    return err;
}

int covey_proposal_list_apply(covey_proposal_list *list, covey_epoch *next,
                              covey_leaf_index committer, uint64_t lifetime_max,
                              covey_leaf_set *added)
{
    bool extensions_change = false;

    for (size_t i = 0; i < list->num; i++) {
        if (list->items[i].type == COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) {
            extensions_change = true;
        }
    }
    int err = check_list(list, next, committer, lifetime_max);
    if (!err) err = apply_extensions(list, next);
    if (!err) err = apply_updates(list, next);
    if (!err) apply_removes(list, next);
    if (!err) err = check_updates(list, next);
    if (!err) err = apply_adds(list, next, added);
    if (!err && extensions_change) {
        err = covey_tree_supports(&next->tree,
                                  covey_group_extensions(&next->context));
    }
    return err;
}

bool covey_proposal_list_needs_path(const covey_proposal_list *list)
{
    for (size_t i = 0; i < list->num; i++) {
        if (list->items[i].type != COVEY_PROPOSAL_ADD &&
            list->items[i].type != COVEY_PROPOSAL_PSK) {
            return true;
        }
    }
    return list->num == 0;
}
