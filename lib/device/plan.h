/*
 * What a commit of this guardian carries: what stands and binds, and what the
 * operation wants.
 */
#ifndef COVEY_DEVICE_PLAN_H
#define COVEY_DEVICE_PLAN_H

#include "device/device.h"

typedef struct {
    covey_roster roster;
    covey_mls_change changes[2];
    size_t num_changes;
    covey_mls_ref refs[COVEY_BUNDLED_MAX];
    const covey_kept_proposal *kept[COVEY_BUNDLED_MAX];
    size_t num_refs;
    bool removes; /* then it carries nothing else */
    uint8_t extensions[COVEY_MLS_EXTENSIONS_MAX];
} covey_plan;

/* Whether the operation waits for a commit. A carer's time is counted from now:
 * the time has to be known. */
static inline bool covey_wants_operation(const covey_device *d)
{
    bool needs_time = d->operation.operation == COVEY_OPERATION_ADD &&
                      d->operation.invite.role == COVEY_ROLE_CARER;

    return d->operation.step == COVEY_STEP_COMMIT &&
           (!needs_time || d->clock.now.utc_ms != 0);
}

/* COVEY_ERR_CAPACITY, COVEY_ERR_REFERENCE, COVEY_ERR_ROSTER. */
int covey_plan_make(covey_plan *plan, covey_device *d);

#endif
