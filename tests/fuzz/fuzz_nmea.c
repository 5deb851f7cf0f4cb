/*
 * NMEA 0183 of the command line: each fix is within its ranges. Checksums are
 * mended before, or a fuzzer would see little behind them.
 */
#include "nmea.h"

#include "fuzz/fuzz.h"

static void check(const covey_fix *fix)
{
    fuzz_require(fix->lat_e7 >= -900000000 && fix->lat_e7 <= 900000000);
    fuzz_require(fix->lon_e7 >= -1800000000 && fix->lon_e7 <= 1800000000);
    fuzz_require(fix->time_ms > 0 && fix->time_ms <= COVEY_TIME_MS_MAX);
    fuzz_require(fix->accuracy_cm <= 100000000);
    fuzz_require(fix->altitude_cm >= -2000000 && fix->altitude_cm <= 2000000);
    fuzz_require(fix->speed_cm_s <= 50000 && fix->heading_cdeg < 36000);
    fuzz_require(fix->has_speed || fix->speed_cm_s == 0);
}

/* The two digits behind each star. */
static void mend(uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '*' && len - i > 2) {
            bytes[i + 1] = (uint8_t)digits[sum >> 4];
            bytes[i + 2] = (uint8_t)digits[sum & 15];
            i += 2;
        }
        sum = bytes[i] == '$' || bytes[i] == '\n' ? 0 : sum ^ bytes[i];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = covey_bytes_of(data, size);
    bool mends = fuzz_byte(&input) % 2 == 0;
    uint8_t *bytes = test_copy(input);
    nmea_reader reader;
    covey_fix fix;

    nmea_init(&reader);
    if (mends) mend(bytes, input.len);
    for (size_t i = 0; i < input.len; i++) {
        if (nmea_take(&reader, (char)bytes[i], &fix)) check(&fix);
    }
    test_free_all();
    return 0;
}
