/*
 * The access log: SPEC.md section 3.10.
 */
#ifndef COVEY_CONTENT_ACCESS_H
#define COVEY_CONTENT_ACCESS_H

#include "content/wire.h"

bool covey_access_log_valid(const covey_access_log *log);

/* NULL fails. */
Covey__AccessEntry *covey_put_access_entry(covey_wire *w,
                                           const covey_access_entry *entry);

#endif
