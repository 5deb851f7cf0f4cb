/*
 * The recorded session: a family from its first device to a removal. All play
 * it together, over a relay in memory; or one device plays its part alone, of
 * what was recorded of the others.
 */
#ifndef COVEY_OWN_SESSION_H
#define COVEY_OWN_SESSION_H

#include "support/home.h"

typedef enum {
    SESSION_ANNA,
    SESSION_WATCH,
    SESSION_BEN,
    SESSION_NUM
} session_name;

/* What passes between devices outside of the relay. Found when all play,
 * given when one plays alone. */
typedef struct {
    char uri[2][COVEY_URI_SIZE]; /* of the watch, of Ben */
    char digits[2][COVEY_DIGITS_SIZE];
    covey_member_id ids[SESSION_NUM];
} session_facts;

typedef struct {
    test_home home;
    bool is_alone;
    session_name alone;
    test_device *devices[SESSION_NUM]; /* NULL: does not play */
    session_facts facts;
    /* What a device has heard, and refers to. */
    uint64_t sos_id;
    covey_reference text;
    /* For who looks on: after whatever may have changed a device. */
    void *ctx;
    void (*look)(void *ctx, test_device *who);
    void (*on_event)(void *ctx, test_device *who, const covey_event *event);
} session;

#define SESSION_SEED 101 /* of Anna's randomness; 102, 103 */

const char *session_name_of(session_name name);

/* From session_begin on, hooks of the home may be set. */
void session_begin(session *s);
void session_play(session *s);
void session_end(session *s);

#endif
