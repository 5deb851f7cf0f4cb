/* Decimals and times as text. */
#include <criterion/criterion.h>
#include <string.h>

#include "clock_text.h"
#include "decimal.h"

static bool reads(const char *text, unsigned digits, int64_t want)
{
    int64_t value = -77;

    return decimal_read(&value, text, strlen(text), digits) && value == want;
}

static bool refuses(const char *text, unsigned digits)
{
    int64_t value = -77;

    return !decimal_read(&value, text, strlen(text), digits) && value == -77;
}

Test(decimal, reads_what_xml_schema_calls_a_decimal)
{
    cr_assert(reads("0", 7, 0));
    cr_assert(reads("-0.0000001", 7, -1));
    cr_assert(reads("+47.3702301", 7, 473702301));
    cr_assert(reads(".5", 1, 5));
    cr_assert(reads("5.", 0, 5));
    cr_assert(reads("180", 7, 1800000000));
    cr_assert(reads("007", 0, 7));
}

Test(decimal, rounds_what_is_too_fine_away_from_zero)
{
    cr_assert(reads("0.00000005", 7, 1));
    cr_assert(reads("-0.00000005", 7, -1));
    cr_assert(reads("0.00000004999", 7, 0));
    cr_assert(reads("9.99999999999", 7, 100000000));
    cr_assert(reads("1.5", 0, 2));
    cr_assert(reads("1.", 0, 1));
}

Test(decimal, refuses_everything_else)
{
    static const char *const texts[] = {
        "",
        ".",
        "-",
        "+.",
        "1e3",
        "0x10",
        "1,5",
        " 1",
        "1 ",
        "1.2.3",
        "--1",
        "NaN",
        "inf",
        "1.5x",
        "-.",
        "100000000000000000000",
        "0.000000000000000000000000000000000001"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_assert(refuses(texts[i], 7), "\"%s\"", texts[i]);
    }
    cr_assert(refuses("10000000000", 7)); /* 10^17 */
    cr_assert(reads("9999999999", 7, 99999999990000000));
}

Test(decimal, writes_what_it_reads)
{
    static const int64_t values[] = {0,        1,          -1,
                                     10000000, -473702301, 1800000000};
    char text[DECIMAL_TEXT_SIZE];

    for (size_t i = 0; i < 6; i++) {
        decimal_write(text, values[i], 7);
        cr_assert(reads(text, 7, values[i]), "%s", text);
    }
    decimal_write(text, -5, 7);
    cr_assert_str_eq(text, "-0.0000005");
    decimal_write(text, 42, 0);
    cr_assert_str_eq(text, "42");
}

static int64_t time_of(const char *text)
{
    int64_t value = -1;

    return clock_read(&value, text, strlen(text)) ? value : -1;
}

/* The numbers are those of date(1). */
Test(clock, reads_iso_8601)
{
    cr_assert_eq(time_of("1970-01-01T00:00:00.001Z"), 1);
    cr_assert_eq(time_of("2026-11-20T07:42:00Z"), 1795160520000);
    cr_assert_eq(time_of("2026-11-20T07:42:00"), 1795160520000);
    cr_assert_eq(time_of("2026-11-20T08:42:00+01:00"), 1795160520000);
    cr_assert_eq(time_of("2026-11-19T22:12:00.5-09:30"), 1795160520500);
    cr_assert_eq(time_of("2000-02-29T12:00:00Z"), 951825600000);
    cr_assert_eq(time_of("2024-12-31T23:59:59.999999999Z"), 1735689599999);
    cr_assert_eq(time_of("9999-12-31T23:59:59.999Z"), 253402300799999);
}

Test(clock, refuses_what_is_no_time)
{
    static const char *const texts[] = {"",
                                        "2026-11-20",
                                        "2026-11-20 07:42:00Z",
                                        "2026-13-20T07:42:00Z",
                                        "2026-00-20T07:42:00Z",
                                        "2026-02-29T07:42:00Z",
                                        "2100-02-29T07:42:00Z",
                                        "2026-11-31T07:42:00Z",
                                        "2026-11-20T24:00:00Z",
                                        "2026-11-20T07:60:00Z",
                                        "2026-11-20T07:42:60Z",
                                        "2026-11-20T07:42:00.Z",
                                        "2026-11-20T07:42:00.0000000001Z",
                                        "2026-11-20T07:42:00z",
                                        "2026-11-20T07:42:00ZZ",
                                        "2026-11-20T07:42:00+15:00",
                                        "2026-11-20T07:42:00+1:00",
                                        "1969-12-31T23:59:59Z",
                                        "1970-01-01T00:00:00Z",
                                        "2026-11-20T07:42",
                                        "-026-11-20T07:42:00Z",
                                        "9999-12-31T23:59:59-01:00"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_assert_eq(time_of(texts[i]), -1, "\"%s\"", texts[i]);
    }
}

Test(clock, writes_what_it_reads)
{
    char text[CLOCK_TEXT_SIZE];

    clock_write(text, 1795160520000);
    cr_assert_str_eq(text, "2026-11-20T07:42:00Z");
    for (int64_t ms = 1; ms < 253402300799999; ms += 86399997 * INT64_C(37)) {
        clock_write(text, ms);
        cr_assert_eq(time_of(text), ms, "%s", text);
    }
}
