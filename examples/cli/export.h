/*
 * A track as GPX (gpx.h), GeoJSON (RFC 7946) or CSV (RFC 4180). Each writes
 * all or answers false.
 */
#ifndef DESK_EXPORT_H
#define DESK_EXPORT_H

#include <stdio.h>

#include "track.h"

bool geojson_write(FILE *out, const track *t, const char *name);
bool csv_write(FILE *out, const track *t, const char *name);

/* "gnss", "wifi", "cell", "fused" or "unknown". */
const char *source_name(covey_source source);

#endif
