/* GPX is read strictly, and exports say what was read. */
#include "gpx.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock_text.h"
#include "decimal.h"
#include "export.h"

#define HEAD "<gpx version=\"1.1\" xmlns=\"http://www.topografix.com/GPX/1/1\">"
#define IN(points) HEAD "<trk><trkseg>" points "</trkseg></trk></gpx>"

static complaint error;

/* How many points; -1: refused. */
static int reads(const char *text, covey_fix *last)
{
    track t = {NULL, 0, 0};

    bool ok = gpx_read(&t, text, strlen(text), &error);
    int num = ok ? (int)t.num : -1;
    if (num > 0 && last != NULL) *last = t.fixes[t.num - 1];
    track_free(&t);
    return num;
}

Test(gpx, a_point_is_read_with_all_it_has)
{
    covey_fix fix;

    cr_assert_eq(
        reads(IN("<trkpt lat=\"-33.8567844\" lon=\"151.2152967\"><ele> 12.345 "
                 "</ele><time>2026-11-20T07:42:00.5Z</time><hdop>2.5</hdop>"
                 "<extensions><time>no</time></extensions></trkpt>"),
              &fix),
        1);
    cr_assert_eq(fix.lat_e7, -338567844);
    cr_assert_eq(fix.lon_e7, 1512152967);
    cr_assert(fix.has_altitude);
    cr_assert_eq(fix.altitude_cm, 1235);
    cr_assert_eq(fix.time_ms, 1795160520500);
    cr_assert_eq(fix.accuracy_cm, 1250);
    cr_assert_eq(fix.source, COVEY_SOURCE_GNSS);
}

/* A receiver whose clock was never set. */
Test(gpx, a_time_before_1970_is_none)
{
    covey_fix fix = {.time_ms = 5};

    cr_assert_eq(reads(IN("<trkpt lat=\"1\" lon=\"2\"><time>"
                          "1901-12-13T20:45:52.2073437Z</time></trkpt>"),
                       &fix),
                 1);
    cr_assert_eq(fix.time_ms, 0);
    cr_assert_eq(reads(IN("<trkpt lat=\"1\" lon=\"2\"><time>"
                          "1970-01-01T00:00:01Z</time></trkpt>"),
                       &fix),
                 1);
    cr_assert_eq(fix.time_ms, 1000);
}

Test(gpx, tracks_and_segments_follow_each_other_and_the_rest_is_passed_over)
{
    cr_assert_eq(
        reads(HEAD "<wpt lat=\"1\" lon=\"1\"/><rte><rtept lat=\"2\" "
                   "lon=\"2\"/></rte><trk><name>a &amp; b</name><trkseg><trkpt "
                   "lat=\"3\" lon=\"3\"/></trkseg><trkseg><trkpt lat=\"4\" "
                   "lon=\"4\"/></trkseg></trk><trk><trkseg><trkpt lat=\"5\" "
                   "lon=\"5\"/></trkseg></trk><x xmlns=\"urn:x\"><trk/></x>"
                   "</gpx>",
              NULL),
        3);
    cr_assert_eq(reads(HEAD "</gpx>", NULL), 0);
}

Test(gpx, what_is_wrong_is_refused_with_its_line)
{
    static const char *const texts[] = {
        "",
        "not xml",
        "<gpx/>",
        "<kml xmlns=\"http://www.topografix.com/GPX/1/1\"/>",
        "<gpx xmlns=\"http://www.topografix.com/GPX/1/2\"/>",
        "<gpx xmlns=\"http://www.topografix.com/GPX/1/\"/>",
        "<!DOCTYPE gpx>" HEAD "</gpx>",
        "<!DOCTYPE gpx [<!ENTITY a \"b\">]>" HEAD "&a;</gpx>",
        HEAD,
        HEAD "</gpx><gpx/>",
        IN("<trkpt lat=\"1\"/>"),
        IN("<trkpt lon=\"1\"/>"),
        IN("<trkpt lat=\"1\" lat=\"1\" lon=\"1\"/>"),
        IN("<trkpt lat=\"90.0000001\" lon=\"1\"/>"),
        IN("<trkpt lat=\"1\" lon=\"-180.0000001\"/>"),
        IN("<trkpt lat=\"1e1\" lon=\"1\"/>"),
        IN("<trkpt lat=\"\" lon=\"1\"/>"),
        IN("<trkpt lat=\"1\" lon=\"1\"><time>yesterday</time></trkpt>"),
        IN("<trkpt lat=\"1\" lon=\"1\"><time/></trkpt>"),
        IN("<trkpt lat=\"1\" lon=\"1\"><ele>high</ele></trkpt>"),
        IN("<trkpt lat=\"1\" lon=\"1\"><ele>20000.01</ele></trkpt>"),
        IN("<trkpt lat=\"1\" lon=\"1\"><ele>1</ele><ele>1</ele></trkpt>"),
        IN("<trkpt lat=\"1\" lon=\"1\"><ele><b/>1</ele></trkpt>"),
        IN("<trkpt lat=\"1\" lon=\"1\"><hdop>-1</hdop></trkpt>"),
        IN("<trkpt lat=\"1\" lon=\"1\"><ele>"
           "11111111111111111111111111111111111111111111111111111111111111111"
           "</ele></trkpt>")};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        memset(&error, 0, sizeof error);
        cr_assert_eq(reads(texts[i], NULL), -1, "%s", texts[i]);
        cr_assert(strncmp(error.text, "line 1: ", 8) == 0, "%s", error.text);
    }
    cr_assert_eq(reads("\n\n<gpx/>", NULL), -1);
    cr_assert(strstr(error.text, "line 3") != NULL, "%s", error.text);
}

Test(gpx, what_is_too_deep_or_too_much_is_refused)
{
    static const char point[] = "<trkpt lat=\"1\" lon=\"1\"/>";
    char *text = malloc(sizeof point * (TRACK_FIXES_MAX + 2) + 200);
    size_t len = (size_t)sprintf(text, "%s", HEAD);

    for (int i = 0; i < 40; i++) len += (size_t)sprintf(text + len, "<a>");
    cr_assert_eq(reads(text, NULL), -1);
    cr_assert_not_null(strstr(error.text, "deep"));

    len = (size_t)sprintf(text, "%s<trk><trkseg>", HEAD);
    for (size_t i = 0; i <= TRACK_FIXES_MAX; i++) {
        len += (size_t)sprintf(text + len, "%s", point);
    }
    sprintf(text + len, "</trkseg></trk></gpx>");
    cr_assert_eq(reads(text, NULL), -1);
    cr_assert_not_null(strstr(error.text, "200000"));
    free(text);
}

Test(gpx, the_demo_track_is_a_walk_of_sixty_points)
{
    track t = {NULL, 0, 0};

    cr_assert(gpx_read_file(&t, SCHOOL, &error), "%s", error.text);
    cr_assert_eq(t.num, 60);
    for (size_t i = 1; i < t.num; i++) {
        cr_assert_eq(t.fixes[i].time_ms - t.fixes[i - 1].time_ms, 15000);
        /* 60 m in 15 s is a run */
        cr_assert_lt(abs(t.fixes[i].lat_e7 - t.fixes[i - 1].lat_e7), 5400);
        cr_assert_lt(abs(t.fixes[i].lon_e7 - t.fixes[i - 1].lon_e7), 7900);
    }
    track_free(&t);
    cr_assert_not(gpx_read_file(&t, SCHOOL ".none", &error));
}

/* ---- exports ---- */

static track sample(void)
{
    track t = {NULL, 0, 0};
    const covey_fix fixes[] = {{.lat_e7 = -1,
                                .lon_e7 = -1800000000,
                                .time_ms = 1,
                                .accuracy_cm = 55,
                                .source = COVEY_SOURCE_GNSS},
                               {.lat_e7 = 900000000,
                                .lon_e7 = 1,
                                .time_ms = 1795160520500,
                                .accuracy_cm = 1000,
                                .has_altitude = true,
                                .altitude_cm = -1205,
                                .source = COVEY_SOURCE_WIFI},
                               {.lat_e7 = 473702301,
                                .lon_e7 = 85379370,
                                .time_ms = 0,
                                .source = COVEY_SOURCE_FUSED}};

    for (size_t i = 0; i < 3; i++) cr_assert(track_add(&t, &fixes[i]));
    return t;
}

typedef bool writer(FILE *out, const track *t, const char *name);

static char *written(writer *write, const char *name)
{
    track t = sample();
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    cr_assert(write(out, &t, name));
    fclose(out);
    track_free(&t);
    return text;
}

Test(exports, gpx_reads_back_as_it_was_whatever_the_name)
{
    char *text = written(gpx_write, "]]> <trk> & \"x\" 'y' \xc3\xa9");
    track back = {NULL, 0, 0};
    track t = sample();

    cr_assert(gpx_read(&back, text, strlen(text), &error), "%s", error.text);
    cr_assert_eq(back.num, t.num);
    for (size_t i = 0; i < t.num; i++) {
        t.fixes[i].source = COVEY_SOURCE_GNSS; /* GPX does not say */
        t.fixes[i].accuracy_cm -= t.fixes[i].accuracy_cm % 5;
        cr_assert_eq(memcmp(&back.fixes[i], &t.fixes[i], sizeof t.fixes[i]), 0);
    }
    track_free(&t);
    track_free(&back);
    free(text);
}

Test(exports, geojson_is_json_with_the_same_places)
{
    char *text = written(geojson_write, "\"</script>");
    track t = sample();
    json_t *root = json_loads(text, 0, NULL);
    json_t *features = json_object_get(root, "features");

    cr_assert_eq(json_array_size(features), 4);
    for (size_t i = 0; i < 3; i++) {
        json_t *at =
            json_object_get(json_object_get(json_array_get(features, i),
                                            "geometry"),
                            "coordinates");
        double lon = json_number_value(json_array_get(at, 0));
        double lat = json_number_value(json_array_get(at, 1));
        cr_assert_lt(fabs(lon * 1e7 - t.fixes[i].lon_e7), 0.5);
        cr_assert_lt(fabs(lat * 1e7 - t.fixes[i].lat_e7), 0.5);
    }
    const char *time = json_string_value(json_object_get(
        json_object_get(json_array_get(features, 1), "properties"), "time"));
    cr_assert_str_eq(time, "2026-11-20T07:42:00.500Z");
    json_decref(root);
    track_free(&t);
    free(text);
}

Test(exports, csv_has_a_line_for_each_fix)
{
    char *text = written(csv_write, "");

    cr_assert_str_eq(
        text, "time,latitude,longitude,accuracy_m,altitude_m,source\r\n"
              "1970-01-01T00:00:00.001Z,-0.0000001,-180.0000000,0.55,,gnss\r\n"
              "2026-11-20T07:42:00.500Z,90.0000000,0.0000001,10.00,-12.05,"
              "wifi\r\n"
              ",47.3702301,8.5379370,0.00,,fused\r\n");
    free(text);
}

Test(exports, a_full_disk_is_noticed)
{
    track t = sample();
    FILE *full = fopen("/dev/full", "w");

    cr_assert_not(gpx_write(full, &t, "x"));
    fclose(full);
    full = fopen("/dev/full", "w");
    cr_assert_not(geojson_write(full, &t, "x"));
    fclose(full);
    full = fopen("/dev/full", "w");
    cr_assert_not(csv_write(full, &t, "x"));
    fclose(full);
    track_free(&t);
}

Test(track, sorting_keeps_each_place_and_time_once)
{
    track t = {NULL, 0, 0};
    static const int64_t times[] = {5, 3, 5, 4, 3};

    for (size_t i = 0; i < 5; i++) {
        covey_fix fix = {.time_ms = times[i], .lat_e7 = i == 4 ? 9 : 1};
        cr_assert(track_add(&t, &fix));
    }
    track_sort(&t);
    cr_assert_eq(t.num, 4);
    cr_assert_eq(t.fixes[0].time_ms, 3);
    cr_assert_eq(t.fixes[1].lat_e7, 9);
    cr_assert_eq(t.fixes[3].time_ms, 5);
    track_free(&t);
}
