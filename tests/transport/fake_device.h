/*
 * A device that asks for what a test says, and writes down what it is told: it
 * stands in for the engine. It fails the test when the transport breaks a rule
 * of <covey/device.h>.
 */
#ifndef COVEY_TEST_FAKE_DEVICE_H
#define COVEY_TEST_FAKE_DEVICE_H

#include <covey/device.h>

#define FAKE_QUEUE 64
#define FAKE_BODY_MAX 140000

/* A request that the device will ask for. */
typedef struct {
    char relay[COVEY_RELAY_SIZE];
    unsigned mailbox;
    size_t len; /* of the body, at least 34 */
    uint32_t wait_ms;
    size_t answer_max;
} fake_request;

typedef enum { FAKE_ON_ITS_WAY, FAKE_ANSWERED, FAKE_FAILED } fake_end;

struct covey_device {
    fake_request queue[FAKE_QUEUE];
    size_t num_queued;
    size_t num_given;
    /* One for each that was given. */
    fake_end ended[FAKE_QUEUE];
    size_t num_answered;
    size_t num_failed;
    uint8_t answer[FAKE_BODY_MAX]; /* the last one */
    size_t answer_len;
    size_t most_at_once;
    unsigned events;    /* that wait to be taken */
    unsigned num_asked; /* calls of covey_device_next_event */
    bool interrupts;    /* says so for any request */
    int input_error;    /* what covey_device_input answers */
    int event_error;    /* and covey_device_next_event */
    int request_error;  /* and covey_device_next_request */
    uint64_t deadline;  /* while nothing is queued */
    bool is_closed;     /* no call is expected any more */
};

/* Adds a request for relay to the queue. */
fake_request *fake_ask(covey_device *device, const char *relay,
                       unsigned mailbox);

/* The body of the request that was given as number `at`. */
void fake_body(uint8_t *out, const covey_device *device, size_t at);

size_t fake_on_their_way(const covey_device *device);

#endif
