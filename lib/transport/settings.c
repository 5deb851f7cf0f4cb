#include "transport/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <covey/error.h>

#define HOUR_MS 3600000
#define CONNECT_MS 15000
#define ANSWER_MS 30000

/* ---- what the host asked for ---- */

/* False: no memory. */
static bool copy(char **to, const char *text)
{
    size_t size = strlen(text) + 1;

    *to = malloc(size);
    if (*to == NULL) return false;
    memcpy(*to, text, size);
    return true;
}

/* Without these two, libcurl waits for a "100 Continue" before a longer body,
 * and says what it can do with an answer. */
static const char *const header_lines[] = {
    "Content-Type: application/octet-stream", "Expect:", "Accept:"};

static bool make_headers(struct curl_slist **list)
{
    const size_t num = sizeof header_lines / sizeof header_lines[0];

    for (size_t i = 0; i < num; i++) {
        struct curl_slist *longer = curl_slist_append(*list, header_lines[i]);
        if (longer == NULL) return false;
        *list = longer;
    }
    return true;
}

int covey_transport_settings_of(covey_transport_settings *settings,
                                const covey_transport_config *config)
{
    const char *proxy = config->proxy != NULL ? config->proxy : "";

    *settings = (covey_transport_settings){
        .plain_loopback = config->plain_loopback,
        .connect_ms = config->connect_ms != 0 ? config->connect_ms : CONNECT_MS,
        .answer_ms = config->answer_ms != 0 ? config->answer_ms : ANSWER_MS};
    if (settings->connect_ms > HOUR_MS || settings->answer_ms > HOUR_MS ||
        (config->ca_file != NULL && access(config->ca_file, R_OK) != 0)) {
        return COVEY_ERR_ARGUMENT;
    }
    if ((config->ca_file != NULL &&
         !copy(&settings->ca_file, config->ca_file)) ||
        !copy(&settings->proxy, proxy) || !make_headers(&settings->headers)) {
        return COVEY_ERR_CAPACITY;
    }
    return COVEY_OK;
}

void covey_transport_settings_free(covey_transport_settings *settings)
{
    free(settings->ca_file);
    free(settings->proxy);
    curl_slist_free_all(settings->headers);
    *settings = (covey_transport_settings){0};
}

/* ---- in libcurl's words ---- */

/* Defaults that matter stand here too: they are not those of every version. */
static const struct {
    CURLoption option;
    long value;
} numbers[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_POST, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_PATH_AS_IS, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS},
    {CURLOPT_HTTP09_ALLOWED, 0},
    /* What is short on the wire may not become long here. */
    {CURLOPT_HTTP_CONTENT_DECODING, 0},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    /* A ticket would tell a relay which mailboxes belong together. */
    {CURLOPT_SSL_SESSIONID_CACHE, 0},
    /* A proxy gets a tunnel, never the request. */
    {CURLOPT_HTTPPROXYTUNNEL, 1},
};

static bool apply_numbers(CURL *easy)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (curl_easy_setopt(easy, numbers[i].option, numbers[i].value) !=
            CURLE_OK) {
            return false;
        }
    }
    return true;
}

static bool apply_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") ==
           CURLE_OK;
#else
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS,
                            (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS)) ==
           CURLE_OK;
#endif
}

/* The system's directory of certificates counts beside a file, unless it is
 * taken away. */
static bool apply_trust(const covey_transport_settings *settings, CURL *easy)
{
    if (settings->ca_file == NULL) return true;
    return curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

bool covey_transport_settings_apply(const covey_transport_settings *settings,
                                    CURL *easy)
{
    return apply_numbers(easy) && apply_protocols(easy) &&
           apply_trust(settings, easy) &&
           /* Empty: else the environment says for whom there is none. */
           curl_easy_setopt(easy, CURLOPT_NOPROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, settings->headers) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            (long)settings->connect_ms) == CURLE_OK;
}
