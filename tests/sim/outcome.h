/*
 * What a commit does, as the model sees it, and how everybody gets there.
 */
#ifndef COVEY_TEST_SIM_OUTCOME_H
#define COVEY_TEST_SIM_OUTCOME_H

#include "sim.h"

typedef struct {
    uint32_t committer;
    covey_bytes commit;
    covey_bytes welcome;
    const sim_plan *plan;
    covey_mls_staged_info_data info;
    covey_mls_change_info changes[COVEY_MLS_PROPOSALS_MAX];
    size_t candidates[COVEY_MLS_PROPOSALS_MAX]; /* of an ADD */
    covey_leaf_set removed;
    covey_leaf_set updated;
    size_t num_psks;
    uint8_t exported[32];
} sim_outcome;

/* Fills in the rest of it from the committer's pending commit. Views that the
 * pending commit and the proposals lend end with them. */
void sim_foresee(sim_world *world, sim_outcome *out);

/* Its own commit is gone: another one won, or it never left. */
void sim_lose(sim_world *world, uint32_t leaf);

/* Another member reads, stages, inspects and merges the commit. */
void sim_follow(sim_world *world, const sim_outcome *out, uint32_t leaf);

/* The newcomer of the change joins through the Welcome. */
void sim_join(sim_world *world, const sim_outcome *out, size_t change);

#endif
