/* What could stop a device for ever, or keep it going without a pause. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "device/device.h"
#include "home.h"

static home_device *anna;
static home_device *ben;
static home_device *watch;

static void begin(void)
{
    home_two(&anna, &watch);
    ben = home_add("ben", true);
    home_pair(anna, ben, COVEY_ROLE_GUARDIAN, false);
    home_run(HOME_MINUTE);
    anna->num_events = 0;
    ben->num_events = 0;
    watch->num_events = 0;
}

TestSuite(stuck, .init = begin);

/* ---- the end of the log ---- */

/* She was away for so long that all that came is gone. */
Test(stuck, a_guardian_commits_behind_entries_that_expired)
{
    home_box *box = home_box_of(anna);

    anna->is_off = true;
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_text(ben, "gone"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    box->expired = box->num;
    ben->is_off = true;
    watch->is_off = true;
    anna->is_off = false;
    /* What she does not know of makes others skip it; here nobody else has
     * read more than she can. */
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    uint64_t before = home_requests;
    home_run(HOME_MINUTE);
    cr_assert(home_requests - before < 40, "%d requests",
              (int)(home_requests - before));
    cr_assert_eq(home_count(anna, COVEY_EVENT_DONE), 1);
}

Test(stuck, a_relay_that_always_finds_a_conflict_is_not_asked_without_end)
{
    uint64_t before = home_requests;

    ben->is_off = true;
    watch->is_off = true;
    home_relay_conflicts = true;
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert(home_requests - before < 100, "%d requests",
              (int)(home_requests - before));
    home_relay_conflicts = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(home_count(anna, COVEY_EVENT_DONE), 1);
}

/* The relay hides what others say, takes what the watch says behind it, and
 * shows all of it later: a commit, too. */
Test(stuck, what_was_hidden_for_a_while_is_read_when_it_is_shown)
{
    watch->is_starved = true;
    watch->sees = home_box_of(watch)->num;
    cr_assert_eq(home_text(anna, "hidden"), COVEY_OK);
    home_turn(anna);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 1);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 0);
    cr_assert_eq(home_count(watch, COVEY_EVENT_SENT), 0);
    watch->is_starved = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
    cr_assert(home_count(watch, COVEY_EVENT_SENT) >= 1);
    cr_assert_eq(covey_device_num_waiting(watch->device), 0);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_MEMBER);
}
