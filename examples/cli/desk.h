/*
 * A device on the desk: the library's engine and transport, the directory that
 * it lives in, and its history.
 *
 * One process at a time runs the device. It puts what it hears into the
 * history, grants the wishes of other processes, and keeps a picture of the
 * device there; everybody else reads the history. A command does not care
 * which of the two it is.
 */
#ifndef DESK_DESK_H
#define DESK_DESK_H

#include <covey/transport_curl.h>

#include "home.h"
#include "trouble.h"
#include "view.h"

typedef struct desk desk;

typedef struct {
    const char *home;    /* NULL: home_default */
    bool create;         /* a directory and keys, where there are none */
    uint32_t poll_ms;    /* as in covey_device_config */
    uint32_t wait_ms;    /* the same */
    const char *ca_file; /* these are kept; NULL and false: as they were */
    const char *proxy;
    bool plain_loopback;
} desk_options;

/* Where the wearer is, for a locate; false: not known. */
typedef bool desk_where(void *ctx, covey_fix *fix);

struct desk {
    home home;
    struct file_store *store;
    history *rows;
    view view;
    desk_options options;
    /* Of the process that runs the device, else NULL. */
    void *memory;
    covey_device *device;
    covey_transport *transport;
    bool has_answered;   /* the relay has, since this process runs it */
    unsigned num_failed; /* requests without an answer, since the last one */
    unsigned num_answers;
    unsigned refused_at; /* num_answers, when the relay began to refuse */
    trouble trouble;
    bool is_dirty; /* the picture in the history is old */
    int64_t pictured_ms;
    int error; /* the newest failed call of the transport on the device */
    desk_where *where;
    void *where_ctx;
    bool wants_to_end; /* a command switched it off */
};

/* Opens the directory and its history, and runs the device unless another
 * process does. */
bool desk_open(desk *d, const desk_options *options, complaint *error);
void desk_close(desk *d);

bool desk_runs(const desk *d);

/* Some of the work, for so long at most; false, with a reason, when it cannot
 * go on. */
bool desk_turn(desk *d, uint32_t timeout_ms, complaint *error);

/* Until `done` says so, or the time is over. Whether it did. */
typedef bool desk_condition(desk *d, void *ctx);
bool desk_wait(desk *d, uint32_t timeout_ms, desk_condition *done, void *ctx,
               complaint *error);

/* Has the running device do something, here or there; a new reference. An
 * answer has "error", "text" and "hint" where it was not done. */
json_t *desk_wish(desk *d, const json_t *wish, complaint *error);

/* Reads what waits at the relay; says whether the relay answered. Not for a
 * device whose requests may be held there, with a wait_ms. */
bool desk_sync(desk *d, uint32_t timeout_ms, complaint *error);

/* Whether it sends and reads nothing any more: forked, locked out, rolled
 * back, ended. */
bool desk_has_stopped(const desk *d);

/* What is wrong with the relay, in a sentence; empty: nothing is known. */
void desk_trouble(char out[TROUBLE_SIZE], const desk *d);

/* Until all that was said is where everybody reads it. */
bool desk_flush(desk *d, uint32_t timeout_ms, complaint *error);

/* Since 1970 UTC. */
int64_t desk_now_ms(void);

/* That and the clock that only grows, asleep or awake, while the machine
 * runs; also where no device runs. */
covey_now desk_clocks(void);

#endif
