/*
 * The device's records: what it saves of itself, and how.
 */
#ifndef COVEY_DEVICE_RECORDS_H
#define COVEY_DEVICE_RECORDS_H

#include "device/device.h"

/* Writes the record of a slot; a writer without bytes: there is none, and
 * what is stored is to be erased. */
void covey_record_write(covey_writer *w, const covey_device *d, uint32_t slot);

/* Reads it. COVEY_ERR_MALFORMED, COVEY_ERR_CAPACITY. */
int covey_record_read(covey_device *d, uint32_t slot, covey_bytes bytes);

#endif
