#include "device/tasks.h"

#include "device/fields.h"

covey_task *covey_tasks_add(covey_tasks *tasks, const covey_task *task)
{
    if (tasks->num == COVEY_TASKS_MAX) return NULL;
    covey_task *added = &tasks->items[tasks->num++];

    *added = *task;
    added->state = COVEY_TASK_TO_SHOW;
    added->token = ++tasks->last_token;
    return added;
}

void covey_tasks_remove(covey_tasks *tasks, const covey_task *task)
{
    size_t at = (size_t)(task - tasks->items);

    tasks->num--;
    memmove(&tasks->items[at], &tasks->items[at + 1],
            (tasks->num - at) * sizeof tasks->items[0]);
}

covey_task *covey_tasks_in(covey_tasks *tasks, covey_task_state state)
{
    for (size_t i = 0; i < tasks->num; i++) {
        if (tasks->items[i].state == state) return &tasks->items[i];
    }
    return NULL;
}

bool covey_tasks_hold_back(const covey_tasks *tasks)
{
    for (size_t i = 0; i < tasks->num; i++) {
        if (!tasks->items[i].is_command) return true;
    }
    return false;
}

/* ---- saved ---- */

static void write_command(covey_writer *w, const covey_command *command)
{
    covey_write_member(w, &command->target);
    covey_write_u64(w, (uint64_t)command->not_after_ms);
    covey_write_u8(w, (uint8_t)command->kind);
    switch (command->kind) {
    case COVEY_COMMAND_READ_MESSAGE:
        covey_write_reference(w, &command->of.message);
        break;
    case COVEY_COMMAND_SET_POLICY:
        covey_write_u32(w, command->of.set_policy.kind);
        covey_write_u32(w, command->of.set_policy.version);
        covey_write_fixed(w, covey_bytes_of(command->of.set_policy.hash,
                                            COVEY_DOCUMENT_HASH_SIZE));
        break;
    default: covey_write_u32(w, command->of.duration_s); break;
    }
}

static void read_command(covey_reader *r, covey_command *command)
{
    *command = (covey_command){0};
    covey_read_member(r, &command->target);
    command->not_after_ms = (int64_t)covey_read_u64(r);
    command->kind = (covey_command_kind)covey_read_u8(r);
    switch (command->kind) {
    case COVEY_COMMAND_READ_MESSAGE:
        covey_read_reference(r, &command->of.message);
        break;
    case COVEY_COMMAND_SET_POLICY:
        command->of.set_policy.kind = covey_read_u32(r);
        command->of.set_policy.version = covey_read_u32(r);
        covey_read_into(r, command->of.set_policy.hash,
                        COVEY_DOCUMENT_HASH_SIZE);
        break;
    default: command->of.duration_s = covey_read_u32(r); break;
    }
}

static void write_notice(covey_writer *w, const covey_notice *notice)
{
    covey_write_u8(w, (uint8_t)notice->kind);
    covey_write_member(w, &notice->subject);
    covey_write_member(w, &notice->by);
    covey_write_flag(w, notice->has_about);
    covey_write_reference(w, &notice->about);
    covey_write_flag(w, notice->has_document);
    covey_write_u32(w, notice->document.kind);
    covey_write_u32(w, notice->document.version);
}

static void read_notice(covey_reader *r, covey_notice *notice)
{
    notice->kind = (covey_notice_kind)covey_read_u8(r);
    covey_read_member(r, &notice->subject);
    covey_read_member(r, &notice->by);
    notice->has_about = covey_read_flag(r);
    covey_read_reference(r, &notice->about);
    notice->has_document = covey_read_flag(r);
    notice->document.kind = covey_read_u32(r);
    notice->document.version = covey_read_u32(r);
}

void covey_tasks_write(covey_writer *w, const covey_tasks *tasks)
{
    covey_write_u8(w, tasks->num);
    covey_write_u32(w, tasks->last_token);
    for (size_t i = 0; i < tasks->num; i++) {
        const covey_task *task = &tasks->items[i];

        covey_write_u8(w, task->state);
        covey_write_flag(w, task->is_command);
        covey_write_u32(w, task->token);
        covey_write_u64(w, task->until);
        write_notice(w, &task->notice);
        covey_write_reference(w, &task->id);
        write_command(w, &task->command);
    }
}

int covey_tasks_read(covey_tasks *tasks, covey_reader *r)
{
    uint8_t num = covey_read_u8(r);

    tasks->num = 0;
    tasks->last_token = covey_read_u32(r);
    if (num > COVEY_TASKS_MAX) return COVEY_ERR_CAPACITY;
    for (uint8_t i = 0; i < num; i++) {
        covey_task *task = &tasks->items[i];

        task->state = covey_read_u8(r);
        task->is_command = covey_read_flag(r);
        task->token = covey_read_u32(r);
        task->until = covey_read_u64(r);
        read_notice(r, &task->notice);
        covey_read_reference(r, &task->id);
        read_command(r, &task->command);
    }
    if (r->failed) return COVEY_ERR_MALFORMED;
    tasks->num = num;
    return COVEY_OK;
}
