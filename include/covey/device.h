/*
 * A device in a circle: a child's watch, or a guardian's phone. It takes bytes
 * and the time, and hands out bytes, events and the next deadline; it opens no
 * socket, file or thread, reads no clock and allocates nothing. SPEC.md
 * chapter 6.
 *
 * One object is one membership: a phone that belongs to several circles has
 * several, each with records of its own at the host. The object lives in
 * memory that the host gives, and is used by one thread at a time.
 *
 * The order of calls:
 *
 *   covey_device_at, covey_device_open       once, at the start
 *   loop:
 *     covey_device_next_event                until there is none
 *     covey_device_next_request              until there is none; each goes to
 *       the relay, and its answer to covey_device_input, or that there was
 *       none to covey_device_failed
 *     wait for an answer, the deadline, or the user
 *   covey_device_keep, covey_device_close    at the end
 *
 * Nothing leaves before it is saved. A call that fails because saving failed
 * has changed nothing: the object goes back to what is stored, and may be used
 * on. An event counts as taken with the next call on the device; before that, it
 * comes again after a restart, and so may a few that were taken last: a host
 * that stores what it is told does it under the payload's id. Commands are the
 * exception: they come once, ever.
 *
 * The members are those whom the group has authenticated: no name, number or
 * address of a network stands for one of them anywhere.
 */
#ifndef COVEY_DEVICE_H
#define COVEY_DEVICE_H

#include <covey/circle.h>
#include <covey/content.h>
#include <covey/error.h>
#include <covey/export.h>
#include <covey/port.h>
#include <covey/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COVEY_URI_SIZE 209      /* an invite's, and the end */
#define COVEY_RELAY_SIZE 65     /* a relay's name, and the end */
#define COVEY_DEVICE_MEMBERS 16 /* of a circle, at most */
#define COVEY_DEVICE_REQUESTS 2 /* on their way at once, at most */
#define COVEY_DIGITS_TRIES 3    /* for typing the six digits */
#define COVEY_DEVICE_RESERVE 8  /* of plain fixes */
#define COVEY_NO_DEADLINE UINT64_MAX
#define COVEY_ENDPOINT_MAX 512                     /* bytes */
#define COVEY_ENDPOINT_EXPIRY_MAX_S (14u * 86400u) /* two weeks */

/* A device, as it is in memory. */
typedef struct covey_device covey_device;

/* What time it is. */
typedef struct {
    int64_t utc_ms;   /* since 1970 UTC; 0: not known */
    uint64_t mono_ms; /* since the host started, asleep or awake, the same in
                       * all its programs: only grows */
} covey_now;

/* How a device runs; the same records may be opened otherwise another time. */
typedef struct {
    const covey_port *port;  /* outlives the device */
    const uint8_t *host_key; /* COVEY_STORE_HOST_KEY_SIZE bytes, copied */
    /* Reads its mailbox at least so often; a watch takes its reporting
     * interval. 0: 60,000. Sending reads as well. */
    uint32_t poll_ms;
    /* How long a relay may hold a request that has nothing to answer; 0: not
     * at all. At most 300,000. */
    uint32_t wait_ms;
    /* A member that is expected to speak and has not for so long is reported
     * as silent; 0: three times the reporting interval that is in force, or
     * never where there is none. */
    uint32_t silence_ms;
    /* Spares the flash: up to so many plain fixes leave without a save of their
     * own, at most COVEY_DEVICE_RESERVE, and as many as the build keeps keys of
     * skipped messages (COVEY_MLS_SKIPPED_MAX); 0: none. When power fails, fixes that
     * had not left are lost, and so many numbers are passed over. Everything
     * else is saved as ever. */
    uint32_t reserve;
} covey_device_config;

/* Where a device stands. */
typedef enum {
    COVEY_DEVICE_EMPTY = 0,    /* of no circle */
    COVEY_DEVICE_INVITING = 1, /* shows an invite */
    COVEY_DEVICE_JOINED = 2,   /* inert, until it is confirmed on the device */
    COVEY_DEVICE_MEMBER = 3,
    /* It stopped, and a human must look. What it has is kept. */
    COVEY_DEVICE_FORKED = 4,      /* others see another log */
    COVEY_DEVICE_LOCKED_OUT = 5,  /* a commit that it cannot follow */
    COVEY_DEVICE_ROLLED_BACK = 6, /* an older state of its own came back */
    COVEY_DEVICE_ENDED = 7        /* removed, or left */
} covey_device_state;

/* A member as the roster has it, and as this device knows it. */
typedef struct {
    covey_member_id id;
    covey_role role;
    uint8_t person; /* 0: the wearer; one person may have several phones */
    bool votes;     /* counts where two persons must agree */
    bool is_self;
    bool is_confirmed; /* it spoke in this epoch: it has applied it */
    int64_t heard_ms;  /* ms since it was heard last; -1: never */
} covey_member;

/* What a guardian has asked for; one at a time. */
typedef enum {
    COVEY_OPERATION_NONE = 0,
    COVEY_OPERATION_ADD = 1,
    COVEY_OPERATION_REMOVE = 2,
    COVEY_OPERATION_POLICY = 3,
    COVEY_OPERATION_REFRESH = 4,
    COVEY_OPERATION_LEAVE = 5,
    COVEY_OPERATION_MOVE = 6
} covey_operation;

/* How far the time of what was said can be believed. */
typedef enum {
    COVEY_TRUST_UNKNOWN = 0, /* no time, or clocks that do not agree */
    COVEY_TRUST_FRESH = 1,   /* measured less than COVEY_FRESH_MS ago */
    COVEY_TRUST_STALE = 2
} covey_trust;

#define COVEY_FRESH_MS 180000 /* three minutes */

typedef enum {
    COVEY_EVENT_NONE = 0,
    /* ---- from members ---- */
    COVEY_EVENT_PAYLOAD = 1, /* payload: a member said something */
    COVEY_EVENT_SENT = 2,    /* sent: all members read it from now on */
    COVEY_EVENT_MISSING = 3, /* missing: a member's payloads did not come */
    COVEY_EVENT_SILENT = 4,  /* member: not heard for too long */
    COVEY_EVENT_HEARD = 5,   /* member: heard again */
    /* ---- the wearer's watch ---- */
    COVEY_EVENT_NOTICE = 6,  /* notice: show it, then notice_shown */
    COVEY_EVENT_COMMAND = 7, /* command: run it, then command_done */
    COVEY_EVENT_POLICY = 8,  /* document: in force from now on */
    /* ---- the circle ---- */
    COVEY_EVENT_ADDED = 9,    /* member, by: another member */
    COVEY_EVENT_REMOVED = 10, /* member, by: a member is gone */
    COVEY_EVENT_EPOCH = 11,   /* by: fresh keys; after what it changed */
    COVEY_EVENT_REMOVAL_PROPOSED = 12, /* member, by: remove agrees */
    COVEY_EVENT_CURRENT = 13,          /* member: has applied this epoch */
    /* ---- joining ---- */
    COVEY_EVENT_SHOW_DIGITS = 14,  /* digits: joined; show them, then confirm */
    COVEY_EVENT_ENTER_DIGITS = 15, /* member: ask for what it shows */
    COVEY_EVENT_INVITE_ENDED = 16, /* failed.error: without a circle */
    /* ---- operations ---- */
    COVEY_EVENT_DONE = 17,   /* done */
    COVEY_EVENT_FAILED = 18, /* failed: and why */
    /* ---- what is wrong ---- */
    COVEY_EVENT_FORKED = 19,      /* by: who sees another log */
    COVEY_EVENT_LOCKED_OUT = 20,  /* by: whose commit; failed.error */
    COVEY_EVENT_ROLLED_BACK = 21, /* an older state of one's own came back */
    COVEY_EVENT_ENDED = 22,       /* by: who removed this device; or itself */
    COVEY_EVENT_RELAY = 23,       /* relay: what is wrong with it */
    COVEY_EVENT_TORN = 24,        /* by: has read what is not here */
    COVEY_EVENT_MOVED = 25 /* by: the circle meets at another relay now */
} covey_event_kind;

typedef enum {
    COVEY_RELAY_WELL = 0,    /* it serves again */
    COVEY_RELAY_FULL = 1,    /* the mailbox is full: nothing can be sent */
    COVEY_RELAY_REFUSES = 2, /* it does not serve this mailbox, or is busy */
    COVEY_RELAY_WRONG = 3,   /* its answers are not those of a relay */
    COVEY_RELAY_AWAY = 4,    /* no answer */
    /* It has lost all that it had: what some had not read is missing. */
    COVEY_RELAY_LOST = 5
} covey_relay_state;

/* Somebody's word, authenticated, and within what its role may say. */
typedef struct {
    covey_member_id sender;
    covey_role role;
    const covey_payload *payload;
    /* Of a location with fixes: of the last fix; else of the payload. */
    covey_trust trust;
    int64_t age_ms; /* -1 when trust is COVEY_TRUST_UNKNOWN */
    /* Of an access log: it does not continue what this device has. */
    bool is_broken;
} covey_said;

typedef struct {
    covey_event_kind kind;
    covey_member_id member;
    covey_member_id by;
    union {
        covey_said said;                /* PAYLOAD */
        covey_payload_id sent;          /* SENT */
        uint64_t missing;               /* MISSING: how many */
        covey_operation done;           /* DONE */
        covey_relay_state relay;        /* RELAY */
        const covey_document *document; /* POLICY */
        struct {
            uint32_t token; /* names it in covey_device_notice_shown */
            covey_notice what;
        } notice; /* NOTICE */
        struct {
            covey_reference id;
            covey_command what;
        } command; /* COMMAND */
        struct {
            covey_operation operation;  /* FAILED */
            int error;                  /* a covey_error */
        } failed;                       /* FAILED, LOCKED_OUT, INVITE_ENDED */
        char digits[COVEY_DIGITS_SIZE]; /* SHOW_DIGITS */
    } of;
} covey_event;

/* A request to the relay. */
typedef struct {
    uint32_t id; /* goes back with the answer */
    char relay[COVEY_RELAY_SIZE];
    covey_bytes body;  /* of the POST; empty: there is no request */
    uint32_t wait_ms;  /* how long the relay may hold it */
    size_t answer_max; /* an answer is no longer */
} covey_request;

/* ---- memory, beginning and end ---- */

/**
 * Bytes of memory for a device, aligned as for uint64_t.
 *
 * @param commits  Whether it can make commits: guardians' phones do, a watch
 *                 never does and takes less.
 *
 * @return The bytes.
 */
COVEY_API size_t covey_device_size(bool commits);

/** Bytes of the longest request. */
COVEY_API size_t covey_device_request_size(void);

/** COVEY_URI_SIZE. */
COVEY_API size_t covey_uri_size(void);
/** COVEY_RELAY_SIZE. */
COVEY_API size_t covey_relay_size(void);

/**
 * Makes a closed device in the host's memory.
 *
 * @param memory  The host's, aligned as for uint64_t; outlives the device.
 * @param len     At least covey_device_size(false); from
 *                covey_device_size(true) on the device can make commits.
 *
 * @return The device, or NULL when the memory is too small or misaligned.
 */
COVEY_API covey_device *covey_device_at(void *memory, size_t len);

/**
 * Opens what the host has stored, which may be nothing yet.
 *
 * A watch that was a member says `boot` first, and tells the issuers of
 * commands that were under way that it does not know whether they ran.
 *
 * @param device  Closed, or open: then it begins anew with what is stored.
 * @param config  Copied, but for the port.
 * @param now     The time.
 *
 * @retval COVEY_OK             Open. See covey_device_state_of.
 * @retval COVEY_ERR_ARGUMENT   The configuration is outside its range.
 * @retval COVEY_ERR_AUTH       Another host key, or what is stored is altered.
 * @retval COVEY_ERR_MALFORMED  Stored by another version.
 * @retval COVEY_ERR_CAPACITY   Stored by a build with larger limits, or by a
 *                              device that can commit.
 * @retval COVEY_ERR_ROLLBACK   The hardware's counter says that an older state
 *                              was put back.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT
 *                              A hook failed: try again.
 */
COVEY_API COVEY_MUST_CHECK int
covey_device_open(covey_device *device, const covey_device_config *config,
                  covey_now now);

/**
 * Stores what was read since the last request: each request does so before it
 * leaves, and between two of them the stored keys are those of before. For a
 * host that ends, or rests for long: whoever takes the records then reads
 * nothing that was read, and nothing is read again.
 *
 * The event that was told last counts as taken.
 *
 * @param device  Open.
 * @param now     The time.
 *
 * @retval COVEY_OK         Stored, or there was nothing to store.
 * @retval COVEY_ERR_STATE  The device is closed.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT
 *                          Not stored: it is as after the last request.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_keep(covey_device *device,
                                                 covey_now now);

/**
 * Wipes the memory. What is stored stays.
 *
 * @param device  Any.
 */
COVEY_API void covey_device_close(covey_device *device);

/**
 * Erases everything that is stored: keys, messages, the circle. A physical act
 * on the watch, or the user's on a phone. Members are not told by this: leave
 * first, where there is a relay to tell them over.
 *
 * @param device  Open. EMPTY afterwards.
 *
 * @retval COVEY_OK            Erased: nobody can read it any more.
 * @retval COVEY_ERR_PORT, COVEY_ERR_CONFLICT, COVEY_ERR_RANDOM
 *                             Not erased: call again.
 * @retval COVEY_ERR_STATE     The device is closed.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_wipe(covey_device *device);

/** Where the device stands; EMPTY when it is closed. */
COVEY_API covey_device_state covey_device_state_of(const covey_device *device);

/**
 * When there is something to do although nothing came, in ms of the host's
 * monotonic clock: ask for requests and events then.
 *
 * @param device  Any.
 *
 * @return The time, in the past when it is due; COVEY_NO_DEADLINE: never.
 */
COVEY_API uint64_t covey_device_deadline(const covey_device *device);

/* ---- the loop ---- */

/**
 * The next thing that happened.
 *
 * @param      device  Open.
 * @param      now     The time.
 * @param[out] event   COVEY_EVENT_NONE: nothing. Views in it are valid until
 *                     the next call on the device.
 *
 * @retval COVEY_OK         Done.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT
 *                          A hook failed: call again. What was read and not
 *                          yet saved will be read again.
 * @retval COVEY_ERR_STATE  The device is closed.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_next_event(covey_device *device,
                                                       covey_now now,
                                                       covey_event *event);

/**
 * The next request that is due. Each mailbox has at most one on its way.
 *
 * @param         device   Open.
 * @param         now      The time.
 * @param[in,out] out      covey_device_request_size() bytes; holds the body.
 * @param[out]    request  Its body is empty when nothing is due.
 *
 * @retval COVEY_OK          Saved: send it.
 * @retval COVEY_ERR_BUFFER  `out` is too small.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT
 *                           A hook failed: call again. Nothing may be sent.
 * @retval COVEY_ERR_STATE   The device is closed.
 */
COVEY_API COVEY_MUST_CHECK int
covey_device_next_request(covey_device *device, covey_now now,
                          covey_buffer *out, covey_request *request);

/**
 * Memory inside the device, for a host that has little of its own: for a
 * request to be made in, and for its answer to be received in once all of the
 * request has left. It takes both at their longest. For one request at a time:
 * from covey_device_next_request to covey_device_input or covey_device_failed.
 *
 * @param device  Open, with no event left to be taken.
 *
 * @return The memory; empty when there are events, or the device is closed.
 */
COVEY_API covey_buffer covey_device_room(covey_device *device);

/**
 * Takes a relay's answer. Whatever its bytes are, they can do no more than
 * delay; ask for events then.
 *
 * @param device  Open.
 * @param now     The time.
 * @param id      Of the request.
 * @param answer  Copied; it may lie in covey_device_room.
 *
 * @retval COVEY_OK             Taken; also when it came too late.
 * @retval COVEY_ERR_MALFORMED  Not an answer to this request. It counts as
 *                              failed.
 * @retval COVEY_ERR_STATE      The device is closed.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_input(covey_device *device,
                                                  covey_now now, uint32_t id,
                                                  covey_bytes answer);

/**
 * Says that a request had no answer. It is made again after a while that grows
 * with each failure, up to five minutes.
 *
 * @param device  Open.
 * @param now     The time.
 * @param id      Of the request.
 */
COVEY_API void covey_device_failed(covey_device *device, covey_now now,
                                   uint32_t id);

/**
 * Whether a request that waits at the relay should be given up for another:
 * there is something to send. Then say that it failed; that costs nothing.
 *
 * @param device  Open.
 * @param id      Of the request that waits.
 *
 * @retval true   Give it up.
 * @retval false  Let it wait; also when there is no such request.
 */
COVEY_API bool covey_device_interrupts(const covey_device *device, uint32_t id);

/**
 * Whether this device has read its mailbox to the end since it was opened, and
 * has nothing to send: a program that only looks can end now.
 *
 * @param device  Any.
 *
 * @retval true   As far as the relay says, there is no more.
 * @retval false  Go on with the loop; or the device is of no circle.
 */
COVEY_API bool covey_device_is_current(const covey_device *device);

/**
 * Says that something may wait at the relay: a push, or a contentless text
 * message. Whatever it held, its only effect is that the mailbox is read, at
 * most once in ten seconds.
 *
 * @param device  Open.
 * @param now     The time.
 */
COVEY_API void covey_device_wake(covey_device *device, covey_now now);

/**
 * Has the relay wake this device while it sleeps: a phone that cannot wait for
 * an answer. Every request in this epoch says it from now on; the relay tells
 * no more than that there may be something, to whom the endpoint names, when
 * another member sends what should not wait. A relay need not do it.
 *
 * Nothing of it is stored, and no epoch inherits it, so that the relay cannot
 * tell by it which mailboxes belong together: give another one, sealed anew,
 * after COVEY_EVENT_EPOCH and after covey_device_open.
 *
 * @param device    A member, or joined.
 * @param now       The time.
 * @param endpoint  1 to COVEY_ENDPOINT_MAX bytes, sealed to a gateway that is not
 *                  the relay, or a push service's address where the relay
 *                  allows that. Not copied: it stays where it is until the next
 *                  call of this, or the device is closed. Empty: from now on
 *                  nothing is said of waking.
 * @param expiry_s  How long the relay is to remember it after each request, at
 *                  most COVEY_ENDPOINT_EXPIRY_MAX_S; 0: it is to forget it.
 *
 * @retval COVEY_OK            With the next request, which is due now.
 * @retval COVEY_ERR_ARGUMENT  Outside its range.
 * @retval COVEY_ERR_STATE     Of no circle, or stopped.
 * @retval COVEY_ERR_PORT, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_set_endpoint(covey_device *device,
                                                         covey_now now,
                                                         covey_bytes endpoint,
                                                         uint32_t expiry_s);

/* ---- joining ---- */

/**
 * Makes a circle of one guardian.
 *
 * @param device  EMPTY, and able to commit.
 * @param relay   Its name as in an URL's authority: host, and port if it is
 *                not 443, and a path. At most COVEY_RELAY_SIZE - 1 characters:
 *                a to z, 0 to 9 and .-:[]/_~
 * @param now     The time.
 *
 * @retval COVEY_OK            Saved.
 * @retval COVEY_ERR_ARGUMENT  Not the name of a relay, or the time is unknown.
 * @retval COVEY_ERR_STATE     Not EMPTY, or unable to commit.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int
covey_device_create(covey_device *device, const char *relay, covey_now now);

/**
 * Opens the window in which this device can be taken into a circle: shows the
 * invite. Only after a physical act on the device.
 *
 * @param      device    EMPTY: who is of a circle cannot be of a second one.
 * @param      role      That it wants: a watch WEARER.
 * @param      relay     As above; where both sides meet.
 * @param      window_s  How long it can be used; 0: 120. At most 3,600.
 * @param      now       The time.
 * @param[out] uri       COVEY_URI_SIZE bytes: a C string for a QR code. Whoever
 *                       sees it within the window can pretend to be a guardian;
 *                       the digits show it.
 *
 * @retval COVEY_OK            Show it. COVEY_EVENT_SHOW_DIGITS or
 *                             COVEY_EVENT_INVITE_ENDED follows.
 * @retval COVEY_ERR_ARGUMENT  Role, relay or window is outside its range.
 * @retval COVEY_ERR_STATE     Not EMPTY; or a guardian that cannot commit.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int
covey_device_invite(covey_device *device, covey_role role, const char *relay,
                    uint32_t window_s, covey_now now, char uri[COVEY_URI_SIZE]);

/**
 * Says, by a physical act on the device that joined, that the digits were
 * taken on the other side.
 *
 * @param device  JOINED.
 * @param now     The time.
 *
 * @retval COVEY_OK         MEMBER.
 * @retval COVEY_ERR_STATE  Not JOINED.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_confirm(covey_device *device,
                                                    covey_now now);

/**
 * Gives up an invite, or a circle that was joined and not confirmed. EMPTY
 * afterwards, with nothing kept.
 *
 * @param device  INVITING or JOINED.
 *
 * @retval COVEY_OK         EMPTY.
 * @retval COVEY_ERR_STATE  Neither of the two.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_cancel(covey_device *device);

/**
 * What an invite asks for, so that the user can be asked before it is accepted.
 *
 * @param      uri    As it was scanned.
 * @param[out] role   That the device wants.
 * @param[out] relay  COVEY_RELAY_SIZE bytes: where it waits, a C string.
 *
 * @retval COVEY_OK          Done.
 * @retval COVEY_ERR_INVITE  Not an invite.
 */
COVEY_API COVEY_MUST_CHECK int covey_invite_peek(const char *uri,
                                                 covey_role *role,
                                                 char relay[COVEY_RELAY_SIZE]);

/**
 * Takes a device into the circle whose invite was scanned on its screen. All
 * members are told before anything is sent to it.
 *
 * @param device      A guardian, with no operation under way.
 * @param uri         As it was scanned; never from a link.
 * @param own_person  The device is another phone of this guardian.
 * @param now         The time; known.
 *
 * @retval COVEY_OK              Under way: COVEY_EVENT_ENTER_DIGITS, or
 *                               COVEY_EVENT_FAILED. 
 * @retval COVEY_ERR_INVITE      Not an invite.
 * @retval COVEY_ERR_ARGUMENT    The time is unknown; own_person with another
 *                               role than one's own.
 * @retval COVEY_ERR_PERMISSION  A second wearer, the circle is full, or this
 *                               person has four phones.
 * @retval COVEY_ERR_STATE       Not a guardian, or an operation is under way.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_accept(covey_device *device,
                                                   const char *uri,
                                                   bool own_person,
                                                   covey_now now);

/**
 * Compares the six digits that the newcomer shows.
 *
 * @param      device      After COVEY_EVENT_ENTER_DIGITS.
 * @param      digits      As typed: spaces are passed over.
 * @param      now         The time.
 * @param[out] tries_left  May be NULL.
 *
 * @retval COVEY_OK          They agree. Confirm on the newcomer now.
 * @retval COVEY_ERR_AUTH    They do not. With no try left, the operation has
 *                           failed: cancel on the newcomer, and remove it;
 *                           a wearer cannot be removed: begin a new circle.
 * @retval COVEY_ERR_STATE   No digits are asked for.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_enter_digits(covey_device *device,
                                                         const char *digits,
                                                         covey_now now,
                                                         unsigned *tries_left);

/* ---- the circle ---- */

/**
 * The members of the circle.
 *
 * @param      device  Any.
 * @param      at      From 0, in the order of the roster.
 * @param      now     The time.
 * @param[out] member  The answer.
 *
 * @retval true   There is one.
 * @retval false  That was the last; or the device is of no circle.
 */
COVEY_API bool covey_device_member(const covey_device *device, size_t at,
                                   covey_now now, covey_member *member);

/** This device's own id; zeros when it is EMPTY. */
COVEY_API covey_member_id covey_device_self(const covey_device *device);

/** The relay that this device asks, or where its invite waits: a C string,
 *  valid until the next call on the device; empty when it is EMPTY. */
COVEY_API const char *covey_device_relay(const covey_device *device);

/**
 * The number that members compare face to face: equal on devices that agree
 * about the circle and its whole history.
 *
 * @param      device  Of a circle.
 * @param[out] number  COVEY_SAFETY_NUMBER_SIZE bytes: a C string.
 *
 * @retval COVEY_OK         Done.
 * @retval COVEY_ERR_STATE  The device is of no circle.
 */
COVEY_API COVEY_MUST_CHECK int
covey_device_safety_number(const covey_device *device,
                           char number[COVEY_SAFETY_NUMBER_SIZE]);

/**
 * Removes a member. One's own other phones, carers and friends go at once. The
 * phone of another guardian goes when a second person agrees: this asks for
 * it. A watch asks for the removal of a guardian's phone after a physical act.
 *
 * @param device  A guardian or the wearer, with no operation under way.
 * @param member  Not this device.
 * @param now     The time.
 *
 * @retval COVEY_OK              Under way.
 * @retval COVEY_ERR_REFERENCE   No such member.
 * @retval COVEY_ERR_PERMISSION  The circle's rules do not allow it: the wearer,
 *                               the last guardian, or one has no vote.
 * @retval COVEY_ERR_CAPACITY    The outbox is full: some of it must leave first.
 * @retval COVEY_ERR_STATE       Not a guardian or wearer, or busy.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int
covey_device_remove(covey_device *device, const covey_member_id *member,
                    covey_now now);

/**
 * Leaves the circle, which is always possible but for the last guardian. The
 * watch leaves when it is reset: this tells the members. COVEY_EVENT_ENDED
 * follows when a guardian has carried it out; wipe then, or at once where the
 * watch is to be given away.
 *
 * @param device  A member.
 * @param now     The time.
 *
 * @retval COVEY_OK              Under way.
 * @retval COVEY_ERR_PERMISSION  The last guardian: wipe instead.
 * @retval COVEY_ERR_CAPACITY    The outbox is full: some of it must leave first.
 * @retval COVEY_ERR_STATE       Not a member, or busy.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_leave(covey_device *device,
                                                  covey_now now);

/**
 * Gives the circle fresh keys now. It happens by itself once a day, and before
 * a ratchet grows too long.
 *
 * @param device  A guardian, with no operation under way.
 * @param now     The time.
 *
 * @retval COVEY_OK         Under way.
 * @retval COVEY_ERR_STATE  Not a guardian, or busy.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_refresh(covey_device *device,
                                                    covey_now now);

/**
 * Moves the circle to another relay: all members are told, and go there when
 * they have read it where they are. The old relay needs to serve until they
 * have; what has gone from there is not needed any more.
 *
 * @param device  A guardian, with no operation under way.
 * @param relay   As for covey_device_create.
 * @param now     The time.
 *
 * @retval COVEY_OK            Under way: COVEY_EVENT_DONE, or ..._FAILED.
 * @retval COVEY_ERR_ARGUMENT  Not the name of a relay.
 * @retval COVEY_ERR_STATE     Not a guardian, or busy.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int
covey_device_move(covey_device *device, const char *relay, covey_now now);

/**
 * Has this device alone ask another relay, from now on: when that of the
 * circle is gone for good, so that nobody can be told there. Each member does
 * so, by its user's hand; then a guardian moves the circle. Nothing is lost but
 * what the old relay had and some had not read, which is noticed. The next
 * relay that the circle moves to is followed as ever.
 *
 * @param device  Of a circle, with no event left to be taken.
 * @param relay   As for covey_device_create.
 * @param now     The time.
 *
 * @retval COVEY_OK            Saved.
 * @retval COVEY_ERR_ARGUMENT  Not the name of a relay.
 * @retval COVEY_ERR_STATE     Of no circle, stopped, or there are events.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int
covey_device_use_relay(covey_device *device, const char *relay, covey_now now);

/** The operation that is under way. */
COVEY_API covey_operation covey_device_busy(const covey_device *device);

/**
 * Gives up the operation that is under way, unless its commit may be in the
 * log already.
 *
 * @param device  Any.
 *
 * @retval COVEY_OK         None is under way.
 * @retval COVEY_ERR_STATE  Too late: it will be done, or fail.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_abandon(covey_device *device);

/* ---- saying something ---- */

/**
 * Says something to the circle: a location, status, text, attachment, read
 * receipt, acknowledgement of an SOS, or command. What the engine says by
 * itself (delivered receipts, boot, notices, access log, receipts of commands,
 * documents) and what has a call of its own is not for this one.
 *
 * It waits in the outbox, through restarts and new epochs, until it is in the
 * log that all members read: COVEY_EVENT_SENT. A location that answers nothing
 * joins the one before it, when that has not left yet and both fit the
 * smallest blob.
 *
 * @param      device   A member.
 * @param      now      The time.
 * @param      content  All of it within the ranges of <covey/content.h>.
 * @param[out] id       Names it; may be NULL.
 *
 * @retval COVEY_OK              Saved.
 * @retval COVEY_ERR_ARGUMENT    A field is outside its range, or not a content
 *                               for this call.
 * @retval COVEY_ERR_PERMISSION  This device's role may not say that.
 * @retval COVEY_ERR_CAPACITY    The outbox is full, or it is too long for this
 *                               build: some of the outbox must leave first.
 * @retval COVEY_ERR_STATE       Not a member; or a location while it is paused.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_send(covey_device *device,
                                                 covey_now now,
                                                 const covey_content *content,
                                                 covey_payload_id *id);

/** How many payloads wait to be sent or to be seen in the log. */
COVEY_API size_t covey_device_num_waiting(const covey_device *device);

/**
 * The wearer calls for help. It is repeated every 30 s, up to an hour, until a
 * person has acknowledged it; covey_device_sos_ack tells the wearer honestly
 * whether somebody has. Also while locations are paused.
 *
 * @param device  The wearer's watch.
 * @param now     The time.
 * @param where   At most one fix; NULL: not known yet. Calling again while an
 *                SOS is on gives it the newest; after a person has seen it, or
 *                after an hour, it is another call.
 *
 * @retval COVEY_OK            On its way.
 * @retval COVEY_ERR_ARGUMENT  The location is outside its range.
 * @retval COVEY_ERR_STATE     Not a wearer that is a member.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_sos(covey_device *device,
                                                covey_now now,
                                                const covey_location *where);

/**
 * The wearer calls it off; the guardians are told.
 *
 * @param device  The wearer's watch.
 * @param now     The time.
 *
 * @retval COVEY_OK         Off; also when none was on.
 * @retval COVEY_ERR_STATE  Not a wearer that is a member.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_sos_over(covey_device *device,
                                                     covey_now now);

/* What became of an SOS. */
typedef enum {
    COVEY_SOS_OFF = 0,
    COVEY_SOS_CALLING = 1, /* nobody is known to have it */
    COVEY_SOS_RINGING = 2, /* a phone has it and rings */
    COVEY_SOS_SEEN = 3     /* a person has seen it */
} covey_sos_state;

/** What the wearer is to be shown. */
COVEY_API covey_sos_state covey_device_sos_state(const covey_device *device);

/**
 * The wearer's right to a time without being located: locations are refused
 * until then, and members are told that it is paused. SOS goes on.
 *
 * @param device    The wearer's watch.
 * @param now       The time.
 * @param until_ms  Since 1970 UTC, at most 24 hours from now; 0: no longer
 *                  paused.
 *
 * @retval COVEY_OK            Said.
 * @retval COVEY_ERR_ARGUMENT  Not within 24 hours, or the time is unknown.
 * @retval COVEY_ERR_CAPACITY  The outbox is full.
 * @retval COVEY_ERR_STATE     Not a wearer that is a member.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int
covey_device_pause(covey_device *device, covey_now now, int64_t until_ms);

/* ---- the watch and its commands ---- */

/**
 * Says that a notice was shown to the wearer, or could not be. Without it,
 * nothing of what it announces is done; nor where the outbox has no room for
 * what follows: the command's issuer is told so later.
 *
 * @param device  A member.
 * @param now     The time.
 * @param token   Of the event.
 * @param shown   Whether the wearer could see it.
 *
 * @retval COVEY_OK             Taken.
 * @retval COVEY_ERR_REFERENCE  No such notice waits.
 * @retval COVEY_ERR_STATE      Not a member.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_notice_shown(covey_device *device,
                                                         covey_now now,
                                                         uint32_t token,
                                                         bool shown);

/**
 * Tells a command's issuer what became of it.
 *
 * @param device   The wearer's watch.
 * @param now      The time.
 * @param id       Of COVEY_EVENT_COMMAND.
 * @param outcome  COVEY_OUTCOME_DONE or COVEY_OUTCOME_REFUSED.
 * @param reason   Of a refusal, else COVEY_REFUSED_OTHER.
 * @param answer   Of a locate that was done: where the wearer is. Else NULL.
 *
 * @retval COVEY_OK             On its way.
 * @retval COVEY_ERR_ARGUMENT   A field is outside its range.
 * @retval COVEY_ERR_REFERENCE  No such command runs.
 * @retval COVEY_ERR_CAPACITY   The outbox is full: call again.
 * @retval COVEY_ERR_STATE      Not a wearer that is a member.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int
covey_device_command_done(covey_device *device, covey_now now,
                          const covey_reference *id, covey_outcome outcome,
                          covey_refused reason, const covey_location *answer);

/**
 * The wearer's battery: below the reserve that the reporting policy names,
 * locations and commands are refused, and what is left is for an SOS.
 *
 * @param device   Open.
 * @param percent  0 to 100; above: not known.
 */
COVEY_API void covey_device_battery(covey_device *device, uint32_t percent);

/* ---- policy ---- */

/**
 * Gives the circle a policy document: names it in the roster, sends it, and
 * asks the watch to take it. COVEY_EVENT_DONE when it is on its way; the
 * watch's receipt says when it is in force.
 *
 * @param device    A guardian, with no operation under way.
 * @param document  Its version is set by this call to the one after that in
 *                  the roster.
 * @param now       The time; known.
 *
 * @retval COVEY_OK            Under way.
 * @retval COVEY_ERR_ARGUMENT  A field is outside its range.
 * @retval COVEY_ERR_STATE     Not a guardian, or busy.
 * @retval COVEY_ERR_PORT, COVEY_ERR_RANDOM, COVEY_ERR_CONFLICT   Try again.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_set_policy(covey_device *device,
                                                       covey_document *document,
                                                       covey_now now);

/**
 * The newest document of a kind that this device has, in force or not.
 *
 * @param      device    Of a circle.
 * @param      kind      Which.
 * @param[out] document  Views are valid until the next call on the device.
 * @param[out] in_force  On the watch: whether it is; elsewhere whether the
 *                       watch has said so. May be NULL.
 *
 * @retval COVEY_OK             Done.
 * @retval COVEY_ERR_REFERENCE  There is none.
 * @retval COVEY_ERR_STATE      The device is of no circle.
 * @retval COVEY_ERR_PORT, COVEY_ERR_AUTH, COVEY_ERR_CONFLICT
 *                              It cannot be read from the store.
 */
COVEY_API COVEY_MUST_CHECK int covey_device_policy(covey_device *device,
                                                   covey_document_kind kind,
                                                   covey_document *document,
                                                   bool *in_force);

/* ---- who looked ---- */

/**
 * The wearer's access log, newest first, as far as this device keeps it.
 *
 * @param      device  Of a circle.
 * @param      at      0: the newest.
 * @param[out] entry   The answer.
 *
 * @retval true   There is one.
 * @retval false  That was the last that is kept.
 */
COVEY_API bool covey_device_access(const covey_device *device, size_t at,
                                   covey_access_entry *entry);

#ifdef __cplusplus
}
#endif

#endif
