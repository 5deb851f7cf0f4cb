#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "qr.h"
#include "waiting.h"

#define JOIN_POLL_MS 500
#define ACCEPT_MS 180000
#define AFTER_MS 5000

const struct argp_option init_options[] = {{"relay", 'r', "HOST[:PORT]", 0,
                                            "the relay of the circle", 0},
                                           {NULL, 0, NULL, 0, NULL, 0}};

const struct argp_option invite_options[] = {
    {"relay", 'r', "HOST[:PORT]", 0, "the relay where both sides meet", 0},
    {"watch", 'w', NULL, 0, "this device is the child's watch", 0},
    {"guardian", 'g', NULL, 0, "it is a parent's phone", 0},
    {"carer", 'c', NULL, 0, "it is a carer's phone", 0},
    {"friend", 'f', NULL, 0, "it is a friend's phone", 0},
    {"window", 't', "SECONDS", 0, "how long the invite is good (120)", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

const struct argp_option accept_options[] = {
    {"own", 'o', NULL, 0, "it is another phone of this guardian", 0},
    {"name", 'n', "NAME", 0, "what to call the new member here", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

static const char *relay_of(app *a)
{
    const char *relay = a->values['r'];

    if (relay == NULL) {
        (void)complain(&a->error,
                       "which relay? Say --relay HOST, or HOST:PORT where it "
                       "is not 443");
        (void)app_fail(a);
    }
    return relay;
}

int cmd_init(app *a)
{
    const char *relay = relay_of(a);

    a->options.create = true;
    if (relay == NULL) return APP_USAGE;
    if (app_open(a) != APP_OK) return APP_FAILED;
    json_t *answer =
        app_wish(a, json_pack("{s:s, s:s}", "do", "create", "relay", relay));
    if (answer == NULL) return APP_FAILED;
    app_say(a, answer,
            "This device is the first guardian of a new circle.\n"
            "On the watch: covey invite --watch --relay %s\n"
            "then here:    covey accept URI\n",
            relay);
    return APP_OK;
}

/* ---- the new device ---- */

static const char *role_of(const app *a)
{
    if (a->values['w'] != NULL) return "wearer";
    if (a->values['g'] != NULL) return "guardian";
    if (a->values['c'] != NULL) return "carer";
    if (a->values['f'] != NULL) return "friend";
    return NULL;
}

static void show_invite(const app *a, json_t *answer)
{
    const char *uri = json_string_value(json_object_get(answer, "uri"));

    if (a->json) {
        app_print_json(answer);
        return;
    }
    (void)qr_print(stdout, uri, isatty(STDOUT_FILENO) != 0);
    printf("%s\n\nOn a guardian's phone: covey accept '%s'\n"
           "Whoever sees this within its window can pretend to be a "
           "guardian; the digits will show it.\n",
           uri, uri);
    fflush(stdout);
    json_decref(answer);
}

static int invite_over(app *a, const waiting *w)
{
    const char *why = json_string_value(json_object_get(w->came, "text"));

    (void)complain(&a->error,
                   "the invite ended without a circle%s%s; show "
                   "another with `covey invite`",
                   why != NULL ? ": " : "", why != NULL ? why : "");
    return app_fail(a);
}

static int finish_joining(app *a)
{
    json_t *answer = app_wish(a, json_pack("{s:s}", "do", "confirm"));

    if (answer == NULL) return APP_FAILED;
    (void)desk_flush(&a->desk, AFTER_MS, &a->error);
    app_say(a, answer, "This device is a member of the circle.\n");
    return APP_OK;
}

/* Joined: the digits, and then a key that is pressed here. */
static int show_digits(app *a, waiting *w)
{
    static line_input input;
    const char *digits = json_string_value(json_object_get(w->came, "digits"));

    app_say(a, json_pack("{s:s}", "digits", digits),
            "\nDigits: %s\nType them on the guardian's phone. Press Enter "
            "here when it has taken them.\n",
            digits);
    waiting_again(w);
    w->input = &input;
    if (!waiting_for(w, a, UINT32_MAX / 2)) {
        (void)complain(&a->error, "not confirmed: `covey confirm` does it "
                                  "later, `covey cancel` gives up");
        return app_fail(a);
    }
    if (!w->has_line) return invite_over(a, w);
    return finish_joining(a);
}

static int invite(app *a, const char *role, const char *relay, int64_t window)
{
    static const char *const events[] = {"show_digits", "invite_ended", NULL};
    waiting w;
    int status = APP_FAILED;

    waiting_begin(&w, a, events);
    json_t *answer =
        app_wish(a,
                 json_pack("{s:s, s:s, s:s, s:I}", "do", "invite", "role", role,
                           "relay", relay, "window_s", (json_int_t)window));
    if (answer != NULL) {
        show_invite(a, answer);
        if (!waiting_for(&w, a, (uint32_t)window * 1000 + ACCEPT_MS)) {
            app_say_trouble(a);
            (void)complain(&a->error, "nobody used the invite");
            json_decref(app_wish(a, json_pack("{s:s}", "do", "cancel")));
            status = app_fail(a);
        } else if (strcmp(waiting_event(&w), "show_digits") == 0) {
            status = show_digits(a, &w);
        } else {
            status = invite_over(a, &w);
        }
    }
    waiting_end(&w, a);
    return status;
}

int cmd_invite(app *a)
{
    const char *role = role_of(a);
    const char *relay = relay_of(a);
    int64_t window = 120;

    if (relay == NULL) return APP_USAGE;
    if (role == NULL) {
        (void)complain(&a->error, "what is this device? --watch, --guardian, "
                                  "--carer or --friend");
        (void)app_fail(a);
        return APP_USAGE;
    }
    if (a->values['t'] != NULL &&
        !app_number(a, &window, "--window", a->values['t'], 1, 3600)) {
        return APP_USAGE;
    }
    a->options.create = true;
    a->options.poll_ms = JOIN_POLL_MS;
    if (app_open(a) != APP_OK) return APP_FAILED;
    return invite(a, role, relay, window);
}

int cmd_confirm(app *a)
{
    if (app_open(a) != APP_OK) return APP_FAILED;
    return finish_joining(a);
}

int cmd_cancel(app *a)
{
    if (app_open(a) != APP_OK) return APP_FAILED;
    json_t *answer = app_wish(a, json_pack("{s:s}", "do", "cancel"));
    if (answer == NULL) return APP_FAILED;
    app_say(a, answer, "Given up: this device is of no circle.\n");
    return APP_OK;
}

/* ---- the guardian's side ---- */

static void keep_name(app *a, const char *member, const char *name)
{
    char row[HISTORY_NAME_MAX];
    json_t *value = json_pack("{s:s, s:s, s:s}", "type", "name", "member",
                              member, "name", name);

    snprintf(row, sizeof row, "name/%.32s", member);
    (void)history_put(a->desk.rows, row, value);
    json_decref(value);
}

/* The answer to typed digits: 0 goes on, else how to end. */
static int try_digits(app *a, const char *digits, bool *agreed)
{
    json_t *wish = json_pack("{s:s, s:s}", "do", "digits", "digits", digits);
    json_t *answer = desk_wish(&a->desk, wish, &a->error);
    json_int_t tries =
        json_integer_value(json_object_get(answer, "tries_left"));
    const char *error = json_string_value(json_object_get(answer, "error"));

    json_decref(wish);
    *agreed = answer != NULL && error == NULL;
    if (answer == NULL) return app_fail(a);
    if (error != NULL) {
        fprintf(stderr, "covey: these are not the digits; %s\n",
                json_string_value(json_object_get(answer, "hint")));
    }
    json_decref(answer);
    return *agreed || tries > 0 ? APP_OK : APP_FAILED;
}

static int ask_digits(app *a, waiting *w)
{
    static line_input input;
    bool agreed = false;

    w->input = &input;
    while (!agreed) {
        waiting_again(w);
        app_say(a, json_pack("{s:s}", "ask", "digits"),
                "Digits that the new device shows: ");
        if (!waiting_for(w, a, ACCEPT_MS) || !w->has_line) {
            (void)complain(&a->error, "no digits: say `covey remove` for the "
                                      "new device, and begin again");
            return app_fail(a);
        }
        int status = try_digits(a, w->line, &agreed);
        if (status != APP_OK) return status;
    }
    return APP_OK;
}

static int welcome(app *a, waiting *w)
{
    char member[64] = "";
    int status = APP_FAILED;

    snprintf(member, sizeof member, "%s",
             json_string_value(json_object_get(w->came, "member")));
    status = ask_digits(a, w);
    if (status != APP_OK) return status;
    if (a->values['n'] != NULL) keep_name(a, member, a->values['n']);
    (void)desk_flush(&a->desk, AFTER_MS, &a->error);
    app_say(a, json_pack("{s:s}", "member", member),
            "They agree. Confirm on the new device now.\n");
    return APP_OK;
}

int cmd_accept(app *a)
{
    static const char *const events[] = {"enter_digits", "failed", NULL};
    waiting w;
    int status = APP_FAILED;

    a->options.poll_ms = JOIN_POLL_MS;
    if (app_open(a) != APP_OK) return APP_FAILED;
    waiting_begin(&w, a, events);
    json_t *answer =
        app_wish(a, json_pack("{s:s, s:s, s:b}", "do", "accept", "uri",
                              a->args[0], "own", a->values['o'] != NULL));
    if (answer != NULL) {
        json_decref(answer);
        if (!waiting_for(&w, a, ACCEPT_MS)) {
            app_say_trouble(a);
            (void)complain(&a->error, "the new device does not answer: does "
                                      "it still show the invite, and does it "
                                      "reach the relay?");
            status = app_fail(a);
        } else if (strcmp(waiting_event(&w), "failed") == 0) {
            (void)complain(&a->error, "it failed: %s",
                           json_string_value(json_object_get(w.came, "text")));
            status = app_fail(a);
        } else {
            status = welcome(a, &w);
        }
    }
    waiting_end(&w, a);
    return status;
}
