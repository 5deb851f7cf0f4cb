#include "device/operation.h"

#include <covey/error.h>

#include "base/secret.h"
#include "circle/relay_name.h"
#include "circle/standing.h"
#include "device/commit.h"
#include "device/entry.h"
#include "device/fields.h"
#include "device/policy.h"
#include "device/propose.h"
#include "device/say.h"
#include "device/work.h"

/* ---- its end ---- */

/* What belonged to it; an answer that comes now comes too late. */
static void forget_request(covey_device *d)
{
    d->channels[COVEY_CHANNEL_INVITE].is_out = false;
    if (d->committer != NULL) {
        d->committer->document_len = 0;
        covey_wipe(d->committer->welcome, d->committer->welcome_len);
        d->committer->welcome_len = 0;
    }
    covey_touch(d, COVEY_SLOT_OPERATION);
}

void covey_operation_end(covey_device *d, int error)
{
    covey_operation operation = (covey_operation)d->operation.operation;
    covey_note note = {.kind = COVEY_EVENT_DONE,
                       .operation = (uint8_t)operation,
                       .member = d->operation.member};

    if (operation == COVEY_OPERATION_NONE) return;
    if (error) {
        note.kind = COVEY_EVENT_FAILED;
        note.error = (int16_t)error;
    }
    covey_notes_add(&d->notes, &note);
    covey_wipe(&d->operation, sizeof d->operation);
    forget_request(d);
    covey_touch(d, COVEY_SLOT_SELF);
}

void covey_operation_expire(covey_device *d)
{
    const covey_pending *op = &d->operation;
    bool ends = op->step == COVEY_STEP_KEY_PACKAGE ||
                op->step == COVEY_STEP_WELCOME || op->step == COVEY_STEP_JOINED;

    if (ends && covey_count(d) >= op->ends) {
        covey_operation_end(d, COVEY_ERR_INVITE);
    }
}

/* ---- a new epoch ---- */

/* The wearer's device; zeros when there is none. */
static covey_member_id wearer_of(const covey_roster *roster)
{
    covey_member_id none = {{0}};

    for (size_t i = 0; i < roster->num_members; i++) {
        if (roster->members[i].role == COVEY_ROLE_WEARER) {
            return roster->members[i].id;
        }
    }
    return none;
}

/* Whoever has lost the time since asks without an end. */
static int64_t not_after(int64_t utc_ms)
{
    int64_t last = COVEY_TIME_MS_MAX - (int64_t)COVEY_POLICY_FOR;

    return utc_ms == 0 || utc_ms > last ? COVEY_TIME_MS_MAX
                                        : utc_ms + (int64_t)COVEY_POLICY_FOR;
}

/* The watch is asked to take the document. */
static int say_set_policy(covey_device *d, const covey_document *document)
{
    const covey_roster_document *named =
        covey_policy_named(&d->roster, (uint32_t)document->kind);
    covey_content content = {.kind = COVEY_CONTENT_COMMAND};
    covey_command *command = &content.of.command;
    covey_member_id wearer = wearer_of(&d->roster);

    if (named == NULL || covey_is_nobody(&wearer)) return COVEY_OK;
    command->target = wearer;
    command->not_after_ms = not_after(d->clock.now.utc_ms);
    command->kind = COVEY_COMMAND_SET_POLICY;
    command->of.set_policy.kind = named->kind;
    command->of.set_policy.version = named->version;
    memcpy(command->of.set_policy.hash, named->hash, sizeof named->hash);
    return covey_say(d, &content, true, NULL);
}

/* The roster names it: now it may be sent and kept. */
static int publish(covey_device *d)
{
    covey_buffer front = covey_work_front(d);
    const covey_committer *c = d->committer;
    covey_bytes bytes = covey_bytes_of(c->document, c->document_len);
    covey_payload payload;

    int err = covey_payload_decode(&payload, bytes, &front);
    if (err) return err;
    const covey_document document = payload.content.of.document;
    const covey_roster_document *named =
        covey_policy_named(&d->roster, (uint32_t)document.kind);

    if (named == NULL || named->version != document.version) return COVEY_OK;
    err = covey_say(d, &payload.content, true, NULL);
    if (!err) err = say_set_policy(d, &document);
    if (err == COVEY_ERR_CAPACITY) {
        covey_operation_end(d, err);
        return COVEY_OK;
    }
    if (err) return err;
    covey_operation_end(d, COVEY_OK);
    return covey_policy_keep(d, &document, bytes);
}

/* The newcomer is in the group: it waits for its Welcome. */
static void welcome_next(covey_device *d)
{
    covey_pending *op = &d->operation;
    covey_committer *c = d->committer;

    if (c->welcome_len == 0) return;
    op->step = COVEY_STEP_WELCOME;
    op->ends = covey_count(d) + COVEY_ACCEPT_FOR;
    covey_wipe(c->key_package, sizeof c->key_package);
    c->key_package_len = 0;
    d->channels[COVEY_CHANNEL_INVITE].due = covey_count(d);
    covey_touch(d, COVEY_SLOT_OPERATION);
}

/* Whoever has become the last guardian meanwhile stays; who has no room for it
 * in the outbox asks later. */
int covey_operation_leave(covey_device *d)
{
    covey_pending *op = &d->operation;

    if (op->operation != COVEY_OPERATION_LEAVE || op->step != COVEY_STEP_NONE) {
        return COVEY_OK;
    }
    int err = covey_propose_removal(d, &d->self.id);

    if (err == COVEY_ERR_RANDOM || err == COVEY_ERR_PORT) return err;
    if (err == COVEY_ERR_CAPACITY) return COVEY_OK;
    if (err) {
        covey_operation_end(d, err);
    } else {
        op->step = COVEY_STEP_PROPOSED;
        covey_touch(d, COVEY_SLOT_OPERATION);
    }
    return COVEY_OK;
}

int covey_operation_epoch(covey_device *d, bool won)
{
    covey_pending *op = &d->operation;
    const covey_roster_member *member =
        covey_roster_find(&d->roster, covey_member_id_bytes(&op->member));

    switch (op->operation) {
    case COVEY_OPERATION_REMOVE:
        if (member == NULL) covey_operation_end(d, COVEY_OK);
        /* Its proposal is gone with the old epoch. */
        else if (op->step == COVEY_STEP_PROPOSED) {
            covey_operation_end(d, COVEY_ERR_PROPOSAL);
        }
        break;
    case COVEY_OPERATION_LEAVE:
        op->step = COVEY_STEP_NONE;
        return covey_operation_leave(d);
    case COVEY_OPERATION_REFRESH: covey_operation_end(d, COVEY_OK); break;
    case COVEY_OPERATION_MOVE:
        if (covey_bytes_same(covey_roster_relay(&d->roster),
                             covey_bytes_of_text(d->committer->relay))) {
            covey_operation_end(d, COVEY_OK);
        }
        break;
    case COVEY_OPERATION_ADD:
        if (won && op->step == COVEY_STEP_COMMIT) welcome_next(d);
        if (op->step > COVEY_STEP_COMMIT && member == NULL) {
            covey_operation_end(d, COVEY_ERR_REFERENCE);
        }
        break;
    case COVEY_OPERATION_POLICY:
        if (won) return publish(d);
        break;
    default: break;
    }
    return COVEY_OK;
}

/* ---- what a host asks for ---- */

/* Ready for an operation of a guardian. */
static int begin(covey_device *d, covey_now now)
{
    int err = covey_device_ready(d, now);

    if (err) return err;
    return covey_is_guardian(d) && d->self.state == COVEY_DEVICE_MEMBER &&
                   d->operation.operation == COVEY_OPERATION_NONE &&
                   d->committer->commit_len == 0
               ? COVEY_OK
               : COVEY_ERR_STATE;
}

static int start(covey_device *d, covey_operation operation, covey_step step)
{
    d->operation.operation = (uint8_t)operation;
    d->operation.step = (uint8_t)step;
    d->commit_after = covey_count(d);
    covey_touch(d, COVEY_SLOT_OPERATION);
    return covey_device_end(d, COVEY_OK);
}

int covey_device_refresh(covey_device *device, covey_now now)
{
    int err = begin(device, now);

    return err ? err
               : start(device, COVEY_OPERATION_REFRESH, COVEY_STEP_COMMIT);
}

int covey_device_move(covey_device *device, const char *relay, covey_now now)
{
    covey_bytes name = covey_bytes_of_text(relay);
    int err = begin(device, now);

    if (err) return err;
    if (!covey_relay_name_is_valid(name)) return COVEY_ERR_ARGUMENT;
    memset(device->committer->relay, 0, sizeof device->committer->relay);
    memcpy(device->committer->relay, name.at, name.len);
    return start(device, COVEY_OPERATION_MOVE, COVEY_STEP_COMMIT);
}

/* Whether this guardian's commit may take out that member by itself, or what
 * somebody else has asked for. */
static bool may_commit_removal(const covey_device *d,
                               const covey_roster_member *self,
                               const covey_roster_member *target)
{
    covey_mls_ref refs[COVEY_OUTBOX_ENTRIES];
    const covey_rules_unmet unmet = covey_unmet(d, refs);
    const covey_standing standing = {d->group, &d->roster, &unmet};

    if (target->person == self->person || target->role == COVEY_ROLE_CARER ||
        target->role == COVEY_ROLE_FRIEND) {
        return true;
    }
    for (size_t i = 0; i < covey_mls_num_proposals(d->group); i++) {
        covey_mls_change_info proposal;

        if (covey_standing_at(&standing, i, &proposal) &&
            proposal.kind == COVEY_MLS_REMOVE &&
            proposal.proposer != covey_mls_own_leaf(d->group) &&
            covey_bytes_same(proposal.identity,
                             covey_member_id_bytes(&target->id))) {
            return true;
        }
    }
    return false;
}

static int check_removal(const covey_device *d, const covey_member_id *member,
                         const covey_roster_member **self,
                         const covey_roster_member **target)
{
    *self = covey_roster_find(&d->roster, covey_member_id_bytes(&d->self.id));
    *target = covey_roster_find(&d->roster, covey_member_id_bytes(member));
    if (*self == NULL || *target == NULL) return COVEY_ERR_REFERENCE;
    if (covey_same_member(member, &d->self.id) ||
        (*target)->role == COVEY_ROLE_WEARER ||
        !covey_may_propose_remove(*self, *target)) {
        return COVEY_ERR_PERMISSION;
    }
    return COVEY_OK;
}

int covey_device_remove(covey_device *device, const covey_member_id *member,
                        covey_now now)
{
    const covey_roster_member *self = NULL;
    const covey_roster_member *target = NULL;
    int err = covey_device_ready(device, now);

    if (err) return err;
    if (device->self.state != COVEY_DEVICE_MEMBER ||
        device->operation.operation != COVEY_OPERATION_NONE ||
        (!covey_is_guardian(device) && !covey_is_wearer(device))) {
        return COVEY_ERR_STATE;
    }
    err = check_removal(device, member, &self, &target);
    if (err) return err;
    if (covey_is_guardian(device) && may_commit_removal(device, self, target)) {
        device->operation.member = *member;
        return start(device, COVEY_OPERATION_REMOVE, COVEY_STEP_COMMIT);
    }
    err = covey_propose_removal(device, member);
    if (err) return err;
    device->operation.member = *member;
    return start(device, COVEY_OPERATION_REMOVE, COVEY_STEP_PROPOSED);
}

int covey_device_leave(covey_device *device, covey_now now)
{
    int err = covey_device_ready(device, now);

    if (err) return err;
    if (device->self.state != COVEY_DEVICE_MEMBER ||
        device->operation.operation != COVEY_OPERATION_NONE) {
        return COVEY_ERR_STATE;
    }
    err = covey_propose_removal(device, &device->self.id);
    if (err) return err;
    device->operation.member = device->self.id;
    return start(device, COVEY_OPERATION_LEAVE, COVEY_STEP_PROPOSED);
}

covey_operation covey_device_busy(const covey_device *device)
{
    return (covey_operation)device->operation.operation;
}

int covey_device_abandon(covey_device *device)
{
    int err = covey_device_ready(device, device->clock.now);

    if (err) return err;
    if (device->operation.operation == COVEY_OPERATION_NONE) return COVEY_OK;
    if (device->operation.operation == COVEY_OPERATION_LEAVE ||
        (device->committer != NULL && device->committer->commit_len != 0)) {
        return COVEY_ERR_STATE;
    }
    covey_wipe(&device->operation, sizeof device->operation);
    forget_request(device);
    return covey_device_end(device, COVEY_OK);
}

int covey_device_set_policy(covey_device *device, covey_document *document,
                            covey_now now)
{
    covey_content content = {.kind = COVEY_CONTENT_DOCUMENT};
    int err = begin(device, now);

    if (err) return err;
    if (now.utc_ms <= 0) return COVEY_ERR_ARGUMENT;
    const covey_roster_document *named =
        covey_policy_named(&device->roster, (uint32_t)document->kind);
    document->version = named == NULL ? 1 : named->version + 1;
    content.of.document = *document;
    covey_buffer out = {device->committer->document,
                        sizeof device->committer->document, 0};
    covey_buffer scratch = covey_work_scratch(device);
    const covey_payload payload = {.id = {1, 0},
                                   .sent_ms = now.utc_ms,
                                   .content = content};
    err = covey_payload_encode(&out, &payload, &scratch);
    if (err) return err;
    device->committer->document_len = (uint16_t)out.len;
    device->operation.document = (uint8_t)document->kind;
    return start(device, COVEY_OPERATION_POLICY, COVEY_STEP_COMMIT);
}
