#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock_text.h"
#include "commands.h"
#include "decimal.h"
#include "describe.h"

#define WAIT_MS 25000
#define LINES 8

const struct argp_option track_options[] = {{"once", 'o', NULL, 0,
                                             "show what is known, and end", 0},
                                            {NULL, 0, NULL, 0, NULL, 0}};

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));

    return text != NULL ? text : "";
}

static json_int_t number_of(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

static void print_fix(const json_t *last)
{
    char lat[DECIMAL_TEXT_SIZE];
    char lon[DECIMAL_TEXT_SIZE];
    char age[32];
    char time[CLOCK_TEXT_SIZE] = "at a time not known";
    char here[CLOCK_TEXT_SIZE];
    json_int_t battery = -1;

    decimal_write(lat, number_of(last, "lat_e7"), 7);
    decimal_write(lon, number_of(last, "lon_e7"), 7);
    describe_age(age, sizeof age, number_of(last, "age_ms"));
    if (number_of(last, "time_ms") > 0) {
        clock_write(time, number_of(last, "time_ms"));
    }
    printf("%-12s %s %s, within %lld m (%s)\n", text_of(last, "name"), lat, lon,
           (long long)number_of(last, "accuracy_cm") / 100,
           text_of(last, "source"));
    if (number_of(last, "age_ms") < 0) {
        clock_write(here, desk_now_ms());
        printf("%-12s unknown how old: measured %s, and here it is %s\n", "",
               time, here);
    } else {
        printf("%-12s %s: %s old, measured %s\n", "", text_of(last, "trust"),
               age, time);
    }
    if (json_object_get(last, "battery_percent") != NULL) {
        battery = number_of(last, "battery_percent");
        printf("%-12s battery %lld %%\n", "", (long long)battery);
    }
}

/* The newest of a list, oldest first. */
static void print_lines(const json_t *list, const char *title)
{
    size_t num = json_array_size(list);

    if (num == 0) return;
    printf("\n%s\n", title);
    for (size_t i = num > LINES ? num - LINES : 0; i < num; i++) {
        const json_t *row = json_array_get(list, i);
        const char *from = text_of(row, "from");
        char time[CLOCK_TEXT_SIZE] = "";
        if (number_of(row, "time_ms") > 0) {
            clock_write(time, number_of(row, "time_ms"));
        }
        printf("  %-24s %s%s%s%s%s\n", time, from, *from != 0 ? ": " : "",
               text_of(row, "text"), *from != 0 ? "  " : "",
               text_of(row, "state"));
    }
}

static void print_table(const app *a)
{
    json_t *all = view_to_json(&a->desk.view, desk_clocks());
    const json_t *last = json_object_get(all, "last");

    if (json_is_object(last)) {
        print_fix(last);
    } else {
        printf("No position yet.\n");
    }
    printf("%-12s %zu positions\n", "",
           json_array_size(json_object_get(all, "track")));
    print_lines(json_object_get(all, "messages"), "Messages");
    print_lines(json_object_get(all, "events"), "What happened");
    fflush(stdout);
    json_decref(all);
}

/* Without a terminal, a line for each that comes. */
static void print_row(void *ctx, const json_t *row)
{
    const app *a = ctx;
    char text[DESCRIBE_SIZE];

    if (strcmp(text_of(row, "type"), "location") != 0) return;
    describe(text, &a->desk.view, row);
    app_say(a, json_deep_copy(row), "%s\n", text);
}

static int follow(app *a)
{
    bool table = !a->json && isatty(STDOUT_FILENO);

    if (!table) {
        a->desk.view.hook = print_row;
        a->desk.view.hook_ctx = a;
    }
    while (!app_ends()) {
        if (table) {
            fputs("\033[H\033[J", stdout); /* home, and clear */
            print_table(a);
        }
        for (int i = 0; i < 10 && !app_ends(); i++) {
            if (!desk_turn(&a->desk, 100, &a->error)) return app_fail(a);
        }
    }
    a->desk.view.hook = NULL;
    return APP_OK;
}

int cmd_track(app *a)
{
    bool once = a->values['o'] != NULL;

    a->options.wait_ms = once ? 0 : WAIT_MS;
    if (app_open(a) != APP_OK) return APP_FAILED;
    if (!once) return follow(a);
    app_sync(a);
    if (a->json) {
        app_print_json(view_to_json(&a->desk.view, desk_clocks()));
    } else {
        print_table(a);
    }
    return APP_OK;
}
