#include "transport/url.h"

#include <stdio.h>
#include <string.h>

#include <covey/error.h>

#define PORT_MAX 65535
#define OPERATION "/v1/sync"

/* The C library's classes depend on the locale. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '-' || c == '.' || c == '_';
}

static bool is_hex_or_colon(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
           c == ':' || c == '.';
}

static bool is_path(char c)
{
    return is_word(c) || c == '/' || c == '~';
}

static size_t span(const char *text, bool (*is_one)(char c))
{
    size_t len = 0;

    while (text[len] != 0 && is_one(text[len])) len++;
    return len;
}

/* Characters of a host's name or address at the start; 0: none. */
static size_t host_len(const char *text)
{
    size_t len = 0;

    if (text[0] != '[') return span(text, is_word);
    len = span(text + 1, is_hex_or_colon);
    return len != 0 && text[1 + len] == ']' ? len + 2 : 0;
}

/* A colon and a port, or nothing. False: something else. */
static bool port_len(const char *text, size_t *len)
{
    unsigned long port = 0;

    *len = 0;
    if (text[0] != ':') return true;
    *len = 1 + span(text + 1, is_digit);
    for (size_t i = 1; i < *len && port <= PORT_MAX; i++) {
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    return port != 0 && port <= PORT_MAX;
}

/* ---- the loopback ---- */

/* Four numbers with dots between them, as people write them: libcurl knows more
 * forms, and takes them for the same address. Those go over https. */
static bool is_loopback_v4(const char *host, size_t len)
{
    unsigned num = 1;
    unsigned value = 0;
    size_t digits = 0;

    if (len < 4 || memcmp(host, "127.", 4) != 0) return false;
    for (size_t i = 4; i < len; i++) {
        if (host[i] == '.') {
            if (digits == 0) return false;
            num++;
            digits = 0;
            value = 0;
        } else if (is_digit(host[i]) && !(digits == 1 && value == 0)) {
            digits++;
            value = value * 10 + (unsigned)(host[i] - '0');
            if (value > 255) return false;
        } else {
            return false;
        }
    }
    return num == 3 && digits != 0;
}

static bool is_same(const char *host, size_t len, const char *lower_case)
{
    if (len != strlen(lower_case)) return false;
    for (size_t i = 0; i < len; i++) {
        char c = host[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        if (c != lower_case[i]) return false;
    }
    return true;
}

static bool is_loopback(const char *host, size_t len)
{
    return is_same(host, len, "localhost") || is_same(host, len, "[::1]") ||
           is_loopback_v4(host, len);
}

/* ---- the whole ---- */

int covey_url_of_relay(covey_url *url, const char *relay, bool plain_loopback)
{
    size_t host = host_len(relay);
    size_t port = 0;
    size_t path = 0;
    size_t all = strlen(relay);

    memset(url, 0, sizeof *url);
    if (host == 0 || all >= COVEY_RELAY_SIZE) return COVEY_ERR_ARGUMENT;
    if (!port_len(relay + host, &port)) return COVEY_ERR_ARGUMENT;
    if (relay[host + port] == '/') path = span(relay + host + port, is_path);
    if (host + port + path != all || strstr(relay + host + port, "..")) {
        return COVEY_ERR_ARGUMENT;
    }
    while (path != 0 && relay[host + port + path - 1] == '/') path--;
    url->is_plain = plain_loopback && is_loopback(relay, host);
    (void)snprintf(url->text, sizeof url->text, "%s://%.*s" OPERATION,
                   url->is_plain ? "http" : "https", (int)(host + port + path),
                   relay);
    return COVEY_OK;
}
