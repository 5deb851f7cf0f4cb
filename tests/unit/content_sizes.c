/*
 * What fits into the smallest blob, and what a payload costs to decode.
 */
#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "support/contents.h"

static uint8_t room[COVEY_CONTENT_SCRATCH_SIZE];

static size_t size_of(const covey_payload *payload)
{
    uint8_t out[COVEY_PAYLOAD_MAX];
    covey_buffer to = {out, sizeof out, 0}, work = {room, sizeof room, 0};

    cr_assert_eq(covey_payload_encode(&to, payload, &work), COVEY_OK);
    return to.len;
}

/* The first sample of this name, with the head that it would have after ten
 * years of a fix a minute, and ten days without a new epoch. */
static size_t size_of_sample(const char *wanted)
{
    for (size_t i = 0; i < CONTENTS_NUM; i++) {
        const char *name;
        covey_payload payload = contents_sample(i, &name);

        payload.id = (covey_payload_id){5300000, 99};
        payload.seen.count = 14400;
        if (strcmp(name, wanted) == 0) return size_of(&payload);
    }
    cr_assert_fail("no sample %s", wanted);
    return 0;
}

static covey_payload with_fixes(size_t num)
{
    covey_payload payload = contents_head();

    payload.content.kind = COVEY_CONTENT_LOCATION;
    payload.content.of.location.fixes = contents_walk(num);
    payload.content.of.location.num_fixes = num;
    return payload;
}

Test(content_sizes, everyday_payloads_fit_into_the_smallest_blob)
{
    static const char *const names[] = {
        "location 1", "location 2",        "location 4", "status 1",
        "text 1",     "receipt 1",         "sos 1",      "sos_ack 1",
        "command 0",  "command 2",         "command 3",  "command 6",
        "boot 0",     "command_receipt 1", "joined 0",   "document 4",
        "document 5", "notice 1",          "pause 1",    "access_log 0",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t len = size_of_sample(names[i]);

        (void)fprintf(stderr, "%-18s %zu bytes\n", names[i], len);
        cr_assert_leq(len, COVEY_PAYLOAD_SMALL_MAX, "%s: %zu", names[i], len);
    }
}

Test(content_sizes, a_fix_that_answers_fits_too)
{
    covey_payload payload = with_fixes(1);
    covey_location *location = &payload.content.of.location;

    location->has_answer_to = true;
    location->answer_to =
        (covey_reference){contents_member(1), {UINT64_MAX, UINT32_MAX}};
    cr_assert_leq(size_of(&payload), COVEY_PAYLOAD_SMALL_MAX, "%zu",
                  size_of(&payload));
}

Test(content_sizes, even_the_largest_numbers_leave_room_for_a_fix)
{
    const char *name;
    covey_payload payload = contents_sample(5, &name);
    covey_location *location = &payload.content.of.location;

    payload.id = (covey_payload_id){UINT64_MAX, UINT32_MAX};
    payload.sent_ms = COVEY_TIME_MS_MAX;
    payload.seen.count = UINT32_MAX;
    location->has_scan = location->has_answer_to = false;
    memset(&location->scan, 0, sizeof location->scan);
    memset(&location->answer_to, 0, sizeof location->answer_to);
    location->fixes++;
    location->num_fixes = 1;
    cr_assert_leq(size_of(&payload), COVEY_PAYLOAD_SMALL_MAX, "%zu",
                  size_of(&payload));
}

Test(content_sizes, six_minutes_of_a_walk_fit_into_the_smallest_blob)
{
    size_t num = 1;

    for (; num < COVEY_FIXES_MAX; num++) {
        covey_payload payload = with_fixes(num + 1);

        if (size_of(&payload) > COVEY_PAYLOAD_SMALL_MAX) break;
    }
    for (size_t i = 1; i <= COVEY_FIXES_MAX; i *= 2) {
        covey_payload payload = with_fixes(i);

        (void)fprintf(stderr, "%zu fixes: %zu bytes\n", i, size_of(&payload));
    }
    (void)fprintf(stderr, "%zu fixes in 144 bytes\n", num);
    cr_assert_geq(num, 6);
}

Test(content_sizes, a_text_of_ninety_bytes_fits_into_the_smallest_blob)
{
    covey_payload payload = contents_head();
    uint8_t text[COVEY_TEXT_MAX];
    size_t len = 1;

    memset(text, 'a', sizeof text);
    payload.id = (covey_payload_id){5300000, 99};
    payload.seen.count = 14400;
    payload.content.kind = COVEY_CONTENT_TEXT;
    for (; len < sizeof text; len++) {
        payload.content.of.text.text = covey_bytes_of(text, len + 1);
        if (size_of(&payload) > COVEY_PAYLOAD_SMALL_MAX) break;
    }
    (void)fprintf(stderr, "a text of %zu bytes\n", len);
    cr_assert_geq(len, 90);
}

Test(content_sizes, a_scan_of_eight_access_points_fits_into_the_smallest_blob)
{
    const char *name;
    covey_payload payload = contents_sample(5, &name);
    covey_location *location = &payload.content.of.location;

    location->num_fixes = 0;
    location->fixes = NULL;
    location->has_answer_to = false;
    memset(&location->answer_to, 0, sizeof location->answer_to);
    location->scan.num_wifi = 8;
    location->scan.num_cells = 1;
    cr_assert_leq(size_of(&payload), COVEY_PAYLOAD_SMALL_MAX, "%zu",
                  size_of(&payload));
}

/* How much of the scratch each sample needs: the most of a kind is among
 * them, and a message that needs more is not one. */
Test(content_sizes, the_scratch_is_large_enough_for_the_largest_of_each)
{
    size_t most = 0;

    for (size_t i = 0; i < CONTENTS_NUM; i++) {
        const char *name;
        covey_payload payload = contents_sample(i, &name), again;
        uint8_t out[COVEY_PAYLOAD_MAX];
        covey_buffer to = {out, sizeof out, 0}, work = {room, sizeof room, 0};
        size_t used = sizeof room;

        cr_assert_eq(covey_payload_encode(&to, &payload, &work), COVEY_OK);
        memset(room, 0xa5, sizeof room);
        cr_assert_eq(covey_payload_decode(&again, covey_bytes_of(out, to.len),
                                          &work),
                     COVEY_OK);
        while (used > 0 && room[used - 1] == 0xa5) used--;
        (void)fprintf(stderr, "%-18s %5zu bytes, scratch %zu\n", name, to.len,
                      used);
        if (used > most) most = used;
    }
    cr_assert_leq(most, COVEY_CONTENT_SCRATCH_SIZE - 512, "%zu", most);
}
