/*
 * Runs all cases, each before and after sodium_init(), which makes libsodium
 * choose code for this processor.
 */
#include <sodium/core.h>
#include <stdio.h>
#include <valgrind/memcheck.h>

#include "ct.h"

static unsigned num_failed;
static const char *running;

void ct_secret(const void *at, size_t len)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(at, len);
}

void ct_make_secret(void *at, size_t len, uint8_t fill)
{
    uint8_t *byte = at;

    for (size_t i = 0; i < len; i++) byte[i] = (uint8_t)(fill + 29 * i);
    ct_secret(at, len);
}

void ct_public(const void *at, size_t len)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(at, len);
}

/* Whether the marks of all bytes are `want`. */
static bool marks_are(const void *at, size_t len, uint8_t want)
{
    const uint8_t *byte = at;

    for (size_t i = 0; i < len; i++) {
        uint8_t marks = 0x55;

        (void)VALGRIND_GET_VBITS(byte + i, &marks, 1);
        if (marks != want) return false;
    }
    return true;
}

bool ct_is_secret(const void *at, size_t len)
{
    return marks_are(at, len, 0xff);
}

bool ct_is_public(const void *at, size_t len)
{
    return marks_are(at, len, 0x00);
}

static void fail(const char *what)
{
    (void)printf("FAILED %s: %s\n", running, what);
    num_failed++;
}

void ct_require(bool ok, const char *what)
{
    if (!ok) fail(what);
}

static void run(const ct_list *list, bool leaks)
{
    for (size_t i = 0; i < list->num_cases; i++) {
        unsigned before = (unsigned)VALGRIND_COUNT_ERRORS;

        running = list->cases[i].name;
        list->cases[i].run();

        bool reported = (unsigned)VALGRIND_COUNT_ERRORS != before;

        if (reported != leaks) {
            fail(leaks ? "valgrind did not see the planted leak"
                       : "depends on a secret: see valgrind's report above");
        }
    }
    (void)printf("%s: %zu cases\n", list->name, list->num_cases);
    (void)fflush(stdout);
}

int main(void)
{
    if (RUNNING_ON_VALGRIND == 0) {
        (void)fputs("This program means nothing without valgrind.\n", stderr);
        return 1;
    }
    for (int chosen = 0; chosen < 2; chosen++) {
        if (chosen == 1) ct_require(sodium_init() >= 0, "sodium_init");
        (void)printf("-- %s sodium_init()\n", chosen ? "after" : "before");
        run(&ct_crypto, false);
        run(&ct_mls, false);
        run(&ct_group, false);
    }
    (void)printf("-- planted leaks: valgrind must complain\n");
    (void)fflush(stdout);
    run(&ct_leaks, true);
    (void)printf("%u failed\n", num_failed);
    return num_failed != 0;
}
