/*
 * Policy documents: SPEC.md section 3.9.
 */
#ifndef COVEY_CONTENT_DOCUMENT_H
#define COVEY_CONTENT_DOCUMENT_H

#include "content/wire.h"

bool covey_document_valid(const covey_document *document);
Covey__Document *covey_put_document(covey_wire *w,
                                    const covey_document *document);
void covey_get_document(covey_wire *w, covey_document *document,
                        const Covey__Document *message);

/* Safe zones alone. */
bool covey_zones_valid(const covey_document *document);
Covey__Zones *covey_put_zones(covey_wire *w, const covey_document *document);
void covey_get_zones(covey_wire *w, covey_document *document,
                     const Covey__Zones *message);

#endif
