/* From one epoch to the next. */
#include "sim.h"

static const covey_bytes nothing;

/* What a commit does, as the model sees it. */
typedef struct {
    uint32_t committer;
    covey_bytes commit;
    covey_bytes welcome;
    const sim_plan *plan;
    covey_mls_staged_info_data info;
    covey_mls_change_info changes[COVEY_MLS_PROPOSALS_MAX];
    size_t candidates[COVEY_MLS_PROPOSALS_MAX]; /* of an ADD */
    covey_leaf_set removed;
    covey_leaf_set updated;
    size_t num_psks;
    uint8_t exported[32];
} outcome;

/* ---- making ---- */

static bool make(sim_world *world, uint32_t leaf, sim_plan *plan,
                 covey_buffer *commit, covey_buffer *welcome)
{
    sim_member *member = &world->members[leaf];

    sim_plan_commit(world, leaf, plan);
    memcpy(world->before, member->group, covey_mls_group_size());
    int err =
        covey_mls_commit(member->group, &world->hook, &plan->options,
                         member->pending, sim_scratch(world), commit, welcome);
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

/* Its own commit is gone: another one won, or it never left. */
static void lose(sim_world *world, uint32_t leaf)
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
    lose(world, leaf);
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
                                member->pending, sim_scratch(world),
                                &world->commit, &world->welcome));
    sim_require(world,
                memcmp(world->before, member->group, covey_mls_group_size()) ==
                        0 &&
                    member->pending->state == COVEY_STAGED_EMPTY,
                "what fails changes nothing");
    world->counts[SIM_FULL]++;
}

/* ---- what it will do ---- */

static void note_leaf(sim_world *world, outcome *out,
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
static void note_adds(sim_world *world, outcome *out)
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

static void foresee(sim_world *world, outcome *out)
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

/* ---- the others ---- */

/* The proposals that this member has not heard of are beside the commit. */
static void catch_up(sim_world *world, const outcome *out, uint32_t leaf)
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
static void fail_privately(sim_world *world, const outcome *out, uint32_t leaf)
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
static void inspect(sim_world *world, const outcome *out, uint32_t leaf)
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

static void stage(sim_world *world, const outcome *out, uint32_t leaf)
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
static void bury(sim_world *world, const outcome *out, uint32_t leaf,
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

static void end_part(sim_world *world, const outcome *out, uint32_t leaf)
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

static void process(sim_world *world, const outcome *out, uint32_t leaf)
{
    sim_member *member = &world->members[leaf];
    bool removed = covey_leaf_set_has(&out->removed, (covey_leaf_index){leaf});

    if (member->pending->state != COVEY_STAGED_EMPTY) lose(world, leaf);
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

/* ---- the newcomers ---- */

static void refuse_welcome(sim_world *world, const outcome *out,
                           const sim_candidate *candidate)
{
    if (out->num_psks != 0 && sim_once_in(world, 2)) {
        sim_expect(world, COVEY_ERR_PSK,
                   covey_mls_stage_welcome(world->staged, candidate->joiner,
                                           out->welcome, nothing, NULL, 0, NULL,
                                           sim_scratch(world)));
    }
    for (size_t i = 0; i < SIM_CANDIDATES; i++) {
        const sim_candidate *other = &world->candidates[i];
        bool invited = !other->present;

        for (size_t k = 0; k < out->info.num_changes; k++) {
            invited = invited || (out->changes[k].kind == COVEY_MLS_ADD &&
                                  out->candidates[k] == i);
        }
        if (invited) continue;
        sim_expect(world, COVEY_ERR_REFERENCE,
                   covey_mls_stage_welcome(world->staged, other->joiner,
                                           out->welcome, nothing, world->psks,
                                           SIM_PSKS, NULL, sim_scratch(world)));
    }
}

static void reload_joiner(sim_world *world, const sim_candidate *candidate)
{
    sim_ok(world, covey_mls_joiner_save(candidate->joiner, &world->saved));
    covey_mls_joiner_wipe(candidate->joiner);
    sim_ok(world,
           covey_mls_joiner_load(candidate->joiner, sim_view(&world->saved)));
}

static void stage_join(sim_world *world, const outcome *out,
                       const sim_candidate *candidate)
{
    covey_mls_staged_info_data info;
    covey_mls_member_info one;
    uint32_t num = 0;

    sim_ok(world, covey_mls_stage_welcome(world->staged, candidate->joiner,
                                          out->welcome, nothing, world->psks,
                                          SIM_PSKS, NULL, sim_scratch(world)));
    sim_ok(world, covey_mls_staged_info(world->staged, &info));
    sim_require(world,
                info.is_join && info.committer == out->committer &&
                    info.epoch == out->info.epoch,
                "a Welcome is described");
    one.leaf = COVEY_MLS_NO_LEAF;
    while (covey_mls_staged_next_member(world->staged, one.leaf, &one)) num++;
    sim_require(world,
                num ==
                    covey_mls_num_members(world->members[out->committer].group),
                "a Welcome lists the members");
}

static void join(sim_world *world, const outcome *out, size_t at)
{
    uint32_t leaf = out->changes[at].leaf;
    sim_member *member = &world->members[leaf];
    sim_candidate *candidate = &world->candidates[out->candidates[at]];

    if (sim_once_in(world, 4)) reload_joiner(world, candidate);
    refuse_welcome(world, out, candidate);
    stage_join(world, out, candidate);
    if (sim_once_in(world, 6)) {
        covey_mls_drop(world->staged);
        stage_join(world, out, candidate);
    }
    covey_mls_group_wipe(member->group);
    sim_ok(world,
           covey_mls_join(member->group, candidate->joiner, world->staged));
    sim_expect(world, COVEY_ERR_STATE,
               covey_mls_stage_welcome(world->staged, candidate->joiner,
                                       out->welcome, nothing, world->psks,
                                       SIM_PSKS, NULL, sim_scratch(world)));
    for (size_t i = 0; i < SIM_GHOSTS; i++) {
        const sim_ghost *ghost = &world->ghosts[i];

        if (ghost->present && ghost->device == candidate->device) {
            world->counts[SIM_REJOINS]++;
            break;
        }
    }
    member->present = true;
    member->has_past = false;
    member->device = candidate->device;
    memcpy(member->seed, candidate->seed, sizeof member->seed);
    candidate->present = false;
    sim_note("%u: device %u is leaf %u", world->step, (unsigned)member->device,
             (unsigned)leaf);
    sim_check_newcomer(world, leaf);
}

/* ---- all of it ---- */

static void follow_seeds(sim_world *world, const outcome *out)
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

static void follow_extensions(sim_world *world, const outcome *out)
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
static void settle(sim_world *world, const outcome *out)
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

/* Views that the pending commit and the proposals lend end with them. */
static void deliver(sim_world *world, outcome *out)
{
    sim_member *committer = &world->members[out->committer];

    foresee(world, out);
    follow_extensions(world, out);
    memcpy(world->staged_next, &committer->pending->next,
           sizeof *world->staged_next);
    sim_check_commit(world, committer->group, out->commit);
    for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
        if (!world->members[leaf].present || leaf == out->committer) continue;
        process(world, out, leaf);
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
        if (out->changes[i].kind == COVEY_MLS_ADD) join(world, out, i);
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
    outcome out;

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
