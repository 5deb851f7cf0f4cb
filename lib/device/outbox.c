#include "device/outbox.h"

#include <covey/error.h>

#include "base/secret.h"
#include "relay/blob.h"

/* A sealed payload is 112 bytes longer, up to the next size: SPEC.md 4.2. */
static size_t sealed_size(size_t payload_len)
{
    size_t size = covey_blob_bucket(payload_len + 112);

    return size == 0 ? COVEY_BLOB_MAX : size;
}

/* Bytes that the entries will take when all are sealed. */
static size_t committed(const covey_outbox *outbox)
{
    size_t sum = 0;

    for (size_t i = 0; i < outbox->num; i++) {
        const covey_outbox_entry *entry = &outbox->entries[i];

        sum += entry->payload_len;
        sum += entry->blob_len != 0 ? entry->blob_len
                                    : sealed_size(entry->payload_len);
    }
    return sum;
}

bool covey_outbox_has_room(const covey_outbox *outbox, size_t payload_len,
                           covey_room room)
{
    size_t entries = COVEY_OUTBOX_ENTRIES;
    size_t bytes = COVEY_OUTBOX_BYTES;

    if (room == COVEY_ROOM_HOST) {
        entries -= COVEY_OUTBOX_SPARE_ENTRIES;
        bytes -= COVEY_OUTBOX_SPARE_BYTES;
    } else if (room == COVEY_ROOM_ENGINE) {
        entries -= COVEY_OUTBOX_LAST_ENTRIES;
        bytes -= COVEY_OUTBOX_LAST_BYTES;
    }
    return outbox->num < entries &&
           committed(outbox) + payload_len + sealed_size(payload_len) <= bytes;
}

bool covey_outbox_has_places(const covey_outbox *outbox, size_t num)
{
    return outbox->num + num <=
               COVEY_OUTBOX_ENTRIES - COVEY_OUTBOX_LAST_ENTRIES &&
           committed(outbox) + num * COVEY_OUTBOX_LAST_BYTES <=
               COVEY_OUTBOX_BYTES - COVEY_OUTBOX_LAST_BYTES;
}

static size_t entry_len(const covey_outbox_entry *entry)
{
    return (size_t)entry->payload_len + entry->blob_len;
}

/* Makes the bytes from `at` on, `old` long, `new` long. */
static int resize(covey_outbox *outbox, size_t entry, size_t at, size_t old,
                  size_t new)
{
    if (outbox->used - old + new > sizeof outbox->bytes) {
        return COVEY_ERR_CAPACITY;
    }
    memmove(outbox->bytes + at + new, outbox->bytes + at + old,
            outbox->used - at - old);
    outbox->used = (uint32_t)(outbox->used - old + new);
    for (size_t i = entry + 1; i < outbox->num; i++) {
        outbox->entries[i].at = (uint32_t)(outbox->entries[i].at - old + new);
    }
    covey_wipe(outbox->bytes + outbox->used, new < old ? old - new : 0);
    return COVEY_OK;
}

int covey_outbox_add(covey_outbox *outbox, const covey_outbox_entry *entry,
                     covey_bytes payload, covey_bytes blob)
{
    if (outbox->num == COVEY_OUTBOX_ENTRIES ||
        payload.len > COVEY_PAYLOAD_MAX || blob.len > COVEY_BLOB_MAX ||
        payload.len + blob.len > sizeof outbox->bytes - outbox->used) {
        return COVEY_ERR_CAPACITY;
    }
    covey_outbox_entry *added = &outbox->entries[outbox->num++];

    *added = *entry;
    added->at = outbox->used;
    added->payload_len = (uint16_t)payload.len;
    added->blob_len = (uint16_t)blob.len;
    covey_copy(outbox->bytes + added->at, payload.at, payload.len);
    covey_copy(outbox->bytes + added->at + payload.len, blob.at, blob.len);
    outbox->used += (uint32_t)entry_len(added);
    if (blob.len != 0) covey_blob_hash(&added->hash, blob);
    return COVEY_OK;
}

covey_bytes covey_outbox_payload(const covey_outbox *outbox, size_t at)
{
    const covey_outbox_entry *entry = &outbox->entries[at];

    return covey_bytes_of(outbox->bytes + entry->at, entry->payload_len);
}

covey_bytes covey_outbox_blob(const covey_outbox *outbox, size_t at)
{
    const covey_outbox_entry *entry = &outbox->entries[at];

    return covey_bytes_of(outbox->bytes + entry->at + entry->payload_len,
                          entry->blob_len);
}

int covey_outbox_set_payload(covey_outbox *outbox, size_t at,
                             covey_bytes payload)
{
    covey_outbox_entry *entry = &outbox->entries[at];

    if (payload.len > COVEY_PAYLOAD_MAX) return COVEY_ERR_CAPACITY;
    int err = resize(outbox, at, entry->at, entry->payload_len, payload.len);
    if (err) return err;
    entry->payload_len = (uint16_t)payload.len;
    covey_copy(outbox->bytes + entry->at, payload.at, payload.len);
    return COVEY_OK;
}

int covey_outbox_set_blob(covey_outbox *outbox, size_t at, covey_bytes blob)
{
    covey_outbox_entry *entry = &outbox->entries[at];
    size_t begin = (size_t)entry->at + entry->payload_len;

    if (blob.len > COVEY_BLOB_MAX) return COVEY_ERR_CAPACITY;
    int err = resize(outbox, at, begin, entry->blob_len, blob.len);
    if (err) return err;
    entry->blob_len = (uint16_t)blob.len;
    entry->index = 0;
    covey_copy(outbox->bytes + begin, blob.at, blob.len);
    memset(&entry->hash, 0, sizeof entry->hash);
    if (blob.len != 0) covey_blob_hash(&entry->hash, blob);
    return COVEY_OK;
}

bool covey_outbox_any_sealed(const covey_outbox *outbox)
{
    for (size_t i = 0; i < outbox->num; i++) {
        if (outbox->entries[i].blob_len != 0) return true;
    }
    return false;
}

void covey_outbox_remove(covey_outbox *outbox, size_t at)
{
    (void)resize(outbox, at, outbox->entries[at].at,
                 entry_len(&outbox->entries[at]), 0);
    outbox->num--;
    memmove(&outbox->entries[at], &outbox->entries[at + 1],
            (outbox->num - at) * sizeof outbox->entries[0]);
}

void covey_outbox_unseal(covey_outbox *outbox)
{
    for (size_t i = outbox->num; i-- > 0;) {
        if (outbox->entries[i].counter == 0) {
            covey_outbox_remove(outbox, i);
        } else {
            (void)covey_outbox_set_blob(outbox, i, covey_bytes_of(NULL, 0));
        }
    }
}

void covey_outbox_unplace(covey_outbox *outbox)
{
    for (size_t i = 0; i < outbox->num; i++) outbox->entries[i].index = 0;
}

void covey_outbox_take_back(covey_outbox *outbox)
{
    for (size_t i = 0; i < outbox->num; i++) {
        if (outbox->entries[i].index == 0) {
            (void)covey_outbox_set_blob(outbox, i, covey_bytes_of(NULL, 0));
        }
    }
}

bool covey_outbox_is_due(const covey_outbox_entry *entry, uint64_t after)
{
    bool is_spent = entry->counter == 0 && entry->blob_len == 0;

    return entry->index <= after && !is_spent;
}

size_t covey_outbox_find(const covey_outbox *outbox, const covey_digest *hash)
{
    size_t i = 0;

    while (i < outbox->num &&
           (outbox->entries[i].blob_len == 0 ||
            memcmp(&outbox->entries[i].hash, hash, sizeof *hash) != 0)) {
        i++;
    }
    return i;
}

void covey_outbox_wipe(covey_outbox *outbox)
{
    covey_wipe(outbox, sizeof *outbox);
}

/* ---- saved ---- */

void covey_outbox_write(covey_writer *w, const covey_outbox *outbox)
{
    covey_write_u16(w, outbox->num);
    for (size_t i = 0; i < outbox->num; i++) {
        const covey_outbox_entry *entry = &outbox->entries[i];

        covey_write_u64(w, entry->counter);
        covey_write_u64(w, entry->sealed);
        covey_write_u8(w, entry->kind);
        covey_write_u8(w, entry->wakes ? 1 : 0);
        covey_write_fixed(w, covey_bytes_of(entry->ref.bytes,
                                            sizeof entry->ref.bytes));
        covey_write_vec(w, covey_outbox_payload(outbox, i));
        covey_write_vec(w, covey_outbox_blob(outbox, i));
    }
}

int covey_outbox_read(covey_outbox *outbox, covey_reader *r)
{
    uint16_t num = covey_read_u16(r);

    outbox->num = 0;
    outbox->used = 0;
    for (uint16_t i = 0; i < num; i++) {
        covey_outbox_entry entry = {.counter = covey_read_u64(r)};

        entry.sealed = covey_read_u64(r);
        entry.kind = covey_read_u8(r);
        entry.wakes = covey_read_u8(r) == 1;
        covey_bytes ref = covey_read_fixed(r, sizeof entry.ref.bytes);
        covey_bytes payload = covey_read_vec(r);
        covey_bytes blob = covey_read_vec(r);
        if (r->failed) return COVEY_ERR_MALFORMED;
        memcpy(entry.ref.bytes, ref.at, ref.len);
        int err = covey_outbox_add(outbox, &entry, payload, blob);
        if (err) return err;
    }
    return COVEY_OK;
}
