#include "circle/relay_name.h"

#define PORT_MAX 65535

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
           c == '_';
}

static bool is_of_address(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
}

static bool is_of_path(uint8_t c)
{
    return is_word(c) || c == '/' || c == '~';
}

static size_t span(covey_bytes text, size_t from, bool (*is_one)(uint8_t c))
{
    size_t at = from;

    while (at < text.len && is_one(text.at[at])) at++;
    return at - from;
}

/* Characters of a name, or of an address in brackets; 0: there is none. */
static size_t host_len(covey_bytes name)
{
    if (name.len == 0 || name.at[0] != '[') return span(name, 0, is_word);
    size_t len = span(name, 1, is_of_address);

    return len != 0 && 1 + len < name.len && name.at[1 + len] == ']' ? len + 2
                                                                     : 0;
}

/* Moves behind a colon and a port, if they are there. */
static bool pass_port(covey_bytes name, size_t *at)
{
    uint32_t port = 0;

    if (*at == name.len || name.at[*at] != ':') return true;
    size_t end = *at + 1 + span(name, *at + 1, is_digit);

    for (size_t i = *at + 1; i < end && port <= PORT_MAX; i++) {
        port = port * 10 + (uint32_t)(name.at[i] - '0');
    }
    *at = end;
    return port != 0 && port <= PORT_MAX;
}

/* A path from here to the end, which does not climb; or nothing. */
static bool is_path(covey_bytes name, size_t at)
{
    if (at == name.len) return true;
    if (name.at[at] != '/' || at + span(name, at, is_of_path) != name.len) {
        return false;
    }
    for (; at + 1 < name.len; at++) {
        if (name.at[at] == '.' && name.at[at + 1] == '.') return false;
    }
    return true;
}

bool covey_relay_name_is_valid(covey_bytes name)
{
    size_t at = host_len(name);

    return name.len <= COVEY_RELAY_NAME_MAX && at != 0 &&
           pass_port(name, &at) && is_path(name, at);
}

covey_bytes covey_relay_name_host(covey_bytes name)
{
    return covey_bytes_of(name.at, host_len(name));
}
