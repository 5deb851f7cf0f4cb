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

/* What would be left out of a full list, and, of PSKs, those whose secret is
 * not known here: another can commit them. */
static bool can_take(const covey_commit_work *work,
                     const covey_listed_proposal *candidate)
{
    covey_proposal proposal;

    if (work->list.num == COVEY_MLS_PROPOSALS_MAX) return false;
    if (candidate->type != COVEY_PROPOSAL_PSK) return true;
    covey_listed_read(candidate, &proposal);
    return covey_psk_lookup(work->options->psks, work->options->num_psks,
                            proposal.of.psk.id) != NULL;
}

/* Whether members would take the list with this one more. A proposal that is
 * well by itself may not be, such as an Add of a key that is in the tree:
 * whoever made it must not keep all others from committing. */
static bool stands(covey_commit_work *work, const covey_mls_group *group,
                   const covey_listed_proposal *candidate, covey_epoch *trial)
{
    covey_leaf_set added = {{0}};

    *trial = group->epoch;
    work->list.items[work->list.num++] = *candidate;
    int err =
        covey_proposal_list_apply(&work->list, trial, group->epoch.keys.self,
                                  group->limits.lifetime_max_s, &added);
    work->list.num--;
    return err == COVEY_OK;
}

/* Section 12.2's preferences: Removes first, then the latest of the rest. */
static void list_all(covey_commit_work *work, const covey_mls_group *group,
                     covey_writer *w, covey_epoch *trial)
{
    const covey_proposal_store *store = &group->proposals;

    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t i = store->num; i > 0; i--) {
            const covey_stored_proposal *item = &store->items[i - 1];
            covey_listed_proposal candidate;

            covey_listed_of(&candidate, covey_stored_encoding(store, item),
                            item->sender, &item->ref);
            if ((candidate.type == COVEY_PROPOSAL_REMOVE) == (pass == 0) &&
                can_take(work, &candidate) &&
                stands(work, group, &candidate, trial)) {
                (void)list_ref(work, store, item, w);
            }
        }
    }
}

int covey_commit_write_list(covey_writer *w, covey_commit_work *work,
                            const covey_mls_group *group, covey_epoch *next)
{
    const covey_proposal_store *store = &group->proposals;
    size_t mark = covey_write_vec_open(w);

    int err = list_changes(work, &group->epoch, w);
    if (!err) err = list_refs(work, store, w);
    if (err) return err;
    if (work->options->take_all) {
        list_all(work, group, w, next);
        *next = group->epoch;
    }
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
