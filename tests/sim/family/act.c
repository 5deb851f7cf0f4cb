/* What people do with their devices on a day. */
#include "family.h"

#include <stdio.h>
#include <stdlib.h>

#define SINCE_MS (10 * 60 * 1000)

covey_fix sim_fix(sim_world *world, const sim_node *watch)
{
    covey_now now = sim_node_now(watch);
    covey_fix fix = {
        .time_ms = now.utc_ms,
        .lat_e7 = 520000000 + (int32_t)test_below(&world->choices, 1000000),
        .lon_e7 = 130000000 + (int32_t)test_below(&world->choices, 1000000),
        .accuracy_cm = 300 + test_below(&world->choices, 5000),
        .has_battery = true,
        .battery_percent = 20 + test_below(&world->choices, 80),
        .worn = COVEY_YES,
        .source = COVEY_SOURCE_GNSS,
        .reason = COVEY_REASON_INTERVAL,
    };

    return fix;
}

int sim_say(sim_node *node, const covey_content *content)
{
    sim_world *world = node->world;
    covey_payload_id id = {0, 0};
    int err;

    if (!sim_is_running(node)) return COVEY_ERR_STATE;
    (void)sim_item_new(node, content);
    size_t at = world->num_items - 1;

    sim_call(node, 0, err,
             covey_device_send(sim_device(node), sim_node_now(node), content,
                               &id));
    /* Items may have moved: a conflict reopens, and events come. */
    sim_item *item = &world->items[at];

    if (err == COVEY_OK) {
        sim_item_said(item, id);
    } else if (!node->disk.is_off && node->processes[0].is_on) {
        item->state = SIM_ITEM_REFUSED;
    }
    sim_note(world, "%s says kind %d: %s, %llu", sim_name(node),
             (int)content->kind, covey_error_name(err),
             (unsigned long long)id.counter);
    sim_require(world, SIM_ERRORS,
                err == COVEY_OK || err == COVEY_ERR_CAPACITY ||
                    err == COVEY_ERR_STATE || err == COVEY_ERR_PERMISSION ||
                    err == COVEY_ERR_ARGUMENT || node->disk.is_off,
                "%s: send: %s", sim_name(node), covey_error_name(err));
    return err;
}

void sim_say_location(sim_node *watch)
{
    covey_fix fix = sim_fix(watch->world, watch);
    covey_content content = {.kind = COVEY_CONTENT_LOCATION};

    content.of.location.fixes = &fix;
    content.of.location.num_fixes = 1;
    (void)sim_say(watch, &content);
}

void sim_say_text(sim_node *node, const char *text)
{
    covey_content content = {.kind = COVEY_CONTENT_TEXT};

    content.of.text.text = covey_bytes_of_text(text);
    (void)sim_say(node, &content);
}

int sim_say_command(sim_node *node, covey_command_kind kind)
{
    covey_content content = {.kind = COVEY_CONTENT_COMMAND};
    covey_command *command = &content.of.command;
    const sim_node *watch = node->family->watch;

    if (watch == NULL || !watch->has_id) return COVEY_ERR_STATE;
    command->target = watch->id;
    command->kind = kind;
    command->not_after_ms = sim_node_now(node).utc_ms + SINCE_MS;
    if (command->not_after_ms <= SINCE_MS) command->not_after_ms = 1;
    if (kind == COVEY_COMMAND_RING || kind == COVEY_COMMAND_FIND_WATCH) {
        command->of.duration_s = 5;
    }
    return sim_say(node, &content);
}

sim_node *sim_any_member(sim_world *world, sim_family *family, covey_role role)
{
    unsigned first = test_below(&world->choices, SIM_DEVICES_MAX);

    for (unsigned i = 0; i < SIM_DEVICES_MAX; i++) {
        unsigned at = (first + i) % SIM_DEVICES_MAX;
        sim_node *node = at < family->num_nodes ? family->nodes[at] : NULL;

        if (node != NULL && node->is_in && sim_is_running(node) &&
            sim_state(node) == COVEY_DEVICE_MEMBER &&
            (role == 0 || node->role == role)) {
            return node;
        }
    }
    return NULL;
}

/* ---- acts ---- */

static void act_text(sim_world *world, sim_family *family)
{
    sim_node *node = sim_any_member(world, family, 0);
    char text[600];
    size_t len = test_below(&world->choices, 4) == 0 ? 500 : 60;

    if (node == NULL) return;
    int used = snprintf(text, sizeof text, "text %u of %s at %llu ",
                        test_below(&world->choices, 1000000), sim_name(node),
                        (unsigned long long)world->now_ms);

    memset(text + used, 'x', len - (size_t)used % len);
    text[len] = '\0';
    sim_say_text(node, text);
}

static void act_status(sim_world *world, sim_family *family)
{
    covey_content content = {.kind = COVEY_CONTENT_STATUS};

    (void)world;
    if (family->watch == NULL || !family->watch->is_in) return;
    content.of.status.has_battery = true;
    content.of.status.battery_percent = 55;
    (void)sim_say(family->watch, &content);
}

static void act_command(sim_world *world, sim_family *family)
{
    static const covey_command_kind kinds[] = {
        COVEY_COMMAND_LOCATE, COVEY_COMMAND_RING, COVEY_COMMAND_FIND_WATCH,
        COVEY_COMMAND_LOCATE, COVEY_COMMAND_SYNC, COVEY_COMMAND_POWER_OFF};
    sim_node *node = sim_any_member(world, family, COVEY_ROLE_GUARDIAN);
    sim_node *carer = sim_any_member(world, family, COVEY_ROLE_CARER);

    if (carer != NULL && sim_once_in(world, 3)) {
        (void)sim_say_command(carer, sim_once_in(world, 2)
                                         ? COVEY_COMMAND_LOCATE
                                         : COVEY_COMMAND_SYNC);
        return;
    }
    if (node == NULL) return;
    (void)sim_say_command(node, kinds[test_below(&world->choices, 6)]);
}

/* What no role allows: the device says so, and sends nothing. */
static void act_forbidden(sim_world *world, sim_family *family)
{
    sim_node *node = sim_any_member(world, family, 0);
    covey_fix fix;
    covey_content content = {.kind = COVEY_CONTENT_LOCATION};
    int err;

    if (node == NULL) return;
    fix = sim_fix(world, node);
    content.of.location.fixes = &fix;
    content.of.location.num_fixes = 1;
    if (node->role == COVEY_ROLE_WEARER || node->role >= COVEY_ROLE_CARER) {
        err = sim_say_command(node, COVEY_COMMAND_RING);
    } else {
        err = sim_say(node, &content);
    }
    sim_require(world, SIM_ROLES, err != COVEY_OK,
                "%s may say what its role may not", sim_name(node));
}

static void act_sos(sim_world *world, sim_family *family)
{
    sim_node *watch = family->watch;
    covey_content content = {.kind = COVEY_CONTENT_SOS};
    covey_fix fix;
    int err;

    if (watch == NULL || !watch->is_in || !sim_is_running(watch)) return;
    if (watch->calls) {
        watch->calls = false;
        sim_call(watch, 0, err,
                 covey_device_sos_over(sim_device(watch), sim_node_now(watch)));
        sim_note(world, "%s: SOS over: %s", sim_name(watch),
                 covey_error_name(err));
        return;
    }
    fix = sim_fix(world, watch);
    fix.reason = COVEY_REASON_SOS;
    content.of.sos.has_where = true;
    content.of.sos.where = (covey_location){.fixes = &fix, .num_fixes = 1};
    (void)sim_item_new(watch, &content);
    /* Who calls again while it is on gives it another place. */
    if (covey_device_sos_state(sim_device(watch)) == COVEY_SOS_OFF) {
        watch->has_person_ack = false;
    }
    sim_call(watch, 0, err,
             covey_device_sos(sim_device(watch), sim_node_now(watch),
                              &content.of.sos.where));
    watch->calls = err == COVEY_OK;
    sim_note(world, "%s: SOS: %s", sim_name(watch), covey_error_name(err));
}

static void act_pause(sim_world *world, sim_family *family)
{
    sim_node *watch = family->watch;
    covey_content content = {.kind = COVEY_CONTENT_PAUSE};
    int err;

    if (watch == NULL || !watch->is_in || !sim_is_running(watch)) return;
    if (!sim_once_in(world, 2) && sim_node_now(watch).utc_ms != 0) {
        content.of.pause.until_ms =
            sim_node_now(watch).utc_ms + 5 * SIM_MINUTE_MS;
    }
    (void)sim_item_new(watch, &content);
    sim_call(watch, 0, err,
             covey_device_pause(sim_device(watch), sim_node_now(watch),
                                content.of.pause.until_ms));
    sim_note(world, "%s: pause: %s", sim_name(watch), covey_error_name(err));
}

static void act_policy(sim_world *world, sim_family *family)
{
    sim_node *node = sim_any_member(world, family, COVEY_ROLE_GUARDIAN);
    covey_content content = {.kind = COVEY_CONTENT_DOCUMENT};
    covey_document *document = &content.of.document;
    covey_zone zone = {.id = 1, .radius_m = 100, .tell_enter = true};
    int err;

    if (node == NULL) return;
    document->version = 1;
    if (sim_once_in(world, 2)) {
        document->kind = COVEY_DOCUMENT_REPORTING;
        document->of.reporting.interval_s = 60;
        document->of.reporting.moving_interval_s =
            10 + test_below(&world->choices, 50);
        document->of.reporting.moved_m = 100;
    } else {
        document->kind = COVEY_DOCUMENT_ZONES;
        zone.lat_e7 = 1 + (int32_t)test_below(&world->choices, 1000000);
        zone.name = covey_bytes_of_text("home");
        document->of.zones.zones = &zone;
        document->of.zones.num_zones = 1;
    }
    (void)sim_item_new(node, &content);
    sim_call(node, 0, err,
             covey_device_set_policy(sim_device(node), document,
                                     sim_node_now(node)));
    sim_note(world, "%s: policy: %s", sim_name(node), covey_error_name(err));
}

static void act_refresh(sim_world *world, sim_family *family)
{
    sim_node *node = sim_any_member(world, family, COVEY_ROLE_GUARDIAN);
    int err;

    if (node == NULL) return;
    sim_call(node, 0, err,
             covey_device_refresh(sim_device(node), sim_node_now(node)));
    sim_note(world, "%s: refresh: %s", sim_name(node), covey_error_name(err));
}

/* Who is no guardian's last phone goes when he likes; two at once, too. */
static void leave(sim_world *world, sim_family *family, covey_role role)
{
    sim_node *node = sim_any_member(world, family, role);
    int err;

    if (node == NULL || node->role == COVEY_ROLE_WEARER) return;
    sim_ghost_keep(node);
    sim_call(node, 0, err,
             covey_device_leave(sim_device(node), sim_node_now(node)));
    sim_note(world, "%s leaves: %s", sim_name(node), covey_error_name(err));
    /* Whoever does not hear of it may have it stored. */
    if (err == COVEY_OK || node->disk.is_off) {
        family->leaving |= SIM_BIT(node->place);
    }
}

static void act_leave(sim_world *world, sim_family *family)
{
    if (!sim_once_in(world, 6)) return;
    leave(world, family, sim_once_in(world, 2) ? COVEY_ROLE_GUARDIAN : 0);
    if (sim_once_in(world, 2)) leave(world, family, COVEY_ROLE_GUARDIAN);
}

static void act_wake(sim_world *world, sim_family *family)
{
    sim_node *node = sim_any_member(world, family, 0);

    if (node != NULL) covey_device_wake(sim_device(node), sim_node_now(node));
}

/* ---- one of them ---- */

typedef void act_function(sim_world *world, sim_family *family);

void sim_act(sim_world *world, sim_family *family)
{
    static act_function *const acts[] = {
        act_text,      act_text, act_text,  act_command, act_command,
        act_forbidden, act_sos,  act_pause, act_policy,  act_refresh,
        act_status,    act_wake, act_sos,   act_command, act_leave,
    };
    uint32_t at = test_below(&world->choices, sizeof acts / sizeof acts[0]);

    world->acts[at]++;
    acts[at](world, family);
    for (unsigned i = 0; i < family->num_nodes; i++) {
        sim_node_pump(family->nodes[i], 0);
    }
}
