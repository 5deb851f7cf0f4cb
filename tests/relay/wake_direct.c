/* Endpoints that are addresses of push services: which ones the relay asks,
 * and how. SPEC.md section 4.5. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "push_gateway.h"
#include "relay_process.h"
#include "sync_client.h"

static char certificate[64];
static char key[64];

static void make_certificate(void)
{
    char command[400];

    snprintf(certificate, sizeof certificate, "/tmp/covey-wake-%d.pem",
             (int)getpid());
    snprintf(key, sizeof key, "/tmp/covey-wake-%d.key", (int)getpid());
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
             "-nodes -keyout %s -out %s -days 2 -subj /CN=localhost "
             "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null",
             key, certificate);
    cr_assert_eq(system(command), 0, "openssl is missing");
}

static char hosts[64];

/* A push service with TLS and that answer, whose host is on the list. */
static void start_push(const char *answer, const char *private)
{
    static const char *args[] = {
        "--wake-hosts", hosts, "--wake-ca", certificate, "--wake-private", NULL,
        "--wake-pace",  "1",   NULL};

    args[5] = private;
    sync_client_set_up();
    make_certificate();
    start_gateway(
        (const char *const[]){"--tls", certificate, key, answer, NULL});
    snprintf(hosts, sizeof hosts, "push.example, localhost:%u", gateway_port);
    relay_process_make(args);
}

static void stop_push(void)
{
    relay_process_remove();
    end_gateway();
    sync_client_tear_down();
    (void)unlink(certificate);
    (void)unlink(key);
}

TestSuite(relay_wake_direct, .fini = stop_push, .timeout = 60);

/* A $ stands for the port. */
static void subscribe_to(unsigned mailbox, const char *pattern)
{
    char endpoint[200];
    size_t len = 0;

    for (; *pattern != 0 && len < sizeof endpoint - 8; pattern++) {
        if (*pattern == '$') {
            len += (size_t)snprintf(endpoint + len, 8, "%u", gateway_port);
        } else {
            endpoint[len++] = *pattern;
        }
    }
    endpoint[len] = 0;
    subscribe(mailbox, endpoint, 3600);
}

/* RFC 8030: the whole request again. */
Test(relay_wake_direct, a_push_service_is_asked_with_an_empty_body)
{
    char whole[300];

    start_push("201", "1");
    subscribe_to(1, "https://localhost:$/p/4711?x=y");
    append_flagged(1, 1, true);
    const char *came = next_wake();
    cr_assert_not_null(came);
    snprintf(whole, sizeof whole,
             "POST /p/4711?x=y HTTP/1.1\r\nHost: localhost:%u\r\n"
             "TTL: 86400\r\nUrgency: high\r\nContent-Length: 0\r\n\r\n",
             gateway_port);
    cr_assert_str_eq(came, whole);
}

/* What a client must not make the relay do: T60. */
Test(relay_wake_direct, t60_other_hosts_are_not_asked)
{
    static const char *const patterns[] = {
        "https://127.0.0.1:$/",
        "https://2130706433:$/",
        "https://localhost/",
        "https://localhost.:$/",
        "https://localhost:$@localhost:$/",
        "https://user@localhost:$/",
        "https://localhost:$\\@other.example/",
        "https://other.example/https://localhost:$/",
        "https://[::1]:$/",
        "http://localhost:$/",
        "HTTPS://localhost:$/",
        "https://localhost:$/\r\nX: y",
        "https://localhost:$/ ",
        "ftp://localhost:$/",
        "file:///etc/passwd",
        "https://localhost:$/\xc3\xa9",
        "localhost:$",
    };

    start_push("201", "1");
    for (unsigned i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        subscribe_to(1 + i, patterns[i]);
        append_flagged(1 + i, 1, true);
    }
    cr_assert_eq(figure("subscriptions"), 0);
    expect_quiet();
    /* The same host by its right name is. */
    subscribe_to(99, "https://localhost:$/");
    append_flagged(99, 1, true);
    expect_wake();
}

/* On the list, but it leads into the machine. */
Test(relay_wake_direct, t60_private_addresses_are_not_asked)
{
    start_push("201", "0");
    subscribe_to(1, "https://localhost:$/");
    append_flagged(1, 1, true);
    expect_quiet();
    cr_assert_eq(figure("subscriptions"), 1);
    cr_assert(figure("wakes_failed_total") >= 1);
}

Test(relay_wake_direct, an_endpoint_that_its_service_does_not_know_is_forgotten)
{
    start_push("404", "1");
    subscribe_to(1, "https://localhost:$/");
    append_flagged(1, 1, true);
    expect_wake();
    sleep_ms(500);
    cr_assert_eq(figure("subscriptions"), 0);
}
