#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "describe.h"

#define POLL_MS 500 /* an answer is waited for */
#define TRIES 3

const struct argp_option locate_options[] = {
    {"timeout", 't', "SECONDS", 0, "how long to wait for the answer (60)", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

const struct argp_option ring_options[] = {
    {"seconds", 's', "N", 0, "how long it rings, 1 to 300 (20)", 0},
    {"timeout", 't', "SECONDS", 0, "how long to wait for the answer (60)", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

/* A command that was sent, and what came back. */
typedef struct {
    char name[HISTORY_NAME_MAX];
    const json_t *receipt;
    const json_t *answer;
} pending;

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));

    return text != NULL ? text : "";
}

static bool is_answered(desk *d, void *ctx)
{
    pending *p = ctx;

    p->receipt = json_object_get(d->view.receipts, p->name);
    p->answer = json_object_get(d->view.answers, p->name);
    bool needs_answer = json_object_get(p->receipt, "answer") != NULL;
    return app_ends() ||
           (p->receipt != NULL && (p->answer != NULL || !needs_answer));
}

static int tell(app *a, const pending *p)
{
    const json_t *shown = p->answer != NULL ? p->answer : p->receipt;
    bool ok = strcmp(text_of(p->receipt, "outcome"), "done") == 0;
    char text[DESCRIBE_SIZE];

    describe(text, &a->desk.view, shown);
    app_say(a,
            json_pack("{s:O, s:O?}", "receipt", p->receipt, "answer",
                      p->answer),
            "%s\n", text);
    return ok ? APP_OK : APP_FAILED;
}

/* One command and what came back. The watch answers "not_known" to one that
 * was sent before its newest start was read here: that is asked again. */
static bool ask(app *a, pending *p, const char *kind, int64_t seconds,
                int64_t timeout)
{
    for (int tries = 0; tries < TRIES; tries++) {
        app_sync(a);
        json_t *answer =
            app_wish(a, json_pack("{s:s, s:s, s:I}", "do", "command", "command",
                                  kind, "duration_s", (json_int_t)seconds));
        if (answer == NULL) return false;
        view_row_name(p->name, answer);
        json_decref(answer);
        p->receipt = NULL;
        (void)desk_wait(&a->desk, (uint32_t)timeout * 1000, is_answered, p,
                        &a->error);
        if (strcmp(text_of(p->receipt, "outcome"), "not_known") != 0) break;
    }
    return true;
}

static int command(app *a, const char *kind, int64_t seconds)
{
    int64_t timeout = 60;
    pending p = {.receipt = NULL};

    if (a->values['t'] != NULL &&
        !app_number(a, &timeout, "--timeout", a->values['t'], 0, 86400)) {
        return APP_USAGE;
    }
    a->options.poll_ms = POLL_MS;
    if (app_open(a) != APP_OK) return APP_FAILED;
    if (!ask(a, &p, kind, seconds, timeout)) return APP_FAILED;
    if (p.receipt != NULL) return tell(a, &p);
    app_say_trouble(a);
    fprintf(stderr, "covey: the watch has not answered; it may yet, within "
                    "five minutes (`covey track`)\n");
    return APP_NO_ANSWER;
}

int cmd_locate(app *a)
{
    return command(a, "locate", 0);
}

static int ringing(app *a, const char *kind)
{
    int64_t seconds = 20;

    if (a->values['s'] != NULL &&
        !app_number(a, &seconds, "--seconds", a->values['s'], 1, 300)) {
        return APP_USAGE;
    }
    return command(a, kind, seconds);
}

int cmd_ring(app *a)
{
    return ringing(a, "ring");
}

int cmd_find(app *a)
{
    return ringing(a, "find_watch");
}

int cmd_poweroff(app *a)
{
    return command(a, "power_off", 0);
}

int cmd_sync(app *a)
{
    if (app_open(a) != APP_OK) return APP_FAILED;
    bool came = app_sync(a);
    if (desk_has_stopped(&a->desk)) return APP_FAILED;
    if (!came && (a->desk.num_failed > 0 || !a->desk.has_answered)) {
        return APP_NO_ANSWER;
    }
    int status = app_flush(a);
    return status != APP_OK || came ? status : APP_NO_ANSWER;
}
