/*
 * The map as one HTML file that needs nothing else: Leaflet, style, script and
 * data are in it.
 *
 * There are no tiles unless asked for: whoever serves tiles learns which ones,
 * and so where the child is. Without them there is a grid.
 */
#ifndef DESK_MAP_PAGE_H
#define DESK_MAP_PAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct {
    const char *tiles; /* URL of tiles with {z}, {x}, {y}; NULL: none */
    bool live;         /* asks for "state.json" again and again */
} map_options;

/* The data is of view_to_json. Whether all was written. */
bool map_page_write(FILE *out, const json_t *data, const map_options *options);

/* Whether tiles can be loaded from there: http or https, and nothing in it
 * that would end a quoted word. */
bool map_tiles_are_good(const char *url);

#endif
