/* The relay loses its store: the log begins anew, for all alike. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "device/device.h"
#include "home.h"

static home_device *anna;
static home_device *watch;
static home_device *ben;

static void begin(void)
{
    home_two(&anna, &watch);
    ben = home_add("ben", true);
    home_pair(anna, ben, COVEY_ROLE_GUARDIAN, false);
}

TestSuite(anew, .init = begin);

static size_t times_lost(const home_device *device)
{
    size_t num = 0;

    for (size_t i = 0; i < device->num_events; i++) {
        if (device->events[i].kind == COVEY_EVENT_RELAY &&
            device->events[i].relay == COVEY_RELAY_LOST) {
            num++;
        }
    }
    return num;
}

static void are_of_one_epoch(const home_device *a, const home_device *b)
{
    char one[COVEY_SAFETY_NUMBER_SIZE];
    char other[COVEY_SAFETY_NUMBER_SIZE];

    cr_assert_eq(covey_device_safety_number(a->device, one), COVEY_OK);
    cr_assert_eq(covey_device_safety_number(b->device, other), COVEY_OK);
    cr_assert_str_eq(one, other, "%s and %s are parted", a->name, b->name);
}

/* All are members, agree, and hear each other. */
static void all_is_well(void)
{
    home_device *all[] = {anna, watch, ben};
    size_t heard[3];

    for (size_t i = 0; i < 3; i++) {
        heard[i] = home_heard(all[i], COVEY_CONTENT_TEXT);
        cr_assert_eq(home_text(all[i], "well?"), COVEY_OK, "%s", all[i]->name);
    }
    home_run(10 * HOME_MINUTE);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(covey_device_state_of(all[i]->device), COVEY_DEVICE_MEMBER,
                     "%s is in state %d", all[i]->name,
                     covey_device_state_of(all[i]->device));
        cr_assert_eq(home_heard(all[i], COVEY_CONTENT_TEXT), heard[i] + 2,
                     "%s heard %d more", all[i]->name,
                     (int)home_heard(all[i], COVEY_CONTENT_TEXT) -
                         (int)heard[i]);
        cr_assert_eq(covey_device_num_waiting(all[i]->device), 0);
        are_of_one_epoch(all[i], all[0]);
        cr_assert_not(all[i]->device->log.is_torn, "%s", all[i]->name);
    }
}

Test(anew, T14_all_are_told_and_go_on)
{
    cr_assert_eq(home_text(anna, "before"), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    home_lose();
    all_is_well();
    cr_assert_eq(times_lost(anna), 1);
    cr_assert_eq(times_lost(watch), 1);
    cr_assert_eq(times_lost(ben), 1);
    cr_assert_eq(home_count(anna, COVEY_EVENT_FORKED), 0);
}

/* What one had read and the others had not would be another log for them. */
Test(anew, T14_what_some_had_not_read_is_missing_and_no_fork)
{
    cr_assert_eq(home_text(anna, "all read it"), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    ben->is_off = true;
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_text(anna, "only the watch reads it"), COVEY_OK);
        home_run(2 * HOME_MINUTE);
    }
    ben->is_off = false;
    home_lose();
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_text(ben, "ben speaks first"), COVEY_OK);
        home_turn(ben);
    }
    home_run(2 * HOME_MINUTE);
    all_is_well();
    cr_assert(home_count(ben, COVEY_EVENT_MISSING) >= 1);
}

/* The log is longer again than what one had read when he comes. */
Test(anew, T14_who_comes_when_the_new_log_is_long_misses_nothing)
{
    ben->is_off = true;
    home_run(2 * HOME_MINUTE);
    home_lose();
    size_t heard = home_heard(ben, COVEY_CONTENT_LOCATION);
    for (int32_t i = 0; i < 40; i++) {
        cr_assert_eq(home_fix(watch, i), COVEY_OK);
        home_run(2 * HOME_MINUTE);
    }
    ben->is_off = false;
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(home_heard(ben, COVEY_CONTENT_LOCATION), heard + 40);
    all_is_well();
}

Test(anew, T14_nothing_arrives_twice_whose_answer_was_lost)
{
    static uint8_t out[65536];
    covey_buffer body = {out, sizeof out, 0};
    covey_request request;

    cr_assert_eq(home_text(anna, "once"), COVEY_OK);
    home_turn(anna);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
    cr_assert_eq(home_text(ben, "not answered"), COVEY_OK);
    cr_assert_eq(covey_device_next_request(ben->device, home_now(ben), &body,
                                           &request),
                 COVEY_OK);
    home_lose();
    covey_device_failed(ben->device, home_now(ben), request.id);
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 2);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_TEXT), 1);
    all_is_well();
}

Test(anew, T14_it_outlives_restarts)
{
    cr_assert_eq(home_text(anna, "before"), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    home_lose();
    cr_assert_eq(home_text(watch, "kept"), COVEY_OK);
    home_restart(watch);
    home_turn(watch);
    home_restart(watch);
    home_restart(anna);
    home_turn(anna);
    home_restart(anna);
    home_run(3 * HOME_MINUTE);
    cr_assert_str_eq(home_last_heard(anna, COVEY_CONTENT_TEXT)->text, "kept");
    all_is_well();
}

/* ---- across epochs ---- */

static void refresh(home_device *device)
{
    cr_assert_eq(covey_device_refresh(device->device, home_now(device)),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(covey_device_busy(device->device), COVEY_OPERATION_NONE);
}

/* The commit was read by some, and is gone with the store. */
Test(anew, T14_who_had_not_read_the_last_commits_follows_all_the_same)
{
    watch->is_off = true;
    cr_assert_eq(home_text(ben, "in the epoch that ends"), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    refresh(anna);
    cr_assert_eq(home_text(ben, "in the next one"), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    refresh(anna);
    home_lose();
    watch->is_off = false;
    home_turn(watch);
    cr_assert_eq(home_fix(watch, 7), COVEY_OK);
    home_run(5 * HOME_MINUTE);
    all_is_well();
}

/* By then the log that begins anew is longer than the lost one was when the
 * commit was made, in the epoch after that too. */
Test(anew, T14_so_does_who_has_said_more_than_was_there_before)
{
    refresh(ben);
    watch->is_off = true;
    ben->is_off = true;
    refresh(anna);
    refresh(anna);
    anna->is_off = true;
    home_lose();
    watch->is_off = false;
    ben->is_off = false;
    for (int32_t i = 0; i < 5; i++) {
        cr_assert_eq(home_fix(watch, i), COVEY_OK);
        cr_assert_eq(home_text(ben, "is anybody there?"), COVEY_OK);
        home_run(2 * HOME_MINUTE);
    }
    anna->is_off = false;
    home_run(20 * HOME_MINUTE);
    all_is_well();
}

/* Two epochs behind, whose commits come back one after the other: in the second
 * one he has spoken already, and would have liked to commit. */
Test(anew, T14_nor_does_it_part_who_speaks_on_the_way)
{
    home_device *carl = home_add("carl", true);
    uint64_t epoch = 0;

    home_pair(anna, carl, COVEY_ROLE_GUARDIAN, false);
    carl->is_off = true;
    refresh(anna);
    refresh(ben);
    anna->is_off = true;
    ben->is_off = true;
    watch->is_off = true;
    home_lose();
    carl->is_off = false;
    epoch = covey_mls_epoch(carl->device->group);
    cr_assert_eq(covey_device_refresh(carl->device, home_now(carl)), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    anna->is_off = false;
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(covey_mls_epoch(carl->device->group), epoch + 1);
    cr_assert_eq(covey_device_refresh(carl->device, home_now(carl)), COVEY_OK);
    for (unsigned i = 0; i < 16; i++) {
        cr_assert_eq(home_text(carl, "nobody here either"), COVEY_OK);
        home_run(10000);
    }
    cr_assert_eq(covey_mls_epoch(carl->device->group), epoch + 1);
    ben->is_off = false;
    watch->is_off = false;
    home_run(10 * HOME_MINUTE);
    are_of_one_epoch(carl, anna);
    all_is_well();
}

/* Its maker does not know that the others have read it. */
Test(anew, T14_a_commit_whose_answer_was_lost_is_sent_as_it_was)
{
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_ask(anna);
    anna->is_off = true;
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(ben, COVEY_EVENT_EPOCH), 1);
    home_lose();
    anna->is_off = false;
    home_restart(anna);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(home_text(anna, "waits for the others"), COVEY_OK);
        home_run(3 * HOME_MINUTE);
        if (i == 0) home_restart(anna);
    }
    cr_assert_eq(home_count(anna, COVEY_EVENT_DONE), 1);
    all_is_well();
}

/* As many entries as the lost log had, and others. */
Test(anew, T14_a_commit_of_the_lost_log_is_no_fork)
{
    watch->is_off = true;
    cr_assert_eq(home_text(anna, "one entry"), COVEY_OK);
    home_run(HOME_MINUTE);
    uint32_t count = anna->device->log.seen.count;
    refresh(anna);
    anna->is_off = true;
    ben->is_off = true;
    home_lose();
    watch->is_off = false;
    home_run(HOME_MINUTE);
    while (watch->device->log.seen.count < count) {
        cr_assert_eq(home_fix(watch, 1), COVEY_OK);
        home_turn(watch);
        home_run(HOME_MINUTE);
    }
    cr_assert_eq(watch->device->log.seen.count, count);
    anna->is_off = false;
    ben->is_off = false;
    home_run(5 * HOME_MINUTE);
    all_is_well();
}

/* In such a log its maker takes it as the others do. */
Test(anew, a_commit_that_came_too_late_is_one_for_everybody)
{
    home_lose();
    cr_assert_eq(home_text(ben, "then nobody is ahead"), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    uint64_t epoch = covey_mls_epoch(anna->device->group);

    cr_assert(watch->device->log.is_anew);
    home_relay_takes_all = true;
    anna->is_off = true;
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_turn(watch);
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    anna->is_off = false;
    home_turn(anna);
    home_relay_takes_all = false;
    cr_assert_eq(covey_mls_epoch(anna->device->group), epoch + 1);
    all_is_well();
}

Test(anew, T14_who_comes_later_finds_the_commits_too)
{
    watch->is_off = true;
    refresh(anna);
    refresh(anna);
    home_restart(anna);
    home_lose();
    home_run(2 * HOME_MINUTE);
    home_restart(anna);
    home_run(30 * HOME_MINUTE);
    refresh(anna);
    watch->is_off = false;
    home_run(5 * HOME_MINUTE);
    all_is_well();
}

/* A guardian who is left behind makes no commit that would part him from the
 * others for good. */
Test(anew, T14_a_guardian_who_is_left_behind_does_not_go_his_own_way)
{
    ben->is_off = true;
    refresh(anna);
    anna->is_off = true;
    watch->is_off = true;
    home_lose();
    ben->is_off = false;
    cr_assert_eq(covey_device_refresh(ben->device, home_now(ben)), COVEY_OK);
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(home_count(ben, COVEY_EVENT_DONE), 0);
    anna->is_off = false;
    watch->is_off = false;
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(home_count(ben, COVEY_EVENT_DONE), 1);
    all_is_well();
}

Test(anew, who_stays_alone_goes_on_after_ten_minutes)
{
    anna->is_off = true;
    watch->is_off = true;
    home_lose();
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(covey_device_refresh(ben->device, home_now(ben)), COVEY_OK);
    home_turn(ben);
    cr_assert(covey_device_deadline(ben->device) > home_ms);
    home_run(6 * HOME_MINUTE);
    cr_assert_eq(home_count(ben, COVEY_EVENT_DONE), 0);
    home_run(4 * HOME_MINUTE);
    cr_assert_eq(home_count(ben, COVEY_EVENT_DONE), 1);
}

/* ---- proposals, commands ---- */

Test(anew, T14_what_was_proposed_is_proposed_again)
{
    const covey_member_id target = home_id(ben);

    ben->is_off = true;
    anna->is_off = true;
    cr_assert_eq(covey_device_remove(watch->device, &target, home_now(watch)),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    home_lose();
    anna->is_off = false;
    home_run(15 * HOME_MINUTE);
    cr_assert_eq(home_last(anna, COVEY_EVENT_REMOVED)->kind,
                 COVEY_EVENT_REMOVED);
    cr_assert_eq(home_count(watch, COVEY_EVENT_DONE), 1);
}

/* Anna has read the proposal, Ben has not: else a commit of his would be
 * none for her. */
Test(anew, T14_a_lost_proposal_parts_nobody)
{
    home_device *carl = home_add("carl", true);

    home_pair(anna, carl, COVEY_ROLE_GUARDIAN, false);
    anna->is_off = true;
    carl->is_off = true;
    watch->device->self.update_taken = 0;
    home_ms += (uint64_t)21 * 60 * HOME_MINUTE;
    home_turn(watch);
    home_turn(watch);
    home_turn(ben);
    cr_assert(covey_mls_num_proposals(ben->device->group) > 0);
    home_lose();
    carl->is_off = false;
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(covey_device_refresh(carl->device, home_now(carl)), COVEY_OK);
    home_run(5 * HOME_MINUTE);
    anna->is_off = false;
    home_run(5 * HOME_MINUTE);
    are_of_one_epoch(ben, carl);
    all_is_well();
}

/* The commit that was lost had taken up the watch's Update. */
Test(anew, T14_a_lost_commit_with_ones_own_keys_is_followed)
{
    watch->device->self.update_taken = 0;
    home_ms += (uint64_t)21 * 60 * HOME_MINUTE;
    home_turn(watch);
    home_turn(watch);
    watch->is_off = true;
    refresh(anna);
    home_lose();
    watch->is_off = false;
    home_run(5 * HOME_MINUTE);
    all_is_well();
}

Test(anew, T08_a_command_of_the_lost_log_needs_a_new_boot)
{
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_RING,
                              10 * HOME_MINUTE),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 1);
    home_lose();
    home_run(2 * HOME_MINUTE);
    cr_assert(watch->device->log.boot != 0);
    cr_assert_eq(home_command(anna, watch, COVEY_COMMAND_RING,
                              10 * HOME_MINUTE),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_COMMAND), 2);
    all_is_well();
}

static void rename_store(const home_device *client,
                         const covey_request *request)
{
    (void)client;
    (void)request;
    home_origin++;
}

Test(anew, T60_a_relay_that_renames_its_store_all_the_time_is_asked_in_peace)
{
    home_on_request = rename_store;
    uint64_t requests = home_requests;
    home_run(5 * HOME_MINUTE);
    cr_assert(home_requests - requests < 200, "%d requests",
              (int)(home_requests - requests));
    home_on_request = NULL;
    home_run(HOME_MINUTE);
    all_is_well();
}

/* Then its indices say what they can: T14_an_empty_relay_... in log.c. */
Test(anew, a_relay_that_names_no_store_any_more_goes_on_as_it_is)
{
    home_origin = 0;
    all_is_well();
    for (size_t i = 0; i < home_num_boxes; i++) home_boxes[i]->num = 0;
    home_run(2 * HOME_MINUTE);
    all_is_well();
    cr_assert_eq(times_lost(anna), 0);
}
