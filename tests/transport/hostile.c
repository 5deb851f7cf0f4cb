/* What a relay, or who pretends to be one, can do to whoever asks it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <covey/error.h>

#include "rig.h"
#include "server.h"

static void set_up(void)
{
    server_start("plain");
}

TestSuite(transport_hostile, .init = set_up, .fini = server_stop,
          .timeout = 60);

static rig *started(uint32_t answer_ms)
{
    rig *r = rig_new();
    covey_transport_config config = rig_config();

    config.connect_ms = config.answer_ms = answer_ms;
    rig_start(r, &config);
    return r;
}

/* After whatever it was, the next request goes well. */
static void check_well_and_stop(rig *r)
{
    size_t failed = r->device.num_failed;

    r->device.input_error = COVEY_OK;
    cr_assert_eq(rig_outcome(r, server_relay("plain", "/echo")),
                 COVEY_TRANSPORT_ANSWERED);
    cr_assert_eq(r->device.num_failed, failed);
    rig_stop(r);
}

Test(transport_hostile, redirects_are_not_followed)
{
    static const int statuses[] = {301, 302, 303, 307, 308};
    rig *r = started(0);
    char path[40];

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        snprintf(path, sizeof path, "/redirect/%d", statuses[i]);
        cr_assert_eq(rig_outcome(r, server_relay("plain", path)),
                     COVEY_TRANSPORT_STATUS);
        cr_assert_eq(r->status, statuses[i]);
    }
    cr_assert_eq(server_count("post"), 5, "it went where it was sent");
    cr_assert_eq(server_count("get"), 0);
    cr_assert_eq(r->device.num_failed, 5);
    cr_assert_eq(r->device.num_answered, 0);
    check_well_and_stop(r);
}

Test(transport_hostile, only_200_and_400_are_answers)
{
    static const int statuses[] = {201, 204, 206, 401, 402, 403, 404,
                                   405, 407, 413, 429, 500, 502, 503};
    rig *r = started(0);
    char path[40];

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        snprintf(path, sizeof path, "/status/%d", statuses[i]);
        cr_assert_eq(rig_outcome(r, server_relay("plain", path)),
                     COVEY_TRANSPORT_STATUS, "%d", statuses[i]);
        cr_assert_eq(r->status, statuses[i]);
    }
    cr_assert_eq(r->device.num_answered, 0);
    cr_assert_eq(rig_outcome(r, server_relay("plain", "/status/400")),
                 COVEY_TRANSPORT_ANSWERED, "its body says \"bad request\"");
    cr_assert_eq(r->status, 400);
    cr_assert_eq(r->device.answer_len, 200);
    rig_stop(r);
}

Test(transport_hostile, only_the_right_type_is_an_answer)
{
    static const char *const wrong[] = {"none", "html", "longer", "first"};
    rig *r = started(0);
    char path[40];

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(path, sizeof path, "/type/200/%s", wrong[i]);
        cr_assert_eq(rig_outcome(r, server_relay("plain", path)),
                     COVEY_TRANSPORT_GARBAGE, "%s", wrong[i]);
        snprintf(path, sizeof path, "/type/400/%s", wrong[i]);
        cr_assert_eq(rig_outcome(r, server_relay("plain", path)),
                     COVEY_TRANSPORT_STATUS, "%s", wrong[i]);
    }
    cr_assert_eq(r->device.num_failed, 8);
    cr_assert_eq(r->device.num_answered, 0);
    cr_assert_eq(rig_outcome(r, server_relay("plain", "/type/200/large")),
                 COVEY_TRANSPORT_ANSWERED);
    cr_assert_eq(rig_outcome(r, server_relay("plain", "/type/200/more")),
                 COVEY_TRANSPORT_ANSWERED);
    rig_stop(r);
}

/* T60. Whether it says how much will come or not, in the body or before it. */
static void check_flood(const char *path)
{
    rig *r = started(0);
    unsigned number = 0;
    unsigned long sent = 0;

    cr_assert_eq(rig_outcome(r, server_relay("plain", path)),
                 COVEY_TRANSPORT_TOO_LONG);
    cr_assert_eq(r->device.num_failed, 1);
    cr_assert(server_says("flooded", 10000));
    cr_assert_eq(sscanf(server_line(), "flooded %u %lu", &number, &sent), 2);
    /* What fits the sockets' buffers is under way already. */
    cr_assert(sent < 20000000, "%lu bytes were taken", sent);
    check_well_and_stop(r);
}

Test(transport_hostile, t60_an_answer_of_100_megabytes_is_ended_early)
{
    check_flood("/long");
}

Test(transport_hostile, t60_so_is_one_that_says_no_length)
{
    check_flood("/endless");
}

Test(transport_hostile, t60_so_is_one_in_small_pieces)
{
    check_flood("/pieces");
}

Test(transport_hostile, t60_so_are_headers_without_end)
{
    check_flood("/headers");
}

Test(transport_hostile, t60_so_are_interim_answers_without_end)
{
    check_flood("/continue");
}

Test(transport_hostile, one_byte_more_than_asked_for_is_too_long)
{
    rig *r = started(0);

    fake_ask(&r->device, server_relay("plain", "/echo"), 1)->answer_max = 199;
    cr_assert(rig_run(r, 1, 10000));
    cr_assert_eq(r->outcome, COVEY_TRANSPORT_TOO_LONG);
    fake_ask(&r->device, server_relay("plain", "/echo"), 1)->answer_max = 200;
    cr_assert(rig_run(r, 2, 10000));
    cr_assert_eq(r->outcome, COVEY_TRANSPORT_ANSWERED);
    rig_stop(r);
}

/* 10 MB of zeros come as 10 kB: they stay that. */
Test(transport_hostile, what_is_compressed_is_not_unpacked)
{
    rig *r = started(0);

    fake_ask(&r->device, server_relay("plain", "/bomb"), 1)->answer_max = 20000;
    cr_assert(rig_run(r, 1, 10000));
    cr_assert_eq(r->outcome, COVEY_TRANSPORT_ANSWERED);
    cr_assert(r->device.answer_len < 20000);
    cr_assert_eq(r->device.answer[0], 0x1f);
    cr_assert_eq(r->device.answer[1], 0x8b);
    rig_stop(r);
}

static void check_stall(const char *path)
{
    rig *r = started(300);
    uint64_t begun = rig_ms();

    /* 300 to connect, 300 for an answer, 1,000 for 4,000 bytes. */
    fake_ask(&r->device, server_relay("plain", path), 1)->answer_max = 3800;
    cr_assert(rig_run(r, 1, 20000));
    cr_assert_eq(r->outcome, COVEY_TRANSPORT_TIMEOUT);
    uint64_t took = rig_ms() - begun;
    cr_assert(took >= 1500, "after %u ms", (unsigned)took);
    cr_assert(took < 4500, "only after %u ms", (unsigned)took);
    cr_assert(server_says("gone", 5000));
    check_well_and_stop(r);
}

Test(transport_hostile, an_answer_that_stops_is_given_up)
{
    check_stall("/stall");
}

Test(transport_hostile, so_is_one_that_drips)
{
    check_stall("/drip");
}

Test(transport_hostile, so_is_one_that_does_not_begin)
{
    check_stall("/wait");
}

Test(transport_hostile, an_answer_that_ends_early_is_none)
{
    rig *r = started(0);

    cr_assert_eq(rig_outcome(r, server_relay("plain", "/early")),
                 COVEY_TRANSPORT_BROKEN);
    cr_assert_eq(r->device.num_answered, 0);
    check_well_and_stop(r);
}

Test(transport_hostile, what_is_not_http_is_no_answer)
{
    rig *r = started(0);

    cr_assert_eq(rig_outcome(r, server_relay("plain", "/junk")),
                 COVEY_TRANSPORT_BROKEN);
    cr_assert_eq(r->device.num_answered, 0);
    check_well_and_stop(r);
}

Test(transport_hostile, garbage_goes_to_the_device_which_refuses_it)
{
    rig *r = started(0);

    r->device.input_error = COVEY_ERR_MALFORMED;
    cr_assert_eq(rig_outcome(r, server_relay("plain", "/echo")),
                 COVEY_TRANSPORT_GARBAGE);
    cr_assert_eq(r->device.num_answered, 1);
    cr_assert_eq(r->device.num_failed, 0, "the device counts it itself");
    cr_assert_eq(r->num_errors, 0);
    check_well_and_stop(r);
}

Test(transport_hostile, an_empty_answer_goes_to_the_device_too)
{
    rig *r = started(0);
    fake_request *q =
        fake_ask(&r->device, server_relay("plain", "/status/200"), 1);

    q->len = 34;
    cr_assert(rig_run(r, 1, 10000));
    cr_assert_eq(r->outcome, COVEY_TRANSPORT_ANSWERED);
    rig_stop(r);
}
