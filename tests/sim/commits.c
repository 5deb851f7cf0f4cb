/* From one epoch to the next. */
#include "outcome.h"

/* ---- making ---- */

static bool make(sim_world *world, uint32_t leaf, sim_plan *plan,
                 covey_buffer *commit, covey_buffer *welcome)
{
    sim_member *member = &world->members[leaf];

    sim_plan_commit(world, leaf, plan);
    covey_buffer *scratch =
        plan->may_add ? sim_adders_scratch(world) : sim_scratch(world);
    memcpy(world->before, member->group, covey_mls_group_size());
    int err = covey_mls_commit(member->group, &world->hook, &plan->options,
                               member->pending, scratch, commit, welcome);
    sim_note("%u: leaf %u commits %u and %u%s%s: %s, %u bytes", world->step,
             (unsigned)leaf, (unsigned)plan->options.num_changes,
             (unsigned)plan->options.num_refs,
             plan->options.take_all ? " and all" : "",
             plan->options.without_path ? " without path" : "",
             covey_error_name(err), (unsigned)commit->len);
    if (err == COVEY_ERR_CAPACITY && SIM_MEMBERS > 32) {
        sim_require(world,
                    memcmp(world->before, member->group,
                           covey_mls_group_size()) == 0 &&
                        member->pending->state == COVEY_STAGED_EMPTY &&
                        commit->len == 0 && welcome->len == 0,
                    "what fails changes nothing");
        world->counts[SIM_TOO_LONG]++;
        return false;
    }
    sim_ok(world, err);
    return true;
}

void sim_lose(sim_world *world, uint32_t leaf)
{
    sim_member *member = &world->members[leaf];

    if (sim_once_in(world, 3)) sim_reload(world, leaf);
    covey_mls_drop(member->pending);
    sim_expect(world, COVEY_ERR_STATE,
               covey_mls_merge(member->group, member->pending));
}

void sim_lose_commit(sim_world *world)
{
    uint32_t leaf = sim_any_member(world);
    sim_plan plan;

    if (world->missed_handshakes >= COVEY_MLS_HANDSHAKE_SKIPPED_MAX / 2 ||
        !make(world, leaf, &plan, &world->commit, &world->welcome)) {
        return;
    }
    world->missed_handshakes++;
    world->counts[SIM_LOST_COMMITS]++;
    sim_lose(world, leaf);
}

void sim_overfill(sim_world *world)
{
    uint32_t leaf = sim_any_member(world);
    sim_member *member = &world->members[leaf];

    if (sim_num_members(world) < SIM_MEMBERS) return;

    size_t candidate = sim_new_candidate(world);
    if (candidate == SIM_CANDIDATES) return;
    const covey_mls_change change = {
        .kind = COVEY_MLS_ADD,
        .key_package = sim_view(&world->candidates[candidate].key_package)};
    const covey_mls_commit_options options = {.changes = &change,
                                              .num_changes = 1};

    memcpy(world->before, member->group, covey_mls_group_size());
    sim_expect(world, COVEY_ERR_CAPACITY,
               covey_mls_commit(member->group, &world->hook, &options,
                                member->pending, sim_adders_scratch(world),
                                &world->commit, &world->welcome));
    sim_require(world,
                memcmp(world->before, member->group, covey_mls_group_size()) ==
                        0 &&
                    member->pending->state == COVEY_STAGED_EMPTY,
                "what fails changes nothing");
    world->counts[SIM_FULL]++;
}

/* ---- all of it ---- */

static void follow_seeds(sim_world *world, const sim_outcome *out)
{
    sim_member *committer = &world->members[out->committer];

    for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
        sim_member *member = &world->members[leaf];

        if (!covey_leaf_set_has(&out->updated, (covey_leaf_index){leaf})) {
            continue;
        }
        if (memcmp(member->seed, member->next_seed, sizeof member->seed) != 0) {
            world->counts[SIM_NEW_SIGN_KEYS]++;
        }
        memcpy(member->seed, member->next_seed, sizeof member->seed);
    }
    if (out->plan->renews_sign_key) {
        memcpy(committer->seed, out->plan->seed, sizeof committer->seed);
        world->counts[SIM_NEW_SIGN_KEYS]++;
    }
    if (out->plan->renewal.set_extensions) {
        world->counts[SIM_NEW_LEAF_EXTENSIONS]++;
    }
}

static void follow_extensions(sim_world *world, const sim_outcome *out)
{
    for (size_t i = 0; i < out->info.num_changes; i++) {
        covey_bytes list = out->changes[i].extensions;

        if (out->changes[i].kind != COVEY_MLS_EXTENSIONS) continue;
        sim_require(world, list.len <= sizeof world->extensions,
                    "the extensions are ours");
        covey_copy(world->extensions, list.at, list.len);
        world->extensions_len = list.len;
    }
}

/* The epoch is another one for everybody. */
static void settle(sim_world *world, const sim_outcome *out)
{
    uint32_t width = world->members[out->committer].group->epoch.tree.width;

    world->counts[SIM_GROWTHS] += width > world->width;
    world->counts[SIM_TRUNCATIONS] += width < world->width;
    world->counts[SIM_EPOCHS]++;
    world->width = width;
    sim_end_proposals(world);
    sim_forget_late(world);
    sim_note("%u: epoch %llu, %u members, width %u", world->step,
             (unsigned long long)out->info.epoch,
             (unsigned)sim_num_members(world), (unsigned)width);
}

static void deliver(sim_world *world, sim_outcome *out)
{
    sim_member *committer = &world->members[out->committer];

    sim_foresee(world, out);
    follow_extensions(world, out);
    memcpy(world->staged_next, &committer->pending->next,
           sizeof *world->staged_next);
    sim_check_commit(world, committer->group, out->commit);
    for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
        if (!world->members[leaf].present || leaf == out->committer) continue;
        sim_follow(world, out, leaf);
    }
    sim_ok(world, covey_mls_merge(committer->group, committer->pending));
    sim_expect(world, COVEY_ERR_STATE,
               covey_mls_merge(committer->group, committer->pending));
    follow_seeds(world, out);
    for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
        if (covey_leaf_set_has(&out->removed, (covey_leaf_index){leaf})) {
            world->members[leaf].present = false;
        }
    }
    for (size_t i = 0; i < out->info.num_changes; i++) {
        if (out->changes[i].kind == COVEY_MLS_ADD) sim_join(world, out, i);
    }
    settle(world, out);
}

static void sweep(sim_world *world)
{
    for (size_t i = 0; i < SIM_CANDIDATES; i++) {
        if (world->candidates[i].present && world->candidates[i].reserved) {
            sim_drop_candidate(&world->candidates[i]);
        }
    }
}

void sim_commit(sim_world *world)
{
    static sim_plan plan;
    static sim_plan other_plan;
    uint32_t leaf = sim_any_member(world);
    sim_outcome out;

    memset(&out, 0, sizeof out);
    if (!make(world, leaf, &plan, &world->commit, &world->welcome)) return;
    out.committer = leaf;
    out.commit = sim_view(&world->commit);
    out.welcome = sim_view(&world->welcome);
    out.plan = &plan;
    if (sim_num_members(world) > 1 && sim_once_in(world, 5)) {
        uint32_t other = sim_other_member(world, leaf);

        if (make(world, other, &other_plan, &world->other_commit,
                 &world->other_welcome)) {
            world->counts[SIM_RACES]++;
            if (sim_once_in(world, 2)) {
                out.committer = other;
                out.commit = sim_view(&world->other_commit);
                out.welcome = sim_view(&world->other_welcome);
                out.plan = &other_plan;
            }
        }
    }
    if (sim_once_in(world, 4)) sim_reload(world, out.committer);
    deliver(world, &out);
    sweep(world);
}
