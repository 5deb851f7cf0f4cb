#include "endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "public_address.h"

#define CONNECT_MS 5000L
#define TOTAL_MS 10000L
#define ANSWER_MAX 65536u /* bytes that are read, and thrown away */

static const char scheme[] = "https://";

/* ---- addresses ---- */

/* The parts of an https address with a name and no user. False otherwise. */
static bool parse(const char *text, relay_host *host, char **whole)
{
    CURLU *url = curl_url();
    bool ok = url != NULL &&
              curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) ==
                  CURLUE_OK &&
              curl_url_get(url, CURLUPART_HOST, &host->name, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_PORT, &host->port,
                           CURLU_DEFAULT_PORT) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_URL, whole, 0) == CURLUE_OK;

    curl_url_cleanup(url);
    return ok;
}

static void host_free(relay_host *host)
{
    curl_free(host->name);
    curl_free(host->port);
}

static size_t target_of(const relay_endpoints *e, const relay_host *host)
{
    for (size_t i = 0; i < e->num_hosts; i++) {
        if (strcasecmp(e->hosts[i].name, host->name) == 0 &&
            strcmp(e->hosts[i].port, host->port) == 0) {
            return 1 + i;
        }
    }
    return RELAY_NO_TARGET;
}

static bool is_address(const uint8_t *endpoint, size_t len)
{
    return len > sizeof scheme - 1 &&
           memcmp(endpoint, scheme, sizeof scheme - 1) == 0;
}

/* Looks up an address as libcurl understands it, and gives it in libcurl's
 * words: what is asked is what was looked at. */
static size_t look_up(const relay_endpoints *e, const uint8_t *endpoint,
                      size_t len, char **whole)
{
    char *text = calloc(1, len + 1);
    relay_host host = {NULL, NULL};
    size_t target = RELAY_NO_TARGET;
    bool plain = text != NULL;

    for (size_t i = 0; plain && i < len; i++) {
        plain = endpoint[i] > ' ' && endpoint[i] < 0x7f;
        text[i] = (char)endpoint[i];
    }
    if (plain && parse(text, &host, whole)) target = target_of(e, &host);
    host_free(&host);
    free(text);
    return target;
}

size_t relay_endpoint_target(const relay_endpoints *e, const uint8_t *endpoint,
                             size_t len)
{
    char *whole = NULL;

    if (e->num_hosts == 0 || !is_address(endpoint, len)) {
        return *e->config->wake_gateway != 0 ? 0 : RELAY_NO_TARGET;
    }
    size_t target = look_up(e, endpoint, len, &whole);
    curl_free(whole);
    return target;
}

/* ---- the configuration ---- */

/* One name, or name:port, of the list. */
static bool add_host(relay_endpoints *e, const char *name, size_t len)
{
    char text[300] = "";
    char *whole = NULL;
    relay_host *host = &e->hosts[e->num_hosts];

    if (e->num_hosts == RELAY_HOSTS_MAX || len + sizeof scheme > sizeof text) {
        return false;
    }
    memcpy(text, scheme, sizeof scheme - 1);
    memcpy(text + sizeof scheme - 1, name, len);
    e->num_hosts++;
    bool ok = strcspn(text + sizeof scheme - 1, "/?#@") == len &&
              parse(text, host, &whole);
    curl_free(whole);
    return ok;
}

static bool add_hosts(relay_endpoints *e, const char *list)
{
    static const char between[] = ", \t";

    for (list += strspn(list, between); *list != 0;
         list += strspn(list, between)) {
        size_t len = strcspn(list, between);

        if (!add_host(e, list, len)) return false;
        list += len;
    }
    return true;
}

static bool is_web_address(const char *text)
{
    return strncmp(text, "https://", 8) == 0 ||
           strncmp(text, "http://", 7) == 0;
}

/* A header with nothing behind its colon is left out. */
static struct curl_slist *list_of(const char *const *lines)
{
    struct curl_slist *list = NULL;

    for (; *lines != NULL; lines++) {
        struct curl_slist *longer = curl_slist_append(list, *lines);

        if (longer == NULL) {
            curl_slist_free_all(list);
            return NULL;
        }
        list = longer;
    }
    return list;
}

bool relay_endpoints_init(relay_endpoints *e, const relay_config *config,
                          const char **error)
{
    memset(e, 0, sizeof *e);
    e->config = config;
    e->gateway_headers =
        list_of((const char *const[]){"Content-Type: application/octet-stream",
                                      "Accept:", "Expect:", NULL});
    /* RFC 8030 sections 5.2 and 5.3. */
    e->push_headers = list_of(
        (const char *const[]){"TTL: 86400", "Urgency: high",
                              "Content-Type:", "Accept:", "Expect:", NULL});
    if (e->gateway_headers == NULL || e->push_headers == NULL) {
        *error = "out of memory";
    } else if (*config->wake_gateway != 0 &&
               !is_web_address(config->wake_gateway)) {
        *error = "wake-gateway is an http or https address";
    } else if (!add_hosts(e, config->wake_hosts)) {
        *error = "wake-hosts is a list of at most 32 names, or name:port";
    } else {
        return true;
    }
    return false;
}

void relay_endpoints_free(relay_endpoints *e)
{
    for (size_t i = 0; i < e->num_hosts; i++) host_free(&e->hosts[i]);
    curl_slist_free_all(e->gateway_headers);
    curl_slist_free_all(e->push_headers);
}

/* ---- requests ---- */

/* The address is looked at when the connection is made, so that a name which
 * leads elsewhere the second time does not help. */
static curl_socket_t open_public(void *ctx, curlsocktype purpose,
                                 struct curl_sockaddr *to)
{
    (void)ctx;
    (void)purpose;
    if (!relay_address_is_public(&to->addr)) return CURL_SOCKET_BAD;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* Counts what comes, and ends an answer that does not. */
static size_t throw_away(char *data, size_t size, size_t num, void *ctx)
{
    CURL *curl = ctx;
    curl_off_t so_far = 0;

    (void)data;
    curl_easy_getinfo(curl, CURLINFO_SIZE_DOWNLOAD_T, &so_far);
    return so_far > (curl_off_t)ANSWER_MAX ? 0 : size * num;
}

/* No redirects, no proxy of the environment, no other protocols. */
static bool set_common(CURL *curl, const relay_config *config)
{
    bool ok =
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) ==
            CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TOTAL_MS) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, throw_away) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, curl) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK;

#if LIBCURL_VERSION_NUM >= 0x075500
    ok = ok && curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") ==
                   CURLE_OK;
#else
    ok = ok && curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
                                CURLPROTO_HTTP | CURLPROTO_HTTPS) == CURLE_OK;
#endif
    if (*config->wake_ca != 0) {
        ok = ok && curl_easy_setopt(curl, CURLOPT_CAINFO, config->wake_ca) ==
                       CURLE_OK;
    }
    return ok;
}

static bool set_gateway(CURL *curl, const relay_endpoints *e,
                        const uint8_t *endpoint, size_t len)
{
    return curl_easy_setopt(curl, CURLOPT_URL, e->config->wake_gateway) ==
               CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, e->gateway_headers) ==
               CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDS, endpoint) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)len) == CURLE_OK;
}

static bool set_push(CURL *curl, const relay_endpoints *e,
                     const uint8_t *endpoint, size_t len)
{
    char *whole = NULL;
    bool ok = look_up(e, endpoint, len, &whole) != RELAY_NO_TARGET &&
              curl_easy_setopt(curl, CURLOPT_URL, whole) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_HTTPHEADER, e->push_headers) ==
                  CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "") == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, 0L) == CURLE_OK &&
              (e->config->wake_private != 0 ||
               curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION,
                                open_public) == CURLE_OK);

    curl_free(whole);
    return ok;
}

CURL *relay_endpoint_request(const relay_endpoints *e, size_t target,
                             const uint8_t *endpoint, size_t len)
{
    CURL *curl = curl_easy_init();

    if (curl != NULL && set_common(curl, e->config) &&
        (target == 0 ? set_gateway(curl, e, endpoint, len)
                     : set_push(curl, e, endpoint, len))) {
        return curl;
    }
    curl_easy_cleanup(curl);
    return NULL;
}

bool relay_endpoint_is_gone(size_t target, long status)
{
    return status == 410 || (target != 0 && status == 404);
}
