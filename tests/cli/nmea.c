/* NMEA 0183 as receivers speak it. */
#include "nmea.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static nmea_reader reader;
static covey_fix fix;

/* How many fixes these bytes complete. */
static unsigned take(const char *bytes)
{
    unsigned num = 0;

    for (; *bytes != 0; bytes++) num += nmea_take(&reader, *bytes, &fix);
    return num;
}

/* A sentence with its checksum and line end. */
static unsigned say(const char *fields)
{
    unsigned char sum = 0;
    char line[200];

    for (const char *at = fields; *at != 0; at++) sum ^= (unsigned char)*at;
    snprintf(line, sizeof line, "$%s*%02X\r\n", fields, sum);
    return take(line);
}

#define RMC "GPRMC,074200.50,A,4722.213806,N,00832.276220,E,2.5,358.25,201126,,"

Test(nmea, an_rmc_of_the_textbook_is_a_fix)
{
    nmea_init(&reader);
    cr_assert_eq(take("$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,"
                      "230394,003.1,W*6A\r\n"),
                 1);
    cr_assert_eq(fix.lat_e7, 481173000);
    cr_assert_eq(fix.lon_e7, 115166667);
    cr_assert_eq(fix.time_ms, 764426119000);
    cr_assert_eq(fix.speed_cm_s, 1152);
    cr_assert_eq(fix.heading_cdeg, 8440);
    cr_assert_not(fix.has_altitude);
    cr_assert_eq(fix.accuracy_cm, 1000);
}

Test(nmea, a_gga_of_the_same_time_adds_altitude_and_accuracy)
{
    nmea_init(&reader);
    cr_assert_eq(say("GNGGA,074200.50,4722.2,N,00832.2,E,1,08,1.2,408.7,M,48,"
                     "M,,"),
                 0);
    cr_assert_eq(say(RMC), 1);
    cr_assert_eq(fix.time_ms, 1795160520500);
    cr_assert_eq(fix.lat_e7, 473702301);
    cr_assert_eq(fix.altitude_cm, 40870);
    cr_assert_eq(fix.accuracy_cm, 600);
    /* One of another time does not. */
    cr_assert_eq(say("GNGGA,074201.50,4722.2,N,00832.2,E,1,08,1.2,9.9,M,,,,"),
                 0);
    cr_assert_eq(say(RMC), 1);
    cr_assert_not(fix.has_altitude);
}

Test(nmea, south_and_west_are_negative)
{
    nmea_init(&reader);
    cr_assert_eq(say("GPRMC,074200,A,3351.4070,S,07032.5,W,,,201126,,"), 1);
    cr_assert_eq(fix.lat_e7, -338567833);
    cr_assert_eq(fix.lon_e7, -705416667);
    cr_assert_not(fix.has_speed);
    cr_assert_not(fix.has_heading);
}

Test(nmea, no_fix_is_made_of_what_is_not_valid)
{
    static const char *const sentences[] = {
        "GPRMC,074200,V,4722.2,N,00832.2,E,,,201126,,",
        "GPRMC,,A,4722.2,N,00832.2,E,,,201126,,",
        "GPRMC,244200,A,4722.2,N,00832.2,E,,,201126,,",
        "GPRMC,074260,A,4722.2,N,00832.2,E,,,201126,,",
        "GPRMC,074200,A,9022.2,N,00832.2,E,,,201126,,",
        "GPRMC,074200,A,4760.0,N,00832.2,E,,,201126,,",
        "GPRMC,074200,A,4722.2,X,00832.2,E,,,201126,,",
        "GPRMC,074200,A,4722.2,N,18032.2,E,,,201126,,",
        "GPRMC,074200,A,4722.2,N,832.2,E,,,201126,,",
        "GPRMC,074200,A,-722.2,N,00832.2,E,,,201126,,",
        "GPRMC,074200,A,47-2.2,N,00832.2,E,,,201126,,",
        "GPRMC,074200,A,4722.2,N,00832.2,E,,,311126,,",
        "GPRMC,074200,A,4722.2,N,00832.2,E,,,2011,,",
        "GPRMC,074200,A",
        "PRMC,074200,A,4722.2,N,00832.2,E,,,201126,,",
        "GPGLL,4722.2,N,00832.2,E,074200,A",
        "",
        ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"};

    nmea_init(&reader);
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        cr_assert_eq(say(sentences[i]), 0, "%s", sentences[i]);
    }
    cr_assert_eq(say(RMC), 1, "and it still listens");
}

Test(nmea, a_wrong_checksum_or_too_long_a_line_is_counted)
{
    char line[NMEA_LINE_MAX + 40];

    nmea_init(&reader);
    cr_assert_eq(take("$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,"
                      "230394,003.1,W*6B\r\n"),
                 0);
    cr_assert_eq(reader.num_bad, 1);
    cr_assert_eq(take("$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,"
                      "230394,003.1,W\r\n\r\n"),
                 0);
    cr_assert_eq(reader.num_bad, 2);
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = 0;
    cr_assert_eq(take(line), 0);
    cr_assert_eq(say(RMC), 0, "the same line");
    cr_assert_eq(reader.num_bad, 3);
    cr_assert_eq(say(RMC), 1);
}
