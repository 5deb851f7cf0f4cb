/*
 * Waits for what the library reports: events that come into the history.
 */
#ifndef DESK_WAITING_H
#define DESK_WAITING_H

#include "app.h"
#include "line_input.h"

typedef struct {
    const char *const *events; /* names, NULL at the end */
    json_t *came;              /* the first of them */
    line_input *input;         /* NULL: lines do not matter */
    char line[LINE_SIZE];
    bool has_line;
} waiting;

/* From now on; to be called before the wish that leads to it. */
void waiting_begin(waiting *w, app *a, const char *const *events);

/* Whether one of them, or a line, came in time; the event is in `came`. False
 * also when the user wants to end. */
bool waiting_for(waiting *w, app *a, uint32_t timeout_ms);

/* Which event came; "" when none did. */
const char *waiting_event(const waiting *w);

/* For the next one. */
void waiting_again(waiting *w);
void waiting_end(waiting *w, app *a);

/* Waits for an operation to be done. How to end; says so when it failed. */
int waiting_operation(app *a, json_t *wish, const char *operation,
                      uint32_t timeout_ms);

#endif
