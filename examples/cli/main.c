/*
 * covey: a watch, or a guardian's phone, on the desk.
 */
#include <covey/version.h>
#include <locale.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"

const char *argp_program_version = "covey " COVEY_VERSION;

enum { KEY_HOME = 256, KEY_JSON, KEY_CA, KEY_PROXY, KEY_PLAIN };

/* Before the command or behind it. */
static const struct argp_option common_options[] = {
    {"home", KEY_HOME, "DIR", 0, "where this device lives", -2},
    {"json", KEY_JSON, NULL, 0, "answer in JSON, one value a line", -2},
    {"ca-file", KEY_CA, "FILE", 0, "trust these certificates (kept)", -2},
    {"proxy", KEY_PROXY, "URL", 0, "reach relays through it (kept)", -2},
    {"plain-loopback", KEY_PLAIN, NULL, 0,
     "http without TLS for a relay on this machine: for tests (kept)", -2},
    {NULL, 0, NULL, 0, NULL, 0}};

static error_t parse_common(int key, char *value, struct argp_state *state)
{
    app *a = state->input;

    switch (key) {
    case KEY_HOME: a->options.home = value; return 0;
    case KEY_JSON: a->json = true; return 0;
    case KEY_CA: a->options.ca_file = value; return 0;
    case KEY_PROXY: a->options.proxy = value; return 0;
    case KEY_PLAIN: a->options.plain_loopback = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp common_argp = {
    common_options, parse_common, NULL, NULL, NULL, NULL, NULL};
static const struct argp_child children[] = {{&common_argp, 0, NULL, 0},
                                             {NULL, 0, NULL, 0}};

/* ---- the command's own ---- */

static error_t parse_command(int key, char *value, struct argp_state *state)
{
    app *a = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = a; return 0;
    case ARGP_KEY_ARG:
        if (a->num_args == APP_ARGS_MAX) argp_error(state, "too many words");
        a->args[a->num_args++] = value;
        return 0;
    default:
        if (key <= 0 || key >= 128) return ARGP_ERR_UNKNOWN;
        a->values[key] = value != NULL ? value : "";
        return 0;
    }
}

static int run(app *a, const app_command *command, int argc, char **argv)
{
    static const struct argp_option none[] = {{NULL, 0, NULL, 0, NULL, 0}};
    const struct argp argp = {command->options != NULL ? command->options
                                                       : none,
                              parse_command,
                              command->args,
                              command->text,
                              children,
                              NULL,
                              NULL};
    char name[64];

    snprintf(name, sizeof name, "covey %s", command->name);
    argv[0] = name;
    error_t err = argp_parse(&argp, argc, argv, 0, NULL, a);
    if (err != 0) return APP_USAGE;
    if (a->num_args < command->args_min || a->num_args > command->args_max) {
        fprintf(stderr, "Usage: %s [OPTION...] %s\nTry `%s --help'.\n", name,
                command->args, name);
        return APP_USAGE;
    }
    int status = command->run(a);
    desk_close(&a->desk);
    return status;
}

/* ---- which command ---- */

typedef struct {
    app *app;
    int at; /* of the command's word */
} choice;

static error_t parse_main(int key, char *value, struct argp_state *state)
{
    choice *c = state->input;

    (void)value;
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = c->app;
        return 0;
    }
    if (key != ARGP_KEY_ARG) return ARGP_ERR_UNKNOWN;
    c->at = state->next - 1;
    state->next = state->argc; /* the rest is the command's */
    return 0;
}

static char *help_filter(int key, const char *text, void *input)
{
    char *list = NULL;
    size_t len = 0;

    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC) return (char *)(uintptr_t)text;
    FILE *out = open_memstream(&list, &len);
    if (out == NULL) return NULL;
    fputs("Commands (`covey COMMAND --help` says more):\n", out);
    for (const app_command *c = app_commands; c->name != NULL; c++) {
        fprintf(out, "  %-10s %.*s\n", c->name, (int)strcspn(c->text, "\v.;"),
                c->text);
    }
    (void)fclose(out);
    return list;
}

static const app_command *find(const char *name)
{
    for (const app_command *c = app_commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) return c;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        parse_main,
        "COMMAND [WORD...]",
        "A child's watch, or a guardian's phone, on the desk.\v\n",
        children,
        help_filter,
        NULL};
    static app a;
    choice c = {&a, 0};

    if (setlocale(LC_ALL, "") == NULL) (void)setlocale(LC_ALL, "C");
    if (sodium_init() < 0) {
        fputs("covey: no source of randomness\n", stderr);
        return APP_FAILED;
    }
    a.desk.home.dir = -1;
    a.desk.home.engine = -1;
    if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &c) != 0) {
        return APP_USAGE;
    }
    const app_command *command = c.at > 0 ? find(argv[c.at]) : NULL;
    if (command == NULL) {
        fprintf(stderr, "covey: %s%s%s\nTry `covey --help'.\n",
                c.at > 0 ? "there is no command \"" : "which command?",
                c.at > 0 ? argv[c.at] : "", c.at > 0 ? "\"" : "");
        return APP_USAGE;
    }
    return run(&a, command, argc - c.at, argv + c.at);
}
