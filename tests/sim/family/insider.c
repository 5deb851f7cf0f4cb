/*
 * A guardian's phone whose engine was stopped and whose keys are used by
 * somebody who keeps to no rule. What he makes is well formed, encrypted with
 * the right keys, and goes into the mailbox by way of the relay; it must have
 * no effect. tests/negative/forge.h breaks single fields, at length.
 */
#include "family.h"

#include <stdlib.h>

#include "device/device.h"
#include "forge.h"

#define ROOM 16384
#define FORGERIES 12

struct sim_insider {
    bool is_on;
    unsigned num_forged;
    sim_node *node;
    covey_mls_group *group; /* a copy */
    covey_log log;
    covey_mailbox_address mailbox;
    test_random random;
    uint8_t scratch[65536];
    uint8_t message[ROOM];
    uint8_t blob[ROOM];
};

typedef enum {
    FORGE_NOISE,     /* no payload at all */
    FORGE_FORBIDDEN, /* what a guardian may not say */
    FORGE_AS_WATCH,  /* under the watch's name and key, signed by himself */
    FORGE_UNSIGNED,  /* with a signature that is none */
    FORGE_REMOVE,    /* a commit that puts a guardian out, alone */
    FORGE_PROPOSAL,  /* that the watch be removed */
    FORGE_AGAIN      /* an entry of this mailbox once more */
} forgery_kind;

/* ---- becoming one ---- */

static void take_over(sim_world *world, sim_node *node)
{
    sim_insider *insider = world->insider;
    const covey_device *device = sim_device(node);
    covey_mailbox mailbox;

    memcpy(insider->group, device->group, covey_mls_group_size());
    insider->log = device->log;
    covey_mailbox_of_seed(&mailbox, insider->log.seed);
    insider->mailbox = covey_mailbox_address_of(&mailbox);
    insider->random = test_random_of(world->options.seed ^ 0x1451de);
    insider->node = node;
    insider->num_forged = 0;
    insider->is_on = true;
    sim_note(world, "evil: %s works for the relay", sim_name(node));
    node->is_in = false;
    node->is_asleep = true;
    for (unsigned i = 0; i < SIM_PROCESSES; i++) sim_node_shut(node, i);
}

static void look_for_one(sim_world *world)
{
    sim_family *family =
        &world->families[test_below(&world->evil.choices, world->num_families)];
    sim_node *node = sim_any_member(world, family, COVEY_ROLE_GUARDIAN);

    if (node == NULL || node == family->nodes[0] || family->watch == NULL) {
        return;
    }
    take_over(world, node);
}

/* ---- what he makes ---- */

/* A member who has read all that is there; NULL: none has. */
static const covey_log *log_at_head(const sim_insider *insider,
                                    const sim_mailbox *mailbox)
{
    const sim_family *family = insider->node->family;

    for (unsigned i = 0; i < family->num_nodes; i++) {
        const sim_node *node = family->nodes[i];
        const covey_log *log = &sim_device(node)->log;

        if (node->processes[0].is_on && log->after == mailbox->next - 1 &&
            memcmp(log->seed, insider->log.seed, sizeof log->seed) == 0) {
            return log;
        }
    }
    return NULL;
}

static size_t payload_of(const sim_insider *insider, uint8_t *out, size_t cap,
                         const covey_content *content)
{
    static uint8_t bytes[COVEY_CONTENT_SCRATCH_SIZE];
    covey_buffer scratch = {bytes, sizeof bytes, 0};
    covey_buffer buffer = {out, cap, 0};
    covey_seen_claim seen = covey_seen_now(&insider->log.seen);
    covey_payload payload = {
        .id = {1000000 + insider->num_forged, 0},
        .sent_ms = SIM_UTC_MS,
        .seen = {.count = seen.count},
        .content = *content,
    };

    memcpy(payload.seen.chain, seen.chain.bytes, sizeof payload.seen.chain);
    return covey_payload_encode(&buffer, &payload, &scratch) ? 0 : buffer.len;
}

static size_t forged_payload(sim_insider *insider, forgery_kind kind,
                             uint8_t *out, size_t cap)
{
    covey_content content = {.kind = COVEY_CONTENT_TEXT};
    covey_fix fix = sim_fix(insider->node->world, insider->node);

    if (kind == FORGE_NOISE) {
        test_fill(&insider->node->world->evil.choices, out, 100);
        return 100;
    }
    content.of.text.text = covey_bytes_of_text("I am somebody else");
    if (kind == FORGE_FORBIDDEN) {
        content.kind = COVEY_CONTENT_LOCATION;
        content.of.location = (covey_location){.fixes = &fix, .num_fixes = 1};
    }
    return payload_of(insider, out, cap, &content);
}

static uint32_t leaf_of(const sim_insider *insider, const sim_node *node)
{
    covey_mls_member_info info = {.leaf = COVEY_MLS_NO_LEAF};

    while (covey_mls_next_member(insider->group, info.leaf, &info)) {
        if (covey_bytes_same(info.identity,
                             covey_bytes_of(node->id.bytes,
                                            sizeof node->id.bytes))) {
            return info.leaf;
        }
    }
    return COVEY_MLS_NO_LEAF;
}

/* An application message in which one thing is not as it should be. */
static size_t seal_application(sim_insider *insider, forgery_kind kind)
{
    static uint8_t bytes[COVEY_PAYLOAD_MAX];
    covey_random random = test_random_hook(&insider->random);
    covey_buffer scratch = {insider->scratch, sizeof insider->scratch, 0};
    covey_buffer out = {insider->message, ROOM, 0};
    size_t len = forged_payload(insider, kind, bytes, sizeof bytes);
    sim_forgery how = {.as_leaf = COVEY_MLS_NO_LEAF,
                       .is_unsigned = kind == FORGE_UNSIGNED};

    if (kind == FORGE_AS_WATCH) {
        how.as_leaf = leaf_of(insider, insider->node->family->watch);
        if (how.as_leaf == COVEY_MLS_NO_LEAF) return 0;
    }
    return sim_forge(insider->group, &random, &how, covey_bytes_of(bytes, len),
                     &scratch, &out);
}

static size_t seal_handshake(sim_insider *insider, const sim_mailbox *mailbox,
                             forgery_kind kind)
{
    covey_random random = test_random_hook(&insider->random);
    covey_buffer scratch = {insider->scratch, sizeof insider->scratch, 0};
    covey_buffer out = {insider->message, ROOM, 0};
    const covey_log *log = log_at_head(insider, mailbox);
    const sim_family *family = insider->node->family;
    const sim_node *target =
        kind == FORGE_REMOVE ? family->nodes[0] : family->watch;
    covey_mls_change change = {.kind = COVEY_MLS_REMOVE,
                               .leaf = leaf_of(insider, target)};
    covey_blob_header header = {.is_commit = kind == FORGE_REMOVE};
    covey_sealed_header sealed;
    int err;

    if (log == NULL) return 0;
    header.seen = covey_seen_now(&log->seen);
    err =
        covey_blob_header_seal(&sealed, &log->handshake_key, &random, &header);
    if (err) return 0;
    covey_mls_framing framing = covey_blob_handshake_framing(&sealed, &header);

    if (kind == FORGE_PROPOSAL) {
        err = covey_mls_propose(insider->group, &random, &change, NULL, 0,
                                &framing, &scratch, &out, NULL);
        return err ? 0 : out.len;
    }
    size_t size = covey_mls_staged_size();
    void *memory = calloc(1, size);
    covey_mls_commit_options options = {.changes = &change,
                                        .num_changes = 1,
                                        .framing = &framing};

    if (memory == NULL) abort();
    err = covey_mls_commit(insider->group, &random, &options,
                           covey_mls_staged_at(memory, size), &scratch, &out,
                           NULL);
    free(memory);
    return err ? 0 : out.len;
}

/* ---- and posts ---- */

static size_t forge(sim_insider *insider, const sim_mailbox *mailbox,
                    forgery_kind kind)
{
    covey_writer w = covey_writer_of(insider->blob, ROOM);
    size_t len;

    if (kind == FORGE_AGAIN) {
        const sim_entry *entry =
            &mailbox->entries[test_below(&insider->node->world->evil.choices,
                                         (uint32_t)mailbox->num)];

        memcpy(insider->blob, entry->blob, entry->len);
        return entry->len;
    }
    len = kind == FORGE_REMOVE || kind == FORGE_PROPOSAL
              ? seal_handshake(insider, mailbox, kind)
              : seal_application(insider, kind);
    if (len == 0 ||
        covey_blob_pack(&w, covey_bytes_of(insider->message, len), NULL, 0)) {
        return 0;
    }
    return w.len;
}

static void post(sim_world *world, sim_insider *insider, forgery_kind kind)
{
    sim_mailbox *mailbox = sim_relay_find(&world->relay, &insider->mailbox, 0);
    sim_asker asker = {.node = insider->node->number,
                       .now_ms = world->now_ms,
                       .forges = true};

    if (mailbox == NULL || mailbox->num == 0) return;
    size_t len = forge(insider, mailbox, kind);

    sim_note(world, "evil: forgery %d of %zu bytes", (int)kind, len);
    insider->num_forged++;
    if (len == 0) return;
    world->did_evil[SIM_EVIL_INSIDER]++;
    sim_relay_append(mailbox, &asker, covey_bytes_of(insider->blob, len), true);
}

/* Messages at once, before the epoch ends; or what goes only when all that is
 * in the log was read. */
static void post_some(sim_world *world, sim_insider *insider)
{
    if (test_below(&world->evil.choices, 2) == 0) {
        post(world, insider,
             test_below(&world->evil.choices, 2) == 0 ? FORGE_REMOVE
                                                      : FORGE_PROPOSAL);
        return;
    }
    post(world, insider, FORGE_UNSIGNED);
    post(world, insider, FORGE_AS_WATCH);
    post(world, insider, FORGE_FORBIDDEN);
    post(world, insider, FORGE_NOISE);
    post(world, insider, FORGE_AGAIN);
}

void sim_insider_minute(sim_world *world)
{
    sim_insider *insider = world->insider;

    if (!sim_is_evil(world, SIM_EVIL_INSIDER)) return;
    if (insider == NULL) {
        insider = calloc(1, sizeof *insider);
        if (insider == NULL) abort();
        insider->group = calloc(1, covey_mls_group_size());
        if (insider->group == NULL) abort();
        world->insider = insider;
    }
    if (!insider->is_on) look_for_one(world);
    if (insider->is_on && insider->num_forged < FORGERIES) {
        post_some(world, insider);
    }
}

void sim_insider_free(sim_world *world)
{
    if (world->insider == NULL) return;
    free(world->insider->group);
    free(world->insider);
    world->insider = NULL;
}
