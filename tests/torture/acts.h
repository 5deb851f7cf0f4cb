/*
 * Every public call that can want for something, on a family of its own: what
 * it needs is given to it in a `call`, so that a test can give too little.
 */
#ifndef COVEY_TEST_ACTS_H
#define COVEY_TEST_ACTS_H

#include "family.h"

typedef struct {
    const covey_random *random;
    covey_buffer *scratch;
    covey_buffer *out;
    covey_buffer *welcome;
} act_call;

typedef struct {
    const char *name;
    size_t who;        /* the device whose objects it works on */
    bool takes_random; /* and how it can fail for want of it */
    bool takes_scratch;
    bool gives_out;
    bool gives_welcome;
    /* What must be there first: messages of others, for instance. */
    void (*prepare)(family *f);
    int (*run)(family *f, const act_call *call);
} act;

extern const act acts[];
extern const size_t num_acts;

/* A device's objects, byte for byte. */
typedef struct {
    uint8_t *group;
    uint8_t *staged;
    uint8_t *joiner;
} act_image;

act_image act_image_of(const family_device *device);
void act_image_restore(const act_image *image, family_device *device);
bool act_image_same(const act_image *image, const family_device *device);

#endif
