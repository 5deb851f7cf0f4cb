/* Requests go to the relay and their answers come back; how long polls, many
 * mailboxes, other threads and failing hooks go about it. */
#include <covey/error.h>
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"
#include "server.h"

static void set_up(void)
{
    server_start("plain mute");
}

TestSuite(transport_carry, .init = set_up, .fini = server_stop, .timeout = 60);

static rig *started(void)
{
    rig *r = rig_new();
    const covey_transport_config config = rig_config();

    rig_start(r, &config);
    return r;
}

/* Each connection's requests name one mailbox. */
static void check_one_mailbox_each(void)
{
    char mailbox[FAKE_QUEUE + 1][65] = {{0}};
    size_t at = 0;
    const char *line = NULL;

    while ((line = server_next("post", &at)) != NULL) {
        unsigned number = 0;
        char of[65] = {0};
        cr_assert_eq(sscanf(line, "post %u %64s", &number, of), 2);
        cr_assert(number <= FAKE_QUEUE);
        if (mailbox[number][0] == 0) memcpy(mailbox[number], of, sizeof of);
        cr_assert_str_eq(mailbox[number], of,
                         "a connection was used for two mailboxes");
    }
}

/* ---- one request ---- */

Test(transport_carry, a_request_arrives_whole_and_so_does_its_answer)
{
    static const size_t lens[] = {34, 200, 1000, 5000, 66000, 133000};
    static uint8_t body[FAKE_BODY_MAX];
    rig *r = started();

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        fake_request *q =
            fake_ask(&r->device, server_relay("plain", "/echo"), 1);
        q->len = lens[i];
        q->answer_max = lens[i]; /* exactly */
        cr_assert(rig_run(r, i + 1, 10000));
        cr_assert_eq(r->outcome, COVEY_TRANSPORT_ANSWERED);
        cr_assert_eq(r->status, 200);
        fake_body(body, &r->device, i);
        cr_assert_eq(r->device.answer_len, lens[i]);
        cr_assert_eq(memcmp(r->device.answer, body, lens[i]), 0);
    }
    cr_assert_eq(r->num_events, sizeof lens / sizeof lens[0],
                 "what an answer brought is handed out in the same turn");
    rig_stop(r);
}

/* Nothing that says who asks, with what, or what it was given before. */
Test(transport_carry, t12_a_request_says_nothing_about_who_sends_it)
{
    rig *r = started();
    char line[200];

    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(rig_outcome(r, server_relay("plain", "/cookie")),
                     COVEY_TRANSPORT_ANSWERED);
        cr_assert(server_says("post", 5000));
        snprintf(line, sizeof line,
                 "post 1 01%062d /cookie/v1/sync "
                 "application/octet-stream -",
                 0);
        cr_assert_str_eq(server_line(), line);
    }
    rig_stop(r);
}

Test(transport_carry, two_requests_are_on_their_way_at_once)
{
    rig *r = started();

    for (unsigned i = 0; i < 3; i++) {
        fake_ask(&r->device, server_relay("plain", "/hold"), i);
    }
    uint64_t begun = rig_ms();
    cr_assert(rig_run(r, 2, 10000));
    cr_assert(rig_ms() - begun < 2000, "one after the other");
    cr_assert_eq(r->device.most_at_once, 2);
    cr_assert(rig_run(r, 3, 10000));
    cr_assert_eq(r->device.num_answered, 3);
    rig_stop(r);
}

Test(transport_carry, several_devices_share_a_transport)
{
    enum { NUM = 5 };
    static uint8_t body[FAKE_BODY_MAX];
    rig *rigs[NUM];

    for (unsigned i = 0; i < NUM; i++) {
        rigs[i] = i == 0 ? started() : rig_new();
        if (i != 0) rig_join(rigs[i], rigs[0]->transport);
        fake_ask(&rigs[i]->device, server_relay("plain", "/hold"), i)->len =
            200 + i;
    }
    uint64_t begun = rig_ms();
    for (unsigned i = 0; i < NUM; i++) {
        cr_assert(rig_run(rigs[i], 1, 10000));
        fake_body(body, &rigs[i]->device, 0);
        cr_assert_eq(rigs[i]->device.answer_len, 200 + i);
        cr_assert_eq(memcmp(rigs[i]->device.answer, body, 200 + i), 0,
                     "it got another one's answer");
    }
    cr_assert(rig_ms() - begun < 4500, "they waited for each other");
    check_one_mailbox_each();
    for (unsigned i = 1; i < NUM; i++) {
        covey_transport_remove(rigs[0]->transport, &rigs[i]->device);
        free(rigs[i]);
    }
    rig_stop(rigs[0]);
}

/* ---- connections ---- */

Test(transport_carry, one_mailbox_keeps_its_connection)
{
    rig *r = started();

    for (unsigned i = 0; i < 10; i++) {
        cr_assert_eq(rig_outcome(r, server_relay("plain", "/echo")),
                     COVEY_TRANSPORT_ANSWERED);
    }
    cr_assert_eq(server_count("post"), 10);
    cr_assert_eq(server_count("conn plain"), 1);
    rig_stop(r);
}

Test(transport_carry, m5_no_connection_serves_two_mailboxes)
{
    rig *r = started();
    unsigned mailbox = 1;

    /* Circles of mailboxes come and go, two at a time and one after the
     * other; one that is left is come back to. */
    for (unsigned i = 0; i < 40; i++) {
        mailbox = (mailbox * 5 + i * 3 + 1) % 7;
        (void)fake_ask(&r->device, server_relay("plain", "/echo"), mailbox);
        if (i % 3 == 0) cr_assert(rig_run(r, i + 1, 10000));
    }
    cr_assert(rig_run(r, 40, 10000));
    cr_assert_eq(r->device.num_answered, 40);
    cr_assert_eq(server_count("post"), 40);
    check_one_mailbox_each();
    rig_stop(r);
}

Test(transport_carry, m5_the_old_connection_is_closed_when_its_line_is_needed)
{
    rig *r = started();

    for (unsigned i = 1; i <= 3; i++) {
        (void)fake_ask(&r->device, server_relay("plain", "/echo"), i);
        cr_assert(rig_run(r, i, 10000));
    }
    cr_assert(server_says("end 1", 5000), "the first mailbox's is still open");
    cr_assert_eq(server_count("end"), 1);
    rig_stop(r);
}

Test(transport_carry, a_line_that_rests_for_two_minutes_is_closed)
{
    rig *r = rig_new();
    const covey_transport_config config = rig_still_config(r);

    rig_start(r, &config);
    (void)rig_outcome(r, server_relay("plain", "/echo"));
    r->now.mono_ms += 110000;
    rig_run_for(r, 100);
    cr_assert_eq(server_count("end"), 0);
    r->now.mono_ms += 20000;
    rig_run_for(r, 100);
    cr_assert(server_says("end 1", 5000));
    rig_stop(r);
}

/* ---- long polls ---- */

Test(transport_carry, a_long_poll_is_given_up_when_there_is_something_to_send)
{
    rig *r = rig_new();
    const covey_transport_config config = rig_still_config(r);

    /* By this clock no time passes. */
    rig_start(r, &config);
    fake_ask(&r->device, server_relay("plain", "/wait"), 1)->wait_ms = 20000;
    rig_run_until(r, "waiting");
    cr_assert_eq(fake_on_their_way(&r->device), 1);
    r->device.interrupts = true;
    (void)fake_ask(&r->device, server_relay("plain", "/echo"), 1);
    uint64_t begun = rig_ms();
    cr_assert(rig_run(r, 2, 10000));
    cr_assert(rig_ms() - begun < 8000, "it was not sent at once");
    cr_assert_eq(r->device.num_failed, 1);
    cr_assert_eq(r->device.num_answered, 1);
    cr_assert(server_says("gone", 5000), "the relay still holds the poll");
    rig_stop(r);
}

Test(transport_carry, what_is_being_sent_is_not_given_up)
{
    rig *r = started();

    r->device.interrupts = true;
    cr_assert_eq(rig_outcome(r, server_relay("plain", "/hold")),
                 COVEY_TRANSPORT_ANSWERED);
    rig_stop(r);
}

Test(transport_carry, a_long_poll_may_last_as_long_as_it_was_asked_to)
{
    rig *r = rig_new();
    covey_transport_config config = rig_config();

    config.connect_ms = config.answer_ms = 200; /* /hold answers after 1 s */
    rig_start(r, &config);
    fake_request *q = fake_ask(&r->device, server_relay("plain", "/hold"), 1);
    q->wait_ms = 5000;
    cr_assert(rig_run(r, 1, 10000));
    cr_assert_eq(r->outcome, COVEY_TRANSPORT_ANSWERED);
    q = fake_ask(&r->device, server_relay("plain", "/hold"), 1);
    q->answer_max = 200;
    cr_assert(rig_run(r, 2, 10000));
    cr_assert_eq(r->outcome, COVEY_TRANSPORT_TIMEOUT);
    rig_stop(r);
}

Test(transport_carry, what_the_system_slept_through_is_given_up)
{
    rig *r = rig_new();
    const covey_transport_config config = rig_still_config(r);

    rig_start(r, &config);
    fake_ask(&r->device, server_relay("plain", "/wait"), 1)->wait_ms = 60000;
    rig_run_until(r, "waiting");
    r->now.mono_ms += 60000; /* it may still be answered */
    rig_run_for(r, 100);
    cr_assert_eq(fake_on_their_way(&r->device), 1);
    r->now.mono_ms += 60000;
    cr_assert(rig_run(r, 1, 2000));
    cr_assert_eq(r->outcome, COVEY_TRANSPORT_TIMEOUT);
    rig_stop(r);
}

/* ---- when the loop wakes ---- */

static void *wake_later(void *ctx)
{
    usleep(200000);
    covey_transport_wake(ctx);
    return NULL;
}

Test(transport_carry, another_thread_ends_the_wait)
{
    rig *r = started();
    pthread_t thread;
    uint64_t begun = rig_ms();

    fake_ask(&r->device, server_relay("plain", "/wait"), 1)->wait_ms = 20000;
    rig_run_until(r, "waiting");
    cr_assert_eq(pthread_create(&thread, NULL, wake_later, r->transport), 0);
    begun = rig_ms();
    cr_assert_eq(covey_transport_run(r->transport, 15000), COVEY_OK);
    cr_assert(rig_ms() - begun >= 100, "it did not wait");
    cr_assert(rig_ms() - begun < 8000, "it was not woken");
    pthread_join(thread, NULL);
    rig_stop(r);
}

Test(transport_carry, a_wake_before_the_wait_is_not_lost)
{
    rig *r = started();
    uint64_t begun = rig_ms();

    covey_transport_wake(r->transport);
    cr_assert_eq(covey_transport_run(r->transport, 15000), COVEY_OK);
    cr_assert(rig_ms() - begun < 8000);
    rig_stop(r);
}

/* The host may have an answer to what it was told. */
Test(transport_carry, who_was_told_something_does_not_wait)
{
    rig *r = started();
    uint64_t begun = rig_ms();

    r->device.events = 1;
    cr_assert_eq(covey_transport_run(r->transport, 15000), COVEY_OK);
    cr_assert_eq(r->num_events, 1);
    r->device.event_error = COVEY_ERR_PORT;
    cr_assert_eq(covey_transport_run(r->transport, 15000), COVEY_OK);
    cr_assert_eq(r->num_errors, 1);
    cr_assert(rig_ms() - begun < 8000);
    rig_stop(r);
}

Test(transport_carry, a_deadline_ends_the_wait)
{
    rig *r = started();
    uint64_t begun = rig_ms();

    r->device.deadline = covey_transport_now(r->transport).mono_ms + 200;
    cr_assert_eq(covey_transport_run(r->transport, 15000), COVEY_OK);
    cr_assert(rig_ms() - begun >= 150);
    cr_assert(rig_ms() - begun < 8000);
    rig_stop(r);
}

Test(transport_carry, a_deadline_that_stays_does_not_make_it_spin)
{
    rig *r = started();

    r->device.deadline = 1;
    rig_run_for(r, 500);
    cr_assert(r->device.num_asked >= 3);
    cr_assert(r->device.num_asked < 250, "asked %u times in half a second",
              r->device.num_asked);
    rig_stop(r);
}

/* ---- when something fails ---- */

Test(transport_carry, a_relay_that_is_not_there_is_told)
{
    rig *r = started();
    uint64_t begun = rig_ms();

    cr_assert_eq(rig_outcome(r, "127.0.0.1:1"), COVEY_TRANSPORT_CONNECT);
    cr_assert_eq(rig_outcome(r, "not a name"), COVEY_TRANSPORT_RELAY);
    cr_assert(rig_ms() - begun < 5000, "it waited before it said so");
    cr_assert_eq(rig_outcome(r, "relay.invalid"), COVEY_TRANSPORT_CONNECT);
    cr_assert_eq(r->device.num_failed, 3);
    cr_assert_eq(r->num_events, 3, "what it brought is to be handed out");
    cr_assert_eq(rig_outcome(r, server_relay("plain", "/echo")),
                 COVEY_TRANSPORT_ANSWERED);
    rig_stop(r);
}

/* The host's storage fails: again and again would only heat the device. */
static void check_pauses(rig *r, int *error)
{
    r->num_errors = 0;
    *error = COVEY_ERR_PORT;
    rig_run_for(r, 200);
    cr_assert_eq(r->num_errors, 1);
    cr_assert_eq(r->error, COVEY_ERR_PORT);
    r->now.mono_ms += 1000;
    rig_run_for(r, 200);
    cr_assert_eq(r->num_errors, 2);
    r->now.mono_ms += 1000; /* twice as long by now */
    rig_run_for(r, 200);
    cr_assert_eq(r->num_errors, 2);
    r->now.mono_ms += 1000;
    *error = COVEY_OK;
    size_t ended = r->device.num_answered;
    (void)fake_ask(&r->device, server_relay("plain", "/echo"), 1);
    cr_assert(rig_run(r, ended + 1, 10000));
    cr_assert_eq(r->device.num_answered, ended + 1);
}

Test(transport_carry, a_hook_that_fails_is_tried_again_after_a_while)
{
    rig *r = rig_new();
    const covey_transport_config config = rig_still_config(r);

    rig_start(r, &config);
    check_pauses(r, &r->device.event_error);
    check_pauses(r, &r->device.request_error);
    rig_stop(r);
}

/* ---- coming and going ---- */

Test(transport_carry, a_device_may_leave_within_a_callback)
{
    for (unsigned at_event = 0; at_event < 2; at_event++) {
        rig *r = started();
        r->leaves_at_event = at_event;
        r->leaves_at_outcome = !at_event;
        fake_ask(&r->device, server_relay("plain", "/wait"), 1)->wait_ms =
            20000;
        (void)fake_ask(&r->device, server_relay("plain", "/echo"), 2);
        cr_assert(rig_run(r, 2, 10000), "the other one was not given up");
        cr_assert(server_says("gone", 5000));
        r->device.is_closed = false;
        rig_stop(r);
    }
}

Test(transport_carry, a_device_comes_back_after_it_left)
{
    rig *r = started();
    const covey_transport_callbacks none = {0};

    cr_assert_eq(covey_transport_add(r->transport, &r->device, &none),
                 COVEY_ERR_ARGUMENT);
    covey_transport_remove(r->transport, &r->device);
    covey_transport_remove(r->transport, &r->device);
    (void)fake_ask(&r->device, server_relay("plain", "/echo"), 2);
    rig_run_for(r, 100);
    cr_assert_eq(r->device.num_given, 0);
    covey_transport_free(r->transport);
    const covey_transport_config config = rig_config();
    rig_start(r, &config);
    cr_assert(rig_run(r, 1, 10000));
    rig_stop(r);
}

Test(transport_carry, it_ends_at_once_with_requests_on_their_way)
{
    static const char *const ways[] = {"/wait", "/stall", "/hold", NULL};
    static const char *const says[] = {"waiting", "waiting", "post",
                                       "conn mute"};

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        rig *r = rig_new();
        covey_transport_config config = rig_config();
        config.plain_loopback = ways[i] != NULL; /* or within the handshake */
        rig_start(r, &config);
        (void)fake_ask(&r->device,
                       ways[i] != NULL ? server_relay("plain", ways[i])
                                       : server_relay("mute", ""),
                       1);
        rig_run_until(r, says[i]);
        cr_assert_eq(fake_on_their_way(&r->device), 1);
        uint64_t begun = rig_ms();
        rig_stop(r);
        cr_assert(rig_ms() - begun < 5000);
    }
    covey_transport_free(NULL);
}

Test(transport_carry, wrong_configurations_are_refused)
{
    covey_transport *transport = NULL;
    const covey_transport_config missing = {.ca_file = "/nowhere/ca.pem"};
    const covey_transport_config slow = {.answer_ms = 3600001};

    cr_assert_eq(covey_transport_new(&transport, &missing), COVEY_ERR_ARGUMENT);
    cr_assert_null(transport);
    cr_assert_eq(covey_transport_new(&transport, &slow), COVEY_ERR_ARGUMENT);
    cr_assert_null(transport);
}
