/*
 * What one member knows in one epoch: the public state that all agree on,
 * and its own secrets. A commit makes the next one beside it.
 */
#ifndef COVEY_MLS_EPOCH_H
#define COVEY_MLS_EPOCH_H

#include "mls/group_context.h"
#include "mls/secret_tree.h"
#include "mls/tree_keys.h"

typedef struct {
    covey_group_context context;
    covey_digest interim_transcript_hash;
    covey_tree tree;

    covey_tree_keys keys;
    covey_sign_key sign_key;
    covey_sender_data_secret sender_data_secret;
    covey_membership_key membership_key;
    bool exporter_present; /* until the host has it forgotten */
    covey_exporter_secret exporter_secret;
    covey_epoch_authenticator epoch_authenticator;
    covey_init_secret init_secret;
    covey_secret_tree secret_tree;
} covey_epoch;

/* Keeps what an epoch needs of its schedule and begins its secret tree. */
void covey_epoch_take_schedule(covey_epoch *epoch,
                               const covey_schedule *schedule);

#endif
