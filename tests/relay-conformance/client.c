#include "client.h"

#include <covey/error.h>
#include <curl/curl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define RETRIES 10
#define TIMEOUT_S 60L

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static exchange *not_freed;

exchange *client_new(const target *to)
{
    exchange *x = calloc(1, sizeof *x);

    if (x == NULL) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    pthread_mutex_lock(&lock);
    x->back = &not_freed;
    x->next = not_freed;
    if (x->next != NULL) x->next->back = &x->next;
    not_freed = x;
    pthread_mutex_unlock(&lock);
    x->to = to;
    x->request.max_bytes = 262144;
    x->request.max_blob = COVEY_BLOB_MAX;
    return x;
}

void client_free(exchange *x)
{
    if (x == NULL) return;
    pthread_mutex_lock(&lock);
    *x->back = x->next;
    if (x->next != NULL) x->next->back = x->back;
    pthread_mutex_unlock(&lock);
    free(x);
}

void client_free_all(void)
{
    while (not_freed != NULL) client_free(not_freed);
}

covey_mailbox client_mailbox(void)
{
    uint8_t seed[COVEY_SIGN_SEED_SIZE];
    covey_mailbox mailbox;

    randombytes_buf(seed, sizeof seed);
    covey_mailbox_of_seed(&mailbox, seed);
    return mailbox;
}

void client_add(exchange *x, size_t len)
{
    size_t at = x->request.num_appends++;

    randombytes_buf(x->blobs[at], len);
    x->request.appends[at] =
        (covey_sync_append){.blob = covey_bytes_of(x->blobs[at], len)};
}

void client_add_same(exchange *x, const exchange *from, size_t at)
{
    size_t to = x->request.num_appends++;
    covey_bytes blob = from->request.appends[at].blob;

    memcpy(x->blobs[to], blob.at, blob.len);
    x->request.appends[to] =
        (covey_sync_append){.blob = covey_bytes_of(x->blobs[to], blob.len)};
}

void client_sign(exchange *x, const covey_mailbox *mailbox)
{
    covey_writer w = covey_writer_of(x->encoded, sizeof x->encoded);

    if (covey_sync_request_sign(&x->request, mailbox,
                                covey_bytes_of_text(x->to->name)) != COVEY_OK ||
        covey_sync_request_encode(&w, &x->request) != COVEY_OK) {
        fputs("a request of this program is not valid\n", stderr);
        exit(2);
    }
    x->encoded_len = w.len;
}

/* ---- HTTP ---- */

static size_t take(char *data, size_t size, size_t num, void *ctx)
{
    exchange *x = ctx;

    if (x->body_len + size * num > sizeof x->body) return 0;
    memcpy(x->body + x->body_len, data, size * num);
    x->body_len += size * num;
    return size * num;
}

static size_t take_header(char *data, size_t size, size_t num, void *ctx)
{
    exchange *x = ctx;
    size_t len = strlen(x->headers);
    size_t more = size * num;

    if (more >= 5 && strncasecmp(data, "date:", 5) == 0) return more;
    if (len + more < sizeof x->headers) {
        memcpy(x->headers + len, data, more);
        x->headers[len + more] = 0;
    }
    return more;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void set_body(CURL *curl, const char *verb, const void *bytes,
                     size_t len)
{
    if (strcmp(verb, "HEAD") == 0) {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        return;
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, verb);
    if (bytes != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, bytes);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)len);
    }
}

void client_http(exchange *x, const char *verb, const char *path,
                 const void *bytes, size_t len)
{
    char url[600];
    char *type = NULL;
    CURL *curl = curl_easy_init();
    struct curl_slist *headers =
        curl_slist_append(NULL, "Content-Type: application/octet-stream");
    uint64_t begun = now_ms();

    headers = curl_slist_append(headers, "Expect:");
    x->http = 0;
    x->body_len = 0;
    x->type[0] = 0;
    x->headers[0] = 0;
    snprintf(url, sizeof url, "%s%s", x->to->url, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    set_body(curl, verb, bytes, len);
    CURLcode result = curl_easy_perform(curl);
    if (result == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &x->http);
        curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
        if (type != NULL) snprintf(x->type, sizeof x->type, "%s", type);
    } else {
        snprintf(x->trouble, sizeof x->trouble, "no answer: %s",
                 curl_easy_strerror(result));
    }
    x->took_ms = (uint32_t)(now_ms() - begun);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
}

/* ---- responses ---- */

/* Why the answer is not a good one; it is left in `trouble`. */
static bool read_response(exchange *x)
{
    covey_scratch scratch = covey_scratch_of(x->memory, sizeof x->memory);
    covey_bytes body = covey_bytes_of(x->body, x->body_len);

    if (x->http == 0) return false;
    if (x->http != 200) {
        snprintf(x->trouble, sizeof x->trouble, "HTTP status %ld", x->http);
    } else if (strcmp(x->type, "application/octet-stream") != 0) {
        snprintf(x->trouble, sizeof x->trouble, "the content type is \"%s\"",
                 x->type);
    } else if (covey_sync_response_decode(&x->response, &scratch, body) !=
               COVEY_OK) {
        snprintf(x->trouble, sizeof x->trouble, "the response does not decode");
    } else if (covey_sync_response_match(&x->response, &x->request) !=
               COVEY_OK) {
        snprintf(x->trouble, sizeof x->trouble,
                 "the response cannot be one to this request");
    } else if (x->body_len > x->request.max_bytes) {
        snprintf(x->trouble, sizeof x->trouble,
                 "the response has %zu bytes, max_bytes is %u", x->body_len,
                 x->request.max_bytes);
    } else {
        return true;
    }
    return false;
}

bool client_send(exchange *x)
{
    for (unsigned i = 0; i < RETRIES; i++) {
        x->trouble[0] = 0;
        client_http(x, "POST", "/v1/sync", x->encoded, x->encoded_len);
        if (!read_response(x)) return false;
        if (x->response.status != COVEY_SYNC_RETRY_LATER) return true;
        usleep(500000);
    }
    snprintf(x->trouble, sizeof x->trouble,
             "it says \"retry later\" again and again: raise its limits");
    return false;
}

bool client_sync(exchange *x, const covey_mailbox *mailbox)
{
    client_sign(x, mailbox);
    return client_send(x);
}
