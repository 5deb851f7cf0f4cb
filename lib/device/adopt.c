/* Taking a newcomer in: the guardian's side of an invite. */
#include <covey/error.h>

#include "base/secret.h"
#include "device/device.h"
#include "device/entry.h"
#include "device/fields.h"
#include "device/operation.h"
#include "device/policy.h"
#include "mls/key_package.h"

/* Who a KeyPackage is of. */
int covey_invitee_of(covey_bytes package, covey_bytes *identity,
                     covey_bytes *signature_key)
{
    covey_key_package read;

    int err = covey_key_package_open(&read, package);
    if (err) return err;
    if (identity != NULL) *identity = read.leaf.identity;
    *signature_key = read.leaf.signature_key;
    return COVEY_OK;
}

/* ---- the user's wish ---- */

int covey_invite_peek(const char *uri, covey_role *role,
                      char relay[COVEY_RELAY_SIZE])
{
    covey_invite invite;

    int err = covey_invite_read(&invite, covey_bytes_of_text(uri));
    if (!err) {
        *role = (covey_role)invite.role;
        memset(relay, 0, COVEY_RELAY_SIZE);
        memcpy(relay, invite.relay, invite.relay_len);
    }
    covey_wipe(&invite, sizeof invite);
    return err;
}

static size_t num_own_phones(const covey_device *d)
{
    const covey_roster_member *self =
        covey_roster_find(&d->roster, covey_member_id_bytes(&d->self.id));
    size_t num = 0;

    for (size_t i = 0; self != NULL && i < d->roster.num_members; i++) {
        if (d->roster.members[i].person == self->person) num++;
    }
    return num;
}

static int check(const covey_device *d, const covey_invite *invite,
                 bool own_person)
{
    if (own_person && invite->role != COVEY_ROLE_GUARDIAN) {
        return COVEY_ERR_ARGUMENT;
    }
    if (d->roster.num_members == COVEY_ROSTER_MEMBERS_MAX) {
        return COVEY_ERR_PERMISSION;
    }
    for (size_t i = 0; i < d->roster.num_members; i++) {
        if (invite->role == COVEY_ROLE_WEARER &&
            d->roster.members[i].role == COVEY_ROLE_WEARER) {
            return COVEY_ERR_PERMISSION;
        }
    }
    return own_person && num_own_phones(d) == COVEY_ROSTER_DEVICES_MAX
               ? COVEY_ERR_PERMISSION
               : COVEY_OK;
}

int covey_device_accept(covey_device *device, const char *uri, bool own_person,
                        covey_now now)
{
    covey_invite invite;
    int err = covey_device_ready(device, now);

    if (err) return err;
    if (!covey_is_guardian(device) ||
        device->self.state != COVEY_DEVICE_MEMBER ||
        device->operation.operation != COVEY_OPERATION_NONE ||
        device->committer->commit_len != 0) {
        return COVEY_ERR_STATE;
    }
    err = covey_invite_read(&invite, covey_bytes_of_text(uri));
    if (!err) err = check(device, &invite, own_person);
    if (!err && now.utc_ms <= 0) err = COVEY_ERR_ARGUMENT;
    if (!err) {
        device->operation = (covey_pending){
            .operation = COVEY_OPERATION_ADD,
            .step = COVEY_STEP_KEY_PACKAGE,
            .is_own_person = own_person,
            .invite = invite,
            .ends = covey_count(device) + COVEY_ACCEPT_FOR,
        };
        device->channels[COVEY_CHANNEL_INVITE].due = covey_count(device);
        covey_touch(device, COVEY_SLOT_OPERATION);
    }
    covey_wipe(&invite, sizeof invite);
    return err ? err : covey_device_end(device, COVEY_OK);
}

/* ---- the newcomer's keys ---- */

/* The one whose key the user has scanned. Whoever else knows the secret can
 * post what he likes. */
static void take_package(covey_device *d, covey_bytes package)
{
    covey_pending *op = &d->operation;
    covey_committer *c = d->committer;
    uint8_t hash[COVEY_INVITE_KEY_HASH_SIZE];
    covey_bytes identity;
    covey_bytes key;

    if (package.len > sizeof c->key_package ||
        covey_invitee_of(package, &identity, &key) != COVEY_OK) {
        return;
    }
    covey_invite_key_hash(hash, key);
    if (!covey_ct_equal(hash, op->invite.key_hash, sizeof hash) ||
        identity.len != COVEY_MEMBER_ID_SIZE ||
        covey_roster_find(&d->roster, identity) != NULL) {
        return;
    }
    memcpy(c->key_package, package.at, package.len);
    c->key_package_len = (uint16_t)package.len;
    memcpy(op->member.bytes, identity.at, identity.len);
    op->step = COVEY_STEP_COMMIT;
    d->commit_after = covey_count(d);
    covey_touch(d, COVEY_SLOT_OPERATION);
}

int covey_adopt_read(covey_device *d)
{
    covey_inbox *inbox = &d->inbox;
    covey_pending *op = &d->operation;

    while (inbox->next < inbox->response.num_entries &&
           op->step == COVEY_STEP_KEY_PACKAGE) {
        const covey_sync_entry *entry = &inbox->response.entries[inbox->next++];
        covey_bytes package;

        op->invite_after = entry->index;
        covey_touch(d, COVEY_SLOT_OPERATION);
        if (entry->is_stub ||
            covey_entry_open_invite(d, &package, &op->invite,
                                    COVEY_INVITE_KEY_PACKAGE,
                                    entry->blob) != COVEY_OK) {
            continue;
        }
        take_package(d, package);
    }
    inbox->is_there = false;
    return COVEY_OK;
}

/* ---- the digits ---- */

/* Six digits, with spaces between them at will. */
static bool read_digits(char out[COVEY_DIGITS_SIZE], const char *typed)
{
    size_t num = 0;

    for (; *typed != '\0'; typed++) {
        if (*typed == ' ') continue;
        if (*typed < '0' || *typed > '9' || num == COVEY_DIGITS_SIZE - 1) {
            return false;
        }
        out[num++] = *typed;
    }
    out[num] = '\0';
    return num == COVEY_DIGITS_SIZE - 1;
}

static int finish(covey_device *d)
{
    covey_operation_end(d, COVEY_OK);
    return covey_policy_say_all(d);
}

int covey_device_enter_digits(covey_device *device, const char *digits,
                              covey_now now, unsigned *tries_left)
{
    covey_pending *op = &device->operation;
    char typed[COVEY_DIGITS_SIZE] = {0};
    int err = covey_device_ready(device, now);

    if (err) return err;
    if (op->step != COVEY_STEP_DIGITS) return COVEY_ERR_STATE;
    bool right = read_digits(typed, digits) &&
                 covey_ct_equal(typed, op->digits, sizeof typed);

    op->tries++;
    if (tries_left != NULL) {
        *tries_left = right ? 0u : (unsigned)(COVEY_DIGITS_TRIES - op->tries);
    }
    covey_touch(device, COVEY_SLOT_OPERATION);
    if (right) {
        err = finish(device);
    } else if (op->tries >= COVEY_DIGITS_TRIES) {
        covey_operation_end(device, COVEY_ERR_AUTH);
    }
    if (err) {
        return covey_device_end(device, err);
    }
    err = covey_device_end(device, COVEY_OK);
    if (err) return err;
    return right ? COVEY_OK : COVEY_ERR_AUTH;
}
