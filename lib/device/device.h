/*
 * The engine: one membership in a circle. <covey/device.h> says what it does;
 * the files of this room each do one part of it on this object.
 *
 * What is saved lies in records, one for each part, and a bit says which have
 * changed. Everything else is made anew when the device is opened: after a
 * save that failed it is, so that memory never runs ahead of what is stored.
 */
#ifndef COVEY_DEVICE_DEVICE_H
#define COVEY_DEVICE_DEVICE_H

#include <covey/device.h>
#include <covey/mls.h>

#include "base/scratch.h"
#include "circle/invite.h"
#include "circle/rules.h"
#include "device/book.h"
#include "device/clock.h"
#include "device/log.h"
#include "device/notes.h"
#include "device/outbox.h"
#include "device/peers.h"
#include "device/tasks.h"
#include "relay/sync.h"
#include "store/change.h"

/* Slots of the store. */
enum {
    COVEY_SLOT_SELF = 1,
    COVEY_SLOT_GROUP = 2,
    COVEY_SLOT_LOG = 3,
    COVEY_SLOT_OUTBOX = 4,
    COVEY_SLOT_PEERS = 5,
    COVEY_SLOT_TASKS = 6,
    COVEY_SLOT_BOOK = 7,
    COVEY_SLOT_PAIRING = 8,
    COVEY_SLOT_OPERATION = 9,
    COVEY_SLOT_DOCUMENTS = 10, /* and the kinds after it: 10 to 15 */
    COVEY_SLOT_PROPOSALS = 16
};
#define COVEY_NUM_DOCUMENTS 6
#define COVEY_DIRTY(slot) (1u << (slot))

/* ---- saved: what the device says of itself ---- */

typedef struct {
    uint64_t id;
    bool is_on;
    uint8_t state; /* covey_sos_state */
    uint32_t repeat;
    uint64_t began;
    uint64_t next; /* of the count: when it is said again */
    bool has_fix;
    covey_fix fix;
} covey_sos_call;

typedef struct {
    uint8_t state; /* covey_device_state */
    uint8_t role;
    covey_member_id id;
    char relay[COVEY_RELAY_SIZE];
    uint64_t counter; /* of the last payload */
    uint8_t reserved; /* at most so many more were sent after the save */
    uint32_t incarnation;
    int64_t paused_until_ms;
    uint64_t pause_ends;   /* of the count */
    uint64_t update_taken; /* of the count: own keys became fresh then */
    uint64_t update_epoch; /* an Update was proposed in it; +1 */
    /* Of each kind, by number: the version that is in force. */
    uint32_t in_force[COVEY_NUM_DOCUMENTS + 1];
    uint32_t held[COVEY_NUM_DOCUMENTS + 1]; /* that this device has */
    uint32_t interval_s; /* of reporting, that is in force; 0: none */
    uint32_t reserve_percent;
    covey_sos_call sos;
} covey_self;

/* ---- saved: joining, on the side of the newcomer ---- */

typedef struct {
    bool is_on;
    covey_invite invite;
    uint64_t ends; /* of the count */
    uint64_t after;
} covey_pairing;

/* ---- saved: what a guardian has asked for ---- */

typedef enum {
    COVEY_STEP_NONE = 0,
    COVEY_STEP_KEY_PACKAGE = 1, /* waits for the newcomer's */
    COVEY_STEP_COMMIT = 2,      /* a commit is to be made */
    COVEY_STEP_WELCOME = 3,     /* to be in the invite's mailbox */
    COVEY_STEP_JOINED = 4,      /* waits for the newcomer's word */
    COVEY_STEP_DIGITS = 5,      /* waits for the user */
    COVEY_STEP_PROPOSED = 6     /* a proposal is on its way */
} covey_step;

#define COVEY_KEY_PACKAGE_ROOM 768

typedef struct {
    uint8_t operation; /* covey_operation */
    uint8_t step;
    bool is_own_person;
    uint8_t tries;
    uint8_t document; /* kind */
    covey_member_id member;
    covey_invite invite;
    uint64_t invite_after;
    uint64_t ends; /* of the count */
    char digits[COVEY_DIGITS_SIZE];
} covey_pending;

/* ---- only in devices that commit ---- */

typedef struct {
    covey_digest ref_hash; /* of the blob */
    covey_mls_ref ref;
    uint16_t len;
    uint8_t bytes[COVEY_PROPOSAL_BLOB_MAX];
} covey_kept_proposal;

typedef struct {
    /* One's own commit, until it is known to have won or lost. */
    uint16_t commit_len; /* 0: none */
    bool is_placed;      /* the relay has answered with its index */
    uint64_t index;
    uint32_t seen_count; /* that it claims */
    covey_digest hash;
    uint8_t commit[COVEY_BLOB_EPOCH_MAX];
    uint16_t welcome_len; /* sealed */
    uint8_t welcome[COVEY_BLOB_MAX];
    /* Verbatim, of this epoch: a commit carries them. */
    uint8_t num_proposals;
    covey_kept_proposal proposals[COVEY_MLS_PROPOSALS_MAX];
    /* The newcomer's, while it is added. */
    uint16_t key_package_len;
    uint8_t key_package[COVEY_KEY_PACKAGE_ROOM];
    /* The document that is being given to the circle, as a payload. */
    uint16_t document_len;
    uint8_t document[COVEY_PAYLOAD_MAX];
} covey_committer;

/* ---- not saved: requests ---- */

typedef enum {
    COVEY_CHANNEL_EPOCH = 0,
    COVEY_CHANNEL_INVITE = 1,
    COVEY_NUM_CHANNELS = 2
} covey_channel_kind;

typedef struct {
    bool is_out;
    uint32_t id;  /* of the request that is out */
    uint64_t due; /* of the count */
    uint32_t failures;
    uint32_t max_blob; /* that is asked for next */
    uint64_t woken;    /* of the count: last wake that counted */
    /* Of the request that is out. */
    size_t num_appends;
    uint8_t places[COVEY_SYNC_APPENDS_MAX]; /* of the outbox */
    bool has_commit; /* or Welcome: not from the outbox */
    bool has_expect_next;
    uint64_t expect_next;
    uint64_t after;
    uint32_t max_bytes;
    uint32_t asked_blob;
} covey_channel;

typedef struct {
    covey_sync_response response;
    bool is_full; /* there may be more than it has */
    size_t next;  /* entry to be looked at */
    bool is_there;
    uint8_t channel;
} covey_inbox;

/* A watch runs only what was asked for after its start. */
typedef enum {
    COVEY_BOOT_DONE = 0, /* in the log, or not needed */
    COVEY_BOOT_NEEDED = 1,
    COVEY_BOOT_SAID = 2 /* in the outbox */
} covey_boot_state;

struct covey_device {
    bool is_open;
    bool is_stale; /* memory is not what is stored: load first */
    bool can_commit;
    covey_device_config config;
    covey_random random;
    covey_store store;
    covey_clock clock;
    uint32_t dirty;
    /* The reserve: what plain fixes change may wait for the next save. */
    bool is_light;          /* of such kind is what changes now */
    bool must_save;         /* something else has changed */
    uint64_t saved_counter; /* as they were saved last */
    uint32_t saved_own;
    uint32_t battery;

    covey_self self;
    covey_roster roster;
    covey_notes notes;
    covey_peers peers;
    covey_tasks tasks;
    covey_book book;
    covey_log log;
    covey_outbox outbox;
    covey_pairing pairing;
    covey_pending operation;

    /* Since it was opened. */
    bool is_at_head;       /* the log was read to its end */
    bool is_behind;        /* which is not that of the relay: a gap, as yet */
    uint8_t boot;          /* covey_boot_state */
    uint64_t boot_counter; /* of this run's boot; 0: not said */
    bool is_told;          /* an event is out that was not taken */
    uint8_t relay_state;
    uint32_t last_request;
    uint64_t commit_after; /* of the count: not before */
    covey_channel channels[COVEY_NUM_CHANNELS];
    covey_payload heard; /* of the event that is out */
    covey_inbox inbox;
    uint8_t *inbox_bytes; /* COVEY_INBOX_BYTES, right before the work memory */

    covey_mls_group *group;
    covey_mls_staged *staged; /* one's own commit; NULL: never commits */
    covey_mls_joiner *joiner;
    covey_committer *committer; /* NULL: never commits */
    covey_scratch work;         /* see work.h */
};

/* ---- what files of this room ask of each other ---- */

/* Before anything else in a call: takes the time, and loads again what was
 * dropped. COVEY_ERR_STATE: closed. */
int covey_device_ready(covey_device *d, covey_now now);

/* Saves what has changed. When it fails, memory is loaded anew before it is
 * used again. Uses all of the work memory. */
int covey_device_save(covey_device *d);

/* The same, with a document's payload in a slot; it may lie at the end of the
 * work memory. */
int covey_device_save_document(covey_device *d, uint32_t slot,
                               covey_bytes payload);

/* Ends a call of the host that has changed something: saves it, unless it
 * failed. Whoever fails goes back to what is stored, at once if that can be
 * read. */
int covey_device_end(covey_device *d, int err);

static inline void covey_touch(covey_device *d, uint32_t slot)
{
    d->dirty |= COVEY_DIRTY(slot);
    if (!d->is_light) d->must_save = true;
}

static inline bool covey_is_wearer(const covey_device *d)
{
    return d->self.role == COVEY_ROLE_WEARER;
}

static inline bool covey_is_guardian(const covey_device *d)
{
    return d->self.role == COVEY_ROLE_GUARDIAN && d->can_commit;
}

static inline uint64_t covey_count(const covey_device *d)
{
    return d->clock.count_ms;
}

/* An event for later. */
void covey_note_add(covey_device *d, covey_event_kind kind,
                    const covey_member_id *member, const covey_member_id *by);
void covey_note_error(covey_device *d, covey_event_kind kind,
                      const covey_member_id *by, covey_operation operation,
                      int error);

/* Stops: forked, locked out, rolled back, ended. */
void covey_device_stop(covey_device *d, covey_device_state state,
                       covey_event_kind kind, const covey_member_id *by,
                       int error);

#endif
