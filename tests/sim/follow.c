/* How another member takes a commit. */
#include "outcome.h"

static const covey_bytes nothing;

/* The proposals that this member has not heard of are beside the commit. */
static void catch_up(sim_world *world, const sim_outcome *out, uint32_t leaf)
{
    sim_member *member = &world->members[leaf];
    bool tried = !sim_once_in(world, 2);

    for (size_t i = 0; i < out->info.num_changes; i++) {
        sim_proposal *proposal = NULL;

        if (!out->changes[i].by_reference) continue;
        proposal = sim_find_proposal(world, &out->changes[i].ref);
        sim_require(world, proposal != NULL, "a proposal of this epoch");
        if (covey_leaf_set_has(&proposal->known, (covey_leaf_index){leaf})) {
            continue;
        }
        if (!tried) {
            sim_expect(world, COVEY_ERR_REFERENCE,
                       covey_mls_stage(member->group, world->staged,
                                       out->commit, world->psks, SIM_PSKS,
                                       sim_scratch(world)));
            tried = true;
        }
        sim_deliver_proposal(world, proposal, leaf);
        world->counts[SIM_LATE_PROPOSALS]++;
    }
}

/* Without the pre-shared keys it fails privately, and can be looked at. */
static void fail_privately(sim_world *world, const sim_outcome *out,
                           uint32_t leaf)
{
    sim_member *member = &world->members[leaf];
    covey_mls_staged_info_data info;
    uint8_t secret[32];

    sim_expect(world, COVEY_ERR_PSK,
               covey_mls_stage(member->group, world->staged, out->commit, NULL,
                               0, sim_scratch(world)));
    sim_ok(world, covey_mls_staged_info(world->staged, &info));
    sim_require(world, info.num_changes == out->info.num_changes,
                "what failed privately can be inspected");
    sim_expect(world, COVEY_ERR_STATE,
               covey_mls_staged_export(world->staged, "sim", nothing, secret,
                                       sizeof secret));
    sim_expect(world, COVEY_ERR_STATE,
               covey_mls_merge(member->group, world->staged));
    covey_mls_drop(world->staged);
    world->counts[SIM_PRIVATELY_FAILED]++;
}

static bool same_change(const covey_mls_change_info *a,
                        const covey_mls_change_info *b)
{
    return a->kind == b->kind && a->proposer == b->proposer &&
           a->by_reference == b->by_reference &&
           (!a->by_reference || memcmp(&a->ref, &b->ref, sizeof a->ref) == 0) &&
           a->leaf == b->leaf && covey_bytes_same(a->identity, b->identity) &&
           covey_bytes_same(a->psk_id, b->psk_id) &&
           covey_bytes_same(a->extensions, b->extensions);
}

/* Everybody is told the same. */
static void inspect(sim_world *world, const sim_outcome *out, uint32_t leaf)
{
    sim_member *member = &world->members[leaf];
    covey_mls_staged_info_data info;
    bool removed = covey_leaf_set_has(&out->removed, (covey_leaf_index){leaf});
    uint8_t secret[32];

    sim_ok(world, covey_mls_staged_info(world->staged, &info));
    sim_require(world,
                info.epoch == out->info.epoch && !info.is_own &&
                    !info.is_join && info.committer == out->committer &&
                    info.has_path == out->info.has_path &&
                    info.num_changes == out->info.num_changes &&
                    info.removes_self == removed &&
                    covey_bytes_same(info.authenticated_data,
                                     out->info.authenticated_data),
                "leaf %u is told what the commit is", (unsigned)leaf);
    for (size_t i = 0; i < info.num_changes; i++) {
        covey_mls_change_info change;

        sim_ok(world, covey_mls_staged_change(member->group, world->staged, i,
                                              &change));
        sim_require(world, same_change(&change, &out->changes[i]),
                    "leaf %u is told change %u", (unsigned)leaf, (unsigned)i);
    }
    if (removed) {
        sim_expect(world, COVEY_ERR_STATE,
                   covey_mls_staged_export(world->staged, "sim", nothing,
                                           secret, sizeof secret));
    } else {
        sim_ok(world, covey_mls_staged_export(world->staged, "sim", nothing,
                                              secret, sizeof secret));
        sim_require(world, memcmp(secret, out->exported, sizeof secret) == 0,
                    "leaf %u exports the same before merging", (unsigned)leaf);
    }
    if (sim_once_in(world, 16)) {
        sim_expect(world, COVEY_ERR_STATE,
                   covey_mls_group_save(member->group, world->staged,
                                        &world->saved));
    }
}

static void stage(sim_world *world, const sim_outcome *out, uint32_t leaf)
{
    sim_member *member = &world->members[leaf];

    memcpy(world->before, member->group, covey_mls_group_size());
    sim_ok(world, covey_mls_stage(member->group, world->staged, out->commit,
                                  world->psks, SIM_PSKS, sim_scratch(world)));
    sim_require(world,
                memcmp(world->before, member->group, covey_mls_group_size()) ==
                    0,
                "staging changes nothing");
    inspect(world, out, leaf);
}

static bool is_unmerged(const covey_mls_group *group)
{
    const covey_tree *tree = &group->epoch.tree;
    covey_leaf_index self = group->epoch.keys.self;
    unsigned height = covey_node_level(covey_tree_root(tree->width));

    for (unsigned level = 1; level <= height; level++) {
        const covey_parent_node *parent =
            covey_tree_parent(tree, covey_node_above(self, level));

        if (parent != NULL &&
            covey_leaf_set_has(&parent->unmerged_leaves, self)) {
            return true;
        }
    }
    return false;
}

/* Its part ends here. Old states of it become ghosts. */
static void bury(sim_world *world, const sim_outcome *out, uint32_t leaf,
                 const covey_mls_group *state)
{
    sim_member *member = &world->members[leaf];
    sim_ghost *ghost = &world->ghosts[world->next_ghost++ % SIM_GHOSTS];

    ghost->present = true;
    ghost->device = member->device;
    memcpy(ghost->seed, member->seed, sizeof ghost->seed);
    memcpy(ghost->group, state, covey_mls_group_size());
    sim_list_keys(ghost);
    sim_require(world,
                sim_open_path(world, ghost->group, world->spare,
                              world->staged_next, out->commit) == 0,
                "a removed member cannot open the path that removes it");
    world->counts[SIM_OUTSIDERS]++;
}

static void end_part(sim_world *world, const sim_outcome *out, uint32_t leaf)
{
    sim_member *member = &world->members[leaf];
    covey_mls_staged_info_data info;
    uint8_t secret[32];

    sim_require(world, !covey_mls_is_open(member->group),
                "a removed member's group is closed");
    sim_expect(world, COVEY_ERR_STATE,
               covey_mls_protect(member->group, &world->hook, nothing, NULL,
                                 sim_scratch(world), &world->message));
    sim_expect(world, COVEY_ERR_STATE,
               covey_mls_stage(member->group, world->staged, out->commit, NULL,
                               0, sim_scratch(world)));
    sim_expect(world, COVEY_ERR_STATE,
               covey_mls_staged_info(world->staged, &info));
    sim_expect(world, COVEY_ERR_STATE,
               covey_mls_export(member->group, "sim", nothing, secret,
                                sizeof secret));
    sim_reload(world, leaf);
    sim_require(world, !covey_mls_is_open(member->group),
                "and stays closed when loaded");
}

void sim_follow(sim_world *world, const sim_outcome *out, uint32_t leaf)
{
    sim_member *member = &world->members[leaf];
    bool removed = covey_leaf_set_has(&out->removed, (covey_leaf_index){leaf});

    if (member->pending->state != COVEY_STAGED_EMPTY) sim_lose(world, leaf);
    catch_up(world, out, leaf);
    if (out->num_psks != 0 && !removed && sim_once_in(world, 4)) {
        fail_privately(world, out, leaf);
    }
    stage(world, out, leaf);
    if (sim_once_in(world, 6)) {
        covey_mls_drop(world->staged);
        if (sim_once_in(world, 2)) sim_reload(world, leaf);
        stage(world, out, leaf);
        world->counts[SIM_REFUSED]++;
    }
    if (out->info.has_path && !removed && is_unmerged(member->group)) {
        world->counts[SIM_UNMERGED]++;
    }
    memcpy(world->spare, member->group, covey_mls_group_size());
    if (out->info.has_path && !removed && sim_once_in(world, 8)) {
        sim_require(world,
                    sim_open_path(world, world->spare, world->spare,
                                  world->staged_next, out->commit) != 0,
                    "one who stays can open the path");
    }
    sim_ok(world, covey_mls_merge(member->group, world->staged));
    if (removed) {
        bury(world, out, leaf, world->spare);
        if (member->has_past) bury(world, out, leaf, member->past);
        end_part(world, out, leaf);
    }
}
