#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "decimal.h"
#include "waiting.h"
#include "week_text.h"

#define CHANGE_MS 45000

const struct argp_option policy_options[] = {
    {"enter", 'e', NULL, 0, "zone: the watch tells when it is entered", 0},
    {"leave", 'l', NULL, 0, "zone: the watch tells when it is left", 0},
    {"hidden", 'd', NULL, 0, "zone: inside, no coordinates leave the watch", 0},
    {"remove", 'r', NULL, 0, "zone: take it away", 0},
    {"moving", 'm', "SECONDS", 0, "reporting: while it moves", 0},
    {"metres", 't', "N", 0, "reporting: moved means so far (50)", 0},
    {"reserve", 'v', "PERCENT", 0, "reporting: of the battery, for an SOS (10)",
     0},
    {NULL, 0, NULL, 0, NULL, 0}};

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));

    return text != NULL ? text : "";
}

static json_t *wrong(app *a, const char *what)
{
    (void)complain(&a->error, "%s", what);
    (void)app_fail(a);
    return NULL;
}

/* The document of a kind that there is now, borrowed; NULL: none. */
static const json_t *document_now(const app *a, const char *kind)
{
    const json_t *policy = json_object_get(a->desk.view.device, "policy");

    for (size_t i = 0; i < json_array_size(policy); i++) {
        const json_t *d =
            json_object_get(json_array_get(policy, i), "document");
        if (strcmp(text_of(d, "kind"), kind) == 0) return d;
    }
    return NULL;
}

/* ---- documents; NULL after a complaint ---- */

/* Those of another name, and the next free number. */
static json_t *other_zones(const app *a, const char *name, json_int_t *next)
{
    const json_t *now = json_object_get(document_now(a, "zones"), "list");
    json_t *list = json_array();

    *next = 1;
    for (size_t i = 0; i < json_array_size(now); i++) {
        json_t *zone = json_array_get(now, i);
        json_int_t id = json_integer_value(json_object_get(zone, "id"));
        if (id >= *next) *next = id + 1;
        if (strcmp(text_of(zone, "name"), name) != 0) {
            json_array_append(list, zone);
        }
    }
    return list;
}

static json_t *zones_with(app *a)
{
    int64_t lat = 0;
    int64_t lon = 0;
    int64_t radius = 0;
    json_int_t id = 0;

    if (a->num_args != 5 ||
        !decimal_read(&lat, a->args[2], strlen(a->args[2]), 7) ||
        !decimal_read(&lon, a->args[3], strlen(a->args[3]), 7) ||
        lat < -900000000 || lat > 900000000 || lon < -1800000000 ||
        lon > 1800000000) {
        return wrong(a, "a zone: covey policy zone NAME LAT LON METRES, in "
                        "degrees; -- before them where one is negative");
    }
    if (!app_number(a, &radius, "METRES", a->args[4], 10, 100000)) return NULL;
    json_t *list = other_zones(a, a->args[1], &id);
    json_array_append_new(list,
                          json_pack("{s:I, s:I, s:I, s:I, s:s, s:b, s:b, s:b}",
                                    "id", id, "lat_e7", (json_int_t)lat,
                                    "lon_e7", (json_int_t)lon, "radius_m",
                                    (json_int_t)radius, "name", a->args[1],
                                    "tell_enter", a->values['e'] != NULL,
                                    "tell_leave", a->values['l'] != NULL,
                                    "hidden", a->values['d'] != NULL));
    return list;
}

static json_t *zones(app *a)
{
    json_int_t id = 0;
    json_t *list = NULL;

    if (a->values['r'] != NULL && a->num_args == 2) {
        list = other_zones(a, a->args[1], &id);
    } else {
        list = zones_with(a);
    }
    return list == NULL
               ? NULL
               : json_pack("{s:s, s:o}", "kind", "zones", "list", list);
}

static json_t *hours(app *a)
{
    covey_span spans[COVEY_SPANS_MAX];
    size_t num = 0;
    json_t *list = json_array();

    for (size_t i = 1; i < a->num_args; i++) {
        if (!week_read(spans, &num, a->args[i])) {
            json_decref(list);
            return wrong(a, "hours are like 'Mon-Fri 8:00-12:00'; at most 32 "
                            "spans of a day");
        }
    }
    week_sort(spans, num);
    for (size_t i = 0; i < num; i++) {
        json_array_append_new(list, json_pack("{s:I, s:I}", "begin",
                                              (json_int_t)spans[i].begin, "end",
                                              (json_int_t)spans[i].end));
    }
    return json_pack("{s:s, s:o}", "kind", "school_hours", "list", list);
}

static json_t *members(app *a, const char *kind)
{
    json_t *list = json_array();

    for (size_t i = 1; i < a->num_args; i++) {
        const char *member = app_member(a, a->args[i]);
        if (member == NULL) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, json_string(member));
    }
    return json_pack("{s:s, s:o}", "kind", kind, "list", list);
}

static json_t *contacts(app *a)
{
    return members(a, "contacts");
}

static json_t *sos_list(app *a)
{
    return members(a, "sos_list");
}

static json_t *reporting(app *a)
{
    const char *const *v = a->values;
    int64_t every = 0;
    int64_t metres = 50;
    int64_t reserve = 10;

    if (a->num_args != 2) {
        return wrong(a, "how often? covey policy reporting SECONDS");
    }
    if (!app_number(a, &every, "SECONDS", a->args[1], 10, 86400)) return NULL;
    int64_t moving = every;
    if ((v['m'] != NULL &&
         !app_number(a, &moving, "--moving", v['m'], 10, every)) ||
        (v['t'] != NULL &&
         !app_number(a, &metres, "--metres", v['t'], 10, 10000)) ||
        (v['v'] != NULL &&
         !app_number(a, &reserve, "--reserve", v['v'], 0, 50))) {
        return NULL;
    }
    return json_pack("{s:s, s:I, s:I, s:I, s:I}", "kind", "reporting",
                     "interval_s", (json_int_t)every, "moving_interval_s",
                     (json_int_t)moving, "moved_m", (json_int_t)metres,
                     "reserve_percent", (json_int_t)reserve);
}

static json_t *precision(app *a)
{
    int64_t grid = 0;

    if (a->num_args != 2) {
        return wrong(a, "how fine? covey policy precision METRES");
    }
    if (!app_number(a, &grid, "METRES", a->args[1], 0, 50000)) return NULL;
    return json_pack("{s:s, s:I}", "kind", "precision", "grid_m",
                     (json_int_t)grid);
}

static json_t *from_file(app *a)
{
    json_error_t error;

    if (a->num_args != 2) return wrong(a, "which file? covey policy set FILE");
    json_t *document =
        json_load_file(a->args[1], JSON_REJECT_DUPLICATES, &error);
    if (document != NULL) return document;
    (void)complain(&a->error, "%s, line %d: %s", a->args[1], error.line,
                   error.text);
    (void)app_fail(a);
    return NULL;
}

static const struct {
    const char *what;
    json_t *(*document)(app *a);
} kinds[] = {
    {"zone", zones},    {"hours", hours},         {"contacts", contacts},
    {"sos", sos_list},  {"reporting", reporting}, {"precision", precision},
    {"set", from_file},
};

/* ---- showing ---- */

static void print_list(const app *a, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);
        char name[VIEW_NAME_SIZE];
        char text[WEEK_TEXT_SIZE];
        char lat[DECIMAL_TEXT_SIZE];
        char lon[DECIMAL_TEXT_SIZE];
        if (json_is_string(o)) {
            view_name(name, &a->desk.view, json_string_value(o));
            printf("    %s\n", name);
        } else if (json_object_get(o, "begin") != NULL) {
            covey_span span = {
                (uint32_t)json_integer_value(json_object_get(o, "begin")),
                (uint32_t)json_integer_value(json_object_get(o, "end"))};
            week_write(text, &span);
            printf("    %s\n", text);
        } else {
            decimal_write(lat, json_integer_value(json_object_get(o, "lat_e7")),
                          7);
            decimal_write(lon, json_integer_value(json_object_get(o, "lon_e7")),
                          7);
            printf("    %s: %s %s, %lld m\n", text_of(o, "name"), lat, lon,
                   (long long)json_integer_value(
                       json_object_get(o, "radius_m")));
        }
    }
}

static void print_document(const app *a, const json_t *row)
{
    const json_t *d = json_object_get(row, "document");
    bool in_force = json_is_true(json_object_get(row, "in_force"));
    const char *key = NULL;
    json_t *value = NULL;

    printf("%s, version %lld: %s\n", text_of(d, "kind"),
           (long long)json_integer_value(json_object_get(d, "version")),
           in_force ? "in force on the watch"
                    : "the watch has not said that it is in force");
    print_list(a, json_object_get(d, "list"));
    json_object_foreach((json_t *)(uintptr_t)d, key, value)
    {
        if (json_is_integer(value) && strcmp(key, "version") != 0) {
            printf("    %s %lld\n", key, (long long)json_integer_value(value));
        }
    }
}

static int show(app *a)
{
    const json_t *policy = json_object_get(a->desk.view.device, "policy");

    if (a->json) {
        app_print_json(policy != NULL ? json_deep_copy(policy) : json_array());
        return APP_OK;
    }
    if (json_array_size(policy) == 0) printf("There are no rules yet.\n");
    for (size_t i = 0; i < json_array_size(policy); i++) {
        print_document(a, json_array_get(policy, i));
    }
    return APP_OK;
}

int cmd_policy(app *a)
{
    json_t *document = NULL;

    if (app_open(a) != APP_OK) return APP_FAILED;
    app_sync(a);
    if (a->num_args == 0) return show(a);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].what, a->args[0]) != 0) continue;
        document = kinds[i].document(a);
        if (document == NULL) return APP_USAGE;
    }
    if (document == NULL) {
        (void)wrong(a, "zone, hours, contacts, sos, reporting, precision or "
                       "set: `covey policy --help`");
        return APP_USAGE;
    }
    int status = waiting_operation(a,
                                   json_pack("{s:s, s:o}", "do", "policy",
                                             "document", document),
                                   "policy", CHANGE_MS);
    if (status != APP_OK) return status;
    app_say(a, json_pack("{s:s}", "done", "policy"),
            "On its way. `covey policy` shows when the watch has it in "
            "force.\n");
    return APP_OK;
}
