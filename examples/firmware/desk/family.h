/*
 * The phones of a circle on the desk: each a device, with its records in
 * memory and a user who acknowledges every SOS.
 */
#ifndef COVEY_FIRMWARE_FAMILY_H
#define COVEY_FIRMWARE_FAMILY_H

#include <covey/device.h>

enum { PHONES_MAX = 8, EVENTS_MAX = 32, CONTENTS_MAX = 32 };

typedef struct {
    const char *name;
    covey_device *device;
    covey_port port;
    uint64_t version;
    uint8_t *records[COVEY_STORE_RECORDS_MAX + 1];
    size_t lens[COVEY_STORE_RECORDS_MAX + 1];
    char digits[COVEY_DIGITS_SIZE]; /* that it shows */
    unsigned num_events[EVENTS_MAX];
    unsigned num_heard[CONTENTS_MAX]; /* payloads, by content */
} phone;

/** Ends the program, with these words, if it does not hold. */
void must(bool holds, const char *what);

/** A phone of nobody yet. */
phone *family_phone(const char *name, covey_now now);

/** Events, then requests, until there is nothing left of either. */
void family_turn(phone *p, covey_now now);

/** A second phone joins the first one's circle; `turn` makes time pass. */
void family_join(phone *from, phone *newcomer, covey_role role, bool own_person,
                 covey_now (*turn)(unsigned seconds));

#endif
