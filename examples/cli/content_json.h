/*
 * What a member said as JSON, for the history: `type` is the kind in words,
 * the rest has the names and units of <covey/content.h>.
 */
#ifndef DESK_CONTENT_JSON_H
#define DESK_CONTENT_JSON_H

#include <covey/content.h>
#include <jansson.h>

json_t *content_to_json(const covey_content *content);

json_t *reference_to_json(const covey_reference *reference);
bool reference_from_json(covey_reference *reference, const json_t *value);

/* Of an attachment's row; false when it is none. */
bool attachment_from_json(covey_attachment *attachment, const json_t *value);

/* A number of 64 bits in hexadecimal: JSON's have 63. */
json_t *u64_to_json(uint64_t value);
bool u64_from_json(uint64_t *value, const json_t *text);

#endif
