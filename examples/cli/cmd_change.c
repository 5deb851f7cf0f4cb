#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "waiting.h"

#define CHANGE_MS 45000
#define POLL_MS 1000 /* others carry some of it out */

const struct argp_option wipe_options[] = {{"yes", 'y', NULL, 0, "I mean it",
                                            0},
                                           {NULL, 0, NULL, 0, NULL, 0}};

static int change(app *a, json_t *wish, const char *operation, const char *done)
{
    int status = waiting_operation(a, wish, operation, CHANGE_MS);

    if (status != APP_OK) return status;
    app_say(a, json_pack("{s:s}", "done", operation), "%s\n", done);
    return APP_OK;
}

int cmd_remove(app *a)
{
    a->options.poll_ms = POLL_MS;
    if (app_open(a) != APP_OK) return APP_FAILED;
    app_sync(a);
    const char *member = app_member(a, a->args[0]);
    if (member == NULL) return APP_FAILED;
    return change(a, json_pack("{s:s, s:s}", "do", "remove", "member", member),
                  "remove",
                  "Done. Where a second person has to agree, it was asked "
                  "for; `covey members` shows who is left.");
}

int cmd_leave(app *a)
{
    a->options.poll_ms = POLL_MS;
    if (app_open(a) != APP_OK) return APP_FAILED;
    app_sync(a);
    return change(a, json_pack("{s:s}", "do", "leave"), "leave",
                  "Left. `covey wipe` erases what is here.");
}

int cmd_refresh(app *a)
{
    a->options.poll_ms = POLL_MS;
    if (app_open(a) != APP_OK) return APP_FAILED;
    app_sync(a);
    return change(a, json_pack("{s:s}", "do", "refresh"), "refresh",
                  "The circle has fresh keys.");
}

int cmd_move(app *a)
{
    a->options.poll_ms = POLL_MS;
    if (app_open(a) != APP_OK) return APP_FAILED;
    app_sync(a);
    return change(a, json_pack("{s:s, s:s}", "do", "move", "relay", a->args[0]),
                  "move",
                  "Moved. The others follow when they have read it where they "
                  "are: keep the old relay up until `covey members` says that "
                  "they have the newest keys.");
}

int cmd_relay(app *a)
{
    if (app_open(a) != APP_OK) return APP_FAILED;
    json_t *answer = app_wish(a, json_pack("{s:s, s:s}", "do", "use_relay",
                                           "relay", a->args[0]));
    if (answer == NULL) return APP_FAILED;
    app_say(a, answer,
            "This device asks %s from now on. The others have to be told too; "
            "then `covey move %s`, on a guardian's phone.\n",
            a->args[0], a->args[0]);
    return APP_OK;
}

int cmd_abandon(app *a)
{
    if (app_open(a) != APP_OK) return APP_FAILED;
    json_t *answer = app_wish(a, json_pack("{s:s}", "do", "abandon"));
    if (answer == NULL) return APP_FAILED;
    app_say(a, answer, "Nothing is under way.\n");
    return APP_OK;
}

int cmd_wipe(app *a)
{
    if (a->values['y'] == NULL) {
        (void)complain(&a->error, "this erases the keys for good, and tells "
                                  "nobody: `covey leave` first, then `covey "
                                  "wipe --yes`");
        (void)app_fail(a);
        return APP_USAGE;
    }
    if (app_open(a) != APP_OK) return APP_FAILED;
    json_t *answer = app_wish(a, json_pack("{s:s}", "do", "wipe"));
    if (answer == NULL) return APP_FAILED;
    if (history_erase(a->desk.rows) != 0) {
        json_decref(answer);
        (void)complain(&a->error,
                       "the keys are erased, %s/history.db is not: "
                       "delete it",
                       a->desk.home.path);
        return app_fail(a);
    }
    app_say(a, answer, "Erased.\n");
    return APP_OK;
}
