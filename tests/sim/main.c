/*
 * Runs seeds: sim SEEDS STEPS. The environment says otherwise:
 *
 *   COVEY_SIM_SEED=7      the first seed (1)
 *   COVEY_SIM_SEEDS=1000  how many seeds, one after the other
 *   COVEY_SIM_STEPS=500   steps of each
 *   COVEY_SIM_SIZE=32     members that every run goes for
 *   COVEY_SIM_TRACE=1     every step, as it happens
 *
 * A failure prints the last steps and the line that shows it again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim.h"

static unsigned long number(const char *name, const char *argument,
                            unsigned long otherwise)
{
    const char *text = getenv(name);

    if (text == NULL) text = argument;
    return text != NULL ? strtoul(text, NULL, 10) : otherwise;
}

static void check_all(sim_world *world)
{
    sim_check(world);
    sim_round(world);
    sim_check_outsiders(world);
}

static void step(sim_world *world)
{
    uint64_t epoch =
        covey_mls_epoch(world->members[sim_any_member(world)].group);
    uint32_t leaf = sim_any_member(world);
    sim_member *member = &world->members[leaf];

    switch (test_below(&world->choices, 16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4: sim_propose(world); break;
    case 5: sim_forget(world); break;
    case 6:
    case 7: sim_exchange(world); break;
    case 8: sim_deliver_late(world); break;
    case 9: sim_reload(world, leaf); break;
    case 10: sim_lose_commit(world); break;
    case 11:
        memcpy(member->past, member->group, covey_mls_group_size());
        member->has_past = true;
        break;
    default: sim_commit(world); break;
    }
    if (sim_num_members(world) == SIM_MEMBERS && sim_once_in(world, 8)) {
        sim_overfill(world);
    }
    if (epoch != covey_mls_epoch(world->members[sim_any_member(world)].group)) {
        check_all(world);
    }
}

/* Half of them small, as families are; the others up to all there is. */
static unsigned size_of(uint64_t seed)
{
    test_choices choices = test_choices_of(seed ^ 0x512e);
    unsigned most = seed % 2 == 0 || SIM_MEMBERS < 8 ? SIM_MEMBERS : 8;

    if (seed % 8 == 0) return SIM_MEMBERS;
    return 2 + test_below(&choices, most - 1);
}

static void run(sim_world *world, uint64_t seed, unsigned num_steps)
{
    unsigned size = size_of(seed);

    sim_begin(world, seed, (unsigned)number("COVEY_SIM_SIZE", NULL, size));
    for (world->step = 0; world->step < num_steps; world->step++) step(world);
}

int main(int argc, char **argv)
{
    uint64_t first = number("COVEY_SIM_SEED", NULL, 1);
    unsigned long num =
        number("COVEY_SIM_SEEDS", argc > 1 ? argv[1] : NULL, 10);
    unsigned num_steps =
        (unsigned)number("COVEY_SIM_STEPS", argc > 2 ? argv[2] : NULL, 200);
    sim_world *world = sim_world_new();
    clock_t begin = clock();
    bool all = true;

    for (uint64_t seed = first; seed < first + num; seed++) {
        run(world, seed, num_steps);
    }
    printf("%lu seeds of %u steps, up to %u members, %.1f s\n", num, num_steps,
           (unsigned)SIM_MEMBERS,
           (double)(clock() - begin) / (double)CLOCKS_PER_SEC);
    for (size_t i = 0; i < SIM_NUM_COUNTS; i++) {
        printf("%10lu %s\n", world->counts[i], sim_count_names[i]);
        /* A run as long as the default one must have seen everything. */
        if (world->counts[i] == 0 && num * num_steps >= 2000 &&
            i != SIM_TOO_LONG && i != SIM_REPEATED) {
            printf("           ^ never came about\n");
            all = false;
        }
    }
    sim_world_free(world);
    return all ? 0 : 1;
}
