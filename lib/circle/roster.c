#include "circle/roster.h"

#include <covey/error.h>

#define VERSION 1

static void write_member(covey_writer *w, const covey_roster_member *member)
{
    covey_write_fixed(w, covey_member_id_bytes(&member->id));
    covey_write_u8(w, member->person);
    covey_write_u8(w, member->role);
    covey_write_u8(w, member->votes);
    covey_write_u32(w, member->expires_h);
}

void covey_roster_write(covey_writer *w, const covey_roster *roster)
{
    covey_write_u8(w, VERSION);
    covey_write_u8(w, roster->next_person);

    size_t mark = covey_write_vec_open(w);
    for (size_t i = 0; i < roster->num_members; i++) {
        write_member(w, &roster->members[i]);
    }
    covey_write_vec_close(w, mark);

    mark = covey_write_vec_open(w);
    for (size_t i = 0; i < roster->num_announcements; i++) {
        covey_write_u8(w, roster->announcements[i].kind);
        covey_write_fixed(w, covey_member_id_bytes(
                                 &roster->announcements[i].target));
        covey_write_fixed(w,
                          covey_member_id_bytes(&roster->announcements[i].by));
    }
    covey_write_vec_close(w, mark);

    mark = covey_write_vec_open(w);
    for (size_t i = 0; i < roster->num_documents; i++) {
        covey_write_u8(w, roster->documents[i].kind);
        covey_write_u32(w, roster->documents[i].version);
        covey_write_fixed(w, covey_bytes_of(roster->documents[i].hash,
                                            sizeof roster->documents[i].hash));
    }
    covey_write_vec_close(w, mark);
    covey_write_vec(w, covey_bytes_of(roster->relays, roster->relays_len));
}

/* Each entry by itself. */
static bool member_is_valid(const covey_roster_member *member,
                            const covey_roster *roster)
{
    bool is_wearer = member->role == COVEY_ROLE_WEARER;
    bool is_carer = member->role == COVEY_ROLE_CARER;

    return member->role >= COVEY_ROLE_WEARER &&
           member->role <= COVEY_ROLE_FRIEND && member->votes <= 1 &&
           (member->votes == 0 || member->role == COVEY_ROLE_GUARDIAN) &&
           is_wearer == (member->person == COVEY_PERSON_WEARER) &&
           member->person < roster->next_person &&
           is_carer == (member->expires_h != 0);
}

/* Ids are unique, there is at most one wearer, and a person has one role and
 * one vote, however many phones, and not too many. */
static bool members_fit(const covey_roster *roster)
{
    for (size_t i = 0; i < roster->num_members; i++) {
        const covey_roster_member *a = &roster->members[i];
        size_t num_devices = 1;

        if (!member_is_valid(a, roster)) return false;
        for (size_t k = 0; k < i; k++) {
            const covey_roster_member *b = &roster->members[k];

            if (covey_bytes_same(covey_member_id_bytes(&a->id),
                                 covey_member_id_bytes(&b->id))) {
                return false;
            }
            if (a->person != b->person) continue;
            if (a->role == COVEY_ROLE_WEARER || a->role != b->role ||
                a->votes != b->votes ||
                ++num_devices > COVEY_ROSTER_DEVICES_MAX) {
                return false;
            }
        }
    }
    return true;
}

static bool documents_fit(const covey_roster *roster)
{
    for (size_t i = 0; i < roster->num_documents; i++) {
        for (size_t k = 0; k < i; k++) {
            if (roster->documents[i].kind == roster->documents[k].kind) {
                return false;
            }
        }
    }
    return true;
}

static covey_member_id read_id(covey_reader *r)
{
    covey_member_id id = {{0}};
    covey_bytes bytes = covey_read_fixed(r, sizeof id.bytes);

    if (!r->failed) memcpy(id.bytes, bytes.at, sizeof id.bytes);
    return id;
}

static bool read_members(covey_roster *roster, covey_reader list)
{
    while (covey_reader_more(&list)) {
        covey_roster_member member;

        member.id = read_id(&list);
        member.person = covey_read_u8(&list);
        member.role = covey_read_u8(&list);
        member.votes = covey_read_u8(&list);
        member.expires_h = covey_read_u32(&list);
        if (list.failed || covey_roster_add(roster, &member) != COVEY_OK) {
            return false;
        }
    }
    return !list.failed;
}

static bool read_announcements(covey_roster *roster, covey_reader list)
{
    while (covey_reader_more(&list)) {
        covey_roster_announcement one;

        one.kind = covey_read_u8(&list);
        one.target = read_id(&list);
        one.by = read_id(&list);
        if (list.failed ||
            roster->num_announcements == COVEY_ROSTER_ANNOUNCEMENTS_MAX) {
            return false;
        }
        roster->announcements[roster->num_announcements++] = one;
    }
    return !list.failed;
}

static bool read_documents(covey_roster *roster, covey_reader list)
{
    while (covey_reader_more(&list)) {
        covey_roster_document one;
        covey_bytes hash;

        one.kind = covey_read_u8(&list);
        one.version = covey_read_u32(&list);
        hash = covey_read_fixed(&list, sizeof one.hash);
        if (list.failed ||
            roster->num_documents == COVEY_ROSTER_DOCUMENTS_MAX) {
            return false;
        }
        memcpy(one.hash, hash.at, sizeof one.hash);
        roster->documents[roster->num_documents++] = one;
    }
    return !list.failed;
}

/* Each relay is the text of an URL: visible ASCII. */
static bool read_relays(covey_roster *roster, covey_bytes list)
{
    covey_reader r = covey_reader_of(list);

    if (list.len > sizeof roster->relays) return false;
    while (covey_reader_more(&r)) {
        covey_bytes url = covey_read_vec(&r);

        if (url.len == 0) return false;
        for (size_t i = 0; i < url.len; i++) {
            if (url.at[i] <= ' ' || url.at[i] > '~') return false;
        }
    }
    covey_copy(roster->relays, list.at, list.len);
    roster->relays_len = (uint8_t)list.len;
    return !r.failed;
}

static bool read_roster(covey_roster *roster, covey_reader *r)
{
    uint8_t version = covey_read_u8(r);
    roster->next_person = covey_read_u8(r);
    covey_reader members = covey_read_list(r);
    covey_reader announcements = covey_read_list(r);
    covey_reader documents = covey_read_list(r);
    covey_bytes relays = covey_read_vec(r);

    return covey_reader_finish(r) == COVEY_OK && version == VERSION &&
           read_members(roster, members) &&
           read_announcements(roster, announcements) &&
           read_documents(roster, documents) && read_relays(roster, relays) &&
           members_fit(roster) && documents_fit(roster);
}

int covey_roster_read(covey_roster *roster, covey_bytes data)
{
    covey_reader r = covey_reader_of(data);

    memset(roster, 0, sizeof *roster);
    if (read_roster(roster, &r)) return COVEY_OK;
    memset(roster, 0, sizeof *roster);
    return COVEY_ERR_ROSTER;
}

int covey_roster_of(covey_roster *roster, covey_bytes extensions)
{
    covey_reader r = covey_reader_of(extensions);
    uint16_t type = covey_read_u16(&r);
    covey_bytes data = covey_read_vec(&r);

    if (covey_reader_finish(&r) != COVEY_OK || type != COVEY_EXTENSION_ROSTER) {
        memset(roster, 0, sizeof *roster);
        return COVEY_ERR_ROSTER;
    }
    return covey_roster_read(roster, data);
}

void covey_roster_write_extensions(covey_writer *w, const covey_roster *roster)
{
    covey_write_u16(w, COVEY_EXTENSION_ROSTER);

    size_t mark = covey_write_vec_open(w);
    covey_roster_write(w, roster);
    covey_write_vec_close(w, mark);
}

const covey_roster_member *covey_roster_find(const covey_roster *roster,
                                             covey_bytes id)
{
    for (size_t i = 0; i < roster->num_members; i++) {
        if (covey_bytes_same(covey_member_id_bytes(&roster->members[i].id),
                             id)) {
            return &roster->members[i];
        }
    }
    return NULL;
}

int covey_roster_add(covey_roster *roster, const covey_roster_member *member)
{
    if (roster->num_members == COVEY_ROSTER_MEMBERS_MAX) {
        return COVEY_ERR_CAPACITY;
    }
    roster->members[roster->num_members++] = *member;
    return COVEY_OK;
}

bool covey_roster_drop(covey_roster *roster, const covey_member_id *id)
{
    const covey_roster_member *found =
        covey_roster_find(roster, covey_member_id_bytes(id));

    if (found == NULL) return false;
    size_t at = (size_t)(found - roster->members);
    roster->num_members--;
    memmove(&roster->members[at], &roster->members[at + 1],
            (roster->num_members - at) * sizeof roster->members[0]);
    return true;
}

/* ---- relays ---- */

covey_bytes covey_roster_relay(const covey_roster *roster)
{
    covey_reader r =
        covey_reader_of(covey_bytes_of(roster->relays, roster->relays_len));

    return covey_read_vec(&r);
}

void covey_roster_set_relay(covey_roster *roster, covey_bytes relay)
{
    covey_writer w = covey_writer_of(roster->relays, sizeof roster->relays);

    covey_write_vec(&w, relay);
    roster->relays_len = (uint8_t)w.len;
}
