/* What a commit is to hold: random, and such that all must take it. */
#include "sim.h"

typedef struct {
    covey_leaf_set touched;
    size_t num_psks;
    bool extensions;
    bool needs_path;
} tally;

static covey_mls_change *next_change(sim_plan *plan, covey_mls_change_kind kind)
{
    size_t at = plan->options.num_changes++;

    plan->changes[at].kind = kind;
    plan->candidates[at] = SIM_CANDIDATES;
    return &plan->changes[at];
}

static void plan_add(sim_plan *plan, const sim_world *world, size_t candidate)
{
    next_change(plan, COVEY_MLS_ADD)->key_package =
        sim_view(&world->candidates[candidate].key_package);
    plan->candidates[plan->options.num_changes - 1] = candidate;
}

/* Somebody who waits and whom no proposal names, or somebody new. */
static size_t pick_candidate(sim_world *world, const sim_plan *plan)
{
    for (size_t i = 0; i < SIM_CANDIDATES; i++) {
        const sim_candidate *candidate = &world->candidates[i];
        bool taken =
            !candidate->present || candidate->proposed || candidate->reserved;

        for (size_t k = 0; k < plan->options.num_changes; k++) {
            taken = taken || plan->candidates[k] == i;
        }
        if (!taken) return i;
    }
    return sim_new_candidate(world);
}

static void plan_removes(sim_world *world, sim_plan *plan, tally *so_far,
                         uint32_t committer)
{
    uint32_t num = sim_num_members(world);
    uint32_t wanted = 0;
    uint32_t rarely = num * 2 < world->size ? 10 : 4;

    if (num < 2 || !sim_once_in(world, num >= world->size ? 2 : rarely)) return;
    wanted = 1 + test_below(&world->choices, num > 8 ? 4 : 2);
    if (wanted >= num) wanted = 1;
    for (; wanted != 0; wanted--) {
        uint32_t leaf = sim_other_member(world, committer);

        if (covey_leaf_set_has(&so_far->touched, (covey_leaf_index){leaf})) {
            continue;
        }
        covey_leaf_set_add(&so_far->touched, (covey_leaf_index){leaf});
        next_change(plan, COVEY_MLS_REMOVE)->leaf = leaf;
        so_far->needs_path = true;
    }
}

static void plan_adds(sim_world *world, sim_plan *plan)
{
    size_t num_removes = plan->options.num_changes;
    size_t here = sim_num_members(world) + sim_pending_adds(world);
    size_t room = world->size + num_removes;
    uint32_t wanted = 0;

    if (num_removes != 0 && sim_once_in(world, 3)) {
        size_t at =
            sim_new_candidate_for(world,
                                  &world->members[plan->changes[0].leaf]);

        if (at != SIM_CANDIDATES) plan_add(plan, world, at);
        room--;
    }
    if (here >= room) return;
    if (here * 2 > world->size && sim_once_in(world, 2)) return;
    wanted = 1 + test_below(&world->choices, SIM_ADDS_MAX);
    if (wanted > room - here) wanted = (uint32_t)(room - here);
    for (; wanted != 0; wanted--) {
        size_t at = pick_candidate(world, plan);

        if (at == SIM_CANDIDATES) return;
        plan_add(plan, world, at);
    }
}

static void plan_rest(sim_world *world, sim_plan *plan, tally *so_far)
{
    if (sim_once_in(world, 4)) {
        for (size_t i = 1 + test_below(&world->choices, 2); i != 0; i--) {
            next_change(plan, COVEY_MLS_PSK)->psk_id =
                world->psks[test_below(&world->choices, SIM_PSKS)].id;
            so_far->num_psks++;
        }
    }
    if (sim_once_in(world, 5)) {
        covey_bytes policy = sim_policy(world);

        covey_copy(plan->policy, policy.at, policy.len);
        next_change(plan, COVEY_MLS_EXTENSIONS)->extensions =
            covey_bytes_of(plan->policy, policy.len);
        so_far->extensions = true;
        so_far->needs_path = true;
    }
}

/* Whether a proposal can stand beside what is planned. */
static bool fits(const sim_proposal *proposal, const tally *so_far,
                 uint32_t committer)
{
    covey_leaf_index leaf = {proposal->leaf};

    if (!covey_leaf_set_has(&proposal->known, (covey_leaf_index){committer})) {
        return false;
    }
    switch (proposal->kind) {
    case COVEY_MLS_UPDATE:
    case COVEY_MLS_REMOVE:
        return leaf.value != committer &&
               !covey_leaf_set_has(&so_far->touched, leaf);
    case COVEY_MLS_PSK: return so_far->num_psks < COVEY_MLS_PSKS_MAX;
    case COVEY_MLS_EXTENSIONS: return !so_far->extensions;
    default: return true;
    }
}

static void plan_refs(sim_world *world, sim_plan *plan, tally *so_far,
                      uint32_t committer)
{
    for (size_t i = 0; i < world->num_proposals; i++) {
        const sim_proposal *proposal = &world->proposals[i];
        size_t num = plan->options.num_changes + plan->options.num_refs;

        if (num == COVEY_MLS_PROPOSALS_MAX || sim_once_in(world, 3) ||
            !fits(proposal, so_far, committer)) {
            continue;
        }
        plan->refs[plan->options.num_refs++] = proposal->ref;
        if (proposal->leaf != COVEY_MLS_NO_LEAF) {
            covey_leaf_set_add(&so_far->touched,
                               (covey_leaf_index){proposal->leaf});
        }
        if (proposal->kind == COVEY_MLS_PSK) so_far->num_psks++;
        if (proposal->kind == COVEY_MLS_EXTENSIONS) so_far->extensions = true;
        if (proposal->kind != COVEY_MLS_PSK &&
            proposal->kind != COVEY_MLS_ADD) {
            so_far->needs_path = true;
        }
    }
}

static void plan_renewal(sim_world *world, sim_plan *plan)
{
    covey_bytes extensions = sim_leaf_extensions(world);

    if (!sim_once_in(world, 3)) return;
    plan->options.renewal = &plan->renewal;
    if (sim_once_in(world, 2)) {
        test_fill(&world->choices, plan->seed, sizeof plan->seed);
        plan->renewal.sign_seed = plan->seed;
        plan->renews_sign_key = true;
    }
    if (sim_once_in(world, 2)) {
        covey_copy(plan->leaf_extensions, extensions.at, extensions.len);
        plan->renewal.set_extensions = true;
        plan->renewal.extensions =
            covey_bytes_of(plan->leaf_extensions, extensions.len);
    }
}

void sim_plan_commit(sim_world *world, uint32_t committer, sim_plan *plan)
{
    tally so_far = {{{0}}, 0, false, false};
    covey_mls_commit_options *options = &plan->options;
    covey_bytes auth;

    memset(plan, 0, sizeof *plan);
    plan->framing = sim_framing(world, true);
    auth = plan->framing.authenticated_data;
    covey_copy(plan->auth, auth.at, auth.len);
    plan->framing.authenticated_data = covey_bytes_of(plan->auth, auth.len);
    *options = (covey_mls_commit_options){.changes = plan->changes,
                                          .refs = plan->refs,
                                          .psks = world->psks,
                                          .num_psks = SIM_PSKS,
                                          .framing = &plan->framing};
    options->now_s = sim_once_in(world, 2) ? 1500 : 0;

    plan_removes(world, plan, &so_far, committer);
    plan_adds(world, plan);
    plan_rest(world, plan, &so_far);
    if (sim_once_in(world, 2)) {
        options->take_all = true;
    } else if (!sim_once_in(world, 3)) {
        plan_refs(world, plan, &so_far, committer);
    }
    bool is_empty = options->num_changes + options->num_refs == 0;
    options->without_path = !options->take_all && !so_far.needs_path &&
                            !is_empty && sim_once_in(world, 2);
    if (!options->without_path) plan_renewal(world, plan);
    plan->may_add = sim_pending_adds(world) != 0;
    for (size_t i = 0; i < options->num_changes; i++) {
        if (plan->changes[i].kind == COVEY_MLS_ADD) plan->may_add = true;
    }
}
