/*
 * One short day, again and again: power fails around each save of any device
 * in turn, and each call of each hook fails once. Afterwards everybody must
 * be well.
 *
 *   sim_family_torture WHAT [AT]
 *
 * WHAT: before or after (power, and the save), random, load, save, counter.
 * AT: only this one, with every step told. Without COVEY_SIM_ALL=1 in the
 * environment about a hundred places of each are tried.
 */
#include "family.h"

#include <stdio.h>
#include <stdlib.h>

#define PLACES 100

typedef struct {
    const char *name;
    sim_hook hook;
    bool cuts;
    bool after;
} trouble;

static const trouble troubles[] = {
    {"before", SIM_HOOK_SAVE, true, false},
    {"after", SIM_HOOK_SAVE, true, true},
    {"random", SIM_HOOK_RANDOM, false, false},
    {"load", SIM_HOOK_LOAD, false, false},
    {"save", SIM_HOOK_SAVE, false, false},
    {"counter", SIM_HOOK_COUNTER, false, false},
};

static sim_node *add(sim_world *world, covey_role role, unsigned person)
{
    sim_family *family = &world->families[0];
    sim_node *guardian = family->nodes[0];

    /* Who was cut off in the middle tries again with a fresh invite. */
    for (unsigned i = 0; i < 3; i++) {
        sim_node *node = sim_node_new(world, family, role, person);

        if (sim_join(world, guardian, node, false)) return node;
        sim_run(world, 2 * SIM_MINUTE_MS);
    }
    sim_require(world, SIM_SERVES, false, "nobody can be taken in");
    return NULL;
}

static void set_reporting(sim_world *world, sim_node *guardian)
{
    covey_content content = {.kind = COVEY_CONTENT_DOCUMENT};
    covey_document *document = &content.of.document;
    int err;

    document->kind = COVEY_DOCUMENT_REPORTING;
    document->version = 1;
    document->of.reporting.interval_s = 60;
    document->of.reporting.moving_interval_s = 30;
    document->of.reporting.moved_m = 100;
    (void)sim_item_new(guardian, &content);
    sim_call(guardian, 0, err,
             covey_device_set_policy(sim_device(guardian), document,
                                     sim_node_now(guardian)));
    sim_node_pump(guardian, 0);
    sim_run(world, 2 * SIM_MINUTE_MS);
}

static void play(sim_world *world)
{
    sim_found(world, &world->families[0]);
    sim_node *guardian = world->families[0].nodes[0];
    sim_node *watch = add(world, COVEY_ROLE_WEARER, 0);
    sim_node *second = add(world, COVEY_ROLE_GUARDIAN, 2);
    int err;

    sim_say_location(watch);
    sim_say_text(guardian, "hello");
    sim_run(world, SIM_MINUTE_MS);
    (void)sim_say_command(guardian, COVEY_COMMAND_LOCATE);
    sim_run(world, SIM_MINUTE_MS);
    set_reporting(world, guardian);
    sim_say_text(second, "hello from me");
    sim_call(guardian, 0, err,
             covey_device_refresh(sim_device(guardian),
                                  sim_node_now(guardian)));
    sim_node_pump(guardian, 0);
    sim_say_location(watch);
    sim_run(world, 3 * SIM_MINUTE_MS);
}

/* How many calls of the hook there were. */
static uint64_t run(sim_world *world, const trouble *t, uint64_t at, bool trace)
{
    static char again[64];
    sim_options options = {
        .seed = 7,
        .hosts = SIM_BIT(SIM_HOST_POWER) | SIM_BIT(SIM_HOST_HOOKS),
        .chosen = true,
        .families = 1,
        .trace = trace,
        .again = again,
    };

    (void)snprintf(again, sizeof again, "sim_family_torture %s %llu", t->name,
                   (unsigned long long)at);
    sim_begin(world, &options);
    if (t->cuts) {
        world->faults.cut_at = at;
        world->faults.cut_after = t->after;
    } else {
        world->faults.fail_at[t->hook] = at;
    }
    play(world);
    sim_make_honest(world);
    sim_run(world, 20 * SIM_MINUTE_MS);
    sim_check(world);
    return world->faults.calls[t->hook];
}

static const trouble *trouble_of(const char *name)
{
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++) {
        if (strcmp(troubles[i].name, name) == 0) return &troubles[i];
    }
    return NULL;
}

int main(int argc, char **argv)
{
    const trouble *t = argc < 2 ? NULL : trouble_of(argv[1]);
    sim_world *world = sim_world_new();

    if (t == NULL) {
        (void)fprintf(stderr, "usage: see the head of torture.c\n");
        return 2;
    }
    if (argc > 2) {
        (void)run(world, t, strtoull(argv[2], NULL, 10), true);
    } else {
        uint64_t total = run(world, t, SIM_NEVER - 1, false);
        uint64_t every = getenv("COVEY_SIM_ALL") ? 1 : total / PLACES + 1;
        unsigned long num = 0;

        for (uint64_t at = 0; at < total; at += every, num++) {
            (void)run(world, t, at, false);
        }
        printf("%s: %lu of %llu places\n", t->name, num,
               (unsigned long long)total);
        if (total == 0) return 1;
    }
    sim_world_free(world);
    return 0;
}
