#include "relay.h"

#include <stdlib.h>
#include <string.h>

#include "relay/blob.h"
#include "relay/sync.h"

enum { BOXES_MAX = 256, BLOBS_MAX = 4096, SCRATCH_SIZE = 1 << 18 };
enum { ENTRY_ROOM = 64, STUB_SIZE = 64 };

typedef struct {
    covey_mailbox_address address;
    size_t num;
    covey_bytes blobs[BLOBS_MAX]; /* blob i has index i + 1 */
} box;

static box *boxes[BOXES_MAX];
static size_t num_boxes;
static size_t largest;
static uint8_t memory[SCRATCH_SIZE];

static box *box_of(const covey_mailbox_address *address)
{
    for (size_t i = 0; i < num_boxes; i++) {
        if (memcmp(&boxes[i]->address, address, sizeof *address) == 0) {
            return boxes[i];
        }
    }
    if (num_boxes == BOXES_MAX) abort();
    box *added = calloc(1, sizeof *added);
    if (added == NULL) abort();
    added->address = *address;
    boxes[num_boxes++] = added;
    return added;
}

/* 0: it is not there. */
static uint64_t index_of(const box *b, covey_bytes blob)
{
    for (size_t i = 0; i < b->num; i++) {
        if (b->blobs[i].len == blob.len &&
            memcmp(b->blobs[i].at, blob.at, blob.len) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static uint64_t add(box *b, covey_bytes blob)
{
    uint8_t *copy = malloc(blob.len);

    if (b->num == BLOBS_MAX || copy == NULL) abort();
    memcpy(copy, blob.at, blob.len);
    b->blobs[b->num++] = (covey_bytes){copy, blob.len};
    return b->num;
}

/* All or nothing; what is there already keeps its index. */
static void append(box *b, const covey_sync_request *request,
                   covey_sync_response *response)
{
    size_t fresh = 0;

    for (size_t i = 0; i < request->num_appends; i++) {
        if (index_of(b, request->appends[i].blob) == 0) fresh++;
    }
    if (fresh != 0 && request->has_expect_next &&
        request->expect_next != b->num + 1) {
        response->status = COVEY_SYNC_CONFLICT;
        return;
    }
    for (size_t i = 0; i < request->num_appends; i++) {
        uint64_t index = index_of(b, request->appends[i].blob);

        if (index == 0) index = add(b, request->appends[i].blob);
        response->appended[response->num_appended++] = index;
    }
}

static covey_sync_entry entry_of(const box *b, size_t at, uint32_t max_blob)
{
    covey_bytes blob = b->blobs[at];
    covey_sync_entry entry = {.index = at + 1};

    if (blob.len > max_blob) {
        entry.is_stub = true;
        entry.stub_len = (uint32_t)blob.len;
        covey_blob_hash(&entry.stub_hash, blob);
    } else {
        entry.blob = blob;
        if (blob.len > largest) largest = blob.len;
    }
    return entry;
}

/* What was there before this request. */
static void list(const box *b, size_t before, const covey_sync_request *request,
                 covey_sync_response *response)
{
    static covey_sync_entry entries[COVEY_SYNC_ENTRIES_MAX];
    size_t bytes = COVEY_SYNC_HEAD_MAX;

    for (size_t i = request->after;
         i < before && response->num_entries < COVEY_SYNC_ENTRIES_MAX; i++) {
        covey_sync_entry entry = entry_of(b, i, request->max_blob);
        size_t len = entry.is_stub ? STUB_SIZE : entry.blob.len + ENTRY_ROOM;

        if (response->num_entries != 0 && bytes + len > request->max_bytes) {
            break;
        }
        bytes += len;
        entries[response->num_entries++] = entry;
    }
    response->entries = entries;
}

size_t relay_answer(covey_bytes bytes, uint8_t *out, size_t cap)
{
    covey_scratch scratch = covey_scratch_of(memory, sizeof memory);
    covey_sync_request request;
    covey_sync_response response = {.status = COVEY_SYNC_OK};
    const char name[] = "relay.test";

    if (covey_sync_request_decode(&request, &scratch, bytes) != COVEY_OK ||
        covey_sync_request_verify(&request, (covey_bytes){(const uint8_t *)name,
                                                          sizeof name - 1}) !=
            COVEY_OK) {
        return 0;
    }
    box *b = box_of(&request.mailbox);
    size_t before = b->num;
    append(b, &request, &response);
    response.next = b->num + 1;
    list(b, before, &request, &response);

    covey_writer w = covey_writer_of(out, cap);
    if (covey_sync_response_encode(&w, &response, scratch) != COVEY_OK) {
        return 0;
    }
    return w.len;
}

size_t relay_largest(void)
{
    return largest;
}
