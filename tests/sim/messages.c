/* Application messages: in order, out of order, late, twice. */
#include "sim.h"

static const covey_bytes nothing;

typedef struct {
    uint32_t from;
    uint32_t generation;
    covey_bytes auth;
    covey_bytes data;
    covey_bytes message;
} sent;

static void read_it(sim_world *world, uint32_t leaf, const sent *what)
{
    sim_member *member = &world->members[leaf];
    covey_mls_received received;

    sim_ok(world, covey_mls_unprotect(member->group, what->message,
                                      sim_scratch(world), &received));
    sim_require(world,
                received.sender == what->from &&
                    received.generation == what->generation &&
                    covey_bytes_same(received.data, what->data) &&
                    covey_bytes_same(received.authenticated_data, what->auth) &&
                    covey_bytes_same(received.identity,
                                     sim_identity(
                                         world->members[what->from].device)),
                "leaf %u reads what leaf %u wrote", (unsigned)leaf,
                (unsigned)what->from);
    world->counts[SIM_MESSAGES]++;
}

static void refuse_it(sim_world *world, uint32_t leaf, covey_bytes message,
                      int want)
{
    sim_member *member = &world->members[leaf];
    covey_mls_received received;

    memcpy(world->before, member->group, covey_mls_group_size());
    sim_expect(world, want,
               covey_mls_unprotect(member->group, message, sim_scratch(world),
                                   &received));
    sim_require(world,
                memcmp(world->before, member->group, covey_mls_group_size()) ==
                    0,
                "what is refused changes nothing");
}

/* One from `from`, into world->message. data and framing live as long as
 * their buffers do. */
static sent write_one(sim_world *world, uint32_t from, uint8_t data[64],
                      const covey_mls_framing *framing)
{
    sim_member *member = &world->members[from];
    size_t len = test_below(&world->choices, 65);
    sent what = {.from = from, .auth = framing->authenticated_data};

    test_fill(&world->choices, data, len);
    what.data = covey_bytes_of(data, len);
    what.generation = covey_secret_tree_next(&member->group->epoch.secret_tree,
                                             member->group->epoch.keys.self,
                                             COVEY_RATCHET_APPLICATION);
    sim_ok(world,
           covey_mls_protect(member->group, &world->hook, what.data, framing,
                             sim_scratch(world), &world->message));
    what.message = sim_view(&world->message);
    return what;
}

static void put_off(sim_world *world, uint32_t to, const sent *what)
{
    sim_late *late = &world->late[world->num_late++];

    late->to = to;
    late->from = what->from;
    late->generation = what->generation;
    late->data_len = what->data.len;
    covey_copy(late->data, what->data.at, what->data.len);
    sim_copy(world, &late->message, what->message);
    sim_note("%u: generation %u of leaf %u is late for leaf %u", world->step,
             (unsigned)what->generation, (unsigned)what->from, (unsigned)to);
}

void sim_exchange(sim_world *world)
{
    uint32_t from = sim_any_member(world);
    uint32_t num = 1 + test_below(&world->choices, 4);

    if (sim_num_members(world) < 2) return;
    sim_note("%u: leaf %u sends %u messages", world->step, (unsigned)from,
             (unsigned)num);
    for (uint32_t i = 0; i < num; i++) {
        covey_mls_framing framing = sim_framing(world, false);
        uint8_t data[64];
        uint32_t slow = sim_other_member(world, from);
        bool is_late = world->num_late < SIM_LATE && sim_once_in(world, 3);

        /* Late messages are looked at without their authenticated data. */
        if (is_late) framing.authenticated_data = nothing;
        sent what = write_one(world, from, data, &framing);
        for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
            if (!world->members[leaf].present || leaf == from) continue;
            if (is_late && leaf == slow) {
                put_off(world, leaf, &what);
            } else {
                read_it(world, leaf, &what);
            }
        }
        if (!is_late) refuse_it(world, slow, what.message, COVEY_ERR_REPLAY);
        if (sim_once_in(world, 4)) {
            refuse_it(world, from, what.message, COVEY_ERR_SENDER);
        }
    }
    if (sim_once_in(world, 2)) sim_deliver_late(world);
}

void sim_deliver_late(sim_world *world)
{
    while (world->num_late != 0 && !sim_once_in(world, 4)) {
        size_t at = test_below(&world->choices, (uint32_t)world->num_late);
        sim_late late = world->late[at];
        const sent what = {late.from, late.generation, nothing,
                           covey_bytes_of(late.data, late.data_len),
                           sim_view(&late.message)};

        sim_note("%u: generation %u of leaf %u reaches leaf %u", world->step,
                 (unsigned)late.generation, (unsigned)late.from,
                 (unsigned)late.to);
        read_it(world, late.to, &what);
        refuse_it(world, late.to, what.message, COVEY_ERR_REPLAY);
        world->counts[SIM_LATE_MESSAGES]++;
        world->late[at] = world->late[--world->num_late];
        world->late[world->num_late] = late; /* its buffer stays ours */
    }
}

void sim_forget_late(sim_world *world)
{
    for (size_t i = 0; i < world->num_late; i++) {
        if (!world->members[world->late[i].to].present) continue;
        refuse_it(world, world->late[i].to, sim_view(&world->late[i].message),
                  COVEY_ERR_EPOCH);
    }
    world->num_late = 0;
}

void sim_round(sim_world *world)
{
    uint32_t from = sim_any_member(world);
    covey_mls_framing framing = sim_framing(world, false);
    uint8_t data[64];
    sent what = write_one(world, from, data, &framing);

    for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
        if (!world->members[leaf].present || leaf == from) continue;
        read_it(world, leaf, &what);
    }
    sim_keep_record(world, what.message);
}
