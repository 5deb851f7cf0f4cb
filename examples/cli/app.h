/*
 * A command of the command line, and what all of them use.
 */
#ifndef DESK_APP_H
#define DESK_APP_H

#include <argp.h>

#include "desk.h"

#define APP_ARGS_MAX 64

/* How a command ends. */
enum { APP_OK = 0, APP_FAILED = 1, APP_USAGE = 2, APP_NO_ANSWER = 3 };

typedef struct {
    desk_options options;
    bool json;
    desk desk;
    complaint error;
    /* Of the command: its options by their key, and its words. */
    const char *values[128];
    const char *args[APP_ARGS_MAX];
    size_t num_args;
} app;

typedef struct {
    const char *name;
    const char *args; /* as usage says them */
    const char *text;
    size_t args_min;
    size_t args_max;
    const struct argp_option *options; /* keys are ASCII letters */
    int (*run)(app *a);
} app_command;

/* Every command, in the order of the help; a nameless one at the end. */
extern const app_command app_commands[];

/* Opens the desk; else complains, and answers how to end. */
int app_open(app *a);

/* Says what is wrong: on standard error, or as JSON. APP_FAILED. */
int app_fail(app *a);

/* A number within a range; else says so and ends with false. */
bool app_number(app *a, int64_t *value, const char *what, const char *text,
                int64_t low, int64_t high);

/* The id of a member; else says so. NULL then. */
const char *app_member(app *a, const char *text);

/* Has the device do something and says why not. The answer, a new reference;
 * NULL when it was not done. The wish is taken. */
json_t *app_wish(app *a, json_t *wish);

/* Prints a JSON value on a line of its own. Taken. */
void app_print_json(json_t *value);

/* For --json a JSON value, else a sentence. The value is taken. */
__attribute__((format(printf, 3, 4))) void app_say(const app *a, json_t *value,
                                                   const char *format, ...);

/* Reads what is new at the relay. False: it did not come, or this device has
 * stopped; that was said, and what is known from before may be shown. */
bool app_sync(app *a);

/* Until what was said has left; APP_NO_ANSWER, and a word, when it waits. */
int app_flush(app *a);
int app_flush_for(app *a, uint32_t timeout_ms);

/* Whether this device has stopped; then that is said. */
bool app_say_stopped(const app *a);

/* Says what is wrong with the relay, if anything is known. */
void app_say_trouble(const app *a);

/* Whether the user has asked for the end: Ctrl-C, or SIGTERM. */
bool app_ends(void);

#endif
