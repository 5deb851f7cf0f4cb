/*
 * Moves an attachment between a file and its mailbox at the relay.
 */
#ifndef DESK_CARRY_H
#define DESK_CARRY_H

#include <covey/attachment.h>

#include "post.h"

/* Told of each part; false gives up. */
typedef bool carry_progress(void *ctx, uint32_t done, uint32_t all);

typedef struct {
    poster *poster;
    int fd;           /* of the file */
    uint32_t give_up; /* seconds without any progress */
    carry_progress *progress;
    void *ctx;
} carriage;

/* Of `what`: media, size, and duration or sides; it is whole afterwards. */
bool carry_out(const carriage *c, covey_attachment *what, complaint *error);

/* The file is empty, and open for reading and writing. */
bool carry_in(const carriage *c, const covey_attachment *what,
              complaint *error);

#endif
