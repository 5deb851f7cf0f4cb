/* What a gateway can do to the relay, or not. */
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "push_gateway.h"

TestSuite(relay_wake_trouble, .fini = stop_at_gateway, .timeout = 60);

Test(relay_wake_trouble, an_endpoint_that_is_gone_is_forgotten)
{
    START("410", "201");
    subscribe(1, "one", 3600);
    append_flagged(1, 1, true);
    expect_wake();
    sleep_ms(1200);
    append_flagged(1, 2, true);
    expect_quiet();
    cr_assert_eq(figure("subscriptions"), 0);
    cr_assert_eq(figure("wakes_ended_total"), 1);
}

Test(relay_wake_trouble, what_fails_is_tried_again_later)
{
    START("503", "201");
    subscribe(1, "one", 3600);
    append_flagged(1, 1, true);
    expect_wake();
    cr_assert_not_null(late_wake(), "not tried again");
    expect_quiet();
    cr_assert_eq(figure("wakes_failed_total"), 1);
    cr_assert_eq(figure("wakes_total"), 1);
    cr_assert_eq(figure("subscriptions"), 1);
}

/* Also of a gateway whose address is mistyped: it costs no subscription. */
Test(relay_wake_trouble, what_is_refused_is_not_tried_again)
{
    START("404", "201");
    subscribe(1, "one", 3600);
    append_flagged(1, 1, true);
    expect_wake();
    sleep_ms(1500);
    expect_quiet();
    cr_assert_eq(figure("subscriptions"), 1);
    append_flagged(1, 2, true);
    expect_wake();
}

/* Syncs one after the other, each of which wakes; gives how long they took. */
static double time_of_syncs(unsigned num)
{
    struct timespec from;
    struct timespec to;

    clock_gettime(CLOCK_MONOTONIC, &from);
    for (unsigned i = 0; i < num; i++) append_flagged(1, i, true);
    clock_gettime(CLOCK_MONOTONIC, &to);
    return (double)(to.tv_sec - from.tv_sec) +
           (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static void check_that_syncs_go_on(void)
{
    for (unsigned i = 0; i < 40; i++) {
        char endpoint[8];
        snprintf(endpoint, sizeof endpoint, "e%u", i);
        subscribe(1 + i % 3, endpoint, 3600);
    }
    append_flagged(2, 1, true);
    append_flagged(3, 1, true);
    /* One that waits for the gateway would take ten seconds and more. */
    cr_assert(time_of_syncs(50) < 5.0);
    expect_wake();
}

Test(relay_wake_trouble, t60_a_silent_gateway_does_not_hold_up_syncs)
{
    START("silence");
    check_that_syncs_go_on();
}

Test(relay_wake_trouble, t60_a_gateway_without_end_does_not_hold_up_syncs)
{
    START("drip");
    check_that_syncs_go_on();
}

/* The place it leads to is a socket of this test. */
Test(relay_wake_trouble, t60_a_redirect_is_not_followed)
{
    static char elsewhere[64];
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    cr_assert_eq(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(listener, 5), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&at, &len), 0);
    snprintf(elsewhere, sizeof elsewhere, "307=http://127.0.0.1:%u/x",
             ntohs(at.sin_port));
    START(elsewhere);
    subscribe(1, "one", 3600);
    append_flagged(1, 1, true);
    expect_wake();
    struct pollfd from = {.fd = listener, .events = POLLIN};
    cr_assert_eq(poll(&from, 1, 1000), 0, "somebody came");
    close(listener);
}
