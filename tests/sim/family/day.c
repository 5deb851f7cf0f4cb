/* A run: families come together, live, and are looked at. */
#include "family.h"

#include <stdlib.h>

#define TEN_YEARS_MS (10ll * 365 * 24 * 3600 * 1000)
#define QUIET_MINUTES 22 /* silence is said after 15 */
#define LATE_MINUTES 12

/* ---- bad hosts ---- */

static sim_node *any_node(sim_world *world)
{
    return world->nodes[test_below(&world->choices, world->num_nodes)];
}

static void turn_clock(sim_world *world, sim_node *node)
{
    static const int64_t offsets[] = {
        TEN_YEARS_MS, -TEN_YEARS_MS, 3600000, -3600000, 0, 0};

    world->did_host[SIM_HOST_CLOCK]++;
    node->has_no_clock = sim_once_in(world, 4);
    node->clock_off_ms = offsets[test_below(&world->choices, 6)];
    sim_note(world, "%s: clock off by %lld s", sim_name(node),
             (long long)(node->clock_off_ms / 1000));
}

static void toggle_twin(sim_world *world, sim_node *node)
{
    sim_process *twin = &node->processes[1];

    if (node->is_asleep || !sim_is_running(node)) return;
    if (twin->is_on) {
        sim_node_shut(node, 1);
        return;
    }
    world->did_host[SIM_HOST_TWIN]++;
    sim_note(world, "%s: a second process", sim_name(node));
    twin->started_ms = node->processes[0].started_ms;
    node->had_twin = true;
    sim_node_open(node, 1);
    sim_node_pump(node, 1);
}

static void roll_back(sim_world *world, sim_node *node)
{
    if (node->was_rolled_back || !node->is_in || !sim_is_running(node)) return;
    if (!node->has_older) {
        sim_disk_copy(&node->older, &node->disk);
        node->has_older = true;
        node->older_ms = world->now_ms;
        return;
    }
    if (world->now_ms < node->older_ms + 5 * SIM_MINUTE_MS) return;
    sim_note(world, "%s: an older state is put back", sim_name(node));
    world->did_host[SIM_HOST_ROLLBACK]++;
    node->was_rolled_back = true;
    sim_node_restart(node, SIM_SECOND_MS);
    sim_disk_put_back(&node->disk, &node->older);
}

static void host_minute(sim_world *world)
{
    sim_node *node = any_node(world);

    if (sim_is_bad(world, SIM_HOST_RESTART) && sim_once_in(world, 3) &&
        sim_is_running(node)) {
        world->did_host[SIM_HOST_RESTART]++;
        sim_node_restart(node, 1000 * (1 + test_below(&world->choices, 90)));
    }
    if (sim_is_bad(world, SIM_HOST_CLOCK) && sim_once_in(world, 5)) {
        turn_clock(world, any_node(world));
    }
    if (sim_is_bad(world, SIM_HOST_TWIN) && sim_once_in(world, 2)) {
        toggle_twin(world, any_node(world));
    }
    if (sim_is_bad(world, SIM_HOST_ROLLBACK)) {
        roll_back(world, world->families[0].watch != NULL
                             ? world->families[0].watch
                             : node);
    }
}

static void begin_faults(sim_world *world)
{
    if (sim_is_bad(world, SIM_HOST_HOOKS)) world->faults.fail_once_in = 150;
    if (sim_is_bad(world, SIM_HOST_POWER)) world->faults.cut_once_in = 120;
}

static void end_faults(sim_world *world)
{
    world->did_host[SIM_HOST_HOOKS] += world->faults.failures;
    world->did_host[SIM_HOST_POWER] += world->faults.cuts;
}

/* ---- families ---- */

/* As many as a person may have. */
static bool has_all_phones(const sim_family *family, unsigned person)
{
    unsigned num = 0;

    for (unsigned i = 0; i < family->num_nodes; i++) {
        const sim_node *node = family->nodes[i];

        if (node->person == person && !node->is_out) num++;
    }
    return num >= 4;
}

static void join_one(sim_world *world, sim_family *family, covey_role role,
                     unsigned person, bool own_person)
{
    sim_node *guardian = sim_any_member(world, family, COVEY_ROLE_GUARDIAN);

    if (guardian == NULL || family->num_nodes == SIM_DEVICES_MAX ||
        (family->leaving & SIM_BIT(guardian->place)) != 0) {
        return;
    }
    if (own_person && has_all_phones(family, guardian->person)) return;
    if (own_person) person = guardian->person;
    sim_node *newcomer = sim_node_new(world, family, role, person);
    bool is_in = sim_join(world, guardian, newcomer, own_person);

    sim_require(world, SIM_SERVES,
                is_in || world->options.evils != 0 || world->options.hosts != 0,
                "%s does not come in, with an honest relay",
                sim_name(newcomer));
}

static void come_together(sim_world *world, sim_family *family)
{
    for (unsigned i = 0; i < 3 && family->watch == NULL; i++) {
        join_one(world, family, COVEY_ROLE_WEARER, 0, false);
    }
    if (!sim_once_in(world, 3)) {
        join_one(world, family, COVEY_ROLE_GUARDIAN, 2, false);
    }
    if (sim_once_in(world, 2)) {
        join_one(world, family, COVEY_ROLE_GUARDIAN, 1, true);
    }
    if (sim_once_in(world, 3)) {
        join_one(world, family, COVEY_ROLE_CARER, 4, false);
    }
    if (sim_once_in(world, 3)) {
        join_one(world, family, COVEY_ROLE_FRIEND, 5, false);
    }
}

/* A phone comes, or goes. */
static void change_members(sim_world *world, sim_family *family)
{
    sim_node *node = sim_any_member(world, family, COVEY_ROLE_GUARDIAN);

    if (node == NULL || !sim_once_in(world, 25)) return;
    if (sim_once_in(world, 2) && family->num_nodes < 6) {
        join_one(world, family, COVEY_ROLE_GUARDIAN, 3, sim_once_in(world, 2));
        return;
    }
    sim_node *target =
        sim_any_member(world, family,
                       sim_once_in(world, 3) ? 0 : COVEY_ROLE_GUARDIAN);

    if (target != NULL && target->role == COVEY_ROLE_WEARER) return;
    if (target != NULL && target != node) (void)sim_remove(node, target);
}

static void minute(sim_world *world)
{
    sim_evil_minute(world);
    host_minute(world);
    for (unsigned i = 0; i < world->num_families; i++) {
        sim_family *family = &world->families[i];

        if (family->watch != NULL && family->watch->is_in) {
            sim_say_location(family->watch);
            sim_node_pump(family->watch, 0);
        }
        sim_act(world, family);
        change_members(world, family);
    }
    sim_run(world, SIM_MINUTE_MS);
}

static void calm_down(sim_world *world)
{
    for (unsigned i = 0; i < world->num_families; i++) {
        sim_node *watch = world->families[i].watch;
        int err;

        if (watch == NULL || !sim_is_running(watch) || !watch->is_in) continue;
        sim_call(watch, 0, err,
                 covey_device_sos_over(sim_device(watch), sim_node_now(watch)));
        watch->calls = false;
        sim_node_pump(watch, 0);
    }
}

/* Everybody says something, so that all that can be noticed is. */
static void last_words(sim_world *world)
{
    for (unsigned i = 0; i < world->num_nodes; i++) {
        sim_node *node = world->nodes[i];

        if (!node->is_in || !sim_is_running(node)) continue;
        sim_say_text(node, "last words");
        sim_node_pump(node, 0);
    }
}

void sim_day(sim_world *world, const sim_options *options)
{
    sim_begin(world, options);
    for (unsigned i = 0; i < world->num_families; i++) {
        sim_found(world, &world->families[i]);
        come_together(world, &world->families[i]);
    }
    begin_faults(world);
    for (unsigned i = 0; i < options->minutes; i++) minute(world);
    end_faults(world);
    sim_make_honest(world);
    sim_run(world, QUIET_MINUTES * SIM_MINUTE_MS);
    calm_down(world);
    sim_run(world, SIM_MINUTE_MS);
    last_words(world);
    sim_run(world, LATE_MINUTES * SIM_MINUTE_MS);
    sim_check(world);
    sim_ghosts_try(world);
}
