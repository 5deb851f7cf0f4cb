/* How newcomers come in. */
#include "outcome.h"

static const covey_bytes nothing;

static void refuse_welcome(sim_world *world, const sim_outcome *out,
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

static void stage_join(sim_world *world, const sim_outcome *out,
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

void sim_join(sim_world *world, const sim_outcome *out, size_t change)
{
    uint32_t leaf = out->changes[change].leaf;
    sim_member *member = &world->members[leaf];
    sim_candidate *candidate = &world->candidates[out->candidates[change]];

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
