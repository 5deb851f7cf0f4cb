/*
 * What this device knows of each member besides the roster: how far its
 * payloads were read, when it was heard, and what it asked for.
 */
#ifndef COVEY_DEVICE_PEERS_H
#define COVEY_DEVICE_PEERS_H

#include <covey/device.h>

#include "base/reader.h"
#include "base/writer.h"
#include "device/limits.h"

typedef struct {
    covey_member_id id;
    bool is_known;   /* a payload was read */
    bool is_current; /* it spoke in this epoch */
    bool is_silent;  /* and that was reported */
    bool is_unshown; /* it came, and no task had room to say so */
    uint32_t incarnation;
    uint64_t counter; /* the highest that was read */
    uint64_t heard;   /* when, of the device's count */
    int64_t clock_ms; /* what its clock showed then, at least; 0: not known */
    /* Texts and attachments whose delivery was not yet acknowledged. */
    uint64_t first;
    uint64_t last; /* 0: none */
    /* Asked for in the hour that began then. */
    uint64_t hour;
    uint8_t num_locates;
    uint8_t num_commands;
    uint8_t added_by; /* the person; while is_unshown */
} covey_peer;

typedef struct {
    uint8_t num;
    covey_peer items[COVEY_ROSTER_MEMBERS_MAX];
} covey_peers;

typedef enum {
    COVEY_PAYLOAD_NEW,
    COVEY_PAYLOAD_OLD /* was read, or came out of turn */
} covey_payload_order;

/* NULL when it is not there. */
covey_peer *covey_peers_find(covey_peers *peers, const covey_member_id *id);

/* Makes the list that of the roster: who is new is heard now. */
void covey_peers_follow(covey_peers *peers, const covey_roster *roster,
                        uint64_t count_ms);

/* Judges a payload's id and notes it. *missing: how many before it did not
 * come. */
covey_payload_order covey_peer_order(covey_peer *peer, covey_payload_id id,
                                     uint64_t *missing);

/* What its clock shows now, as far as it was heard; 0: not known. It only
 * falls when a message proves that it was made less than `proven` ms ago:
 * an old message does not set it back. */
int64_t covey_peer_time(const covey_peer *peer, uint64_t count_ms);
void covey_peer_heard(covey_peer *peer, int64_t sent_ms, uint64_t count_ms,
                      uint64_t proven_ms);

/* Whether it may ask for this once more in this hour; counts it. */
bool covey_peer_may_ask(covey_peer *peer, bool locate, uint64_t count_ms);

void covey_peers_write(covey_writer *w, const covey_peers *peers);
/* COVEY_ERR_MALFORMED, COVEY_ERR_CAPACITY. */
int covey_peers_read(covey_peers *peers, covey_reader *r);

#endif
