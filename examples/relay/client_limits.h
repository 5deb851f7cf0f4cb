/*
 * What one client address may take: soft, because a whole mobile network can
 * stand behind one address. Addresses are kept as hashes under a key of this
 * run, in counters that several may share, and never written anywhere.
 */
#ifndef RELAY_CLIENT_LIMITS_H
#define RELAY_CLIENT_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct relay_limits relay_limits;

/* NULL without memory. */
relay_limits *relay_limits_new(uint32_t new_mailboxes_hour, uint32_t waits);
void relay_limits_free(relay_limits *limits);

/* Which counters are this address's. */
uint32_t relay_limits_place(const relay_limits *limits, const char *address);

/* Counts a new mailbox; false when there are too many in this hour. */
bool relay_limits_new_mailbox(relay_limits *limits, uint32_t place,
                              uint32_t now_h);

/* Counts one who waits; false when too many do. relay_limits_waited takes
 * him off again. */
bool relay_limits_wait(relay_limits *limits, uint32_t place);
void relay_limits_waited(relay_limits *limits, uint32_t place);

#endif
