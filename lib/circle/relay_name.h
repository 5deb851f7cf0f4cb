/*
 * The name of a relay, as invites and rosters say it: a host, perhaps a port
 * and a path. SPEC.md section 2.6.
 */
#ifndef COVEY_CIRCLE_RELAY_NAME_H
#define COVEY_CIRCLE_RELAY_NAME_H

#include "base/bytes.h"

#define COVEY_RELAY_NAME_MAX 64

/* Whether it can be asked: other text is no name, whoever says it. */
bool covey_relay_name_is_valid(covey_bytes name);

/* What a relay calls itself: a view of the host of a valid name. */
covey_bytes covey_relay_name_host(covey_bytes name);

#endif
