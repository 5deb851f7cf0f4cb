/* Coming into a circle, and who must not. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "circle/invite.h"
#include "home.h"
#include "support/bytes.h"

static home_device *anna;
static home_device *watch;
static char uri[COVEY_URI_SIZE];

/* Anna has a circle, the watch shows an invite. */
static void begin(void)
{
    home_begin();
    anna = home_add("anna", true);
    watch = home_add("watch", false);
    cr_assert_eq(covey_device_create(anna->device, HOME_RELAY, home_now(anna)),
                 COVEY_OK);
    cr_assert_eq(covey_device_invite(watch->device, COVEY_ROLE_WEARER,
                                     HOME_RELAY, 0, home_now(watch), uri),
                 COVEY_OK);
}

static int accept(home_device *guardian)
{
    return covey_device_accept(guardian->device, uri, false,
                               home_now(guardian));
}

static int enter(const char *digits, unsigned *left)
{
    return covey_device_enter_digits(anna->device, digits, home_now(anna),
                                     left);
}

TestSuite(pairing, .init = begin);

Test(pairing, an_invite_says_what_it_asks_for)
{
    covey_role role;
    char relay[COVEY_RELAY_SIZE];

    cr_assert_eq(covey_invite_peek(uri, &role, relay), COVEY_OK);
    cr_assert_eq(role, COVEY_ROLE_WEARER);
    cr_assert_str_eq(relay, HOME_RELAY);
    uri[20] = '!';
    cr_assert_eq(covey_invite_peek(uri, &role, relay), COVEY_ERR_INVITE);
}

Test(pairing, T30_the_window_closes)
{
    home_run(121000);
    cr_assert_eq(home_count(watch, COVEY_EVENT_INVITE_ENDED), 1);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_EMPTY);
    cr_assert_eq(accept(anna), COVEY_OK);
    home_run(11 * HOME_MINUTE);
    cr_assert_eq(home_last(anna, COVEY_EVENT_FAILED)->error, COVEY_ERR_INVITE);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_EMPTY);
}

/* Somebody photographed the code, and is faster. The watch joins him, but
 * Anna's phone never asks for digits: nobody confirms. */
Test(pairing, T30_who_photographed_the_code_is_not_confirmed)
{
    home_device *eve = home_add("eve", true);

    cr_assert_eq(covey_device_create(eve->device, HOME_RELAY, home_now(eve)),
                 COVEY_OK);
    cr_assert_eq(accept(eve), COVEY_OK);
    for (unsigned i = 0; i < 30; i++) {
        home_turn(watch);
        home_turn(eve);
        home_ms += 1000;
    }
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_JOINED);
    cr_assert_eq(accept(anna), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(anna, COVEY_EVENT_ENTER_DIGITS), 0);
    /* Until somebody confirms it, the watch says and shows nothing. */
    cr_assert_eq(home_text(eve, "come outside"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_heard(watch, COVEY_CONTENT_TEXT), 0);
    cr_assert_eq(home_fix(watch, 1), COVEY_ERR_STATE);
    cr_assert_eq(covey_device_cancel(watch->device), COVEY_OK);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_EMPTY);
}

Test(pairing, T30_three_tries_for_the_digits)
{
    unsigned left = 9;

    cr_assert_eq(accept(anna), COVEY_OK);
    home_run(30000);
    const char *shown = home_last(watch, COVEY_EVENT_SHOW_DIGITS)->digits;
    char wrong[COVEY_DIGITS_SIZE];

    memcpy(wrong, shown, sizeof wrong);
    wrong[0] = wrong[0] == '9' ? '0' : (char)(wrong[0] + 1);
    cr_assert_eq(enter(wrong, &left), COVEY_ERR_AUTH);
    cr_assert_eq(left, 2);
    home_restart(anna); /* does not give them back */
    cr_assert_eq(enter("12345", &left), COVEY_ERR_AUTH);
    cr_assert_eq(left, 1);
    cr_assert_eq(enter(wrong, &left), COVEY_ERR_AUTH);
    cr_assert_eq(left, 0);
    cr_assert_eq(enter(shown, &left), COVEY_ERR_STATE);
    home_turn(anna);
    cr_assert_eq(home_last(anna, COVEY_EVENT_FAILED)->error, COVEY_ERR_AUTH);
}

Test(pairing, T30_an_invite_is_used_once)
{
    home_device *ben = home_add("ben", true);

    cr_assert_eq(accept(anna), COVEY_OK);
    home_run(30000);
    cr_assert_eq(covey_device_create(ben->device, HOME_RELAY, home_now(ben)),
                 COVEY_OK);
    cr_assert_eq(accept(ben), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(ben, COVEY_EVENT_ENTER_DIGITS), 0);
    cr_assert_eq(home_count(watch, COVEY_EVENT_SHOW_DIGITS), 1);
}

Test(pairing, T54_a_watch_that_is_of_a_circle_shows_no_invite)
{
    char other[COVEY_URI_SIZE];

    cr_assert_eq(covey_device_invite(watch->device, COVEY_ROLE_WEARER,
                                     HOME_RELAY, 0, home_now(watch), other),
                 COVEY_ERR_STATE);
    cr_assert_eq(accept(anna), COVEY_OK);
    home_run(30000);
    cr_assert_eq(covey_device_invite(watch->device, COVEY_ROLE_WEARER,
                                     HOME_RELAY, 0, home_now(watch), other),
                 COVEY_ERR_STATE);
}

/* The two meet at a relay of the watch's maker; the circle has its own. */
Test(pairing, T35_a_newcomer_goes_to_the_relay_of_the_circle)
{
    covey_buffer body = {test_alloc(covey_device_request_size()),
                         covey_device_request_size(), 0};
    covey_request request;

    cr_assert_eq(covey_device_cancel(watch->device), COVEY_OK);
    cr_assert_eq(covey_device_wipe(anna->device), COVEY_OK);
    cr_assert_eq(covey_device_create(anna->device, "relay.test/own",
                                     home_now(anna)),
                 COVEY_OK);
    cr_assert_eq(covey_device_invite(watch->device, COVEY_ROLE_WEARER,
                                     HOME_RELAY, 0, home_now(watch), uri),
                 COVEY_OK);
    cr_assert_eq(accept(anna), COVEY_OK);
    home_run(30000);
    cr_assert_eq(covey_device_confirm(watch->device, home_now(watch)),
                 COVEY_OK);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    cr_assert_eq(covey_device_next_request(watch->device, home_now(watch),
                                           &body, &request),
                 COVEY_OK);
    cr_assert_str_eq(request.relay, "relay.test/own");
    cr_assert_str_eq(covey_device_relay(watch->device), "relay.test/own");
}

Test(pairing, T05_a_second_wearer_is_refused)
{
    home_device *other = home_add("other", false);

    cr_assert_eq(accept(anna), COVEY_OK);
    home_run(30000);
    cr_assert_eq(enter(home_last(watch, COVEY_EVENT_SHOW_DIGITS)->digits, NULL),
                 COVEY_OK);
    home_turn(anna);
    cr_assert_eq(covey_device_invite(other->device, COVEY_ROLE_WEARER,
                                     HOME_RELAY, 0, home_now(other), uri),
                 COVEY_OK);
    cr_assert_eq(accept(anna), COVEY_ERR_PERMISSION);
}

/* T05, T26, T28: the relay, with all that it has and can make up, brings
 * nobody into the circle. */
Test(pairing, T05_T26_T28_the_relays_blobs_make_no_member)
{
    uint8_t junk[1024];
    test_choices choices = test_choices_of(5);

    cr_assert_eq(accept(anna), COVEY_OK);
    for (unsigned i = 0; i < 40; i++) {
        test_fill(&choices, junk, sizeof junk);
        for (size_t at = 0; at < home_num_boxes; at++) {
            home_box_put(home_boxes[at], covey_bytes_of(junk, 256u << (i % 3)));
        }
        home_run(1000);
    }
    covey_member member;
    size_t num = 0;
    while (covey_device_member(anna->device, num, home_now(anna), &member)) {
        num++;
    }
    cr_assert_eq(num, 2);
    cr_assert_eq(home_count(watch, COVEY_EVENT_SHOW_DIGITS), 1);
}

Test(pairing, T40_no_relay_name_is_a_number_and_none_is_too_long)
{
    static const char *const wrong[] = {
        "",
        "Relay.test",
        "relay test",
        "relay.test\n",
        "me@relay.test",
        "relay.test?a",
        "relay.test#a",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    home_device *ben = home_add("ben", true);

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_assert_eq(covey_device_create(ben->device, wrong[i], home_now(ben)),
                     COVEY_ERR_ARGUMENT);
    }
}

Test(pairing, T58_without_randomness_nothing_begins)
{
    home_device *ben = home_add("ben", true);

    for (unsigned at = 0; at < 3; at++) {
        ben->random.fail_at = ben->random.num_calls + at;
        ben->random.failed = false;
        int err = covey_device_create(ben->device, HOME_RELAY, home_now(ben));

        cr_assert_eq(err, COVEY_ERR_RANDOM);
        cr_assert_eq(covey_device_state_of(ben->device), COVEY_DEVICE_EMPTY);
    }
    ben->random.fail_at = TEST_RANDOM_NEVER;
    cr_assert_eq(covey_device_create(ben->device, HOME_RELAY, home_now(ben)),
                 COVEY_OK);
}

Test(pairing, an_invite_outlives_a_restart_and_ends_on_time)
{
    home_restart(watch);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_INVITING);
    cr_assert_eq(accept(anna), COVEY_OK);
    home_run(30000);
    home_restart(watch);
    home_turn(watch);
    cr_assert_eq(home_count(watch, COVEY_EVENT_SHOW_DIGITS), 2);
    cr_assert_eq(enter(home_last(watch, COVEY_EVENT_SHOW_DIGITS)->digits, NULL),
                 COVEY_OK);
}

/* Another commit comes between the Welcome and the newcomer's word. */
Test(pairing, who_joins_while_the_epoch_ends_shows_other_digits)
{
    home_device *ben = home_add("ben", true);

    cr_assert_eq(accept(anna), COVEY_OK);
    home_run(30000);
    cr_assert_eq(enter(home_last(watch, COVEY_EVENT_SHOW_DIGITS)->digits, NULL),
                 COVEY_OK);
    cr_assert_eq(covey_device_confirm(watch->device, home_now(watch)),
                 COVEY_OK);
    cr_assert_eq(covey_device_invite(ben->device, COVEY_ROLE_GUARDIAN,
                                     HOME_RELAY, 600, home_now(ben), uri),
                 COVEY_OK);
    cr_assert_eq(accept(anna), COVEY_OK);
    for (unsigned i = 0;
         i < 60 && covey_device_state_of(ben->device) != COVEY_DEVICE_JOINED;
         i++) {
        home_run(1000);
        ben->is_off = home_count(anna, COVEY_EVENT_ADDED) >= 2 && i % 2 == 0;
    }
    ben->is_off = false;
    home_run(60000);
    cr_assert_eq(enter(home_last(ben, COVEY_EVENT_SHOW_DIGITS)->digits, NULL),
                 COVEY_OK);
}

/* The relay loses its database while the code is on the screen. */
Test(pairing, T14_a_newcomer_whose_keys_the_relay_lost_posts_them_again)
{
    home_run(3000);
    cr_assert_eq(home_appends, 1);
    for (size_t i = 0; i < home_num_boxes; i++) home_boxes[i]->num = 0;
    home_run(5000);
    cr_assert_eq(accept(anna), COVEY_OK);
    home_run(30000);
    cr_assert_eq(home_count(anna, COVEY_EVENT_ENTER_DIGITS), 1);
}

/* Of such a name no request could be made: nobody is to wait for it. */
Test(pairing, T35_an_invite_at_no_relay_is_none)
{
    covey_invite invite;
    size_t len = 0;

    cr_assert_eq(covey_invite_read(&invite, covey_bytes_of_text(uri)),
                 COVEY_OK);
    invite.relay[0] = '/';
    cr_assert_eq(covey_invite_write(uri, sizeof uri, &len, &invite), COVEY_OK);
    cr_assert_eq(accept(anna), COVEY_ERR_INVITE);
}

/* It is said before anybody waits for the newcomer. */
Test(pairing, a_person_has_no_more_than_four_phones)
{
    home_two(&anna, &watch);
    for (unsigned i = 0; i < 3; i++) {
        home_pair(anna, home_add("hers", true), COVEY_ROLE_GUARDIAN, true);
    }
    home_device *more = home_add("more", true);

    cr_assert_eq(covey_device_invite(more->device, COVEY_ROLE_GUARDIAN,
                                     HOME_RELAY, 600, home_now(more), uri),
                 COVEY_OK);
    cr_assert_eq(covey_device_accept(anna->device, uri, true, home_now(anna)),
                 COVEY_ERR_PERMISSION);
    cr_assert_eq(covey_device_busy(anna->device), COVEY_OPERATION_NONE);
    cr_assert_eq(covey_device_accept(anna->device, uri, false, home_now(anna)),
                 COVEY_OK);
}
