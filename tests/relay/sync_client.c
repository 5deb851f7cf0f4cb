#include "sync_client.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay_process.h"

void sync_client_set_up(void)
{
    cr_assert(sodium_init() >= 0);
    cr_assert_eq(curl_global_init(CURL_GLOBAL_DEFAULT), 0);
}

void sync_client_tear_down(void)
{
    curl_global_cleanup();
}

static size_t take(char *data, size_t size, size_t num, void *ctx)
{
    body *to = ctx;

    if (to->len + size * num > sizeof to->bytes) return 0;
    memcpy(to->bytes + to->len, data, size * num);
    to->len += size * num;
    return size * num;
}

long http(const char *verb, uint16_t at, const char *path, const void *send,
          size_t len, body *answer)
{
    char url[128];
    long status = 0;
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");

    answer->len = 0;
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", at, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, verb);
    if (send != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, send);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)len);
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (curl_easy_perform(curl) == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return status;
}

static covey_mailbox mailbox_of(unsigned number)
{
    uint8_t seed[COVEY_SIGN_SEED_SIZE] = {0};
    covey_mailbox mailbox;

    memcpy(seed, &number, sizeof number);
    covey_mailbox_of_seed(&mailbox, seed);
    return mailbox;
}

exchange *new_sync(void)
{
    exchange *s = calloc(1, sizeof *s);

    s->request.max_bytes = 200000;
    s->request.max_blob = COVEY_BLOB_MAX;
    return s;
}

void add_blob(exchange *s, unsigned number)
{
    size_t at = s->request.num_appends++;

    randombytes_buf_deterministic(s->blobs[at], SYNC_BLOB,
                                  (const uint8_t[randombytes_SEEDBYTES]){
                                      (uint8_t)number, (uint8_t)(number >> 8)});
    s->request.appends[at] =
        (covey_sync_append){.blob = covey_bytes_of(s->blobs[at], SYNC_BLOB)};
}

void sign(exchange *s, unsigned mailbox, const char *name)
{
    covey_mailbox key = mailbox_of(mailbox);
    covey_writer w = covey_writer_of(s->encoded, sizeof s->encoded);

    cr_assert_eq(covey_sync_request_sign(&s->request, &key,
                                         covey_bytes_of_text(name)),
                 COVEY_OK);
    cr_assert_eq(covey_sync_request_encode(&w, &s->request), COVEY_OK);
    s->encoded_len = w.len;
}

bool send_signed(exchange *s)
{
    covey_scratch scratch = covey_scratch_of(s->memory, sizeof s->memory);
    long status = http("POST", relay_port, "/v1/sync", s->encoded,
                       s->encoded_len, &s->answer);

    if (status != 200) return false;
    cr_assert_eq(covey_sync_response_decode(&s->response, &scratch,
                                            covey_bytes_of(s->answer.bytes,
                                                           s->answer.len)),
                 COVEY_OK);
    cr_assert_eq(covey_sync_response_match(&s->response, &s->request),
                 COVEY_OK);
    return true;
}

covey_sync_status do_sync(exchange *s, unsigned mailbox)
{
    sign(s, mailbox, RELAY_NAME);
    cr_assert(send_signed(s), "no answer");
    return s->response.status;
}

covey_sync_response append(unsigned mailbox, unsigned number, uint64_t after,
                           uint64_t expect_next)
{
    exchange *s = new_sync();

    add_blob(s, number);
    s->request.after = after;
    s->request.has_expect_next = expect_next != 0;
    s->request.expect_next = expect_next;
    (void)do_sync(s, mailbox);
    covey_sync_response response = s->response;
    response.entries = NULL;
    free(s);
    return response;
}

uint64_t count_after(unsigned mailbox, uint64_t after)
{
    exchange *s = new_sync();

    s->request.after = after;
    cr_assert_eq(do_sync(s, mailbox), COVEY_SYNC_OK);
    uint64_t num = s->response.num_entries;
    free(s);
    return num;
}
