/*
 * From one epoch to the next: what committers, members and newcomers do
 * alike once the tree is right. RFC 9420 sections 8 and 12.4.
 */
#ifndef COVEY_MLS_ADVANCE_H
#define COVEY_MLS_ADVANCE_H

#include "mls/framing.h"
#include "mls/group.h"

/* The GroupContext, encoded into COVEY_MLS_GROUP_CONTEXT_MAX bytes. */
covey_bytes covey_context_encode(uint8_t *at,
                                 const covey_group_context *context);

/* What section 7.3 asks of the leaf that a committer's path brings, but for
 * its signature; it is in next's tree already. COVEY_ERR_PROFILE,
 * COVEY_ERR_LEAF, COVEY_ERR_EXTENSION. */
int covey_path_leaf_check(const covey_epoch *next, covey_leaf_index committer);

/* Sets the next epoch's confirmed transcript hash. `next` still holds the
 * present epoch's interim one. */
void covey_advance_transcript(covey_epoch *next, covey_bytes framed,
                              const uint8_t signature[COVEY_SIGNATURE_SIZE]);

/* The joiner's secrets of the next epoch: from the present init_secret,
 * which `next` still holds. group_context is the next one, encoded. */
void covey_advance_joiner(covey_joiner_secret *joiner, const covey_epoch *next,
                          const covey_commit_secret *commit_secret,
                          covey_bytes group_context);

/* Everything after it: `next` becomes a whole epoch; *tag is the
 * confirmation tag that its commit must bear. */
void covey_advance_secrets(covey_epoch *next, covey_digest *tag,
                           const covey_member_secret *member,
                           covey_bytes group_context);

/* Sets the interim transcript hash from the tag. */
void covey_advance_interim(covey_epoch *next, const covey_digest *tag);

/* welcome_key and welcome_nonce, section 12.4.3.1. */
void covey_welcome_key(covey_aead_key *key, const covey_welcome_secret *secret);

#endif
