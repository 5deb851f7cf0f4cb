#include "transport/line.h"

#include <stdlib.h>
#include <string.h>

#include "transport/url.h"

/* 32 kbit/s, either way. */
#define BYTES_PER_MS 4

bool covey_line_init(covey_line *line, void *owner)
{
    *line = (covey_line){.owner = owner,
                         .body = malloc(covey_device_request_size())};
    return line->body != NULL;
}

void covey_line_close(covey_line *line)
{
    /* The handle first: a share in use is not freed. */
    curl_easy_cleanup(line->easy);
    if (line->share != NULL) (void)curl_share_cleanup(line->share);
    line->easy = NULL;
    line->share = NULL;
    memset(line->name, 0, sizeof line->name);
}

void covey_line_free(covey_line *line, CURLM *multi)
{
    if (line->is_busy) covey_line_end(line, multi, 0);
    covey_line_close(line);
    covey_answer_free(&line->answer);
    free(line->body);
    line->body = NULL;
}

bool covey_line_is_of(const covey_line *line, const covey_request *request)
{
    return line->easy != NULL && request->body.len >= sizeof line->name &&
           memcmp(line->name, request->body.at, sizeof line->name) == 0 &&
           strcmp(line->relay, request->relay) == 0;
}

/* ---- a mailbox's own connections ---- */

/* All handles of one multi handle use the same connections, whoever opened
 * them. A share of its own takes a handle out of that. */
static bool open_line(covey_line *line,
                      const covey_transport_settings *settings)
{
    line->easy = curl_easy_init();
    line->share = curl_share_init();
    return line->easy != NULL && line->share != NULL &&
           curl_share_setopt(line->share, CURLSHOPT_SHARE,
                             CURL_LOCK_DATA_CONNECT) == CURLSHE_OK &&
           curl_easy_setopt(line->easy, CURLOPT_SHARE, line->share) ==
               CURLE_OK &&
           curl_easy_setopt(line->easy, CURLOPT_PRIVATE, line) == CURLE_OK &&
           covey_transport_settings_apply(settings, line->easy) &&
           covey_answer_attach(&line->answer, line->easy);
}

static bool turn_to(covey_line *line, const covey_request *request,
                    const covey_transport_settings *settings)
{
    if (covey_line_is_of(line, request)) return true;
    covey_line_close(line);
    if (!open_line(line, settings)) {
        covey_line_close(line);
        return false;
    }
    if (request->body.len >= sizeof line->name) {
        memcpy(line->name, request->body.at, sizeof line->name);
    }
    memcpy(line->relay, request->relay, sizeof line->relay);
    return true;
}

/* ---- one request ---- */

static bool aim(const covey_line *line, const covey_url *url,
                const covey_transport_settings *settings)
{
    CURL *easy = line->easy;

    return curl_easy_setopt(easy, CURLOPT_URL, url->text) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY,
                            url->is_plain ? "" : settings->proxy) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS, line->body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE,
                            (long)line->request.body.len) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)line->limit_ms) ==
               CURLE_OK;
}

static void swap_bodies(covey_line *line, const covey_request *request,
                        uint8_t **body)
{
    uint8_t *spare = line->body;

    line->body = *body;
    *body = spare;
    line->request = *request;
    line->request.body.at = line->body;
}

covey_transport_outcome
covey_line_begin(covey_line *line, CURLM *multi,
                 const covey_transport_settings *settings,
                 const covey_request *request, uint8_t **body, uint64_t now_ms)
{
    covey_url url;

    if (covey_url_of_relay(&url, request->relay, settings->plain_loopback)) {
        return COVEY_TRANSPORT_RELAY;
    }
    if (!turn_to(line, request, settings) ||
        !covey_answer_begin(&line->answer, request->answer_max)) {
        return COVEY_TRANSPORT_LOCAL;
    }
    line->begun_ms = now_ms;
    line->limit_ms = (uint64_t)request->wait_ms + settings->connect_ms +
                     settings->answer_ms +
                     (request->body.len + request->answer_max) / BYTES_PER_MS;
    swap_bodies(line, request, body);
    if (!aim(line, &url, settings) ||
        curl_multi_add_handle(multi, line->easy) != CURLM_OK) {
        return COVEY_TRANSPORT_LOCAL;
    }
    line->is_busy = true;
    return COVEY_TRANSPORT_ANSWERED;
}

void covey_line_end(covey_line *line, CURLM *multi, uint64_t now_ms)
{
    (void)curl_multi_remove_handle(multi, line->easy);
    line->is_busy = false;
    line->used_ms = now_ms;
}

/* ---- how it ended ---- */

static covey_transport_outcome of_result(CURLcode result)
{
    switch (result) {
    case CURLE_OK: return COVEY_TRANSPORT_ANSWERED;
    case CURLE_OPERATION_TIMEDOUT: return COVEY_TRANSPORT_TIMEOUT;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY: return COVEY_TRANSPORT_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS: return COVEY_TRANSPORT_TLS;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_URL_MALFORMAT: return COVEY_TRANSPORT_LOCAL;
    default: return COVEY_TRANSPORT_BROKEN;
    }
}

/* SPEC.md section 4.5. Else a portal's page would be taken for an answer. */
static bool is_typed(const covey_line *line)
{
    static const char right[] = "application/octet-stream";
    const size_t len = sizeof right - 1;
    char *type = NULL;

    (void)curl_easy_getinfo(line->easy, CURLINFO_CONTENT_TYPE, &type);
    return type != NULL && curl_strnequal(type, right, len) &&
           (type[len] == 0 || type[len] == ';' || type[len] == ' ');
}

static covey_transport_outcome of_http(const covey_line *line, long code)
{
    if (code == 200) {
        return is_typed(line) ? COVEY_TRANSPORT_ANSWERED
                              : COVEY_TRANSPORT_GARBAGE;
    }
    /* A relay's own "bad request" has an answer for the device, too. */
    return code == 400 && is_typed(line) ? COVEY_TRANSPORT_ANSWERED
                                         : COVEY_TRANSPORT_STATUS;
}

covey_transport_outcome covey_line_outcome(const covey_line *line,
                                           CURLcode result, int *status)
{
    covey_transport_outcome outcome = of_result(result);
    long code = 0;
    long proxy = 0;

    (void)curl_easy_getinfo(line->easy, CURLINFO_RESPONSE_CODE, &code);
    (void)curl_easy_getinfo(line->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
    *status = (int)code;
    if (line->answer.is_too_long) return COVEY_TRANSPORT_TOO_LONG;
    if (outcome == COVEY_TRANSPORT_BROKEN && proxy >= 300) {
        return COVEY_TRANSPORT_CONNECT; /* it made no tunnel */
    }
    return outcome == COVEY_TRANSPORT_ANSWERED ? of_http(line, code) : outcome;
}
