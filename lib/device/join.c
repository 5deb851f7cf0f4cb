/* Coming into a circle: as the guardian who makes it, or by an invite. */
#include <covey/error.h>

#include "base/secret.h"
#include "crypto/random.h"
#include "device/device.h"
#include "device/entry.h"
#include "device/fields.h"
#include "device/leaf.h"
#include "device/move.h"
#include "device/operation.h"
#include "device/say.h"
#include "device/work.h"

#define WINDOW_DEFAULT_S 120
#define WINDOW_MAX_S 3600

/* ---- a new identity ---- */

static int begin(covey_device *d, covey_role role, const char *relay)
{
    covey_self self = {.role = (uint8_t)role, .update_taken = covey_count(d)};

    int err =
        covey_random_fill(&d->random, self.id.bytes, sizeof self.id.bytes);
    if (err) return err;
    memcpy(self.relay, relay, strlen(relay));
    d->self = self;
    covey_touch(d, COVEY_SLOT_SELF);
    return COVEY_OK;
}

/* What a member keeps of its first epoch. */
static int settle(covey_device *d)
{
    int err = covey_roster_of(&d->roster, covey_mls_extensions(d->group));

    if (!err) err = covey_log_begin(&d->log, d->group, NULL, covey_count(d));
    if (err) return err;
    covey_peers_follow(&d->peers, &d->roster, covey_count(d));
    for (uint32_t slot = COVEY_SLOT_SELF; slot <= COVEY_SLOT_PAIRING; slot++) {
        covey_touch(d, slot);
    }
    d->channels[COVEY_CHANNEL_EPOCH].due = covey_count(d);
    d->channels[COVEY_CHANNEL_EPOCH].max_blob = COVEY_INBOX_BLOB;
    return COVEY_OK;
}

/* ---- the first guardian ---- */

static int create_group(covey_device *d)
{
    const covey_mls_member member =
        covey_leaf_of(&d->self.id, d->clock.now.utc_ms);
    const covey_mls_limits limits = covey_limits_of(COVEY_ROLE_GUARDIAN);
    covey_roster roster = {.next_person = 2};
    const covey_roster_member entry = {.id = d->self.id,
                                       .person = 1,
                                       .role = COVEY_ROLE_GUARDIAN,
                                       .votes = 1};
    covey_buffer front = covey_work_front(d);
    covey_writer w = covey_writer_of(front.at, front.cap);

    int err = covey_roster_add(&roster, &entry);
    if (err) return err;
    covey_roster_set_relay(&roster, covey_bytes_of_text(d->self.relay));
    covey_roster_write_extensions(&w, &roster);
    return covey_mls_group_create(d->group, &d->random, covey_bytes_of(NULL, 0),
                                  &member, NULL, covey_writer_since(&w, 0),
                                  &limits);
}

int covey_device_create(covey_device *device, const char *relay, covey_now now)
{
    int err = covey_device_ready(device, now);

    if (err) return err;
    if (device->self.state != COVEY_DEVICE_EMPTY || !device->can_commit) {
        return COVEY_ERR_STATE;
    }
    if (!covey_relay_name_is_valid(covey_bytes_of_text(relay)) ||
        now.utc_ms <= 0) {
        return COVEY_ERR_ARGUMENT;
    }
    err = begin(device, COVEY_ROLE_GUARDIAN, relay);
    if (!err) err = create_group(device);
    if (!err) err = settle(device);
    if (!err) device->self.state = COVEY_DEVICE_MEMBER;
    return covey_device_end(device, err);
}

/* ---- showing an invite ---- */

static int new_invite(covey_device *d, covey_role role, covey_bytes package,
                      covey_bytes relay)
{
    covey_invite *invite = &d->pairing.invite;
    covey_bytes key = covey_bytes_of(NULL, 0);

    memset(invite, 0, sizeof *invite);
    invite->role = (uint8_t)role;
    invite->relay_len = (uint8_t)relay.len;
    memcpy(invite->relay, relay.at, relay.len);
    int err = covey_invitee_of(package, NULL, &key);
    if (!err) {
        covey_invite_key_hash(invite->key_hash, key);
        err = covey_random_fill(&d->random, invite->secret,
                                sizeof invite->secret);
    }
    return err;
}

/* The KeyPackage waits in the outbox, sealed: it goes to the invite's mailbox,
 * the only one that this device has. */
static int post_package(covey_device *d, covey_bytes package)
{
    covey_buffer out = covey_work_front(d);
    const covey_outbox_entry entry = {.counter = 0};
    size_t len = 0;

    int err = covey_invite_seal(out.at, out.cap, &len, &d->pairing.invite,
                                COVEY_INVITE_KEY_PACKAGE, &d->random, package);
    if (err) return err;
    return covey_outbox_add(&d->outbox, &entry, covey_bytes_of(NULL, 0),
                            covey_bytes_of(out.at, len));
}

static int open_window(covey_device *d, covey_role role, covey_bytes relay,
                       uint32_t window_s)
{
    const covey_mls_member member =
        covey_leaf_of(&d->self.id, d->clock.now.utc_ms);
    covey_buffer out = covey_work_message(d);

    int err = covey_mls_joiner_new(d->joiner, &d->random, &member, NULL, &out);
    if (err) return err;
    covey_bytes package = covey_bytes_of(out.at, out.len);
    err = new_invite(d, role, package, relay);
    if (!err) err = post_package(d, package);
    if (err) return err;
    d->pairing.is_on = true;
    d->pairing.after = 0;
    d->pairing.ends = covey_count(d) + (uint64_t)window_s * COVEY_SECOND;
    d->self.state = COVEY_DEVICE_INVITING;
    d->channels[COVEY_CHANNEL_INVITE].due = covey_count(d);
    covey_touch(d, COVEY_SLOT_PAIRING);
    covey_touch(d, COVEY_SLOT_OUTBOX);
    return COVEY_OK;
}

int covey_device_invite(covey_device *device, covey_role role,
                        const char *relay, uint32_t window_s, covey_now now,
                        char uri[COVEY_URI_SIZE])
{
    covey_bytes name = covey_bytes_of_text(relay);
    size_t uri_len = 0;
    int err = covey_device_ready(device, now);

    if (err) return err;
    if (device->self.state != COVEY_DEVICE_EMPTY ||
        (role == COVEY_ROLE_GUARDIAN && !device->can_commit)) {
        return COVEY_ERR_STATE;
    }
    if (role < COVEY_ROLE_WEARER || role > COVEY_ROLE_FRIEND ||
        window_s > WINDOW_MAX_S || !covey_relay_name_is_valid(name)) {
        return COVEY_ERR_ARGUMENT;
    }
    err = begin(device, role, relay);
    if (!err) {
        err = open_window(device, role, name,
                          window_s == 0 ? WINDOW_DEFAULT_S : window_s);
    }
    if (!err) {
        err = covey_invite_write(uri, COVEY_URI_SIZE, &uri_len,
                                 &device->pairing.invite);
    }
    return covey_device_end(device, err);
}

/* ---- the Welcome ---- */

/* Back to nothing, with the reason. */
static void end_invite(covey_device *d, int error)
{
    covey_self none = {0};

    covey_mls_joiner_wipe(d->joiner);
    covey_wipe(&d->pairing, sizeof d->pairing);
    covey_outbox_wipe(&d->outbox);
    d->self = none;
    d->channels[COVEY_CHANNEL_INVITE].is_out = false;
    for (uint32_t slot = COVEY_SLOT_SELF; slot <= COVEY_SLOT_PAIRING; slot++) {
        covey_touch(d, slot);
    }
    covey_note_error(d, COVEY_EVENT_INVITE_ENDED, NULL, COVEY_OPERATION_NONE,
                     error);
}

/* Exactly one Welcome is taken, or none. */
static int take_welcome(covey_device *d, covey_bytes welcome)
{
    const covey_mls_limits limits = covey_limits_of((covey_role)d->self.role);
    covey_buffer room = covey_work_staged(d);
    covey_buffer scratch = covey_work_scratch(d);
    covey_mls_staged *staged = covey_mls_staged_at(room.at, room.cap);

    int err = covey_mls_stage_welcome(staged, d->joiner, welcome,
                                      covey_bytes_of(NULL, 0), NULL, 0, &limits,
                                      &scratch);
    if (!err) {
        err = covey_rules_welcome(staged, covey_member_id_bytes(&d->self.id),
                                  (covey_role)d->self.role);
    }
    if (!err) err = covey_mls_join(d->group, d->joiner, staged);
    covey_mls_drop(staged);
    return err;
}

static int join(covey_device *d)
{
    covey_outbox_wipe(&d->outbox);
    covey_wipe(&d->pairing, sizeof d->pairing);
    d->self.state = COVEY_DEVICE_JOINED;
    int err = settle(d);
    if (!err) covey_move_to_roster(d);
    return err ? err : covey_say_joined(d);
}

int covey_join_read(covey_device *d)
{
    covey_inbox *inbox = &d->inbox;

    while (inbox->is_there && d->self.state == COVEY_DEVICE_INVITING) {
        covey_bytes welcome;

        if (inbox->next == inbox->response.num_entries) {
            inbox->is_there = false;
            break;
        }
        const covey_sync_entry *entry = &inbox->response.entries[inbox->next++];
        d->pairing.after = entry->index;
        covey_touch(d, COVEY_SLOT_PAIRING);
        if (entry->is_stub ||
            covey_entry_open_invite(d, &welcome, &d->pairing.invite,
                                    COVEY_INVITE_WELCOME,
                                    entry->blob) != COVEY_OK) {
            continue;
        }
        int err = take_welcome(d, welcome);
        if (err)
            end_invite(d, err);
        else
            err = join(d);
        inbox->is_there = false;
        if (d->self.state == COVEY_DEVICE_JOINED) return err;
    }
    return COVEY_OK;
}

void covey_join_expire(covey_device *d)
{
    if (d->self.state == COVEY_DEVICE_INVITING &&
        covey_count(d) >= d->pairing.ends) {
        d->inbox.is_there = false;
        end_invite(d, COVEY_ERR_INVITE);
    }
}

/* ---- the physical act, or not ---- */

int covey_device_confirm(covey_device *device, covey_now now)
{
    int err = covey_device_ready(device, now);

    if (err) return err;
    if (device->self.state != COVEY_DEVICE_JOINED) return COVEY_ERR_STATE;
    device->self.state = COVEY_DEVICE_MEMBER;
    device->channels[COVEY_CHANNEL_EPOCH].due = covey_count(device);
    covey_touch(device, COVEY_SLOT_SELF);
    return covey_device_end(device, COVEY_OK);
}

int covey_device_cancel(covey_device *device)
{
    int err = covey_device_ready(device, device->clock.now);

    if (err) return err;
    if (device->self.state != COVEY_DEVICE_INVITING &&
        device->self.state != COVEY_DEVICE_JOINED) {
        return COVEY_ERR_STATE;
    }
    return covey_device_wipe(device);
}
