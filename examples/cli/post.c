#include "post.h"

#include <covey/device.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 15000L
#define ANSWER_MS 60000L

struct poster {
    CURL *curl;
    struct curl_slist *headers;
    char relay[COVEY_RELAY_SIZE];
    size_t host_len;
    uint8_t *answer;
    size_t len;
    size_t most;
};

static bool is_loopback(const poster *p)
{
    return (p->host_len == 9 && memcmp(p->relay, "localhost", 9) == 0) ||
           (p->host_len == 9 && memcmp(p->relay, "127.0.0.1", 9) == 0) ||
           (p->host_len == 5 && memcmp(p->relay, "[::1]", 5) == 0);
}

static size_t take(char *at, size_t size, size_t num, void *ctx)
{
    poster *p = ctx;
    size_t len = size * num;

    if (len > p->most - p->len) return 0; /* longer than asked for */
    memcpy(p->answer + p->len, at, len);
    p->len += len;
    return len;
}

static bool set_text(poster *p, CURLoption option, const char *text)
{
    return curl_easy_setopt(p->curl, option, text) == CURLE_OK;
}

static bool set_number(poster *p, CURLoption option, long number)
{
    return curl_easy_setopt(p->curl, option, number) == CURLE_OK;
}

/* As the transport has it: what libcurl would say or take besides is
 * switched off. */
static bool set_headers(poster *p)
{
    static const char *const lines[] = {
        "Content-Type: application/octet-stream", "Expect:", "Accept:"};

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct curl_slist *longer = curl_slist_append(p->headers, lines[i]);
        if (longer == NULL) return false;
        p->headers = longer;
    }
    return curl_easy_setopt(p->curl, CURLOPT_HTTPHEADER, p->headers) ==
               CURLE_OK &&
           set_number(p, CURLOPT_HTTP_CONTENT_DECODING, 0) &&
           set_number(p, CURLOPT_FOLLOWLOCATION, 0);
}

/* A file of authorities stands instead of the system's, its directory
 * included. */
static bool set_trust(poster *p, const char *ca)
{
    return set_number(p, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) &&
           (ca == NULL || (set_text(p, CURLOPT_CAINFO, ca) &&
                           set_text(p, CURLOPT_CAPATH, NULL)));
}

/* What the environment says of proxies does not count. */
static bool set_way(poster *p, const char *proxy, bool plain)
{
    char url[COVEY_RELAY_SIZE + 24];
    const char *scheme = plain ? "http" : "https";

    snprintf(url, sizeof url, "%s://%s/v1/sync", scheme, p->relay);
    return set_text(p, CURLOPT_URL, url) &&
           set_text(p, CURLOPT_PROTOCOLS_STR, scheme) &&
           set_number(p, CURLOPT_PATH_AS_IS, 1) &&
           set_text(p, CURLOPT_NOPROXY, "") &&
           set_number(p, CURLOPT_HTTPPROXYTUNNEL, 1) &&
           set_text(p, CURLOPT_PROXY, proxy != NULL && !plain ? proxy : "") &&
           set_number(p, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) &&
           set_number(p, CURLOPT_NOSIGNAL, 1);
}

static bool set_up(poster *p, const json_t *settings)
{
    const char *ca = json_string_value(json_object_get(settings, "ca_file"));
    const char *proxy = json_string_value(json_object_get(settings, "proxy"));
    bool plain = json_is_true(json_object_get(settings, "plain_loopback")) &&
                 is_loopback(p);

    return set_way(p, proxy, plain) && set_trust(p, ca) && set_headers(p) &&
           curl_easy_setopt(p->curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
           curl_easy_setopt(p->curl, CURLOPT_WRITEDATA, p) == CURLE_OK;
}

poster *poster_open(const char *relay, const json_t *settings, complaint *error)
{
    poster *p = calloc(1, sizeof *p);

    if (relay == NULL || *relay == 0 || strlen(relay) >= sizeof p->relay ||
        strpbrk(relay, "@?#\\ ") != NULL) {
        free(p);
        (void)complain(error, "the relay of this circle is not known here");
        return NULL;
    }
    if (p != NULL) {
        memcpy(p->relay, relay, strlen(relay) + 1);
        p->host_len =
            relay[0] == '[' ? strcspn(relay, "]") + 1 : strcspn(relay, ":/");
        p->curl = curl_easy_init();
    }
    if (p == NULL || p->curl == NULL || !set_up(p, settings)) {
        poster_close(p);
        (void)complain(error, "libcurl cannot be set up");
        return NULL;
    }
    return p;
}

void poster_close(poster *p)
{
    if (p == NULL) return;
    if (p->curl != NULL) curl_easy_cleanup(p->curl);
    curl_slist_free_all(p->headers);
    free(p->answer);
    free(p);
}

covey_bytes poster_host(const poster *p)
{
    return (covey_bytes){(const uint8_t *)p->relay, p->host_len};
}

/* SPEC.md section 4.5: a portal's page is no answer. */
static bool is_answer(poster *p)
{
    static const char right[] = "application/octet-stream";
    const size_t len = sizeof right - 1;
    char *type = NULL;
    long status = 0;

    return curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &status) ==
               CURLE_OK &&
           curl_easy_getinfo(p->curl, CURLINFO_CONTENT_TYPE, &type) ==
               CURLE_OK &&
           status == 200 && type != NULL && curl_strnequal(type, right, len) &&
           (type[len] == 0 || type[len] == ';' || type[len] == ' ');
}

bool poster_ask(poster *p, covey_bytes body, uint32_t wait_ms,
                size_t answer_max, covey_bytes *answer)
{
    uint8_t *room = realloc(p->answer, answer_max);

    if (room == NULL) return false;
    p->answer = room;
    p->most = answer_max;
    p->len = 0;
    if (!set_number(p, CURLOPT_POSTFIELDSIZE, (long)body.len) ||
        !set_text(p, CURLOPT_POSTFIELDS, (const char *)body.at) ||
        !set_number(p, CURLOPT_TIMEOUT_MS, ANSWER_MS + (long)wait_ms) ||
        curl_easy_perform(p->curl) != CURLE_OK || !is_answer(p)) {
        return false;
    }
    *answer = (covey_bytes){p->answer, p->len};
    return true;
}
