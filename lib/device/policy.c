#include "device/policy.h"

#include <covey/error.h>

#include "device/say.h"
#include "device/work.h"

static uint32_t slot_of(uint32_t kind)
{
    return COVEY_SLOT_DOCUMENTS + kind - 1;
}

const covey_roster_document *covey_policy_named(const covey_roster *roster,
                                                uint32_t kind)
{
    for (size_t i = 0; i < roster->num_documents; i++) {
        if (roster->documents[i].kind == kind) return &roster->documents[i];
    }
    return NULL;
}

bool covey_policy_has(const covey_device *d, const covey_document_name *name)
{
    const covey_roster_document *named =
        covey_policy_named(&d->roster, name->kind);

    return named != NULL && name->kind <= COVEY_NUM_DOCUMENTS &&
           named->version == name->version &&
           memcmp(named->hash, name->hash, sizeof name->hash) == 0 &&
           d->self.held[name->kind] == name->version;
}

/* How often the watch reports, what it keeps for an SOS: there it holds once
 * it is in force; the others expect it from then on that they have it. */
static void obey(covey_device *d, const covey_document *document)
{
    if (document->kind != COVEY_DOCUMENT_REPORTING) return;
    d->self.interval_s = document->of.reporting.interval_s;
    d->self.reserve_percent =
        covey_is_wearer(d) ? document->of.reporting.reserve_percent : 0;
    covey_touch(d, COVEY_SLOT_SELF);
}

/* ---- loading ---- */

int covey_policy_load(covey_device *d, uint32_t kind, covey_payload *payload)
{
    covey_buffer scratch = covey_work_scratch(d);
    covey_buffer front = covey_work_front(d);
    covey_scratch memory = covey_scratch_of(scratch.at, scratch.cap);
    covey_bytes bytes;

    if (kind == 0 || kind > COVEY_NUM_DOCUMENTS || d->self.held[kind] == 0) {
        return COVEY_ERR_REFERENCE;
    }
    int err = covey_store_get(&d->store, slot_of(kind), &memory, &bytes);
    if (!err) err = covey_payload_decode(payload, bytes, &front);
    return err;
}

int covey_device_policy(covey_device *device, covey_document_kind kind,
                        covey_document *document, bool *in_force)
{
    covey_payload payload;
    int err = covey_device_ready(device, device->clock.now);

    if (err) return err;
    if (!covey_mls_is_open(device->group)) return COVEY_ERR_STATE;
    err = covey_policy_load(device, (uint32_t)kind, &payload);
    if (err) return err;
    *document = payload.content.of.document;
    if (in_force != NULL) {
        *in_force = device->self.in_force[document->kind] == document->version;
    }
    return COVEY_OK;
}

/* ---- keeping ---- */

static bool is_named(const covey_device *d, const covey_document *document,
                     covey_buffer *scratch)
{
    const covey_roster_document *named =
        covey_policy_named(&d->roster, (uint32_t)document->kind);
    uint8_t hash[COVEY_DOCUMENT_HASH_SIZE];

    return named != NULL && named->version == document->version &&
           covey_document_hash(hash, document, scratch) == COVEY_OK &&
           memcmp(named->hash, hash, sizeof hash) == 0;
}

/* From the end of the work memory, which saving leaves alone. */
static int keep(covey_device *d, uint32_t kind, uint32_t version,
                covey_bytes *bytes)
{
    uint8_t *end = d->work.at + d->work.cap - bytes->len;

    memmove(end, bytes->at, bytes->len);
    bytes->at = end;
    d->self.held[kind] = version;
    covey_touch(d, COVEY_SLOT_SELF);
    return covey_device_save_document(d, slot_of(kind), *bytes);
}

int covey_policy_heard(covey_device *d, covey_bytes bytes,
                       covey_payload *payload)
{
    const covey_inbox *inbox = &d->inbox;
    covey_buffer blob =
        covey_work_blob(d, inbox->response.entries[inbox->next - 1].blob);
    covey_buffer front = covey_work_front(d);
    covey_buffer scratch = covey_work_scratch(d);

    /* Out of the way of the scratch, to where it came from. */
    memmove(blob.at, bytes.at, bytes.len);
    bytes.at = blob.at;
    int err = covey_payload_decode(payload, bytes, &front);
    if (err) return err;
    const covey_document *document = &payload->content.of.document;
    bool is_new = document->version > d->self.held[(uint32_t)document->kind];

    if (!is_new || !is_named(d, document, &scratch)) {
        memset(payload, 0, sizeof *payload);
        return COVEY_OK;
    }
    if (!covey_is_wearer(d)) obey(d, document);
    err = keep(d, (uint32_t)document->kind, document->version, &bytes);
    if (err) return err;
    front = covey_work_front(d);
    return covey_payload_decode(payload, bytes, &front);
}

int covey_policy_keep(covey_device *d, const covey_document *document,
                      covey_bytes bytes)
{
    obey(d, document);
    return keep(d, (uint32_t)document->kind, document->version, &bytes);
}

/* ---- in force ---- */

static int say_in_force(covey_device *d)
{
    covey_content content = {.kind = COVEY_CONTENT_STATUS};
    covey_status *status = &content.of.status;

    for (uint32_t kind = 1; kind <= COVEY_NUM_DOCUMENTS; kind++) {
        if (d->self.in_force[kind] == 0) continue;
        status->documents[status->num_documents++] =
            (covey_document_version){kind, d->self.in_force[kind]};
    }
    int err = covey_say(d, &content, true, NULL);
    return err == COVEY_ERR_CAPACITY ? COVEY_OK : err;
}

int covey_policy_enforce(covey_device *d, const covey_document_name *name)
{
    covey_payload payload;
    covey_note note = {.kind = COVEY_EVENT_POLICY, .value = name->kind};

    if (!covey_policy_has(d, name)) return COVEY_ERR_REFERENCE;
    int err = covey_policy_load(d, name->kind, &payload);
    if (err) return err;
    obey(d, &payload.content.of.document);
    d->self.in_force[name->kind] = name->version;
    covey_notes_add(&d->notes, &note);
    covey_touch(d, COVEY_SLOT_SELF);
    return say_in_force(d);
}

int covey_policy_say_all(covey_device *d)
{
    for (uint32_t kind = 1; kind <= COVEY_NUM_DOCUMENTS; kind++) {
        covey_payload payload;

        if (d->self.held[kind] == 0) continue;
        int err = covey_policy_load(d, kind, &payload);
        /* The bytes in the scratch are not needed any more. */
        if (!err) err = covey_say(d, &payload.content, true, NULL);
        if (err == COVEY_ERR_CAPACITY) return COVEY_OK;
        if (err) return err;
    }
    return COVEY_OK;
}
