/* Which URL a relay's name becomes. */
#include <covey/error.h>
#include <criterion/criterion.h>
#include <string.h>

#include "transport/url.h"

static void goes_to(const char *relay, bool plain_loopback, const char *url)
{
    covey_url got;

    cr_assert_eq(covey_url_of_relay(&got, relay, plain_loopback), COVEY_OK,
                 "refused: %s", relay);
    cr_assert_str_eq(got.text, url);
    cr_assert_eq(got.is_plain, strncmp(url, "http://", 7) == 0);
}

Test(transport_names, host_port_and_path_are_taken_as_they_are)
{
    goes_to("relay.example", false, "https://relay.example/v1/sync");
    goes_to("relay.example:8470", false, "https://relay.example:8470/v1/sync");
    goes_to("relay.example/covey", false,
            "https://relay.example/covey/v1/sync");
    goes_to("relay.example:1/a/b~c_d.e/", false,
            "https://relay.example:1/a/b~c_d.e/v1/sync");
    goes_to("relay.example/", false, "https://relay.example/v1/sync");
    goes_to("192.0.2.7", false, "https://192.0.2.7/v1/sync");
    goes_to("[2001:db8::7]:8470", false, "https://[2001:db8::7]:8470/v1/sync");
    goes_to("a1234567890123456789012345678901234567890123456789012345678.test",
            false,
            "https://a1234567890123456789012345678901234567890123456789012345"
            "678.test/v1/sync");
}

Test(transport_names, nothing_else_that_an_url_can_say_is_taken)
{
    static const char *const bad[] = {
        "",
        ":80",
        "/path",
        "https://relay.example",
        "http://127.0.0.1",
        "file:///etc/passwd",
        "user@relay.example",
        "user:word@relay.example",
        "127.0.0.1:80@relay.example",
        "relay.example?x",
        "relay.example/a?b=c",
        "relay.example#x",
        "relay.example/#",
        "relay.example:",
        "relay.example:0",
        "relay.example:65536",
        "relay.example:99999999999999999999999999",
        "relay.example:18446744073709551696", /* 80, in 64 bits */
        "relay.example:4294967376",
        "relay.example:80a",
        "relay.example:-1",
        "relay.example :80",
        "relay.example/a b",
        "relay.example/a%2fb",
        "relay.example\\x",
        "relay.example/..",
        "relay.example/../admin",
        "relay.example\r\nX: y",
        "relay.example/\n",
        "r\xc3\xa9lay.example",
        "[::1",
        "::1",
        "[]",
        "[::1]x",
        "[fe80::1%25eth0]",
        "*",
        "relay.example,other.example",
        "a1234567890123456789012345678901234567890123456789012345678.testx"};
    covey_url got;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(covey_url_of_relay(&got, bad[i], true), COVEY_ERR_ARGUMENT,
                     "taken: %s", bad[i]);
        cr_assert_eq(got.text[0], 0);
    }
}

Test(transport_names, in_clear_only_to_the_loopback_and_only_when_allowed)
{
    static const char *const loopback[] = {"127.0.0.1",    "127.0.0.1:8470",
                                           "127.255.3.4",  "localhost",
                                           "LocalHost:80", "[::1]:8470"};
    static const char *const other[] = {
        "127.1",       "127.0.0.01",     "127.0.0.1.example", "127.0.0.256",
        "127.0.0",     "127.0.0.1.",     "127.0.0.",          "127.0..1",
        "0x7f.0.0.1",  "2130706433",     "0.0.0.0",           "126.0.0.1",
        "10.0.0.1",    "localhost.test", "xlocalhost",        "localhos",
        "127.example", "[::]",           "[0:0:0:0:0:0:0:1]", "[::ffff:7f00:1]",
        "127.0.0.0x1", "127.0.0.1.2"};
    covey_url got;

    for (size_t i = 0; i < sizeof loopback / sizeof loopback[0]; i++) {
        cr_assert_eq(covey_url_of_relay(&got, loopback[i], true), COVEY_OK);
        cr_assert(got.is_plain, "%s", loopback[i]);
        cr_assert_eq(strncmp(got.text, "http://", 7), 0);
        cr_assert_eq(covey_url_of_relay(&got, loopback[i], false), COVEY_OK);
        cr_assert(!got.is_plain, "%s", loopback[i]);
        cr_assert_eq(strncmp(got.text, "https://", 8), 0);
    }
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        cr_assert_eq(covey_url_of_relay(&got, other[i], true), COVEY_OK);
        cr_assert(!got.is_plain, "%s", other[i]);
        cr_assert_eq(strncmp(got.text, "https://", 8), 0);
    }
}
