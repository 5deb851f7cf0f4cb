/*
 * What is wrong and what to do next, as a sentence for the user.
 */
#ifndef DESK_COMPLAINT_H
#define DESK_COMPLAINT_H

#include <stdbool.h>

typedef struct {
    char text[400];
} complaint;

/* False, so that it can end the function that complains. */
__attribute__((format(printf, 2, 3))) bool complain(complaint *error,
                                                    const char *format, ...);

#endif
