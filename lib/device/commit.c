#include "device/commit.h"

#include <covey/error.h>

#include "base/secret.h"
#include "circle/standing.h"
#include "crypto/random.h"
#include "device/fields.h"
#include "device/operation.h"
#include "device/policy.h"
#include "device/work.h"

/* ---- whether ---- */

static bool wants_operation(const covey_device *d)
{
    return d->operation.step == COVEY_STEP_COMMIT;
}

/* Somebody asked to be let go, or the wearer asked it. */
static bool binds_removal(const covey_device *d)
{
    covey_mls_ref refs[COVEY_OUTBOX_ENTRIES];
    covey_rules_unmet unmet = {refs, 0};
    const covey_standing standing = {d->group, &d->roster, &unmet};

    for (size_t i = 0; i < d->outbox.num; i++) {
        if (d->outbox.entries[i].counter == 0) {
            refs[unmet.num++] = d->outbox.entries[i].ref;
        }
    }
    if (covey_standing_blocks(&standing, covey_mls_own_leaf(d->group))) {
        return false;
    }
    for (size_t i = 0; i < covey_mls_num_proposals(d->group); i++) {
        covey_mls_change_info proposal;

        if (covey_standing_at(&standing, i, &proposal) &&
            proposal.kind == COVEY_MLS_REMOVE &&
            covey_standing_binds(&standing, &proposal)) {
            return true;
        }
    }
    return false;
}

static bool wants_refresh(const covey_device *d)
{
    const covey_log *log = &d->log;

    return log->num_own >= COVEY_GUARDIAN_SENDS_MAX ||
           log->num_wearer >= COVEY_WEARER_SENDS_MAX ||
           (log->seen.count != 0 &&
            covey_count(d) - log->begun >= COVEY_REFRESH_EVERY);
}

bool covey_commit_is_due(const covey_device *d)
{
    return covey_is_guardian(d) && d->self.state == COVEY_DEVICE_MEMBER &&
           d->is_at_head && !d->inbox.is_there && !d->log.is_torn &&
           d->committer->commit_len == 0 && covey_count(d) >= d->commit_after &&
           (wants_operation(d) || binds_removal(d) || wants_refresh(d));
}

uint64_t covey_commit_when(const covey_device *d)
{
    uint64_t when = COVEY_NO_DEADLINE;

    if (!covey_is_guardian(d) || d->self.state != COVEY_DEVICE_MEMBER ||
        d->committer->commit_len != 0 || d->log.is_torn) {
        return when;
    }
    if (d->log.seen.count != 0) when = d->log.begun + COVEY_REFRESH_EVERY;
    if (wants_operation(d) || wants_refresh(d) || binds_removal(d)) {
        when = d->commit_after;
    }
    return when < d->commit_after ? d->commit_after : when;
}

/* ---- what ---- */

typedef struct {
    covey_roster roster;
    covey_mls_change changes[2];
    size_t num_changes;
    covey_mls_ref refs[COVEY_BUNDLED_MAX];
    const covey_kept_proposal *kept[COVEY_BUNDLED_MAX];
    size_t num_refs;
    bool removes; /* then it carries nothing else */
    uint8_t extensions[COVEY_MLS_EXTENSIONS_MAX];
} plan;

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

static bool take_ref(plan *p, const covey_device *d,
                     const covey_mls_change_info *proposal)
{
    const covey_kept_proposal *kept = kept_of(d->committer, &proposal->ref);

    if (kept == NULL || p->num_refs == COVEY_BUNDLED_MAX) return false;
    p->refs[p->num_refs] = proposal->ref;
    p->kept[p->num_refs++] = kept;
    return true;
}

static covey_member_id id_of(covey_bytes identity)
{
    covey_member_id id = {{0}};

    memcpy(id.bytes, identity.at,
           identity.len < sizeof id.bytes ? identity.len : sizeof id.bytes);
    return id;
}

/* Removals that bind, and the one that the user agrees to. */
static void plan_removals(plan *p, const covey_device *d,
                          const covey_standing *standing)
{
    for (size_t i = 0; i < covey_mls_num_proposals(d->group); i++) {
        covey_mls_change_info proposal;

        if (!covey_standing_at(standing, i, &proposal) ||
            proposal.kind != COVEY_MLS_REMOVE) {
            continue;
        }
        covey_member_id target = id_of(proposal.identity);
        bool agreed = d->operation.operation == COVEY_OPERATION_REMOVE &&
                      wants_operation(d) &&
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
static void plan_updates(plan *p, const covey_device *d,
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

static uint32_t leaf_of(const covey_mls_group *group, const covey_member_id *id)
{
    covey_mls_member_info info = {.leaf = COVEY_MLS_NO_LEAF};

    while (covey_mls_next_member(group, info.leaf, &info)) {
        if (covey_bytes_same(info.identity, covey_member_id_bytes(id))) {
            return info.leaf;
        }
    }
    return COVEY_MLS_NO_LEAF;
}

static int plan_remove(plan *p, const covey_device *d)
{
    const covey_member_id *target = &d->operation.member;
    uint32_t leaf = leaf_of(d->group, target);

    if (!covey_roster_drop(&p->roster, target)) return COVEY_OK;
    if (leaf == COVEY_MLS_NO_LEAF) return COVEY_ERR_REFERENCE;
    p->changes[p->num_changes++] =
        (covey_mls_change){.kind = COVEY_MLS_REMOVE, .leaf = leaf};
    p->removes = true;
    return COVEY_OK;
}

static int plan_add(plan *p, const covey_device *d)
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

static int plan_policy(plan *p, covey_device *d)
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

/* Removals go alone: who is removed still reads this commit. */
static int plan_operation(plan *p, covey_device *d)
{
    if (!wants_operation(d) || p->removes) return COVEY_OK;
    switch (d->operation.operation) {
    case COVEY_OPERATION_REMOVE: return plan_remove(p, d);
    case COVEY_OPERATION_ADD: return plan_add(p, d);
    case COVEY_OPERATION_POLICY: return plan_policy(p, d);
    default: return COVEY_OK;
    }
}

static int plan_roster(plan *p, const covey_device *d)
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

static int plan_all(plan *p, covey_device *d)
{
    covey_mls_ref refs[COVEY_OUTBOX_ENTRIES];
    covey_rules_unmet unmet = {refs, 0};
    const covey_standing standing = {d->group, &d->roster, &unmet};

    memset(p, 0, sizeof *p);
    p->roster = d->roster;
    plan_removals(p, d, &standing);
    int err = plan_operation(p, d);
    if (err) return err;
    plan_updates(p, d, &standing);
    return plan_roster(p, d);
}

/* ---- how ---- */

static covey_blob_header header_of(const plan *p, const covey_device *d)
{
    covey_blob_header header = {.is_commit = true,
                                .seen = covey_seen_now(&d->log.seen)};

    for (size_t i = 0; i < p->num_refs; i++) {
        header.bundled_len[header.num_bundled++] = p->kept[i]->len;
    }
    return header;
}

static int pack(covey_device *d, const plan *p, covey_bytes message)
{
    covey_committer *c = d->committer;
    covey_writer w = covey_writer_of(c->commit, sizeof c->commit);
    covey_bytes bundled[COVEY_BUNDLED_MAX];

    for (size_t i = 0; i < p->num_refs; i++) {
        bundled[i] = covey_bytes_of(p->kept[i]->bytes, p->kept[i]->len);
    }
    int err = covey_blob_pack(&w, message, bundled, p->num_refs);
    if (err) return COVEY_ERR_CAPACITY;
    c->commit_len = (uint16_t)w.len;
    c->is_placed = false;
    c->index = 0;
    c->seen_count = d->log.seen.count;
    covey_blob_hash(&c->hash, covey_bytes_of(c->commit, w.len));
    return COVEY_OK;
}

static int seal_welcome(covey_device *d, covey_bytes welcome)
{
    covey_committer *c = d->committer;
    size_t len = 0;

    c->welcome_len = 0;
    if (welcome.len == 0) return COVEY_OK;
    int err = covey_invite_seal(c->welcome, sizeof c->welcome, &len,
                                &d->operation.invite, COVEY_INVITE_WELCOME,
                                &d->random, welcome);
    if (!err) c->welcome_len = (uint16_t)len;
    return err;
}

static int commit_plan(covey_device *d, const plan *p)
{
    uint8_t seed[COVEY_MLS_SIGN_SEED_SIZE];
    const covey_mls_renewal renewal = {.sign_seed = seed};
    const covey_blob_header header = header_of(p, d);
    covey_sealed_header sealed;
    covey_buffer commit = covey_work_front(d);
    covey_buffer welcome = covey_work_message(d);
    covey_buffer scratch = covey_work_scratch(d);

    int err = covey_random_fill(&d->random, seed, sizeof seed);
    if (!err) {
        err = covey_blob_header_seal(&sealed, &d->log.handshake_key, &d->random,
                                     &header);
    }
    if (err) return err;
    const covey_mls_framing framing =
        covey_blob_handshake_framing(&sealed, &header);
    const covey_mls_commit_options options = {
        .changes = p->changes,
        .num_changes = p->num_changes,
        .refs = p->refs,
        .num_refs = p->num_refs,
        .renewal = &renewal,
        .now_s = 0, /* a KeyPackage is as fresh as its invite */
        .framing = &framing,
    };
    covey_mls_drop(d->staged);
    err = covey_mls_commit(d->group, &d->random, &options, d->staged, &scratch,
                           &commit, &welcome);
    covey_wipe(seed, sizeof seed);
    covey_touch(d, COVEY_SLOT_GROUP);
    if (!err) err = covey_rules_commit(d->group, d->staged, NULL);
    if (!err) err = seal_welcome(d, covey_bytes_of(welcome.at, welcome.len));
    if (!err) err = pack(d, p, covey_bytes_of(commit.at, commit.len));
    return err;
}

/* Not at once again: two guardians who commit at the same moment would meet
 * again and again. */
static int wait_a_while(covey_device *d, uint64_t most)
{
    uint8_t random[4];
    uint32_t value = 0;

    int err = covey_random_fill(&d->random, random, sizeof random);
    if (err) return err;
    for (size_t i = 0; i < sizeof random; i++) value = value << 8 | random[i];
    d->commit_after = covey_count(d) + value % most;
    return COVEY_OK;
}

static void fail(covey_device *d, int err)
{
    covey_mls_drop(d->staged);
    d->committer->commit_len = 0;
    d->committer->welcome_len = 0;
    if (wants_operation(d)) covey_operation_end(d, err);
}

int covey_commit_make(covey_device *d)
{
    plan p;

    int err = plan_all(&p, d);
    if (!err) err = commit_plan(d, &p);
    covey_touch(d, COVEY_SLOT_OPERATION);
    if (err == COVEY_ERR_RANDOM || err == COVEY_ERR_PORT) {
        d->is_stale = true;
        return err;
    }
    if (err) {
        fail(d, err);
        return wait_a_while(d, COVEY_MINUTE);
    }
    return COVEY_OK;
}

void covey_commit_give_up(covey_device *d)
{
    covey_committer *c = d->committer;

    covey_mls_drop(d->staged);
    c->commit_len = 0;
    c->is_placed = false;
    covey_wipe(c->welcome, sizeof c->welcome);
    c->welcome_len = 0;
    covey_touch(d, COVEY_SLOT_GROUP);
    covey_touch(d, COVEY_SLOT_OPERATION);
    if (wait_a_while(d, 2 * COVEY_SECOND) != COVEY_OK) {
        d->commit_after = covey_count(d) + COVEY_SECOND;
    }
}
