/*
 * Whether an attachment's description may be sent, and may be believed.
 */
#ifndef COVEY_CONTENT_ATTACHMENT_H
#define COVEY_CONTENT_ATTACHMENT_H

#include <stdbool.h>

#include <covey/content.h>

/* Whether it is of a known type with each field in its range. */
bool covey_attachment_valid(const covey_attachment *a);

#endif
