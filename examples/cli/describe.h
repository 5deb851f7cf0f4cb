/*
 * Rows of the history as sentences.
 */
#ifndef DESK_DESCRIBE_H
#define DESK_DESCRIBE_H

#include "view.h"

#define DESCRIBE_SIZE 4400 /* the longest text, and who said it */

void describe(char out[DESCRIBE_SIZE], const view *v, const json_t *row);

/* A text, or what an attachment is. */
void describe_message(char out[DESCRIBE_SIZE], const json_t *row);

/* Whether somebody has to look. */
bool describe_is_alarm(const json_t *row);

/* "12 s", "3 min", "2 h", "5 days"; "unknown" below 0. */
void describe_age(char *out, size_t size, int64_t age_ms);

#endif
