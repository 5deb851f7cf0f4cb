/* What a relay does that nobody trusts. */
#include "family.h"

#include <stdlib.h>

#define SELDOM 6 /* an evil that is on acts once in so many times */
#define LATE_MS 180000

/* Not between two uses: who is evil decides anew each time. */
static bool acts(sim_world *world, sim_evil evil)
{
    if (!sim_is_evil(world, evil)) return false;
    if (test_below(&world->evil.choices, SELDOM) != 0) return false;
    world->did_evil[evil]++;
    return true;
}

static uint32_t below(sim_world *world, size_t num)
{
    return test_below(&world->evil.choices, (uint32_t)num);
}

/* ---- before the relay ---- */

bool sim_evil_request(sim_world *world, const sim_node *node)
{
    world->relay.checks_nothing = sim_is_evil(world, SIM_EVIL_NOAUTH);
    if (world->relay.checks_nothing) world->did_evil[SIM_EVIL_NOAUTH]++;
    if (world->has_no_relay) return false;
    if (!acts(world, SIM_EVIL_DROP)) return true;
    sim_note(world, "evil: the request of %s is lost", sim_name(node));
    return false;
}

void sim_evil_asker(sim_world *world, sim_node *node, sim_asker *asker)
{
    if (sim_is_evil(world, SIM_EVIL_FORK) && node->family->is_forked) {
        asker->side = node->place % SIM_SIDES;
        world->did_evil[SIM_EVIL_FORK]++;
    }
    asker->not_next = acts(world, SIM_EVIL_LIE);
    if (node->was_rolled_back && sim_is_evil(world, SIM_EVIL_REPLAY)) {
        asker->until_ms = node->older_ms;
    }
}

/* ---- what it shows ---- */

/* A blob of the reply that may be written to. */
static uint8_t *own_copy(sim_reply *reply, size_t at)
{
    static uint8_t copies[COVEY_SYNC_ENTRIES_MAX][COVEY_BLOB_MAX];
    covey_sync_entry *entry = &reply->entries[at];

    memcpy(copies[at], entry->blob.at, entry->blob.len);
    entry->blob.at = copies[at];
    return copies[at];
}

static const sim_entry *any_blob(sim_world *world)
{
    const sim_relay *relay = &world->relay;

    if (relay->num == 0) return NULL;
    const sim_mailbox *mailbox = &relay->mailboxes[below(world, relay->num)];

    if (mailbox->num == 0) return NULL;
    return &mailbox->entries[below(world, mailbox->num)];
}

static void swap_blob(sim_world *world, covey_sync_entry *entry)
{
    const sim_entry *other = any_blob(world);

    if (other != NULL && other->len == entry->blob.len) {
        entry->blob = covey_bytes_of(other->blob, other->len);
    }
}

static void reorder(sim_world *world, sim_reply *reply)
{
    size_t num = reply->response.num_entries;
    covey_sync_entry *one = &reply->entries[below(world, num)];
    covey_sync_entry *other = &reply->entries[below(world, num)];
    covey_bytes blob = one->blob;

    if (one->is_stub || other->is_stub) return;
    one->blob = other->blob;
    other->blob = blob;
}

static void leave_out(sim_world *world, sim_reply *reply)
{
    size_t at = below(world, reply->response.num_entries);

    for (size_t i = at + 1; i < reply->response.num_entries; i++) {
        reply->entries[i - 1] = reply->entries[i];
    }
    reply->response.num_entries--;
}

static void show_more(sim_world *world, sim_reply *reply)
{
    static uint8_t junk[COVEY_BLOB_MIN];
    covey_sync_response *response = &reply->response;

    if (response->num_entries == COVEY_SYNC_ENTRIES_MAX) return;
    test_fill(&world->evil.choices, junk, sizeof junk);
    reply->entries[response->num_entries++] =
        (covey_sync_entry){.index = response->next++,
                           .blob = covey_bytes_of(junk, sizeof junk)};
}

static void change_one(sim_world *world, sim_reply *reply)
{
    size_t at = below(world, reply->response.num_entries);
    covey_sync_entry *entry = &reply->entries[at];

    if (entry->is_stub) return;
    if (acts(world, SIM_EVIL_FLIP)) {
        own_copy(reply, at)[below(world, entry->blob.len)] ^=
            (uint8_t)(1u << below(world, 8));
    }
    if (acts(world, SIM_EVIL_SWAP)) swap_blob(world, entry);
    if (acts(world, SIM_EVIL_REORDER)) reorder(world, reply);
    if (acts(world, SIM_EVIL_WITHHOLD)) leave_out(world, reply);
}

void sim_evil_view(sim_world *world, const sim_node *node, sim_reply *reply)
{
    covey_sync_response *response = &reply->response;

    if (response->status != COVEY_SYNC_OK) return;
    if (response->num_entries != 0) change_one(world, reply);
    if (acts(world, SIM_EVIL_INVENT)) show_more(world, reply);
    if (response->num_appended != 0 && acts(world, SIM_EVIL_LIE)) {
        response->appended[0] = 1 + below(world, response->next);
        if (response->appended[0] >= response->next) response->next++;
    }
    if (sim_is_evil(world, SIM_EVIL_STARVE) &&
        node->number == world->evil.starved && response->num_entries != 0) {
        response->num_entries = 0;
        world->did_evil[SIM_EVIL_STARVE]++;
    }
}

/* ---- what it sends ---- */

static void remember(sim_world *world, const sim_node *node,
                     const covey_mailbox_address *mailbox, const uint8_t *bytes,
                     size_t len)
{
    sim_old_answer *old = &world->evil.old[world->evil.num_old++ % SIM_ANSWERS];

    free(old->bytes);
    *old = (sim_old_answer){node->number, *mailbox, malloc(len + 1), len};
    if (old->bytes == NULL) abort();
    covey_copy(old->bytes, bytes, len);
}

static size_t num_remembered(const sim_world *world)
{
    return world->evil.num_old < SIM_ANSWERS ? world->evil.num_old
                                             : SIM_ANSWERS;
}

/* One of those that a node had, or others had; NULL: there is none. */
static const sim_old_answer *recall(sim_world *world, const sim_node *node,
                                    bool own)
{
    size_t num = num_remembered(world);

    for (unsigned i = 0; i < 8 && num != 0; i++) {
        const sim_old_answer *old = &world->evil.old[below(world, num)];

        if ((old->node == node->number) == own) return old;
    }
    return NULL;
}

/* The next of those that it had from this mailbox, from the oldest on. */
static const sim_old_answer *replay(sim_world *world, const sim_node *node,
                                    const covey_mailbox_address *mailbox)
{
    size_t num = num_remembered(world);
    size_t begin = world->evil.num_old - num;

    while (world->evil.replayed < num) {
        const sim_old_answer *old =
            &world->evil.old[(begin + world->evil.replayed++) % SIM_ANSWERS];

        if (old->node == node->number &&
            memcmp(&old->mailbox, mailbox, sizeof *mailbox) == 0) {
            return old;
        }
    }
    return NULL;
}

static const sim_old_answer *other_answer(sim_world *world,
                                          const sim_node *node,
                                          const covey_mailbox_address *mailbox)
{
    if (world->evil.replays_left != 0 && world->evil.starved == node->number &&
        sim_is_evil(world, SIM_EVIL_REPLAY)) {
        world->evil.replays_left--;
        world->did_evil[SIM_EVIL_REPLAY]++;
        return replay(world, node, mailbox);
    }
    if (acts(world, SIM_EVIL_REPEAT)) return recall(world, node, true);
    if (acts(world, SIM_EVIL_SWAP)) return recall(world, node, false);
    return NULL;
}

bool sim_evil_bytes(sim_world *world, const sim_node *node,
                    const covey_mailbox_address *mailbox, uint8_t *bytes,
                    size_t *len)
{
    if (world->is_honest) return true;
    const sim_old_answer *other = other_answer(world, node, mailbox);

    if (other != NULL) {
        *len = other->len;
        covey_copy(bytes, other->bytes, other->len);
    } else {
        remember(world, node, mailbox, bytes, *len);
    }
    if (*len != 0 && acts(world, SIM_EVIL_TRUNCATE)) *len = below(world, *len);
    if (*len != 0 && acts(world, SIM_EVIL_FLIP)) {
        bytes[below(world, *len)] ^= (uint8_t)(1u << below(world, 8));
    }
    return !acts(world, SIM_EVIL_DROP);
}

uint64_t sim_evil_delay_ms(sim_world *world)
{
    return acts(world, SIM_EVIL_DELAY) ? below(world, LATE_MS) : 0;
}

/* ---- now and then ---- */

static void append_junk(sim_world *world)
{
    static uint8_t junk[COVEY_BLOB_MIN];
    sim_relay *relay = &world->relay;
    sim_asker asker = {.now_ms = world->now_ms, .forges = true};
    const sim_entry *other = any_blob(world);

    if (relay->num == 0) return;
    sim_mailbox *mailbox = &relay->mailboxes[below(world, relay->num)];
    covey_bytes blob = covey_bytes_of(junk, sizeof junk);

    test_fill(&world->evil.choices, junk, sizeof junk);
    /* One of another mailbox, or of this one with a bit flipped. */
    if (other != NULL && below(world, 2) == 0) {
        blob = covey_bytes_of(other->blob, other->len);
    } else if (mailbox->num != 0 && below(world, 2) == 0) {
        const sim_entry *entry = &mailbox->entries[below(world, mailbox->num)];

        if (entry->len == sizeof junk) memcpy(junk, entry->blob, entry->len);
        junk[below(world, sizeof junk)] ^= 1;
    }
    asker.node = mailbox->owner;
    sim_relay_append(mailbox, &asker, blob, true);
}

void sim_evil_minute(sim_world *world)
{
    if (acts(world, SIM_EVIL_JUNK)) append_junk(world);
    sim_insider_minute(world);
    if (sim_is_evil(world, SIM_EVIL_STARVE) && below(world, 10) == 0) {
        world->evil.starved = below(world, world->num_nodes);
    }
    if (sim_is_evil(world, SIM_EVIL_FORK) && below(world, 20) == 0) {
        sim_family *family =
            &world->families[below(world, world->num_families)];

        sim_note(world, "evil: family %u sees two logs", family->number);
        family->is_forked = true;
    }
    if (sim_is_evil(world, SIM_EVIL_LOSE) && !world->evil.has_lost &&
        below(world, 8) == 0) {
        sim_note(world, "evil: the relay has lost all");
        world->did_evil[SIM_EVIL_LOSE]++;
        world->evil.has_lost = true;
        sim_relay_lose(&world->relay);
    }
}

void sim_evil_restarted(sim_world *world, const sim_node *node)
{
    if (!sim_is_evil(world, SIM_EVIL_REPLAY)) return;
    world->evil.starved = node->number;
    world->evil.replays_left = 6;
    world->evil.replayed = 0;
}

void sim_evil_free(sim_world *world)
{
    for (size_t i = 0; i < SIM_ANSWERS; i++) free(world->evil.old[i].bytes);
    world->evil = (sim_evil_state){.num_old = 0};
}
