#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock_text.h"
#include "commands.h"
#include "content_json.h"
#include "describe.h"

#define WAIT_MS 25000

const struct argp_option inbox_options[] = {
    {"follow", 'f', NULL, 0, "stay, and show what comes", 0},
    {"peek", 'p', NULL, 0, "do not tell anybody that it was read", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));

    return text != NULL ? text : "";
}

/* ---- sending ---- */

/* The words with a blank between them, to be freed. */
static char *join(const app *a)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    for (size_t i = 0; out != NULL && i < a->num_args; i++) {
        fprintf(out, "%s%s", i > 0 ? " " : "", a->args[i]);
    }
    if (out != NULL) (void)fclose(out);
    return text;
}

int cmd_send(app *a)
{
    char *text = join(a);

    if (app_open(a) != APP_OK) {
        free(text);
        return APP_FAILED;
    }
    json_t *wish =
        json_pack("{s:s, s:s}", "do", "text", "text", text != NULL ? text : "");
    free(text);
    if (wish == NULL) {
        (void)complain(&a->error, "this is not UTF-8");
        return app_fail(a);
    }
    json_t *answer = app_wish(a, wish);
    if (answer == NULL) return APP_FAILED;
    int status = app_flush(a);
    app_say(a, answer, status == APP_OK ? "Sent.\n" : "Kept.\n");
    return status;
}

/* ---- reading ---- */

static void print_message(const app *a, size_t number, const json_t *m)
{
    char from[VIEW_NAME_SIZE];
    char text[DESCRIBE_SIZE];
    char time[CLOCK_TEXT_SIZE] = "";
    json_int_t sent = json_integer_value(json_object_get(m, "sent_ms"));

    view_name(from, &a->desk.view, text_of(m, "sender"));
    describe_message(text, m);
    if (sent > 0) clock_write(time, sent);
    json_t *shown = json_deep_copy(m);
    /* What opens an attachment is nobody's to print. */
    json_object_del(shown, "key");
    json_object_del(shown, "mailbox_seed");
    json_object_set_new(shown, "from", json_string(from));
    json_object_set_new(shown, "number", json_integer((json_int_t)number));
    app_say(a, shown, "%3zu  %-25s %s: %s\n", number, time, from, text);
}

/* Once for each message of somebody else. */
static void mark_read(app *a, const json_t *m)
{
    char name[HISTORY_NAME_MAX];
    json_t *mark = json_pack("{s:s}", "type", "mark");
    covey_reference reference;

    view_mark_name(name, "read", m);
    if (!json_is_true(json_object_get(m, "mine")) &&
        reference_from_json(&reference, m) &&
        history_add(a->desk.rows, name, mark) == 1) {
        json_decref(app_wish(a, json_pack("{s:s, s:o}", "do", "read", "message",
                                          reference_to_json(&reference))));
    }
    json_decref(mark);
}

/* Who has stopped can still be read, and tells nobody of it. */
static bool tells(const app *a)
{
    return a->values['p'] == NULL && !desk_has_stopped(&a->desk);
}

/* Those that were not shown yet. */
static size_t show_new(app *a, size_t shown)
{
    for (; shown < json_array_size(a->desk.view.messages); shown++) {
        json_t *m = json_incref(json_array_get(a->desk.view.messages, shown));
        print_message(a, shown + 1, m);
        if (tells(a)) mark_read(a, m);
        json_decref(m);
    }
    return shown;
}

int cmd_inbox(app *a)
{
    bool follow = a->values['f'] != NULL;

    a->options.wait_ms = follow ? WAIT_MS : 0;
    if (app_open(a) != APP_OK) return APP_FAILED;
    if (!follow) app_sync(a);
    size_t shown = show_new(a, 0);
    if (shown == 0 && !a->json && !follow) printf("No messages.\n");
    while (follow && !app_ends()) {
        if (!desk_turn(&a->desk, 200, &a->error)) return app_fail(a);
        shown = show_new(a, shown);
    }
    return tells(a) ? app_flush(a) : APP_OK;
}
