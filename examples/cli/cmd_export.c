#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock_text.h"
#include "commands.h"
#include "export.h"
#include "gpx.h"

const struct argp_option export_options[] = {
    {"gpx", 'g', NULL, 0, "as GPX 1.1 (if nothing else is said)", 0},
    {"geojson", 'j', NULL, 0, "as GeoJSON", 0},
    {"csv", 'c', NULL, 0, "as CSV", 0},
    {"output", 'o', "FILE", 0, "to a file, for its owner alone", 0},
    {"since", 's', "TIME", 0, "from 2026-11-20T07:42:00Z on", 0},
    {"until", 'u', "TIME", 0, "up to that time", 0},
    {"offline", 'n', NULL, 0, "do not ask the relay before", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

static bool time_option(app *a, int64_t *time_ms, char key)
{
    const char *text = a->values[(int)key];

    if (text == NULL || clock_read(time_ms, text, strlen(text))) return true;
    (void)complain(&a->error, "a time is like 2026-11-20T07:42:00Z");
    (void)app_fail(a);
    return false;
}

static bool choose(track *out, const track *in, int64_t since, int64_t until)
{
    for (size_t i = 0; i < in->num; i++) {
        int64_t at = in->fixes[i].time_ms;
        if (at >= since && at <= until && !track_add(out, &in->fixes[i])) {
            return false;
        }
    }
    track_sort(out);
    return true;
}

static bool write_track(const app *a, FILE *out, const track *t)
{
    if (a->values['j'] != NULL) return geojson_write(out, t, "covey");
    if (a->values['c'] != NULL) return csv_write(out, t, "covey");
    return gpx_write(out, t, "covey");
}

static int export_track(app *a, const track *t)
{
    const char *path = a->values['o'];
    FILE *out = stdout;

    if (path != NULL) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        out = fd >= 0 ? fdopen(fd, "w") : NULL;
    }
    bool ok = out != NULL && write_track(a, out, t);
    if (path != NULL && out != NULL && fclose(out) != 0) ok = false;
    if (ok) return APP_OK;
    (void)complain(&a->error, "cannot write %s: %s",
                   path != NULL ? path : "the track", strerror(errno));
    return app_fail(a);
}

int cmd_export(app *a)
{
    track chosen = {NULL, 0, 0};
    int64_t since = 0;
    int64_t until = INT64_MAX;
    int formats = (a->values['g'] != NULL) + (a->values['j'] != NULL) +
                  (a->values['c'] != NULL);
    int status = APP_FAILED;

    if (formats > 1) {
        (void)complain(&a->error, "one of --gpx, --geojson and --csv");
        (void)app_fail(a);
        return APP_USAGE;
    }
    if (!time_option(a, &since, 's') || !time_option(a, &until, 'u')) {
        return APP_USAGE;
    }
    if (app_open(a) != APP_OK) return APP_FAILED;
    if (a->values['n'] == NULL) app_sync(a);
    if (choose(&chosen, &a->desk.view.track, since, until)) {
        status = export_track(a, &chosen);
    }
    track_free(&chosen);
    return status;
}
