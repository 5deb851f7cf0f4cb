/*
 * The parts of the map that are files in the sources, and Leaflet of the
 * system, as the build put them into the program.
 */
#ifndef DESK_MAP_PARTS_H
#define DESK_MAP_PARTS_H

#include <stddef.h>

typedef struct {
    const unsigned char *at;
    size_t len;
} map_part;

extern const map_part map_leaflet_css;
extern const map_part map_leaflet_js;
extern const map_part map_page_css;
extern const map_part map_page_html;
extern const map_part map_page_js;

#endif
