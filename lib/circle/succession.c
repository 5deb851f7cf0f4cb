#include "circle/succession.h"

static bool same_id(const covey_member_id *a, const covey_member_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static const covey_roster_member *entry_in(const covey_roster *roster,
                                           const covey_roster_member *entry)
{
    return covey_roster_find(roster, covey_member_id_bytes(&entry->id));
}

/* ---- members ---- */

/* A new entry: the watch, the committer's own other phone, or a person who
 * was not in the circle before, and whose vote does not count yet. */
static bool entry_may_come(const covey_roster *before,
                           const covey_roster_member *entry,
                           const covey_roster_member *committer)
{
    if (entry->role == COVEY_ROLE_WEARER) {
        for (size_t i = 0; i < before->num_members; i++) {
            if (before->members[i].role == COVEY_ROLE_WEARER) return false;
        }
        return true;
    }
    if (entry->person == committer->person) return true;
    return entry->person >= before->next_person && entry->votes == 0;
}

static bool entry_may_stay(const covey_roster_member *before,
                           const covey_roster_member *after)
{
    return before->person == after->person && before->role == after->role &&
           before->votes == after->votes;
}

static bool members_may_follow(const covey_roster *before,
                               const covey_roster *after,
                               const covey_roster_member *committer)
{
    for (size_t i = 0; i < after->num_members; i++) {
        const covey_roster_member *entry = &after->members[i];
        const covey_roster_member *old = entry_in(before, entry);

        if (old != NULL ? !entry_may_stay(old, entry)
                        : !entry_may_come(before, entry, committer)) {
            return false;
        }
    }
    return true;
}

/* The next number goes up by one for each person that is new: numbers are
 * never given twice, and nobody can use them up at once. */
static bool persons_may_follow(const covey_roster *before,
                               const covey_roster *after)
{
    size_t num_new = 0;

    for (size_t i = 0; i < after->num_members; i++) {
        bool is_new = after->members[i].person >= before->next_person;

        for (size_t k = 0; k < i; k++) {
            if (after->members[k].person == after->members[i].person) {
                is_new = false;
            }
        }
        if (is_new) num_new++;
    }
    return after->next_person == before->next_person + num_new;
}

/* ---- documents ---- */

static const covey_roster_document *document_in(const covey_roster *roster,
                                                uint8_t kind)
{
    for (size_t i = 0; i < roster->num_documents; i++) {
        if (roster->documents[i].kind == kind) return &roster->documents[i];
    }
    return NULL;
}

/* A version that jumped could leave none for the others. */
static bool document_may_follow(const covey_roster_document *old,
                                const covey_roster_document *now)
{
    if (old == NULL) return now->version == 1;
    if (now->version == old->version) {
        return memcmp(now->hash, old->hash, sizeof old->hash) == 0;
    }
    return now->version > old->version && now->version - old->version == 1;
}

static bool documents_may_follow(const covey_roster *before,
                                 const covey_roster *after)
{
    for (size_t i = 0; i < before->num_documents; i++) {
        if (document_in(after, before->documents[i].kind) == NULL) return false;
    }
    for (size_t i = 0; i < after->num_documents; i++) {
        const covey_roster_document *now = &after->documents[i];

        if (!document_may_follow(document_in(before, now->kind), now)) {
            return false;
        }
    }
    return true;
}

/* ---- announcements ---- */

/* None comes and none goes. */
static bool announcements_same(const covey_roster *a, const covey_roster *b)
{
    if (a->num_announcements != b->num_announcements) return false;
    for (size_t i = 0; i < a->num_announcements; i++) {
        const covey_roster_announcement *one = &a->announcements[i];
        const covey_roster_announcement *other = &b->announcements[i];

        if (one->kind != other->kind ||
            !same_id(&one->target, &other->target) ||
            !same_id(&one->by, &other->by)) {
            return false;
        }
    }
    return true;
}

bool covey_roster_may_follow(const covey_roster *before,
                             const covey_roster *after,
                             const covey_roster_member *committer)
{
    return members_may_follow(before, after, committer) &&
           persons_may_follow(before, after) &&
           documents_may_follow(before, after) &&
           announcements_same(before, after);
}

/* ---- a commit that removes ---- */

static bool documents_same(const covey_roster *before,
                           const covey_roster *after)
{
    if (before->num_documents != after->num_documents) return false;
    for (size_t i = 0; i < after->num_documents; i++) {
        const covey_roster_document *old =
            document_in(before, after->documents[i].kind);

        if (old == NULL || old->version != after->documents[i].version) {
            return false;
        }
    }
    return true;
}

/* Documents of the same version have been found to be the same. */
bool covey_roster_only_shrinks(const covey_roster *before,
                               const covey_roster *after)
{
    for (size_t i = 0; i < after->num_members; i++) {
        const covey_roster_member *old = entry_in(before, &after->members[i]);

        if (old == NULL || old->expires_h != after->members[i].expires_h) {
            return false;
        }
    }
    return documents_same(before, after) &&
           before->relays_len == after->relays_len &&
           memcmp(before->relays, after->relays, before->relays_len) == 0;
}
