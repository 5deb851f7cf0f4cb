/*
 * What crosses the wire for each thing that devices do: blobs and the bodies
 * of requests and answers, in a home of four.
 */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stddef.h>

#define WIRE_SIZES 7 /* of blobs: 256 to 16384 */

typedef struct {
    const char *name;
    size_t blobs[WIRE_SIZES];
    size_t blob_bytes;
    size_t up;   /* requests that append, of all members */
    size_t down; /* answers with entries, to all members */
} wire_row;

#define WIRE_ROWS 9

/* Fills rows[0..WIRE_ROWS). */
void wire_measure(wire_row *rows);

#endif
