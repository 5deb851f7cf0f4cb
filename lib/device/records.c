#include "device/records.h"

#include <covey/error.h>

#include "base/secret.h"
#include "device/fields.h"
#include "device/repost.h"

#define VERSION 1

/* ---- self ---- */

static void write_fix(covey_writer *w, const covey_fix *fix)
{
    covey_write_u64(w, (uint64_t)fix->time_ms);
    covey_write_u32(w, (uint32_t)fix->lat_e7);
    covey_write_u32(w, (uint32_t)fix->lon_e7);
    covey_write_u32(w, fix->accuracy_cm);
    covey_write_u32(w, (uint32_t)fix->altitude_cm);
    covey_write_u32(w, fix->speed_cm_s);
    covey_write_u32(w, fix->heading_cdeg);
    covey_write_u32(w, fix->battery_percent);
    covey_write_flag(w, fix->has_altitude);
    covey_write_flag(w, fix->has_speed);
    covey_write_flag(w, fix->has_heading);
    covey_write_flag(w, fix->has_battery);
    covey_write_u8(w, (uint8_t)fix->charging);
    covey_write_u8(w, (uint8_t)fix->worn);
    covey_write_u8(w, (uint8_t)fix->source);
    covey_write_u8(w, (uint8_t)fix->reason);
}

static void read_fix(covey_reader *r, covey_fix *fix)
{
    fix->time_ms = (int64_t)covey_read_u64(r);
    fix->lat_e7 = (int32_t)covey_read_u32(r);
    fix->lon_e7 = (int32_t)covey_read_u32(r);
    fix->accuracy_cm = covey_read_u32(r);
    fix->altitude_cm = (int32_t)covey_read_u32(r);
    fix->speed_cm_s = covey_read_u32(r);
    fix->heading_cdeg = covey_read_u32(r);
    fix->battery_percent = covey_read_u32(r);
    fix->has_altitude = covey_read_flag(r);
    fix->has_speed = covey_read_flag(r);
    fix->has_heading = covey_read_flag(r);
    fix->has_battery = covey_read_flag(r);
    fix->charging = (covey_yes_no)covey_read_u8(r);
    fix->worn = (covey_yes_no)covey_read_u8(r);
    fix->source = (covey_source)covey_read_u8(r);
    fix->reason = (covey_reason)covey_read_u8(r);
}

static void write_sos(covey_writer *w, const covey_sos_call *sos)
{
    covey_write_u64(w, sos->id);
    covey_write_flag(w, sos->is_on);
    covey_write_u8(w, sos->state);
    covey_write_u32(w, sos->repeat);
    covey_write_u64(w, sos->began);
    covey_write_u64(w, sos->next);
    covey_write_flag(w, sos->has_fix);
    write_fix(w, &sos->fix);
}

static void read_sos(covey_reader *r, covey_sos_call *sos)
{
    sos->id = covey_read_u64(r);
    sos->is_on = covey_read_flag(r);
    sos->state = covey_read_u8(r);
    sos->repeat = covey_read_u32(r);
    sos->began = covey_read_u64(r);
    sos->next = covey_read_u64(r);
    sos->has_fix = covey_read_flag(r);
    read_fix(r, &sos->fix);
}

static void write_self(covey_writer *w, const covey_device *d)
{
    const covey_self *self = &d->self;

    covey_write_u8(w, self->state);
    covey_write_u8(w, self->role);
    covey_write_member(w, &self->id);
    covey_write_fixed(w, covey_bytes_of(self->relay, sizeof self->relay));
    covey_write_u64(w, self->counter + d->config.reserve);
    covey_write_u8(w, (uint8_t)d->config.reserve);
    covey_write_u32(w, self->incarnation);
    covey_write_u64(w, (uint64_t)self->paused_until_ms);
    covey_write_u64(w, self->pause_ends);
    covey_write_u64(w, self->update_taken);
    covey_write_u64(w, self->update_epoch);
    for (size_t i = 0; i <= COVEY_NUM_DOCUMENTS; i++) {
        covey_write_u32(w, self->in_force[i]);
        covey_write_u32(w, self->held[i]);
    }
    covey_write_u32(w, self->interval_s);
    covey_write_u32(w, self->reserve_percent);
    write_sos(w, &self->sos);
    covey_write_u64(w, d->clock.count_ms);
    covey_write_u64(w, d->clock.now.mono_ms);
    covey_notes_write(w, &d->notes);
}

static int read_self(covey_device *d, covey_reader *r)
{
    covey_self *self = &d->self;

    self->state = covey_read_u8(r);
    self->role = covey_read_u8(r);
    covey_read_member(r, &self->id);
    covey_read_into(r, self->relay, sizeof self->relay);
    self->relay[sizeof self->relay - 1] = '\0';
    self->counter = covey_read_u64(r);
    self->reserved = covey_read_u8(r);
    self->incarnation = covey_read_u32(r);
    self->paused_until_ms = (int64_t)covey_read_u64(r);
    self->pause_ends = covey_read_u64(r);
    self->update_taken = covey_read_u64(r);
    self->update_epoch = covey_read_u64(r);
    for (size_t i = 0; i <= COVEY_NUM_DOCUMENTS; i++) {
        self->in_force[i] = covey_read_u32(r);
        self->held[i] = covey_read_u32(r);
    }
    self->interval_s = covey_read_u32(r);
    self->reserve_percent = covey_read_u32(r);
    read_sos(r, &self->sos);
    uint64_t count_ms = covey_read_u64(r);
    covey_clock_resume(&d->clock, count_ms, covey_read_u64(r));
    return covey_notes_read(&d->notes, r);
}

/* ---- group and joiner ---- */

static void write_group(covey_writer *w, const covey_device *d)
{
    const covey_mls_staged *staged =
        d->committer != NULL && d->committer->commit_len != 0 ? d->staged
                                                              : NULL;
    covey_buffer out = {w->at == NULL ? NULL : w->at + w->len,
                        w->at == NULL ? 0 : w->cap - w->len, 0};

    if (covey_mls_group_save(d->group, staged, &out) != COVEY_OK) {
        w->failed = true;
        return;
    }
    w->len += out.len;
}

static int read_group(covey_device *d, covey_reader *r)
{
    covey_bytes saved = covey_read_fixed(r, r->left);

    return covey_mls_group_load(d->group, d->staged, saved);
}

static void write_invite(covey_writer *w, const covey_invite *invite)
{
    covey_write_u8(w, invite->role);
    covey_write_fixed(w, covey_bytes_of(invite->secret, sizeof invite->secret));
    covey_write_fixed(w, covey_bytes_of(invite->key_hash,
                                        sizeof invite->key_hash));
    covey_write_vec(w, covey_bytes_of(invite->relay, invite->relay_len));
}

static void read_invite(covey_reader *r, covey_invite *invite)
{
    invite->role = covey_read_u8(r);
    covey_read_into(r, invite->secret, sizeof invite->secret);
    covey_read_into(r, invite->key_hash, sizeof invite->key_hash);
    covey_bytes relay = covey_read_vec(r);
    if (relay.len > sizeof invite->relay) {
        r->failed = true;
        return;
    }
    invite->relay_len = (uint8_t)relay.len;
    covey_copy(invite->relay, relay.at, relay.len);
}

static void write_pairing(covey_writer *w, const covey_device *d)
{
    uint8_t saved[1024];
    covey_buffer out = {saved, sizeof saved, 0};

    covey_write_u64(w, d->pairing.ends);
    covey_write_u64(w, d->pairing.after);
    write_invite(w, &d->pairing.invite);
    if (covey_mls_joiner_save(d->joiner, &out) != COVEY_OK) w->failed = true;
    covey_write_vec(w, covey_bytes_of(out.at, out.len));
    covey_wipe(saved, sizeof saved);
}

static int read_pairing(covey_device *d, covey_reader *r)
{
    d->pairing.is_on = true;
    d->pairing.ends = covey_read_u64(r);
    d->pairing.after = covey_read_u64(r);
    read_invite(r, &d->pairing.invite);
    covey_bytes saved = covey_read_vec(r);
    if (r->failed) return COVEY_ERR_MALFORMED;
    return covey_mls_joiner_load(d->joiner, saved);
}

/* ---- what a guardian asked for ---- */

static void write_commit(covey_writer *w, const covey_committer *c)
{
    covey_write_vec(w, covey_bytes_of(c->commit, c->commit_len));
    covey_write_flag(w, c->is_placed);
    covey_write_u64(w, c->index);
    covey_write_u32(w, c->seen_count);
    covey_write_flag(w, c->is_of_lost);
    covey_write_fixed(w, covey_digest_bytes(&c->hash));
    covey_write_vec(w, covey_bytes_of(c->welcome, c->welcome_len));
    covey_write_vec(w, covey_bytes_of(c->key_package, c->key_package_len));
    covey_write_vec(w, covey_bytes_of(c->document, c->document_len));
    covey_write_fixed(w, covey_bytes_of(c->relay, sizeof c->relay));
}

/* Bytes of at most cap into a buffer. */
static uint16_t read_up_to(covey_reader *r, uint8_t *out, size_t cap)
{
    covey_bytes bytes = covey_read_vec(r);

    if (bytes.len > cap) {
        r->failed = true;
        return 0;
    }
    covey_copy(out, bytes.at, bytes.len);
    return (uint16_t)bytes.len;
}

static void read_commit(covey_reader *r, covey_committer *c)
{
    c->commit_len = read_up_to(r, c->commit, sizeof c->commit);
    c->is_placed = covey_read_flag(r);
    c->index = covey_read_u64(r);
    c->seen_count = covey_read_u32(r);
    c->is_of_lost = covey_read_flag(r);
    covey_read_into(r, c->hash.bytes, sizeof c->hash.bytes);
    c->welcome_len = read_up_to(r, c->welcome, sizeof c->welcome);
    c->key_package_len = read_up_to(r, c->key_package, sizeof c->key_package);
    c->document_len = read_up_to(r, c->document, sizeof c->document);
    covey_read_into(r, c->relay, sizeof c->relay);
    c->relay[sizeof c->relay - 1] = '\0';
}

static void write_operation(covey_writer *w, const covey_device *d)
{
    const covey_pending *op = &d->operation;

    covey_write_u8(w, op->operation);
    covey_write_u8(w, op->step);
    covey_write_flag(w, op->is_own_person);
    covey_write_u8(w, op->tries);
    covey_write_u8(w, op->document);
    covey_write_member(w, &op->member);
    write_invite(w, &op->invite);
    covey_write_u64(w, op->invite_after);
    covey_write_u64(w, op->ends);
    covey_write_fixed(w, covey_bytes_of(op->digits, sizeof op->digits));
    covey_write_flag(w, d->committer != NULL);
    if (d->committer != NULL) write_commit(w, d->committer);
}

/* Who does not commit only ever asks for something. */
static bool is_step(const covey_pending *op, bool commits)
{
    if (op->operation > COVEY_OPERATION_MOVE) return false;
    if (op->step == COVEY_STEP_NONE || op->step == COVEY_STEP_PROPOSED) {
        return true;
    }
    return commits && op->step < COVEY_STEP_PROPOSED;
}

static int read_operation(covey_device *d, covey_reader *r)
{
    covey_pending *op = &d->operation;

    op->operation = covey_read_u8(r);
    op->step = covey_read_u8(r);
    op->is_own_person = covey_read_flag(r);
    op->tries = covey_read_u8(r);
    op->document = covey_read_u8(r);
    covey_read_member(r, &op->member);
    read_invite(r, &op->invite);
    op->invite_after = covey_read_u64(r);
    op->ends = covey_read_u64(r);
    covey_read_into(r, op->digits, sizeof op->digits);
    op->digits[sizeof op->digits - 1] = '\0';
    bool commits = covey_read_flag(r);
    if (commits && d->committer == NULL) return COVEY_ERR_CAPACITY;
    if (commits) read_commit(r, d->committer);
    return r->failed || !is_step(op, commits) ? COVEY_ERR_MALFORMED : COVEY_OK;
}

/* And what is kept beside them. */
static void write_proposals(covey_writer *w, const covey_committer *c)
{
    covey_reposts_write(w, &c->reposts);
    covey_write_u8(w, c->num_proposals);
    for (size_t i = 0; i < c->num_proposals; i++) {
        const covey_kept_proposal *kept = &c->proposals[i];

        covey_write_fixed(w, covey_bytes_of(kept->ref.bytes,
                                            sizeof kept->ref.bytes));
        covey_write_vec(w, covey_bytes_of(kept->bytes, kept->len));
    }
}

static int read_proposals(covey_committer *c, covey_reader *r)
{
    int err = covey_reposts_read(&c->reposts, r);
    if (err) return err;
    uint8_t num = covey_read_u8(r);

    if (num > COVEY_MLS_PROPOSALS_MAX) return COVEY_ERR_CAPACITY;
    for (uint8_t i = 0; i < num; i++) {
        covey_kept_proposal *kept = &c->proposals[i];

        covey_read_into(r, kept->ref.bytes, sizeof kept->ref.bytes);
        kept->len = read_up_to(r, kept->bytes, sizeof kept->bytes);
    }
    c->num_proposals = r->failed ? 0 : num;
    return r->failed ? COVEY_ERR_MALFORMED : COVEY_OK;
}

/* ---- by slot ---- */

/* Whether a device that stands like this has that record. */
static bool has_record(const covey_device *d, uint32_t slot)
{
    switch (slot) {
    case COVEY_SLOT_SELF: return true;
    case COVEY_SLOT_PAIRING: return d->pairing.is_on;
    case COVEY_SLOT_OUTBOX: return d->outbox.num != 0;
    case COVEY_SLOT_OPERATION:
        return d->operation.operation != COVEY_OPERATION_NONE ||
               (d->committer != NULL && (d->committer->commit_len != 0 ||
                                         d->committer->welcome_len != 0));
    case COVEY_SLOT_PROPOSALS:
        return d->committer != NULL && (d->committer->num_proposals != 0 ||
                                        d->committer->reposts.num != 0);
    default: return covey_mls_is_open(d->group);
    }
}

void covey_record_write(covey_writer *w, const covey_device *d, uint32_t slot)
{
    if (!has_record(d, slot)) return;
    covey_write_u8(w, VERSION);
    switch (slot) {
    case COVEY_SLOT_SELF: write_self(w, d); break;
    case COVEY_SLOT_GROUP: write_group(w, d); break;
    case COVEY_SLOT_LOG: covey_log_write(w, &d->log); break;
    case COVEY_SLOT_OUTBOX: covey_outbox_write(w, &d->outbox); break;
    case COVEY_SLOT_PEERS: covey_peers_write(w, &d->peers); break;
    case COVEY_SLOT_TASKS: covey_tasks_write(w, &d->tasks); break;
    case COVEY_SLOT_BOOK: covey_book_write(w, &d->book); break;
    case COVEY_SLOT_PAIRING: write_pairing(w, d); break;
    case COVEY_SLOT_OPERATION: write_operation(w, d); break;
    default: write_proposals(w, d->committer); break;
    }
}

int covey_record_read(covey_device *d, uint32_t slot, covey_bytes bytes)
{
    covey_reader r = covey_reader_of(bytes);
    int err = covey_read_u8(&r) == VERSION ? COVEY_OK : COVEY_ERR_MALFORMED;

    if (err) return err;
    switch (slot) {
    case COVEY_SLOT_SELF: err = read_self(d, &r); break;
    case COVEY_SLOT_GROUP: err = read_group(d, &r); break;
    case COVEY_SLOT_LOG: err = covey_log_read(&d->log, &r); break;
    case COVEY_SLOT_OUTBOX: err = covey_outbox_read(&d->outbox, &r); break;
    case COVEY_SLOT_PEERS: err = covey_peers_read(&d->peers, &r); break;
    case COVEY_SLOT_TASKS: err = covey_tasks_read(&d->tasks, &r); break;
    case COVEY_SLOT_BOOK: err = covey_book_read(&d->book, &r); break;
    case COVEY_SLOT_PAIRING: err = read_pairing(d, &r); break;
    case COVEY_SLOT_OPERATION: err = read_operation(d, &r); break;
    case COVEY_SLOT_PROPOSALS:
        err = d->committer == NULL ? COVEY_ERR_CAPACITY
                                   : read_proposals(d->committer, &r);
        break;
    default: return COVEY_ERR_MALFORMED;
    }
    return err ? err : covey_reader_finish(&r);
}
