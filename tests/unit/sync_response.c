#include "relay/sync.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/guard.h"

static uint8_t blob[COVEY_BLOB_MAX];
static covey_sync_entry entries[COVEY_SYNC_ENTRIES_MAX + 1];
static uint8_t memory[1 << 17];
static uint8_t room[1 << 17];

static covey_scratch scratch(void)
{
    return covey_scratch_of(memory, sizeof memory);
}

static void start(void)
{
    memset(blob, 0xb1, sizeof blob);
}

TestSuite(sync_response, .init = start);

static covey_sync_entry entry_of(uint64_t index, size_t len)
{
    return (covey_sync_entry){.index = index,
                              .blob = covey_bytes_of(blob, len)};
}

static covey_sync_entry stub_of(uint64_t index, uint32_t len)
{
    covey_sync_entry entry = {.index = index, .is_stub = true, .stub_len = len};

    memset(entry.stub_hash.bytes, 0x57, sizeof entry.stub_hash.bytes);
    return entry;
}

/* Two entries and a stub, and two appends. */
static covey_sync_response whole(void)
{
    entries[0] = entry_of(18, 256);
    entries[1] = stub_of(20, 16384);
    entries[2] = entry_of(21, 512);
    return (covey_sync_response){
        .status = COVEY_SYNC_OK,
        .next = 24,
        .num_appended = 2,
        .appended = {22, 19}, /* the second was there already */
        .num_entries = 3,
        .entries = entries,
        .origin = 0xfedcba9876543210,
    };
}

static covey_sync_request asking(void)
{
    return (covey_sync_request){.num_appends = 2,
                                .after = 17,
                                .max_bytes = 65536,
                                .max_blob = 8192};
}

static int encode(covey_bytes *out, const covey_sync_response *response)
{
    covey_writer w = covey_writer_of(room, sizeof room);
    int err = covey_sync_response_encode(&w, response, scratch());

    *out = covey_bytes_of(room, w.len);
    return err;
}

static int decode(covey_sync_response *response, covey_bytes bytes)
{
    covey_scratch own = scratch();

    return covey_sync_response_decode(response, &own, bytes);
}

/* ---- coding ---- */

Test(sync_response, what_is_encoded_decodes_again)
{
    const covey_sync_response response = whole();
    covey_sync_response found;
    covey_bytes bytes;

    cr_assert_eq(encode(&bytes, &response), COVEY_OK);
    bytes = guard_copy(bytes);
    cr_assert_eq(decode(&found, bytes), COVEY_OK);
    cr_assert_eq(found.status, COVEY_SYNC_OK);
    cr_assert_eq(found.next, 24);
    cr_assert_eq(found.num_appended, 2);
    cr_assert_eq(found.appended[0], 22);
    cr_assert_eq(found.appended[1], 19);
    cr_assert_eq(found.origin, 0xfedcba9876543210);
    cr_assert_eq(found.num_entries, 3);
    cr_assert_eq(found.entries[0].index, 18);
    check_bytes(found.entries[0].blob, entries[0].blob);
    cr_assert(!found.entries[0].is_stub);
    cr_assert(found.entries[1].is_stub);
    cr_assert_eq(found.entries[1].stub_len, 16384);
    cr_assert_arr_eq(found.entries[1].stub_hash.bytes,
                     entries[1].stub_hash.bytes, 32);
    cr_assert_eq(found.entries[2].blob.len, 512);

    covey_writer w = covey_writer_of(room, sizeof room);
    uint8_t more[4096];
    cr_assert_eq(covey_sync_response_encode(&w, &found,
                                            covey_scratch_of(more,
                                                             sizeof more)),
                 COVEY_OK);
    check_bytes(covey_bytes_of(room, w.len), bytes);
}

Test(sync_response, as_many_entries_as_there_may_be)
{
    covey_sync_response response = whole();
    covey_sync_response found;
    covey_bytes bytes;

    for (size_t i = 0; i <= COVEY_SYNC_ENTRIES_MAX; i++) {
        entries[i] = entry_of(100 + i, 256);
    }
    response.next = 1000;
    response.num_entries = COVEY_SYNC_ENTRIES_MAX;
    cr_assert_eq(encode(&bytes, &response), COVEY_OK);
    cr_assert_leq(bytes.len,
                  COVEY_SYNC_ENTRIES_MAX * 266 + COVEY_SYNC_HEAD_MAX);
    bytes = guard_copy(bytes);
    cr_assert_eq(decode(&found, bytes), COVEY_OK);
    cr_assert_eq(found.num_entries, COVEY_SYNC_ENTRIES_MAX);
    cr_assert_eq(found.entries[255].index, 355);
    response.num_entries++;
    cr_assert_eq(encode(&bytes, &response), COVEY_ERR_ARGUMENT);
}

Test(sync_response, one_blob_takes_no_more_besides_than_is_said)
{
    covey_sync_response response = whole();
    covey_bytes bytes;

    entries[0] = entry_of(UINT64_MAX - 1, 16384);
    response.num_entries = 1;
    response.next = UINT64_MAX;
    response.num_appended = COVEY_SYNC_APPENDS_MAX;
    for (size_t i = 0; i < COVEY_SYNC_APPENDS_MAX; i++) {
        response.appended[i] = UINT64_MAX - 1;
    }
    cr_assert_eq(encode(&bytes, &response), COVEY_OK);
    cr_assert_leq(bytes.len, 16384 + COVEY_SYNC_HEAD_MAX);
}

Test(sync_response, every_cut_and_every_changed_bit_is_refused_or_harmless)
{
    const covey_sync_response response = whole();
    covey_sync_response found = {.next = 3};
    covey_bytes bytes;

    cr_assert_eq(encode(&bytes, &response), COVEY_OK);
    uint8_t *copy = guard_end(bytes.len);
    memcpy(copy, bytes.at, bytes.len);
    bytes.at = copy;
    for (size_t len = 0; len < bytes.len; len++) {
        int err = decode(&found, covey_bytes_of(copy, len));

        /* Whole entries at the end may be missing: a relay that gives fewer
         * is no worse than one that has fewer. */
        cr_assert(err == COVEY_ERR_MALFORMED || found.num_entries < 3);
    }
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        covey_sync_request request = asking();

        test_flip(copy, bit);
        if (decode(&found, bytes) == COVEY_OK) {
            (void)covey_sync_response_match(&found, &request);
            for (size_t i = 1; i < found.num_entries; i++) {
                cr_assert_lt(found.entries[i - 1].index,
                             found.entries[i].index);
            }
        }
        test_flip(copy, bit);
    }
}

Test(sync_response, memory_that_is_too_small_is_told)
{
    const covey_sync_response response = whole();
    covey_sync_response found;
    covey_bytes bytes;
    bool fits = false;

    for (size_t cap = 0; cap < 1024; cap += 8) {
        covey_writer w = covey_writer_of(room, sizeof room);
        int err =
            covey_sync_response_encode(&w, &response,
                                       covey_scratch_of(guard_end(cap), cap));

        cr_assert_eq(err, fits || !err ? COVEY_OK : COVEY_ERR_BUFFER);
        fits = !err;
        guard_free_all();
    }
    cr_assert(fits);
    cr_assert_eq(encode(&bytes, &response), COVEY_OK);
    for (size_t cap = 0; cap < bytes.len; cap++) {
        covey_writer w = covey_writer_of(guard_end(cap), cap);

        cr_assert_eq(covey_sync_response_encode(&w, &response, scratch()),
                     COVEY_ERR_BUFFER);
        guard_free_all();
    }
    fits = false;
    for (size_t cap = 0; cap < 4096; cap += 8) {
        covey_scratch own = covey_scratch_of(guard_end(cap), cap);
        int err = covey_sync_response_decode(&found, &own, bytes);

        cr_assert_eq(err, fits || !err ? COVEY_OK : COVEY_ERR_BUFFER);
        fits = !err;
        guard_free_all();
    }
    cr_assert(fits);
}

Test(sync_response, unknown_fields_are_refused)
{
    const covey_sync_response response = {.status = COVEY_SYNC_OK, .next = 1};
    covey_sync_response found;
    covey_bytes bytes;

    cr_assert_eq(encode(&bytes, &response), COVEY_OK);
    cr_assert_eq(bytes.len, 4);
    room[4] = 15 << 3;
    room[5] = 1;
    cr_assert_eq(decode(&found, covey_bytes_of(room, 6)), COVEY_ERR_MALFORMED);
    room[4] = 3 << 3; /* an origin that is none */
    room[5] = 0;
    cr_assert_eq(decode(&found, covey_bytes_of(room, 6)), COVEY_ERR_MALFORMED);
    room[5] = 1;
    cr_assert_eq(decode(&found, covey_bytes_of(room, 6)), COVEY_OK);
    cr_assert_eq(decode(&found, covey_bytes_of(room, 4)), COVEY_OK);
}

/* ---- ranges ---- */

/* What an honest relay cannot send it does not encode. */
#define range(WANT, CHANGE)                                                    \
    do {                                                                       \
        covey_sync_response r = whole();                                       \
        covey_bytes bytes;                                                     \
        CHANGE;                                                                \
        cr_assert_eq(encode(&bytes, &r), (WANT), #CHANGE);                     \
    } while (0)
#define refused(CHANGE) range(COVEY_ERR_ARGUMENT, CHANGE)
#define taken(CHANGE) range(COVEY_OK, CHANGE)

Test(sync_response, every_field_has_its_range)
{
    taken((void)r);
    refused(r.status = (covey_sync_status)0);
    refused(r.status = (covey_sync_status)8);
    refused(r.next = 0);
    refused(r.next = 21);
    refused(r.appended[0] = 0);
    refused(r.appended[0] = 24);
    taken(r.appended[0] = 23);
    refused(r.num_appended = COVEY_SYNC_APPENDS_MAX + 1);
    refused(entries[0].index = 0);
    refused(entries[0].index = 20);
    refused(entries[0].index = 21);
    refused(entries[2].index = 24);
    refused(entries[0].blob.len = 255);
    refused(entries[0].blob.len = 0);
    refused(entries[1].stub_len = 0);
    refused(entries[1].stub_len = 16385);
    refused(r.status = COVEY_SYNC_CONFLICT);
    taken(r.status = COVEY_SYNC_CONFLICT; r.num_appended = 0);
    taken(r.status = COVEY_SYNC_QUOTA; r.num_appended = 0);
    taken(r.origin = 0);
}

Test(sync_response, T01_a_refusal_says_nothing_but_its_status)
{
    static const covey_sync_status bare[] = {COVEY_SYNC_BAD_REQUEST,
                                             COVEY_SYNC_TOO_LARGE,
                                             COVEY_SYNC_RETRY_LATER,
                                             COVEY_SYNC_NOT_FOUND};

    for (size_t i = 0; i < 4; i++) {
        covey_sync_response r = {.status = bare[i]};
        covey_bytes bytes;

        cr_assert_eq(encode(&bytes, &r), COVEY_OK);
        cr_assert_eq(bytes.len, 4);
        r.next = 1;
        cr_assert_eq(encode(&bytes, &r), COVEY_ERR_ARGUMENT);
        r.next = 0;
        r.origin = 1;
        cr_assert_eq(encode(&bytes, &r), COVEY_ERR_ARGUMENT);
        r.origin = 0;
        r.num_entries = 1;
        r.entries = entries;
        cr_assert_eq(encode(&bytes, &r), COVEY_ERR_ARGUMENT);
    }
}

/* ---- matching ---- */

#define matching(WANT, CHANGE)                                                 \
    do {                                                                       \
        covey_sync_response r = whole();                                       \
        covey_sync_request q = asking();                                       \
        CHANGE;                                                                \
        cr_assert_eq(covey_sync_response_match(&r, &q), (WANT), #CHANGE);      \
    } while (0)

Test(sync_response, an_answer_must_fit_what_was_asked)
{
    matching(COVEY_OK, (void)r);
    /* Nothing at or before what one has. */
    matching(COVEY_ERR_MALFORMED, q.after = 18);
    matching(COVEY_ERR_MALFORMED, q.after = UINT64_MAX);
    matching(COVEY_OK, q.after = 0);
    /* One index for each append. */
    matching(COVEY_ERR_MALFORMED, r.num_appended = 1);
    matching(COVEY_ERR_MALFORMED, q.num_appends = 3);
    matching(COVEY_ERR_MALFORMED, q.num_appends = 0);
    /* No blob above max_blob, no stub that is not. */
    matching(COVEY_ERR_MALFORMED, q.max_blob = 256);
    matching(COVEY_OK, q.max_blob = 512);
    matching(COVEY_ERR_MALFORMED, q.max_blob = 16384);
    matching(COVEY_ERR_MALFORMED, entries[1].stub_len = 256);
    /* Statuses that nobody asked for. */
    matching(COVEY_ERR_MALFORMED, r.status = COVEY_SYNC_CONFLICT);
    matching(COVEY_OK, r.status = COVEY_SYNC_CONFLICT; q.has_expect_next = true;
             q.expect_next = 23);
    matching(COVEY_ERR_MALFORMED, r.status = COVEY_SYNC_CONFLICT;
             q.has_expect_next = true; q.expect_next = 24);
    matching(COVEY_ERR_MALFORMED, r.status = COVEY_SYNC_CONFLICT;
             q.has_expect_next = true; q.num_appends = 0);
    /* Another log: whatever was asked for, a conflict and nothing else. */
    matching(COVEY_OK, q.origin = r.origin);
    matching(COVEY_ERR_MALFORMED, q.origin = 1);
    matching(COVEY_OK, q.origin = 1; r.status = COVEY_SYNC_CONFLICT);
    matching(COVEY_OK, q.origin = 1; r.status = COVEY_SYNC_CONFLICT;
             q.num_appends = 0);
    matching(COVEY_ERR_MALFORMED, q.origin = r.origin;
             r.status = COVEY_SYNC_CONFLICT);
    matching(COVEY_OK, q.origin = 1; r.origin = 0);
    matching(COVEY_OK, r.status = COVEY_SYNC_QUOTA);
    matching(COVEY_ERR_MALFORMED, r.status = COVEY_SYNC_QUOTA;
             q.num_appends = 0);
}
