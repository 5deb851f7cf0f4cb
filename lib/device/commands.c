#include "device/commands.h"

#include <covey/error.h>

#include "device/fields.h"
#include "device/policy.h"
#include "device/say.h"

#define RUNNING_FOR (10u * COVEY_MINUTE)

bool covey_is_paused(const covey_device *d)
{
    return d->self.paused_until_ms != 0 && covey_count(d) < d->self.pause_ends;
}

/* ---- what is told ---- */

static covey_access_entry access_of(const covey_device *d, uint32_t what,
                                    const covey_reference *id, uint32_t detail)
{
    return (covey_access_entry){
        .who = id->sender,
        .what = what,
        .time_ms = d->clock.now.utc_ms,
        .detail = detail,
        .has_id = true,
        .id = id->id,
    };
}

/* The log first, then the issuer. */
static int refuse(covey_device *d, const covey_reference *id,
                  covey_command_kind kind, covey_refused reason)
{
    covey_access_entry entry =
        access_of(d, COVEY_ACCESS_REFUSED, id, (uint32_t)kind);

    int err = covey_say_access(d, &entry);
    return err ? err
               : covey_say_receipt(d, id, COVEY_OUTCOME_REFUSED, reason, 0);
}

static int answer(covey_device *d, const covey_reference *id,
                  covey_outcome outcome)
{
    return covey_say_receipt(d, id, outcome, COVEY_REFUSED_OTHER, 0);
}

/* What is about to be done goes into the log before. */
static int log_it(covey_device *d, const covey_task *task)
{
    uint32_t what = COVEY_ACCESS_COMMAND;
    uint32_t detail = (uint32_t)task->command.kind;

    if (task->command.kind == COVEY_COMMAND_LOCATE) {
        what = COVEY_ACCESS_LOOK;
        detail = 0;
    } else if (task->command.kind == COVEY_COMMAND_SET_POLICY) {
        what = COVEY_ACCESS_POLICY;
        detail = task->command.of.set_policy.kind;
    }
    covey_access_entry entry = access_of(d, what, &task->id, detail);
    return covey_say_access(d, &entry);
}

/* ---- whether it may run ---- */

/* By what its issuer's clock shows, as far as it was heard, and by one's own:
 * setting one's own back revives nothing. */
static bool is_expired(const covey_device *d, int64_t issuer_ms,
                       const covey_command *command)
{
    return issuer_ms > command->not_after_ms ||
           d->clock.now.utc_ms > command->not_after_ms;
}

static bool is_covered(const covey_device *d, const covey_payload *payload)
{
    return d->boot == COVEY_BOOT_DONE && payload->seen.count >= d->log.boot;
}

static bool costs_battery(covey_command_kind kind)
{
    return kind == COVEY_COMMAND_LOCATE || kind == COVEY_COMMAND_RING ||
           kind == COVEY_COMMAND_FIND_WATCH;
}

/* A carer's time is over; whoever has no clock takes it that it is not. */
static bool has_expired(const covey_device *d,
                        const covey_roster_member *sender)
{
    return sender->role == COVEY_ROLE_CARER &&
           d->clock.now.utc_ms / COVEY_HOUR >= (int64_t)sender->expires_h;
}

/* Why it is refused; 0, false: it is not. */
static bool is_refused(const covey_device *d, const covey_roster_member *sender,
                       covey_peer *peer, const covey_command *command,
                       covey_refused *reason)
{
    bool locate = command->kind == COVEY_COMMAND_LOCATE;

    if (has_expired(d, sender)) {
        *reason = COVEY_REFUSED_PERMISSION;
    } else if (command->kind == COVEY_COMMAND_UNKNOWN) {
        *reason = COVEY_REFUSED_KIND;
    } else if (locate && covey_is_paused(d)) {
        *reason = COVEY_REFUSED_PAUSED;
    } else if (costs_battery(command->kind) &&
               d->battery < d->self.reserve_percent) {
        *reason = COVEY_REFUSED_BATTERY;
    } else if (command->kind == COVEY_COMMAND_SET_POLICY &&
               !covey_policy_has(d, &command->of.set_policy)) {
        *reason = COVEY_REFUSED_REFERENCE;
    } else if (d->tasks.num + 3 > COVEY_TASKS_MAX ||
               !covey_peer_may_ask(peer, locate, covey_count(d))) {
        /* Places are kept for changes of the circle. */
        *reason = COVEY_REFUSED_QUOTA;
    } else {
        return false;
    }
    return true;
}

static covey_notice notice_of(const covey_device *d, const covey_reference *id,
                              const covey_command *command)
{
    covey_notice notice = {
        .kind = command->kind == COVEY_COMMAND_LOCATE ? COVEY_NOTICE_LOCATE
                                                      : COVEY_NOTICE_COMMAND,
        .subject = d->self.id,
        .by = id->sender,
        .has_about = true,
        .about = *id,
    };

    if (command->kind == COVEY_COMMAND_SET_POLICY) {
        notice.kind = COVEY_NOTICE_POLICY_CHANGE;
        notice.has_document = true;
        notice.document =
            (covey_document_version){command->of.set_policy.kind,
                                     command->of.set_policy.version};
    }
    return notice;
}

static int judge(covey_device *d, const covey_roster_member *sender,
                 covey_peer *peer, const covey_payload *payload,
                 int64_t issuer_ms)
{
    const covey_command *command = &payload->content.of.command;
    const covey_reference id = {sender->id, payload->id};
    covey_refused reason = COVEY_REFUSED_OTHER;

    if (!is_covered(d, payload)) return answer(d, &id, COVEY_OUTCOME_UNKNOWN);
    if (is_expired(d, issuer_ms, command)) {
        return answer(d, &id, COVEY_OUTCOME_EXPIRED);
    }
    if (is_refused(d, sender, peer, command, &reason)) {
        return refuse(d, &id, command->kind, reason);
    }
    /* That it is here is what was asked for. */
    if (command->kind == COVEY_COMMAND_SYNC) {
        return answer(d, &id, COVEY_OUTCOME_DONE);
    }
    const covey_task task = {
        .is_command = true,
        .until = covey_count(d) + COVEY_NOTICE_FOR,
        .notice = notice_of(d, &id, command),
        .id = id,
        .command = *command,
    };
    (void)covey_tasks_add(&d->tasks, &task);
    covey_touch(d, COVEY_SLOT_TASKS);
    return COVEY_OK;
}

int covey_command_heard(covey_device *d, const covey_roster_member *sender,
                        covey_peer *peer, const covey_payload *payload,
                        int64_t issuer_ms)
{
    int err = judge(d, sender, peer, payload, issuer_ms);

    /* A flood of commands: nothing is run, and there is no room to say so. */
    return err == COVEY_ERR_CAPACITY ? COVEY_OK : err;
}

/* ---- what becomes of it ---- */

/* A full outbox: it is told when there is room. */
static int when_there_is_room(const covey_device *d, covey_task *task, int err)
{
    if (err != COVEY_ERR_CAPACITY) return err;
    task->state = COVEY_TASK_OVER;
    task->until = covey_count(d) + COVEY_MINUTE;
    return COVEY_OK;
}

void covey_commands_show_again(covey_device *d)
{
    for (size_t i = 0; i < d->tasks.num; i++) {
        covey_task *task = &d->tasks.items[i];

        if (task->state == COVEY_TASK_SHOWING) task->state = COVEY_TASK_TO_SHOW;
    }
}

int covey_commands_forget(covey_device *d)
{
    covey_commands_show_again(d);
    for (size_t i = d->tasks.num; i-- > 0;) {
        covey_task *task = &d->tasks.items[i];

        if (!task->is_command) continue;
        int err = answer(d, &task->id, COVEY_OUTCOME_UNKNOWN);
        covey_touch(d, COVEY_SLOT_TASKS);
        if (err) {
            err = when_there_is_room(d, task, err);
            if (err) return err;
            continue;
        }
        covey_tasks_remove(&d->tasks, task);
    }
    return COVEY_OK;
}

/* Nothing is said until the change was shown. */
static void show_again(const covey_device *d, covey_task *task)
{
    task->state = COVEY_TASK_TO_SHOW;
    task->until = covey_count(d) + COVEY_NOTICE_FOR;
}

int covey_commands_expire(covey_device *d)
{
    for (size_t i = d->tasks.num; i-- > 0;) {
        covey_task task = d->tasks.items[i];
        int err = COVEY_OK;

        if (task.until > covey_count(d)) continue;
        if (!task.is_command) {
            show_again(d, &d->tasks.items[i]);
            continue;
        }
        if (task.state == COVEY_TASK_RUNNING || task.state == COVEY_TASK_OVER) {
            err = answer(d, &task.id, COVEY_OUTCOME_UNKNOWN);
        } else {
            err = refuse(d, &task.id, task.command.kind, COVEY_REFUSED_NOTICE);
        }
        if (err == COVEY_ERR_CAPACITY) {
            d->tasks.items[i].until = covey_count(d) + COVEY_MINUTE;
            continue;
        }
        if (err) return err;
        covey_tasks_remove(&d->tasks, &d->tasks.items[i]);
        covey_touch(d, COVEY_SLOT_TASKS);
    }
    return COVEY_OK;
}

int covey_commands_event(covey_device *d, covey_event *event, bool *found)
{
    covey_task *task = covey_tasks_in(&d->tasks, COVEY_TASK_TO_SHOW);

    *found = true;
    if (task != NULL) {
        task->state = COVEY_TASK_SHOWING;
        event->kind = COVEY_EVENT_NOTICE;
        event->member = task->notice.subject;
        event->by = task->notice.by;
        event->of.notice.token = task->token;
        event->of.notice.what = task->notice;
        return COVEY_OK;
    }
    task = covey_tasks_in(&d->tasks, COVEY_TASK_TO_RUN);
    *found = task != NULL;
    if (task == NULL) return COVEY_OK;
    task->state = COVEY_TASK_RUNNING;
    task->until = covey_count(d) + RUNNING_FOR;
    covey_touch(d, COVEY_SLOT_TASKS);
    event->kind = COVEY_EVENT_COMMAND;
    event->member = d->self.id;
    event->by = task->id.sender;
    event->of.command.id = task->id;
    event->of.command.what = task->command;
    int err = covey_device_save(d);
    if (err) {
        memset(event, 0, sizeof *event);
        *found = false;
    }
    return err;
}

/* ---- the host's answers ---- */

static covey_task *find_token(covey_tasks *tasks, uint32_t token)
{
    for (size_t i = 0; i < tasks->num; i++) {
        covey_task *task = &tasks->items[i];

        if (task->token == token && task->state == COVEY_TASK_SHOWING) {
            return task;
        }
    }
    return NULL;
}

/* For the access log, a status where a document is put in force, and the
 * receipt. */
static bool has_room(const covey_device *d, const covey_task *task)
{
    bool is_policy = task->command.kind == COVEY_COMMAND_SET_POLICY;

    return covey_outbox_has_places(&d->outbox, is_policy ? 3 : 2);
}

/* The wearer knows: now it may be done. */
static int go_on(covey_device *d, covey_task *task)
{
    int err = log_it(d, task);

    if (err) return err;
    if (task->command.kind != COVEY_COMMAND_SET_POLICY) {
        task->state = COVEY_TASK_TO_RUN;
        return COVEY_OK;
    }
    const covey_reference id = task->id;
    const covey_document_name name = task->command.of.set_policy;

    covey_tasks_remove(&d->tasks, task);
    err = covey_policy_enforce(d, &name);
    if (err == COVEY_ERR_REFERENCE) {
        return refuse(d, &id, COVEY_COMMAND_SET_POLICY,
                      COVEY_REFUSED_REFERENCE);
    }
    return err ? err : answer(d, &id, COVEY_OUTCOME_DONE);
}

int covey_device_notice_shown(covey_device *device, covey_now now,
                              uint32_t token, bool shown)
{
    int err = covey_device_ready(device, now);

    if (err) return err;
    if (device->self.state != COVEY_DEVICE_MEMBER) return COVEY_ERR_STATE;
    covey_task *task = find_token(&device->tasks, token);
    if (task == NULL) return COVEY_ERR_REFERENCE;
    covey_touch(device, COVEY_SLOT_TASKS);
    if (!task->is_command) {
        if (shown)
            covey_tasks_remove(&device->tasks, task);
        else
            task->until = covey_count(device) + COVEY_NOTICE_FOR;
    } else if (!has_room(device, task)) {
        err = when_there_is_room(device, task, COVEY_ERR_CAPACITY);
    } else if (shown) {
        err = go_on(device, task);
    } else {
        err =
            refuse(device, &task->id, task->command.kind, COVEY_REFUSED_NOTICE);
        covey_tasks_remove(&device->tasks, task);
    }
    return covey_device_end(device, err);
}

static covey_task *find_running(covey_tasks *tasks, const covey_reference *id)
{
    for (size_t i = 0; i < tasks->num; i++) {
        covey_task *task = &tasks->items[i];

        if (task->is_command && task->state == COVEY_TASK_RUNNING &&
            covey_same_reference(&task->id, id)) {
            return task;
        }
    }
    return NULL;
}

static int check_done(const covey_task *task, covey_outcome outcome,
                      covey_refused reason, const covey_location *where)
{
    if (task == NULL) return COVEY_ERR_REFERENCE;
    if (outcome != COVEY_OUTCOME_DONE && outcome != COVEY_OUTCOME_REFUSED) {
        return COVEY_ERR_ARGUMENT;
    }
    if (outcome == COVEY_OUTCOME_DONE && reason != COVEY_REFUSED_OTHER) {
        return COVEY_ERR_ARGUMENT;
    }
    bool has_where = task->command.kind == COVEY_COMMAND_LOCATE &&
                     outcome == COVEY_OUTCOME_DONE;
    return has_where == (where != NULL) ? COVEY_OK : COVEY_ERR_ARGUMENT;
}

int covey_device_command_done(covey_device *device, covey_now now,
                              const covey_reference *id, covey_outcome outcome,
                              covey_refused reason,
                              const covey_location *answer)
{
    covey_payload_id where = {0};
    int err = covey_device_ready(device, now);

    if (err) return err;
    if (device->self.state != COVEY_DEVICE_MEMBER) return COVEY_ERR_STATE;
    covey_task *task = find_running(&device->tasks, id);
    err = check_done(task, outcome, reason, answer);
    if (err) return err;
    if (!covey_outbox_has_places(&device->outbox, answer != NULL ? 2 : 1)) {
        return COVEY_ERR_CAPACITY;
    }
    if (answer != NULL) {
        covey_content content = {.kind = COVEY_CONTENT_LOCATION};

        content.of.location = *answer;
        content.of.location.has_answer_to = true;
        content.of.location.answer_to = task->id;
        err = covey_say(device, &content, true, &where);
        if (err) return err;
    }
    if (!err) {
        err = covey_say_receipt(device, &task->id, outcome, reason,
                                where.counter);
    }
    if (err) {
        return covey_device_end(device, err);
    }
    covey_tasks_remove(&device->tasks, task);
    covey_touch(device, COVEY_SLOT_TASKS);
    return covey_device_end(device, COVEY_OK);
}
