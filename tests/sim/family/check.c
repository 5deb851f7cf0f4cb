/* What must hold when the relay has been honest for long enough. */
#include "family.h"

#include <stdlib.h>

#ifdef COVEY_SIM_ZLIB
#include <zlib.h>
#endif

/* ---- members ---- */

static bool has_stopped(const sim_node *node)
{
    covey_device_state state = sim_state(node);

    return state == COVEY_DEVICE_FORKED || state == COVEY_DEVICE_LOCKED_OUT ||
           state == COVEY_DEVICE_ROLLED_BACK || !node->processes[0].is_on;
}

/* A device that stopped, or is out, has said so; the gentle ones go on. */
static void check_state(sim_world *world, const sim_node *node)
{
    static const covey_event_kind events[] = {
        [COVEY_DEVICE_FORKED] = COVEY_EVENT_FORKED,
        [COVEY_DEVICE_LOCKED_OUT] = COVEY_EVENT_LOCKED_OUT,
        [COVEY_DEVICE_ROLLED_BACK] = COVEY_EVENT_ROLLED_BACK,
        [COVEY_DEVICE_ENDED] = COVEY_EVENT_ENDED,
    };
    covey_device_state state = sim_state(node);

    if (node->processes[0].is_on && state >= COVEY_DEVICE_FORKED) {
        sim_require(world, SIM_SAYS, node->events[events[state]] != 0,
                    "%s stands at %d and never said so", sim_name(node),
                    (int)state);
    }
    sim_require(world, SIM_SAYS,
                node->processes[0].is_on ||
                    node->events[COVEY_EVENT_ROLLED_BACK] != 0,
                "%s does not run", sim_name(node));
    sim_require(world, SIM_SERVES,
                !sim_is_gentle(world) || state == COVEY_DEVICE_MEMBER,
                "%s stands at %d, though nothing lasting was done",
                sim_name(node), (int)state);
}

static bool has_complained(const sim_node *node)
{
    return has_stopped(node) || node->events[COVEY_EVENT_SILENT] != 0 ||
           node->events[COVEY_EVENT_FORKED] != 0 ||
           node->events[COVEY_EVENT_MISSING] != 0 ||
           node->events[COVEY_EVENT_TORN] != 0 ||
           node->events[COVEY_EVENT_LOCKED_OUT] != 0 ||
           node->events[COVEY_EVENT_RELAY] != 0;
}

/* Whoever shows the members shows that this one has not applied the epoch. */
static bool sees_unconfirmed(const sim_node *node, const sim_node *other)
{
    covey_member member;

    for (size_t i = 0;
         covey_device_member(sim_device(node), i, sim_node_now(node), &member);
         i++) {
        if (memcmp(&member.id, &other->id, sizeof member.id) == 0) {
            return !member.is_confirmed;
        }
    }
    return false;
}

static void check_pair(sim_world *world, const sim_node *one,
                       const sim_node *other)
{
    char left[COVEY_SAFETY_NUMBER_SIZE] = "";
    char right[COVEY_SAFETY_NUMBER_SIZE] = "";

    if (sim_state(one) != COVEY_DEVICE_MEMBER ||
        sim_state(other) != COVEY_DEVICE_MEMBER) {
        return;
    }
    int err = covey_device_safety_number(sim_device(one), left);

    if (!err) err = covey_device_safety_number(sim_device(other), right);
    sim_require(world, SIM_ERRORS, err == COVEY_OK, "safety number: %s",
                covey_error_name(err));
    sim_require(world, SIM_AGREE,
                strcmp(left, right) == 0 ||
                    (!sim_is_gentle(world) &&
                     (has_complained(one) || has_complained(other) ||
                      sees_unconfirmed(one, other) ||
                      sees_unconfirmed(other, one))),
                "%s has %s, %s has %s, and neither says a word", sim_name(one),
                left, sim_name(other), right);
}

static void check_members(sim_world *world, const sim_family *family)
{
    for (unsigned i = 0; i < family->num_nodes; i++) {
        const sim_node *node = family->nodes[i];

        if (!node->is_in) continue;
        check_state(world, node);
        for (unsigned j = 0; j < i; j++) {
            if (family->nodes[j]->is_in) {
                check_pair(world, family->nodes[j], node);
            }
        }
    }
}

/* ---- what was said ---- */

/* What only a lost store had is gone, however gentle it was otherwise. */
static bool may_lose(const sim_world *world)
{
    return !sim_is_gentle(world) || world->evil.has_lost;
}

static bool is_counted(covey_content_kind kind)
{
    return kind == COVEY_CONTENT_LOCATION || kind == COVEY_CONTENT_TEXT ||
           kind == COVEY_CONTENT_STATUS || kind == COVEY_CONTENT_RECEIPT ||
           kind == COVEY_CONTENT_SOS_ACK || kind == COVEY_CONTENT_COMMAND;
}

static void check_arrival(sim_world *world, const sim_item *item,
                          const sim_node *node)
{
    uint32_t bit = SIM_BIT(node->place);

    /* Before it was confirmed nobody speaks to it. */
    if (node == item->sender || !node->is_in || node->is_out ||
        item->tried_ms <= node->in_ms ||
        (item->first_audience & item->last_audience & bit) == 0 ||
        item->arrived_ms[node->place] != 0) {
        return;
    }
    /* What a command came to is told by its fate. */
    if (item->kind == COVEY_CONTENT_COMMAND && node == node->family->watch) {
        return;
    }
    bool reported = has_complained(node) || has_complained(item->sender) ||
                    node->was_rolled_back ||
                    sees_unconfirmed(item->sender, node) ||
                    sees_unconfirmed(node, item->sender);

    sim_require(world, SIM_LOST, reported && may_lose(world),
                "%s never got item %llu, kind %d of %s, sent at %llu s",
                sim_name(node), (unsigned long long)item->id.counter,
                (int)item->kind, sim_name(item->sender),
                (unsigned long long)(item->sent_ms / SIM_SECOND_MS));
}

static void check_item(sim_world *world, const sim_item *item)
{
    const sim_node *sender = item->sender;

    if (item->state != SIM_ITEM_SAID || !is_counted(item->kind)) return;
    if (!sender->is_in || sender->was_rolled_back) return;
    sim_require(world, SIM_LOST,
                item->is_sent || has_stopped(sender) ||
                    (!sim_is_gentle(world) && has_complained(sender)),
                "item %llu, kind %d of %s was accepted and never sent",
                (unsigned long long)item->id.counter, (int)item->kind,
                sim_name(sender));
    if (!item->is_sent) return;
    world->checked[SIM_LOST]++;
    for (unsigned i = 0; i < sender->family->num_nodes; i++) {
        check_arrival(world, item, sender->family->nodes[i]);
    }
}

static void check_fate(sim_world *world, const sim_item *item)
{
    const sim_node *issuer = item->sender;
    const sim_node *watch = issuer->family->watch;

    if (item->kind != COVEY_CONTENT_COMMAND || !item->is_sent ||
        item->state != SIM_ITEM_SAID || watch == NULL || !watch->is_in ||
        !issuer->is_in || has_stopped(issuer) || has_stopped(watch)) {
        return;
    }
    sim_require(world, SIM_FATE,
                item->has_fate || (may_lose(world) && (has_complained(issuer) ||
                                                       has_complained(watch))),
                "%s never learns what became of its command %llu, kind %d",
                sim_name(issuer), (unsigned long long)item->id.counter,
                (int)item->command);
}

/* ---- in which order ---- */

static bool sees_another_log(const sim_world *world, const sim_node *node)
{
    /* What one had read of a lost log, the others may read behind what came
     * after. Of two processes each is told what the other was told before. */
    return world->evil.has_lost || !node->is_in || has_stopped(node) ||
           node->was_rolled_back || node->had_twin ||
           node->events[COVEY_EVENT_FORKED] != 0 ||
           node->events[COVEY_EVENT_TORN] != 0;
}

/* What both have read stands in the same order for both. */
static void check_order(sim_world *world, const sim_node *one,
                        const sim_node *other)
{
    for (size_t i = 0; i < world->num_items; i++) {
        const sim_item *a = &world->items[i];
        uint64_t left = a->arrived_as[one->place];
        uint64_t right = a->arrived_as[other->place];

        if (a->sender->family != one->family || left == 0 || right == 0) {
            continue;
        }
        for (size_t j = 0; j < i; j++) {
            const sim_item *b = &world->items[j];
            uint64_t before = b->arrived_as[one->place];
            uint64_t also = b->arrived_as[other->place];

            if (b->sender->family != one->family || before == 0 || also == 0) {
                continue;
            }
            sim_require(world, SIM_ORDER, (before < left) == (also < right),
                        "%s and %s read %llu of %s and %llu of %s in another "
                        "order",
                        sim_name(one), sim_name(other),
                        (unsigned long long)a->id.counter, sim_name(a->sender),
                        (unsigned long long)b->id.counter, sim_name(b->sender));
        }
    }
}

static void check_orders(sim_world *world, const sim_family *family)
{
    for (unsigned i = 0; i < family->num_nodes; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (!sees_another_log(world, family->nodes[i]) &&
                !sees_another_log(world, family->nodes[j])) {
                check_order(world, family->nodes[j], family->nodes[i]);
            }
        }
    }
}

void sim_check(sim_world *world)
{
    for (unsigned i = 0; i < world->num_families; i++) {
        check_members(world, &world->families[i]);
        check_orders(world, &world->families[i]);
    }
    for (size_t i = 0; i < world->num_items; i++) {
        check_item(world, &world->items[i]);
        check_fate(world, &world->items[i]);
    }
}

/* ---- what the relay has ---- */

#define ENOUGH 4000 /* blobs, for statistics */

/* No value at an offset comes much more often than it should: 16 times in
 * 4,096 blobs, with a deviation of 4. */
static void check_offsets(sim_world *world, const sim_archive *archive,
                          size_t num)
{
    for (size_t at = 0; at < COVEY_BLOB_MIN; at++) {
        size_t counts[256] = {0};

        for (size_t i = 0; i < num; i++) {
            counts[archive->bytes[i * COVEY_BLOB_MIN + at]]++;
        }
        for (size_t value = 0; value < 256; value++) {
            sim_require(world, SIM_NOISE, counts[value] < num / 64,
                        "%zu of %zu blobs have %02zx at %zu", counts[value],
                        num, value, at);
        }
    }
}

static void check_compression(sim_world *world, const sim_archive *archive)
{
#ifdef COVEY_SIM_ZLIB
    uLongf len = compressBound((uLong)archive->len);
    Bytef *out = malloc(len);

    if (out == NULL) abort();
    int err = compress2(out, &len, archive->bytes, (uLong)archive->len, 9);

    free(out);
    sim_require(world, SIM_NOISE, err == Z_OK && len >= archive->len,
                "%zu bytes of blobs shrink to %zu", archive->len, (size_t)len);
#else
    (void)world;
    (void)archive;
#endif
}

void sim_check_blobs(sim_world *world)
{
    const sim_archive *archive = &world->relay.archive;
    size_t num = archive->len / COVEY_BLOB_MIN;

    sim_require(world, SIM_SIZE, archive->num_bad == 0,
                "%zu blobs of another size", archive->num_bad);
    if (num < ENOUGH) return;
    check_offsets(world, archive, num);
    check_compression(world, archive);
}
