#include <stdio.h>
#include <string.h>

#include "clock_text.h"
#include "commands.h"
#include "describe.h"

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));

    return text != NULL ? text : "";
}

/* Opens, reads what is new, and answers the device's picture; NULL after a
 * complaint. */
static const json_t *picture(app *a)
{
    if (app_open(a) != APP_OK) return NULL;
    app_sync(a);
    if (a->desk.view.device == NULL) {
        (void)complain(&a->error, "nothing is known yet: `covey init` begins "
                                  "a circle, `covey invite` joins one");
        (void)app_fail(a);
    }
    return a->desk.view.device;
}

static void print_member(const app *a, const json_t *m)
{
    char name[VIEW_NAME_SIZE];
    char age[32] = "never";
    json_int_t heard = json_integer_value(json_object_get(m, "heard_ms"));
    bool self = json_is_true(json_object_get(m, "self"));

    view_name(name, &a->desk.view, text_of(m, "id"));
    if (heard > 0) describe_age(age, sizeof age, desk_now_ms() - heard);
    printf("%-20.20s %-9s %6lld  %-10s %s\n", name, text_of(m, "role"),
           (long long)json_integer_value(json_object_get(m, "person")),
           self ? "this one" : age, text_of(m, "id"));
}

int cmd_members(app *a)
{
    const json_t *device = picture(a);

    if (device == NULL) return APP_FAILED;
    if (a->json) {
        json_t *all = view_to_json(&a->desk.view, desk_clocks());
        app_print_json(json_incref(json_object_get(all, "members")));
        json_decref(all);
        return APP_OK;
    }
    const json_t *members = json_object_get(device, "members");
    if (json_array_size(members) == 0) {
        printf("This device is of no circle.\n");
        return APP_OK;
    }
    printf("%-20s %-9s %6s  %-10s %s\n", "NAME", "ROLE", "PERSON", "HEARD",
           "ID");
    for (size_t i = 0; i < json_array_size(members); i++) {
        print_member(a, json_array_get(members, i));
    }
    return APP_OK;
}

int cmd_name(app *a)
{
    char row[HISTORY_NAME_MAX];

    if (app_open(a) != APP_OK) return APP_FAILED;
    const char *member = app_member(a, a->args[0]);
    if (member == NULL) return APP_FAILED;
    json_t *value = json_pack("{s:s, s:s, s:s}", "type", "name", "member",
                              member, "name", a->args[1]);
    snprintf(row, sizeof row, "name/%.32s", member);
    if (value == NULL || history_put(a->desk.rows, row, value) != 0) {
        (void)complain(&a->error, "this name cannot be kept");
        return app_fail(a);
    }
    app_say(a, value, "%.8s is called %s here.\n", member, a->args[1]);
    return APP_OK;
}

/* What a state means, and what to do. */
static const char *advice(const char *state)
{
    static const char *const words[][2] = {
        {"empty", "of no circle: `covey init` or `covey invite`"},
        {"inviting", "shows an invite"},
        {"joined", "joined, not confirmed: `covey confirm`"},
        {"member", "a member"},
        {"forked", "STOPPED: others see another log. Compare `covey verify` "
                   "face to face; the relay lied, or an old copy was put back"},
        {"locked_out", "STOPPED: a change that it cannot follow. Remove it and "
                       "take it in again"},
        {"rolled_back", "STOPPED: an older copy of it was put back. Remove it "
                        "and take it in again"},
        {"ended", "no longer of the circle: `covey wipe` erases it"}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], state) == 0) return words[i][1];
    }
    return state;
}

int cmd_status(app *a)
{
    const json_t *device = picture(a);

    if (device == NULL) return APP_FAILED;
    if (a->json) {
        json_t *copy = json_deep_copy(device);
        json_object_del(copy, "log");
        app_print_json(copy);
        return APP_OK;
    }
    printf("Device    %s\n", a->desk.home.path);
    printf("State     %s\n", advice(text_of(device, "state")));
    printf("Id        %s\n", text_of(device, "self"));
    printf("Relay     %s%s%s\n", text_of(device, "relay"),
           *text_of(device, "trouble") != 0 ? ": " : "",
           text_of(device, "trouble"));
    printf("Members   %zu\n",
           json_array_size(json_object_get(device, "members")));
    printf("Change    %s\n", text_of(device, "busy"));
    printf("SOS       %s\n", text_of(device, "sos"));
    printf("To send   %lld\n",
           (long long)json_integer_value(json_object_get(device, "waiting")));
    return APP_OK;
}

int cmd_verify(app *a)
{
    const json_t *device = picture(a);

    if (device == NULL) return APP_FAILED;
    const char *number = text_of(device, "safety_number");
    if (*number == 0) {
        (void)complain(&a->error, "this device is of no circle");
        return app_fail(a);
    }
    app_say(a, json_pack("{s:s}", "safety_number", number),
            "%s\n\nCompare it with the other members, face to face. It is "
            "the same on all devices that\nagree about the circle and its "
            "whole history; it changes with every change of keys.\n",
            number);
    return APP_OK;
}

static void print_entry(const app *a, const json_t *entry)
{
    char who[VIEW_NAME_SIZE];
    char subject[VIEW_NAME_SIZE] = "";
    char time[CLOCK_TEXT_SIZE] = "time not known";
    json_int_t time_ms = json_integer_value(json_object_get(entry, "time_ms"));

    view_name(who, &a->desk.view, text_of(entry, "who"));
    if (json_object_get(entry, "subject") != NULL) {
        view_name(subject, &a->desk.view, text_of(entry, "subject"));
    }
    if (time_ms > 0) clock_write(time, time_ms);
    printf("%-25s %-20.20s %s %s%s\n", time, who, text_of(entry, "what"),
           text_of(entry, "detail"), subject);
}

int cmd_log(app *a)
{
    const json_t *device = picture(a);

    if (device == NULL) return APP_FAILED;
    const json_t *log = json_object_get(device, "log");
    if (a->json) {
        app_print_json(json_deep_copy(log));
        return APP_OK;
    }
    if (json_array_size(log) == 0) printf("The watch has logged nothing.\n");
    for (size_t i = 0; i < json_array_size(log); i++) {
        print_entry(a, json_array_get(log, i));
    }
    return APP_OK;
}
