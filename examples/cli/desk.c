#include "desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "desk_inside.h"
#include "words.h"

#define WISH_MS 20000   /* how long a wish is waited for, and good for */
#define TURN_MS 40      /* how long wishes and rows wait to be seen */
#define PICTURE_MS 5000 /* members' ages grow old */
#define WISHES_KEPT 50
#define FAILURES 2 /* that tell that the relay is away */

#ifdef CLOCK_BOOTTIME
#define AWAKE_OR_NOT CLOCK_BOOTTIME
#else
#define AWAKE_OR_NOT CLOCK_MONOTONIC
#endif

static int64_t ms_of(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t desk_now_ms(void)
{
    return ms_of(CLOCK_REALTIME);
}

static int64_t monotonic_ms(void)
{
    return ms_of(CLOCK_MONOTONIC);
}

covey_now desk_clocks(void)
{
    return (covey_now){desk_now_ms(), (uint64_t)ms_of(AWAKE_OR_NOT)};
}

static void rest(uint32_t ms)
{
    const struct timespec time = {.tv_sec = ms / 1000,
                                  .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)nanosleep(&time, NULL);
}

/* ---- beginning and end ---- */

/* How the relay is reached is said once, and kept. */
static void keep_settings(desk *d)
{
    json_t *kept = history_get(d->rows, "settings");
    json_t *settings =
        json_pack("{s:s, s:b, s:s?, s:s?}", "type", "settings",
                  "plain_loopback",
                  d->options.plain_loopback ||
                      json_is_true(json_object_get(kept, "plain_loopback")),
                  "ca_file",
                  d->options.ca_file != NULL
                      ? d->options.ca_file
                      : json_string_value(json_object_get(kept, "ca_file")),
                  "proxy",
                  d->options.proxy != NULL
                      ? d->options.proxy
                      : json_string_value(json_object_get(kept, "proxy")));

    if (!json_equal(kept, settings)) {
        (void)history_put(d->rows, "settings", settings);
    }
    json_decref(kept);
    json_decref(settings);
}

static bool open_history(desk *d, complaint *error)
{
    d->rows = history_open(d->home.path, d->home.history_key, error);
    if (d->rows == NULL) return false;
    view_init(&d->view, d->rows);
    keep_settings(d);
    if (view_update(&d->view)) return true;
    return complain(error,
                    "a row of %s/history.db does not open: it was altered, or "
                    "host.key is another one",
                    d->home.path);
}

/* ---- work ---- */

static void draw_picture(desk *d)
{
    int64_t now_ms = monotonic_ms();

    if (!d->is_dirty && now_ms - d->pictured_ms < PICTURE_MS) return;
    json_t *picture = desk_picture(d);
    if (!json_equal(picture, d->view.device)) {
        (void)history_put(d->rows, "device", picture);
    }
    json_decref(picture);
    d->pictured_ms = now_ms;
    d->is_dirty = false;
}

/* A wish whose wisher has given up must not be granted much later. */
static json_t *grant(desk *d, const json_t *wish)
{
    json_int_t wished = json_integer_value(json_object_get(wish, "wished_ms"));
    int64_t age = desk_now_ms() - wished;

    if (age > WISH_MS || age < -WISH_MS) {
        return json_pack("{s:s, s:s}", "error", "too late", "text",
                         "nobody waits for this any more");
    }
    return desk_act(d, wish);
}

static void grant_wishes(desk *d)
{
    int64_t number = 0;
    json_t *wish = NULL;

    while ((wish = history_next_wish(d->rows, &number)) != NULL) {
        json_t *answer = grant(d, wish);
        int err = history_answer(d->rows, number, answer);
        history_forget_wishes(d->rows, number - WISHES_KEPT);
        json_decref(answer);
        json_decref(wish);
        if (err != 0) break; /* a full disk */
    }
}

static bool look(desk *d, complaint *error)
{
    return view_update(&d->view) ||
           complain(error, "a row of %s/history.db does not open",
                    d->home.path);
}

bool desk_open(desk *d, const desk_options *options, complaint *error)
{
    char path[PATH_MAX - 64];

    *d = (desk){.options = *options, .home = {.dir = -1, .engine = -1}};
    if (options->home != NULL && strlen(options->home) < sizeof path) {
        memcpy(path, options->home, strlen(options->home) + 1);
    } else if (options->home != NULL) {
        return complain(error, "the path of --home is too long");
    } else if (!home_default(path, error)) {
        return false;
    }
    if (home_open(&d->home, path, options->create, error) &&
        open_history(d, error) &&
        (!home_engine(&d->home) || desk_start(d, error))) {
        if (d->device != NULL) draw_picture(d);
        if (look(d, error)) return true;
    }
    desk_close(d);
    return false;
}

void desk_close(desk *d)
{
    if (d->device != NULL) desk_stop(d);
    if (d->rows != NULL) {
        view_free(&d->view);
        history_close(d->rows);
    }
    home_close(&d->home);
    *d = (desk){.home = {.dir = -1, .engine = -1}};
}

bool desk_runs(const desk *d)
{
    return d->device != NULL;
}

bool desk_turn(desk *d, uint32_t timeout_ms, complaint *error)
{
    uint32_t part = timeout_ms < TURN_MS ? timeout_ms : TURN_MS;

    if (d->device == NULL && home_engine(&d->home) && !desk_start(d, error)) {
        return false;
    }
    if (d->device != NULL) {
        int err = covey_transport_run(d->transport, part);
        if (err) return complain(error, "%s", covey_error_text(err));
        grant_wishes(d);
        draw_picture(d);
    } else {
        rest(part);
    }
    return look(d, error);
}

bool desk_wait(desk *d, uint32_t timeout_ms, desk_condition *done, void *ctx,
               complaint *error)
{
    int64_t end = monotonic_ms() + timeout_ms;

    error->text[0] = 0;
    while (!done(d, ctx)) {
        int64_t left = end - monotonic_ms();
        if (left <= 0 || !desk_turn(d, (uint32_t)left, error)) return false;
    }
    return true;
}

/* ---- wishes ---- */

typedef struct {
    int64_t number;
    json_t *answer;
} pending;

static bool is_answered(desk *d, void *ctx)
{
    pending *wish = ctx;

    wish->answer = history_take_answer(d->rows, wish->number);
    return wish->answer != NULL;
}

json_t *desk_wish(desk *d, const json_t *wish, complaint *error)
{
    json_t *timed = json_deep_copy(wish);
    pending waiting = {0, NULL};

    json_object_set_new(timed, "wished_ms", json_integer(desk_now_ms()));
    if (d->device != NULL) {
        json_t *answer = grant(d, timed);
        json_decref(timed);
        draw_picture(d);
        return look(d, error) ? answer : NULL;
    }
    waiting.number = history_wish(d->rows, timed);
    json_decref(timed);
    if (waiting.number < 0) {
        (void)complain(error, "cannot write to %s/history.db", d->home.path);
        return NULL;
    }
    if (!desk_wait(d, WISH_MS, is_answered, &waiting, error) &&
        error->text[0] == 0) {
        (void)complain(error, "another covey runs this device and does not "
                              "answer, or was killed meanwhile: look whether "
                              "it was done before you say it again");
    }
    return waiting.answer;
}

/* ---- the relay ---- */

static const char *pictured(const desk *d, const char *name)
{
    const char *text = json_string_value(json_object_get(d->view.device, name));

    return text != NULL ? text : "";
}

bool desk_has_stopped(const desk *d)
{
    int state = d->device != NULL
                    ? (int)covey_device_state_of(d->device)
                    : word_value(WORDS_STATE, pictured(d, "state"));

    return state >= (int)COVEY_DEVICE_FORKED;
}

void desk_trouble(char out[TROUBLE_SIZE], const desk *d)
{
    if (d->device == NULL) {
        snprintf(out, TROUBLE_SIZE, "%s", pictured(d, "trouble"));
    } else if (trouble_is(&d->trouble)) {
        trouble_write(out, &d->trouble);
    } else {
        out[0] = 0;
    }
}

typedef struct {
    desk_condition *done;
    bool came;
} awaited;

/* It answers, and says no. What an answer made of the relay's state is heard
 * of before the next one, at the latest. */
static bool is_refused(const desk *d)
{
    return (d->trouble.relay == COVEY_RELAY_REFUSES ||
            d->trouble.relay == COVEY_RELAY_FULL) &&
           d->num_answers - d->refused_at >= FAILURES;
}

/* It came, or there is no relay to wait for, or nobody who waits. */
static bool is_vain(desk *d, void *ctx)
{
    awaited *a = ctx;

    a->came = a->done(d, NULL);
    return a->came || d->num_failed >= FAILURES || is_refused(d) ||
           desk_has_stopped(d);
}

static bool has_synced(desk *d, void *ctx)
{
    (void)ctx;
    if (d->device == NULL) return true; /* somebody else does */
    covey_device_state state = covey_device_state_of(d->device);
    if (state == COVEY_DEVICE_EMPTY || state >= COVEY_DEVICE_FORKED) {
        return true;
    }
    if (state != COVEY_DEVICE_MEMBER) return d->has_answered;
    return d->has_answered && covey_device_is_current(d->device);
}

bool desk_sync(desk *d, uint32_t timeout_ms, complaint *error)
{
    awaited synced = {has_synced, false};

    if (d->device != NULL) covey_device_wake(d->device, desk_now(d));
    return desk_wait(d, timeout_ms, is_vain, &synced, error) && synced.came;
}

static bool has_flushed(desk *d, void *ctx)
{
    const json_t *device = d->view.device;

    (void)ctx;
    if (d->device != NULL) return covey_device_num_waiting(d->device) == 0;
    return json_integer_value(json_object_get(device, "waiting")) == 0;
}

bool desk_flush(desk *d, uint32_t timeout_ms, complaint *error)
{
    awaited flushed = {has_flushed, false};

    return desk_wait(d, timeout_ms, is_vain, &flushed, error) && flushed.came;
}
