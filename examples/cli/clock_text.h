/*
 * Points in time as text: ISO 8601, UTC.
 */
#ifndef DESK_CLOCK_TEXT_H
#define DESK_CLOCK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_TEXT_SIZE 32

/* Milliseconds since 1970, from 1 to the end of 9999. */
bool clock_from_date(int64_t *time_ms, int year, int month, int day,
                     int64_t ms_of_day);

/* "2026-11-20T07:45:00.250Z"; seconds may have a fraction, the zone may be an
 * offset, or missing, which is UTC. */
bool clock_read(int64_t *time_ms, const char *text, size_t len);

/* The same; a fraction only where there is one. */
void clock_write(char out[CLOCK_TEXT_SIZE], int64_t time_ms);

#endif
