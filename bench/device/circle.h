/*
 * A circle of devices that is measured: a watch, two guardians' phones, and
 * carers' as many as are wanted. The watch and one phone stand where a fix is
 * sent and taken, and can be put back there before each run.
 */
#ifndef BENCH_CIRCLE_H
#define BENCH_CIRCLE_H

#include "device/device.h"
#include "saves.h"
#include "support/home.h"

/* A device as it stands. */
typedef struct {
    test_device *device;
    uint8_t *memory;
    uint64_t version;
} circle_state;

typedef struct {
    test_home home;
    test_device *watch;
    test_device *phone;
    covey_now now;
    circle_state before_send;  /* of the watch: at the head, nothing to do */
    circle_state before_spare; /* the same, with a reserve that was taken */
    circle_state before_take;  /* of the phone: a request is out */
    circle_state before_save;  /* of the phone: it has taken the fix */
    uint32_t request;          /* the one that is out */
    covey_bytes answer;        /* to it: one fix */
    covey_bytes blob;          /* of that fix */
    size_t payload_len;        /* in it */
} circle;

/* With 2 to 16 members. */
void circle_begin(circle *c, size_t members);
void circle_end(circle *c);

void circle_restore(const circle_state *state);

/* Of all saves since the last call. */
circle_saves circle_take_saves(void);

/* A usual fix, and what the watch says with it. */
covey_fix circle_fix(const circle *c);

/* Ends the program when something fails that cannot. */
void circle_must(bool is_so, const char *what);

#endif
