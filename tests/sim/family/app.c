/* What the app on a device does with what it is told. */
#include "family.h"

#include <stdio.h>

#define LOOK_MS 4000 /* until a wearer has looked at a notice */
#define RUN_MS 3000  /* a command takes so long */
#define LONG_RUN_MS 90000

/* ---- the wearer's watch ---- */

static void show_notice(sim_node *node, unsigned process,
                        const covey_event *event)
{
    sim_world *world = node->world;
    const covey_notice *what = &event->of.notice.what;
    sim_task *task = sim_task_new(world, SIM_TASK_SHOWN, node, process,
                                  test_below(&world->choices, LOOK_MS));

    task->id = event->of.notice.token;
    task->shown = !(sim_is_bad(world, SIM_HOST_SWALLOW) &&
                    node->role == COVEY_ROLE_WEARER && sim_once_in(world, 3));
    if (!task->shown) world->did_host[SIM_HOST_SWALLOW]++;
    if (what->has_about) task->command = what->about;
}

void sim_app_shown(sim_node *node, const sim_task *task)
{
    sim_process *process = &node->processes[task->process];
    int err;

    if (!process->is_on || process->run != task->run) return;
    if (task->shown) {
        node->told[node->num_told++ % SIM_TOLD] = task->command;
    }
    sim_call(node, task->process, err,
             covey_device_notice_shown(process->device, sim_now(node, process),
                                       task->id, task->shown));
    sim_require(node->world, SIM_ERRORS,
                err == COVEY_OK || err == COVEY_ERR_REFERENCE ||
                    err == COVEY_ERR_STATE || node->disk.is_off,
                "%s: notice shown: %s", sim_name(node), covey_error_name(err));
}

static void run_command(sim_node *node, unsigned process,
                        const covey_event *event)
{
    sim_world *world = node->world;

    sim_command_arrived(node, &event->of.command.id, &event->of.command.what);
    uint32_t most = sim_once_in(world, 3) ? LONG_RUN_MS : RUN_MS;
    sim_task *task = sim_task_new(world, SIM_TASK_RAN, node, process,
                                  1 + test_below(&world->choices, most));

    task->command = event->of.command.id;
    task->command_kind = event->of.command.what.kind;
}

void sim_app_ran(sim_node *node, const sim_task *task)
{
    sim_world *world = node->world;
    sim_process *process = &node->processes[task->process];
    sim_node *by = sim_node_of_id(node->family, &task->command.sender);
    sim_item *item = by == NULL ? NULL : sim_item_find(by, task->command.id);
    bool fine = !sim_once_in(world, 5);
    bool locates = task->command_kind == COVEY_COMMAND_LOCATE && fine;
    covey_fix fix = sim_fix(world, node);
    covey_location where = {.fixes = &fix, .num_fixes = 1};
    covey_content content = {.kind = COVEY_CONTENT_LOCATION};
    int err;

    if (!process->is_on || process->run != task->run || item == NULL) return;
    item->answered = fine ? COVEY_OUTCOME_DONE : COVEY_OUTCOME_REFUSED;
    content.of.location = where;
    if (locates) (void)sim_item_new(node, &content);
    sim_call(node, task->process, err,
             covey_device_command_done(
                 process->device, sim_now(node, process), &task->command,
                 fine ? COVEY_OUTCOME_DONE : COVEY_OUTCOME_REFUSED,
                 fine ? COVEY_REFUSED_OTHER : COVEY_REFUSED_FAILED,
                 locates ? &where : NULL));
    if (err == COVEY_ERR_CAPACITY) {
        sim_task *later =
            sim_task_new(world, SIM_TASK_RAN, node, task->process, 10000);

        later->command = task->command;
        later->command_kind = task->command_kind;
        return;
    }
    /* A second process that starts gives up what the first one runs. */
    sim_require(world, SIM_ERRORS,
                err == COVEY_OK || err == COVEY_ERR_STATE ||
                    (err == COVEY_ERR_REFERENCE && node->had_twin) ||
                    node->disk.is_off || process->run != task->run,
                "%s: command done: %s", sim_name(node), covey_error_name(err));
}

static void check_policy(sim_node *node, const covey_document *document)
{
    sim_require(node->world, SIM_POLICY, sim_is_given(node->family, document),
                "%s: a document that no guardian gave is in force",
                sim_name(node));
}

/* ---- everybody ---- */

static void read_receipt(sim_node *node, const covey_said *said)
{
    covey_content content = {.kind = COVEY_CONTENT_RECEIPT};
    covey_receipt *receipt = &content.of.receipt;

    receipt->kind = COVEY_RECEIPT_READ;
    receipt->sender = said->sender;
    receipt->incarnation = said->payload->id.incarnation;
    receipt->ranges[0] =
        (covey_range){said->payload->id.counter, said->payload->id.counter};
    receipt->num_ranges = 1;
    (void)sim_say(node, &content);
}

static void acknowledge(sim_node *node, uint64_t id, covey_ack_by by)
{
    covey_content content = {.kind = COVEY_CONTENT_SOS_ACK};

    content.of.sos_ack.id = id;
    content.of.sos_ack.by = by;
    (void)sim_say(node, &content);
    if (by == COVEY_ACK_PERSON && node->family->watch != NULL) {
        node->family->watch->has_person_ack = true;
    }
}

static void take_payload(sim_node *node, const covey_event *event)
{
    const covey_said *said = &event->of.said;
    const covey_content *content = &said->payload->content;
    covey_content_kind kind = content->kind;
    uint64_t sos = content->of.sos.id;
    bool is_over = kind == COVEY_CONTENT_SOS && content->of.sos.over;
    covey_payload payload = *said->payload;
    covey_said copy = *said;

    sim_arrived(node, said);
    copy.payload = &payload;
    /* The views are gone from here on. */
    if (kind == COVEY_CONTENT_TEXT && sim_once_in(node->world, 3)) {
        read_receipt(node, &copy);
    }
    if (kind == COVEY_CONTENT_SOS &&
        (node->role == COVEY_ROLE_GUARDIAN || node->role == COVEY_ROLE_CARER) &&
        !is_over && sim_once_in(node->world, 2)) {
        acknowledge(node, sos,
                    sim_once_in(node->world, 2) ? COVEY_ACK_PERSON
                                                : COVEY_ACK_DEVICE);
    }
}

static void agree(sim_node *node, const covey_member_id *target)
{
    int err;
    covey_member_id id = *target;
    const sim_node *other = sim_node_of_id(node->family, &id);

    if (node->role != COVEY_ROLE_GUARDIAN || other == NULL || other == node) {
        return;
    }
    sim_call(node, 0, err,
             covey_device_remove(sim_device(node), &id, sim_node_now(node)));
    sim_note(node->world, "%s agrees to remove %s: %s", sim_name(node),
             sim_name(other), covey_error_name(err));
}

static void check_sos(sim_node *node)
{
    /* An older state of its own knows what became of an older call. */
    if (node->role != COVEY_ROLE_WEARER || !node->processes[0].is_on ||
        node->was_rolled_back) {
        return;
    }
    sim_require(node->world, SIM_SOS,
                covey_device_sos_state(sim_device(node)) != COVEY_SOS_SEEN ||
                    node->has_person_ack,
                "%s believes that somebody has seen its SOS", sim_name(node));
}

static void take_digits(sim_node *node, const covey_event *event)
{
    if (event->kind == COVEY_EVENT_SHOW_DIGITS) {
        memcpy(node->digits, event->of.digits, sizeof node->digits);
        node->shows_digits = true;
        /* A member id is the device's own; it has one from now on. */
        node->id = covey_device_self(sim_device(node));
        node->has_id = true;
    } else {
        node->wants_digits = true;
    }
}

static void note_event(sim_node *node, unsigned process,
                       const covey_event *event)
{
    char more[48] = "";

    if (event->kind == COVEY_EVENT_PAYLOAD) {
        const sim_node *by =
            sim_node_of_id(node->family, &event->of.said.sender);

        (void)snprintf(more, sizeof more, " kind %d, %llu of %s",
                       (int)event->of.said.payload->content.kind,
                       (unsigned long long)event->of.said.payload->id.counter,
                       by == NULL ? "?" : sim_name(by));
    } else if (event->kind == COVEY_EVENT_SENT) {
        (void)snprintf(more, sizeof more, " %llu",
                       (unsigned long long)event->of.sent.counter);
    } else if (event->kind == COVEY_EVENT_FAILED ||
               event->kind == COVEY_EVENT_LOCKED_OUT ||
               event->kind == COVEY_EVENT_INVITE_ENDED) {
        (void)snprintf(more, sizeof more, " %s",
                       covey_error_name(event->of.failed.error));
    } else if (event->kind == COVEY_EVENT_RELAY) {
        (void)snprintf(more, sizeof more, " %d", (int)event->of.relay);
    } else if (event->kind == COVEY_EVENT_MISSING) {
        (void)snprintf(more, sizeof more, " %llu",
                       (unsigned long long)event->of.missing);
    }
    sim_note(node->world, "%s/%u: %s%s", sim_name(node), process,
             sim_event_name(event->kind), more);
    node->events[event->kind]++;
    node->world->events[event->kind]++;
}

/* Nobody goes whom nobody wanted to go. */
static void check_removed(sim_node *node, const sim_node *member)
{
    if (member == NULL) return; /* it never had an id that is known */
    node->removed_ms[member->place] = node->world->now_ms;
    sim_require(node->world, SIM_MEMBERS,
                (node->family->leaving & SIM_BIT(member->place)) != 0,
                "%s: %s was removed by nobody", sim_name(node),
                sim_name(member));
}

static void take_news(sim_node *node, const covey_event *event)
{
    sim_node *member = sim_node_of_id(node->family, &event->member);

    switch (event->kind) {
    case COVEY_EVENT_MISSING:
        if (member != NULL) node->missing[member->place] += event->of.missing;
        break;
    case COVEY_EVENT_REMOVED: check_removed(node, member); break;
    case COVEY_EVENT_REMOVAL_PROPOSED: agree(node, &event->member); break;
    case COVEY_EVENT_DONE: node->is_done = true; break;
    case COVEY_EVENT_FAILED:
        node->has_failed = true;
        node->error = event->of.failed.error;
        break;
    case COVEY_EVENT_INVITE_ENDED: node->invite_ended = true; break;
    case COVEY_EVENT_ENDED:
        node->is_out = true;
        node->is_in = false;
        break;
    default: break;
    }
}

void sim_app_event(sim_node *node, unsigned process, const covey_event *event)
{
    sim_require(node->world, SIM_ERRORS, (size_t)event->kind < SIM_EVENTS,
                "%s: event %d", sim_name(node), (int)event->kind);
    note_event(node, process, event);
    switch (event->kind) {
    case COVEY_EVENT_PAYLOAD: take_payload(node, event); break;
    case COVEY_EVENT_SENT: sim_item_sent(node, event->of.sent); break;
    case COVEY_EVENT_NOTICE: show_notice(node, process, event); break;
    case COVEY_EVENT_COMMAND: run_command(node, process, event); break;
    case COVEY_EVENT_POLICY: check_policy(node, event->of.document); break;
    case COVEY_EVENT_SHOW_DIGITS:
    case COVEY_EVENT_ENTER_DIGITS: take_digits(node, event); break;
    default: take_news(node, event); break;
    }
    check_sos(node);
}
