/* Devices: those who would like to join, and restarts. */
#include "sim.h"

#include <stdio.h>

#include "base/writer.h"

covey_bytes sim_identity(uint32_t device)
{
    static char text[24];

    (void)snprintf(text, sizeof text, "device-%u", (unsigned)device);
    return covey_bytes_of_text(text);
}

/* Extension types of a private range: of leaves and of the group. */
static const uint16_t extension_types[] = {0xf0c1, 0xf0c2};

covey_bytes sim_leaf_extensions(sim_world *world)
{
    static uint8_t room[64];
    covey_writer w = covey_writer_of(room, sizeof room);
    uint8_t data[24];
    uint32_t len = test_below(&world->choices, sizeof data + 1);

    if (sim_once_in(world, 3)) return covey_bytes_of(room, 0);
    test_fill(&world->choices, data, len);
    covey_write_u16(&w, extension_types[0]);
    covey_write_vec(&w, covey_bytes_of(data, len));
    return covey_writer_since(&w, 0);
}

covey_mls_member sim_describe(sim_world *world, uint32_t device)
{
    return (covey_mls_member){
        .identity = sim_identity(device),
        .extension_types = extension_types,
        .num_extension_types = 2,
        .extensions = sim_leaf_extensions(world),
        .not_before_s = 1000,
        .not_after_s = 2000,
    };
}

/* Somebody who was removed and is neither here nor waiting. */
static const sim_ghost *returning(sim_world *world)
{
    const sim_ghost *ghost =
        &world->ghosts[test_below(&world->choices, SIM_GHOSTS)];

    if (!ghost->present) return NULL;
    for (size_t i = 0; i < SIM_MEMBERS; i++) {
        const sim_member *member = &world->members[i];

        if (member->present && member->device == ghost->device) return NULL;
    }
    for (size_t i = 0; i < SIM_CANDIDATES; i++) {
        const sim_candidate *candidate = &world->candidates[i];

        if (candidate->present && candidate->device == ghost->device) {
            return NULL;
        }
    }
    return ghost;
}

static size_t free_candidate(const sim_world *world)
{
    size_t at = 0;

    while (at < SIM_CANDIDATES && world->candidates[at].present) at++;
    return at;
}

static void make_candidate(sim_world *world, sim_candidate *candidate,
                           uint32_t device, const char *again)
{
    covey_mls_member member = sim_describe(world, device);

    sim_ok(world,
           covey_mls_joiner_new(candidate->joiner, &world->hook, &member,
                                candidate->seed, &candidate->key_package));
    candidate->device = device;
    candidate->present = true;
    candidate->proposed = false;
    candidate->reserved = false;
    sim_note("%u: device %u would like to join%s", world->step,
             (unsigned)device, again);
}

size_t sim_new_candidate(sim_world *world)
{
    size_t at = free_candidate(world);
    const sim_ghost *ghost = returning(world);

    if (at == SIM_CANDIDATES) return at;

    sim_candidate *candidate = &world->candidates[at];
    test_fill(&world->choices, candidate->seed, sizeof candidate->seed);
    if (ghost != NULL) {
        if (sim_once_in(world, 2)) {
            memcpy(candidate->seed, ghost->seed, sizeof candidate->seed);
        }
        make_candidate(world, candidate, ghost->device, " again");
    } else {
        make_candidate(world, candidate, world->next_device++, "");
    }
    return at;
}

size_t sim_new_candidate_for(sim_world *world, const sim_member *member)
{
    size_t at = free_candidate(world);

    if (at == SIM_CANDIDATES) return at;

    sim_candidate *candidate = &world->candidates[at];
    memcpy(candidate->seed, member->seed, sizeof candidate->seed);
    make_candidate(world, candidate, member->device, " anew");
    candidate->reserved = true;
    return at;
}

size_t sim_pending_adds(const sim_world *world)
{
    size_t num = 0;

    for (size_t i = 0; i < SIM_CANDIDATES; i++) {
        num += world->candidates[i].present && world->candidates[i].proposed;
    }
    return num;
}

void sim_drop_candidate(sim_candidate *candidate)
{
    covey_mls_joiner_wipe(candidate->joiner);
    candidate->present = false;
}

void sim_reload(sim_world *world, uint32_t leaf)
{
    sim_member *member = &world->members[leaf];
    bool pending = member->pending->state != COVEY_STAGED_EMPTY;
    covey_mls_staged *staged = pending ? member->pending : NULL;

    sim_note("%u: leaf %u restarts%s", world->step, (unsigned)leaf,
             pending ? " with a pending commit" : "");
    sim_ok(world, covey_mls_group_save(member->group, staged, &world->saved));
    covey_mls_group_wipe(member->group);
    covey_mls_drop(member->pending);
    sim_ok(world, covey_mls_group_load(member->group, member->pending,
                                       sim_view(&world->saved)));
    sim_require(world,
                (member->pending->state != COVEY_STAGED_EMPTY) == pending,
                "the pending commit is there as before");
    sim_ok(world, covey_mls_group_save(member->group, staged, &world->again));
    sim_require(world,
                covey_bytes_same(sim_view(&world->saved),
                                 sim_view(&world->again)),
                "loaded and saved again, it is the same");
    world->counts[SIM_LOADS]++;
    if (pending) world->counts[SIM_LOADS_PENDING]++;
}

static size_t pad_to_buckets(size_t len)
{
    size_t bucket = 256;

    while (bucket < len) bucket *= 2;
    return bucket <= COVEY_MLS_HANDSHAKE_MAX / 2 ? bucket : len;
}

covey_mls_framing sim_framing(sim_world *world, bool handshake)
{
    static uint8_t auth[SIM_AUTH_ROOM];
    covey_mls_framing framing = {.as_public =
                                     handshake && sim_once_in(world, 4)};

    if (sim_once_in(world, 2)) framing.pad = pad_to_buckets;
    if (sim_once_in(world, 2)) {
        size_t len = test_below(&world->choices, sizeof auth + 1);

        test_fill(&world->choices, auth, len);
        framing.authenticated_data = covey_bytes_of(auth, len);
    }
    return framing;
}
