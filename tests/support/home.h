/*
 * A home: devices of one circle, each with a host in memory, and the relay
 * between them. Time is the home's own, and randomness follows from a seed: the
 * same home lives the same life everywhere.
 *
 * A source for the program that needs it, as it calls the library under test.
 */
#ifndef COVEY_TEST_HOME_H
#define COVEY_TEST_HOME_H

#include <covey/device.h>

#include "support/mailboxes.h"
#include "support/random.h"

#define TEST_HOME_DEVICES 16
#define TEST_HOME_RELAY "relay.example"
#define TEST_HOME_UTC 1763600000000 /* when a home begins */

typedef struct test_home test_home;

typedef struct {
    test_home *home;
    const char *name;
    covey_device *device;
    size_t size; /* of its memory */
    covey_port port;
    test_random random;
    uint64_t version; /* of what is stored */
    size_t lens[COVEY_STORE_RECORDS_MAX + 1];
    uint8_t *records[COVEY_STORE_RECORDS_MAX + 1];
    /* So far. */
    size_t num_saves;
    size_t num_records; /* written */
    size_t saved_bytes;
    char digits[COVEY_DIGITS_SIZE]; /* that it showed last */
} test_device;

struct test_home {
    test_mailboxes relay;
    uint64_t time_ms;
    size_t num;
    test_device devices[TEST_HOME_DEVICES];
    /* Stands in for the relay, unless NULL. */
    covey_bytes (*answer)(void *ctx, test_device *who, covey_bytes request);
    /* NULL, or told of everything. */
    void *ctx;
    void (*on_event)(void *ctx, test_device *who, const covey_event *event);
    void (*on_exchange)(void *ctx, test_device *who, covey_bytes request,
                        const test_exchange *exchange);
};

void test_home_begin(test_home *home);
void test_home_end(test_home *home);

covey_now test_home_now(const test_home *home);

/* One more device, open and of no circle; its randomness follows from the
 * seed. */
test_device *test_home_add(test_home *home, const char *name, bool commits,
                           uint64_t seed);

/* Opens it again, from what is stored. What opening answers. */
int test_device_open(test_device *device);

/* Takes what happened: notices are shown, commands are run. */
void test_device_events(test_device *device);

/* Events and requests until nothing is due. */
void test_device_turn(test_device *device);

/* Turns of all devices, once a second. */
void test_home_run(test_home *home, uint64_t ms);

/* The guardian takes a newcomer in. */
void test_home_join(test_home *home, test_device *guardian,
                    test_device *newcomer, covey_role role, bool own_person);

/* Somewhere at that time. */
covey_fix test_home_fix(const test_home *home);

#endif
