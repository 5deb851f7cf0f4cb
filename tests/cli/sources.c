/* Replays and receivers, files and their beginnings, hours of the week. */
#include "source.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media.h"
#include "scratch_dir.h"
#include "week_text.h"

#define FIRST 1795160520000 /* of the school track */
#define LENGTH 885000

static complaint error;
static source s;
static covey_fix fix;

/* How many fixes are due at this time. */
static unsigned take(int64_t clock_ms)
{
    unsigned num = 0;

    while (source_next(&s, clock_ms, &fix)) num++;
    return num;
}

Test(source, a_replay_keeps_its_pace)
{
    const source_pace pace = {.speed = 60};

    cr_assert(source_replay(&s, SCHOOL, &pace, &error), "%s", error.text);
    cr_assert_eq(take(5000), 1);
    cr_assert_eq(fix.time_ms, FIRST);
    cr_assert_eq(take(5249), 0);
    cr_assert_eq(take(5250), 1);
    source_undo(&s);
    cr_assert_eq(take(5250), 1, "it comes again");
    cr_assert_not(s.ended);
    cr_assert_eq(take(5000 + LENGTH / 60), 58);
    cr_assert(s.ended);
    cr_assert(s.has_newest);
    cr_assert_eq(s.newest.time_ms, FIRST + LENGTH);
    source_close(&s);
}

Test(source, all_at_once_and_within_a_time)
{
    const source_pace at_once = {.speed = 0};
    const source_pace within = {.speed = 1, .within_ms = 6000};

    cr_assert(source_replay(&s, SCHOOL, &at_once, &error));
    cr_assert_eq(take(1), 60);
    source_close(&s);
    cr_assert(source_replay(&s, SCHOOL, &within, &error));
    cr_assert_gt(take(1), 0);
    cr_assert_not(s.ended);
    (void)take(6001);
    cr_assert(s.ended);
    source_close(&s);
}

Test(source, shifted_times_end_now_and_keep_their_distances)
{
    const source_pace pace = {.speed = 0, .now_ms = 1800000000000};

    cr_assert(source_replay(&s, SCHOOL, &pace, &error));
    cr_assert_eq(s.track.fixes[59].time_ms, 1800000000000);
    cr_assert_eq(s.track.fixes[0].time_ms, 1800000000000 - LENGTH);
    source_close(&s);
}

Test(source, points_without_a_time_are_a_second_apart)
{
    static const char gpx[] =
        "<gpx xmlns=\"http://www.topografix.com/GPX/1/1\"><trk><trkseg>"
        "<trkpt lat=\"2\" lon=\"1\"/><trkpt lat=\"1\" lon=\"1\"/></trkseg>"
        "</trk></gpx>";
    const char *directory = scratch_dir_make();
    const source_pace pace = {.speed = 1};
    char path[256];

    snprintf(path, sizeof path, "%s/track.gpx", directory);
    FILE *file = fopen(path, "w");
    fputs(gpx, file);
    fclose(file);
    cr_assert(source_replay(&s, path, &pace, &error));
    cr_assert_eq(s.track.fixes[0].lat_e7, 20000000);
    cr_assert_eq(s.track.fixes[1].time_ms, s.track.fixes[0].time_ms + 1000);
    source_close(&s);
    cr_assert_not(source_replay(&s, "none.gpx", &pace, &error));
    file = fopen(path, "w");
    fputs("<gpx xmlns=\"http://www.topografix.com/GPX/1/1\"/>", file);
    fclose(file);
    cr_assert_not(source_replay(&s, path, &pace, &error));
    cr_assert_not_null(strstr(error.text, "no track"));
    scratch_dir_remove(directory);
}

Test(source, a_pipe_is_read_as_far_as_it_goes)
{
    static const char line[] = "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,"
                               "084.4,230394,003.1,W*6A\r\n";
    const char *directory = scratch_dir_make();
    char path[256];

    snprintf(path, sizeof path, "%s/pipe", directory);
    char command[300];
    snprintf(command, sizeof command, "mkfifo '%s'", path);
    cr_assert_eq(system(command), 0);
    int out = open(path, O_RDWR);
    cr_assert(source_nmea(&s, path, 9600, &error), "%s", error.text);
    cr_assert_eq(take(0), 0);
    cr_assert_not(s.ended);
    cr_assert_eq(write(out, line, 30), 30);
    cr_assert_eq(take(0), 0);
    cr_assert_eq(write(out, line + 30, sizeof line - 31),
                 (ssize_t)sizeof line - 31);
    cr_assert_eq(take(0), 1);
    cr_assert_eq(fix.lat_e7, 481173000);
    close(out);
    cr_assert_eq(take(0), 0);
    cr_assert(s.ended);
    source_close(&s);
    scratch_dir_remove(directory);
}

/* ---- media ---- */

static bool is_picture(const void *bytes, size_t len, uint32_t w, uint32_t h)
{
    covey_attachment what = {.size = 1};
    uint8_t *copy = malloc(len); /* exactly as large, for sanitizers */

    memcpy(copy, bytes, len);
    bool ok = media_picture(&what, copy, len) && what.width == w &&
              what.height == h && what.media == COVEY_MEDIA_PICTURE;
    free(copy);
    return ok;
}

static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\2\x80\0\0\1\xe0";
static const char jpeg[] = "\xff\xd8\xff\xe0\0\4ab\xff\xc4\0\2\xff\xc0\0\x11\x8"
                           "\1\xe0\2\x80";

Test(media, sides_of_a_png_and_a_jpeg)
{
    cr_assert(is_picture(png, 24, 640, 480));
    cr_assert(is_picture(jpeg, 21, 640, 480));
}

Test(media, what_is_cut_off_or_too_large_is_no_picture)
{
    char large[24];

    for (size_t len = 0; len < 24; len++) {
        cr_assert_not(is_picture(png, len, 640, 480));
        if (len < 21) cr_assert_not(is_picture(jpeg, len, 640, 480));
    }
    memcpy(large, png, 24);
    large[18] = 0x20;
    large[19] = 1; /* 8193 */
    covey_attachment what;
    cr_assert_not(media_picture(&what, (uint8_t *)large, 24));
    cr_assert_not(is_picture("\xff\xd8\xff\xe0\0\0\xff\xc0", 8, 0, 0));
}

static bool is_voice(uint32_t rate, uint32_t size, uint32_t want_ms)
{
    uint8_t wav[44] = "RIFF....WAVEfmt \20\0\0\0\1\0\1\0....";
    covey_attachment what = {.size = 1};

    for (size_t i = 0; i < 4; i++) {
        wav[28 + i] = (uint8_t)(rate >> (8 * i));
        wav[40 + i] = (uint8_t)(size >> (8 * i));
    }
    memcpy(wav + 36, "data", 4);
    return media_voice(&what, wav, sizeof wav) && what.duration_ms == want_ms;
}

Test(media, the_length_of_a_recording)
{
    covey_attachment what;

    cr_assert(is_voice(8000, 16000, 2000));
    cr_assert(is_voice(8000, 4800000, 600000));
    cr_assert_not(is_voice(8000, 4800009, 600001), "more than ten minutes");
    cr_assert_not(is_voice(0, 16000, 0));
    cr_assert_not(is_voice(8000, 0, 0));
    cr_assert_not(media_voice(&what, (const uint8_t *)"RIFF....WAVE", 12));
    cr_assert_not(
        media_voice(&what, (const uint8_t *)"RIFF....WAVEjunk\xff\xff\xff\xff",
                    20));
}

/* ---- hours ---- */

Test(week, hours_are_read_and_written)
{
    covey_span spans[COVEY_SPANS_MAX];
    char text[WEEK_TEXT_SIZE];
    size_t num = 0;

    cr_assert(week_read(spans, &num, "Sun 22:00-24:00"));
    cr_assert(week_read(spans, &num, "Mon-Wed 8:00-12:30"));
    cr_assert_eq(num, 4);
    week_sort(spans, num);
    cr_assert_eq(spans[0].begin, 480);
    cr_assert_eq(spans[2].end, 2 * 1440 + 750);
    cr_assert_eq(spans[3].end, COVEY_WEEK_MINUTES);
    week_write(text, &spans[3]);
    cr_assert_str_eq(text, "Sun 22:00-24:00");
    week_write(text, &spans[1]);
    cr_assert_str_eq(text, "Tue 08:00-12:30");
}

Test(week, what_is_no_hours_is_refused)
{
    static const char *const texts[] = {"",
                                        "Mon",
                                        "Mon 8-9",
                                        "Mon 8:00",
                                        "mon 8:00-9:00",
                                        "Wed-Mon 8:00-9:00",
                                        "Mon 9:00-8:00",
                                        "Mon 8:60-9:00",
                                        "Mon 8:00-24:01",
                                        "Mon 8:00-9:00 ",
                                        "Mon  8:00-9:00",
                                        "Mon 8:00-8:00",
                                        "Mon- 8:00-9:00"};
    covey_span spans[COVEY_SPANS_MAX];
    size_t num = 0;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_assert_not(week_read(spans, &num, texts[i]), "\"%s\"", texts[i]);
    }
    for (int i = 0; i < 4; i++) {
        num = 7 * (size_t)i;
        cr_assert(week_read(spans, &num, "Mon-Sun 8:00-9:00"));
    }
    cr_assert(week_read(spans, &num, "Mon-Thu 8:00-9:00"));
    cr_assert_eq(num, COVEY_SPANS_MAX);
    cr_assert_not(week_read(spans, &num, "Mon 8:00-9:00"), "too many");
}
