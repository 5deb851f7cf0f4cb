/*
 * Entries of the epoch's mailbox, in their order: each member decides alike
 * which are accepted, which are skipped, and which ends the epoch.
 */
#ifndef COVEY_DEVICE_ENTRY_H
#define COVEY_DEVICE_ENTRY_H

#include "device/device.h"

/* Reads the inbox on until there is something to tell, or nothing is left. */
int covey_entries_read(covey_device *d, covey_event *event);

/* Reads a proposal or commit; see follow.c. `blob` was opened in place; it had
 * `len` bytes. *accepted: it counts for the chain. */
int covey_proposal_heard(covey_device *d, const covey_blob *blob, size_t len,
                         bool *accepted);
int covey_commit_heard(covey_device *d, const covey_blob *blob,
                       const covey_digest *hash);

/* One's own commit is in its place: its epoch begins. */
int covey_commit_won(covey_device *d);

/* An authentic entry's claim: false when its sender sees another log, and this
 * device has stopped. */
bool covey_claim_heard(covey_device *d, const covey_seen_claim *claim,
                       const covey_member_id *by);

/* Opens a blob of this epoch into `out`. */
int covey_entry_open(covey_device *d, covey_blob *blob, covey_bytes bytes,
                     covey_buffer out);

/* Opens what came by an invite's mailbox, in place. */
int covey_entry_open_invite(covey_device *d, covey_bytes *message,
                            const covey_invite *invite, covey_invite_way way,
                            covey_bytes blob);

/* Own proposals that the log has not brought back: refs of the caller. */
covey_rules_unmet covey_unmet(const covey_device *d,
                              covey_mls_ref refs[COVEY_OUTBOX_ENTRIES]);

#endif
