/*
 * Records of a device in the board's flash, as <covey/port.h> asks for them:
 * each save writes the next sector, with what is new and a copy of the rest.
 */
#ifndef COVEY_FIRMWARE_RECORDS_H
#define COVEY_FIRMWARE_RECORDS_H

#include <covey/port.h>

int port_records_load(void *ctx, uint32_t slot, uint8_t *out, size_t cap,
                      size_t *len);
int port_records_save(void *ctx, uint64_t expected_version,
                      const covey_record *records, size_t num_records);

/** The most bytes that one save has written. */
size_t port_records_most(void);

#endif
