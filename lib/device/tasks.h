/*
 * What waits for the host: notices to be shown, and commands behind them. A
 * command is run once, ever, and only after its notice was shown.
 */
#ifndef COVEY_DEVICE_TASKS_H
#define COVEY_DEVICE_TASKS_H

#include <covey/device.h>

#include "base/reader.h"
#include "base/writer.h"
#include "device/limits.h"

typedef enum {
    COVEY_TASK_TO_SHOW = 1, /* its notice is not handed out yet */
    COVEY_TASK_SHOWING = 2, /* handed out: the host has not answered */
    COVEY_TASK_TO_RUN = 3,  /* shown; the command is not handed out yet */
    COVEY_TASK_RUNNING = 4,
    COVEY_TASK_OVER = 5 /* whether it ran is to be told as unknown */
} covey_task_state;

typedef struct {
    uint8_t state;
    bool is_command; /* else a change of the circle, which holds back what
                        is said until it was shown */
    uint32_t token;
    uint64_t until; /* of the count: not shown by then, it is refused */
    covey_notice notice;
    covey_reference id; /* of the command */
    covey_command command;
} covey_task;

typedef struct {
    uint8_t num;
    uint32_t last_token;
    covey_task items[COVEY_TASKS_MAX];
} covey_tasks;

/* NULL when there is no room; state and token are set here. */
covey_task *covey_tasks_add(covey_tasks *tasks, const covey_task *task);

void covey_tasks_remove(covey_tasks *tasks, const covey_task *task);

/* The first in this state; NULL. */
covey_task *covey_tasks_in(covey_tasks *tasks, covey_task_state state);

/* Whether a change of the circle was not yet shown. */
bool covey_tasks_hold_back(const covey_tasks *tasks);

/* All of it. */
void covey_tasks_write(covey_writer *w, const covey_tasks *tasks);
/* COVEY_ERR_MALFORMED, COVEY_ERR_CAPACITY. */
int covey_tasks_read(covey_tasks *tasks, covey_reader *r);

#endif
