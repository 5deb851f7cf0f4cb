#include "family.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *const sim_invariant_names[SIM_NUM_INVARIANTS] = {
    [SIM_OUTSIDERS] = "outsiders: nobody reads what was not for him",
    [SIM_FORGED] = "forged: nothing arrives but what its sender said",
    [SIM_ROLES] = "roles: nobody says what his role may not",
    [SIM_TWICE] = "twice: nothing arrives twice",
    [SIM_LOST] = "lost: what was accepted arrives, or is reported",
    [SIM_ORDER] = "order: all read in one order, or say that they do not",
    [SIM_ONCE] = "once: a command runs at most once",
    [SIM_FATE] = "fate: an issuer learns what became of his command",
    [SIM_MEMBERS] = "members: nobody comes or goes against the rules",
    [SIM_NOTICED] = "noticed: nothing is done before the wearer was told",
    [SIM_SOS] = "sos: an SOS is never falsely acknowledged",
    [SIM_POLICY] = "policy: a document in force was given by a guardian",
    [SIM_AGREE] = "agree: members agree, or say what they need",
    [SIM_SAYS] = "says: a device that stops says so",
    [SIM_SERVES] = "serves: with an honest relay everything goes on",
    [SIM_SIZE] = "size: a blob has one of few sizes",
    [SIM_NOISE] = "noise: a blob looks random",
    [SIM_ADDRESS] = "address: a mailbox is one family's",
    [SIM_ERRORS] = "errors: calls answer what their contract says",
    [SIM_SPIN] = "spin: a device comes to rest",
};

const char *const sim_evil_names[SIM_NUM_EVILS] = {
    [SIM_EVIL_DROP] = "drop",         [SIM_EVIL_DELAY] = "delay",
    [SIM_EVIL_REPEAT] = "repeat",     [SIM_EVIL_REORDER] = "reorder",
    [SIM_EVIL_TRUNCATE] = "truncate", [SIM_EVIL_FLIP] = "flip",
    [SIM_EVIL_SWAP] = "swap",         [SIM_EVIL_INVENT] = "invent",
    [SIM_EVIL_JUNK] = "junk",         [SIM_EVIL_STARVE] = "starve",
    [SIM_EVIL_WITHHOLD] = "withhold", [SIM_EVIL_REPLAY] = "replay",
    [SIM_EVIL_NOAUTH] = "noauth",     [SIM_EVIL_LIE] = "lie",
    [SIM_EVIL_FORK] = "fork",         [SIM_EVIL_LOSE] = "lose",
    [SIM_EVIL_INSIDER] = "insider",
};

const char *const sim_host_names[SIM_NUM_HOSTS] = {
    [SIM_HOST_RESTART] = "restart", [SIM_HOST_POWER] = "power",
    [SIM_HOST_HOOKS] = "hooks",     [SIM_HOST_CLOCK] = "clock",
    [SIM_HOST_TWIN] = "twin",       [SIM_HOST_ROLLBACK] = "rollback",
    [SIM_HOST_SWALLOW] = "swallow",
};

static const char *const event_names[SIM_EVENTS] = {
    "none",         "payload",      "sent",     "missing", "silent",
    "heard",        "notice",       "command",  "policy",  "added",
    "removed",      "epoch",        "proposed", "current", "show digits",
    "enter digits", "invite ended", "done",     "failed",  "forked",
    "locked out",   "rolled back",  "ended",    "relay",   "torn",
    "moved",
};

const char *sim_event_name(covey_event_kind kind)
{
    return (size_t)kind < SIM_EVENTS ? event_names[kind] : "?";
}

const char *sim_name(const sim_node *node)
{
    static char names[4][24];
    static unsigned next;
    char *name = names[next++ % 4];

    (void)snprintf(name, sizeof names[0], "%u.%u%c", node->family->number,
                   node->place, " wgcf"[node->role]);
    return name;
}

#define NOTES 80
#define NOTE_LEN 200

static char notes[NOTES][NOTE_LEN];
static size_t num_notes;

void sim_note(const sim_world *world, const char *format, ...)
{
    char *note = notes[num_notes++ % NOTES];
    uint64_t s = world->now_ms / SIM_SECOND_MS;
    int used = snprintf(note, NOTE_LEN, "%llu:%02llu:%02llu.%03llu ",
                        (unsigned long long)(s / 3600),
                        (unsigned long long)(s / 60 % 60),
                        (unsigned long long)(s % 60),
                        (unsigned long long)(world->now_ms % SIM_SECOND_MS));
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(note + used, (size_t)(NOTE_LEN - used), format, arguments);
    va_end(arguments);
    if (world->options.trace) (void)fprintf(stderr, "%s\n", note);
}

static void list(const char *option, const char *const *names, unsigned num,
                 uint32_t bits)
{
    const char *between = "";

    (void)fprintf(stderr, " --%s ", option);
    if (bits == 0) (void)fprintf(stderr, "none");
    for (unsigned i = 0; i < num; i++) {
        if ((bits & SIM_BIT(i)) == 0) continue;
        (void)fprintf(stderr, "%s%s", between, names[i]);
        between = ",";
    }
}

static void tell_again(const sim_world *world)
{
    const sim_options *options = &world->options;

    if (options->again != NULL) {
        (void)fprintf(stderr, "again: %s\n", options->again);
        return;
    }
    (void)fprintf(stderr, "again: sim_family --seed %llu",
                  (unsigned long long)options->seed);
    list("evil", sim_evil_names, SIM_NUM_EVILS, options->evils);
    list("host", sim_host_names, SIM_NUM_HOSTS, options->hosts);
    (void)fprintf(stderr, " --families %u --minutes %u --trace\n",
                  world->num_families, options->minutes);
}

_Noreturn void sim_fail(const sim_world *world, sim_invariant invariant,
                        const char *file, int line, const char *format, ...)
{
    const sim_options *options = &world->options;
    size_t first = num_notes > NOTES ? num_notes - NOTES : 0;
    va_list arguments;

    (void)fflush(stdout);
    for (size_t i = first; i < num_notes && !options->trace; i++) {
        (void)fprintf(stderr, "%s\n", notes[i % NOTES]);
    }
    (void)fprintf(stderr, "%s:%d: ", file, line);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, "\nbroken: %s\n", sim_invariant_names[invariant]);
    tell_again(world);
    exit(SIM_STATUS + (int)invariant);
}
