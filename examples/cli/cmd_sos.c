#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "describe.h"

#define POLL_MS 1000
#define SOS_MS 600000

const struct argp_option sos_options[] = {
    {"over", 'o', NULL, 0, "the watch: it is over", 0},
    {"seen", 's', NULL, 0, "a phone: somebody has seen it", 0},
    {"no-wait", 'n', NULL, 0, "the watch: do not wait until it was seen", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));

    return text != NULL ? text : "";
}

/* The role of this device. */
static const char *own_role(const app *a)
{
    const json_t *members = json_object_get(a->desk.view.device, "members");

    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *m = json_array_get(members, i);
        if (json_is_true(json_object_get(m, "self"))) return text_of(m, "role");
    }
    return "";
}

/* ---- on the watch ---- */

static bool is_seen(desk *d, void *ctx)
{
    (void)ctx;
    return app_ends() || strcmp(text_of(d->view.device, "sos"), "seen") == 0;
}

static int call(app *a)
{
    json_t *answer = app_wish(a, json_pack("{s:s}", "do", "sos"));

    if (answer == NULL) return APP_FAILED;
    json_decref(answer);
    if (a->values['n'] != NULL) {
        int status = app_flush(a);
        app_say(a, json_pack("{s:s}", "sos", "calling"),
                "The call is on its way. Nobody is known to have it yet.\n");
        return status;
    }
    if (!a->json) {
        printf("Calling. Ctrl-C ends the waiting, not the call.\n");
        fflush(stdout);
    }
    (void)desk_wait(&a->desk, SOS_MS, is_seen, NULL, &a->error);
    const char *state = text_of(a->desk.view.device, "sos");
    bool seen = strcmp(state, "seen") == 0;
    app_say(a, json_pack("{s:s}", "sos", state), "%s\n",
            seen ? "Somebody has seen it."
                 : "Nobody is known to have seen it. The call goes on while "
                   "covey runs.");
    return seen ? APP_OK : APP_NO_ANSWER;
}

static int call_off(app *a)
{
    json_t *answer = app_wish(a, json_pack("{s:s}", "do", "sos_over"));

    if (answer == NULL) return APP_FAILED;
    int status = app_flush(a);
    app_say(a, answer, "It is over; the guardians are told.\n");
    return status;
}

/* ---- on a phone ---- */

static int list_calls(app *a)
{
    const char *id = NULL;
    json_t *sos = NULL;

    if (a->json) {
        app_print_json(json_deep_copy(a->desk.view.sos));
        return APP_OK;
    }
    if (json_object_size(a->desk.view.sos) == 0) printf("No SOS.\n");
    json_object_foreach(a->desk.view.sos, id, sos)
    {
        char text[DESCRIBE_SIZE];
        const char *state = "ON";
        if (json_object_get(sos, "seen_by") != NULL) state = "seen";
        if (json_is_true(json_object_get(sos, "over"))) state = "over";
        describe(text, &a->desk.view, sos);
        printf("%-5s %s\n", state, text);
    }
    return APP_OK;
}

static int say_seen(app *a)
{
    json_t *answer = app_wish(a, json_pack("{s:s}", "do", "sos_seen"));

    if (answer == NULL) return APP_FAILED;
    json_int_t num = json_integer_value(json_object_get(answer, "seen"));
    int status = app_flush(a);
    app_say(a, answer,
            num > 0 ? "The wearer is told that you have seen it.\n"
                    : "No SOS is on.\n");
    return status;
}

int cmd_sos(app *a)
{
    a->options.poll_ms = POLL_MS;
    if (app_open(a) != APP_OK) return APP_FAILED;
    bool is_watch = strcmp(own_role(a), "wearer") == 0;
    if (is_watch && a->values['o'] != NULL) return call_off(a);
    if (is_watch && a->values['s'] == NULL) return call(a);
    if (is_watch || a->values['o'] != NULL) {
        (void)complain(&a->error, "--over is for the watch, --seen for a "
                                  "phone");
        (void)app_fail(a);
        return APP_USAGE;
    }
    app_sync(a);
    return a->values['s'] != NULL ? say_seen(a) : list_calls(a);
}

int cmd_pause(app *a)
{
    int64_t minutes = 0;

    if (a->num_args > 0 &&
        !app_number(a, &minutes, "MINUTES", a->args[0], 0, 1440)) {
        return APP_USAGE;
    }
    if (app_open(a) != APP_OK) return APP_FAILED;
    json_t *answer = app_wish(a, json_pack("{s:s, s:I}", "do", "pause",
                                           "minutes", (json_int_t)minutes));
    if (answer == NULL) return APP_FAILED;
    int status = app_flush(a);
    app_say(a, answer,
            minutes > 0 ? "No locations until the pause is over; an SOS works "
                          "all the time. The guardians are told.\n"
                        : "No longer paused.\n");
    return status;
}
