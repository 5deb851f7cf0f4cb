/*
 * GPX of the command line: what is read is within the ranges of a fix, and
 * what is written of it reads as the same.
 */
#include "gpx.h"

#include "fuzz/fuzz.h"

static void check(const covey_fix *fix)
{
    fuzz_require(fix->lat_e7 >= -900000000 && fix->lat_e7 <= 900000000);
    fuzz_require(fix->lon_e7 >= -1800000000 && fix->lon_e7 <= 1800000000);
    fuzz_require(fix->time_ms >= 0 && fix->time_ms <= COVEY_TIME_MS_MAX);
    fuzz_require(fix->accuracy_cm <= 100000000);
    fuzz_require(fix->has_altitude || fix->altitude_cm == 0);
    fuzz_require(fix->altitude_cm >= -2000000 && fix->altitude_cm <= 2000000);
}

static void write_and_read(const track *t)
{
    track back = {NULL, 0, 0};
    complaint error;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    fuzz_require(out != NULL && gpx_write(out, t, "fuzz"));
    (void)fclose(out);
    fuzz_require(gpx_read(&back, text, len, &error));
    fuzz_require(back.num == t->num);
    for (size_t i = 0; i < t->num; i++) {
        fuzz_require(back.fixes[i].lat_e7 == t->fixes[i].lat_e7);
        fuzz_require(back.fixes[i].lon_e7 == t->fixes[i].lon_e7);
        fuzz_require(back.fixes[i].time_ms == t->fixes[i].time_ms);
        fuzz_require(back.fixes[i].altitude_cm == t->fixes[i].altitude_cm);
    }
    track_free(&back);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    track t = {NULL, 0, 0};
    complaint error;

    if (gpx_read(&t, (const char *)data, size, &error)) {
        for (size_t i = 0; i < t.num; i++) check(&t.fixes[i]);
        write_and_read(&t);
    }
    track_free(&t);
    return 0;
}
