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

void app_sync(app *a)
{
    if (!desk_sync(&a->desk, SYNC_MS, &a->error) && !app_ends()) {
        fprintf(stderr, "covey: the relay does not answer; this is what was "
                        "known before\n");
    }
}

int app_flush(app *a)
{
    if (desk_flush(&a->desk, FLUSH_MS, &a->error)) return APP_OK;
    fprintf(stderr, "covey: the relay does not answer; it is kept, and leaves "
                    "when covey runs again\n");
    return APP_NO_ANSWER;
}
