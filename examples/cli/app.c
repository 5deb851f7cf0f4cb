#include "app.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"

#define SYNC_MS 8000
#define FLUSH_MS 15000

static volatile sig_atomic_t ends;

static void on_signal(int signal)
{
    (void)signal;
    ends = 1;
}

bool app_ends(void)
{
    return ends != 0;
}

int app_open(app *a)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    return desk_open(&a->desk, &a->options, &a->error) ? APP_OK : app_fail(a);
}

int app_fail(app *a)
{
    if (a->json) {
        app_print_json(json_pack("{s:s}", "error", a->error.text));
    } else {
        fprintf(stderr, "covey: %s\n", a->error.text);
    }
    return APP_FAILED;
}

bool app_number(app *a, int64_t *value, const char *what, const char *text,
                int64_t low, int64_t high)
{
    int64_t read = 0;

    if (!decimal_read(&read, text, strlen(text), 0) ||
        strchr(text, '.') != NULL || read < low || read > high) {
        (void)complain(&a->error, "%s is a whole number from %lld to %lld",
                       what, (long long)low, (long long)high);
        (void)app_fail(a);
        return false;
    }
    *value = read;
    return true;
}

const char *app_member(app *a, const char *text)
{
    const char *member = view_member(&a->desk.view, text);

    if (member == NULL) {
        (void)complain(&a->error,
                       "\"%s\" is not one member: `covey members` lists names "
                       "and ids",
                       text);
        (void)app_fail(a);
    }
    return member;
}

/* ---- wishes ---- */

static void complain_of(app *a, const json_t *answer)
{
    const char *hint = json_string_value(json_object_get(answer, "hint"));
    const char *text = json_string_value(json_object_get(answer, "text"));
    bool has_hint = hint != NULL && *hint != 0;

    (void)complain(&a->error, "%s%s%s", text != NULL ? text : "not done",
                   has_hint ? "; " : "", has_hint ? hint : "");
}

json_t *app_wish(app *a, json_t *wish)
{
    json_t *answer = desk_wish(&a->desk, wish, &a->error);

    json_decref(wish);
    if (answer == NULL) {
        (void)app_fail(a);
        return NULL;
    }
    if (json_object_get(answer, "error") == NULL) return answer;
    complain_of(a, answer);
    if (a->json) {
        app_print_json(answer);
    } else {
        (void)app_fail(a);
        json_decref(answer);
    }
    return NULL;
}

/* ---- printing ---- */

void app_print_json(json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    if (text != NULL) puts(text);
    fflush(stdout);
    free(text);
    json_decref(value);
}

void app_say(const app *a, json_t *value, const char *format, ...)
{
    va_list list;

    if (a->json) {
        app_print_json(value);
        return;
    }
    va_start(list, format);
    (void)vprintf(format, list);
    va_end(list);
    fflush(stdout);
    json_decref(value);
}

/* ---- the relay ---- */

void app_say_trouble(const app *a)
{
    char why[TROUBLE_SIZE];

    desk_trouble(why, &a->desk);
    if (*why != 0) fprintf(stderr, "covey: %s\n", why);
}

/* And what follows from it. */
static void say_trouble(const app *a, const char *then)
{
    char why[TROUBLE_SIZE];

    desk_trouble(why, &a->desk);
    fprintf(stderr, "covey: %s %s\n",
            *why != 0 ? why : "the relay does not answer.", then);
}

bool app_say_stopped(const app *a)
{
    if (!desk_has_stopped(&a->desk)) return false;
    fprintf(stderr, "covey: this device has stopped, it hears and says "
                    "nothing any more: `covey status` says why\n");
    return true;
}

bool app_sync(app *a)
{
    bool came = desk_sync(&a->desk, SYNC_MS, &a->error);

    if (app_say_stopped(a)) return false;
    if (!came && !app_ends()) {
        say_trouble(a, "This is what was known before.");
    }
    return came;
}

int app_flush_for(app *a, uint32_t timeout_ms)
{
    if (desk_flush(&a->desk, timeout_ms, &a->error)) return APP_OK;
    if (app_say_stopped(a)) return APP_FAILED;
    say_trouble(a, "It is kept, and leaves when covey runs again.");
    return APP_NO_ANSWER;
}

int app_flush(app *a)
{
    return app_flush_for(a, FLUSH_MS);
}
