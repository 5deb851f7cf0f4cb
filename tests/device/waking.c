/* How a phone that sleeps has the relay wake it. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "device/device.h"
#include "home.h"

static home_device *anna;
static home_device *watch;
static covey_sync_request last; /* of Anna's */
static uint8_t said[COVEY_ENDPOINT_MAX];

static void on_request(const home_device *client, const covey_request *request)
{
    static uint8_t memory[COVEY_REQUEST_BYTES * 2];
    covey_scratch scratch = covey_scratch_of(memory, sizeof memory);

    if (client != anna) return;
    cr_assert_eq(covey_sync_request_decode(&last, &scratch, request->body),
                 COVEY_OK);
    cr_assert_leq(last.sealed_endpoint.len, sizeof said);
    covey_copy(said, last.sealed_endpoint.at, last.sealed_endpoint.len);
}

static void begin(void)
{
    home_two(&anna, &watch);
    home_on_request = on_request;
}

TestSuite(waking, .init = begin);

static int set(const char *endpoint, uint32_t expiry_s)
{
    return covey_device_set_endpoint(anna->device, home_now(anna),
                                     covey_bytes_of_text(endpoint), expiry_s);
}

static void says(const char *endpoint, uint32_t expiry_s)
{
    cr_assert_eq(last.has_wake, endpoint != NULL);
    if (endpoint == NULL) return;
    cr_assert_eq(last.sealed_endpoint.len, strlen(endpoint));
    cr_assert_arr_eq(said, endpoint, strlen(endpoint));
    cr_assert_eq(last.expiry_s, expiry_s);
}

Test(waking, every_request_says_it_and_the_first_one_soon)
{
    home_run(2 * HOME_MINUTE);
    says(NULL, 0);
    cr_assert_eq(set("sealed to a gateway", 86400), COVEY_OK);
    home_turn(anna);
    says("sealed to a gateway", 86400);
    cr_assert_eq(home_text(anna, "with a blob, too"), COVEY_OK);
    home_turn(anna);
    cr_assert_eq(last.num_appends, 1);
    says("sealed to a gateway", 86400);
    home_run(3 * HOME_MINUTE);
    says("sealed to a gateway", 86400);
}

Test(waking, it_is_ended_and_forgotten)
{
    cr_assert_eq(set("sealed to a gateway", 86400), COVEY_OK);
    home_turn(anna);
    cr_assert_eq(set("sealed to a gateway", 0), COVEY_OK);
    home_turn(anna);
    says("sealed to a gateway", 0);
    cr_assert_eq(set("", 0), COVEY_OK);
    home_turn(anna);
    says(NULL, 0);
}

/* The same bytes would tell the relay that two mailboxes are one family's. */
Test(waking, T12_the_next_epoch_has_none_until_it_is_given_one)
{
    cr_assert_eq(set("of the first epoch", 86400), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    says(NULL, 0);
    cr_assert_eq(set("of the second one", 86400), COVEY_OK);
    home_turn(anna);
    says("of the second one", 86400);
}

Test(waking, it_is_not_stored)
{
    cr_assert_eq(set("not for the flash", 86400), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    home_restart(anna);
    home_turn(anna);
    says(NULL, 0);
}

/* What is dropped then is loaded again; this is the host's. */
Test(waking, a_save_that_fails_does_not_lose_it)
{
    cr_assert_eq(set("still there", 86400), COVEY_OK);
    anna->fails_at = 1;
    cr_assert_eq(home_text(anna, "not saved"), COVEY_ERR_PORT);
    home_run(2 * HOME_MINUTE);
    says("still there", 86400);
}

Test(waking, a_relay_that_is_away_is_not_asked_sooner_for_it)
{
    home_relay_is_away = true;
    home_run(10 * HOME_MINUTE);
    uint64_t due = anna->device->channels[COVEY_CHANNEL_EPOCH].due;

    cr_assert_eq(set("sealed to a gateway", 86400), COVEY_OK);
    cr_assert_eq(anna->device->channels[COVEY_CHANNEL_EPOCH].due, due);
}

Test(waking, what_is_out_of_range_changes_nothing)
{
    static char longest[COVEY_ENDPOINT_MAX + 2];
    home_device *emil = home_add("emil", true);

    memset(longest, 'e', COVEY_ENDPOINT_MAX);
    cr_assert_eq(set(longest, COVEY_ENDPOINT_EXPIRY_MAX_S), COVEY_OK);
    home_turn(anna);
    says(longest, COVEY_ENDPOINT_EXPIRY_MAX_S);
    cr_assert_eq(set("short", COVEY_ENDPOINT_EXPIRY_MAX_S + 1),
                 COVEY_ERR_ARGUMENT);
    longest[COVEY_ENDPOINT_MAX] = 'e';
    cr_assert_eq(set(longest, 1), COVEY_ERR_ARGUMENT);
    longest[COVEY_ENDPOINT_MAX] = '\0';
    home_run(2 * HOME_MINUTE);
    says(longest, COVEY_ENDPOINT_EXPIRY_MAX_S);
    cr_assert_eq(covey_device_set_endpoint(emil->device, home_now(emil),
                                           covey_bytes_of_text("e"), 1),
                 COVEY_ERR_STATE);
}

/* Blobs that fill a request leave room for the longest. */
Test(waking, the_longest_request_has_room_for_it)
{
    static char longest[COVEY_ENDPOINT_MAX + 1];
    static char text[4000];

    memset(longest, 'e', COVEY_ENDPOINT_MAX);
    memset(text, 'x', sizeof text - 1);
    cr_assert_eq(set(longest, COVEY_ENDPOINT_EXPIRY_MAX_S), COVEY_OK);
    for (unsigned i = 0; i < 8; i++) (void)home_text(anna, text);
    home_run(5 * HOME_MINUTE);
    says(longest, COVEY_ENDPOINT_EXPIRY_MAX_S);
    cr_assert_eq(covey_device_num_waiting(anna->device), 0);
}
