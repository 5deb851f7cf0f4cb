#include "request.h"

#include <covey/error.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/sync.h"
#include "served.h"

covey_mailbox request_mailbox(unsigned number)
{
    uint8_t seed[COVEY_SIGN_SEED_SIZE] = {0};
    covey_mailbox mailbox;

    memcpy(seed, &number, sizeof number);
    covey_mailbox_of_seed(&mailbox, seed);
    return mailbox;
}

static request make(covey_sync_request *sync, const covey_mailbox *mailbox)
{
    static uint8_t body[COVEY_SYNC_REQUEST_MAX];
    covey_writer w = covey_writer_of(body, sizeof body);
    request r = {.bytes = NULL};
    char head[200];

    if (covey_sync_request_sign(sync, mailbox,
                                covey_bytes_of_text(SERVED_NAME)) != COVEY_OK ||
        covey_sync_request_encode(&w, sync) != COVEY_OK) {
        served_give_up("a request does not encode");
    }
    int head_len = snprintf(head, sizeof head,
                            "POST /v1/sync HTTP/1.1\r\nHost: " SERVED_NAME
                            "\r\nContent-Type: application/octet-stream\r\n"
                            "Content-Length: %zu\r\n\r\n",
                            w.len);
    r.len = (size_t)head_len + w.len;
    r.bytes = malloc(r.len);
    if (r.bytes == NULL) served_give_up("memory");
    memcpy(r.bytes, head, (size_t)head_len);
    memcpy(r.bytes + head_len, body, w.len);
    return r;
}

request request_append(const covey_mailbox *mailbox, uint64_t nth)
{
    uint8_t blob[REQUEST_BLOB] = {0};
    covey_sync_request sync = {
        .num_appends = 1,
        .appends = {{.blob = covey_bytes_of(blob, sizeof blob)}},
        .after = nth > 2 ? nth - 2 : 0,
        .max_bytes = 16384,
        .max_blob = 8192,
    };

    randombytes_buf(blob, sizeof blob);
    return make(&sync, mailbox);
}

request request_poll(const covey_mailbox *mailbox, uint32_t wait_ms)
{
    covey_sync_request sync = {.max_bytes = 16384,
                               .max_blob = 8192,
                               .wait_ms = wait_ms};

    return make(&sync, mailbox);
}

void request_free(request *r)
{
    free(r->bytes);
    r->bytes = NULL;
}
