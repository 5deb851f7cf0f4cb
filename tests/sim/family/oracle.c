/*
 * What was said by whom, and whether what arrives is just that. It knows what
 * hosts gave to their devices, not what the devices made of it.
 */
#include "family.h"

#include <stdlib.h>

#define REPEATS_MAX 64 /* events that may come again after a start: a backlog */

size_t sim_encode(uint8_t *out, size_t cap, const covey_content *content)
{
    static uint8_t scratch_bytes[COVEY_CONTENT_SCRATCH_SIZE];
    covey_buffer scratch = {scratch_bytes, sizeof scratch_bytes, 0};
    covey_buffer buffer = {out, cap, 0};
    covey_payload payload = {.id = {1, 0}, .content = *content};

    return covey_payload_encode(&buffer, &payload, &scratch) ? 0 : buffer.len;
}

/* What a host can have said of it: without what the device adds. */
static covey_content bare(const covey_content *content)
{
    covey_content out = *content;

    if (out.kind == COVEY_CONTENT_LOCATION) {
        out.of.location.has_answer_to = false;
        memset(&out.of.location.answer_to, 0, sizeof(covey_reference));
    } else if (out.kind == COVEY_CONTENT_SOS) {
        out.of.sos.id = 1;
        out.of.sos.repeat = 0;
    } else if (out.kind == COVEY_CONTENT_DOCUMENT) {
        out.of.document.version = 1;
    } else if (out.kind == COVEY_CONTENT_STATUS) {
        out.of.status.num_documents = 0;
        memset(out.of.status.documents, 0, sizeof out.of.status.documents);
        out.of.status.paused_until_ms = 0;
        out.of.status.limit = COVEY_LIMIT_NONE;
    }
    return out;
}

sim_item *sim_item_new(sim_node *sender, const covey_content *content)
{
    static uint8_t bytes[COVEY_PAYLOAD_MAX];
    sim_world *world = sender->world;
    covey_content said = bare(content);
    size_t len = sim_encode(bytes, sizeof bytes, &said);

    if (world->num_items == world->items_room) {
        world->items_room = 2 * world->items_room + 256;
        world->items =
            realloc(world->items, world->items_room * sizeof world->items[0]);
        if (world->items == NULL) abort();
    }
    sim_item *item = &world->items[world->num_items++];

    *item = (sim_item){.sender = sender,
                       .kind = content->kind,
                       .bytes = malloc(len + 1),
                       .len = len,
                       .tried_ms = world->now_ms,
                       .sent_ms = SIM_NEVER,
                       .first_audience = sim_members(sender)};
    if (item->bytes == NULL) abort();
    memcpy(item->bytes, bytes, len);
    if (content->kind == COVEY_CONTENT_COMMAND) {
        item->command = content->of.command.kind;
    }
    return item;
}

static bool same_id(covey_payload_id a, covey_payload_id b)
{
    return a.counter == b.counter && a.incarnation == b.incarnation;
}

void sim_item_said(sim_item *item, covey_payload_id id)
{
    item->state = SIM_ITEM_SAID;
    item->id = id;
}

sim_item *sim_item_find(const sim_node *sender, covey_payload_id id)
{
    sim_world *world = sender->world;

    for (size_t i = world->num_items; i-- > 0;) {
        sim_item *item = &world->items[i];

        if (item->sender == sender && item->id.counter != 0 &&
            same_id(item->id, id)) {
            return item;
        }
    }
    return NULL;
}

/* Several fixes may have left under one id. */
void sim_item_sent(sim_node *sender, covey_payload_id id)
{
    sim_world *world = sender->world;

    for (size_t i = world->num_items; i-- > 0;) {
        sim_item *item = &world->items[i];

        if (item->sender != sender || item->id.counter == 0 ||
            !same_id(item->id, id)) {
            continue;
        }
        /* Told again after a restart: then the later one is true. */
        item->is_sent = true;
        item->sent_ms = world->now_ms;
        item->last_audience |= sim_members(sender);
    }
}

/* The content as it was said, under this id or one that is not known yet. */
static sim_item *match(const sim_node *sender, const covey_content *content,
                       covey_payload_id id)
{
    static uint8_t bytes[COVEY_PAYLOAD_MAX];
    sim_world *world = sender->world;
    covey_content said = bare(content);
    size_t len = sim_encode(bytes, sizeof bytes, &said);
    sim_item *unnamed = NULL;

    for (size_t i = world->num_items; i-- > 0;) {
        sim_item *item = &world->items[i];

        if (item->sender != sender || item->kind != content->kind ||
            item->state == SIM_ITEM_REFUSED || item->len != len ||
            memcmp(item->bytes, bytes, len) != 0) {
            continue;
        }
        if (item->id.counter != 0 && same_id(item->id, id)) return item;
        if (item->id.counter == 0) unnamed = item;
    }
    return unnamed;
}

bool sim_is_given(const sim_family *family, const covey_document *document)
{
    static uint8_t bytes[COVEY_PAYLOAD_MAX];
    const sim_world *world = family->nodes[0]->world;
    covey_content content = {.kind = COVEY_CONTENT_DOCUMENT};

    content.of.document = *document;
    content.of.document.version = 1;
    size_t len = sim_encode(bytes, sizeof bytes, &content);

    for (size_t i = 0; i < world->num_items; i++) {
        const sim_item *item = &world->items[i];

        if (item->sender->family == family && item->kind == content.kind &&
            item->sender->role == COVEY_ROLE_GUARDIAN && item->len == len &&
            memcmp(item->bytes, bytes, len) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- to whom ---- */

static void check_reader(sim_node *node, const sim_item *item)
{
    sim_world *world = node->world;
    uint32_t bit = SIM_BIT(node->place);

    sim_require(world, SIM_OUTSIDERS,
                item->sent_ms == SIM_NEVER || item->sent_ms >= node->invited_ms,
                "%s reads what %s sent before it was invited", sim_name(node),
                sim_name(item->sender));
    /* What waits is sent to those who came meanwhile, too. */
    uint32_t audience = item->first_audience | item->last_audience;

    /* Or whose power failed before it could say so, or who knows no more in
     * which epoch that was. */
    if (!item->is_sent &&
        (!sim_is_running(item->sender) || item->sender->was_rolled_back)) {
        return;
    }
    if (!item->is_sent) audience |= sim_members(item->sender);
    /* So is what a lost store had, when power failed before its sender had
     * stored that it was there: in which epoch, it does not know any more. */
    sim_require(world, SIM_OUTSIDERS,
                (audience & bit) != 0 || world->evil.has_lost,
                "%s reads %u of %s, of kind %d, that was for 0x%x only",
                sim_name(node), (unsigned)item->id.counter,
                sim_name(item->sender), (int)item->kind, (unsigned)audience);
}

static void note_arrival(sim_node *node, sim_item *item)
{
    sim_world *world = node->world;
    uint64_t *when = &item->arrived_ms[node->place];

    check_reader(node, item);
    if (*when != 0) {
        bool again = *when <= node->last_start_ms ||
                     sim_is_bad(world, SIM_HOST_TWIN) || node->was_rolled_back;

        /* Each of two processes goes back to what the other has stored. */
        unsigned most =
            REPEATS_MAX * (sim_is_bad(world, SIM_HOST_TWIN) ? 20 : 1);

        sim_require(world, SIM_TWICE, again && ++node->repeats <= most,
                    "%s gets item %llu of %s twice", sim_name(node),
                    (unsigned long long)item->id.counter,
                    sim_name(item->sender));
    }
    item->arrived_as[node->place] = ++world->num_arrivals;
    *when = world->now_ms;
}

/* ---- what arrives ---- */

static void location_arrived(sim_node *node, sim_node *sender,
                             const covey_payload *payload)
{
    const covey_location *location = &payload->content.of.location;

    for (size_t i = 0; i < location->num_fixes; i++) {
        covey_content one = {.kind = COVEY_CONTENT_LOCATION};

        one.of.location.fixes = &location->fixes[i];
        one.of.location.num_fixes = 1;
        sim_item *item = match(sender, &one, payload->id);

        sim_require(node->world, SIM_FORGED, item != NULL,
                    "%s gets a fix that %s never had", sim_name(node),
                    sim_name(sender));
        item->id = payload->id;
        note_arrival(node, item);
    }
}

static void receipt_arrived(sim_node *node, sim_node *sender,
                            const covey_command_receipt *receipt)
{
    sim_world *world = node->world;
    const sim_node *issuer =
        sim_node_of_id(node->family, &receipt->command.sender);
    sim_item *item =
        issuer == NULL ? NULL : sim_item_find(issuer, receipt->command.id);

    /* A command of the device's own; or one of which the issuer's older state
     * has given the number to something else. */
    if (item == NULL || issuer->was_rolled_back) return;
    sim_require(world, SIM_FORGED, item->kind == COVEY_CONTENT_COMMAND,
                "%s says what became of no command", sim_name(sender));
    /* An id of one that was set back may name two commands. */
    sim_require(world, SIM_FATE,
                issuer->was_rolled_back ||
                    receipt->outcome != COVEY_OUTCOME_DONE ||
                    item->answered == COVEY_OUTCOME_DONE ||
                    item->command == COVEY_COMMAND_SYNC,
                "%s says done of what it did not do", sim_name(sender));
    if (node != item->sender) return;
    item->has_fate = true;
    item->fate = receipt->outcome;
}

/* Kinds that devices make by themselves. */
static bool is_own_doing(const covey_content *content)
{
    switch (content->kind) {
    case COVEY_CONTENT_COMMAND:
        return content->of.command.kind == COVEY_COMMAND_SET_POLICY;
    case COVEY_CONTENT_RECEIPT:
        return content->of.receipt.kind == COVEY_RECEIPT_DELIVERED;
    case COVEY_CONTENT_SOS: return content->of.sos.over;
    /* Which documents are in force; what the battery has only a host knows. */
    case COVEY_CONTENT_STATUS: return !content->of.status.has_battery;
    case COVEY_CONTENT_COMMAND_RECEIPT:
    case COVEY_CONTENT_BOOT:
    case COVEY_CONTENT_JOINED:
    case COVEY_CONTENT_NOTICE:
    case COVEY_CONTENT_ACCESS_LOG: return true;
    default: return false;
    }
}

static covey_action action_of(const covey_content *content)
{
    static const covey_action actions[] = {
        [COVEY_CONTENT_LOCATION] = COVEY_ACTION_LOCATION,
        [COVEY_CONTENT_STATUS] = COVEY_ACTION_STATUS,
        [COVEY_CONTENT_TEXT] = COVEY_ACTION_TEXT,
        [COVEY_CONTENT_ATTACHMENT] = COVEY_ACTION_ATTACHMENT,
        [COVEY_CONTENT_RECEIPT] = COVEY_ACTION_RECEIPT,
        [COVEY_CONTENT_SOS] = COVEY_ACTION_SOS,
        [COVEY_CONTENT_SOS_ACK] = COVEY_ACTION_SOS_ACK,
        [COVEY_CONTENT_COMMAND_RECEIPT] = COVEY_ACTION_COMMAND_RECEIPT,
        [COVEY_CONTENT_BOOT] = COVEY_ACTION_BOOT,
        [COVEY_CONTENT_JOINED] = COVEY_ACTION_JOINED,
        [COVEY_CONTENT_DOCUMENT] = COVEY_ACTION_POLICY_DOCUMENT,
        [COVEY_CONTENT_NOTICE] = COVEY_ACTION_NOTICE,
        [COVEY_CONTENT_ACCESS_LOG] = COVEY_ACTION_ACCESS_LOG,
        [COVEY_CONTENT_PAUSE] = COVEY_ACTION_PAUSE,
    };

    if (content->kind == COVEY_CONTENT_COMMAND) {
        switch (content->of.command.kind) {
        case COVEY_COMMAND_LOCATE: return COVEY_ACTION_COMMAND_LOCATE;
        case COVEY_COMMAND_SYNC: return COVEY_ACTION_COMMAND_SYNC;
        default: return COVEY_ACTION_COMMAND_RING;
        }
    }
    return actions[content->kind];
}

/* Chapter 2.3 of SPEC.md in the simulator's own words. */
static bool may(covey_role role, covey_action action)
{
    switch (action) {
    case COVEY_ACTION_TEXT:
    case COVEY_ACTION_ATTACHMENT:
    case COVEY_ACTION_RECEIPT:
    case COVEY_ACTION_JOINED: return true;
    case COVEY_ACTION_NOTICE:
        return role == COVEY_ROLE_WEARER || role == COVEY_ROLE_GUARDIAN;
    case COVEY_ACTION_SOS_ACK:
    case COVEY_ACTION_COMMAND_LOCATE:
    case COVEY_ACTION_COMMAND_SYNC:
        return role == COVEY_ROLE_GUARDIAN || role == COVEY_ROLE_CARER;
    case COVEY_ACTION_LOCATION:
    case COVEY_ACTION_STATUS:
    case COVEY_ACTION_SOS:
    case COVEY_ACTION_COMMAND_RECEIPT:
    case COVEY_ACTION_BOOT:
    case COVEY_ACTION_ACCESS_LOG:
    case COVEY_ACTION_PAUSE: return role == COVEY_ROLE_WEARER;
    default: return role == COVEY_ROLE_GUARDIAN;
    }
}

static sim_node *check_sender(sim_node *node, const covey_member_id *id)
{
    sim_node *sender = sim_node_of_id(node->family, id);

    sim_require(node->world, SIM_FORGED, sender != NULL && sender != node,
                "%s hears a member that there is not", sim_name(node));
    return sender;
}

/* A guardian also sends what another one gave: to newcomers. */
static void document_arrived(sim_node *node, const sim_node *sender,
                             const covey_document *document)
{
    sim_require(node->world, SIM_FORGED, sim_is_given(sender->family, document),
                "%s gets a document of %s that nobody gave", sim_name(node),
                sim_name(sender));
}

void sim_arrived(sim_node *node, const covey_said *said)
{
    const covey_payload *payload = said->payload;
    const covey_content *content = &payload->content;
    sim_node *sender = check_sender(node, &said->sender);

    sim_require(node->world, SIM_FORGED, said->role == sender->role,
                "%s takes %s for another role", sim_name(node),
                sim_name(sender));
    sim_require(node->world, SIM_ROLES, may(sender->role, action_of(content)),
                "%s hears from %s a content of kind %d", sim_name(node),
                sim_name(sender), (int)content->kind);
    if (content->kind == COVEY_CONTENT_LOCATION) {
        location_arrived(node, sender, payload);
        return;
    }
    if (content->kind == COVEY_CONTENT_DOCUMENT) {
        document_arrived(node, sender, &content->of.document);
        return;
    }
    sim_item *item = match(sender, content, payload->id);

    if (content->kind == COVEY_CONTENT_COMMAND_RECEIPT) {
        receipt_arrived(node, sender, &content->of.command_receipt);
    }
    if (item == NULL && is_own_doing(content)) return;
    sim_require(node->world, SIM_FORGED, item != NULL,
                "%s gets a content of kind %d that %s never said",
                sim_name(node), (int)content->kind, sim_name(sender));
    if (content->kind == COVEY_CONTENT_SOS) {
        return; /* it is repeated, each time as another payload */
    }
    item->id = payload->id;
    note_arrival(node, item);
}

static bool was_told(const sim_node *node, const covey_reference *id)
{
    for (size_t i = 0; i < SIM_TOLD; i++) {
        const covey_reference *told = &node->told[i];

        if (memcmp(&told->sender, &id->sender, sizeof told->sender) == 0 &&
            same_id(told->id, id->id)) {
            return true;
        }
    }
    return false;
}

void sim_command_arrived(sim_node *node, const covey_reference *id,
                         const covey_command *command)
{
    sim_world *world = node->world;
    sim_node *sender = check_sender(node, &id->sender);
    covey_content content = {.kind = COVEY_CONTENT_COMMAND};

    content.of.command = *command;
    sim_item *item = match(sender, &content, id->id);

    sim_require(world, SIM_FORGED, item != NULL,
                "%s is to run what %s never asked for", sim_name(node),
                sim_name(sender));
    sim_require(world, SIM_ROLES, may(sender->role, action_of(&content)),
                "%s commands", sim_name(sender));
    item->id = id->id;
    check_reader(node, item);
    item->arrived_ms[node->place] = world->now_ms;
    item->num_runs++;
    sim_require(world, SIM_ONCE, item->num_runs == 1,
                "%s runs command %llu of %s %u times", sim_name(node),
                (unsigned long long)id->id.counter, sim_name(sender),
                item->num_runs);
    sim_require(world, SIM_NOTICED, was_told(node, id),
                "%s runs command kind %d before it was told", sim_name(node),
                (int)command->kind);
}
