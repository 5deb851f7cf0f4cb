/* What the host has a device say. */
#include <covey/error.h>

#include "crypto/random.h"
#include "device/commands.h"
#include "device/device.h"
#include "device/fields.h"
#include "device/say.h"
#include "device/work.h"

#define PAUSE_MAX (24u * COVEY_HOUR)

/* ---- fixes that travel together ---- */

static bool is_plain_location(const covey_content *content)
{
    return content->kind == COVEY_CONTENT_LOCATION &&
           !content->of.location.has_answer_to &&
           !content->of.location.has_scan;
}

/* The last entry, when it is a plain location that did not leave yet. */
static bool last_location(covey_device *d, covey_payload *payload, size_t *at)
{
    covey_buffer front = covey_work_front(d);

    if (d->outbox.num == 0) return false;
    *at = d->outbox.num - 1u;
    const covey_outbox_entry *entry = &d->outbox.entries[*at];
    return entry->kind == COVEY_CONTENT_LOCATION && entry->blob_len == 0 &&
           covey_payload_decode(payload, covey_outbox_payload(&d->outbox, *at),
                                &front) == COVEY_OK &&
           is_plain_location(&payload->content);
}

_Static_assert(COVEY_FIXES_MAX * sizeof(covey_fix) <= COVEY_OUTBOX_BYTES / 2,
               "fixes lie in the message part");

/* Adds its fixes to what waits, if all of it still fits the smallest blob. */
static bool join_last(covey_device *d, const covey_content *content,
                      covey_payload_id *id)
{
    const covey_location *more = &content->of.location;
    covey_fix *fixes = (covey_fix *)(void *)covey_work_message(d).at;
    uint8_t small[COVEY_PAYLOAD_SMALL_MAX];
    covey_buffer out = {small, sizeof small, 0};
    covey_buffer scratch = covey_work_scratch(d);
    covey_payload payload;
    size_t at = 0;

    if (!is_plain_location(content) || !last_location(d, &payload, &at)) {
        return false;
    }
    covey_location *location = &payload.content.of.location;
    size_t num = location->num_fixes;

    if (num + more->num_fixes > COVEY_FIXES_MAX) return false;
    memcpy(fixes, location->fixes, num * sizeof fixes[0]);
    memcpy(fixes + num, more->fixes, more->num_fixes * sizeof fixes[0]);
    location->fixes = fixes;
    location->num_fixes = num + more->num_fixes;
    if (covey_payload_encode(&out, &payload, &scratch) != COVEY_OK ||
        covey_outbox_set_payload(&d->outbox, at,
                                 covey_bytes_of(out.at, out.len)) != COVEY_OK) {
        return false;
    }
    covey_touch(d, COVEY_SLOT_OUTBOX);
    if (id != NULL) *id = payload.id;
    return true;
}

/* ---- anything ---- */

static bool is_for_hosts(covey_content_kind kind)
{
    switch (kind) {
    case COVEY_CONTENT_LOCATION:
    case COVEY_CONTENT_STATUS:
    case COVEY_CONTENT_TEXT:
    case COVEY_CONTENT_ATTACHMENT:
    case COVEY_CONTENT_RECEIPT:
    case COVEY_CONTENT_SOS_ACK:
    case COVEY_CONTENT_COMMAND: return true;
    default: return false;
    }
}

static int check(const covey_device *d, const covey_content *content)
{
    if (!is_for_hosts(content->kind)) return COVEY_ERR_ARGUMENT;
    if (content->kind == COVEY_CONTENT_COMMAND &&
        (content->of.command.kind <= COVEY_COMMAND_UNKNOWN ||
         content->of.command.kind > COVEY_COMMAND_SYNC)) {
        return COVEY_ERR_ARGUMENT;
    }
    if (!covey_may((covey_role)d->self.role, covey_action_of(content))) {
        return COVEY_ERR_PERMISSION;
    }
    if (content->kind != COVEY_CONTENT_LOCATION) return COVEY_OK;
    if (content->of.location.has_answer_to) return COVEY_ERR_ARGUMENT;
    if (d->battery < d->self.reserve_percent) return COVEY_ERR_STATE;
    return covey_is_paused(d) ? COVEY_ERR_STATE : COVEY_OK;
}

/* What the engine knows better than the host. */
static void complete_status(const covey_device *d, covey_status *status)
{
    status->num_documents = 0;
    for (uint32_t kind = 1; kind <= COVEY_NUM_DOCUMENTS; kind++) {
        if (d->self.in_force[kind] == 0) continue;
        status->documents[status->num_documents++] =
            (covey_document_version){kind, d->self.in_force[kind]};
    }
    status->paused_until_ms = covey_is_paused(d) ? d->self.paused_until_ms : 0;
    if (covey_is_paused(d)) status->limit = COVEY_LIMIT_PAUSED;
}

/* A member that is, and can say something. */
static int ready(covey_device *d, covey_now now)
{
    int err = covey_device_ready(d, now);

    if (err) return err;
    return d->self.state == COVEY_DEVICE_MEMBER ? COVEY_OK : COVEY_ERR_STATE;
}

int covey_device_send(covey_device *device, covey_now now,
                      const covey_content *content, covey_payload_id *id)
{
    covey_content said = *content;
    int err = ready(device, now);

    if (!err) err = check(device, content);
    if (err) return err;
    if (said.kind == COVEY_CONTENT_STATUS) {
        complete_status(device, &said.of.status);
    }
    device->is_light = is_plain_location(&said);
    if (!join_last(device, &said, id))
        err = covey_say(device, &said, false, id);
    device->is_light = false;
    return err ? err : covey_device_end(device, COVEY_OK);
}

size_t covey_device_num_waiting(const covey_device *device)
{
    size_t num = 0;

    for (size_t i = 0; i < device->outbox.num; i++) {
        if (device->outbox.entries[i].counter != 0) num++;
    }
    return num;
}

/* ---- SOS ---- */

static int ready_wearer(covey_device *d, covey_now now)
{
    int err = ready(d, now);

    if (err) return err;
    return covey_is_wearer(d) ? COVEY_OK : COVEY_ERR_STATE;
}

/* A call that somebody has seen, or that was repeated for its time, is over:
 * who calls then calls anew. */
static int begin_sos(covey_device *d)
{
    covey_sos_call *sos = &d->self.sos;
    uint8_t random[8];

    if (sos->is_on && sos->state != COVEY_SOS_SEEN &&
        covey_count(d) - sos->began <= COVEY_SOS_FOR) {
        return COVEY_OK;
    }
    int err = covey_random_fill(&d->random, random, sizeof random);
    if (err) return err;
    *sos = (covey_sos_call){.is_on = true, .state = COVEY_SOS_CALLING};
    for (size_t i = 0; i < sizeof random; i++) {
        sos->id = sos->id << 8 | random[i];
    }
    sos->began = covey_count(d);
    return COVEY_OK;
}

static int check_fix(covey_device *d, const covey_location *where)
{
    covey_content content = {.kind = COVEY_CONTENT_SOS};
    covey_buffer out = covey_work_message(d);
    covey_buffer scratch = covey_work_scratch(d);

    if (where == NULL || where->num_fixes == 0) return COVEY_OK;
    if (where->num_fixes != 1) return COVEY_ERR_ARGUMENT;
    content.of.sos.has_where = true;
    content.of.sos.where =
        (covey_location){.fixes = where->fixes, .num_fixes = 1};
    const covey_payload trial = {.id = {1, 0}, .content = content};

    return covey_payload_encode(&out, &trial, &scratch);
}

static void take_fix(covey_device *d, const covey_location *where)
{
    if (where == NULL || where->num_fixes == 0) return;
    d->self.sos.fix = where->fixes[0];
    d->self.sos.fix.reason = COVEY_REASON_SOS;
    d->self.sos.has_fix = true;
}

int covey_device_sos(covey_device *device, covey_now now,
                     const covey_location *where)
{
    int err = ready_wearer(device, now);

    if (!err) err = check_fix(device, where);
    if (!err) err = begin_sos(device);
    if (err) return err;
    take_fix(device, where);
    /* Said at once: it is in the outbox before this returns. */
    device->self.sos.next = covey_count(device);
    covey_touch(device, COVEY_SLOT_SELF);
    return covey_device_end(device, covey_say_sos(device));
}

int covey_device_sos_over(covey_device *device, covey_now now)
{
    covey_content content = {.kind = COVEY_CONTENT_SOS};
    int err = ready_wearer(device, now);

    if (err) return err;
    covey_sos_call *sos = &device->self.sos;
    if (!sos->is_on) return COVEY_OK;
    content.of.sos =
        (covey_sos){.id = sos->id, .repeat = sos->repeat, .over = true};
    err = covey_say(device, &content, true, NULL);
    if (err) return err;
    memset(sos, 0, sizeof *sos);
    return covey_device_end(device, COVEY_OK);
}

covey_sos_state covey_device_sos_state(const covey_device *device)
{
    return (covey_sos_state)device->self.sos.state;
}

/* ---- pause, battery ---- */

int covey_device_pause(covey_device *device, covey_now now, int64_t until_ms)
{
    covey_content content = {.kind = COVEY_CONTENT_PAUSE};
    int err = ready_wearer(device, now);

    if (err) return err;
    if (until_ms != 0 && (now.utc_ms <= 0 || until_ms <= now.utc_ms ||
                          until_ms - now.utc_ms > (int64_t)PAUSE_MAX)) {
        return COVEY_ERR_ARGUMENT;
    }
    content.of.pause.until_ms = until_ms;
    const covey_access_entry entry = {.who = device->self.id,
                                      .what = COVEY_ACCESS_PAUSE,
                                      .time_ms = device->clock.now.utc_ms};
    if (!covey_outbox_has_places(&device->outbox, 2)) return COVEY_ERR_CAPACITY;
    err = covey_say_access(device, &entry);
    if (!err) err = covey_say(device, &content, true, NULL);
    if (err) {
        return covey_device_end(device, err);
    }
    device->self.paused_until_ms = until_ms;
    device->self.pause_ends =
        until_ms == 0 ? 0
                      : covey_count(device) + (uint64_t)(until_ms - now.utc_ms);
    return covey_device_end(device, COVEY_OK);
}

void covey_device_battery(covey_device *device, uint32_t percent)
{
    device->battery = percent > 100 ? UINT32_MAX : percent;
}
