#include "family.h"

#include <stdlib.h>

#define PUMPS_A_MINUTE 6000
/* What leaves no lasting harm: everybody must be well afterwards. */
#define GENTLE_EVILS                                                           \
    (SIM_BIT(SIM_EVIL_DROP) | SIM_BIT(SIM_EVIL_DELAY) |                        \
     SIM_BIT(SIM_EVIL_TRUNCATE) | SIM_BIT(SIM_EVIL_JUNK) |                     \
     SIM_BIT(SIM_EVIL_NOAUTH) | SIM_BIT(SIM_EVIL_INSIDER) |                    \
     SIM_BIT(SIM_EVIL_LOSE))
#define GENTLE_HOSTS                                                           \
    (SIM_BIT(SIM_HOST_RESTART) | SIM_BIT(SIM_HOST_POWER) |                     \
     SIM_BIT(SIM_HOST_HOOKS) | SIM_BIT(SIM_HOST_CLOCK) |                       \
     SIM_BIT(SIM_HOST_TWIN) | SIM_BIT(SIM_HOST_SWALLOW))

sim_world *sim_world_new(void)
{
    sim_world *world = calloc(1, sizeof *world);

    if (world == NULL) abort();
    sim_relay_init(&world->relay);
    world->request_cap = covey_device_request_size();
    world->request = malloc(world->request_cap);
    if (world->request == NULL) abort();
    return world;
}

static void empty(sim_world *world)
{
    sim_tasks_drop(world);
    for (unsigned i = 0; i < world->num_nodes; i++) {
        sim_node_free(world->nodes[i]);
    }
    world->num_nodes = 0;
    for (size_t i = 0; i < world->num_items; i++) {
        free(world->items[i].bytes);
    }
    world->num_items = 0;
    sim_evil_free(world);
    sim_insider_free(world);
    sim_ghosts_free(world);
    sim_relay_lose(&world->relay);
    world->relay.num_lost = 0;
    world->relay.origin = 1;
}

void sim_world_free(sim_world *world)
{
    empty(world);
    sim_relay_free(&world->relay);
    free(world->tasks);
    free(world->items);
    free(world->request);
    free(world);
}

void sim_begin(sim_world *world, const sim_options *options)
{
    test_choices choices = test_choices_of(options->seed ^ 0xfa3117);

    empty(world);
    world->options = *options;
    world->choices = test_choices_of(options->seed);
    world->evil.choices = test_choices_of(options->seed ^ 0xe511);
    world->faults = sim_faults_of(options->seed ^ 0xfa117);
    world->now_ms = SIM_SECOND_MS;
    world->is_honest = false;
    world->evil_until_ms = SIM_NEVER;
    world->num_families = options->families != 0 ? options->families
                                                 : 1 + test_below(&choices, 2);
    for (unsigned i = 0; i < world->num_families; i++) {
        world->families[i] = (sim_family){.number = i + 1};
    }
}

bool sim_once_in(sim_world *world, uint32_t n)
{
    return test_below(&world->choices, n) == 0;
}

bool sim_is_evil(const sim_world *world, sim_evil evil)
{
    return !world->is_honest && (world->options.evils & SIM_BIT(evil)) != 0;
}

bool sim_is_bad(const sim_world *world, sim_host host)
{
    return (world->options.hosts & SIM_BIT(host)) != 0;
}

bool sim_is_gentle(const sim_world *world)
{
    return (world->options.evils & ~GENTLE_EVILS) == 0 &&
           (world->options.hosts & ~GENTLE_HOSTS) == 0;
}

void sim_make_honest(sim_world *world)
{
    sim_note(world, "---- all are honest from now on ----");
    world->is_honest = true;
    world->evil_until_ms = world->now_ms;
    world->relay.checks_nothing = false;
    world->faults.fail_once_in = 0;
    world->faults.cut_once_in = 0;
    for (unsigned i = 0; i < world->num_nodes; i++) {
        sim_node *node = world->nodes[i];

        node->clock_off_ms = 0;
        node->has_no_clock = false;
        if (node->processes[1].is_on) sim_node_shut(node, 1);
    }
}

/* ---- time ---- */

static uint64_t deadline_of(const sim_process *process)
{
    uint64_t deadline;

    if (!process->is_on) return SIM_NEVER;
    deadline = covey_device_deadline(process->device);
    if (deadline >= COVEY_NO_DEADLINE - process->started_ms) return SIM_NEVER;
    return process->started_ms + deadline;
}

/* Those whose time has come; when the next one's is. */
static uint64_t pump_due(sim_world *world)
{
    uint64_t next = SIM_NEVER;

    for (unsigned i = 0; i < world->num_nodes; i++) {
        sim_node *node = world->nodes[i];

        for (unsigned j = 0; j < SIM_PROCESSES; j++) {
            const sim_process *process = &node->processes[j];

            if (deadline_of(process) <= world->now_ms) {
                sim_require(world, SIM_SPIN, ++node->spins < PUMPS_A_MINUTE,
                            "%s does not come to rest", sim_name(node));
                sim_node_pump(node, j);
            }
            uint64_t deadline = deadline_of(process);

            /* At once: after everything else of this instant. */
            if (deadline <= world->now_ms) deadline = world->now_ms + 1;
            if (deadline < next) next = deadline;
        }
    }
    return next;
}

void sim_run(sim_world *world, uint64_t ms)
{
    uint64_t end = world->now_ms + ms;
    sim_task task;

    for (unsigned i = 0; i < world->num_nodes; i++) world->nodes[i]->spins = 0;
    for (;;) {
        while (sim_task_next(world, world->now_ms, &task)) {
            sim_task_do(world, &task);
        }
        uint64_t next = pump_due(world);
        uint64_t due = sim_task_due(world);

        if (due < next) next = due;
        if (next > end) break;
        if (next > world->now_ms) world->now_ms = next;
    }
    world->now_ms = end;
}
