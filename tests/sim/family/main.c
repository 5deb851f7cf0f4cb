/*
 * Runs seeds of families: sim_family [option...]
 *
 *   --seed N        the first seed (1)
 *   --seeds K       how many, one after the other (1)
 *   --evil LIST     what the relay does; none, all, or names with commas
 *   --host LIST     what the hosts do, likewise; without both the seed says
 *   --families F    1 to 3; without it the seed says
 *   --minutes M     of the part in which all that happens (30)
 *   --days D        the same in days
 *   --trace         every step, as it happens
 *   --progress      a line every few seconds
 *   --all           each evil, host and invariant must have come about
 *   --plant BUG     a bug of planted.c, in a program that is linked with it
 *   --breaks NAME   an invariant, or several, one of which the run must break
 *
 * COVEY_SIM_SEEDS and COVEY_SIM_SEED say otherwise than --seeds and --seed. A
 * failure prints the last steps and the line that shows it again; the status
 * is 100 and the number of the invariant that was broken.
 */
#include "family.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "planted.h"

#define USAGE 2
#define PROGRESS_S 5

typedef struct {
    sim_options options;
    uint64_t num_seeds;
    bool shows_progress;
    bool wants_all;
    uint32_t breaks; /* bits of sim_invariant */
} arguments;

static _Noreturn void usage(const char *what)
{
    (void)fprintf(stderr, "sim_family: %s; see the head of main.c\n", what);
    exit(USAGE);
}

static uint64_t number(const char *text)
{
    char *end = NULL;
    uint64_t value = text == NULL ? 0 : strtoull(text, &end, 10);

    if (text == NULL || *text == '\0' || *end != '\0') usage("not a number");
    return value;
}

static uint32_t bit_of(const char *name, size_t len, const char *const *names,
                       unsigned num)
{
    for (unsigned i = 0; i < num; i++) {
        /* Of an invariant the name stands before the colon. */
        if (strcspn(names[i], ":") == len && memcmp(names[i], name, len) == 0) {
            return SIM_BIT(i);
        }
    }
    usage("no such name");
}

static uint32_t bits_of(const char *text, const char *const *names,
                        unsigned num)
{
    uint32_t bits = 0;

    if (text == NULL) usage("a list is missing");
    if (strcmp(text, "none") == 0) return 0;
    if (strcmp(text, "all") == 0) return SIM_BIT(num) - 1;
    while (*text != '\0') {
        size_t len = strcspn(text, ",");

        bits |= bit_of(text, len, names, num);
        text += len + (text[len] == ',');
    }
    return bits;
}

/* Options with a value; false: there is no such. */
static bool take_value(arguments *out, const char *name, const char *value)
{
    sim_options *options = &out->options;

    if (strcmp(name, "--seed") == 0) {
        options->seed = number(value);
    } else if (strcmp(name, "--seeds") == 0) {
        out->num_seeds = number(value);
    } else if (strcmp(name, "--evil") == 0) {
        options->evils = bits_of(value, sim_evil_names, SIM_NUM_EVILS);
        options->chosen = true;
    } else if (strcmp(name, "--host") == 0) {
        options->hosts = bits_of(value, sim_host_names, SIM_NUM_HOSTS);
        options->chosen = true;
    } else if (strcmp(name, "--families") == 0) {
        options->families = (unsigned)number(value);
        if (options->families > SIM_FAMILIES_MAX) usage("too many families");
    } else if (strcmp(name, "--minutes") == 0) {
        options->minutes = (unsigned)number(value);
    } else if (strcmp(name, "--days") == 0) {
        options->minutes = 1440 * (unsigned)number(value);
    } else if (strcmp(name, "--breaks") == 0) {
        out->breaks = bits_of(value, sim_invariant_names, SIM_NUM_INVARIANTS);
    } else if (strcmp(name, "--plant") == 0) {
        if (!planted_set(value)) usage("no such planted bug");
    } else {
        return false;
    }
    return true;
}

static arguments parse(int argc, char **argv)
{
    arguments out = {.options = {.seed = 1, .minutes = 30}, .num_seeds = 1};

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--trace") == 0) {
            out.options.trace = true;
        } else if (strcmp(argv[i], "--progress") == 0) {
            out.shows_progress = true;
        } else if (strcmp(argv[i], "--all") == 0) {
            out.wants_all = true;
        } else if (take_value(&out, argv[i],
                              i + 1 < argc ? argv[i + 1] : NULL)) {
            i++;
        } else {
            usage(argv[i]);
        }
    }
    if (getenv("COVEY_SIM_SEED") != NULL) {
        out.options.seed = number(getenv("COVEY_SIM_SEED"));
    }
    if (getenv("COVEY_SIM_SEEDS") != NULL) {
        out.num_seeds = number(getenv("COVEY_SIM_SEEDS"));
    }
    return out;
}

/* A quarter of the seeds with nothing wrong, or only what leaves no harm. */
static void choose(sim_options *options)
{
    test_choices choices = test_choices_of(options->seed ^ 0xc4005e);
    unsigned kind = test_below(&choices, 4);

    options->evils = 0;
    options->hosts = 0;
    if (kind == 0) return;
    for (unsigned i = 0; i < 1 + test_below(&choices, 3); i++) {
        options->hosts |= SIM_BIT(test_below(&choices, SIM_NUM_HOSTS));
    }
    if (kind == 1) {
        options->hosts &= ~SIM_BIT(SIM_HOST_ROLLBACK);
        options->evils = SIM_BIT(SIM_EVIL_DROP) | SIM_BIT(SIM_EVIL_JUNK);
        return;
    }
    for (unsigned i = 0; i < 1 + test_below(&choices, 4); i++) {
        options->evils |= SIM_BIT(test_below(&choices, SIM_NUM_EVILS));
    }
}

static bool tell(const char *what, const char *const *names, unsigned num,
                 const unsigned long *counts)
{
    bool all = true;

    for (unsigned i = 0; i < num; i++) {
        printf("%10lu %s %s\n", counts[i], what, names[i]);
        if (counts[i] != 0) continue;
        printf("           ^ never came about\n");
        all = false;
    }
    return all;
}

static bool tell_all(const sim_world *world)
{
    bool all = tell("checks of", sim_invariant_names, SIM_NUM_INVARIANTS,
                    world->checked);

    all = tell("times evil:", sim_evil_names, SIM_NUM_EVILS, world->did_evil) &&
          all;
    all = tell("times host:", sim_host_names, SIM_NUM_HOSTS, world->did_host) &&
          all;
    for (unsigned i = 1; i < SIM_EVENTS; i++) {
        printf("%10lu events %s\n", world->events[i],
               sim_event_name((covey_event_kind)i));
    }
    return all;
}

static int run_seeds(const arguments *args)
{
    sim_world *world = sim_world_new();
    time_t begin = time(NULL);
    time_t told = begin;

    for (uint64_t i = 0; i < args->num_seeds; i++) {
        sim_options options = args->options;

        options.seed += i;
        if (!options.chosen) choose(&options);
        sim_day(world, &options);
        if (!args->shows_progress || time(NULL) < told + PROGRESS_S) continue;
        told = time(NULL);
        printf("%llu of %llu seeds, %lld s\n", (unsigned long long)i + 1,
               (unsigned long long)args->num_seeds, (long long)(told - begin));
        (void)fflush(stdout);
    }
    sim_check_blobs(world);
    bool all = tell_all(world);

    printf("%llu seeds, %lld s\n", (unsigned long long)args->num_seeds,
           (long long)(time(NULL) - begin));
    sim_world_free(world);
    return all || !args->wants_all ? 0 : 1;
}

/* Another process does it, and ends with the invariant that was broken. */
static int expect_broken(const arguments *args)
{
    int status = 0;
    pid_t child = fork();

    if (child < 0) return 1;
    if (child == 0) exit(run_seeds(args));
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return 1;
    int broken = WEXITSTATUS(status) - SIM_STATUS;

    if (broken >= 0 && broken < SIM_NUM_INVARIANTS) {
        printf("broken: %s\n", sim_invariant_names[broken]);
        return (args->breaks & SIM_BIT(broken)) != 0 ? 0 : 1;
    }
    printf("nothing was broken\n");
    return 1;
}

int main(int argc, char **argv)
{
    arguments args = parse(argc, argv);

    return args.breaks != 0 ? expect_broken(&args) : run_seeds(&args);
}
