/*
 * A policy document as JSON, both ways: what `covey policy` shows and takes.
 */
#ifndef DESK_DOCUMENT_JSON_H
#define DESK_DOCUMENT_JSON_H

#include <covey/content.h>
#include <jansson.h>

#include "complaint.h"

/* What a document points into. */
typedef struct {
    covey_zone zones[COVEY_ZONES_MAX];
    covey_member_id members[COVEY_CONTACTS_MAX];
} document_room;

json_t *document_to_json(const covey_document *document);

/* Names are views into the JSON value. The ranges are for the library to
 * check. */
bool document_from_json(covey_document *document, document_room *room,
                        const json_t *value, complaint *error);

#endif
