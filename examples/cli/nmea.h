/*
 * NMEA 0183, as GNSS receivers speak it: a fix of each RMC that is valid, with
 * the altitude and hdop of a GGA of the same time before it.
 *
 * Only sentences with a right checksum count; everything else is passed over
 * and counted.
 */
#ifndef DESK_NMEA_H
#define DESK_NMEA_H

#include <covey/content.h>

#define NMEA_LINE_MAX 120 /* the standard says 82; some receivers say more */

typedef struct {
    char line[NMEA_LINE_MAX + 1];
    size_t len;
    bool too_long;
    unsigned num_bad; /* lines that were not sentences */
    /* The last GGA. */
    bool has_gga;
    int64_t gga_ms; /* of the day */
    bool has_altitude;
    int32_t altitude_cm;
    uint32_t accuracy_cm;
} nmea_reader;

void nmea_init(nmea_reader *reader);

/* The next byte of the stream; true when it completes a fix. */
bool nmea_take(nmea_reader *reader, char byte, covey_fix *fix);

#endif
