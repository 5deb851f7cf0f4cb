/*
 * Locations and scans: SPEC.md section 3.4. An SOS carries one too.
 */
#ifndef COVEY_CONTENT_LOCATION_H
#define COVEY_CONTENT_LOCATION_H

#include "content/wire.h"

bool covey_location_valid(const covey_location *location);
Covey__Location *covey_put_location(covey_wire *w,
                                    const covey_location *location);
void covey_get_location(covey_wire *w, covey_location *location,
                        const Covey__Location *message);

/* The columns of the fixes alone. */
bool covey_fix_valid(const covey_fix *fix);
void covey_put_fixes(covey_wire *w, Covey__Location *message,
                     const covey_location *location);
void covey_get_fixes(covey_wire *w, covey_location *location,
                     const Covey__Location *message);

bool covey_scan_valid(const covey_scan *scan);
Covey__Scan *covey_put_scan(covey_wire *w, const covey_scan *scan);
void covey_get_scan(covey_wire *w, covey_scan *scan,
                    const Covey__Scan *message);

#endif
