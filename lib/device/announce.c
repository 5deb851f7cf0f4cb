#include "device/announce.h"

#include "device/fields.h"

static bool add(covey_device *d, covey_notice_kind kind,
                const covey_member_id *subject, const covey_member_id *by)
{
    const covey_task task = {
        .until = covey_count(d) + COVEY_NOTICE_FOR,
        .notice = {.kind = kind, .subject = *subject, .by = *by},
    };

    covey_touch(d, COVEY_SLOT_TASKS);
    return covey_tasks_add(&d->tasks, &task) != NULL;
}

void covey_announce(covey_device *d, const covey_member_id *member, bool added,
                    const covey_member_id *by)
{
    covey_peer *peer = covey_peers_find(&d->peers, member);
    const covey_roster_member *doer =
        covey_roster_find(&d->roster, covey_member_id_bytes(by));

    if (covey_same_member(by, &d->self.id)) return;
    if (add(d, added ? COVEY_NOTICE_JOIN : COVEY_NOTICE_REMOVAL, member, by) ||
        !added || peer == NULL) {
        return;
    }
    /* More at once than wait for the host: who came is not forgotten. */
    peer->is_unshown = true;
    peer->added_by = doer == NULL ? 0 : doer->person;
    covey_touch(d, COVEY_SLOT_PEERS);
}

/* A device of that person; the newcomer itself when there is none left. */
static covey_member_id device_of(const covey_device *d, const covey_peer *peer)
{
    for (size_t i = 0; i < d->roster.num_members; i++) {
        if (d->roster.members[i].person == peer->added_by) {
            return d->roster.members[i].id;
        }
    }
    return peer->id;
}

void covey_announce_more(covey_device *d)
{
    for (size_t i = 0; i < d->peers.num; i++) {
        covey_peer *peer = &d->peers.items[i];
        const covey_member_id by = device_of(d, peer);

        if (!peer->is_unshown) continue;
        if (!add(d, COVEY_NOTICE_JOIN, &peer->id, &by)) return;
        peer->is_unshown = false;
        covey_touch(d, COVEY_SLOT_PEERS);
    }
}

bool covey_announce_waits(const covey_device *d)
{
    for (size_t i = 0; i < d->peers.num; i++) {
        if (d->peers.items[i].is_unshown) return true;
    }
    return covey_tasks_hold_back(&d->tasks);
}
