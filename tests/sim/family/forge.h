/*
 * Application messages as a member makes them who keeps to no rule. Apart
 * from insider.c, as lib/mls and lib/content each have a covey_content.
 */
#ifndef COVEY_SIM_FORGE_H
#define COVEY_SIM_FORGE_H

#include <covey/mls.h>

typedef struct {
    uint32_t as_leaf; /* whose name and key it uses; COVEY_MLS_NO_LEAF: own */
    bool is_unsigned; /* its signature is none */
} sim_forgery;

/* Bytes of the MLSMessage; 0: not possible. */
size_t sim_forge(covey_mls_group *group, const covey_random *random,
                 const sim_forgery *how, covey_bytes data,
                 covey_buffer *scratch, covey_buffer *out);

#endif
