/* Which proposals a commit of one's own covers. */
#include <covey/error.h>

#include "mls/commit_work.h"
#include "mls/types.h"

/* By value. */
static int list_changes(covey_commit_work *work, const covey_epoch *epoch,
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

static int list_ref(covey_commit_work *work, const covey_proposal_store *store,
                    const covey_stored_proposal *item, covey_writer *w)
{
    covey_write_u8(w, COVEY_BY_REFERENCE);
    covey_write_vec(w, covey_digest_bytes(&item->ref));
    return covey_proposal_list_add(&work->list,
                                   covey_stored_encoding(store, item),
                                   item->sender, &item->ref);
}

static int list_refs(covey_commit_work *work, const covey_proposal_store *store,
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
static bool can_take(const covey_commit_work *work,
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
static void list_all(covey_commit_work *work, const covey_mls_group *group,
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

int covey_commit_write_list(covey_writer *w, covey_commit_work *work,
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

bool covey_commit_adds(const covey_proposal_list *list)
{
    for (size_t i = 0; i < list->num; i++) {
        if (list->items[i].type == COVEY_PROPOSAL_ADD) return true;
    }
    return false;
}
