/* Whom a device talks to, and over what. */
#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"
#include "server.h"

TestSuite(transport_tls, .fini = server_stop, .timeout = 60);

/* As a host has it: nothing in clear. */
static covey_transport_config trusting_ours(void)
{
    covey_transport_config config = rig_config();

    config.plain_loopback = false;
    config.ca_file = server_ca_file();
    return config;
}

static rig *started(void)
{
    rig *r = rig_new();
    const covey_transport_config config = trusting_ours();

    rig_start(r, &config);
    return r;
}

/* ---- certificates ---- */

Test(transport_tls, the_authority_that_the_host_names_is_trusted)
{
    server_start("tls");
    rig *r = started();
    char name[64];

    cr_assert_eq(rig_outcome(r, server_relay("tls", "/echo")),
                 COVEY_TRANSPORT_ANSWERED);
    snprintf(name, sizeof name, "localhost:%u/echo", server_port("tls"));
    cr_assert_eq(rig_outcome(r, name), COVEY_TRANSPORT_ANSWERED);
    rig_stop(r);
}

static void check_refused(const char *listener)
{
    server_start(listener);
    rig *r = started();

    cr_assert_eq(rig_outcome(r, server_relay(listener, "/echo")),
                 COVEY_TRANSPORT_TLS);
    cr_assert_eq(r->device.num_failed, 1);
    cr_assert_eq(server_count("post"), 0, "it was told the request");
    rig_stop(r);
}

Test(transport_tls, an_expired_certificate_is_refused)
{
    check_refused("expired");
}

Test(transport_tls, another_hosts_certificate_is_refused)
{
    check_refused("other");
}

Test(transport_tls, one_that_signed_itself_is_refused)
{
    server_start("self tls"); /* so that there is an authority */
    rig *r = started();

    cr_assert_eq(rig_outcome(r, server_relay("self", "/echo")),
                 COVEY_TRANSPORT_TLS);
    cr_assert_eq(server_count("post"), 0);
    rig_stop(r);
}

Test(transport_tls, an_authority_that_the_system_does_not_know_is_refused)
{
    server_start("tls");
    rig *r = rig_new();
    covey_transport_config config = trusting_ours();

    config.ca_file = NULL;
    rig_start(r, &config);
    cr_assert_eq(rig_outcome(r, server_relay("tls", "/echo")),
                 COVEY_TRANSPORT_TLS);
    cr_assert_eq(server_count("post"), 0);
    rig_stop(r);
}

Test(transport_tls, who_speaks_no_tls_is_told_nothing)
{
    server_start("plain tls");
    rig *r = started();

    cr_assert_eq(rig_outcome(r, server_relay("plain", "/echo")),
                 COVEY_TRANSPORT_TLS);
    cr_assert_eq(server_count("post"), 0);
    rig_stop(r);
}

Test(transport_tls, redirects_are_not_followed_to_there_either)
{
    server_start("tls");
    rig *r = started();

    cr_assert_eq(rig_outcome(r, server_relay("tls", "/redirect/307")),
                 COVEY_TRANSPORT_STATUS);
    cr_assert_eq(server_count("post"), 1);
    rig_stop(r);
}

/* ---- what links two mailboxes ---- */

Test(transport_tls, m5_no_session_is_resumed)
{
    server_start("tls");
    rig *r = started();

    for (unsigned i = 0; i < 6; i++) {
        (void)fake_ask(&r->device, server_relay("tls", "/close"), i / 3);
        cr_assert(rig_run(r, i + 1, 10000));
        cr_assert_eq(r->outcome, COVEY_TRANSPORT_ANSWERED);
    }
    size_t at = 0;
    for (unsigned i = 0; i < 6; i++) {
        const char *line = server_next("conn", &at);
        cr_assert_not_null(line);
        cr_assert_not_null(strstr(line, "fresh"), "%s", line);
    }
    rig_stop(r);
}

/* ---- HTTP/2 ---- */

Test(transport_tls, http_2_is_used_where_the_relay_offers_it)
{
    server_start("h2");
    rig *r = started();

    for (unsigned i = 0; i < 5; i++) {
        (void)fake_ask(&r->device, server_relay("h2", ""), 1);
    }
    cr_assert(rig_run(r, 5, 10000));
    fake_ask(&r->device, server_relay("h2", ""), 1)->len = 120000;
    r->device.queue[5].answer_max = 120000;
    cr_assert(rig_run(r, 6, 10000));
    cr_assert_eq(r->device.num_answered, 6);
    cr_assert_eq(r->device.answer_len, 120000);
    cr_assert_eq(server_count("post"), 6);
    rig_stop(r);
}

/* A long poll that is given up costs one frame there, not a new handshake. */
Test(transport_tls, a_connection_outlives_a_long_poll_that_is_given_up)
{
    server_start("h2");
    rig *r = started();

    for (unsigned i = 0; i < 3; i++) {
        r->device.interrupts = false;
        fake_ask(&r->device, server_relay("h2", ""), 1)->wait_ms = 20000;
        rig_run_until(r, "waiting");
        r->device.interrupts = true;
        (void)fake_ask(&r->device, server_relay("h2", ""), 1);
        cr_assert(rig_run(r, 2 * i + 2, 10000));
        cr_assert(server_says("reset", 5000));
    }
    cr_assert_eq(r->device.num_answered, 3);
    cr_assert_eq(r->device.num_failed, 3);
    cr_assert_eq(server_count("conn"), 1);
    rig_stop(r);
}

Test(transport_tls, m5_no_http_2_connection_serves_two_mailboxes)
{
    server_start("h2");
    rig *r = started();

    for (unsigned i = 0; i < 3; i++) {
        (void)fake_ask(&r->device, server_relay("h2", ""), i);
    }
    cr_assert(rig_run(r, 3, 10000));
    cr_assert_eq(r->device.num_answered, 3);
    cr_assert_eq(server_count("conn"), 3);
    rig_stop(r);
}

/* ---- proxies ---- */

static rig *started_with_proxy(const char *listener, bool plain_loopback)
{
    rig *r = rig_new();
    covey_transport_config config = trusting_ours();
    char proxy[64];

    snprintf(proxy, sizeof proxy, "http://%s", server_relay(listener, ""));
    config.proxy = proxy;
    config.plain_loopback = plain_loopback;
    rig_start(r, &config);
    return r;
}

Test(transport_tls, a_proxy_gets_a_tunnel_and_a_name)
{
    server_start("tls proxy");
    rig *r = started_with_proxy("proxy", false);

    cr_assert_eq(rig_outcome(r, "relay.test/echo"), COVEY_TRANSPORT_ANSWERED);
    cr_assert(server_says("proxy", 5000));
    cr_assert_str_eq(server_line(),
                     "proxy CONNECT relay.test:443 proxy-connection");
    cr_assert_eq(server_count("post"), 1);
    rig_stop(r);
}

Test(transport_tls, m5_each_mailbox_has_a_tunnel_of_its_own)
{
    server_start("tls proxy");
    rig *r = started_with_proxy("proxy", false);

    for (unsigned i = 0; i < 6; i++) {
        (void)fake_ask(&r->device, "relay.test/echo", i / 2);
        cr_assert(rig_run(r, i + 1, 10000));
    }
    cr_assert_eq(r->device.num_answered, 6);
    cr_assert_eq(server_count("proxy CONNECT"), 3);
    cr_assert_eq(server_count("conn tls"), 3);
    rig_stop(r);
}

Test(transport_tls, the_environment_names_no_proxy)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY",
                                        "all_proxy", "ALL_PROXY", "http_proxy"};
    server_start("tls proxy-refuses");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        cr_assert_eq(setenv(names[i], server_relay("proxy-refuses", ""), 1), 0);
    }
    rig *r = started();
    cr_assert_eq(rig_outcome(r, server_relay("tls", "/echo")),
                 COVEY_TRANSPORT_ANSWERED);
    cr_assert_eq(server_count("proxy"), 0);
    rig_stop(r);
}

Test(transport_tls, nor_what_goes_around_the_hosts_proxy)
{
    server_start("tls proxy");
    cr_assert_eq(setenv("no_proxy", "*", 1), 0);
    cr_assert_eq(setenv("NO_PROXY", "*", 1), 0);
    rig *r = started_with_proxy("proxy", false);
    cr_assert_eq(rig_outcome(r, server_relay("tls", "/echo")),
                 COVEY_TRANSPORT_ANSWERED);
    cr_assert_eq(server_count("proxy CONNECT"), 1);
    rig_stop(r);
}

Test(transport_tls, a_proxy_that_refuses_is_told)
{
    server_start("tls proxy-refuses");
    rig *r = started_with_proxy("proxy-refuses", false);

    cr_assert_eq(rig_outcome(r, "relay.test/echo"), COVEY_TRANSPORT_CONNECT);
    cr_assert_eq(server_count("post"), 0);
    rig_stop(r);
}

/* In clear goes only what stays on the machine, whatever the port. */
Test(transport_tls, a_relay_elsewhere_is_never_asked_in_clear)
{
    server_start("plain tls proxy-plain");
    rig *r = started_with_proxy("proxy-plain", true);

    cr_assert_eq(rig_outcome(r, "relay.test:80/echo"), COVEY_TRANSPORT_TLS);
    cr_assert_eq(server_count("proxy CONNECT relay.test:80"), 1);
    cr_assert_eq(server_count("post"), 0);
    cr_assert_eq(rig_outcome(r, server_relay("plain", "/echo")),
                 COVEY_TRANSPORT_ANSWERED, "the loopback in clear");
    cr_assert_eq(server_count("proxy"), 1, "is not for a proxy");
    rig_stop(r);
}
