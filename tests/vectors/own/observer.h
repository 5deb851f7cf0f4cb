/*
 * An epoch seen from outside of any device: what somebody needs to open all
 * that its mailbox holds, and opening it, member or not.
 */
#ifndef COVEY_OWN_OBSERVER_H
#define COVEY_OWN_OBSERVER_H

#include <covey/mls.h>

typedef struct {
    uint64_t epoch;
    covey_bytes group_context;
    covey_bytes ratchet_tree;
    covey_bytes sender_data_secret;
    covey_bytes encryption_secret;
    covey_bytes epoch_authenticator;
    covey_bytes init_secret;
    covey_bytes interim_transcript_hash;
} observer_epoch;

/* Of a group that has just entered the epoch, and has used no key of it. The
 * bytes live until test_free_all. */
void observer_note(observer_epoch *out, const covey_mls_group *group);

/* A group that is nobody's: it opens what members say. NULL when the epoch
 * cannot be. Lives until test_free_all. */
covey_mls_group *observer_group(const observer_epoch *epoch);

/* A proposal or a commit: the sender's leaf, and which it is (a
 * covey_mls_message_kind). What opening it answers. */
int observer_open_handshake(covey_mls_group *group, covey_bytes message,
                            uint32_t *sender, uint32_t *generation,
                            uint8_t *kind);

/* The identity at a leaf; empty: there is none. */
covey_bytes observer_identity(const covey_mls_group *group, uint32_t leaf);

#endif
