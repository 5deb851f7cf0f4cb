#include "public_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    uint32_t prefix;
    unsigned bits;
} range;

/* RFC 6890 and its registry, multicast, and what is reserved. */
static const range special[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  /* private */
    {0x64400000, 10}, /* behind a provider's NAT */
    {0x7f000000, 8},  /* loopback */
    {0xa9fe0000, 16}, /* link-local */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* protocol assignments */
    {0xc0000200, 24}, /* documentation */
    {0xc0586300, 24}, /* 6to4 relays */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* measurements */
    {0xc6336400, 24}, /* documentation */
    {0xcb007100, 24}, /* documentation */
    {0xe0000000, 3},  /* multicast, reserved, broadcast */
};

static bool is_public_4(uint32_t address)
{
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        if ((address ^ special[i].prefix) >> (32 - special[i].bits) == 0) {
            return false;
        }
    }
    return true;
}

/* Global unicast only, 2000::/3; and none of what carries an IPv4 address
 * inside, nor the special part of 2001::/16. */
static bool is_public_6(const uint8_t a[16])
{
    uint32_t first = (uint32_t)a[0] << 8 | a[1];
    uint32_t second = (uint32_t)a[2] << 8 | a[3];

    return first >> 13 == 1 && first != 0x2002 &&
           !(first == 0x2001 && (second < 0x0200 || second == 0x0db8)) &&
           !(first == 0x3fff && second < 0x1000);
}

bool relay_address_is_public(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof v4);
        return is_public_4(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        memcpy(&v6, address, sizeof v6);
        return is_public_6(v6.sin6_addr.s6_addr);
    }
    return false;
}
