/*
 * A fix as JSON: the names and units of covey_fix; what is not known is not
 * there.
 */
#ifndef DESK_FIX_JSON_H
#define DESK_FIX_JSON_H

#include <covey/content.h>
#include <jansson.h>

json_t *fix_to_json(const covey_fix *fix);

/* False when a field is missing or outside its range. */
bool fix_from_json(covey_fix *fix, const json_t *value);

#endif
