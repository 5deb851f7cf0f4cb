/*
 * A real circle of devices for fuzz targets, the same in each run: Anna, who
 * made it, the watch, and Ben. Each stands where it has said something and
 * waits for the relay's answer; what all of them went on to say, and what was
 * said before, lies in the pool.
 */
#ifndef COVEY_FUZZ_CIRCLE_H
#define COVEY_FUZZ_CIRCLE_H

#include "device/device.h"
#include "support/home.h"

typedef enum { CIRCLE_ANNA, CIRCLE_WATCH, CIRCLE_BEN, CIRCLE_NUM } circle_name;

typedef struct {
    covey_bytes blob;
    covey_bytes clear; /* the same without encryption: clear.h */
} circle_blob;

typedef struct {
    size_t num_blobs;
    circle_blob blobs[512]; /* of the present epoch first */
    size_t num_present;
    /* At which the devices stand. */
    uint64_t time_ms;
    size_t num_said;
    covey_digest said[512]; /* hashes of what was said, by anybody, ever */
} circle;

/* Made at the first call. */
const circle *circle_get(void);

/* The device as it stands, with its host; *id is the request that is out. */
test_device *circle_restore(circle_name name, uint32_t *id);

/* Whether these are the sender and the content of something that was said. */
bool circle_was_said(const covey_member_id *sender,
                     const covey_payload *payload);
bool circle_was_commanded(const covey_reference *id);

#endif
