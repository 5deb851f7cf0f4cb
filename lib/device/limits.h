/*
 * What one device holds at most, with its reasons. None of it decides about
 * the validity of what others say: builds may differ.
 */
#ifndef COVEY_DEVICE_LIMITS_H
#define COVEY_DEVICE_LIMITS_H

#include "base/limits.h"
#include "circle/roster.h"

/* Payloads and proposals that wait in the outbox, and their bytes, each with
 * its sealed blob beside it. A watch sends fixes of 256 bytes; a phone also
 * texts of 4 kB and policy documents. */
#ifndef COVEY_OUTBOX_ENTRIES
#define COVEY_OUTBOX_ENTRIES 32
#endif
#ifndef COVEY_OUTBOX_BYTES
#define COVEY_OUTBOX_BYTES 49152
#endif

/* What only the engine may fill: receipts, the access log, an SOS. */
#define COVEY_OUTBOX_SPARE_ENTRIES (COVEY_OUTBOX_ENTRIES / 3)
#define COVEY_OUTBOX_SPARE_BYTES (COVEY_OUTBOX_BYTES / 4)

/* Of that, what only an SOS may fill: others can make the engine say much. A
 * payload of 144 bytes and its blob. */
#define COVEY_OUTBOX_LAST_ENTRIES 1
#define COVEY_OUTBOX_LAST_BYTES (144 + COVEY_BLOB_MIN)

/* Memory for one answer of the relay, decoded. */
#ifndef COVEY_INBOX_BYTES
#define COVEY_INBOX_BYTES 65536
#endif

/* What is asked for at once, the same on all machines: half of the memory that
 * keeps it, and no more than 16 kB, which is half of what decodes it. */
#define COVEY_ANSWER_BYTES                                                     \
    (COVEY_INBOX_BYTES / 2 < 16384 ? COVEY_INBOX_BYTES / 2 : 16384)

/* Entries up to this size come at once; larger ones one at a time. */
#ifndef COVEY_INBOX_BLOB
#define COVEY_INBOX_BLOB 8192
#endif

/* The largest of an invite's mailbox that has room there: a Welcome to a circle
 * of 8 takes 4,096 bytes, to one of 16 it may take 8,192. */
#if COVEY_INBOX_BYTES < 2 * COVEY_BLOB_MAX
#define COVEY_INBOX_INVITE COVEY_BLOB_EPOCH_MAX
#else
#define COVEY_INBOX_INVITE COVEY_BLOB_MAX
#endif

/* A request: its blobs, and 1,280 bytes for the rest. */
#ifndef COVEY_REQUEST_BYTES
#define COVEY_REQUEST_BYTES 36864
#endif

/* Events that wait to be taken; more are dropped, oldest first. A commit
 * changes at most 16 members. */
#ifndef COVEY_NOTES_MAX
#define COVEY_NOTES_MAX 32
#endif

/* Commands and notices that wait for the host. */
#ifndef COVEY_TASKS_MAX
#define COVEY_TASKS_MAX 8
#endif

/* Entries of the access log that are kept to be shown. */
#ifndef COVEY_ACCESS_KEPT
#define COVEY_ACCESS_KEPT 32
#endif

/* Entries of one's own of which the time is known: by them a claim of what
 * was seen proves how old it is at most. */
#define COVEY_OWN_MARKS 8

/* Mailboxes of past epochs whose keys are kept. */
#define COVEY_OLD_MAILBOXES 4

/* Commits of one's own for the last mailboxes, together. */
#define COVEY_REPOST_BYTES COVEY_BLOB_EPOCH_MAX

/* A proposal's blob, alike: whoever commits has to carry up to eight of them
 * in a blob of 8,192 bytes. An Update takes 512, a Remove 256. */
#define COVEY_PROPOSAL_BLOB_MAX 512

/* Proposals of one's own that the log has not brought back yet. With the 12 that
 * may stand and one that comes they fill the cache of 16: one more, and another
 * would have to go, which all others have. */
#define COVEY_PROPOSALS_UNMET_MAX 3

/* What one member may ask of the watch in an hour: locating costs battery. */
#define COVEY_LOCATES_PER_HOUR 20
#define COVEY_COMMANDS_PER_HOUR 60

/* The steps that a phone follows a sender's ratchet; a watch keeps the
 * default, 1,024. A sender that is a guardian begins a new epoch before that,
 * and any guardian before the watch itself reaches a phone's bound. */
#define COVEY_PHONE_FORWARD_MAX 65536
#define COVEY_GUARDIAN_SENDS_MAX 900
#define COVEY_WEARER_SENDS_MAX 60000

/* So often in a row, with nothing new in between, a log is read from its
 * beginning at once; then it has to wait, COVEY_ANEW_EVERY. */
#define COVEY_ANEW_MAX 3

/* ---- times, in ms ---- */

#define COVEY_SECOND 1000u
#define COVEY_MINUTE (60u * COVEY_SECOND)
#define COVEY_HOUR (60u * COVEY_MINUTE)
#define COVEY_DAY (24u * COVEY_HOUR)

#define COVEY_POLL_DEFAULT COVEY_MINUTE
#define COVEY_WAKE_EVERY (10u * COVEY_SECOND)
#define COVEY_ANEW_EVERY (10u * COVEY_SECOND)
#define COVEY_BACKOFF_FIRST (2u * COVEY_SECOND)
#define COVEY_BACKOFF_MAX (5u * COVEY_MINUTE)
#define COVEY_SOS_EVERY (30u * COVEY_SECOND)
#define COVEY_SOS_FOR COVEY_HOUR
#define COVEY_SOS_POLL (10u * COVEY_SECOND)
#define COVEY_NOTICE_FOR (2u * COVEY_MINUTE)
#define COVEY_REFRESH_EVERY COVEY_DAY
#define COVEY_UPDATE_EVERY (20u * COVEY_HOUR)
#define COVEY_ACCEPT_FOR (10u * COVEY_MINUTE)
#define COVEY_INVITE_POLL (2u * COVEY_SECOND)
#define COVEY_POLICY_FOR ((uint64_t)7 * COVEY_DAY)
#define COVEY_ALONE_FOR (10u * COVEY_MINUTE)
#define COVEY_CLOCK_SKEW (2u * COVEY_MINUTE)

#endif
