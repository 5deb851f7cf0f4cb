/*
 * The roster: the GroupContext extension that says which member is whose
 * device, in which role, and which documents and relays are in force. It is
 * keyed by member, never by leaf. SPEC.md section 2.2.
 */
#ifndef COVEY_CIRCLE_ROSTER_H
#define COVEY_CIRCLE_ROSTER_H

#include <covey/circle.h>

#include "base/limits.h"
#include "base/reader.h"
#include "base/writer.h"

#define COVEY_EXTENSION_ROSTER 0xf0c0

/* Members of a circle, alike: every build can follow it, the firmware's too.
 * More phones of one person would outrun the removals of them; alike. */
#define COVEY_ROSTER_MEMBERS_MAX 16
#define COVEY_ROSTER_DEVICES_MAX 4
#define COVEY_ROSTER_DOCUMENTS_MAX 8
#define COVEY_ROSTER_ANNOUNCEMENTS_MAX 4
#define COVEY_ROSTER_RELAYS_MAX 128 /* encoded bytes of all */
#define COVEY_PERSON_WEARER 0

/* The wearer is person 0; others are numbered from 1 as they come, and a
 * number is never given twice. */
typedef struct {
    covey_member_id id;
    uint8_t person;
    uint8_t role;
    uint8_t votes;      /* 1: its person counts where two must agree */
    uint32_t expires_h; /* hours since 1970 UTC; carers only, else 0 */
} covey_roster_member;

/* A policy document in force: it travels by itself. */
typedef struct {
    uint8_t kind;
    uint32_t version;
    uint8_t hash[16]; /* of SHA-256 over it, the first half */
} covey_roster_document;

/* A change that waits for its time; see SPEC.md section 2.5. */
typedef struct {
    uint8_t kind;
    covey_member_id target;
    covey_member_id by;
} covey_roster_announcement;

typedef struct {
    uint8_t next_person;
    uint8_t num_members;
    uint8_t num_announcements;
    uint8_t num_documents;
    uint8_t relays_len;
    covey_roster_member members[COVEY_ROSTER_MEMBERS_MAX];
    covey_roster_announcement announcements[COVEY_ROSTER_ANNOUNCEMENTS_MAX];
    covey_roster_document documents[COVEY_ROSTER_DOCUMENTS_MAX];
    uint8_t relays[COVEY_ROSTER_RELAYS_MAX]; /* opaque url<V>, each */
} covey_roster;

/* The extension's data. */
void covey_roster_write(covey_writer *w, const covey_roster *roster);

/* Reads and checks a roster by itself; empty when it is refused.
 * COVEY_ERR_ROSTER. */
int covey_roster_read(covey_roster *roster, covey_bytes data);

/* The roster among a GroupContext's extensions; COVEY_ERR_ROSTER when there
 * is none, or another extension than the roster beside it. */
int covey_roster_of(covey_roster *roster, covey_bytes extensions);

/* The list of extensions that holds the roster alone. */
void covey_roster_write_extensions(covey_writer *w, const covey_roster *roster);

/* NULL when the member is not in it. */
const covey_roster_member *covey_roster_find(const covey_roster *roster,
                                             covey_bytes id);

/* Adds an entry; COVEY_ERR_CAPACITY. */
int covey_roster_add(covey_roster *roster, const covey_roster_member *member);

/* Takes an entry out; false when it is not there. */
bool covey_roster_drop(covey_roster *roster, const covey_member_id *id);

/* The first relay that it names, a view; empty when it names none. */
covey_bytes covey_roster_relay(const covey_roster *roster);

/* Names this relay and no other: at most COVEY_ROSTER_RELAYS_MAX - 2 bytes. */
void covey_roster_set_relay(covey_roster *roster, covey_bytes relay);

static inline covey_bytes covey_member_id_bytes(const covey_member_id *id)
{
    return covey_bytes_of(id->bytes, sizeof id->bytes);
}

#endif
