/*
 * Which network addresses are public: a client that names an endpoint must
 * not make the relay talk to the machines beside it.
 */
#ifndef RELAY_PUBLIC_ADDRESS_H
#define RELAY_PUBLIC_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* False for everything but IPv4 and IPv6, and for what the IANA registries of
 * special-purpose addresses (RFC 6890) do not call globally reachable. */
bool relay_address_is_public(const struct sockaddr *address);

#endif
