/*
 * A client that believes nothing: sends one sync request, and looks at the
 * answer as SPEC.md section 4.5 tells a client to.
 */
#ifndef CONFORMANCE_CLIENT_H
#define CONFORMANCE_CLIENT_H

#include "relay/sync.h"

#define BLOB COVEY_BLOB_MIN

/* The relay under test. */
typedef struct {
    const char *url;   /* without /v1/sync */
    const char *name;  /* that requests are signed for */
    uint32_t quota;    /* blobs that one mailbox holds; 0: not known */
    uint32_t patience; /* ms that an answer may come late */
} target;

/* One request with its answer. */
typedef struct exchange {
    struct exchange *next; /* of those that are not freed */
    struct exchange **back;
    const target *to;
    covey_sync_request request;
    uint8_t blobs[COVEY_SYNC_APPENDS_MAX][COVEY_BLOB_MAX];
    uint8_t encoded[COVEY_SYNC_REQUEST_MAX];
    size_t encoded_len;
    /* The answer. */
    long http; /* status of HTTP; 0: none came */
    char type[64];
    char headers[2000]; /* but for the date */
    uint8_t body[400000];
    size_t body_len;
    uint32_t took_ms;
    uint8_t memory[700000];
    covey_sync_response response;
    char trouble[200]; /* why there is no response; else empty */
} exchange;

exchange *client_new(const target *to);

/* NULL is allowed. What a case leaves, client_free_all() takes. */
void client_free(exchange *x);
void client_free_all(void);

/* A mailbox that nobody has used. */
covey_mailbox client_mailbox(void);

/* Adds a blob of random bytes, or one of another exchange. */
void client_add(exchange *x, size_t len);
void client_add_same(exchange *x, const exchange *from, size_t at);

/* Signs and encodes. */
void client_sign(exchange *x, const covey_mailbox *mailbox);

/* Sends what is encoded. True when the answer is a good response to the
 * request; a relay that says "retry later" is asked again a few times. */
bool client_send(exchange *x);

/* Both. */
bool client_sync(exchange *x, const covey_mailbox *mailbox);

/* Sends these bytes as they are; the answer is in http and body. */
void client_http(exchange *x, const char *verb, const char *path,
                 const void *bytes, size_t len);

#endif
