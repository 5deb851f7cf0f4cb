/*
 * What the file "state" holds: its version, then each record with its slot and
 * length, all numbers little-endian.
 */
#ifndef DESK_STATE_IMAGE_H
#define DESK_STATE_IMAGE_H

#include <covey/port.h>
#include <stdbool.h>

#define STATE_SLOTS (COVEY_STORE_RECORDS_MAX + 1)
#define STATE_IMAGE_MAX (4u << 20) /* far above what a device stores */

typedef struct {
    uint64_t version;
    covey_bytes slots[STATE_SLOTS]; /* empty: no record */
} state_image;

/* Views into the file's bytes; false when they are not an image. */
bool state_image_read(state_image *image, covey_bytes file);

/* Whether each of these is a slot. */
bool state_image_apply(state_image *image, const covey_record *records,
                       size_t num);

/* Bytes of the file. */
size_t state_image_size(const state_image *image);
void state_image_write(uint8_t *out, const state_image *image);

#endif
