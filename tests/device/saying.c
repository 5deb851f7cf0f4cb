/* Texts, fixes, SOS and documents: what arrives, and what is said of it. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "device/device.h"
#include "home.h"
#include "support/bytes.h"

static home_device *anna;
static home_device *watch;

static void begin(void)
{
    home_two(&anna, &watch);
}

TestSuite(saying, .init = begin);

/* ---- T15, T16, T53: locations ---- */

Test(saying, T16_a_fix_that_was_held_back_is_stale)
{
    cr_assert_eq(home_fix(watch, 4), COVEY_OK);
    home_run(HOME_MINUTE);
    const home_event *fix = home_last_heard(anna, COVEY_CONTENT_LOCATION);
    cr_assert_eq(fix->trust, COVEY_TRUST_FRESH);

    cr_assert_eq(home_fix(watch, 5), COVEY_OK);
    home_turn(watch);
    anna->is_off = true;
    home_run(30 * HOME_MINUTE);
    anna->is_off = false;
    home_run(HOME_MINUTE);
    fix = home_last_heard(anna, COVEY_CONTENT_LOCATION);
    cr_assert_eq(fix->lat_e7, 5);
    cr_assert_eq(fix->trust, COVEY_TRUST_STALE);
    cr_assert(fix->age_ms >= 29 * 60000);
}

/* The phone's clock is set back, and the relay holds the fix back: what the
 * phone has heard of the watch's clock tells. */
Test(saying, T16_T57_nor_is_it_fresh_by_a_clock_that_was_set_back)
{
    cr_assert_eq(home_fix(watch, 4), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_fix(watch, 5), COVEY_OK);
    home_turn(watch);
    anna->is_off = true;
    home_run(30 * HOME_MINUTE);
    anna->is_off = false;
    anna->clock_ms = -30 * 60000;
    home_run(HOME_MINUTE);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_LOCATION)->trust,
                 COVEY_TRUST_STALE);
}

Test(saying, T16_a_fix_from_the_future_is_not_trusted)
{
    watch->clock_ms = 3600000;
    cr_assert_eq(home_fix(watch, 4), COVEY_OK);
    home_run(HOME_MINUTE);
    const home_event *fix = home_last_heard(anna, COVEY_CONTENT_LOCATION);
    cr_assert_eq(fix->trust, COVEY_TRUST_UNKNOWN);
    cr_assert_eq(fix->age_ms, -1);
}

Test(saying, fixes_of_a_while_share_a_blob)
{
    watch->is_off = true;
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(home_fix(watch, i * 1000), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(covey_device_num_waiting(watch->device), 1);
    watch->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 1);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_LOCATION)->lat_e7, 4000);
}

/* T15, T17, T18: bits flip, blobs change places. */
Test(saying, T15_T18_nothing_that_was_altered_is_delivered)
{
    cr_assert_eq(home_fix(watch, 4), COVEY_OK);
    home_turn(watch);
    home_turn(watch);
    home_box *box = home_box_of(watch);
    covey_bytes blob = box->blobs[box->num - 1];
    uint8_t altered[256];

    box->num--;
    for (size_t bit = 0; bit < 8 * blob.len; bit += 7) {
        memcpy(altered, blob.at, blob.len);
        altered[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        home_box_put(box, covey_bytes_of(altered, blob.len));
    }
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 0);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_MEMBER);
    home_box_put(box, blob);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 1);
}

/* ---- the reserve ---- */

static void reserve(uint32_t num)
{
    watch->config.reserve = num;
    home_restart(watch);
    home_run(2 * HOME_MINUTE);
    watch->num_events = 0;
    anna->num_events = 0;
}

Test(saying, plain_fixes_spare_the_flash_and_nothing_else_does)
{
    reserve(8);
    uint64_t before = watch->num_saves;
    for (int i = 0; i < 80; i++) {
        cr_assert_eq(home_fix(watch, i), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 80);
    cr_assert(watch->num_saves - before <= 80 / 8 + 3, "%u saves",
              (unsigned)(watch->num_saves - before));
    before = watch->num_saves;
    cr_assert_eq(home_text(watch, "saved"), COVEY_OK);
    cr_assert_eq(watch->num_saves, before + 1);
}

/* Power fails at any fix: what had left is part of the log, no key and no
 * number is used twice, and nobody sees a fork or a gap. */
Test(saying, T56_after_a_reserve_no_number_is_used_again)
{
    reserve(8);
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < round; i++) {
            cr_assert_eq(home_fix(watch, i), COVEY_OK);
            home_run(30000);
        }
        home_restart(watch);
        home_run(HOME_MINUTE);
        cr_assert_eq(home_text(anna, "well?"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(home_count(anna, COVEY_EVENT_MISSING), 0);
    cr_assert_eq(home_count(anna, COVEY_EVENT_TORN), 0);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 66);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 12);
}

/* A fix that left before power failed comes into the log only later. */
Test(saying, T56_a_fix_of_an_earlier_run_that_comes_late_is_known)
{
    reserve(8);
    home_box *box = home_box_of(watch);
    size_t num = box->num;

    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_turn(watch);
    cr_assert_eq(box->num, num + 1);
    covey_bytes late = box->blobs[num];
    box->num = num; /* on its way still */
    home_restart(watch);
    home_run(HOME_MINUTE);
    home_box_put(box, late);
    home_run(HOME_MINUTE);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_text(watch, "after it"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_TEXT), 3);
}

/* ---- T19, T20: strangers ---- */

Test(saying, T19_T20_unknown_frames_do_nothing_and_are_not_answered)
{
    test_choices choices = test_choices_of(19);
    uint8_t junk[4096];
    home_box *box = home_box_of(watch);
    uint64_t appended = home_appends;

    for (unsigned i = 0; i < 2000; i++) {
        test_fill(&choices, junk, sizeof junk);
        home_box_put(box, covey_bytes_of(junk, 256u << (i % 5)));
        if (i % 200 == 0) home_run(HOME_MINUTE);
    }
    home_run(3 * HOME_MINUTE);
    cr_assert_eq(watch->num_events, 0);
    cr_assert_eq(anna->num_events, 0);
    cr_assert_eq(home_appends, appended);
    cr_assert_eq(home_text(anna, "still here"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_str_eq(home_last_heard(watch, COVEY_CONTENT_TEXT)->text,
                     "still here");
}

/* ---- texts ---- */

Test(saying, a_text_arrives_once_and_is_acknowledged)
{
    cr_assert_eq(home_text(anna, "soup is ready"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
    cr_assert_eq(home_count(anna, COVEY_EVENT_SENT), 1);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_RECEIPT), 1);
    home_box *box = home_box_of(watch);
    size_t num = box->num;
    for (size_t i = 0; i < num; i++) home_box_put(box, box->blobs[i]);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
}

Test(saying, what_an_epochs_end_overtakes_is_said_again_once)
{
    home_device *ben = home_add("ben", true);

    home_pair(anna, ben, COVEY_ROLE_GUARDIAN, false);
    for (unsigned i = 0; i < 10; i++) {
        cr_assert_eq(home_text(ben, "overtaken"), COVEY_OK);
        cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)),
                     COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 10);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_TEXT), 10);
    cr_assert_eq(home_count(watch, COVEY_EVENT_MISSING), 0);
}

Test(saying, what_waits_outlives_a_restart)
{
    home_relay_is_away = true;
    cr_assert_eq(home_text(watch, "later"), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    home_restart(watch);
    home_relay_is_away = false;
    home_run(10 * HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_TEXT), 1);
    cr_assert_eq(home_count(anna, COVEY_EVENT_MISSING), 0);
}

Test(saying, a_full_outbox_says_so_and_loses_nothing)
{
    unsigned said = 0;

    home_relay_is_away = true;
    while (home_text(watch, "again") == COVEY_OK) said++;
    cr_assert(said >= 5);
    cr_assert_eq(home_text(watch, "again"), COVEY_ERR_CAPACITY);
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    home_relay_is_away = false;
    home_run(10 * HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_TEXT), said);
    cr_assert(home_heard(anna, COVEY_CONTENT_SOS) >= 1);
}

/* ---- T10, T60: SOS ---- */

static int acknowledge(uint64_t id, covey_ack_by by)
{
    covey_content content = {.kind = COVEY_CONTENT_SOS_ACK};

    content.of.sos_ack = (covey_sos_ack){id, by};
    return covey_device_send(anna->device, home_now(anna), &content, NULL);
}

Test(saying, T10_an_sos_is_repeated_and_never_falsely_acknowledged)
{
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    uint64_t id = watch->device->self.sos.id;

    home_run(3 * HOME_MINUTE);
    cr_assert(home_heard(anna, COVEY_CONTENT_SOS) >= 5);
    cr_assert_eq(covey_device_sos_state(watch->device), COVEY_SOS_CALLING);
    cr_assert_eq(acknowledge(id + 1, COVEY_ACK_PERSON), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_sos_state(watch->device), COVEY_SOS_CALLING);
    cr_assert_eq(acknowledge(id, COVEY_ACK_DEVICE), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_sos_state(watch->device), COVEY_SOS_RINGING);
    cr_assert_eq(acknowledge(id, COVEY_ACK_PERSON), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_sos_state(watch->device), COVEY_SOS_SEEN);
    size_t said = home_heard(anna, COVEY_CONTENT_SOS);
    home_run(5 * HOME_MINUTE);
    cr_assert(home_heard(anna, COVEY_CONTENT_SOS) <= said + 1);
}

Test(saying, T10_an_sos_that_is_dropped_is_seen_to_be_missing)
{
    home_relay_is_away = true;
    cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                 COVEY_OK);
    home_run(20 * HOME_MINUTE);
    cr_assert_eq(covey_device_sos_state(watch->device), COVEY_SOS_CALLING);
    cr_assert_eq(home_last(watch, COVEY_EVENT_RELAY)->kind, COVEY_EVENT_RELAY);
    home_relay_is_away = false;
    home_run(10 * HOME_MINUTE);
    cr_assert(home_heard(anna, COVEY_CONTENT_SOS) >= 1);
    cr_assert_eq(covey_device_sos_over(watch->device, home_now(watch)),
                 COVEY_OK);
    cr_assert_eq(covey_device_sos_state(watch->device), COVEY_SOS_OFF);
}

/* A member floods the log: the SOS gets through all the same. */
Test(saying, T60_an_sos_gets_through_a_flood)
{
    for (unsigned i = 0; i < 20; i++) {
        while (home_text(anna, "flood") == COVEY_OK) {
        }
        home_run(5000);
        if (i == 10) {
            cr_assert_eq(covey_device_sos(watch->device, home_now(watch), NULL),
                         COVEY_OK);
        }
    }
    home_run(HOME_MINUTE);
    cr_assert(home_heard(anna, COVEY_CONTENT_SOS) >= 1);
}

/* ---- silence ---- */

Test(saying, silence_is_reported_and_its_end)
{
    covey_document reporting = {.kind = COVEY_DOCUMENT_REPORTING,
                                .of.reporting = {60, 30, 50, 0}};

    cr_assert_eq(covey_device_set_policy(anna->device, &reporting,
                                         home_now(anna)),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(anna, COVEY_EVENT_SILENT), 0);
    home_run(4 * HOME_MINUTE);
    cr_assert_eq(home_count(anna, COVEY_EVENT_SILENT), 1);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(anna, COVEY_EVENT_HEARD), 1);
}

/* ---- policy ---- */

Test(saying, a_policy_holds_once_the_wearer_was_told)
{
    covey_document zones = {.kind = COVEY_DOCUMENT_PRECISION,
                            .of.precision = {500}};
    covey_document found;
    bool in_force = true;

    watch->shows = false;
    cr_assert_eq(covey_device_set_policy(anna->device, &zones, home_now(anna)),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_POLICY), 0);
    cr_assert_eq(covey_device_policy(watch->device, COVEY_DOCUMENT_PRECISION,
                                     &found, &in_force),
                 COVEY_OK);
    cr_assert_not(in_force);
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(home_last_heard(anna, COVEY_CONTENT_COMMAND_RECEIPT)->reason,
                 COVEY_REFUSED_NOTICE);
    watch->shows = true;
    cr_assert_eq(covey_device_set_policy(anna->device, &zones, home_now(anna)),
                 COVEY_OK);
    cr_assert_eq(zones.version, 2);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_POLICY), 1);
    home_restart(watch);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_policy(watch->device, COVEY_DOCUMENT_PRECISION,
                                     &found, &in_force),
                 COVEY_OK);
    cr_assert(in_force);
    cr_assert_eq(found.of.precision.grid_m, 500);
}

/* A phone lets the relay hold its polls: not before it has read to the end,
 * as what it has to say waits for that. */
Test(saying, a_poll_waits_only_at_the_end_of_the_log)
{
    covey_buffer body = {test_alloc(covey_device_request_size()),
                         covey_device_request_size(), 0};
    covey_request request;

    anna->config.wait_ms = 50000;
    home_restart(anna);
    cr_assert_eq(home_text(anna, "at once"), COVEY_OK);
    cr_assert_eq(covey_device_next_request(anna->device, home_now(anna), &body,
                                           &request),
                 COVEY_OK);
    cr_assert(request.body.len != 0);
    cr_assert_eq(request.wait_ms, 0);
    covey_device_failed(anna->device, home_now(anna), request.id);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
}
