/*
 * A Body: one content of the kinds that there are.
 */
#ifndef COVEY_CONTENT_BODY_H
#define COVEY_CONTENT_BODY_H

#include "content/wire.h"

/* Whether a content may be sent: of a known kind, each field in its range.
 * SEALED is no Body's. */
bool covey_body_valid(const covey_content *content);

/* NULL fails. */
Covey__Body *covey_put_body(covey_wire *w, const covey_content *content);

/* Fails for what is not in its range. A kind that is not known is
 * COVEY_CONTENT_UNKNOWN. */
void covey_get_body(covey_wire *w, covey_content *content,
                    const Covey__Body *message);

#endif
