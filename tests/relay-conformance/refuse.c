/* What a relay does not do, and how it says so. */
#include <covey/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "raw.h"

/* ---- signatures ---- */

/* What a change after signing may touch. */
typedef enum {
    BLOB_BIT,
    KEEP,
    WAKE,
    NO_EXPECT_NEXT,
    EXPECT_NEXT,
    AFTER,
    MAX_BYTES,
    MAX_BLOB,
    WAIT_MS,
    NO_SUBSCRIPTION,
    ENDPOINT,
    EXPIRY,
    TOKEN,
    SIGNATURE,
    NUM_CHANGES
} change;

static const char *const change_names[NUM_CHANGES] = {"a bit of the blob",
                                                      "keep",
                                                      "wake",
                                                      "expect_next (taken out)",
                                                      "expect_next",
                                                      "after",
                                                      "max_bytes",
                                                      "max_blob",
                                                      "wait_ms",
                                                      "the wake",
                                                      "sealed_endpoint",
                                                      "expiry_s",
                                                      "the token",
                                                      "the signature"};

static void make_change(exchange *x, change what)
{
    covey_sync_request *r = &x->request;

    switch (what) {
    case BLOB_BIT: x->blobs[0][100] ^= 1; break;
    case KEEP: r->appends[0].keep = true; break;
    case WAKE: r->appends[0].wake = true; break;
    case NO_EXPECT_NEXT: r->has_expect_next = false; break;
    case EXPECT_NEXT: r->expect_next = 1; break;
    case AFTER: r->after = 0; break;
    case MAX_BYTES: r->max_bytes++; break;
    case MAX_BLOB: r->max_blob /= 2; break;
    case WAIT_MS: r->wait_ms++; break;
    case NO_SUBSCRIPTION:
        r->has_wake = false;
        r->sealed_endpoint = covey_bytes_of(NULL, 0);
        r->expiry_s = 0;
        break;
    case ENDPOINT: r->sealed_endpoint.len--; break;
    case EXPIRY: r->expiry_s++; break;
    case TOKEN: r->token = covey_bytes_of_text("other"); break;
    case SIGNATURE: r->signature[40] ^= 1; break;
    case NUM_CHANGES: break;
    }
}

/* A request with everything in it, signed and then changed. */
static exchange *changed(const finding *f, const covey_mailbox *mailbox,
                         change what)
{
    static const uint8_t endpoint[40];
    exchange *x = client_new(f->to);

    client_add(x, BLOB);
    x->request.has_expect_next = true;
    x->request.expect_next = 2;
    x->request.after = 1;
    x->request.has_wake = true;
    x->request.sealed_endpoint = covey_bytes_of(endpoint, sizeof endpoint);
    x->request.expiry_s = 60;
    client_sign(x, mailbox);
    make_change(x, what);
    covey_writer w = covey_writer_of(x->encoded, sizeof x->encoded);
    if (covey_sync_request_encode(&w, &x->request) != COVEY_OK) abort();
    x->encoded_len = w.len;
    return x;
}

/* Sends a request that is not signed for its mailbox. */
static bool is_not_found(finding *f, exchange *x, const char *what)
{
    if (!client_send(x)) {
        finding_fail(f, "with %s changed: %s", what, x->trouble);
        return false;
    }
    if (x->response.status != COVEY_SYNC_NOT_FOUND) {
        finding_fail(f, "with %s changed after signing the status is %u", what,
                     x->response.status);
        return false;
    }
    return true;
}

static void signature_covers_all(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    size_t num = 0;

    if (!append_fresh(f, &mailbox, 1)) return;
    for (change what = 0; what < NUM_CHANGES; what++) {
        exchange *x = changed(f, &mailbox, what);

        if (!is_not_found(f, x, change_names[what])) return;
        client_free(x);
    }
    if (!count_entries(f, &mailbox, 0, &num)) return;
    CHECK(f, num == 1, "without a signature %zu blobs were appended", num - 1);
}

/* T01: whoever cannot sign does not learn whether there is a mailbox. */
static void none_and_not_yours_are_alike(finding *f)
{
    covey_mailbox there = client_mailbox();

    if (!append_fresh(f, &there, 3)) return;
    for (unsigned i = 0; i < 8; i++) {
        covey_mailbox nowhere = client_mailbox();
        exchange *one = changed(f, &there, SIGNATURE);
        exchange *two = changed(f, &nowhere, SIGNATURE);

        if (!is_not_found(f, one, "the signature") ||
            !is_not_found(f, two, "the signature")) {
            return;
        }
        CHECK(f,
              one->http == two->http && one->body_len == two->body_len &&
                  memcmp(one->body, two->body, one->body_len) == 0 &&
                  strcmp(one->headers, two->headers) == 0,
              "the answers for \"not yours\" and \"none\" differ");
        client_free(one);
        client_free(two);
    }
}

static void another_relays_name(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    target other = *f->to;
    exchange *x = client_new(&other);

    other.name = "another-relay.example";
    client_add(x, BLOB);
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_NOT_FOUND)) return;
    client_free(x);
}

/* ---- malformed requests ---- */

/* Refused as what is not a request is. */
static bool is_bad(finding *f, exchange *x, const char *what)
{
    covey_scratch scratch = covey_scratch_of(x->memory, sizeof x->memory);

    client_http(x, "POST", "/v1/sync", x->encoded, x->encoded_len);
    if (x->http < 400 || x->http > 499) {
        finding_fail(f, "%s: HTTP status %ld, not 400", what, x->http);
        return false;
    }
    if (strcmp(x->type, "application/octet-stream") == 0 &&
        (covey_sync_response_decode(&x->response, &scratch,
                                    covey_bytes_of(x->body, x->body_len)) !=
             COVEY_OK ||
         x->response.status != COVEY_SYNC_BAD_REQUEST)) {
        finding_fail(f, "%s: the response is not \"bad request\"", what);
        return false;
    }
    return true;
}

/* Each differs from the good one in one thing. */
static bool is_shape_bad(finding *f, raw_shape shape, const char *what)
{
    exchange *x = client_new(f->to);

    x->encoded_len = raw_encode(x->encoded, sizeof x->encoded, &shape);
    bool ok = is_bad(f, x, what);
    client_free(x);
    return ok;
}

#define BAD(what, ...)                                                         \
    do {                                                                       \
        raw_shape shape = raw_good;                                            \
        __VA_ARGS__;                                                           \
        if (!is_shape_bad(f, shape, what)) return;                             \
    } while (0)

static void fields_out_of_range(finding *f)
{
    static const size_t lens[] = {0, 255, 257, 300, 16383, 16385, 32768};
    exchange *good = client_new(f->to);

    good->encoded_len =
        raw_encode(good->encoded, sizeof good->encoded, &raw_good);
    if (!is_not_found(f, good, "nothing but the signature")) return;
    client_free(good);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        BAD("a blob of no size", shape.blob_len = lens[i]);
        BAD("a max_blob of no size", shape.max_blob = lens[i];
            shape.max_bytes = 262144);
    }
    BAD("a mailbox of 31 bytes", shape.mailbox_len = 31);
    BAD("a mailbox of 33 bytes", shape.mailbox_len = 33);
    BAD("9 appends", shape.num_appends = 9);
    BAD("an append without flags", shape.no_flags = true);
    BAD("no `after`", shape.no_after = true);
    BAD("max_bytes too small", shape.max_bytes = 4096 + 127);
    BAD("max_bytes over 32 bits", shape.max_bytes = UINT64_C(1) << 32);
    BAD("wait_ms over 300,000", shape.wait_ms = 300001);
    BAD("an empty endpoint", shape.has_wake = true);
    BAD("an endpoint of 513 bytes", shape.has_wake = true;
        shape.endpoint_len = 513);
    BAD("expiry_s over 14 days", shape.has_wake = true; shape.endpoint_len = 9;
        shape.expiry_s = 1209601);
    BAD("an empty token", shape.has_token = true);
    BAD("a token of 513 bytes", shape.has_token = true; shape.token_len = 513);
    BAD("a signature of 63 bytes", shape.signature_len = 63);
    BAD("a signature of 65 bytes", shape.signature_len = 65);
}

/* Puts bytes into the encoding. */
static void splice(exchange *x, size_t at, const void *bytes, size_t len)
{
    memmove(x->encoded + at + len, x->encoded + at, x->encoded_len - at);
    memcpy(x->encoded + at, bytes, len);
    x->encoded_len += len;
}

/* Offsets of a request without appends: mailbox 34 bytes, after 2,
 * max_bytes 4 (20000 takes 3), max_blob 3, wait_ms 2, signature 66. */
static void other_encodings(finding *f)
{
    static const struct {
        const char *what;
        size_t cut_at;
        size_t cut;
        size_t put_at;
        const char *bytes;
        size_t len;
    } tries[] = {
        {"an unknown field", 0, 0, 111, "\x60\x01", 2},
        {"a trailing byte", 0, 0, 111, "\x00", 1},
        {"a field twice", 0, 0, 34, "\x20\x00", 2},
        {"a longer varint", 34, 2, 34, "\x20\x80\x00", 3},
        {"a longer tag", 34, 2, 34, "\xa0\x00\x00", 3},
        {"fields in another order", 34, 2, 43, "\x20\x00", 2},
        {"another wire type", 34, 2, 34, "\x21\0\0\0\0\0\0\0\0", 9},
        {"an end group", 0, 0, 111, "\x0c", 1},
    };
    raw_shape shape = raw_good;

    shape.num_appends = 0;
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        exchange *x = client_new(f->to);

        x->encoded_len = raw_encode(x->encoded, sizeof x->encoded, &shape);
        CHECK(f, x->encoded_len == 111, "the offsets are wrong");
        memmove(x->encoded + tries[i].cut_at,
                x->encoded + tries[i].cut_at + tries[i].cut,
                x->encoded_len - tries[i].cut_at - tries[i].cut);
        x->encoded_len -= tries[i].cut;
        splice(x, tries[i].put_at, tries[i].bytes, tries[i].len);
        if (!is_bad(f, x, tries[i].what)) return;
        client_free(x);
    }
}

static void truncated_requests(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *x = client_new(f->to);
    char what[64];
    size_t num = 0;

    client_add(x, BLOB);
    client_sign(x, &mailbox);
    size_t whole = x->encoded_len;
    for (size_t len = 0; len < whole; len += len < 60 ? 1 : 7) {
        x->encoded_len = len;
        snprintf(what, sizeof what, "the first %zu bytes of a request", len);
        if (!is_bad(f, x, what)) return;
    }
    client_free(x);
    if (!count_entries(f, &mailbox, 0, &num)) return;
    CHECK(f, num == 0, "a truncated request appended something");
}

/* The relay may close the connection rather than read it all. */
static void too_long(finding *f)
{
    static uint8_t bytes[2000000];
    covey_mailbox mailbox = client_mailbox();
    exchange *x = client_new(f->to);

    client_http(x, "POST", "/v1/sync", bytes, sizeof bytes);
    CHECK(f, x->http == 0 || (x->http >= 400 && x->http <= 499),
          "two megabytes have HTTP status %ld", x->http);
    CHECK(f, append_fresh(f, &mailbox, 1), "and then nothing goes");
    client_free(x);
}

/* All of it is appended, or nothing. */
static void the_largest_request(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *x = client_new(f->to);
    size_t num = 0;

    for (size_t i = 0; i < COVEY_SYNC_APPENDS_MAX; i++) {
        client_add(x, COVEY_BLOB_MAX);
    }
    CHECK(f, client_sync(x, &mailbox), "%s", x->trouble);
    CHECK(f,
          x->response.status == COVEY_SYNC_OK ||
              x->response.status == COVEY_SYNC_TOO_LARGE,
          "eight of the largest blobs have status %u", x->response.status);
    if (!count_entries(f, &mailbox, 0, &num)) return;
    CHECK(f, (num != 0) == (x->response.status == COVEY_SYNC_OK),
          "the status is %u, and there are %zu entries", x->response.status,
          num);
    client_free(x);
}

/* ---- the rest ---- */

static void other_verbs_and_paths(finding *f)
{
    static const struct {
        const char *verb;
        const char *path;
    } tries[] = {
        {"GET", "/v1/sync"},  {"PUT", "/v1/sync"},  {"DELETE", "/v1/sync"},
        {"HEAD", "/v1/sync"}, {"POST", "/v2/sync"}, {"POST", "/v1/sync/"},
        {"POST", "/v1/synx"}, {"POST", "/V1/SYNC"},
    };

    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        exchange *x = client_new(f->to);
        bool has_body = strcmp(tries[i].verb, "GET") != 0;

        client_http(x, tries[i].verb, tries[i].path, has_body ? "x" : NULL, 1);
        CHECK(f, x->http >= 400 && x->http <= 499,
              "%s %s has HTTP status %ld, not 4xx", tries[i].verb,
              tries[i].path, x->http);
        client_free(x);
    }
}

static void token_is_clear(finding *f)
{
    static const uint8_t token[512];
    covey_mailbox mailbox = client_mailbox();

    for (size_t len = 1; len <= sizeof token; len *= 8) {
        exchange *x = client_new(f->to);

        client_add(x, BLOB);
        x->request.token = covey_bytes_of(token, len);
        CHECK(f, client_sync(x, &mailbox), "%s", x->trouble);
        CHECK(f,
              x->response.status == COVEY_SYNC_OK ||
                  x->response.status == COVEY_SYNC_NOT_FOUND,
              "an unknown token has status %u", x->response.status);
        client_free(x);
    }
}

static void subscription_is_accepted(finding *f)
{
    static const uint8_t endpoint[512];
    covey_mailbox mailbox = client_mailbox();
    const uint32_t expiries[] = {1209600, 60, 0};

    for (size_t i = 0; i < 3; i++) {
        exchange *x = client_new(f->to);

        x->request.has_wake = true;
        x->request.sealed_endpoint = covey_bytes_of(endpoint, 512 - 250 * i);
        x->request.expiry_s = expiries[i];
        if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
        client_free(x);
    }
}

const conformance_case refuse_cases[] = {
    {"signature_covers_all", "a change of any field is \"not found\"",
     signature_covers_all},
    {"none_and_not_yours_are_alike", "T01: both have the same bytes",
     none_and_not_yours_are_alike},
    {"another_relays_name", "a request for another relay is \"not found\"",
     another_relays_name},
    {"fields_out_of_range", "each field has its range: else HTTP 4xx",
     fields_out_of_range},
    {"other_encodings", "an encoding has one form: else HTTP 4xx",
     other_encodings},
    {"truncated_requests", "what does not decode is HTTP 4xx",
     truncated_requests},
    {"the_largest_request", "it is taken, or \"too large\"",
     the_largest_request},
    {"too_long", "more than the longest request is refused", too_long},
    {"other_verbs_and_paths", "only POST /v1/sync: else HTTP 4xx",
     other_verbs_and_paths},
    {"token_is_clear", "an unknown token is ignored, or \"not found\"",
     token_is_clear},
    {"subscription_is_accepted", "`wake` changes no answer",
     subscription_is_accepted},
    {0},
};
