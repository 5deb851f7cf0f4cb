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

static bool set_up(poster *p, const json_t *settings)
{
    const char *ca = json_string_value(json_object_get(settings, "ca_file"));
    const char *proxy = json_string_value(json_object_get(settings, "proxy"));
    bool plain = json_is_true(json_object_get(settings, "plain_loopback")) &&
                 is_loopback(p);
    char url[COVEY_RELAY_SIZE + 24];
    CURL *c = p->curl;

    snprintf(url, sizeof url, "%s://%s/v1/sync", plain ? "http" : "https",
             p->relay);
    p->headers =
        curl_slist_append(NULL, "Content-Type: application/octet-stream");
    return curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR,
                            plain ? "http" : "https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HTTPHEADER, p->headers) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROXY,
                            proxy != NULL && !plain ? proxy : "") == CURLE_OK &&
           (ca == NULL ||
            curl_easy_setopt(c, CURLOPT_CAINFO, ca) == CURLE_OK) &&
           curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) ==
               CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, p) == CURLE_OK;
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

bool poster_ask(poster *p, covey_bytes body, uint32_t wait_ms,
                size_t answer_max, covey_bytes *answer)
{
    long status = 0;
    uint8_t *room = realloc(p->answer, answer_max);

    if (room == NULL) return false;
    p->answer = room;
    p->most = answer_max;
    p->len = 0;
    if (curl_easy_setopt(p->curl, CURLOPT_POSTFIELDSIZE, (long)body.len) !=
            CURLE_OK ||
        curl_easy_setopt(p->curl, CURLOPT_POSTFIELDS, (const char *)body.at) !=
            CURLE_OK ||
        curl_easy_setopt(p->curl, CURLOPT_TIMEOUT_MS,
                         ANSWER_MS + (long)wait_ms) != CURLE_OK ||
        curl_easy_perform(p->curl) != CURLE_OK ||
        curl_easy_getinfo(p->curl, CURLINFO_RESPONSE_CODE, &status) !=
            CURLE_OK ||
        status != 200) {
        return false;
    }
    *answer = (covey_bytes){p->answer, p->len};
    return true;
}
