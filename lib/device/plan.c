#include "device/plan.h"

#include <covey/error.h>

#include "circle/standing.h"
#include "device/entry.h"
#include "device/fields.h"
#include "device/lookup.h"
#include "device/work.h"

static const covey_kept_proposal *kept_of(const covey_committer *c,
                                          const covey_mls_ref *ref)
{
    for (size_t i = 0; i < c->num_proposals; i++) {
        if (memcmp(&c->proposals[i].ref, ref, sizeof *ref) == 0) {
            return &c->proposals[i];
        }
    }
    return NULL;
}

static bool take_ref(covey_plan *p, const covey_device *d,
                     const covey_mls_change_info *proposal)
{
    const covey_kept_proposal *kept = kept_of(d->committer, &proposal->ref);

    if (kept == NULL || p->num_refs == COVEY_BUNDLED_MAX) return false;
    p->refs[p->num_refs] = proposal->ref;
    p->kept[p->num_refs++] = kept;
    return true;
}

/* Removals that bind, and the one that the user agrees to. */
static void plan_removals(covey_plan *p, const covey_device *d,
                          const covey_standing *standing)
{
    for (size_t i = 0; i < covey_mls_num_proposals(d->group); i++) {
        covey_mls_change_info proposal;

        if (!covey_standing_at(standing, i, &proposal) ||
            proposal.kind != COVEY_MLS_REMOVE) {
            continue;
        }
        covey_member_id target = covey_id_of(proposal.identity);
        bool agreed = d->operation.operation == COVEY_OPERATION_REMOVE &&
                      covey_wants_operation(d) &&
                      covey_same_member(&target, &d->operation.member) &&
                      proposal.proposer != covey_mls_own_leaf(d->group);

        if ((agreed || covey_standing_binds(standing, &proposal)) &&
            covey_roster_find(&p->roster, proposal.identity) != NULL &&
            take_ref(p, d, &proposal)) {
            (void)covey_roster_drop(&p->roster, &target);
            p->removes = true;
        }
    }
}

/* All fresh keys that are offered, of members that stay. */
static void plan_updates(covey_plan *p, const covey_device *d,
                         const covey_standing *standing)
{
    for (size_t i = 0; i < covey_mls_num_proposals(d->group); i++) {
        covey_mls_change_info proposal;

        if (covey_standing_at(standing, i, &proposal) &&
            proposal.kind == COVEY_MLS_UPDATE &&
            proposal.proposer != covey_mls_own_leaf(d->group) &&
            covey_roster_find(&p->roster, proposal.identity) != NULL) {
            (void)take_ref(p, d, &proposal);
        }
    }
}

static int plan_remove(covey_plan *p, const covey_device *d)
{
    const covey_member_id *target = &d->operation.member;
    uint32_t leaf = covey_leaf_with(d->group, target);

    if (!covey_roster_drop(&p->roster, target)) return COVEY_OK;
    if (leaf == COVEY_MLS_NO_LEAF) return COVEY_ERR_REFERENCE;
    p->changes[p->num_changes++] =
        (covey_mls_change){.kind = COVEY_MLS_REMOVE, .leaf = leaf};
    p->removes = true;
    return COVEY_OK;
}

static int plan_add(covey_plan *p, const covey_device *d)
{
    const covey_pending *op = &d->operation;
    const covey_roster_member *self =
        covey_roster_find(&p->roster, covey_member_id_bytes(&d->self.id));
    covey_roster_member entry = {.id = op->member, .role = op->invite.role};
    const covey_committer *c = d->committer;

    if (self == NULL) return COVEY_ERR_ROSTER;
    if (op->is_own_person) {
        entry.person = self->person;
        entry.votes = self->votes;
    } else if (op->invite.role != COVEY_ROLE_WEARER) {
        entry.person = p->roster.next_person++;
    }
    if (op->invite.role == COVEY_ROLE_CARER) {
        entry.expires_h =
            (uint32_t)(d->clock.now.utc_ms / COVEY_HOUR) + 24 * 30;
    }
    p->changes[p->num_changes++] =
        (covey_mls_change){.kind = COVEY_MLS_ADD,
                           .key_package = covey_bytes_of(c->key_package,
                                                         c->key_package_len)};
    return covey_roster_add(&p->roster, &entry);
}

static int plan_policy(covey_plan *p, covey_device *d)
{
    covey_buffer front = covey_work_front(d);
    covey_buffer scratch = covey_work_scratch(d);
    const covey_committer *c = d->committer;
    covey_payload payload;
    size_t at = 0;

    int err = covey_payload_decode(&payload,
                                   covey_bytes_of(c->document, c->document_len),
                                   &front);
    if (err) return err;
    const covey_document *document = &payload.content.of.document;
    covey_roster *roster = &p->roster;

    while (at < roster->num_documents &&
           roster->documents[at].kind != (uint8_t)document->kind) {
        at++;
    }
    if (at == roster->num_documents) {
        if (at == COVEY_ROSTER_DOCUMENTS_MAX) return COVEY_ERR_CAPACITY;
        roster->num_documents++;
        roster->documents[at].kind = (uint8_t)document->kind;
    }
    roster->documents[at].version = document->version;
    return covey_document_hash(roster->documents[at].hash, document, &scratch);
}

static void plan_move(covey_plan *p, const covey_device *d)
{
    covey_roster_set_relay(&p->roster,
                           covey_bytes_of_text(d->committer->relay));
}

/* Removals go alone: who is removed still reads this commit. */
static int plan_operation(covey_plan *p, covey_device *d)
{
    if (!covey_wants_operation(d) || p->removes) return COVEY_OK;
    switch (d->operation.operation) {
    case COVEY_OPERATION_REMOVE: return plan_remove(p, d);
    case COVEY_OPERATION_ADD: return plan_add(p, d);
    case COVEY_OPERATION_POLICY: return plan_policy(p, d);
    case COVEY_OPERATION_MOVE: plan_move(p, d); return COVEY_OK;
    default: return COVEY_OK;
    }
}

static int plan_roster(covey_plan *p, const covey_device *d)
{
    covey_writer w = covey_writer_of(p->extensions, sizeof p->extensions);
    covey_bytes before = covey_mls_extensions(d->group);

    covey_roster_write_extensions(&w, &p->roster);
    int err = covey_writer_finish(&w);
    if (err) return COVEY_ERR_CAPACITY;
    covey_bytes after = covey_writer_since(&w, 0);
    if (covey_bytes_same(before, after)) return COVEY_OK;
    p->changes[p->num_changes++] =
        (covey_mls_change){.kind = COVEY_MLS_EXTENSIONS, .extensions = after};
    return COVEY_OK;
}

int covey_plan_make(covey_plan *p, covey_device *d)
{
    covey_mls_ref refs[COVEY_OUTBOX_ENTRIES];
    const covey_rules_unmet unmet = covey_unmet(d, refs);
    const covey_standing standing = {d->group, &d->roster, &unmet};

    memset(p, 0, sizeof *p);
    p->roster = d->roster;
    plan_removals(p, d, &standing);
    int err = plan_operation(p, d);
    if (err) return err;
    plan_updates(p, d, &standing);
    return plan_roster(p, d);
}
