#include <covey/error.h>

#include "relay/blob.h"
#include "relay/sync.h"
#include "relay/sync.pb-c.h"
#include "relay/sync_wire.h"

typedef Covey__Sync__Response response_message;
typedef Covey__Sync__Entry entry_message;
typedef Covey__Sync__Stub stub_message;

/* ---- ranges ---- */

static bool is_bucket(size_t len)
{
    return len != 0 && covey_blob_bucket(len) == len;
}

static bool has_entries(covey_sync_status status)
{
    return status == COVEY_SYNC_OK || status == COVEY_SYNC_CONFLICT ||
           status == COVEY_SYNC_QUOTA;
}

static bool are_entries_valid(const covey_sync_response *response)
{
    uint64_t last = 0;

    for (size_t i = 0; i < response->num_entries; i++) {
        const covey_sync_entry *entry = &response->entries[i];
        size_t len = entry->is_stub ? entry->stub_len : entry->blob.len;

        if (entry->index <= last || entry->index >= response->next ||
            !is_bucket(len)) {
            return false;
        }
        last = entry->index;
    }
    return true;
}

static bool are_indices_valid(const covey_sync_response *response)
{
    for (size_t i = 0; i < response->num_appended; i++) {
        uint64_t index = response->appended[i];

        if (index == 0 || index >= response->next) return false;
    }
    return true;
}

static bool is_valid(const covey_sync_response *response)
{
    if (response->status < COVEY_SYNC_OK ||
        response->status > COVEY_SYNC_QUOTA ||
        response->num_appended > COVEY_SYNC_APPENDS_MAX ||
        response->num_entries > COVEY_SYNC_ENTRIES_MAX) {
        return false;
    }
    if (!has_entries(response->status)) {
        return response->next == 0 && response->num_entries == 0 &&
               response->num_appended == 0 && response->origin == 0;
    }
    if (response->status != COVEY_SYNC_OK && response->num_appended != 0) {
        return false;
    }
    return response->next != 0 && are_indices_valid(response) &&
           are_entries_valid(response);
}

/* ---- encoding ---- */

/* One entry's messages. */
typedef struct {
    entry_message entry;
    stub_message stub;
} entry_tree;

static void put_entry(entry_tree *tree, const covey_sync_entry *entry)
{
    entry_message *out = &tree->entry;

    covey__sync__entry__init(out);
    out->index = entry->index;
    if (!entry->is_stub) {
        out->what_case = COVEY__SYNC__ENTRY__WHAT_BLOB;
        out->blob = covey_sync_put(entry->blob.at, entry->blob.len);
        return;
    }
    covey__sync__stub__init(&tree->stub);
    tree->stub.length = entry->stub_len;
    tree->stub.sha256 =
        covey_sync_put(entry->stub_hash.bytes, sizeof entry->stub_hash.bytes);
    out->what_case = COVEY__SYNC__ENTRY__WHAT_STUB;
    out->stub = &tree->stub;
}

static bool put_entries(response_message *out,
                        const covey_sync_response *response,
                        covey_scratch *scratch)
{
    size_t num = response->num_entries;
    entry_message **list =
        covey_sync_take(scratch, num, sizeof(entry_message *));
    entry_tree *trees = covey_sync_take(scratch, num, sizeof trees[0]);

    if (list == NULL || trees == NULL) return false;
    for (size_t i = 0; i < num; i++) {
        put_entry(&trees[i], &response->entries[i]);
        list[i] = &trees[i].entry;
    }
    out->n_entries = num;
    out->entries = list;
    return true;
}

int covey_sync_response_encode(covey_writer *w,
                               const covey_sync_response *response,
                               covey_scratch scratch)
{
    uint64_t appended[COVEY_SYNC_APPENDS_MAX];
    response_message out;

    if (!is_valid(response)) return COVEY_ERR_ARGUMENT;
    covey__sync__response__init(&out);
    out.status = response->status;
    out.next = response->next;
    memcpy(appended, response->appended, sizeof appended);
    out.n_appended = response->num_appended;
    out.appended = appended;
    out.has_origin = response->origin != 0;
    out.origin = response->origin;
    if (response->num_entries != 0 && !put_entries(&out, response, &scratch)) {
        return COVEY_ERR_BUFFER;
    }
    return covey_sync_pack(w, &out.base);
}

/* ---- decoding ---- */

static bool get_entry(covey_sync_entry *entry, const entry_message *in)
{
    if (in->base.n_unknown_fields != 0) return false;
    entry->index = in->index;
    if (in->what_case == COVEY__SYNC__ENTRY__WHAT_BLOB) {
        entry->blob = covey_sync_get(&in->blob);
        return true;
    }
    if (in->what_case != COVEY__SYNC__ENTRY__WHAT_STUB ||
        in->stub->base.n_unknown_fields != 0) {
        return false;
    }
    entry->is_stub = true;
    entry->stub_len = in->stub->length;
    return covey_sync_get_fixed(entry->stub_hash.bytes,
                                sizeof entry->stub_hash.bytes,
                                &in->stub->sha256);
}

static int get_entries(covey_sync_response *response,
                       const response_message *in, covey_scratch *scratch)
{
    if (in->n_entries > COVEY_SYNC_ENTRIES_MAX) return COVEY_ERR_MALFORMED;
    if (in->n_entries == 0) return COVEY_OK;
    covey_sync_entry *entries =
        covey_sync_take(scratch, in->n_entries, sizeof entries[0]);

    if (entries == NULL) return COVEY_ERR_BUFFER;
    for (size_t i = 0; i < in->n_entries; i++) {
        if (!get_entry(&entries[i], in->entries[i])) return COVEY_ERR_MALFORMED;
    }
    response->num_entries = in->n_entries;
    response->entries = entries;
    return COVEY_OK;
}

int covey_sync_response_decode(covey_sync_response *response,
                               covey_scratch *scratch, covey_bytes bytes)
{
    covey_sync_response found = {.status = COVEY_SYNC_OK};
    ProtobufCMessage *message = NULL;

    int err = covey_sync_unpack(&message, &covey__sync__response__descriptor,
                                scratch, bytes);
    if (err) return err;
    const response_message *in =
        (const response_message *)(const void *)message;

    if (in->base.n_unknown_fields != 0 ||
        in->n_appended > COVEY_SYNC_APPENDS_MAX ||
        in->status > COVEY_SYNC_QUOTA || (in->has_origin && in->origin == 0)) {
        return COVEY_ERR_MALFORMED;
    }
    found.status = (covey_sync_status)in->status;
    found.next = in->next;
    if (in->has_origin) found.origin = in->origin;
    found.num_appended = in->n_appended;
    covey_copy(found.appended, in->appended,
               in->n_appended * sizeof found.appended[0]);
    err = get_entries(&found, in, scratch);
    if (!err && !is_valid(&found)) err = COVEY_ERR_MALFORMED;
    if (!err) *response = found;
    return err;
}

/* ---- matching ---- */

static bool is_entry_asked_for(const covey_sync_entry *entry,
                               const covey_sync_request *request)
{
    if (entry->index <= request->after) return false;
    return entry->is_stub ? entry->stub_len > request->max_blob
                          : entry->blob.len <= request->max_blob;
}

/* A relay that does not say which log it has is taken at its word. */
static bool is_other_log(const covey_sync_response *response,
                         const covey_sync_request *request)
{
    return request->origin != 0 && response->origin != 0 &&
           request->origin != response->origin;
}

int covey_sync_response_match(const covey_sync_response *response,
                              const covey_sync_request *request)
{
    if (response->status == COVEY_SYNC_OK &&
        response->num_appended != request->num_appends) {
        return COVEY_ERR_MALFORMED;
    }
    if (response->status == COVEY_SYNC_OK && is_other_log(response, request)) {
        return COVEY_ERR_MALFORMED;
    }
    if (response->status == COVEY_SYNC_CONFLICT &&
        !is_other_log(response, request) &&
        (!request->has_expect_next || request->num_appends == 0 ||
         response->next == request->expect_next)) {
        return COVEY_ERR_MALFORMED;
    }
    if (response->status == COVEY_SYNC_QUOTA && request->num_appends == 0) {
        return COVEY_ERR_MALFORMED;
    }
    for (size_t i = 0; i < response->num_entries; i++) {
        if (!is_entry_asked_for(&response->entries[i], request)) {
            return COVEY_ERR_MALFORMED;
        }
    }
    return COVEY_OK;
}
