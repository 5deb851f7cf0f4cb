/*
 * The making of a commit: what lives through it, and its parts.
 */
#ifndef COVEY_MLS_COMMIT_WORK_H
#define COVEY_MLS_COMMIT_WORK_H

#include "mls/advance.h"
#include "mls/treekem.h"

typedef struct {
    const covey_mls_commit_options *options;
    const covey_mls_framing *framing;
    const covey_random *random;
    covey_proposal_list list;
    covey_leaf_set added;
    covey_path_secrets path;
    covey_sign_key sign_key; /* of the next epoch */
    covey_commit_secret commit_secret;
    covey_psk_secret psk_secret;
    covey_joiner_secret joiner;
    covey_digest tag;
} covey_commit_work;

/* Writes the Commit's proposals where they go; then reads the list from
 * there, as every other member will. `next` is a copy of the group's epoch;
 * lists are tried on it. COVEY_ERR_REFERENCE, COVEY_ERR_PROFILE,
 * COVEY_ERR_BUFFER, and what covey_change_write answers. */
int covey_commit_write_list(covey_writer *w, covey_commit_work *work,
                            const covey_mls_group *group, covey_epoch *next);

/* Whether there is an Add in the list. */
bool covey_commit_adds(const covey_proposal_list *list);

/* Writes the Welcome of those that the list adds. context is the new
 * GroupContext, encoded. COVEY_ERR_BUFFER, COVEY_ERR_RANDOM. */
int covey_commit_write_welcome(covey_buffer *out, const covey_commit_work *work,
                               const covey_epoch *next, bool with_path,
                               const covey_member_secret *member,
                               covey_bytes context, covey_scratch *scratch);

#endif
