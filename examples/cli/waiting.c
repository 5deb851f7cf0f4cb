#include "waiting.h"

#include <stdio.h>
#include <string.h>

static void take(void *ctx, const json_t *row)
{
    waiting *w = ctx;
    const char *event = json_string_value(json_object_get(row, "event"));

    for (size_t i = 0; event != NULL && w->events[i] != NULL; i++) {
        if (w->came == NULL && strcmp(w->events[i], event) == 0) {
            w->came = json_deep_copy(row);
        }
    }
}

void waiting_begin(waiting *w, app *a, const char *const *events)
{
    *w = (waiting){.events = events};
    a->desk.view.hook = take;
    a->desk.view.hook_ctx = w;
}

static bool is_over(desk *d, void *ctx)
{
    waiting *w = ctx;

    if (w->came == NULL && w->input != NULL) {
        w->has_line = line_ready(w->input, w->line);
    }
    return w->came != NULL || w->has_line || app_ends() ||
           desk_has_stopped(d) || (w->input != NULL && w->input->ended);
}

bool waiting_for(waiting *w, app *a, uint32_t timeout_ms)
{
    return desk_wait(&a->desk, timeout_ms, is_over, w, &a->error) &&
           (w->came != NULL || w->has_line);
}

const char *waiting_event(const waiting *w)
{
    const char *event = json_string_value(json_object_get(w->came, "event"));

    return event != NULL ? event : "";
}

void waiting_again(waiting *w)
{
    json_decref(w->came);
    w->came = NULL;
    w->has_line = false;
}

void waiting_end(waiting *w, app *a)
{
    json_decref(w->came);
    w->came = NULL;
    a->desk.view.hook = NULL;
}

/* ---- operations ---- */

static int told(app *a, const waiting *w)
{
    const char *text = json_string_value(json_object_get(w->came, "text"));

    if (strcmp(waiting_event(w), "failed") != 0) return APP_OK;
    (void)complain(&a->error, "it failed: %s", text != NULL ? text : "why?");
    return app_fail(a);
}

int waiting_operation(app *a, json_t *wish, const char *operation,
                      uint32_t timeout_ms)
{
    static const char *const events[] = {"done", "failed", "ended", NULL};
    int status = APP_NO_ANSWER;
    waiting w;

    waiting_begin(&w, a, events);
    json_t *answer = app_wish(a, wish);
    if (answer == NULL) {
        waiting_end(&w, a);
        return APP_FAILED;
    }
    json_decref(answer);
    while (status == APP_NO_ANSWER && waiting_for(&w, a, timeout_ms)) {
        const char *about =
            json_string_value(json_object_get(w.came, "operation"));
        if (about == NULL || strcmp(about, operation) == 0) {
            status = told(a, &w);
        }
        waiting_again(&w);
    }
    waiting_end(&w, a);
    if (status == APP_OK) return app_flush(a);
    if (status == APP_NO_ANSWER && app_say_stopped(a)) return APP_FAILED;
    if (status == APP_NO_ANSWER) {
        app_say_trouble(a);
        fprintf(stderr, "covey: not done yet; it goes on whenever covey runs "
                        "(`covey status`)\n");
    }
    return status;
}
