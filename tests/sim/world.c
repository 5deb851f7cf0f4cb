#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/writer.h"
#include "mls/types.h"

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

covey_buffer *sim_scratch(sim_world *world)
{
    world->scratch.len = 0;
    return &world->scratch;
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

/* ---- devices ---- */

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

static covey_mls_member describe(sim_world *world, uint32_t device)
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
    covey_mls_member member = describe(world, device);

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
    covey_mls_member member = describe(world, world->next_device++);
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
