/*
 * Payloads for tests: of each kind the least, a usual one and the most; and
 * a payload as JSON, in which every field stands, so that two of them can be
 * compared and test vectors can be written.
 */
#ifndef COVEY_TEST_CONTENTS_H
#define COVEY_TEST_CONTENTS_H

#include <covey/content.h>
#include <jansson.h>

#include "support/bytes.h"

#define CONTENTS_NUM 50

/* The payload number i and its name; what it points to lives as long as the
 * program. */
covey_payload contents_sample(size_t i, const char **name);

/* A usual head, without a content. */
covey_payload contents_head(void);

/* num fixes of a walk, one a minute, every field given. */
const covey_fix *contents_walk(size_t num);

covey_member_id contents_member(uint8_t number);

/* A new reference. Numbers of 64 bits are texts. */
json_t *contents_json(const covey_payload *payload);

#endif
