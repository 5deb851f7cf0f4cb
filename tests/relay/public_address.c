/* Which addresses a client may make the relay talk to. */
#include "public_address.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>

static bool is_public(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        return relay_address_is_public((const struct sockaddr *)&v4);
    }
    cr_assert_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1, "%s", text);
    return relay_address_is_public((const struct sockaddr *)&v6);
}

Test(relay_public_address, t60_what_is_beside_the_relay_is_not_public)
{
    static const char *const inside[] = {
        "0.0.0.0",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "100::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "4000::1",
    };

    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        cr_assert_not(is_public(inside[i]), "%s", inside[i]);
    }
}

Test(relay_public_address, what_lies_next_to_those_is_public)
{
    static const char *const outside[] = {
        "1.0.0.0",         "9.255.255.255", "11.0.0.0",
        "100.63.255.255",  "100.128.0.0",   "126.255.255.255",
        "128.0.0.0",       "169.253.0.0",   "169.255.0.0",
        "172.15.255.255",  "172.32.0.0",    "192.0.1.0",
        "192.167.255.255", "192.169.0.0",   "198.17.255.255",
        "198.20.0.0",      "203.0.114.0",   "223.255.255.255",
        "8.8.8.8",         "2001:200::1",   "2001:4860:4860::8888",
        "2003::1",         "2a00:1450::1",  "2600::1",
    };

    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        cr_assert(is_public(outside[i]), "%s", outside[i]);
    }
}

Test(relay_public_address, other_families_are_none)
{
    const struct sockaddr address = {.sa_family = AF_UNIX};

    cr_assert_not(relay_address_is_public(&address));
}
