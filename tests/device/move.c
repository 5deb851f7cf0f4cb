/* Which relay the circle meets at, and going to another one. */
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

TestSuite(move, .init = begin);

static void move(home_device *device, const char *relay)
{
    cr_assert_eq(covey_device_move(device->device, relay, home_now(device)),
                 COVEY_OK);
}

static void uses(const home_device *device, const char *relay)
{
    cr_assert_str_eq(covey_device_relay(device->device), relay, "%s is at %s",
                     device->name, covey_device_relay(device->device));
}

static void all_use(const char *relay)
{
    uses(anna, relay);
    uses(watch, relay);
    uses(ben, relay);
}

/* Something goes from each to the others. */
static void all_talk(void)
{
    size_t texts = home_heard(watch, COVEY_CONTENT_TEXT);
    size_t fixes = home_heard(ben, COVEY_CONTENT_LOCATION);

    cr_assert_eq(home_text(anna, "here"), COVEY_OK);
    cr_assert_eq(home_text(ben, "here too"), COVEY_OK);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(10 * HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), texts + 2);
    cr_assert_eq(home_heard(ben, COVEY_CONTENT_LOCATION), fixes + 1);
    cr_assert_eq(covey_device_num_waiting(anna->device), 0);
    cr_assert_eq(covey_device_num_waiting(watch->device), 0);
}

Test(move, T55_all_go_where_a_guardian_moves_the_circle)
{
    move(anna, HOME_OTHER_RELAY);
    cr_assert_eq(covey_device_busy(anna->device), COVEY_OPERATION_MOVE);
    home_run(2 * HOME_MINUTE);
    all_use(HOME_OTHER_RELAY);
    cr_assert_eq(home_last(anna, COVEY_EVENT_DONE)->kind, COVEY_EVENT_DONE);
    home_gone = HOME_RELAY;
    all_talk();
}

Test(move, everybody_is_told_who_moved_it_once)
{
    const covey_member_id by = home_id(anna);

    move(anna, HOME_OTHER_RELAY);
    home_run(2 * HOME_MINUTE);
    const home_device *all[] = {anna, watch, ben};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(home_count(all[i], COVEY_EVENT_MOVED), 1);
        cr_assert_arr_eq(&home_last(all[i], COVEY_EVENT_MOVED)->by, &by,
                         sizeof by);
    }
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_MOVED), 1);
    all_use(HOME_OTHER_RELAY);
    /* Another store there: nothing was lost by that. */
    for (size_t i = 0; i < watch->num_events; i++) {
        cr_assert(watch->events[i].kind != COVEY_EVENT_RELAY ||
                  watch->events[i].relay != COVEY_RELAY_LOST);
    }
}

Test(move, it_outlives_restarts_at_each_step)
{
    move(anna, HOME_OTHER_RELAY);
    home_restart(anna);
    cr_assert_eq(covey_device_busy(anna->device), COVEY_OPERATION_MOVE);
    home_turn(anna);
    home_restart(anna);
    home_run(2 * HOME_MINUTE);
    home_restart(watch);
    home_restart(ben);
    all_use(HOME_OTHER_RELAY);
    all_talk();
}

Test(move, anothers_commit_that_came_first_only_delays_it)
{
    anna->is_off = true;
    move(anna, HOME_OTHER_RELAY);
    cr_assert_eq(covey_device_refresh(ben->device, home_now(ben)), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    all_use(HOME_RELAY);
    anna->is_off = false;
    home_run(2 * HOME_MINUTE);
    all_use(HOME_OTHER_RELAY);
}

Test(move, who_was_away_finds_the_way)
{
    watch->is_off = true;
    move(anna, HOME_OTHER_RELAY);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_text(ben, "said elsewhere"), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    uses(watch, HOME_RELAY);
    watch->is_off = false;
    home_run(5 * HOME_MINUTE);
    uses(watch, HOME_OTHER_RELAY);
    cr_assert_str_eq(home_last_heard(watch, COVEY_CONTENT_TEXT)->text,
                     "said elsewhere");
}

Test(move, T35_only_a_guardian_moves_it)
{
    home_device *carla = home_add("carla", true);

    home_pair(anna, carla, COVEY_ROLE_CARER, false);
    cr_assert_eq(covey_device_move(watch->device, HOME_OTHER_RELAY,
                                   home_now(watch)),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_device_move(carla->device, HOME_OTHER_RELAY,
                                   home_now(carla)),
                 COVEY_ERR_STATE);
}

Test(move, what_is_no_name_of_a_relay_is_refused)
{
    static const char *const bad[] = {
        "", "/path", ":443", "https://a", "a b", "a:0", "Upper.example"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(covey_device_move(anna->device, bad[i], home_now(anna)),
                     COVEY_ERR_ARGUMENT, "%s", bad[i]);
        cr_assert_eq(covey_device_use_relay(watch->device, bad[i],
                                            home_now(watch)),
                     COVEY_ERR_ARGUMENT, "%s", bad[i]);
    }
    all_use(HOME_RELAY);
    cr_assert_eq(covey_device_busy(anna->device), COVEY_OPERATION_NONE);
}

Test(move, T55_a_relay_that_is_gone_for_good_is_left_by_hand)
{
    home_device *all[] = {anna, watch, ben};

    home_gone = HOME_RELAY;
    cr_assert_eq(home_text(anna, "kept"), COVEY_OK);
    home_run(20 * HOME_MINUTE);
    cr_assert_eq(home_last(anna, COVEY_EVENT_RELAY)->kind, COVEY_EVENT_RELAY);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(covey_device_use_relay(all[i]->device, HOME_OTHER_RELAY,
                                            home_now(all[i])),
                     COVEY_OK);
        home_restart(all[i]);
    }
    home_run(5 * HOME_MINUTE);
    cr_assert_str_eq(home_last_heard(watch, COVEY_CONTENT_TEXT)->text, "kept");
    cr_assert_str_eq(home_last_heard(ben, COVEY_CONTENT_TEXT)->text, "kept");
    all_talk();

    /* A refresh does not send them back; a move makes it the circle's. */
    cr_assert_eq(covey_device_refresh(ben->device, home_now(ben)), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    all_use(HOME_OTHER_RELAY);
    move(anna, HOME_OTHER_RELAY);
    home_run(2 * HOME_MINUTE);
    all_use(HOME_OTHER_RELAY);
    home_device *dora = home_add("dora", true);
    home_gone = NULL;
    home_pair(anna, dora, COVEY_ROLE_GUARDIAN, false);
    home_gone = HOME_RELAY;
    uses(dora, HOME_OTHER_RELAY);
    all_talk();
}

Test(move, what_was_on_its_way_when_one_went_by_hand_is_sent_again_once)
{
    static uint8_t out[65536];
    covey_buffer body = {out, sizeof out, 0};
    covey_request request;

    cr_assert_eq(home_text(anna, "twice asked"), COVEY_OK);
    cr_assert_eq(covey_device_next_request(anna->device, home_now(anna), &body,
                                           &request),
                 COVEY_OK);
    cr_assert(request.body.len > 256);
    home_device *all[] = {anna, watch, ben};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(covey_device_use_relay(all[i]->device, HOME_OTHER_RELAY,
                                            home_now(all[i])),
                     COVEY_OK);
    }
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
    covey_device_failed(anna->device, home_now(anna), request.id);
    all_talk();
}

Test(move, what_only_the_old_relay_took_is_sent_again)
{
    home_device *all[] = {anna, watch, ben};

    cr_assert_eq(home_text(anna, "taken, and gone"), COVEY_OK);
    anna->device->outbox.entries[0].index = 99; /* as the old one answered */
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(covey_device_use_relay(all[i]->device, HOME_OTHER_RELAY,
                                            home_now(all[i])),
                     COVEY_OK);
    }
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 1);
}

Test(move, by_hand_only_who_is_of_a_circle_and_has_no_events_left)
{
    home_device *emil = home_add("emil", true);

    cr_assert_eq(covey_device_use_relay(emil->device, HOME_OTHER_RELAY,
                                        home_now(emil)),
                 COVEY_ERR_STATE);
    anna->device->inbox.is_there = true;
    cr_assert_eq(covey_device_use_relay(anna->device, HOME_OTHER_RELAY,
                                        home_now(anna)),
                 COVEY_ERR_STATE);
    anna->device->inbox.is_there = false;
    uses(anna, HOME_RELAY);
}

Test(move, T35_a_guardian_who_names_no_relay_moves_nobody)
{
    move(anna, HOME_OTHER_RELAY);
    strcpy(anna->device->committer->relay, "/nowhere");
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_EPOCH), 1);
    all_use(HOME_RELAY);
    cr_assert_eq(home_count(watch, COVEY_EVENT_MOVED), 0);
    all_talk();
}

Test(move, a_hook_that_fails_leaves_it_where_it_was)
{
    anna->fails_at = 1;
    cr_assert_eq(covey_device_move(anna->device, HOME_OTHER_RELAY,
                                   home_now(anna)),
                 COVEY_ERR_PORT);
    cr_assert_eq(covey_device_busy(anna->device), COVEY_OPERATION_NONE);
    watch->fails_at = 1;
    cr_assert_eq(covey_device_use_relay(watch->device, HOME_OTHER_RELAY,
                                        home_now(watch)),
                 COVEY_ERR_PORT);
    all_use(HOME_RELAY);
    all_talk();
}
