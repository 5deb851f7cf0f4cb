/*
 * A family at home, for tests of <covey/device.h>: a few devices, hosts that
 * keep records in memory, virtual time, and a relay whose logs a test can
 * change as it likes. Everything follows from the calls: no chance.
 */
#ifndef COVEY_TEST_HOME_H
#define COVEY_TEST_HOME_H

#include <covey/device.h>

#include "relay/sync.h"
#include "support/random.h"

#define HOME_DEVICES 6
#define HOME_EVENTS 20000
#define HOME_BLOBS 4096
#define HOME_BOXES 64
#define HOME_UTC_MS 1790000000000
#define HOME_MINUTE 60000u
#define HOME_SLOTS 17
#define HOME_RELAY "relay.test"

typedef struct home_device home_device;

/* ---- the relay ---- */

typedef struct {
    covey_mailbox_address address;
    size_t num;
    covey_bytes blobs[HOME_BLOBS]; /* number i has index i + 1 */
} home_box;

extern home_box *home_boxes[HOME_BOXES];
extern size_t home_num_boxes;
extern uint64_t home_requests;    /* so far */
extern uint64_t home_appends;     /* blobs of requests, so far */
extern bool home_relay_is_away;   /* no answer */
extern bool home_relay_takes_all; /* whatever came in between */

/* Told of each request that leaves; NULL: nobody. */
extern void (*home_on_request)(const home_device *client,
                               const covey_request *request);

/* Puts a blob behind the others; copied. */
void home_box_put(home_box *box, covey_bytes blob);

/* These and all behind them are there no more; their numbers stay given. */
void home_box_expire(home_box *box, size_t from);

/* ---- what a device was told ---- */

typedef struct {
    covey_event_kind kind;
    covey_member_id member;
    covey_member_id by;
    covey_content_kind content; /* PAYLOAD */
    covey_content_kind of;
    covey_payload_id id; /* PAYLOAD, SENT */
    covey_trust trust;
    int64_t age_ms;
    bool is_broken;
    int error;
    uint64_t missing;
    covey_command_kind command; /* COMMAND */
    covey_reference reference;  /* COMMAND; COMMAND_RECEIPT: which */
    covey_outcome outcome;      /* COMMAND_RECEIPT */
    covey_refused reason;
    covey_notice notice; /* NOTICE */
    uint32_t token;
    char text[64]; /* TEXT */
    int32_t lat_e7;
    char digits[COVEY_DIGITS_SIZE];
} home_event;

struct home_device {
    const char *name;
    covey_device *device;
    size_t size;
    covey_device_config config;
    covey_port port;
    test_random random;
    uint64_t version;
    covey_bytes records[HOME_SLOTS];
    uint64_t fails_at; /* this save fails, 1 the next; 0: none */
    uint64_t num_saves;
    int64_t clock_ms; /* added to the world's time; INT64_MIN: no clock */
    bool is_off;      /* does nothing */
    bool shows;       /* confirms notices */
    bool runs;        /* answers commands */
    size_t sees;      /* entries of a log that the relay shows it */
    bool is_starved;
    size_t num_events;
    home_event events[HOME_EVENTS];
};

extern uint64_t home_ms;

/* An empty world. */
void home_begin(void);

home_device *home_add(const char *name, bool commits);

covey_now home_now(const home_device *device);

/* Lets time pass: each device in its turn, once a second. */
void home_run(uint64_t ms);

/* All of one device's loop, now. */
void home_turn(home_device *device);

/* Opens it again, as after a restart. */
void home_restart(home_device *device);

/* From invite to confirmation. */
void home_pair(home_device *guardian, home_device *newcomer, covey_role role,
               bool own_person);

/* The two that most tests need: Anna's phone and the watch, a member each. */
void home_two(home_device **anna, home_device **watch);

/* The log of the epoch that a device is in. */
home_box *home_box_of(const home_device *device);

/* ---- what was told, looked at ---- */

size_t home_count(const home_device *device, covey_event_kind kind);
size_t home_heard(const home_device *device, covey_content_kind content);

/* The last of a kind; fails the test when there is none. */
const home_event *home_last(const home_device *device, covey_event_kind kind);
const home_event *home_last_heard(const home_device *device,
                                  covey_content_kind content);

covey_member_id home_id(const home_device *device);

/* ---- saying ---- */

int home_text(home_device *device, const char *text);
int home_fix(home_device *device, int32_t lat_e7);
int home_command(home_device *device, const home_device *target,
                 covey_command_kind kind, int64_t lives_ms);

#endif
