#include "device/transfer_answer.h"

#include <covey/error.h>

#include "relay/blob.h"

/* Tags of sync.proto: a field's number and how it is encoded. */
enum {
    TAG_STATUS = 1 << 3,
    TAG_NEXT = 2 << 3,
    TAG_ORIGIN = 3 << 3,
    TAG_APPENDED = 4 << 3 | 2,
    TAG_ENTRY = 5 << 3 | 2,
    TAG_INDEX = 1 << 3,
    TAG_BLOB = 2 << 3 | 2,
    TAG_STUB = 3 << 3 | 2,
    TAG_STUB_LENGTH = 1 << 3,
    TAG_STUB_HASH = 2 << 3 | 2,
};

/* ---- Protocol Buffers ---- */

/* Of 64 bits, in its shortest form. */
static uint64_t read_varint(covey_reader *r)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = covey_read_u8(r);

        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte >= 0x80) continue;
        if ((byte == 0 && shift != 0) || (byte > 1 && shift == 63)) {
            r->failed = true;
        }
        return value;
    }
    r->failed = true;
    return 0;
}

static void expect_tag(covey_reader *r, uint8_t tag)
{
    if (covey_read_u8(r) != tag) r->failed = true;
}

static uint64_t read_number(covey_reader *r, uint8_t tag, uint64_t max)
{
    expect_tag(r, tag);
    uint64_t value = read_varint(r);
    if (value > max) r->failed = true;
    return value;
}

static covey_bytes read_part(covey_reader *r, uint8_t tag)
{
    uint64_t len = read_number(r, tag, UINT32_MAX);

    return covey_read_fixed(r, (size_t)len);
}

static bool is_tag_next(const covey_reader *r, uint8_t tag)
{
    return covey_reader_more(r) && r->at[0] == tag;
}

/* ---- entries ---- */

static void read_stub(covey_sync_entry *entry, covey_bytes bytes)
{
    covey_reader r = covey_reader_of(bytes);

    entry->is_stub = true;
    entry->stub_len =
        (uint32_t)read_number(&r, TAG_STUB_LENGTH, COVEY_BLOB_MAX);
    covey_bytes hash = read_part(&r, TAG_STUB_HASH);
    if (hash.len == sizeof entry->stub_hash.bytes &&
        covey_reader_finish(&r) == COVEY_OK) {
        memcpy(entry->stub_hash.bytes, hash.at, hash.len);
        return;
    }
    entry->stub_len = 0; /* no blob's */
}

static void read_entry(covey_reader *list, covey_sync_entry *entry)
{
    covey_reader r = covey_reader_of(read_part(list, TAG_ENTRY));

    *entry = (covey_sync_entry){0};
    entry->index = read_number(&r, TAG_INDEX, UINT64_MAX);
    if (is_tag_next(&r, TAG_STUB)) {
        read_stub(entry, read_part(&r, TAG_STUB));
    } else {
        entry->blob = read_part(&r, TAG_BLOB);
    }
    if (covey_reader_finish(&r) != COVEY_OK) list->failed = true;
}

/* Whether the request can have this answer, behind the index `last`. */
static bool is_entry_sound(const covey_sync_entry *entry, uint64_t last,
                           uint64_t next, uint32_t max_blob)
{
    size_t len = entry->is_stub ? entry->stub_len : entry->blob.len;

    return entry->index > last && entry->index < next && len != 0 &&
           covey_blob_bucket(len) == len && entry->is_stub == (len > max_blob);
}

static bool are_entries_sound(const covey_transfer_answer *answer,
                              const covey_sync_request *request)
{
    covey_reader r = answer->entries;
    uint64_t last = request->after;
    covey_sync_entry entry;

    for (size_t i = 0; covey_reader_more(&r); i++) {
        read_entry(&r, &entry);
        if (r.failed || i == COVEY_SYNC_ENTRIES_MAX ||
            !is_entry_sound(&entry, last, answer->head.next,
                            request->max_blob)) {
            return false;
        }
        last = entry.index;
    }
    return true;
}

/* ---- the answer ---- */

static void read_appended(covey_reader *r, covey_sync_response *head)
{
    if (!is_tag_next(r, TAG_APPENDED)) return;
    covey_reader list = covey_reader_of(read_part(r, TAG_APPENDED));

    do {
        uint64_t index = read_varint(&list);

        if (list.failed || head->num_appended == COVEY_SYNC_APPENDS_MAX ||
            index == 0 || index >= head->next) {
            r->failed = true;
            return;
        }
        head->appended[head->num_appended++] = index;
    } while (covey_reader_more(&list));
}

static void read_origin(covey_reader *r, covey_sync_response *head)
{
    if (!is_tag_next(r, TAG_ORIGIN)) return;
    head->origin = read_number(r, TAG_ORIGIN, UINT64_MAX);
    if (head->origin == 0) r->failed = true;
}

static bool is_head_sound(const covey_sync_response *head, bool has_entries)
{
    bool serves = head->status == COVEY_SYNC_OK ||
                  head->status == COVEY_SYNC_CONFLICT ||
                  head->status == COVEY_SYNC_QUOTA;

    if (!serves) {
        return head->next == 0 && head->num_appended == 0 && !has_entries &&
               head->origin == 0;
    }
    return head->next != 0 &&
           (head->status == COVEY_SYNC_OK || head->num_appended == 0);
}

int covey_transfer_answer_of(covey_transfer_answer *answer, covey_bytes bytes,
                             const covey_sync_request *request)
{
    covey_transfer_answer found = {.head = {.status = COVEY_SYNC_OK}};
    covey_reader r = covey_reader_of(bytes);
    uint64_t status = read_number(&r, TAG_STATUS, COVEY_SYNC_QUOTA);

    found.head.next = read_number(&r, TAG_NEXT, UINT64_MAX);
    read_origin(&r, &found.head);
    read_appended(&r, &found.head);
    if (r.failed || status < COVEY_SYNC_OK) return COVEY_ERR_MALFORMED;
    found.head.status = (covey_sync_status)status;
    found.entries = r;
    if (!is_head_sound(&found.head, covey_reader_more(&r)) ||
        !are_entries_sound(&found, request)) {
        return COVEY_ERR_MALFORMED;
    }
    int err = covey_sync_response_match(&found.head, request);
    if (!err) *answer = found;
    return err;
}

bool covey_transfer_answer_next(covey_transfer_answer *answer,
                                covey_sync_entry *entry)
{
    if (!covey_reader_more(&answer->entries)) return false;
    read_entry(&answer->entries, entry);
    return true;
}
