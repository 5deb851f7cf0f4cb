/* Proposals as messages of their own, and who has had them. */
#include "sim.h"

#include "base/writer.h"
#include "mls/types.h"

#define MISSED_MAX (COVEY_MLS_HANDSHAKE_SKIPPED_MAX / 2)

covey_bytes sim_policy(sim_world *world)
{
    static uint8_t room[SIM_EXTENSIONS_ROOM];
    covey_writer w = covey_writer_of(room, sizeof room);
    uint8_t data[200];
    uint32_t len = test_below(&world->choices, sizeof data + 1);

    if (!sim_once_in(world, 4)) {
        test_fill(&world->choices, data, len);
        covey_write_u16(&w, 0xf0c2);
        covey_write_vec(&w, covey_bytes_of(data, len));
    }
    if (sim_once_in(world, 3)) {
        static const uint8_t required[] = {2, 0xf0, 0xc1, 2, 0, 7, 2, 0, 1};

        covey_write_u16(&w, COVEY_EXTENSION_REQUIRED_CAPABILITIES);
        covey_write_vec(&w, covey_bytes_of(required, sizeof required));
    }
    return covey_writer_since(&w, 0);
}

sim_proposal *sim_find_proposal(sim_world *world, const covey_mls_ref *ref)
{
    for (size_t i = 0; i < world->num_proposals; i++) {
        if (memcmp(&world->proposals[i].ref, ref, sizeof *ref) == 0) {
            return &world->proposals[i];
        }
    }
    return NULL;
}

void sim_deliver_proposal(sim_world *world, sim_proposal *proposal,
                          uint32_t leaf)
{
    covey_mls_group *group = world->members[leaf].group;
    covey_bytes message = sim_view(&proposal->message);
    covey_mls_change_info info;
    covey_bytes auth;

    sim_ok(world, covey_mls_receive_proposal(group, message, sim_scratch(world),
                                             &info, &auth));
    sim_require(world,
                info.kind == proposal->kind && info.by_reference &&
                    info.proposer == proposal->proposer &&
                    info.leaf == proposal->leaf &&
                    memcmp(&info.ref, &proposal->ref, sizeof info.ref) == 0 &&
                    covey_bytes_same(auth, covey_bytes_of(proposal->auth,
                                                          proposal->auth_len)),
                "leaf %u reads what was proposed", (unsigned)leaf);
    covey_leaf_set_add(&proposal->known, (covey_leaf_index){leaf});
    if (sim_once_in(world, 8) && !proposal->is_public) {
        sim_expect(world, COVEY_ERR_REPLAY,
                   covey_mls_receive_proposal(group, message,
                                              sim_scratch(world), &info, NULL));
    }
}

/* To most members at once; to some only with the commit that takes it. */
static void spread(sim_world *world, sim_proposal *proposal)
{
    for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
        if (!world->members[leaf].present || leaf == proposal->proposer) {
            continue;
        }
        if (world->missed_handshakes < MISSED_MAX && sim_once_in(world, 12)) {
            world->missed_handshakes++;
            sim_note("%u: leaf %u does not hear of it", world->step,
                     (unsigned)leaf);
        } else {
            sim_deliver_proposal(world, proposal, leaf);
        }
    }
}

typedef struct {
    covey_mls_change change;
    covey_mls_renewal renewal;
    uint8_t seed[32];
    size_t candidate;
    uint32_t leaf;
} wish;

static bool wish_add(sim_world *world, wish *out)
{
    if (sim_num_members(world) + sim_pending_adds(world) >= world->size) {
        return false;
    }
    out->candidate = sim_new_candidate(world);
    if (out->candidate == SIM_CANDIDATES) return false;
    world->candidates[out->candidate].proposed = true;
    out->change.key_package =
        sim_view(&world->candidates[out->candidate].key_package);
    return true;
}

static bool wish_update(sim_world *world, wish *out, uint32_t proposer)
{
    if (world->members[proposer].proposed_update) return false;
    out->leaf = proposer;
    if (sim_once_in(world, 3)) {
        test_fill(&world->choices, out->seed, sizeof out->seed);
        out->renewal.sign_seed = out->seed;
    }
    if (sim_once_in(world, 3)) {
        out->renewal.set_extensions = true;
        out->renewal.extensions = sim_leaf_extensions(world);
    }
    return true;
}

/* Something that this member might propose; false: nothing just now. */
static bool make_wish(sim_world *world, wish *out, uint32_t proposer)
{
    static const covey_mls_change_kind kinds[] = {
        COVEY_MLS_UPDATE,     COVEY_MLS_UPDATE, COVEY_MLS_UPDATE,
        COVEY_MLS_ADD,        COVEY_MLS_ADD,    COVEY_MLS_REMOVE,
        COVEY_MLS_EXTENSIONS, COVEY_MLS_PSK};

    memset(out, 0, sizeof *out);
    out->leaf = COVEY_MLS_NO_LEAF;
    out->candidate = SIM_CANDIDATES;
    out->change.kind = kinds[test_below(&world->choices, 8)];
    switch (out->change.kind) {
    case COVEY_MLS_ADD: return wish_add(world, out);
    case COVEY_MLS_UPDATE: return wish_update(world, out, proposer);
    case COVEY_MLS_REMOVE:
        out->leaf = out->change.leaf = sim_any_member(world);
        return sim_num_members(world) > 2;
    case COVEY_MLS_PSK:
        out->change.psk_id =
            world->psks[test_below(&world->choices, SIM_PSKS)].id;
        return true;
    default: out->change.extensions = sim_policy(world); return true;
    }
}

/* It never left its proposer. */
static void withdraw(sim_world *world, uint32_t proposer,
                     const covey_mls_ref *ref)
{
    covey_mls_group *group = world->members[proposer].group;

    sim_ok(world, covey_mls_forget_proposal(group, ref));
    sim_expect(world, COVEY_ERR_REFERENCE,
               covey_mls_forget_proposal(group, ref));
    sim_require(world,
                !group->own_update.present ||
                    world->members[proposer].proposed_update,
                "the keys of a withdrawn Update are gone");
    world->missed_handshakes++;
    world->counts[SIM_FORGOTTEN]++;
}

/* Whether everybody has room for one more. */
static bool has_room(const sim_world *world)
{
    for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
        if (world->members[leaf].present &&
            world->members[leaf].group->proposals.used >
                COVEY_MLS_PROPOSAL_BYTES_MAX - COVEY_MLS_LEAF_NODE_MAX - 256) {
            return false;
        }
    }
    return world->num_proposals < COVEY_MLS_PROPOSALS_MAX;
}

/* What the model knows of a proposal that is on its way. */
static void record(sim_world *world, sim_proposal *proposal, const wish *wanted,
                   uint32_t proposer, const covey_mls_framing *framing)
{
    sim_member *member = &world->members[proposer];
    covey_bytes auth = framing->authenticated_data;

    proposal->kind = wanted->change.kind;
    proposal->proposer = proposer;
    proposal->leaf = wanted->leaf;
    proposal->candidate = wanted->candidate;
    proposal->is_public = framing->as_public;
    proposal->auth_len = auth.len;
    covey_copy(proposal->auth, auth.at, auth.len);
    memset(&proposal->known, 0, sizeof proposal->known);
    covey_leaf_set_add(&proposal->known, (covey_leaf_index){proposer});
    if (wanted->change.kind == COVEY_MLS_UPDATE) {
        member->proposed_update = true;
        memcpy(member->next_seed,
               wanted->renewal.sign_seed != NULL ? wanted->seed : member->seed,
               sizeof member->next_seed);
    }
}

/* The same words have the same name: it is one proposal, and who has heard
 * either message has it. */
static void join_both(sim_world *world, sim_proposal *same,
                      const sim_proposal *again)
{
    for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
        if (covey_leaf_set_has(&again->known, (covey_leaf_index){leaf})) {
            covey_leaf_set_add(&same->known, (covey_leaf_index){leaf});
        }
    }
    world->counts[SIM_REPEATED]++;
}

void sim_propose(sim_world *world)
{
    uint32_t proposer = sim_any_member(world);
    sim_member *member = &world->members[proposer];
    covey_mls_framing framing = sim_framing(world, true);
    wish wanted;

    if (!has_room(world) || !make_wish(world, &wanted, proposer)) return;
    sim_proposal *proposal = &world->proposals[world->num_proposals];
    int err =
        covey_mls_propose(member->group, &world->hook, &wanted.change,
                          &wanted.renewal, 1500, &framing, sim_scratch(world),
                          &proposal->message, &proposal->ref);

    sim_note("%u: leaf %u proposes %d about %d: %s", world->step,
             (unsigned)proposer, (int)wanted.change.kind, (int)wanted.leaf,
             covey_error_name(err));
    sim_ok(world, err);
    world->counts[SIM_PROPOSALS]++;
    sim_proposal *same = sim_find_proposal(world, &proposal->ref);
    if (same == NULL && world->missed_handshakes < MISSED_MAX &&
        sim_once_in(world, 12)) {
        if (wanted.candidate != SIM_CANDIDATES) {
            world->candidates[wanted.candidate].proposed = false;
        }
        withdraw(world, proposer, &proposal->ref);
        return;
    }
    record(world, proposal, &wanted, proposer, &framing);
    spread(world, proposal);
    if (same != NULL) {
        join_both(world, same, proposal);
    } else {
        world->num_proposals++;
    }
}

void sim_forget(sim_world *world)
{
    if (world->num_proposals == 0) return;

    size_t at = test_below(&world->choices, (uint32_t)world->num_proposals);
    sim_proposal gone = world->proposals[at];

    sim_note("%u: all forget what leaf %u proposed about %d", world->step,
             (unsigned)gone.proposer, (int)gone.leaf);
    for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
        if (!covey_leaf_set_has(&gone.known, (covey_leaf_index){leaf})) {
            continue;
        }
        sim_ok(world, covey_mls_forget_proposal(world->members[leaf].group,
                                                &gone.ref));
    }
    if (gone.kind == COVEY_MLS_UPDATE) {
        world->members[gone.proposer].proposed_update = false;
    }
    if (gone.candidate != SIM_CANDIDATES) {
        world->candidates[gone.candidate].proposed = false;
    }
    world->counts[SIM_FORGOTTEN]++;
    world->num_proposals--;
    for (size_t i = at; i < world->num_proposals; i++) {
        world->proposals[i] = world->proposals[i + 1];
    }
    world->proposals[world->num_proposals] = gone; /* its buffer stays ours */
}

void sim_end_proposals(sim_world *world)
{
    world->num_proposals = 0;
    world->missed_handshakes = 0;
    for (size_t i = 0; i < SIM_MEMBERS; i++) {
        world->members[i].proposed_update = false;
        world->members[i].lost_commits = 0;
    }
    for (size_t i = 0; i < SIM_CANDIDATES; i++) {
        world->candidates[i].proposed = false;
    }
}
