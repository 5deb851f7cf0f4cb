/* T51: no look without a trace. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "device/device.h"
#include "home.h"

static home_device *anna;
static home_device *watch;

static void begin(void)
{
    home_two(&anna, &watch);
}

TestSuite(access, .init = begin);

/* The place of the first payload of a kind among what Anna heard. */
static size_t place_of(covey_content_kind content)
{
    for (size_t i = 0; i < anna->num_events; i++) {
        if (anna->events[i].kind == COVEY_EVENT_PAYLOAD &&
            anna->events[i].content == content) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void locate(void)
{
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_LOCATE, 3600000),
                 COVEY_OK);
    home_run(HOME_MINUTE);
}

Test(access, T51_the_log_stands_before_the_answer)
{
    covey_access_entry entry;
    const covey_member_id who = home_id(anna);

    locate();
    cr_assert(place_of(COVEY_CONTENT_ACCESS_LOG) <
              place_of(COVEY_CONTENT_LOCATION));
    cr_assert(covey_device_access(watch->device, 0, &entry));
    cr_assert_eq(entry.what, COVEY_ACCESS_LOOK);
    cr_assert_eq(memcmp(&entry.who, &who, sizeof who), 0);
    cr_assert(covey_device_access(anna->device, 0, &entry));
    cr_assert_eq(entry.what, COVEY_ACCESS_LOOK);
}

/* Power fails at each save of the story in turn: wherever an answer is, the
 * log is before it. */
Test(access, T51_there_is_no_answer_without_a_log_whenever_power_fails)
{
    for (uint64_t at = 1; at < 12; at++) {
        home_two(&anna, &watch);
        watch->fails_at = at;
        locate();
        home_restart(watch);
        home_run(HOME_MINUTE);
        locate();
        cr_assert(home_heard(anna, COVEY_CONTENT_LOCATION) >= 1);
        cr_assert(home_heard(anna, COVEY_CONTENT_ACCESS_LOG) >=
                  home_heard(anna, COVEY_CONTENT_LOCATION));
        cr_assert(place_of(COVEY_CONTENT_ACCESS_LOG) <
                  place_of(COVEY_CONTENT_LOCATION));
        for (size_t i = 0; i < anna->num_events; i++) {
            cr_assert_not(anna->events[i].is_broken);
        }
    }
}

Test(access, T51_a_piece_that_the_relay_drops_is_noticed)
{
    home_device *ben = home_add("ben", true);

    home_pair(anna, ben, COVEY_ROLE_GUARDIAN, false);
    locate();
    ben->num_events = 0;
    ben->is_off = true;
    home_box *box = home_box_of(watch);
    size_t num = box->num;
    locate();
    /* Ben never gets what the watch wrote first. */
    home_box *shown = box;
    shown->blobs[num + 1] = shown->blobs[0];
    ben->is_off = false;
    home_run(HOME_MINUTE);
    locate();
    cr_assert(home_count(ben, COVEY_EVENT_MISSING) >= 1 ||
              home_count(ben, COVEY_EVENT_TORN) >= 1 ||
              home_count(ben, COVEY_EVENT_FORKED) >= 1);
}

/* Somebody rewrites on the watch who has looked, or leaves it out. */
Test(access, T51_a_log_that_was_rewritten_does_not_go_on)
{
    locate();
    cr_assert_not(home_last_heard(anna, COVEY_CONTENT_ACCESS_LOG)->is_broken);
    watch->device->book.chain[0] ^= 1;
    locate();
    cr_assert(home_last_heard(anna, COVEY_CONTENT_ACCESS_LOG)->is_broken);
    locate();
    cr_assert_not(home_last_heard(anna, COVEY_CONTENT_ACCESS_LOG)->is_broken);
    watch->device->book.count--;
    locate();
    cr_assert(home_last_heard(anna, COVEY_CONTENT_ACCESS_LOG)->is_broken);
}

Test(access, T51_a_refusal_is_in_the_log_too)
{
    covey_access_entry entry;

    watch->shows = false;
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_LOCATE, 3600000),
                 COVEY_OK);
    home_run(4 * HOME_MINUTE);
    cr_assert(covey_device_access(watch->device, 0, &entry));
    cr_assert_eq(entry.what, COVEY_ACCESS_REFUSED);
}
