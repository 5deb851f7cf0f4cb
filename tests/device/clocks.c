/*
 * Time that passes while a device does not run: a phone's app that is opened
 * for a moment a day, a watch that is off at night.
 */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "device/device.h"
#include "home.h"

#define HOUR (60u * HOME_MINUTE)
#define DAY (24u * HOUR)

static home_device *anna;
static home_device *watch;

static void begin(void)
{
    home_two(&anna, &watch);
}

TestSuite(clocks, .init = begin);

static void switch_off(home_device *device)
{
    covey_device_close(device->device);
    device->is_off = true;
}

static void switch_on(home_device *device)
{
    device->is_off = false;
    home_restart(device);
}

/* Both are off; nobody calls either of them. */
static void night(uint64_t ms)
{
    switch_off(anna);
    switch_off(watch);
    home_ms += ms;
    switch_on(watch);
    switch_on(anna);
}

static int64_t heard_ago(const home_device *device, const home_device *of)
{
    covey_member_id id = home_id(of);
    covey_member member;

    for (size_t i = 0;
         covey_device_member(device->device, i, home_now(device), &member);
         i++) {
        if (memcmp(&member.id, &id, sizeof id) == 0) return member.heard_ms;
    }
    return -1;
}

/* ---- what depends on it ---- */

Test(clocks, a_member_was_heard_as_long_ago_as_it_was)
{
    cr_assert_eq(home_fix(watch, 4), COVEY_OK);
    home_run(HOME_MINUTE);
    int64_t before = heard_ago(anna, watch);
    cr_assert(before >= 0 && before <= (int64_t)HOME_MINUTE);
    night(8 * HOUR);
    cr_assert_eq(heard_ago(anna, watch), before + (int64_t)(8 * HOUR));
}

/* The relay holds the fix back while the phone is off, and the phone's clock
 * is set back by as much: by its own clock, the fix would be of now. */
Test(clocks, T16_T57_a_fix_that_was_held_back_while_the_phone_was_off_is_stale)
{
    cr_assert_eq(home_fix(watch, 4), COVEY_OK);
    home_run(HOME_MINUTE);
    switch_off(anna);
    cr_assert_eq(home_fix(watch, 5), COVEY_OK);
    home_turn(watch);
    home_ms += 6 * HOUR;
    anna->clock_ms = -(int64_t)(6 * HOUR);
    switch_on(anna);
    home_turn(anna);
    const home_event *fix = home_last_heard(anna, COVEY_CONTENT_LOCATION);
    cr_assert_eq(fix->lat_e7, 5);
    cr_assert_eq(fix->trust, COVEY_TRUST_STALE);
    cr_assert(fix->age_ms >= (int64_t)(6 * HOUR - HOME_MINUTE));
}

/* A phone that is opened for a minute a day. */
Test(clocks, a_day_that_has_traffic_ends_with_fresh_keys)
{
    for (unsigned day = 0; day < 5; day++) {
        anna->num_events = 0;
        cr_assert_eq(home_fix(watch, 4), COVEY_OK);
        home_run(HOME_MINUTE);
        cr_assert_eq(home_count(anna, COVEY_EVENT_EPOCH), day == 0 ? 0 : 1,
                     "day %u", day);
        night(DAY);
    }
}

Test(clocks, T30_the_window_closes_while_nothing_runs)
{
    home_device *ben = home_add("ben", true);
    char uri[COVEY_URI_SIZE];

    cr_assert_eq(covey_device_invite(ben->device, COVEY_ROLE_GUARDIAN,
                                     HOME_RELAY, 120, home_now(ben), uri),
                 COVEY_OK);
    switch_off(ben);
    home_ms += HOUR;
    switch_on(ben);
    home_turn(ben);
    cr_assert_eq(covey_device_state_of(ben->device), COVEY_DEVICE_EMPTY);
    cr_assert_eq(home_count(ben, COVEY_EVENT_INVITE_ENDED), 1);
}

Test(clocks, a_pause_ends_while_the_watch_is_off)
{
    cr_assert_eq(covey_device_pause(watch->device, home_now(watch),
                                    home_now(watch).utc_ms +
                                        (int64_t)(10 * HOME_MINUTE)),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_fix(watch, 4), COVEY_ERR_STATE);
    night(HOUR);
    cr_assert_eq(home_fix(watch, 4), COVEY_OK);
}

/* ---- silence ---- */

static void expect_every_minute(void)
{
    covey_document reporting = {.kind = COVEY_DOCUMENT_REPORTING,
                                .of.reporting = {60, 30, 50, 0}};

    cr_assert_eq(covey_device_set_policy(anna->device, &reporting,
                                         home_now(anna)),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    anna->num_events = 0;
}

/* The relay has not answered yet. */
static void leave_request_out(void)
{
    static uint8_t bytes[COVEY_REQUEST_BYTES];
    covey_buffer out = {bytes, sizeof bytes, 0};
    covey_request request;
    covey_event event;

    cr_assert_eq(covey_device_next_event(anna->device, home_now(anna), &event),
                 COVEY_OK);
    cr_assert_eq(event.kind, COVEY_EVENT_NONE);
    cr_assert_eq(covey_device_next_request(anna->device, home_now(anna), &out,
                                           &request),
                 COVEY_OK);
    cr_assert(request.body.len != 0);
}

/* What has not been fetched yet is no silence of the watch. */
Test(clocks, nobody_is_called_silent_before_the_log_was_read)
{
    expect_every_minute();
    switch_off(anna);
    for (unsigned i = 0; i < 30; i++) {
        cr_assert_eq(home_fix(watch, 4), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    switch_on(anna);
    leave_request_out();
    cr_assert(covey_device_deadline(anna->device) > home_ms,
              "a host that sleeps until then does not sleep");
    home_restart(anna);
    home_run(10000);
    cr_assert_eq(home_count(anna, COVEY_EVENT_SILENT), 0);
    cr_assert(home_heard(anna, COVEY_CONTENT_LOCATION) > 0);
}

Test(clocks, T10_who_was_silent_meanwhile_is_told_at_once)
{
    expect_every_minute();
    switch_off(watch);
    switch_off(anna);
    home_ms += HOUR;
    switch_on(anna);
    home_run(2000);
    cr_assert_eq(home_count(anna, COVEY_EVENT_SILENT), 1);
}

Test(clocks, T10_silence_is_told_when_the_relay_is_away_too)
{
    expect_every_minute();
    home_relay_is_away = true;
    night(HOUR);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(anna, COVEY_EVENT_SILENT), 1);
}

/* ---- the host's clock ---- */

/* Opens Anna's device when its host has run for so long. */
static void begin_anew(uint64_t mono_ms)
{
    covey_now now = {home_now(anna).utc_ms, mono_ms};

    switch_off(anna);
    cr_assert_eq(covey_device_open(anna->device, &anna->config, now), COVEY_OK);
}

/* After a start of the machine its clock begins at zero: less is counted than
 * has passed, never more, and what was counted stays. */
Test(clocks, a_machine_that_starts_anew_makes_nothing_younger)
{
    cr_assert_eq(home_fix(watch, 4), COVEY_OK);
    home_run(HOME_MINUTE);
    uint64_t before = covey_count(anna->device);

    begin_anew(0);
    uint64_t after = covey_count(anna->device);
    cr_assert(after <= before && after + HOME_MINUTE >= before);
    begin_anew(5000);
    cr_assert_eq(covey_count(anna->device), after);
}

Test(clocks, the_count_never_falls)
{
    covey_clock clock = {.count_ms = 100, .now.mono_ms = 50, .has_now = true};

    covey_clock_resume(&clock, 10, 70);
    cr_assert_eq(clock.count_ms, 100);
    covey_clock_resume(&clock, 80, 20);
    cr_assert_eq(clock.count_ms, 110);
}

/* A call that fails goes back to what is stored: time does not. */
Test(clocks, a_save_that_fails_counts_no_time_twice)
{
    home_run(HOME_MINUTE);
    uint64_t count = covey_count(anna->device);
    uint64_t mono = anna->device->clock.now.mono_ms;

    home_ms += HOUR;
    anna->fails_at = 1;
    cr_assert_eq(home_text(anna, "not saved"), COVEY_ERR_PORT);
    cr_assert_eq(home_text(anna, "saved"), COVEY_OK);
    cr_assert_eq(covey_count(anna->device), count + home_ms - mono);
    home_restart(anna);
    cr_assert_eq(covey_count(anna->device), count + home_ms - mono);
}
