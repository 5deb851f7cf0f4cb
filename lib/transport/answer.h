/*
 * What a relay answers, as far as it was asked for: the body up to a length, and
 * of the headers only how long they are.
 */
#ifndef COVEY_TRANSPORT_ANSWER_H
#define COVEY_TRANSPORT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

/* Of a relay's few headers, those of a proxy before it, and redirects'. */
#define COVEY_ANSWER_HEADERS_MAX 16384

typedef struct {
    uint8_t *at; /* kept for the next answer */
    size_t cap;
    size_t len;
    size_t max;
    size_t headers_len;
    bool is_too_long;
} covey_answer;

/* False: no memory. */
bool covey_answer_begin(covey_answer *answer, size_t max);

/* Gives what comes over `easy` to the answer. */
bool covey_answer_attach(covey_answer *answer, CURL *easy);

void covey_answer_free(covey_answer *answer);

#endif
