/* A device's beginning and end, and what it keeps in between. */
#include <covey/error.h>

#include "base/secret.h"
#include "device/commands.h"
#include "device/device.h"
#include "device/records.h"
#include "device/say.h"
#include "device/work.h"

#define ALIGNED(len) (((len) + 15) & ~(size_t)15)
#define NUM_OWN_SLOTS COVEY_SLOT_OPERATION /* 1 to this, and the last */

/* ---- memory ---- */

static size_t fixed_size(bool commits)
{
    size_t size = ALIGNED(sizeof(covey_device)) +
                  ALIGNED(covey_mls_group_size()) +
                  ALIGNED(covey_mls_joiner_size()) + ALIGNED(COVEY_INBOX_BYTES);

    if (!commits) return size;
    return size + ALIGNED(covey_mls_staged_size()) +
           ALIGNED(sizeof(covey_committer));
}

size_t covey_device_size(bool commits)
{
    return fixed_size(commits) + covey_work_size(commits);
}

size_t covey_uri_size(void)
{
    return COVEY_URI_SIZE;
}

size_t covey_relay_size(void)
{
    return COVEY_RELAY_SIZE;
}

/* Everything behind the struct lies where it always does. */
static void place(covey_device *d, bool commits)
{
    uint8_t *at = (uint8_t *)d + ALIGNED(sizeof *d);

    d->can_commit = commits;
    d->group = covey_mls_group_at(at, covey_mls_group_size());
    at += ALIGNED(covey_mls_group_size());
    d->joiner = covey_mls_joiner_at(at, covey_mls_joiner_size());
    at += ALIGNED(covey_mls_joiner_size());
    d->committer = NULL;
    d->staged = NULL;
    if (commits) {
        d->staged = covey_mls_staged_at(at, covey_mls_staged_size());
        at += ALIGNED(covey_mls_staged_size());
        d->committer = (covey_committer *)(void *)at;
        memset(d->committer, 0, sizeof *d->committer);
        at += ALIGNED(sizeof *d->committer);
    }
    d->inbox_bytes = at;
    at += ALIGNED(COVEY_INBOX_BYTES);
    d->work = covey_scratch_of(at, covey_work_size(commits));
}

covey_device *covey_device_at(void *memory, size_t len)
{
    if (memory == NULL || (uintptr_t)memory % _Alignof(uint64_t) != 0 ||
        len < covey_device_size(false)) {
        return NULL;
    }
    covey_device *d = memory;
    bool commits = len >= covey_device_size(true);

    memset(memory, 0, covey_device_size(commits));
    place(d, commits);
    return d;
}

/* ---- what is stored ---- */

static void forget(covey_device *d)
{
    covey_store store = d->store;
    covey_clock clock = d->clock;
    covey_device_config config = d->config;
    covey_endpoint endpoint = d->endpoint;
    covey_random random = d->random;
    bool commits = d->can_commit;
    bool is_open = d->is_open;
    uint32_t last_request = d->last_request;

    covey_wipe(d, covey_device_size(commits));
    place(d, commits);
    d->store = store;
    d->clock = clock;
    d->config = config;
    d->endpoint = endpoint;
    d->random = random;
    d->is_open = is_open;
    d->last_request = last_request;
    d->battery = UINT32_MAX;
    covey_wipe(&store, sizeof store);
}

static int load_record(covey_device *d, uint32_t slot)
{
    covey_scratch memory = d->work;
    covey_bytes bytes;

    if (covey_store_len(&d->store, slot) == 0) return COVEY_OK;
    int err = covey_store_get(&d->store, slot, &memory, &bytes);
    if (!err) err = covey_record_read(d, slot, bytes);
    return err;
}

/* What only runs as long as the device does. */
static void begin_run(covey_device *d)
{
    uint64_t now = covey_count(d);

    for (size_t i = 0; i < COVEY_NUM_CHANNELS; i++) {
        d->channels[i].due = now;
        d->channels[i].max_blob = COVEY_INBOX_BLOB;
    }
    d->boot = covey_is_wearer(d) && d->self.state == COVEY_DEVICE_MEMBER
                  ? COVEY_BOOT_NEEDED
                  : COVEY_BOOT_DONE;
}

/* What may have been sent after the last save uses no number again. */
static int pass_over_reserved(covey_device *d)
{
    uint32_t reserved = d->self.reserved;

    if (reserved == 0 || !covey_mls_is_open(d->group)) return COVEY_OK;
    if (reserved > COVEY_DEVICE_RESERVE) return COVEY_ERR_MALFORMED;
    d->self.reserved = 0;
    covey_touch(d, COVEY_SLOT_SELF);
    covey_touch(d, COVEY_SLOT_GROUP);
    covey_touch(d, COVEY_SLOT_LOG);
    covey_log_skip(&d->log, reserved);
    return covey_mls_pass_over(d->group, reserved);
}

static int load(covey_device *d)
{
    int err = COVEY_OK;

    forget(d);
    for (uint32_t slot = COVEY_SLOT_SELF; slot <= NUM_OWN_SLOTS && !err;
         slot++) {
        err = load_record(d, slot);
    }
    if (!err) err = load_record(d, COVEY_SLOT_PROPOSALS);
    if (!err && covey_mls_is_open(d->group)) {
        err = covey_roster_of(&d->roster, covey_mls_extensions(d->group));
    }
    if (!err) err = pass_over_reserved(d);
    if (!err) begin_run(d);
    covey_wipe(d->work.at, d->work.cap);
    return err;
}

/* What the user was about to do when the device stopped. */
static void ask_again(covey_device *d)
{
    if (d->self.state == COVEY_DEVICE_JOINED) {
        covey_note_add(d, COVEY_EVENT_SHOW_DIGITS, NULL, NULL);
    }
    if (d->operation.step == COVEY_STEP_DIGITS) {
        covey_note_add(d, COVEY_EVENT_ENTER_DIGITS, &d->operation.member, NULL);
    }
}

int covey_device_open(covey_device *device, const covey_device_config *config,
                      covey_now now)
{
    if (config->port == NULL || config->host_key == NULL ||
        config->wait_ms > COVEY_SYNC_WAIT_MAX_MS ||
        config->reserve > COVEY_DEVICE_RESERVE ||
        config->reserve > COVEY_MLS_SKIPPED_MAX) {
        return COVEY_ERR_ARGUMENT;
    }
    covey_host_key key;

    covey_device_close(device);
    device->config = *config;
    device->config.host_key = NULL;
    if (device->config.poll_ms == 0) {
        device->config.poll_ms = COVEY_POLL_DEFAULT;
    }
    device->random = (covey_random){config->port->ctx, config->port->random};
    memcpy(key.bytes, config->host_key, sizeof key.bytes);
    int err = covey_store_open(&device->store, config->port, &key);
    covey_wipe(&key, sizeof key);
    if (!err) {
        covey_clock_set(&device->clock, now);
        device->is_open = true;
        err = load(device);
    }
    if (!err) err = covey_say_boot(device);
    if (!err) err = covey_commands_forget(device);
    if (!err) ask_again(device);
    if (err) covey_device_close(device);
    return err;
}

void covey_device_close(covey_device *device)
{
    bool commits = device->can_commit;

    covey_store_close(&device->store);
    covey_wipe(device, covey_device_size(commits));
    place(device, commits);
}

/* ---- in every call ---- */

/* The same run goes on from what is stored: a boot that was said and is in
 * the log is not said again. */
static int reload(covey_device *d)
{
    uint8_t boot = d->boot;
    uint64_t boot_counter = d->boot_counter;
    uint32_t battery = d->battery;

    int err = covey_store_reopen(&d->store);
    if (!err) err = load(d);
    if (err) {
        d->is_stale = true;
        d->boot = boot;
        d->boot_counter = boot_counter;
        return err;
    }
    d->battery = battery;
    for (size_t i = 0; i < d->outbox.num; i++) {
        if (boot_counter != 0 && d->outbox.entries[i].counter == boot_counter) {
            d->boot = COVEY_BOOT_SAID;
            d->boot_counter = boot_counter;
        }
    }
    if (boot == COVEY_BOOT_DONE && d->boot == COVEY_BOOT_NEEDED &&
        d->config.reserve == 0) {
        d->boot = COVEY_BOOT_DONE;
    }
    covey_commands_show_again(d);
    /* With a reserve numbers were passed over. */
    err = d->config.reserve == 0 ? COVEY_OK : covey_say_boot(d);
    if (err) d->is_stale = true;
    return err;
}

int covey_device_ready(covey_device *d, covey_now now)
{
    if (!d->is_open) return COVEY_ERR_STATE;
    if (d->is_stale) {
        int err = reload(d);
        if (err) return err;
    }
    covey_clock_set(&d->clock, now);
    return COVEY_OK;
}

/* ---- saving ---- */

static int put_record(covey_change *change, const covey_device *d,
                      uint32_t slot)
{
    covey_writer w = covey_change_writer(change);

    covey_record_write(&w, d, slot);
    if (w.failed) return COVEY_ERR_BUFFER;
    if (w.len == 0) return covey_change_erase(change, slot);
    return covey_change_put_written(change, slot, &w);
}

static int put_dirty(covey_change *change, const covey_device *d)
{
    int err = COVEY_OK;

    for (uint32_t slot = COVEY_SLOT_SELF; slot <= COVEY_SLOT_PROPOSALS && !err;
         slot++) {
        bool is_document =
            slot >= COVEY_SLOT_DOCUMENTS && slot < COVEY_SLOT_PROPOSALS;

        if (!is_document && (d->dirty & COVEY_DIRTY(slot)) != 0) {
            err = put_record(change, d, slot);
        }
    }
    return err;
}

static int save_in(covey_device *d, covey_scratch memory, uint32_t slot,
                   covey_bytes payload)
{
    covey_change change = {0};

    if (slot != 0) memory.cap -= payload.len;
    int err = covey_change_begin(&change, &d->store, memory);
    if (!err) err = put_dirty(&change, d);
    if (!err && slot != 0) err = covey_change_put(&change, slot, payload);
    if (!err) err = covey_change_commit(&change);
    covey_change_drop(&change);
    return err;
}

/* The work memory and the inbox before it. What was not read there is asked
 * for again; but a request or an answer may lie in it. */
static bool take_inbox(covey_device *d, covey_scratch *memory)
{
    for (size_t i = 0; i < COVEY_NUM_CHANNELS; i++) {
        if (d->is_lent && d->channels[i].is_out) return false;
    }
    if (d->inbox.is_there) {
        d->inbox.is_there = false;
        d->is_at_head = false;
        d->channels[d->inbox.channel].due = covey_count(d);
    }
    *memory = covey_scratch_of(d->inbox_bytes,
                               ALIGNED(COVEY_INBOX_BYTES) + d->work.cap);
    return true;
}

int covey_device_save_document(covey_device *d, uint32_t slot,
                               covey_bytes payload)
{
    covey_scratch memory = d->work;

    if (d->dirty == 0 && slot == 0) return COVEY_OK;
    covey_touch(d, COVEY_SLOT_SELF);
    int err = save_in(d, memory, slot, payload);
    if (err == COVEY_ERR_BUFFER && take_inbox(d, &memory)) {
        err = save_in(d, memory, slot, payload);
    }
    if (err) {
        d->is_stale = true;
        return err;
    }
    d->dirty = 0;
    d->must_save = false;
    d->saved_counter = d->self.counter;
    d->saved_own = d->log.num_own;
    return COVEY_OK;
}

/* Nothing but plain fixes, and fewer than the numbers that are reserved. */
static bool may_wait(const covey_device *d)
{
    return !d->must_save &&
           d->self.counter - d->saved_counter <= d->config.reserve &&
           d->log.num_own - d->saved_own <= d->config.reserve;
}

int covey_device_save(covey_device *d)
{
    if (d->config.reserve != 0 && may_wait(d)) return COVEY_OK;
    return covey_device_save_document(d, 0, covey_bytes_of(NULL, 0));
}

int covey_device_end(covey_device *d, int err)
{
    if (!err) err = covey_device_save(d);
    if (!err) return COVEY_OK;
    d->is_stale = true;
    (void)reload(d);
    return err;
}

int covey_device_keep(covey_device *device, covey_now now)
{
    int err = covey_device_ready(device, now);

    if (err) return err;
    device->is_told = false;
    return covey_device_end(device, COVEY_OK);
}

int covey_device_wipe(covey_device *device)
{
    covey_change change = {0};
    int err = covey_device_ready(device, device->clock.now);

    if (err) return err;
    err = covey_change_begin(&change, &device->store, device->work);
    for (uint32_t slot = 1; slot <= COVEY_SLOT_PROPOSALS && !err; slot++) {
        err = covey_change_erase(&change, slot);
    }
    if (!err) err = covey_change_commit(&change);
    covey_change_drop(&change);
    device->is_stale = true;
    if (err) return err;
    return covey_device_ready(device, device->clock.now);
}

covey_device_state covey_device_state_of(const covey_device *device)
{
    return (covey_device_state)device->self.state;
}

/* ---- events for later ---- */

void covey_note_add(covey_device *d, covey_event_kind kind,
                    const covey_member_id *member, const covey_member_id *by)
{
    covey_note note = {.kind = (uint8_t)kind};

    if (member != NULL) note.member = *member;
    if (by != NULL) note.by = *by;
    covey_notes_add(&d->notes, &note);
    covey_touch(d, COVEY_SLOT_SELF);
}

void covey_note_error(covey_device *d, covey_event_kind kind,
                      const covey_member_id *by, covey_operation operation,
                      int error)
{
    covey_note note = {.kind = (uint8_t)kind,
                       .operation = (uint8_t)operation,
                       .error = (int16_t)error};

    if (by != NULL) note.by = *by;
    covey_notes_add(&d->notes, &note);
    covey_touch(d, COVEY_SLOT_SELF);
}

void covey_device_stop(covey_device *d, covey_device_state state,
                       covey_event_kind kind, const covey_member_id *by,
                       int error)
{
    d->self.state = (uint8_t)state;
    d->inbox.is_there = false;
    covey_note_error(d, kind, by, COVEY_OPERATION_NONE, error);
}
