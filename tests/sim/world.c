#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *const sim_count_names[SIM_NUM_COUNTS] = {
    [SIM_EPOCHS] = "epochs",
    [SIM_ADDS] = "members added",
    [SIM_ADDS_TOGETHER] = "commits that add several",
    [SIM_ADDS_BY_REFERENCE] = "adds by reference",
    [SIM_REMOVES] = "members removed",
    [SIM_REMOVES_BY_REFERENCE] = "removes by reference",
    [SIM_SELF_REMOVES] = "members that asked to be removed",
    [SIM_UPDATES] = "updates committed",
    [SIM_NEW_SIGN_KEYS] = "new signature keys",
    [SIM_NEW_LEAF_EXTENSIONS] = "new leaf extensions",
    [SIM_PSKS_USED] = "pre-shared keys",
    [SIM_POLICIES] = "group context extensions",
    [SIM_WITHOUT_PATH] = "commits without path",
    [SIM_REPLACEMENTS] = "leaves removed and filled at once",
    [SIM_REJOINS] = "members that came back",
    [SIM_UNMERGED] = "paths read by unmerged leaves",
    [SIM_GROWTHS] = "growths of the tree",
    [SIM_TRUNCATIONS] = "truncations of the tree",
    [SIM_PROPOSALS] = "proposals sent",
    [SIM_REPEATED] = "proposals repeated word for word",
    [SIM_FORGOTTEN] = "proposals forgotten",
    [SIM_LATE_PROPOSALS] = "proposals that came with the commit",
    [SIM_LOST_COMMITS] = "commits never sent",
    [SIM_RACES] = "races of two commits",
    [SIM_REFUSED] = "commits staged twice",
    [SIM_PRIVATELY_FAILED] = "commits that failed privately first",
    [SIM_LOADS] = "states saved and loaded",
    [SIM_LOADS_PENDING] = "states with a pending commit",
    [SIM_MESSAGES] = "messages read",
    [SIM_LATE_MESSAGES] = "messages read late",
    [SIM_OUTSIDERS] = "attempts of outsiders",
    [SIM_FULL] = "groups that were full",
    [SIM_TOO_LONG] = "commits beyond the limits",
};

/* ---- telling ---- */

#define NOTES 60
#define NOTE_LEN 160

static char notes[NOTES][NOTE_LEN];
static size_t num_notes;

void sim_note(const char *format, ...)
{
    va_list arguments;
    char *note = notes[num_notes++ % NOTES];

    va_start(arguments, format);
    (void)vsnprintf(note, NOTE_LEN, format, arguments);
    va_end(arguments);
    if (getenv("COVEY_SIM_TRACE") != NULL) (void)fprintf(stderr, "%s\n", note);
}

_Noreturn void sim_fail(const sim_world *world, const char *file, int line,
                        const char *format, ...)
{
    va_list arguments;
    size_t first = num_notes > NOTES ? num_notes - NOTES : 0;

    (void)fflush(stdout);
    for (size_t i = first; i < num_notes; i++) {
        (void)fprintf(stderr, "%s\n", notes[i % NOTES]);
    }
    (void)fprintf(stderr, "%s:%d: seed %llu, step %u: ", file, line,
                  (unsigned long long)world->seed, world->step);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fprintf(stderr,
                  "\nagain: COVEY_SIM_SEED=%llu COVEY_SIM_SEEDS=1 "
                  "COVEY_SIM_STEPS=%u COVEY_SIM_TRACE=1\n",
                  (unsigned long long)world->seed, world->step + 1);
    exit(1);
}

/* ---- memory ---- */

static void *zeroed(size_t size)
{
    void *at = calloc(1, size);

    if (at == NULL) abort();
    return at;
}

static covey_mls_group *new_group(void)
{
    size_t size = covey_mls_group_size();

    return covey_mls_group_at(zeroed(size), size);
}

static covey_mls_staged *new_staged(void)
{
    size_t size = covey_mls_staged_size();

    return covey_mls_staged_at(zeroed(size), size);
}

static covey_mls_joiner *new_joiner(void)
{
    size_t size = covey_mls_joiner_size();

    return covey_mls_joiner_at(zeroed(size), size);
}

static covey_buffer new_buffer(size_t cap)
{
    return (covey_buffer){zeroed(cap), cap, 0};
}

sim_world *sim_world_new(void)
{
    sim_world *world = zeroed(sizeof *world);
    size_t message = covey_mls_message_size();

    for (size_t i = 0; i < SIM_MEMBERS; i++) {
        world->members[i].group = new_group();
        world->members[i].past = new_group();
        world->members[i].pending = new_staged();
    }
    for (size_t i = 0; i < SIM_CANDIDATES; i++) {
        world->candidates[i].joiner = new_joiner();
        world->candidates[i].key_package =
            new_buffer(covey_mls_key_package_size());
    }
    for (size_t i = 0; i < SIM_GHOSTS; i++) {
        world->ghosts[i].group = new_group();
    }
    for (size_t i = 0; i < SIM_RECORDS; i++) {
        world->records[i].message = new_buffer(message);
    }
    for (size_t i = 0; i < COVEY_MLS_PROPOSALS_MAX; i++) {
        world->proposals[i].message = new_buffer(message);
    }
    for (size_t i = 0; i < SIM_LATE; i++) {
        world->late[i].message = new_buffer(message);
    }
    world->staged = new_staged();
    world->staged_next = zeroed(sizeof *world->staged_next);
    world->spare = new_group();
    world->before = new_group();
    world->scratch = new_buffer(covey_mls_scratch_size());
    world->commit = new_buffer(message);
    world->welcome = new_buffer(covey_mls_welcome_size());
    world->other_commit = new_buffer(message);
    world->other_welcome = new_buffer(covey_mls_welcome_size());
    world->message = new_buffer(message);
    world->saved = new_buffer(covey_mls_saved_size());
    world->again = new_buffer(covey_mls_saved_size());
    return world;
}

void sim_world_free(sim_world *world)
{
    for (size_t i = 0; i < SIM_MEMBERS; i++) {
        free(world->members[i].group);
        free(world->members[i].past);
        free(world->members[i].pending);
    }
    for (size_t i = 0; i < SIM_CANDIDATES; i++) {
        free(world->candidates[i].joiner);
        free(world->candidates[i].key_package.at);
    }
    for (size_t i = 0; i < SIM_GHOSTS; i++) free(world->ghosts[i].group);
    for (size_t i = 0; i < SIM_RECORDS; i++) {
        free(world->records[i].message.at);
    }
    for (size_t i = 0; i < COVEY_MLS_PROPOSALS_MAX; i++) {
        free(world->proposals[i].message.at);
    }
    for (size_t i = 0; i < SIM_LATE; i++) free(world->late[i].message.at);
    free(world->staged);
    free(world->staged_next);
    free(world->spare);
    free(world->before);
    free(world->scratch.at);
    free(world->commit.at);
    free(world->welcome.at);
    free(world->other_commit.at);
    free(world->other_welcome.at);
    free(world->message.at);
    free(world->saved.at);
    free(world->again.at);
    free(world);
}

/* What a call gets ends where the memory ends, for sanitizers to see. */
static covey_buffer *scratch_of(sim_world *world, size_t size)
{
    world->lent.at = world->scratch.at + (world->scratch.cap - size);
    world->lent.cap = size;
    world->lent.len = 0;
    return &world->lent;
}

covey_buffer *sim_scratch(sim_world *world)
{
    return scratch_of(world, covey_mls_member_scratch_size());
}

covey_buffer *sim_adders_scratch(sim_world *world)
{
    return scratch_of(world, covey_mls_scratch_size());
}

void sim_copy(sim_world *world, covey_buffer *to, covey_bytes from)
{
    sim_require(world, from.len <= to->cap, "a buffer of the test is small");
    covey_copy(to->at, from.at, from.len);
    to->len = from.len;
}

/* ---- choosing ---- */

bool sim_once_in(sim_world *world, uint32_t n)
{
    return test_below(&world->choices, n) == 0;
}

uint32_t sim_num_members(const sim_world *world)
{
    uint32_t num = 0;

    for (size_t i = 0; i < SIM_MEMBERS; i++) num += world->members[i].present;
    return num;
}

uint32_t sim_any_member(sim_world *world)
{
    uint32_t nth = test_below(&world->choices, sim_num_members(world));
    uint32_t leaf = 0;

    while (!world->members[leaf].present || nth-- != 0) leaf++;
    return leaf;
}

uint32_t sim_other_member(sim_world *world, uint32_t than)
{
    uint32_t leaf = than;

    while (leaf == than) leaf = sim_any_member(world);
    return leaf;
}

/* ---- beginning ---- */

static void make_psks(sim_world *world)
{
    for (size_t i = 0; i < SIM_PSKS; i++) {
        test_fill(&world->choices, world->psk_ids[i], sizeof world->psk_ids[i]);
        test_fill(&world->choices, world->psk_secrets[i],
                  sizeof world->psk_secrets[i]);
        world->psks[i] =
            (covey_mls_psk){covey_bytes_of(world->psk_ids[i],
                                           sizeof world->psk_ids[i]),
                            covey_bytes_of(world->psk_secrets[i],
                                           sizeof world->psk_secrets[i])};
    }
}

static void empty(sim_world *world)
{
    for (size_t i = 0; i < SIM_MEMBERS; i++) {
        covey_mls_group_wipe(world->members[i].group);
        covey_mls_drop(world->members[i].pending);
        world->members[i].present = false;
        world->members[i].has_past = false;
        world->members[i].proposed_update = false;
        world->members[i].lost_commits = 0;
    }
    for (size_t i = 0; i < SIM_CANDIDATES; i++) {
        sim_drop_candidate(&world->candidates[i]);
    }
    for (size_t i = 0; i < SIM_GHOSTS; i++) world->ghosts[i].present = false;
    for (size_t i = 0; i < SIM_RECORDS; i++) world->records[i].present = false;
    world->num_proposals = 0;
    world->num_late = 0;
    world->missed_handshakes = 0;
    world->next_device = 0;
    world->next_ghost = 0;
    world->next_record = 0;
}

void sim_begin(sim_world *world, uint64_t seed, unsigned num_members)
{
    empty(world);
    num_notes = 0;
    world->seed = seed;
    world->step = 0;
    world->size = num_members;
    world->choices = test_choices_of(seed);
    world->random = test_random_of(seed);
    world->hook = test_random_hook(&world->random);
    make_psks(world);

    sim_member *founder = &world->members[0];
    covey_mls_member member = sim_describe(world, world->next_device++);
    covey_bytes policy = sim_policy(world);

    sim_note("seed %llu, about %u members", (unsigned long long)seed,
             num_members);
    test_fill(&world->choices, founder->seed, sizeof founder->seed);
    sim_ok(world, covey_mls_group_create(founder->group, &world->hook,
                                         covey_bytes_of(NULL, 0), &member,
                                         founder->seed, policy, NULL));
    covey_copy(world->extensions, policy.at, policy.len);
    world->extensions_len = policy.len;
    founder->present = true;
    founder->device = 0;
    world->width = 1;
}
