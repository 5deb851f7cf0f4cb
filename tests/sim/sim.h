/*
 * Random groups of our own: many devices in one process, one generator that
 * decides everything, and a model that says what must come out. A step is a
 * proposal, some messages, a commit and the like; after each epoch everybody
 * is compared with everybody, and those who are no longer in the group, or
 * were not yet, try all they have.
 */
#ifndef COVEY_TEST_SIM_H
#define COVEY_TEST_SIM_H

#include <covey/mls.h>

#include "mls/group.h"
#include "support/random.h"

#define SIM_MEMBERS COVEY_MLS_MEMBERS_MAX
#define SIM_CANDIDATES 8
#define SIM_GHOSTS 8
#define SIM_RECORDS 8
/* No more than keys are kept for. */
#define SIM_LATE (COVEY_MLS_SKIPPED_MAX < 8 ? COVEY_MLS_SKIPPED_MAX : 8)
#define SIM_PSKS 6
#define SIM_ADDS_MAX 4 /* newcomers by value in one commit */
#define SIM_EXTENSIONS_ROOM 512
#define SIM_KEYS_MAX (2 + COVEY_MLS_DEPTH_MAX) /* leaf, Update, parents */
#define SIM_AUTH_ROOM COVEY_MLS_AUTH_DATA_MAX

/* A device that is in the group; its place is its leaf index. */
typedef struct {
    bool present;
    bool has_past;
    bool proposed_update;  /* in this epoch */
    uint32_t device;       /* its number, for good */
    unsigned lost_commits; /* in this epoch */
    uint8_t seed[32];      /* of its signature key */
    uint8_t next_seed[32]; /* once the Update is committed */
    covey_mls_group *group;
    covey_mls_staged *pending; /* its own commit */
    covey_mls_group *past;     /* a copy from some earlier epoch */
} sim_member;

/* A device that would like to join. */
typedef struct {
    bool present;
    bool proposed; /* in this epoch, by reference */
    bool reserved; /* for one commit: its device is a member yet */
    uint32_t device;
    uint8_t seed[32];
    covey_mls_joiner *joiner;
    covey_buffer key_package;
} sim_candidate;

/* A device that was removed, with all that it knew: the group as it stood
 * when it was still in it. */
typedef struct {
    bool present;
    uint32_t device;
    uint8_t seed[32];
    covey_mls_group *group;
    size_t num_keys;
    covey_kem_public keys[SIM_KEYS_MAX]; /* of its private ones */
} sim_ghost;

/* A message that was sent, and the public state of its epoch. */
typedef struct {
    bool present;
    covey_buffer message;
    covey_group_context context;
    covey_tree tree;
} sim_record;

/* A proposal of this epoch, and who has it. */
typedef struct {
    covey_mls_change_kind kind;
    covey_mls_ref ref;
    uint32_t proposer;
    uint32_t leaf;    /* of an Update or a Remove */
    size_t candidate; /* of an Add */
    bool is_public;
    covey_leaf_set known;
    covey_buffer message;
    uint8_t auth[SIM_AUTH_ROOM];
    size_t auth_len;
} sim_proposal;

/* An application message that some member has not had yet. */
typedef struct {
    uint32_t to;
    uint32_t from;
    uint32_t generation;
    covey_buffer message;
    uint8_t data[64];
    size_t data_len;
} sim_late;

/* What came about, for all seeds together. */
typedef enum {
    SIM_EPOCHS,
    SIM_ADDS,
    SIM_ADDS_TOGETHER, /* several in one commit */
    SIM_ADDS_BY_REFERENCE,
    SIM_REMOVES,
    SIM_REMOVES_BY_REFERENCE,
    SIM_SELF_REMOVES, /* somebody asked to be removed */
    SIM_UPDATES,
    SIM_NEW_SIGN_KEYS,
    SIM_NEW_LEAF_EXTENSIONS,
    SIM_PSKS_USED,
    SIM_POLICIES, /* GroupContextExtensions */
    SIM_WITHOUT_PATH,
    SIM_REPLACEMENTS, /* added at a leaf removed in the same commit */
    SIM_REJOINS,
    SIM_UNMERGED, /* processed a path as an unmerged leaf */
    SIM_GROWTHS,
    SIM_TRUNCATIONS,
    SIM_PROPOSALS,
    SIM_REPEATED, /* the same proposal once more */
    SIM_FORGOTTEN,
    SIM_LATE_PROPOSALS,
    SIM_LOST_COMMITS,
    SIM_RACES,
    SIM_REFUSED, /* staged, dropped, staged again */
    SIM_PRIVATELY_FAILED,
    SIM_LOADS,
    SIM_LOADS_PENDING,
    SIM_MESSAGES,
    SIM_LATE_MESSAGES,
    SIM_OUTSIDERS, /* attempts of those who are not in the group */
    SIM_FULL,      /* one too many */
    SIM_TOO_LONG,  /* a commit beyond its limits */
    SIM_NUM_COUNTS
} sim_count;

extern const char *const sim_count_names[SIM_NUM_COUNTS];

typedef struct {
    uint64_t seed;
    unsigned step;
    uint32_t size; /* as many members as this run likes */
    test_choices choices;
    test_random random;
    covey_random hook;
    uint32_t next_device;

    sim_member members[SIM_MEMBERS];
    sim_candidate candidates[SIM_CANDIDATES];
    sim_ghost ghosts[SIM_GHOSTS];
    size_t next_ghost;
    sim_record records[SIM_RECORDS];
    size_t next_record;
    sim_proposal proposals[COVEY_MLS_PROPOSALS_MAX];
    size_t num_proposals;
    sim_late late[SIM_LATE];
    size_t num_late;
    unsigned missed_handshakes; /* at most, by one member, in this epoch */
    uint8_t psk_ids[SIM_PSKS][8];
    uint8_t psk_secrets[SIM_PSKS][32];
    covey_mls_psk psks[SIM_PSKS];
    uint8_t extensions[SIM_EXTENSIONS_ROOM];
    size_t extensions_len;
    uint32_t width; /* of the tree */

    covey_mls_staged *staged; /* for whoever needs one */
    covey_epoch *staged_next; /* that of the commit that won */
    covey_mls_group *spare;   /* likewise */
    covey_mls_group *before;  /* likewise */
    covey_buffer scratch;
    covey_buffer lent; /* the part of it that a call gets */
    covey_buffer commit;
    covey_buffer welcome;
    covey_buffer other_commit;
    covey_buffer other_welcome;
    covey_buffer message;
    covey_buffer saved;
    covey_buffer again;
    unsigned long counts[SIM_NUM_COUNTS]; /* kept from run to run */
} sim_world;

/* ---- world.c ---- */

sim_world *sim_world_new(void);
void sim_world_free(sim_world *world);

/* Empties the world and founds a group. */
void sim_begin(sim_world *world, uint64_t seed, unsigned num_members);

/* Prints what happened, and how to see it again; ends the program. */
_Noreturn void sim_fail(const sim_world *world, const char *file, int line,
                        const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define sim_require(world, condition, ...)                                     \
    do {                                                                       \
        if (!(condition)) {                                                    \
            sim_fail((world), __FILE__, __LINE__, __VA_ARGS__);                \
        }                                                                      \
    } while (0)

/* The call answers `want`. */
#define sim_expect(world, want, call)                                          \
    do {                                                                       \
        int got_ = (call);                                                     \
        sim_require((world), got_ == (want), "%s: %s, not %s", #call,          \
                    covey_error_name(got_), covey_error_name(want));           \
    } while (0)

#define sim_ok(world, call) sim_expect((world), COVEY_OK, call)

/* Remembers a line for sim_fail. */
void sim_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline covey_bytes sim_view(const covey_buffer *buffer)
{
    return covey_bytes_of(buffer->at, buffer->len);
}

/* As much scratch as a member needs that adds nobody, and as one that does. */
covey_buffer *sim_scratch(sim_world *world);
covey_buffer *sim_adders_scratch(sim_world *world);
void sim_copy(sim_world *world, covey_buffer *to, covey_bytes from);

/* True once in `n` times. */
bool sim_once_in(sim_world *world, uint32_t n);
uint32_t sim_num_members(const sim_world *world);
uint32_t sim_any_member(sim_world *world);
/* Another one; there must be two. */
uint32_t sim_other_member(sim_world *world, uint32_t than);

/* ---- devices.c ---- */

/* "device-7", in a buffer that the next call overwrites. */
covey_bytes sim_identity(uint32_t device);
/* Random extensions of a leaf, 0 or 1, encoded; in a buffer likewise. */
covey_bytes sim_leaf_extensions(sim_world *world);
/* What a device says of itself; views into the same buffers. */
covey_mls_member sim_describe(sim_world *world, uint32_t device);
/* A fresh joiner's place, or SIM_CANDIDATES when all are taken. Now and then
 * one who was removed comes back. */
size_t sim_new_candidate(sim_world *world);
/* The same for a member that is to be removed and added at once. */
size_t sim_new_candidate_for(sim_world *world, const sim_member *member);
void sim_drop_candidate(sim_candidate *candidate);
size_t sim_pending_adds(const sim_world *world);
/* Saves the member and loads it again, its pending commit too. */
void sim_reload(sim_world *world, uint32_t leaf);
/* Random framing; the views live until the next call. */
covey_mls_framing sim_framing(sim_world *world, bool handshake);

/* ---- messages.c ---- */

/* A few messages, some of which come late or out of order. */
void sim_exchange(sim_world *world);
/* One message from somebody to everybody. */
void sim_round(sim_world *world);
/* Hands over what is late; some of it never arrives in this epoch, and then
 * it is refused in the next. */
void sim_deliver_late(sim_world *world);
void sim_forget_late(sim_world *world);

/* ---- proposals.c ---- */

void sim_propose(sim_world *world);
/* Everybody forgets one. */
void sim_forget(sim_world *world);
void sim_deliver_proposal(sim_world *world, sim_proposal *proposal,
                          uint32_t leaf);
sim_proposal *sim_find_proposal(sim_world *world, const covey_mls_ref *ref);
void sim_end_proposals(sim_world *world);
/* Fresh GroupContext extensions, in a buffer that lives until the next. */
covey_bytes sim_policy(sim_world *world);

/* ---- plan.c ---- */

/* What a commit is to hold. */
typedef struct {
    covey_mls_change changes[COVEY_MLS_CHANGES_MAX];
    size_t candidates[COVEY_MLS_CHANGES_MAX]; /* of an ADD */
    covey_mls_ref refs[COVEY_MLS_PROPOSALS_MAX];
    covey_mls_commit_options options;
    covey_mls_renewal renewal;
    covey_mls_framing framing;
    uint8_t seed[32]; /* a new one, if renewal.sign_seed */
    uint8_t auth[SIM_AUTH_ROOM];
    uint8_t leaf_extensions[64];
    uint8_t policy[SIM_EXTENSIONS_ROOM];
    bool renews_sign_key;
    bool may_add;
} sim_plan;

/* A random commit of this member that must be well. */
void sim_plan_commit(sim_world *world, uint32_t committer, sim_plan *plan);

/* ---- commits.c ---- */

/* One epoch further, through losses, races, refusals and restarts. */
void sim_commit(sim_world *world);
/* A commit that is made and never sent. */
void sim_lose_commit(sim_world *world);
/* One newcomer more than there is room for. */
void sim_overfill(sim_world *world);

/* ---- check.c ---- */

/* Everybody agrees with everybody and with the model. */
void sim_check(sim_world *world);
/* Nobody outside gets anywhere. */
void sim_check_outsiders(sim_world *world);
/* Keeps a message for newcomers and ghosts to try. */
void sim_keep_record(sim_world *world, covey_bytes message);
/* The newcomer at this leaf tries what was sent before it came. */
void sim_check_newcomer(sim_world *world, uint32_t leaf);
/* Everyone who was removed tries a commit, given all that is public. `group`
 * is in the epoch that the commit was made on. */
void sim_check_commit(sim_world *world, const covey_mls_group *group,
                      covey_bytes commit);
/* How many ciphertexts of a commit's path the keys of `state` open; `reader`
 * is in the epoch of the commit, `next` is where it leads. */
unsigned sim_open_path(sim_world *world, const covey_mls_group *state,
                       const covey_mls_group *reader, const covey_epoch *next,
                       covey_bytes commit);
/* Fills in what a ghost holds. */
void sim_list_keys(sim_ghost *ghost);

#endif
