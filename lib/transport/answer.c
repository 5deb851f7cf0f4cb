#include "transport/answer.h"

#include <stdlib.h>
#include <string.h>

bool covey_answer_begin(covey_answer *answer, size_t max)
{
    if (answer->cap < max || answer->at == NULL) {
        /* What was in it is not needed. */
        free(answer->at);
        answer->cap = 0;
        answer->at = malloc(max != 0 ? max : 1);
        if (answer->at == NULL) return false;
        answer->cap = max;
    }
    answer->max = max;
    answer->len = 0;
    answer->headers_len = 0;
    answer->is_too_long = false;
    return true;
}

/* Taking less than there is makes libcurl end the transfer. */
static size_t take_body(char *data, size_t size, size_t num, void *ctx)
{
    covey_answer *answer = ctx;
    size_t len = size * num;

    if (len > answer->max - answer->len) {
        answer->is_too_long = true;
        return 0;
    }
    memcpy(answer->at + answer->len, data, len);
    answer->len += len;
    return len;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl says its type */
static size_t count_header(char *data, size_t size, size_t num, void *ctx)
{
    covey_answer *answer = ctx;
    size_t len = size * num;

    (void)data;
    if (len > COVEY_ANSWER_HEADERS_MAX - answer->headers_len) {
        answer->is_too_long = true;
        return 0;
    }
    answer->headers_len += len;
    return len;
}

bool covey_answer_attach(covey_answer *answer, CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, count_header) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, answer) == CURLE_OK;
}

void covey_answer_free(covey_answer *answer)
{
    free(answer->at);
    *answer = (covey_answer){0};
}
