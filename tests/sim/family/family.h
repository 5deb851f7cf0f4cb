/*
 * Families over <covey/device.h>: watches and phones in one process, virtual
 * time, a relay that can be told to be evil, hosts that can be told to be bad,
 * and one generator that decides everything. While it runs an oracle keeps
 * what was said by whom; docs/SIMULATOR.md lists what must hold.
 */
#ifndef COVEY_SIM_FAMILY_H
#define COVEY_SIM_FAMILY_H

#include <covey/device.h>

#include "disk.h"
#include "relay.h"

#define SIM_FAMILIES_MAX 3
#define SIM_DEVICES_MAX 12 /* of one family, those that left included */
#define SIM_NODES_MAX (SIM_FAMILIES_MAX * SIM_DEVICES_MAX)
#define SIM_PROCESSES 2 /* of one device: an app and its extension */
#define SIM_EVENTS (COVEY_EVENT_MOVED + 1)
#define SIM_UTC_MS 1790000000000
#define SIM_ANSWERS 64 /* kept, to be given once more */
#define SIM_ANSWER_MAX (300u * 1024u)
#define SIM_TOLD 32
#define SIM_SECOND_MS 1000u
#define SIM_MINUTE_MS 60000u

/* What must hold. Each is looked at in every run, or the run fails. */
typedef enum {
    SIM_OUTSIDERS, /* nobody reads what was not for him */
    SIM_FORGED,    /* nothing arrives but what its sender said */
    SIM_ROLES,     /* nobody says what his role may not */
    SIM_TWICE,     /* nothing arrives twice */
    SIM_LOST,      /* what was accepted arrives, or is reported */
    SIM_ORDER,     /* all read in one order */
    SIM_ONCE,      /* a command runs at most once */
    SIM_FATE,      /* its issuer learns what became of it */
    SIM_MEMBERS,   /* nobody comes or goes but by what members may do */
    SIM_NOTICED,   /* nothing is done before the wearer was told */
    SIM_SOS,       /* an SOS is never falsely acknowledged */
    SIM_POLICY,    /* a document in force was given by a guardian */
    SIM_AGREE,     /* members agree, or say what they need */
    SIM_SAYS,      /* a device that stops says so */
    SIM_SERVES,    /* with an honest relay everything goes on */
    SIM_SIZE,      /* a blob has one of few sizes */
    SIM_NOISE,     /* a blob looks random */
    SIM_ADDRESS,   /* a mailbox is one family's */
    SIM_ERRORS,    /* calls answer what their contract says */
    SIM_SPIN,      /* a device comes to rest */
    SIM_NUM_INVARIANTS
} sim_invariant;

extern const char *const sim_invariant_names[SIM_NUM_INVARIANTS];

/* What the relay does. */
typedef enum {
    SIM_EVIL_DROP,     /* loses requests and answers */
    SIM_EVIL_DELAY,    /* answers minutes late */
    SIM_EVIL_REPEAT,   /* gives an old answer again */
    SIM_EVIL_REORDER,  /* changes the order of entries */
    SIM_EVIL_TRUNCATE, /* cuts answers */
    SIM_EVIL_FLIP,     /* flips bits of answers */
    SIM_EVIL_SWAP,     /* gives blobs and answers of others */
    SIM_EVIL_INVENT,   /* shows blobs that nobody sent */
    SIM_EVIL_JUNK,     /* appends blobs that nobody sent */
    SIM_EVIL_STARVE,   /* shows one device nothing new */
    SIM_EVIL_WITHHOLD, /* leaves entries out */
    SIM_EVIL_REPLAY,   /* gives a device that restarts its old answers */
    SIM_EVIL_NOAUTH,   /* looks at no signature */
    SIM_EVIL_LIE,      /* about the index of what was appended */
    SIM_EVIL_FORK,     /* shows two logs */
    SIM_EVIL_LOSE,     /* its database, once */
    SIM_EVIL_INSIDER,  /* colludes with a member who forges */
    SIM_NUM_EVILS
} sim_evil;

/* What the hosts do. */
typedef enum {
    SIM_HOST_RESTART,  /* devices restart */
    SIM_HOST_POWER,    /* power fails around saves */
    SIM_HOST_HOOKS,    /* hooks fail */
    SIM_HOST_CLOCK,    /* clocks are wrong, jump, or are not known */
    SIM_HOST_TWIN,     /* two processes use one state */
    SIM_HOST_ROLLBACK, /* an older state is put back */
    SIM_HOST_SWALLOW,  /* the watch cannot show notices */
    SIM_NUM_HOSTS
} sim_host;

extern const char *const sim_evil_names[SIM_NUM_EVILS];
extern const char *const sim_host_names[SIM_NUM_HOSTS];

#define SIM_BIT(n) (1u << (n))

typedef struct {
    uint64_t seed;
    uint32_t evils; /* bits of sim_evil */
    uint32_t hosts; /* bits of sim_host */
    bool chosen;    /* both were said; else the seed decides */
    unsigned minutes;
    unsigned families; /* 0: the seed decides */
    bool trace;
    const char *again; /* how to see it again; NULL: sim_family's options */
} sim_options;

typedef struct sim_world sim_world;
typedef struct sim_family sim_family;
typedef struct sim_node sim_node;

/* One opening of a device's state. */
typedef struct {
    void *memory;
    size_t size;
    covey_device *device;
    covey_port port;
    bool is_on;
    uint64_t started_ms;
    uint32_t run; /* grows with each opening */
} sim_process;

/* A device and its host. */
struct sim_node {
    sim_world *world;
    sim_family *family;
    unsigned number; /* in the world */
    unsigned place;  /* in its family */
    covey_role role;
    unsigned person;
    sim_disk disk;
    sim_disk older; /* to be put back */
    uint64_t older_ms;
    bool has_older;
    uint8_t host_key[COVEY_STORE_HOST_KEY_SIZE];
    sim_process processes[SIM_PROCESSES];
    uint64_t last_start_ms;
    unsigned num_starts;
    int64_t clock_off_ms;
    bool has_no_clock;
    bool is_asleep; /* switched off */
    uint32_t wait_ms;

    covey_member_id id; /* once it has one */
    bool has_id;
    bool is_in;  /* confirmed, and not removed */
    bool is_out; /* was in */
    uint64_t invited_ms;
    uint64_t in_ms;

    /* What its app was told. */
    char digits[COVEY_DIGITS_SIZE];
    bool shows_digits;
    bool wants_digits;
    bool invite_ended;
    bool is_done;
    bool has_failed;
    int error;
    unsigned long events[SIM_EVENTS];
    uint64_t missing[SIM_DEVICES_MAX];    /* payloads, of each of the family */
    uint64_t removed_ms[SIM_DEVICES_MAX]; /* when it was told; 0: not */
    unsigned repeats;                     /* since it started */
    unsigned spins;
    bool was_rolled_back; /* by its host */
    bool had_twin;

    /* The wearer's. */
    covey_reference told[SIM_TOLD]; /* of what the wearer saw a notice */
    size_t num_told;
    bool calls; /* SOS */
    bool has_person_ack;
    bool has_device_ack;
};

struct sim_family {
    unsigned number;
    sim_node *nodes[SIM_DEVICES_MAX];
    unsigned num_nodes;
    sim_node *watch;
    bool is_forked;   /* the relay showed two logs */
    uint32_t leaving; /* places of those whom somebody wanted to remove */
    uint64_t joined_ms;
};

/* ---- what was said ---- */

typedef enum {
    SIM_ITEM_TRIED,   /* whether it was accepted is not known */
    SIM_ITEM_SAID,    /* accepted, with an id */
    SIM_ITEM_REFUSED, /* not accepted */
} sim_item_state;

/* A content that a host gave to its device; of locations one fix each. */
typedef struct {
    sim_node *sender;
    sim_item_state state;
    bool is_sent;
    covey_payload_id id;
    covey_content_kind kind;
    covey_command_kind command;
    uint8_t *bytes; /* encoded alone */
    size_t len;
    uint64_t tried_ms;
    uint64_t sent_ms;
    uint32_t first_audience; /* places of the members when it was said */
    uint32_t last_audience;  /* when it was sent */
    uint64_t arrived_ms[SIM_DEVICES_MAX];
    uint64_t arrived_as[SIM_DEVICES_MAX]; /* the how manieth; 0: not */
    /* Of a command. */
    unsigned num_runs;
    bool has_fate;
    covey_outcome fate;
    covey_outcome answered; /* by the watch's host; 0: not */
} sim_item;

/* ---- the network ---- */

typedef enum {
    SIM_TASK_REQUEST, /* arrives at the relay */
    SIM_TASK_ANSWER,  /* arrives at the device */
    SIM_TASK_LOST,    /* the device learns that there was none */
    SIM_TASK_SHOWN,   /* the wearer has looked */
    SIM_TASK_RAN,     /* a command was carried out */
    SIM_TASK_START,   /* power is back */
    SIM_TASK_NUM
} sim_task_kind;

typedef struct {
    uint64_t at_ms;
    uint64_t order; /* of those of one instant */
    sim_task_kind kind;
    sim_node *node;
    unsigned process;
    uint32_t run;
    uint32_t id; /* of the request, or the notice's token */
    uint32_t wait_ms;
    bool shown;
    covey_reference command;
    covey_command_kind command_kind;
    uint8_t *bytes;
    size_t len;
} sim_task;

typedef struct {
    unsigned node;
    covey_mailbox_address mailbox;
    uint8_t *bytes;
    size_t len;
} sim_old_answer;

typedef struct sim_insider sim_insider;
typedef struct sim_ghosts sim_ghosts;

typedef struct {
    test_choices choices;
    sim_old_answer old[SIM_ANSWERS];
    size_t num_old;
    unsigned starved;      /* a node's number */
    unsigned replays_left; /* to the node that restarted */
    unsigned replayed;
    bool has_lost;
} sim_evil_state;

struct sim_world {
    sim_options options;
    test_choices choices;
    uint64_t now_ms;
    uint64_t evil_until_ms; /* honest from then on */
    bool is_honest;
    bool has_no_relay; /* nothing gets through */
    sim_faults faults;
    sim_relay relay;
    sim_evil_state evil;
    sim_insider *insider;
    sim_ghosts *ghosts;
    sim_family families[SIM_FAMILIES_MAX];
    unsigned num_families;
    sim_node *nodes[SIM_NODES_MAX];
    unsigned num_nodes;
    sim_task *tasks;
    size_t num_tasks;
    size_t tasks_room;
    uint64_t next_order;
    uint64_t num_arrivals;
    sim_item *items;
    size_t num_items;
    size_t items_room;
    uint8_t *request; /* one, as it is made */
    size_t request_cap;
    sim_reply reply;
    /* For all seeds together. */
    unsigned long checked[SIM_NUM_INVARIANTS];
    unsigned long did_evil[SIM_NUM_EVILS];
    unsigned long did_host[SIM_NUM_HOSTS];
    unsigned long events[SIM_EVENTS];
    unsigned long acts[16];
};

/* ---- world.c ---- */

sim_world *sim_world_new(void);
void sim_world_free(sim_world *world);

/* Empties the world; families of one phone each. */
void sim_begin(sim_world *world, const sim_options *options);

/* Lets time pass. */
void sim_run(sim_world *world, uint64_t ms);

/* The relay and the hosts are honest from now on. */
void sim_make_honest(sim_world *world);

bool sim_is_evil(const sim_world *world, sim_evil evil);
bool sim_is_bad(const sim_world *world, sim_host host);

/* Nothing was done to this family that may stop a device for good. */
bool sim_is_gentle(const sim_world *world);

bool sim_once_in(sim_world *world, uint32_t n);

/* ---- say.c: telling ---- */

void sim_note(const sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void sim_fail(const sim_world *world, sim_invariant invariant,
                        const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Exit status of a broken invariant: this and its number. */
#define SIM_STATUS 100

#define sim_require(world, invariant, condition, ...)                          \
    do {                                                                       \
        (world)->checked[invariant]++;                                         \
        if (!(condition)) {                                                    \
            sim_fail((world), (invariant), __FILE__, __LINE__, __VA_ARGS__);   \
        }                                                                      \
    } while (0)

const char *sim_event_name(covey_event_kind kind);
/* "1.2w": family 1, place 2, a watch; in one of few buffers. */
const char *sim_name(const sim_node *node);

/* ---- node.c: a device and its host ---- */

sim_node *sim_node_new(sim_world *world, sim_family *family, covey_role role,
                       unsigned person);
void sim_node_free(sim_node *node);
covey_now sim_now(const sim_node *node, const sim_process *process);

/* Opens a process on what is stored. */
void sim_node_open(sim_node *node, unsigned process);
/* Power fails, and is back after a while. */
void sim_node_restart(sim_node *node, uint64_t after_ms);
void sim_node_power_on(sim_node *node);
void sim_node_shut(sim_node *node, unsigned process);

/* Events and requests, until there are none. */
void sim_node_pump(sim_node *node, unsigned process);

/* Whether to call again, after an error of a hook. */
bool sim_again(sim_node *node, unsigned process, int err, unsigned *tries);

/* Calls, and again as long as hooks fail; the last answer. */
#define sim_call(node, process, err, call)                                     \
    do {                                                                       \
        unsigned tries_ = 0;                                                   \
        do {                                                                   \
            (err) = (call);                                                    \
        } while (sim_again((node), (process), (err), &tries_));                \
    } while (0)

static inline covey_device *sim_device(const sim_node *node)
{
    return node->processes[0].device;
}

covey_now sim_node_now(const sim_node *node);
bool sim_is_running(const sim_node *node);
covey_device_state sim_state(const sim_node *node);
sim_node *sim_node_of_id(const sim_family *family, const covey_member_id *id);
/* Places of the members of its roster. */
uint32_t sim_members(const sim_node *node);

/* ---- app.c: what a host does with events ---- */

void sim_app_event(sim_node *node, unsigned process, const covey_event *event);
void sim_app_shown(sim_node *node, const sim_task *task);
void sim_app_ran(sim_node *node, const sim_task *task);

/* ---- act.c: what people do ---- */

/* One says something, which the oracle keeps. */
int sim_say(sim_node *node, const covey_content *content);
void sim_act(sim_world *world, sim_family *family);
void sim_say_location(sim_node *watch);
void sim_say_text(sim_node *node, const char *text);
int sim_say_command(sim_node *node, covey_command_kind kind);
sim_node *sim_any_member(sim_world *world, sim_family *family, covey_role role);
covey_fix sim_fix(sim_world *world, const sim_node *watch);

/* ---- join.c ---- */

void sim_found(sim_world *world, sim_family *family);
/* Whether it is in at the end. */
bool sim_join(sim_world *world, sim_node *guardian, sim_node *newcomer,
              bool own_person);
/* Runs an operation of a guardian to its end. */
bool sim_finish(sim_node *node, uint64_t within_ms);
/* Until it has started again; until it has no operation under way. */
void sim_wait_running(sim_node *node);
void sim_wait_idle(sim_node *node);
bool sim_remove(sim_node *node, sim_node *target);

/* ---- oracle.c ---- */

sim_item *sim_item_new(sim_node *sender, const covey_content *content);
void sim_item_said(sim_item *item, covey_payload_id id);
void sim_item_sent(sim_node *sender, covey_payload_id id);
sim_item *sim_item_find(const sim_node *sender, covey_payload_id id);
/* Whether a guardian of the family gave the document, of any version. */
bool sim_is_given(const sim_family *family, const covey_document *document);
/* Judges what a node was given. */
void sim_arrived(sim_node *node, const covey_said *said);
void sim_command_arrived(sim_node *node, const covey_reference *id,
                         const covey_command *command);
size_t sim_encode(uint8_t *out, size_t cap, const covey_content *content);

/* ---- net.c ---- */

void sim_send(sim_node *node, unsigned process, const covey_request *request);
sim_task *sim_task_new(sim_world *world, sim_task_kind kind, sim_node *node,
                       unsigned process, uint64_t after_ms);
/* The next task, to be freed; false: none is due. */
bool sim_task_next(sim_world *world, uint64_t until_ms, sim_task *task);
uint64_t sim_task_due(const sim_world *world);
void sim_task_do(sim_world *world, sim_task *task);
void sim_tasks_drop(sim_world *world);
/* Gives up requests that wait, when the device has something to send. */
void sim_interrupt(sim_node *node, unsigned process);

/* ---- evil.c ---- */

/* Before and after the honest relay has answered; false: no answer. */
bool sim_evil_request(sim_world *world, const sim_node *node);
void sim_evil_asker(sim_world *world, sim_node *node, sim_asker *asker);
void sim_evil_view(sim_world *world, const sim_node *node, sim_reply *reply);
bool sim_evil_bytes(sim_world *world, const sim_node *node,
                    const covey_mailbox_address *mailbox, uint8_t *bytes,
                    size_t *len);
uint64_t sim_evil_delay_ms(sim_world *world);
void sim_evil_minute(sim_world *world);
void sim_evil_restarted(sim_world *world, const sim_node *node);
void sim_evil_free(sim_world *world);

/* ---- insider.c: a member with all keys, who keeps to no rule ---- */

void sim_insider_minute(sim_world *world);
void sim_insider_free(sim_world *world);

/* ---- ghosts.c: those who try to read what is not theirs ---- */

/* Keeps all that a member has, for when it is removed; and a newcomer, who
 * tries what was sent before. */
void sim_ghost_keep(sim_node *node);
void sim_ghosts_try(sim_world *world);
void sim_ghosts_free(sim_world *world);

/* ---- check.c ---- */

/* After the relay has been honest for long enough. */
void sim_check(sim_world *world);
void sim_check_blobs(sim_world *world);

/* ---- day.c ---- */

/* A whole run of a seed. */
void sim_day(sim_world *world, const sim_options *options);

#endif
