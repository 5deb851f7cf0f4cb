/*
 * What the history comes to: the track, messages and what became of them, the
 * members and their names. Read row by row, and brought up to date with what
 * came since. Every command that shows something shows this.
 *
 * The history's rows, by their type:
 *   device      how the device stands: desk_snapshot
 *   name        what its user calls a member
 *   event       what the library reported
 *   sent        a payload of one's own is where all read it
 *   any other   what a member said: content_json.h, and who, when, how old
 */
#ifndef DESK_VIEW_H
#define DESK_VIEW_H

#include <covey/device.h>

#include "history.h"
#include "track.h"

#define VIEW_NAME_SIZE 64

/* Told of each row after it was taken in. */
typedef void view_hook(void *ctx, const json_t *row);

typedef struct {
    history *rows;
    int64_t last;
    view_hook *hook; /* may be NULL */
    void *hook_ctx;
    json_t *device;   /* NULL: nothing is known yet */
    json_t *names;    /* by member */
    json_t *messages; /* texts and attachments, oldest first */
    json_t *by_id;    /* the same, by row name */
    json_t *events;   /* of interest to a person, oldest first */
    json_t *sos;      /* by its id: the row, "over", "seen" */
    json_t *receipts; /* of commands, by the command's row name */
    json_t *answers;  /* locations that were asked for, the same */
    json_t *status;   /* the wearer's newest */
    json_t *newest;   /* the row of the newest fix */
    track track;
} view;

void view_init(view *v, history *rows);
void view_free(view *v);

/* What came since; false when some row does not open. */
bool view_update(view *v);

/* A row's name in the history, of a payload. */
void view_row_name(char out[HISTORY_NAME_MAX], const json_t *row);

/* The name of something else about the same payload. */
void view_mark_name(char out[HISTORY_NAME_MAX], const char *what,
                    const json_t *row);

/* The nickname, or "the watch", "guardian 1f2e3d4c". NULL is "nobody". */
void view_name(char out[VIEW_NAME_SIZE], const view *v, const char *member);

/* The member that a nickname or the beginning of an id stands for; NULL: none,
 * or several. */
const char *view_member(const view *v, const char *text);

/* The newest fix: its age now in ms, -1 where that is not known, and "fresh",
 * "stale" or "unknown". It grows by both clocks, and the worse counts. */
int64_t view_age(const view *v, covey_now now, const char **trust);

/* All that a map shows, a new reference. */
json_t *view_to_json(const view *v, covey_now now);

#endif
