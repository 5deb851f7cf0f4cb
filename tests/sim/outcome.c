/* What the winning commit will do. */
#include "outcome.h"

static const covey_bytes nothing;

static void note_leaf(sim_world *world, sim_outcome *out,
                      const covey_mls_change_info *change)
{
    covey_leaf_index leaf = {change->leaf};
    bool by_reference = change->by_reference;

    if (change->kind == COVEY_MLS_REMOVE) {
        covey_leaf_set_add(&out->removed, leaf);
        world->counts[SIM_REMOVES]++;
        world->counts[SIM_REMOVES_BY_REFERENCE] += by_reference;
        world->counts[SIM_SELF_REMOVES] += change->proposer == leaf.value;
    } else {
        covey_leaf_set_add(&out->updated, leaf);
        world->counts[SIM_UPDATES]++;
    }
    sim_require(world,
                covey_bytes_same(change->identity,
                                 sim_identity(
                                     world->members[leaf.value].device)),
                "a change names its subject");
}

/* Newcomers take the leftmost empty leaves, in order. */
static void note_adds(sim_world *world, sim_outcome *out)
{
    covey_leaf_set taken = {{0}};
    unsigned num = 0;

    for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
        if (world->members[leaf].present &&
            !covey_leaf_set_has(&out->removed, (covey_leaf_index){leaf})) {
            covey_leaf_set_add(&taken, (covey_leaf_index){leaf});
        }
    }
    for (size_t i = 0; i < out->info.num_changes; i++) {
        const covey_mls_change_info *change = &out->changes[i];
        covey_leaf_index leaf = {0};
        const sim_candidate *candidate = NULL;

        if (change->kind != COVEY_MLS_ADD) continue;
        out->candidates[i] =
            change->by_reference
                ? sim_find_proposal(world, &change->ref)->candidate
                : out->plan->candidates[i];
        candidate = &world->candidates[out->candidates[i]];
        while (covey_leaf_set_has(&taken, leaf)) leaf.value++;
        covey_leaf_set_add(&taken, leaf);
        sim_require(world,
                    change->leaf == leaf.value &&
                        covey_bytes_same(change->identity,
                                         sim_identity(candidate->device)),
                    "the newcomer's leaf is the leftmost that is free");
        if (covey_leaf_set_has(&out->removed, leaf)) {
            world->counts[SIM_REPLACEMENTS]++;
        }
        num++;
        world->counts[SIM_ADDS_BY_REFERENCE] += change->by_reference;
    }
    world->counts[SIM_ADDS] += num;
    if (num > 1) world->counts[SIM_ADDS_TOGETHER]++;
}

void sim_foresee(sim_world *world, sim_outcome *out)
{
    sim_member *member = &world->members[out->committer];
    const covey_mls_staged *staged = member->pending;

    sim_ok(world, covey_mls_staged_info(staged, &out->info));
    sim_require(world,
                out->info.is_own && !out->info.is_join &&
                    !out->info.removes_self &&
                    out->info.committer == out->committer &&
                    out->info.has_path != out->plan->options.without_path &&
                    out->info.epoch == covey_mls_epoch(member->group) + 1,
                "one's own commit is described");
    for (size_t i = 0; i < out->info.num_changes; i++) {
        covey_mls_change_info *change = &out->changes[i];

        sim_ok(world,
               covey_mls_staged_change(member->group, staged, i, change));
        switch (change->kind) {
        case COVEY_MLS_REMOVE:
        case COVEY_MLS_UPDATE: note_leaf(world, out, change); break;
        case COVEY_MLS_PSK: out->num_psks++; break;
        case COVEY_MLS_EXTENSIONS: world->counts[SIM_POLICIES]++; break;
        default: break;
        }
    }
    world->counts[SIM_PSKS_USED] += out->num_psks;
    world->counts[SIM_WITHOUT_PATH] += !out->info.has_path;
    note_adds(world, out);
    sim_ok(world, covey_mls_staged_export(staged, "sim", nothing, out->exported,
                                          sizeof out->exported));
}
