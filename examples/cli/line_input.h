/*
 * Lines from standard input without waiting for them.
 */
#ifndef DESK_LINE_INPUT_H
#define DESK_LINE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_SIZE 256

typedef struct {
    char text[LINE_SIZE];
    size_t len;
    bool ended; /* nothing comes any more */
} line_input;

/* Whether there is a line; its end is cut off, and what is too long. */
bool line_ready(line_input *input, char line[LINE_SIZE]);

#endif
