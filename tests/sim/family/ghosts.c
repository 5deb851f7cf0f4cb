/*
 * Those who are no longer in a family, or were not yet, with all the keys that
 * they ever had and everything that the relay has. They keep to no rule of a
 * circle: they try to open each blob, and to follow each commit.
 */
#include "family.h"

#include <stdlib.h>

#include "device/device.h"
#include "mls/group.h"

#define GHOSTS 16
#define ROOM 16384
#define ON_WAY_MS 1000 /* a request that had left already */

typedef struct {
    sim_node *node;
    uint64_t since_ms; /* when its keys were taken */
    covey_mls_group *group;
    covey_log log;
    unsigned num_read; /* of what was sent when it was in */
} ghost;

struct sim_ghosts {
    ghost items[GHOSTS];
    unsigned num;
    uint8_t scratch[131072];
    uint8_t message[ROOM];
};

void sim_ghost_keep(sim_node *node)
{
    sim_world *world = node->world;
    const covey_device *device = sim_device(node);

    if (world->ghosts == NULL) {
        world->ghosts = calloc(1, sizeof *world->ghosts);
        if (world->ghosts == NULL) abort();
    }
    sim_ghosts *ghosts = world->ghosts;

    if (ghosts->num == GHOSTS || !covey_mls_is_open(device->group)) return;
    ghost *g = &ghosts->items[ghosts->num++];

    *g = (ghost){.node = node,
                 .since_ms = world->now_ms,
                 .group = calloc(1, covey_mls_group_size()),
                 .log = device->log};
    if (g->group == NULL) abort();
    memcpy(g->group, device->group, covey_mls_group_size());
}

/* Was it to be read by him? Whoever sent it did not know that he was gone. */
static bool is_his(const ghost *g, const sim_entry *entry)
{
    const sim_node *node = g->node;
    uint64_t told_ms = node->world->nodes[entry->from]->removed_ms[node->place];

    if (entry->at_ms < node->invited_ms) return false;
    return node->is_in || told_ms == 0 || entry->at_ms <= told_ms + ON_WAY_MS;
}

static void opened(sim_world *world, ghost *g, const sim_entry *entry)
{
    sim_require(world, SIM_OUTSIDERS, is_his(g, entry),
                "%s, with its old keys, opens entry %llu of %llu ms, by %s",
                sim_name(g->node), (unsigned long long)entry->index,
                (unsigned long long)entry->at_ms,
                sim_name(world->nodes[entry->from]));
}

/* Follows a commit as far as the keys let him. */
static void follow(sim_ghosts *ghosts, ghost *g, covey_bytes message,
                   covey_bytes blob)
{
    size_t size = covey_mls_staged_size();
    void *memory = calloc(1, size);
    covey_buffer scratch = {ghosts->scratch, sizeof ghosts->scratch, 0};
    covey_digest hash;

    if (memory == NULL) abort();
    covey_mls_staged *staged = covey_mls_staged_at(memory, size);

    covey_blob_hash(&hash, blob);
    if (covey_mls_stage(g->group, staged, message, NULL, 0, &scratch) ==
            COVEY_OK &&
        covey_mls_merge(g->group, staged) == COVEY_OK &&
        covey_mls_is_open(g->group)) {
        (void)covey_log_begin(&g->log, g->group, &hash, 0);
    }
    free(memory);
}

static void try_entry(sim_world *world, ghost *g, const sim_entry *entry)
{
    sim_ghosts *ghosts = world->ghosts;
    covey_writer w = covey_writer_of(ghosts->message, ROOM);
    covey_bytes bytes = covey_bytes_of(entry->blob, entry->len);
    covey_buffer scratch = {ghosts->scratch, sizeof ghosts->scratch, 0};
    covey_mls_received received;
    covey_mls_change_info info;
    covey_blob blob;

    if (!covey_mls_is_open(g->group) || entry->is_forged) return;
    if (covey_blob_open(&blob, g->group, &g->log.handshake_key, bytes, &w)) {
        return;
    }
    opened(world, g, entry);
    int err = COVEY_OK;

    if (blob.kind == COVEY_MLS_MESSAGE_COMMIT) {
        follow(ghosts, g, blob.message, bytes);
    } else if (blob.kind == COVEY_MLS_MESSAGE_PROPOSAL) {
        err = covey_mls_receive_proposal(g->group, blob.message, &scratch,
                                         &info, NULL);
    } else {
        err = covey_mls_unprotect(g->group, blob.message, &scratch, &received);
    }
    if (err == COVEY_OK) g->num_read++;
}

static void try_all(sim_world *world, ghost *g)
{
    for (size_t i = 0; i < world->relay.num; i++) {
        const sim_mailbox *mailbox = &world->relay.mailboxes[i];

        for (size_t j = 0; j < mailbox->num; j++) {
            try_entry(world, g, &mailbox->entries[j]);
        }
    }
}

void sim_ghosts_try(sim_world *world)
{
    for (unsigned i = 0; world->ghosts != NULL && i < world->ghosts->num; i++) {
        ghost *g = &world->ghosts->items[i];

        try_all(world, g);
        sim_note(world, "%s: its old keys open %u entries", sim_name(g->node),
                 g->num_read);
    }
}

void sim_ghosts_free(sim_world *world)
{
    if (world->ghosts == NULL) return;
    for (unsigned i = 0; i < world->ghosts->num; i++) {
        free(world->ghosts->items[i].group);
    }
    free(world->ghosts);
    world->ghosts = NULL;
}
