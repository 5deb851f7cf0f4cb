/*
 * Hours of the week as text: "Mon-Fri 8:00-12:00", "Sat 9:30-11:00".
 */
#ifndef DESK_WEEK_TEXT_H
#define DESK_WEEK_TEXT_H

#include <covey/content.h>

#define WEEK_TEXT_SIZE 40

/* Adds the spans of one text, a day each; false when it is none, or they are
 * too many. */
bool week_read(covey_span *spans, size_t *num, const char *text);

/* By their beginning. */
void week_sort(covey_span *spans, size_t num);

/* One span, "Mon 08:00-12:00". */
void week_write(char out[WEEK_TEXT_SIZE], const covey_span *span);

#endif
