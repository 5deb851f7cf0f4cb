/* The order of the log: what forks it, what tears it, what mends it. */
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

TestSuite(log, .init = begin);

/* Hides one entry of the log from whoever reads it later. */
static void hide(home_box *box, size_t at)
{
    static const uint8_t junk[256] = {1, 2, 3};

    box->blobs[at] = covey_bytes_of(junk, sizeof junk);
}

Test(log, T10_what_is_withheld_tears_the_log_and_is_reported)
{
    home_box *box = home_box_of(watch);
    const covey_member_id id = home_id(anna);

    watch->is_off = true;
    cr_assert_eq(home_text(ben, "lost"), COVEY_OK);
    home_run(HOME_MINUTE);
    hide(box, box->num - 1);
    cr_assert_eq(home_text(anna, "read"), COVEY_OK);
    home_run(HOME_MINUTE);
    watch->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert(home_heard(watch, COVEY_CONTENT_TEXT) >= 1);
    const home_event *torn = home_last(watch, COVEY_EVENT_TORN);
    cr_assert_eq(memcmp(&torn->by, &id, sizeof id), 0);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
}

Test(log, a_torn_log_mends_and_all_go_on)
{
    home_box *box = home_box_of(watch);

    watch->is_off = true;
    cr_assert_eq(home_text(ben, "lost"), COVEY_OK);
    home_run(HOME_MINUTE);
    hide(box, box->num - 1);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_text(anna, "read"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    watch->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_not(watch->device->log.is_torn);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(home_fix(watch, 1), COVEY_OK);
        cr_assert_eq(home_text(anna, "read"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(home_heard(ben, COVEY_CONTENT_LOCATION), 5);
    cr_assert_eq(covey_device_state_of(ben->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_MEMBER);
}

/* Two orders of two messages: whoever hears the other's claim stops. */
Test(log, C3_another_order_is_a_fork_and_names_who_sees_it)
{
    home_box *box = home_box_of(watch);
    const covey_member_id id = home_id(ben);

    watch->is_off = true;
    anna->is_off = true;
    cr_assert_eq(home_text(ben, "one"), COVEY_OK);
    cr_assert_eq(home_text(ben, "two"), COVEY_OK);
    home_turn(ben);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_text(ben, "three"), COVEY_OK);
    home_run(HOME_MINUTE);
    covey_bytes one = box->blobs[box->num - 3];
    box->blobs[box->num - 3] = box->blobs[box->num - 2];
    box->blobs[box->num - 2] = one;
    anna->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_FORKED);
    const home_event *forked = home_last(anna, COVEY_EVENT_FORKED);
    cr_assert_eq(memcmp(&forked->by, &id, sizeof id), 0);
    home_restart(anna);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_FORKED);
}

Test(log, T14_an_empty_relay_is_no_reason_to_stop)
{
    home_box *box = home_box_of(watch);

    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    box->num = 0;
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(home_fix(watch, 2), COVEY_OK);
        cr_assert_eq(home_text(anna, "hello"), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 6);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 5);
    cr_assert_eq(covey_device_num_waiting(watch->device), 0);
}

/* What one has read and the other has not is lost, the relay says that its
 * store is the same, and both go on: that looks as if it showed two logs. */
Test(log, T14_a_relay_that_lost_some_and_denies_it_forks_them)
{
    home_box *box = home_box_of(watch);

    home_run(HOME_MINUTE);
    anna->is_off = true;
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    box->num = 0;
    anna->is_off = false;
    cr_assert_eq(home_text(anna, "hello"), COVEY_OK);
    cr_assert_eq(home_fix(watch, 2), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_FORKED);
}

/* The relay hides the last entries from Anna, and takes her commit even so:
 * nobody else can take it, and she does not either. */
Test(log, a_commit_over_what_was_not_read_is_not_adopted)
{
    home_box *box = home_box_of(watch);
    uint64_t epoch = covey_mls_epoch(anna->device->group);

    anna->is_starved = true;
    anna->sees = box->num;
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    uint64_t requests = home_requests;
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(covey_mls_epoch(anna->device->group), epoch);
    /* Nor does that keep her phone busy. */
    cr_assert(home_requests - requests < 200, "%d requests",
              (int)(home_requests - requests));
    anna->is_starved = false;
    home_run(10 * HOME_MINUTE);
    cr_assert_eq(covey_mls_epoch(anna->device->group),
                 covey_mls_epoch(watch->device->group));
    cr_assert(covey_mls_epoch(anna->device->group) > epoch);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 1);
}

/* The relay takes a commit although something came in between, and shows it:
 * all skip that commit, its maker too. */
Test(log, a_commit_that_came_too_late_is_none_for_anybody)
{
    uint64_t epoch = covey_mls_epoch(anna->device->group);

    home_relay_takes_all = true;
    anna->is_off = true;
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_turn(watch);
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    anna->is_off = false;
    home_turn(anna);
    home_relay_takes_all = false;
    cr_assert_eq(covey_mls_epoch(anna->device->group), epoch);
    home_run(5 * HOME_MINUTE);
    cr_assert(covey_mls_epoch(anna->device->group) > epoch);
    cr_assert_eq(covey_mls_epoch(anna->device->group),
                 covey_mls_epoch(watch->device->group));
    cr_assert_eq(covey_device_busy(anna->device), COVEY_OPERATION_NONE);
}

static void swap_last(home_box *box)
{
    covey_bytes last = box->blobs[box->num - 1];

    box->blobs[box->num - 1] = box->blobs[box->num - 2];
    box->blobs[box->num - 2] = last;
}

/* Ben did not see the commit, and spoke in the old epoch; the watch is shown
 * his word first. */
Test(log, a_commit_that_claims_less_than_was_read_is_skipped)
{
    home_box *box = home_box_of(watch);
    uint64_t epoch = covey_mls_epoch(watch->device->group);

    watch->is_off = true;
    ben->is_off = true;
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(10000);
    cr_assert_eq(covey_mls_epoch(anna->device->group), epoch + 1);
    ben->is_starved = true;
    ben->sees = box->num - 1;
    cr_assert_eq(home_text(ben, "one"), COVEY_OK);
    ben->is_off = false;
    home_turn(ben);
    ben->is_off = true;
    swap_last(box);
    watch->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
    cr_assert_eq(covey_mls_epoch(watch->device->group), epoch);
}

/* Nobody says anything behind the two but the commit itself. */
Test(log, C3_a_commit_tells_of_another_order_too)
{
    home_box *box = home_box_of(watch);
    const covey_member_id id = home_id(anna);

    watch->is_off = true;
    cr_assert_eq(home_command(ben, anna, COVEY_COMMAND_RING, 60000), COVEY_OK);
    cr_assert_eq(home_command(ben, anna, COVEY_COMMAND_RING, 60000), COVEY_OK);
    home_run(20000);
    covey_bytes last = box->blobs[box->num - 1];
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(20000);
    cr_assert(covey_bytes_same(box->blobs[box->num - 2], last));
    box->num--; /* the commit stays where it is */
    swap_last(box);
    box->num++;
    watch->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_FORKED);
    const home_event *forked = home_last(watch, COVEY_EVENT_FORKED);
    cr_assert_eq(memcmp(&forked->by, &id, sizeof id), 0);
}

Test(log, two_guardians_who_commit_at_once_agree)
{
    for (unsigned i = 0; i < 20; i++) {
        uint64_t epoch = covey_mls_epoch(watch->device->group);

        cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)),
                     COVEY_OK);
        cr_assert_eq(covey_device_refresh(ben->device, home_now(ben)),
                     COVEY_OK);
        home_run(2 * HOME_MINUTE);
        cr_assert(covey_mls_epoch(watch->device->group) > epoch);
        cr_assert_eq(covey_mls_epoch(anna->device->group),
                     covey_mls_epoch(ben->device->group));
        cr_assert_eq(covey_device_busy(anna->device), COVEY_OPERATION_NONE);
        cr_assert_eq(covey_device_busy(ben->device), COVEY_OPERATION_NONE);
    }
}

/* T25, T33: a push or a text message has one effect, a poll. */
Test(log, T25_a_wake_is_a_poll_and_not_more_than_one_in_ten_seconds)
{
    uint64_t before = home_requests;
    covey_event event;

    home_run(1000);
    before = home_requests;
    for (unsigned i = 0; i < 100000; i++) {
        covey_device_wake(watch->device, home_now(watch));
    }
    home_turn(watch);
    cr_assert(home_requests <= before + 1);
    cr_assert_eq(covey_device_next_event(watch->device, home_now(watch),
                                         &event),
                 COVEY_OK);
    cr_assert_eq(event.kind, COVEY_EVENT_NONE);
}

/* A friend's device lies about what it has read, and about its order: it may
 * write to the family, not stop it. */
Test(log, T52_a_friend_neither_tears_nor_forks_the_log)
{
    home_device *one = home_add("one friend", false);
    home_device *two = home_add("another", false);

    home_pair(anna, one, COVEY_ROLE_FRIEND, false);
    home_pair(anna, two, COVEY_ROLE_FRIEND, false);
    home_run(HOME_MINUTE);
    one->device->log.seen.count += 50;
    cr_assert_eq(home_text(one, "ahead"), COVEY_OK);
    covey_seen_log *seen = &two->device->log.seen;
    seen->kept[seen->count % COVEY_SEEN_KEPT].bytes[0] ^= 1;
    cr_assert_eq(home_text(two, "in another order"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 2);
    cr_assert_eq(home_count(watch, COVEY_EVENT_TORN), 0);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_MEMBER);
}

/* ---- a relay that lets nobody rest ---- */

static const uint8_t noise[256] = {5, 4, 3, 2, 1};

/* As much as fits, from far behind the end; the next answer is from before. */
static void begin_anew(const home_device *client,
                       const covey_sync_request *request,
                       covey_sync_response *response, covey_sync_entry *entries)
{
    (void)client;
    if (request->after > 100000) return;
    response->num_entries = request->max_bytes / (sizeof noise + 24);
    for (size_t i = 0; i < response->num_entries; i++) {
        entries[i] =
            (covey_sync_entry){.index = 200000 + i,
                               .blob = covey_bytes_of(noise, sizeof noise)};
    }
    response->next = 200000 + response->num_entries;
}

Test(log, T60_a_relay_that_loses_its_log_all_the_time_is_asked_in_peace)
{
    anna->is_off = true;
    ben->is_off = true;
    home_on_response = begin_anew;
    uint64_t before = home_requests;

    home_run(10 * HOME_MINUTE);
    /* Two for each beginning, which are ten seconds apart. */
    cr_assert(home_requests - before > 100);
    cr_assert(home_requests - before < 140);
    home_on_response = NULL;
    anna->is_off = false;
    cr_assert_eq(home_text(anna, "it has come to its senses"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_MEMBER);
}
