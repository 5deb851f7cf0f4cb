/* SPEC.md section 2.6: what is the name of a relay. */
#include "circle/relay_name.h"

#include <criterion/criterion.h>

#include "support/guard.h"

/* Right before a page that cannot be read. */
static bool is_name(const char *text)
{
    bool valid =
        covey_relay_name_is_valid(guard_copy(covey_bytes_of_text(text)));

    guard_free_all();
    return valid;
}

static void calls_itself(const char *name, const char *host)
{
    cr_assert(is_name(name), "refused: %s", name);
    covey_bytes found = covey_relay_name_host(covey_bytes_of_text(name));

    cr_assert(covey_bytes_same(found, covey_bytes_of_text(host)), "%s", name);
}

Test(relay_name, a_host_perhaps_a_port_and_a_path)
{
    calls_itself("relay.example", "relay.example");
    calls_itself("a", "a");
    calls_itself("relay.example:1", "relay.example");
    calls_itself("relay.example:65535", "relay.example");
    calls_itself("relay.example/", "relay.example");
    calls_itself("relay.example:8443/a/b~c_d.e-f", "relay.example");
    calls_itself("192.0.2.7:80", "192.0.2.7");
    calls_itself("[2001:db8::7]", "[2001:db8::7]");
    calls_itself("[::ffff:192.0.2.7]:8443/x", "[::ffff:192.0.2.7]");
    calls_itself(
        "a123456789012345678901234567890123456789012345678901234567.test",
        "a123456789012345678901234567890123456789012345678901234567.test");
}

Test(relay_name, nothing_else)
{
    static const char *const bad[] = {
        "",
        "/",
        "/path",
        ":80",
        ":",
        "https://relay.example",
        "user@relay.example",
        "relay.example:",
        "relay.example:/x",
        "relay.example:0",
        "relay.example:65536",
        "relay.example:4294967376", /* 80, in 32 bits */
        "relay.example:80a",
        "relay.example:-1",
        "relay.example?x",
        "relay.example/a?b",
        "relay.example#x",
        "relay.example/a b",
        "relay.example/..",
        "relay.example/a/../b",
        "relay.example/%2e",
        "Relay.example",
        "relay.example/A",
        "relay example",
        "relay.example\n",
        "relay.example\x7f",
        "r\xc3\xa9lay.example",
        "[",
        "[]",
        "[::1",
        "[::1]a",
        "[::G]",
        "a12345678901234567890123456789012345678901234567890123456789.test",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_not(is_name(bad[i]), "taken: %s", bad[i]);
    }
    cr_assert_eq(strlen(bad[sizeof bad / sizeof bad[0] - 1]),
                 COVEY_RELAY_NAME_MAX + 1);
}
