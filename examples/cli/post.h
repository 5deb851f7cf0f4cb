/*
 * One request of an attachment's transfer to a relay: POST over HTTPS, or over
 * http to a relay on this machine where that is allowed. The library's
 * transport carries devices only.
 */
#ifndef DESK_POST_H
#define DESK_POST_H

#include <covey/types.h>
#include <jansson.h>

#include "complaint.h"

typedef struct poster poster;

/* Settings as the desk keeps them; the relay's name as in an invite. */
poster *poster_open(const char *relay, const json_t *settings,
                    complaint *error);
void poster_close(poster *p);

/* The relay's host, as a transfer wants it. */
covey_bytes poster_host(const poster *p);

/* The answer, valid until the next call; false: there is none. */
bool poster_ask(poster *p, covey_bytes body, uint32_t wait_ms,
                size_t answer_max, covey_bytes *answer);

#endif
