#include <covey/error.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "describe.h"
#include "desk_inside.h"
#include "fix_json.h"
#include "source.h"

#define WATCH_POLL_MS 2000
#define WAKE_MS 20000 /* a request is held so long */
#define TURN_MS 50
#define LAST_MS 30000 /* for what is left to send at the end */

const struct argp_option watch_options[] = {
    {"replay", 'r', "TRACK.gpx", 0, "walk along this track", 0},
    {"nmea", 'n', "FILE", 0,
     "listen to a receiver: a file, a serial line, - is standard input", 0},
    {"speed", 's', "N", 0, "replay N times as fast (1); 0: all at once", 0},
    {"within", 'w', "SECONDS", 0, "replay so fast that it takes so long", 0},
    {"shift-to-now", 'l', NULL, 0,
     "shift the track's times so that it ends when the replay does", 0},
    {"every", 'e', "SECONDS", 0,
     "of a receiver, one fix in so many seconds (10)", 0},
    {"baud", 'b', "N", 0, "of a serial line (9600)", 0},
    {"poll", 'p', "SECONDS", 0, "ask the relay at least so often (2)", 0},
    {"wake", 'k', NULL, 0,
     "hear of news at once, as a watch does that a push wakes", 0},
    {"once", 'o', NULL, 0, "end when the track has ended and all was sent", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

typedef struct {
    app *app;
    source source;
    int64_t every_ms; /* 0: each fix */
    int64_t sent_ms;  /* time of the last fix that was sent */
} walk;

static int64_t clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool where(void *ctx, covey_fix *fix)
{
    const walk *w = ctx;

    if (w->source.has_newest) *fix = w->source.newest;
    return w->source.has_newest;
}

static void print_row(void *ctx, const json_t *row)
{
    const app *a = ctx;
    const char *type = json_string_value(json_object_get(row, "type"));
    char text[DESCRIBE_SIZE];

    if (type == NULL || strcmp(type, "device") == 0 ||
        strcmp(type, "sent") == 0 || strcmp(type, "receipt") == 0 ||
        strcmp(type, "settings") == 0) {
        return;
    }
    describe(text, &a->desk.view, row);
    app_say(a, json_deep_copy(row), "%s\n", text);
}

/* True: sent, or refused for good; false: to be tried again. */
static bool send_fix(walk *w, const covey_fix *fix)
{
    covey_fix sent = *fix;
    covey_content content = {.kind = COVEY_CONTENT_LOCATION};

    if (sent.reason == COVEY_REASON_UNKNOWN) {
        sent.reason = COVEY_REASON_INTERVAL;
    }
    content.of.location = (covey_location){.fixes = &sent, .num_fixes = 1};
    int err = desk_say(&w->app->desk, &content, NULL);
    if (err == COVEY_ERR_STATE) {
        fprintf(stderr, "covey: paused, or stopped: this fix is not sent\n");
    }
    return err != COVEY_ERR_CAPACITY && err > COVEY_ERR_RANDOM;
}

static bool is_due(walk *w, const covey_fix *fix)
{
    if (w->sent_ms != 0 && fix->time_ms < w->sent_ms + w->every_ms) {
        return false;
    }
    w->sent_ms = fix->time_ms;
    return true;
}

static void send_due(walk *w)
{
    covey_fix fix;

    while (source_next(&w->source, clock_ms(), &fix)) {
        if (w->every_ms > 0 && !is_due(w, &fix)) continue;
        if (!send_fix(w, &fix)) {
            if (w->source.fd < 0) source_undo(&w->source);
            return; /* a replay waits, a receiver goes on */
        }
    }
}

static int serve(walk *w)
{
    app *a = w->app;
    bool once = a->values['o'] != NULL;

    a->desk.where = where;
    a->desk.where_ctx = w;
    a->desk.view.hook = print_row;
    a->desk.view.hook_ctx = a;
    app_say(a, json_pack("{s:s}", "watch", "runs"),
            "This is the watch. Ctrl-C ends it.\n");
    while (!app_ends() && !a->desk.wants_to_end && !(once && w->source.ended)) {
        send_due(w);
        if (!desk_turn(&a->desk, TURN_MS, &a->error)) return app_fail(a);
    }
    int status = app_flush_for(a, LAST_MS);
    a->desk.view.hook = NULL;
    return status;
}

static bool read_numbers(app *a, int64_t *speed, int64_t *baud, int64_t *every,
                         int64_t *poll)
{
    const char *const *v = a->values;

    return (v['s'] == NULL ||
            app_number(a, speed, "--speed", v['s'], 0, 1000000)) &&
           (v['b'] == NULL ||
            app_number(a, baud, "--baud", v['b'], 4800, 115200)) &&
           (v['e'] == NULL ||
            app_number(a, every, "--every", v['e'], 0, 86400)) &&
           (v['p'] == NULL || app_number(a, poll, "--poll", v['p'], 1, 86400));
}

/* How to end. */
static int open_source(walk *w, int64_t speed, int64_t baud)
{
    app *a = w->app;
    const char *const *v = a->values;
    int64_t within = 0;

    if (v['w'] != NULL &&
        !app_number(a, &within, "--within", v['w'], 1, 86400)) {
        return APP_USAGE;
    }
    const source_pace pace = {speed, within * 1000,
                              v['l'] != NULL ? desk_now_ms() : 0};
    if (v['r'] != NULL) {
        bool ok = source_replay(&w->source, v['r'], &pace, &a->error);
        return ok ? APP_OK : app_fail(a);
    }
    if (v['n'] != NULL) {
        bool ok = source_nmea(&w->source, v['n'], baud, &a->error);
        return ok ? APP_OK : app_fail(a);
    }
    w->source = (source){.fd = -1, .ended = true}; /* it stays where it is */
    return APP_OK;
}

static int start(walk *w)
{
    app *a = w->app;

    if (!desk_runs(&a->desk)) {
        (void)complain(&a->error, "another covey runs this watch already");
        return app_fail(a);
    }
    if (covey_device_state_of(a->desk.device) != COVEY_DEVICE_MEMBER) {
        (void)complain(&a->error, "this device is not a member of a circle: "
                                  "`covey status` says what to do");
        return app_fail(a);
    }
    return serve(w);
}

int cmd_watch(app *a)
{
    walk w = {.app = a};
    int64_t speed = 1;
    int64_t baud = 9600;
    int64_t every = 10;
    int64_t poll = WATCH_POLL_MS / 1000;
    int status = APP_FAILED;

    if (!read_numbers(a, &speed, &baud, &every, &poll)) return APP_USAGE;
    if (a->values['r'] != NULL && a->values['n'] != NULL) {
        (void)complain(&a->error, "--replay or --nmea, not both");
        (void)app_fail(a);
        return APP_USAGE;
    }
    w.every_ms = a->values['n'] != NULL ? every * 1000 : 0;
    status = open_source(&w, speed, baud);
    if (status != APP_OK) return status;
    a->options.poll_ms = (uint32_t)poll * 1000;
    a->options.wait_ms = a->values['k'] != NULL ? WAKE_MS : 0;
    status = app_open(a);
    if (status == APP_OK) status = start(&w);
    source_close(&w.source);
    return status;
}
