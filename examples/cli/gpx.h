/*
 * GPX, version 1.0 or 1.1: the points of its tracks.
 *
 * Reading is strict: not well-formed, another root element or namespace, a
 * document type, a place outside the earth, a number or time that is not one,
 * too deep or too long: each is an error with its line. Elements that are not
 * of a track's points are passed over.
 */
#ifndef DESK_GPX_H
#define DESK_GPX_H

#include <stdio.h>

#include "complaint.h"
#include "track.h"

#define GPX_SIZE_MAX (64u << 20)

/* Adds to the track. A point without a time has time 0, one without a hdop
 * has an accuracy of ten metres: GPX does not say. */
bool gpx_read(track *t, const char *text, size_t len, complaint *error);
bool gpx_read_file(track *t, const char *path, complaint *error);

/* Whether all was written. `name` is of the track. */
bool gpx_write(FILE *out, const track *t, const char *name);

#endif
