/*
 * Events that wait until the host takes them, short and without views. They
 * are saved with the rest, so that none is lost at a restart.
 */
#ifndef COVEY_DEVICE_NOTES_H
#define COVEY_DEVICE_NOTES_H

#include <covey/device.h>

#include "base/reader.h"
#include "base/writer.h"
#include "device/limits.h"

typedef struct {
    uint8_t kind;      /* covey_event_kind */
    uint8_t operation; /* of DONE and FAILED; RELAY: the relay's state */
    int16_t error;
    covey_member_id member;
    covey_member_id by;
    uint64_t value; /* MISSING: how many; SENT: the counter */
} covey_note;

typedef struct {
    uint8_t num;
    covey_note items[COVEY_NOTES_MAX];
} covey_notes;

/* When there is no room, the oldest goes. */
void covey_notes_add(covey_notes *notes, const covey_note *note);

/* False when there is none. */
bool covey_notes_take(covey_notes *notes, covey_note *note);

void covey_notes_write(covey_writer *w, const covey_notes *notes);
/* COVEY_ERR_MALFORMED, COVEY_ERR_CAPACITY. */
int covey_notes_read(covey_notes *notes, covey_reader *r);

#endif
