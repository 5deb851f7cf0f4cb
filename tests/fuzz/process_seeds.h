/*
 * What fuzz_process needs of a sender, and its seeds: the honest messages of
 * the family, as they stand and taken apart.
 */
#ifndef COVEY_FUZZ_PROCESS_SEEDS_H
#define COVEY_FUZZ_PROCESS_SEEDS_H

#include "mls/group.h"

/* A PrivateMessage of whatever sender the SenderData names; its key is the
 * right one where there is one. Lives until test_free_all. */
covey_bytes process_seal_private(const covey_epoch *epoch, uint8_t type,
                                 covey_bytes sender_data,
                                 covey_bytes authenticated_data,
                                 covey_bytes plaintext);

/* A Welcome for the joiner. The input is opaque group_secrets<V>, then the
 * GroupInfo. Its tree hash is set right when it has a tree, and so are the
 * keys where the joiner_secret is readable. Lives until test_free_all. */
covey_bytes process_seal_welcome(const covey_mls_joiner *joiner,
                                 covey_bytes input);

/* Writes one file for each seed into an existing directory. */
void process_seeds_write(const char *directory);

#endif
