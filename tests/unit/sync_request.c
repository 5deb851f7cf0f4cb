#include <covey/error.h>
#include <criterion/criterion.h>

#include "relay/sync_text.h"
#include "support/bytes.h"
#include "support/guard.h"

#define NAME "relay.example.org"

static covey_mailbox mailbox;
static uint8_t blobs[COVEY_SYNC_APPENDS_MAX][COVEY_BLOB_MAX];

static covey_bytes name(void)
{
    return covey_bytes_of_text(NAME);
}

static void start(void)
{
    uint8_t seed[COVEY_SIGN_SEED_SIZE];

    memset(seed, 0x11, sizeof seed);
    covey_mailbox_of_seed(&mailbox, seed);
    for (size_t i = 0; i < COVEY_SYNC_APPENDS_MAX; i++) {
        memset(blobs[i], (int)(i + 1), sizeof blobs[i]);
    }
}

TestSuite(sync_request, .init = start);

static covey_sync_request poll(void)
{
    return (covey_sync_request){
        .after = 17,
        .max_bytes = 16384,
        .max_blob = 8192,
        .wait_ms = 30000,
    };
}

/* Everything that a request can have. */
static covey_sync_request whole(void)
{
    covey_sync_request request = poll();

    request.num_appends = 2;
    request.appends[0] =
        (covey_sync_append){covey_bytes_of(blobs[0], 256), true, false};
    request.appends[1] =
        (covey_sync_append){covey_bytes_of(blobs[1], 512), false, true};
    request.has_expect_next = true;
    request.expect_next = 18;
    request.has_wake = true;
    request.expiry_s = 86400;
    request.sealed_endpoint = covey_bytes_of_text("sealed to a gateway");
    request.token = covey_bytes_of_text("a token");
    request.origin = 0xfedcba9876543210;
    return request;
}

static void sign(covey_sync_request *request)
{
    cr_assert_eq(covey_sync_request_sign(request, &mailbox, name()), COVEY_OK);
}

static covey_bytes encode(const covey_sync_request *request)
{
    size_t cap = COVEY_SYNC_REQUEST_MAX;
    uint8_t *room = test_alloc(cap);
    covey_writer w = covey_writer_of(room, cap);

    cr_assert_eq(covey_sync_request_encode(&w, request), COVEY_OK);
    return covey_bytes_of(room, w.len);
}

static uint8_t memory[2 * COVEY_SYNC_REQUEST_MAX];

static int decode(covey_sync_request *request, covey_bytes bytes)
{
    covey_scratch scratch = covey_scratch_of(memory, sizeof memory);

    return covey_sync_request_decode(request, &scratch, bytes);
}

static bool same(const covey_sync_request *a, const covey_sync_request *b)
{
    covey_sync_text one, two;

    cr_assert_eq(covey_sync_text_of(&one, a, name()), COVEY_OK);
    cr_assert_eq(covey_sync_text_of(&two, b, name()), COVEY_OK);
    return covey_bytes_same(covey_bytes_of(one.bytes, one.len),
                            covey_bytes_of(two.bytes, two.len)) &&
           memcmp(a->signature, b->signature, sizeof a->signature) == 0;
}

/* ---- coding ---- */

Test(sync_request, what_is_encoded_decodes_again)
{
    covey_sync_request requests[2] = {poll(), whole()};

    for (size_t i = 0; i < 2; i++) {
        covey_sync_request found;

        sign(&requests[i]);
        covey_bytes bytes = encode(&requests[i]);
        cr_assert_eq(decode(&found, guard_copy(bytes)), COVEY_OK);
        cr_assert(same(&found, &requests[i]));
        cr_assert_eq(covey_sync_request_verify(&found, name()), COVEY_OK);
        check_bytes(encode(&found), bytes);
    }
}

Test(sync_request, views_do_not_need_the_encoded_bytes)
{
    covey_sync_request request = whole();
    covey_sync_request found;

    sign(&request);
    covey_bytes bytes = encode(&request);
    uint8_t *copy = test_copy(bytes);
    cr_assert_eq(decode(&found, covey_bytes_of(copy, bytes.len)), COVEY_OK);
    memset(copy, 0, bytes.len);
    cr_assert(same(&found, &request));
}

Test(sync_request, the_largest_fits_into_what_is_said_of_it)
{
    covey_sync_request request = poll();
    covey_sync_request found;

    request.num_appends = COVEY_SYNC_APPENDS_MAX;
    for (size_t i = 0; i < COVEY_SYNC_APPENDS_MAX; i++) {
        request.appends[i] =
            (covey_sync_append){covey_bytes_of(blobs[i], COVEY_BLOB_MAX), true,
                                true};
    }
    request.has_expect_next = true;
    request.expect_next = UINT64_MAX;
    request.after = UINT64_MAX;
    request.max_bytes = UINT32_MAX;
    request.max_blob = COVEY_BLOB_MAX;
    request.wait_ms = COVEY_SYNC_WAIT_MAX_MS;
    request.has_wake = true;
    request.expiry_s = COVEY_SYNC_EXPIRY_MAX_S;
    request.sealed_endpoint = covey_bytes_of(blobs[0], COVEY_SYNC_ENDPOINT_MAX);
    request.token = covey_bytes_of(blobs[0], COVEY_SYNC_TOKEN_MAX);
    sign(&request);
    covey_bytes bytes = encode(&request);
    cr_assert_leq(bytes.len, COVEY_SYNC_REQUEST_MAX);
    cr_assert_eq(decode(&found, bytes), COVEY_OK);
    cr_assert(same(&found, &request));

    /* The longest text that is signed. */
    covey_sync_text text;
    uint8_t *longest = test_alloc(COVEY_SYNC_RELAY_MAX);
    cr_assert_eq(covey_sync_text_of(&text, &request,
                                    covey_bytes_of(longest,
                                                   COVEY_SYNC_RELAY_MAX)),
                 COVEY_OK);
    cr_assert_leq(text.len, COVEY_SYNC_TEXT_MAX);
    cr_assert_geq(text.len + 8, COVEY_SYNC_TEXT_MAX, "room that is not needed");
}

Test(sync_request, every_cut_is_malformed)
{
    covey_sync_request request = whole();
    covey_sync_request found = {.after = 5};

    sign(&request);
    covey_bytes bytes = encode(&request);
    for (size_t len = 0; len < bytes.len; len++) {
        cr_assert_eq(decode(&found, guard_copy(covey_bytes_of(bytes.at, len))),
                     COVEY_ERR_MALFORMED);
        guard_free_all();
    }
    cr_assert_eq(found.after, 5, "a failure wrote to its output");
}

/* Another form of the same request would be another cache key, and a way to
 * mark requests. */
Test(sync_request, T59_every_changed_bit_is_malformed_or_not_authentic)
{
    covey_sync_request request = whole();
    covey_sync_request found;

    sign(&request);
    covey_bytes bytes = encode(&request);
    uint8_t *copy = test_copy(bytes);
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        test_flip(copy, bit);
        int err = decode(&found, covey_bytes_of(copy, bytes.len));
        if (!err) err = covey_sync_request_verify(&found, name());
        cr_assert(err == COVEY_ERR_MALFORMED || err == COVEY_ERR_AUTH,
                  "bit %zu: %s", bit, covey_error_name(err));
        test_flip(copy, bit);
    }
}

Test(sync_request, only_one_form_is_taken)
{
    covey_sync_request request = poll();
    covey_sync_request found;

    sign(&request);
    covey_bytes bytes = encode(&request);
    uint8_t *other = test_alloc(bytes.len + 16);

    /* mailbox (1) is followed by after (4): 20 11. */
    cr_assert_eq(bytes.at[34], 0x20);
    cr_assert_eq(bytes.at[35], 17);
    /* A longer varint. */
    memcpy(other, bytes.at, 35);
    other[35] = 17 | 0x80;
    other[36] = 0;
    memcpy(other + 37, bytes.at + 36, bytes.len - 36);
    cr_assert_eq(decode(&found, covey_bytes_of(other, bytes.len + 1)),
                 COVEY_ERR_MALFORMED);
    /* The field twice. */
    memcpy(other + 36, bytes.at + 34, bytes.len - 34);
    other[35] = 17;
    cr_assert_eq(decode(&found, covey_bytes_of(other, bytes.len + 2)),
                 COVEY_ERR_MALFORMED);
    /* Another order: mailbox behind the rest. */
    memcpy(other, bytes.at + 34, bytes.len - 34);
    memcpy(other + bytes.len - 34, bytes.at, 34);
    cr_assert_eq(decode(&found, covey_bytes_of(other, bytes.len)),
                 COVEY_ERR_MALFORMED);
    /* An unknown field at the end. */
    memcpy(other, bytes.at, bytes.len);
    other[bytes.len] = 15 << 3;
    other[bytes.len + 1] = 1;
    cr_assert_eq(decode(&found, covey_bytes_of(other, bytes.len + 2)),
                 COVEY_ERR_MALFORMED);
    /* An empty token. */
    memcpy(other, bytes.at, bytes.len - 66);
    other[bytes.len - 66] = 9 << 3 | 2;
    other[bytes.len - 65] = 0;
    memcpy(other + bytes.len - 64, bytes.at + bytes.len - 66, 66);
    cr_assert_eq(decode(&found, covey_bytes_of(other, bytes.len + 2)),
                 COVEY_ERR_MALFORMED);
    /* An origin that is none. */
    memcpy(other, bytes.at, bytes.len - 66);
    other[bytes.len - 66] = 10 << 3;
    other[bytes.len - 65] = 0;
    memcpy(other + bytes.len - 64, bytes.at + bytes.len - 66, 66);
    cr_assert_eq(decode(&found, covey_bytes_of(other, bytes.len + 2)),
                 COVEY_ERR_MALFORMED);
    cr_assert_eq(decode(&found, bytes), COVEY_OK);
}

Test(sync_request, unknown_fields_within_are_refused_too)
{
    covey_sync_request request = whole();
    covey_sync_request found;

    sign(&request);
    covey_bytes bytes = encode(&request);
    uint8_t *other = test_alloc(bytes.len + 8);
    /* The first append: 12 87 02 0a 80 02 <256> 10 01 18 00. */
    static const uint8_t head[] = {0x12, 0x87, 0x02, 0x0a, 0x80, 0x02};

    cr_assert_arr_eq(bytes.at + 34, head, sizeof head);
    size_t end = 34 + 3 + 263;
    memcpy(other, bytes.at, end);
    other[35] = 0x89;
    other[end] = 0x20;
    other[end + 1] = 0x01;
    memcpy(other + end + 2, bytes.at + end, bytes.len - end);
    cr_assert_eq(decode(&found, covey_bytes_of(other, bytes.len + 2)),
                 COVEY_ERR_MALFORMED);
}

Test(sync_request, what_asks_for_more_memory_than_there_is_gets_none)
{
    covey_sync_request request = whole();
    covey_sync_request found;
    bool fits = false;

    sign(&request);
    covey_bytes bytes = encode(&request);
    for (size_t cap = 0; cap < 4096; cap += 8) {
        covey_scratch scratch = covey_scratch_of(guard_end(cap), cap);
        int err = covey_sync_request_decode(&found, &scratch, bytes);

        cr_assert_eq(err, fits || !err ? COVEY_OK : COVEY_ERR_BUFFER);
        if (!err && !fits) cr_assert_lt(cap, bytes.len + 512);
        fits = !err;
        guard_free_all();
    }
    cr_assert(fits);
    /* Two bytes each, of which protobuf-c makes 32. */
    uint8_t *unknown = test_alloc(8192);
    for (size_t i = 0; i < 8192; i += 2) unknown[i] = 15 << 3;
    cr_assert_eq(decode(&found, covey_bytes_of(unknown, 8192)),
                 COVEY_ERR_MALFORMED);
    covey_scratch small = covey_scratch_of(memory, 8192);
    cr_assert_eq(covey_sync_request_decode(&found, &small,
                                           covey_bytes_of(unknown, 8192)),
                 COVEY_ERR_BUFFER);
}

Test(sync_request, too_many_appends_are_malformed)
{
    covey_sync_request request = whole();
    covey_sync_request found;

    sign(&request);
    covey_bytes bytes = encode(&request);
    size_t one = 3 + 263;
    uint8_t *many = test_alloc(bytes.len + 7 * one);
    memcpy(many, bytes.at, 34);
    for (size_t i = 0; i < 7; i++) {
        memcpy(many + 34 + i * one, bytes.at + 34, one);
    }
    memcpy(many + 34 + 7 * one, bytes.at + 34, bytes.len - 34);
    cr_assert_eq(decode(&found, covey_bytes_of(many, bytes.len + 7 * one)),
                 COVEY_ERR_MALFORMED);
}

/* ---- ranges ---- */

static int refusal_of(const covey_sync_request *request)
{
    covey_sync_request copy = *request;
    uint8_t room[4096];
    covey_writer w = covey_writer_of(room, sizeof room);

    int err = covey_sync_request_encode(&w, request);
    cr_assert_eq(w.len != 0, err == COVEY_OK);
    cr_assert_eq(covey_sync_request_sign(&copy, &mailbox, name()), err);
    return err;
}

#define range(WANT, CHANGE)                                                    \
    do {                                                                       \
        covey_sync_request r = whole();                                        \
        CHANGE;                                                                \
        cr_assert_eq(refusal_of(&r), (WANT), #CHANGE);                         \
    } while (0)
#define refused(CHANGE) range(COVEY_ERR_ARGUMENT, CHANGE)
#define taken(CHANGE) range(COVEY_OK, CHANGE)

Test(sync_request, every_field_has_its_range)
{
    taken((void)r);
    refused(r.num_appends = COVEY_SYNC_APPENDS_MAX + 1);
    refused(r.appends[0].blob.len = 255);
    refused(r.appends[0].blob.len = 257);
    refused(r.appends[1].blob.len = 0);
    refused(r.appends[1].blob.len = 32768);
    refused(r.max_blob = 0);
    refused(r.max_blob = 300);
    refused(r.max_blob = 32768);
    refused(r.max_bytes = 8192 + COVEY_SYNC_HEAD_MAX - 1);
    taken(r.max_bytes = 8192 + COVEY_SYNC_HEAD_MAX);
    refused(r.wait_ms = COVEY_SYNC_WAIT_MAX_MS + 1);
    refused(r.expiry_s = COVEY_SYNC_EXPIRY_MAX_S + 1);
    taken(r.expiry_s = 0);
    refused(r.sealed_endpoint.len = 0);
    refused(r.sealed_endpoint = covey_bytes_of(blobs[0], 513));
    refused(r.has_wake = false);
    refused(r.token = covey_bytes_of(blobs[0], 513));
    taken(r.token.len = 0);
}

/* ---- signatures ---- */

Test(sync_request, M3_the_signature_covers_every_field_and_the_relays_name)
{
    covey_sync_request request = whole();

    sign(&request);
    cr_assert_eq(covey_sync_request_verify(&request, name()), COVEY_OK);
    cr_assert_eq(covey_sync_request_verify(&request, covey_bytes_of_text(
                                                         "relay.example.com")),
                 COVEY_ERR_AUTH);
    cr_assert_eq(covey_sync_request_verify(&request, covey_bytes_of(NULL, 0)),
                 COVEY_ERR_AUTH);

#define not_authentic(CHANGE)                                                  \
    do {                                                                       \
        covey_sync_request r = request;                                        \
        CHANGE;                                                                \
        cr_assert_eq(covey_sync_request_verify(&r, name()), COVEY_ERR_AUTH,    \
                     #CHANGE);                                                 \
    } while (0)
    not_authentic(r.mailbox.bytes[0] ^= 1);
    not_authentic(r.num_appends = 1);
    not_authentic(r.appends[0].keep = false);
    not_authentic(r.appends[0].wake = true);
    not_authentic(r.appends[1].wake = false);
    not_authentic(r.appends[0].blob.at = blobs[2]);
    not_authentic(r.appends[0].blob.len = 512);
    not_authentic(r.appends[0] = request.appends[1];
                  r.appends[1] = request.appends[0]);
    not_authentic(r.has_expect_next = false);
    not_authentic(r.expect_next++);
    not_authentic(r.after++);
    not_authentic(r.max_bytes++);
    not_authentic(r.max_blob = 4096);
    not_authentic(r.wait_ms++);
    not_authentic(r.has_wake = false; r.sealed_endpoint.len = 0;
                  r.expiry_s = 0);
    not_authentic(r.expiry_s++);
    not_authentic(r.sealed_endpoint = covey_bytes_of_text("sealed to another"));
    not_authentic(r.token.len = 0);
    not_authentic(r.token = covey_bytes_of_text("b token"));
    not_authentic(r.origin = 0);
    not_authentic(r.origin++);
    not_authentic(r.signature[0] ^= 1);
}

Test(sync_request, the_same_poll_is_the_same_bytes)
{
    covey_sync_request one = poll();
    covey_sync_request two = poll();

    sign(&one);
    sign(&two);
    check_bytes(encode(&one), encode(&two));
}

Test(sync_request, a_relay_has_a_name_of_1_to_255_bytes)
{
    covey_sync_request request = poll();
    uint8_t *longer = test_alloc(256);

    cr_assert_eq(covey_sync_request_sign(&request, &mailbox,
                                         covey_bytes_of(longer, 256)),
                 COVEY_ERR_ARGUMENT);
    cr_assert_eq(covey_sync_request_sign(&request, &mailbox,
                                         covey_bytes_of(NULL, 0)),
                 COVEY_ERR_ARGUMENT);
    cr_assert(test_is_zero(&request.mailbox, sizeof request.mailbox));
    cr_assert_eq(covey_sync_request_sign(&request, &mailbox,
                                         covey_bytes_of(longer, 255)),
                 COVEY_OK);
}
