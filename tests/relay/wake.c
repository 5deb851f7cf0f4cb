/* Waking by a gateway: who is told what by the relay, and when. SPEC.md section 4.5. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "push_gateway.h"
#include "relay_process.h"
#include "sync_client.h"

TestSuite(relay_wake, .fini = stop_at_gateway, .timeout = 60);

/* The whole request: nothing in it but the endpoint. */
Test(relay_wake, a_gateway_is_given_the_endpoint_and_nothing_else)
{
    char whole[300];

    START("201");
    subscribe(1, "sealed\x01\xff endpoint", 3600);
    append_flagged(1, 1, true);
    const char *came = next_wake();
    cr_assert_not_null(came);
    snprintf(whole, sizeof whole,
             "POST /wake HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
             "Content-Type: application/octet-stream\r\n"
             "Content-Length: 17\r\n\r\nsealed\x01\xff endpoint",
             gateway_port);
    cr_assert_str_eq(came, whole);
}

Test(relay_wake, each_flag_wakes_once_and_nothing_else_does)
{
    START("201");
    subscribe(1, "one", 3600);
    append_flagged(1, 1, false);
    append_flagged(2, 1, true);
    expect_quiet();
    append_flagged(1, 2, true);
    expect_wake();
    sleep_ms(1100);
    append_flagged(1, 3, true);
    expect_wake();
    /* Said again by a client that missed the answer: it is there. */
    append_flagged(1, 2, true);
    append_flagged(1, 3, true);
    expect_quiet();
    cr_assert_eq(figure("wakes_total"), 2);
}

Test(relay_wake, all_who_subscribed_are_woken_up_to_sixteen)
{
    unsigned num = 0;

    START("201");
    for (unsigned i = 0; i < 20; i++) {
        char endpoint[8];
        snprintf(endpoint, sizeof endpoint, "e%u", i);
        /* The later one lasts longer. */
        subscribe(1, endpoint, (i + 1) * 7200);
        subscribe(1, endpoint, (i + 1) * 7200);
    }
    append_flagged(1, 1, true);
    for (; num < 16; num++) {
        const char *came = next_wake();
        cr_assert_not_null(came, "%u of 16 were woken", num);
        const char *endpoint = strstr(came, "\r\n\r\ne");
        cr_assert_not_null(endpoint);
        cr_assert(atoi(endpoint + 5) >= 4, "one that ends sooner was kept");
    }
    expect_quiet();
    cr_assert_eq(figure("subscriptions"), 16);
}

/* Seen by who stays when there are too many. */
Test(relay_wake, a_renewal_that_lasts_longer_counts)
{
    bool found = false;

    START("201");
    subscribe(1, "one", 3600);
    subscribe(1, "one", 300 * 3600);
    for (char endpoint[2] = "A"; endpoint[0] < 'A' + 16; endpoint[0]++) {
        subscribe(1, endpoint, 200 * 3600);
    }
    append_flagged(1, 1, true);
    for (unsigned num = 0; num < 16; num++) {
        const char *came = next_wake();
        cr_assert_not_null(came, "%u of 16 were woken", num);
        if (strstr(came, "\r\n\r\none") != NULL) found = true;
    }
    cr_assert(found, "the renewal was not taken");
}

Test(relay_wake, an_expiry_of_zero_ends_it)
{
    START("201");
    subscribe(1, "one", 3600);
    subscribe(1, "two", 3600);
    subscribe(1, "one", 0);
    append_flagged(1, 1, true);
    const char *came = next_wake();
    cr_assert_not_null(came);
    cr_assert_not_null(strstr(came, "\r\n\r\ntwo"));
    expect_quiet();
}

Test(relay_wake, a_restart_forgets_nobody)
{
    START("201");
    subscribe(1, "one", 3600);
    relay_process_end(SIGKILL);
    relay_process_start();
    append_flagged(1, 1, true);
    expect_wake();
}

/* The pace is a second: what comes in between is one wake more, not lost. */
Test(relay_wake, many_flags_at_once_are_two_wakes)
{
    START("201");
    subscribe(1, "one", 3600);
    append_flagged(1, 0, true);
    expect_wake();
    for (unsigned i = 1; i < 30; i++) append_flagged(1, i, true);
    expect_wake();
    expect_quiet();
}

/* Subscribing is a sync like others: who subscribes may wait, and is told. */
Test(relay_wake, who_subscribes_can_wait_in_the_same_request)
{
    exchange *s = new_sync();

    START("201");
    s->request.has_wake = true;
    s->request.sealed_endpoint = covey_bytes_of_text("one");
    s->request.expiry_s = 3600;
    s->request.wait_ms = 20000;
    pid_t other = fork();
    cr_assert(other >= 0);
    if (other == 0) {
        sleep_ms(500);
        append_flagged(1, 1, false);
        _exit(0);
    }
    cr_assert_eq(do_sync(s, 1), COVEY_SYNC_OK);
    cr_assert_eq(s->response.num_entries, 1);
    (void)waitpid(other, NULL, 0);
    free(s);
}
