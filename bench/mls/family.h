/*
 * Groups to measure on. Devices stand in the order in which they were added,
 * which is the order of their leaves.
 */
#ifndef BENCH_FAMILY_H
#define BENCH_FAMILY_H

#include <covey/mls.h>

#include "base/bytes.h"
#include "base/limits.h"

typedef enum {
    FAMILY_FULL, /* every member has committed since it was added: no blank
                    parents, no unmerged leaves */
    FAMILY_FRESH /* the first has added all the others, nobody else has
                    committed: all parents beside its path are blank */
} family_shape;

typedef struct {
    covey_mls_group *group;
    covey_mls_staged *staged;
    covey_mls_joiner *joiner;
} family_device;

family_device family_device_new(void);
void family_device_free(family_device *device);
/* Makes all three empty. */
void family_device_wipe(family_device *device);

typedef struct {
    size_t num; /* members */
    family_device devices[COVEY_MLS_MEMBERS_MAX];
} family;

void family_make(family *f, size_t num, family_shape shape);
void family_free(family *f);

/* A KeyPackage of a device that joins as the one with this number. */
void family_key_package(family_device *device, size_t number,
                        covey_buffer *out);

/* Everything that is measured as one operation. Each exits on an error. */
void family_commit(family_device *device, const covey_bytes *key_package,
                   covey_buffer *commit, covey_buffer *welcome);
void family_process(family_device *device, covey_bytes commit);
void family_join(family_device *device, covey_bytes welcome);
void family_protect(family_device *device, covey_bytes data, covey_buffer *out);
void family_unprotect(family_device *device, covey_bytes message);
void family_save(family_device *device, covey_buffer *out);
void family_load(family_device *device, covey_bytes saved);

/* Zeroed, with the whole as capacity. */
covey_buffer family_buffer(size_t cap);
covey_bytes family_view(const covey_buffer *buffer);

#endif
