#include "device/peers.h"

#include "device/fields.h"

covey_peer *covey_peers_find(covey_peers *peers, const covey_member_id *id)
{
    for (size_t i = 0; i < peers->num; i++) {
        if (covey_same_member(&peers->items[i].id, id)) {
            return &peers->items[i];
        }
    }
    return NULL;
}

void covey_peers_follow(covey_peers *peers, const covey_roster *roster,
                        uint64_t count_ms)
{
    size_t kept = 0;

    for (size_t i = 0; i < peers->num; i++) {
        const covey_peer *peer = &peers->items[i];

        if (covey_roster_find(roster, covey_member_id_bytes(&peer->id)) !=
            NULL) {
            peers->items[kept] = *peer;
            peers->items[kept].is_current = false;
            kept++;
        }
    }
    peers->num = (uint8_t)kept;
    for (size_t i = 0; i < roster->num_members; i++) {
        const covey_member_id *id = &roster->members[i].id;

        if (covey_peers_find(peers, id) != NULL) continue;
        peers->items[peers->num++] =
            (covey_peer){.id = *id, .heard = count_ms, .hour = count_ms};
    }
}

covey_payload_order covey_peer_order(covey_peer *peer, covey_payload_id id,
                                     uint64_t *missing)
{
    *missing = 0;
    if (peer->is_known && (id.incarnation < peer->incarnation ||
                           (id.incarnation == peer->incarnation &&
                            id.counter <= peer->counter))) {
        return COVEY_PAYLOAD_OLD;
    }
    if (peer->is_known && id.incarnation == peer->incarnation) {
        *missing = id.counter - peer->counter - 1;
    }
    peer->is_known = true;
    peer->incarnation = id.incarnation;
    peer->counter = id.counter;
    return COVEY_PAYLOAD_NEW;
}

static int64_t later(int64_t time_ms, uint64_t passed)
{
    return passed > (uint64_t)(COVEY_TIME_MS_MAX - time_ms)
               ? COVEY_TIME_MS_MAX
               : time_ms + (int64_t)passed;
}

int64_t covey_peer_time(const covey_peer *peer, uint64_t count_ms)
{
    uint64_t passed = count_ms - peer->heard;

    return peer->clock_ms == 0 ? 0 : later(peer->clock_ms, passed);
}

void covey_peer_heard(covey_peer *peer, int64_t sent_ms, uint64_t count_ms,
                      uint64_t proven_ms)
{
    int64_t shows = covey_peer_time(peer, count_ms);

    peer->heard = count_ms;
    if (sent_ms == 0) {
        peer->clock_ms = shows;
        return;
    }
    if (shows < sent_ms) shows = sent_ms;
    int64_t most = later(sent_ms, proven_ms);
    peer->clock_ms = shows < most ? shows : most;
}

bool covey_peer_may_ask(covey_peer *peer, bool locate, uint64_t count_ms)
{
    if (count_ms - peer->hour >= COVEY_HOUR) {
        peer->hour = count_ms;
        peer->num_locates = 0;
        peer->num_commands = 0;
    }
    if (peer->num_commands >= COVEY_COMMANDS_PER_HOUR ||
        (locate && peer->num_locates >= COVEY_LOCATES_PER_HOUR)) {
        return false;
    }
    peer->num_commands++;
    if (locate) peer->num_locates++;
    return true;
}

/* ---- saved ---- */

void covey_peers_write(covey_writer *w, const covey_peers *peers)
{
    covey_write_u8(w, peers->num);
    for (size_t i = 0; i < peers->num; i++) {
        const covey_peer *peer = &peers->items[i];

        covey_write_member(w, &peer->id);
        covey_write_flag(w, peer->is_known);
        covey_write_flag(w, peer->is_current);
        covey_write_flag(w, peer->is_silent);
        covey_write_flag(w, peer->is_unshown);
        covey_write_u8(w, peer->added_by);
        covey_write_u32(w, peer->incarnation);
        covey_write_u64(w, peer->counter);
        covey_write_u64(w, peer->heard);
        covey_write_u64(w, (uint64_t)peer->clock_ms);
        covey_write_u64(w, peer->first);
        covey_write_u64(w, peer->last);
        covey_write_u64(w, peer->hour);
        covey_write_u8(w, peer->num_locates);
        covey_write_u8(w, peer->num_commands);
    }
}

int covey_peers_read(covey_peers *peers, covey_reader *r)
{
    uint8_t num = covey_read_u8(r);

    peers->num = 0;
    if (num > COVEY_ROSTER_MEMBERS_MAX) return COVEY_ERR_CAPACITY;
    for (uint8_t i = 0; i < num; i++) {
        covey_peer *peer = &peers->items[i];

        covey_read_member(r, &peer->id);
        peer->is_known = covey_read_flag(r);
        peer->is_current = covey_read_flag(r);
        peer->is_silent = covey_read_flag(r);
        peer->is_unshown = covey_read_flag(r);
        peer->added_by = covey_read_u8(r);
        peer->incarnation = covey_read_u32(r);
        peer->counter = covey_read_u64(r);
        peer->heard = covey_read_u64(r);
        peer->clock_ms = (int64_t)covey_read_u64(r);
        peer->first = covey_read_u64(r);
        peer->last = covey_read_u64(r);
        peer->hour = covey_read_u64(r);
        peer->num_locates = covey_read_u8(r);
        peer->num_commands = covey_read_u8(r);
    }
    if (r->failed) return COVEY_ERR_MALFORMED;
    peers->num = num;
    return COVEY_OK;
}
