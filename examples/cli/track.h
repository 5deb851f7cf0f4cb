/*
 * A track: fixes in the order of their file, of a replay or for an export.
 */
#ifndef DESK_TRACK_H
#define DESK_TRACK_H

#include <covey/content.h>

#define TRACK_FIXES_MAX 200000u

typedef struct {
    covey_fix *fixes;
    size_t num;
    size_t cap;
} track;

/* False when it is full, or memory is. */
bool track_add(track *t, const covey_fix *fix);
void track_free(track *t);

/* By their time, each place at each time once. */
void track_sort(track *t);

#endif
