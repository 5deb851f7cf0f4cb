#include "support/relay_log.h"

#include <covey/error.h>
#include <stdio.h>
#include <stdlib.h>

#include "relay/blob.h"
#include "support/bytes.h"

static uint8_t memory[1 << 20];
static uint8_t room[1 << 18];

static void must(bool is_so, const char *what)
{
    if (is_so) return;
    (void)fprintf(stderr, "test relay: %s\n", what);
    abort();
}

test_relay test_relay_new(void)
{
    return (test_relay){.num_shown = SIZE_MAX,
                        .max_appends = COVEY_SYNC_APPENDS_MAX,
                        .quota = TEST_RELAY_ENTRIES,
                        .is = COVEY_SYNC_OK};
}

void test_relay_append(test_relay *relay, covey_bytes blob)
{
    must(relay->num_entries < TEST_RELAY_ENTRIES, "no room");
    relay->entries[relay->num_entries++] =
        covey_bytes_of(test_copy(blob), blob.len);
}

/* 0: it is not there. */
static uint64_t find(const test_relay *relay, covey_bytes blob)
{
    for (size_t i = 0; i < relay->num_entries; i++) {
        if (relay->entries[i].at != NULL &&
            covey_bytes_same(relay->entries[i], blob)) {
            return i + 1;
        }
    }
    return 0;
}

static size_t count_new(const test_relay *relay,
                        const covey_sync_request *request)
{
    size_t num = 0;

    for (size_t i = 0; i < request->num_appends; i++) {
        num += find(relay, request->appends[i].blob) == 0;
    }
    return num;
}

static void append_all(test_relay *relay, covey_sync_response *response,
                       const covey_sync_request *request)
{
    for (size_t i = 0; i < request->num_appends; i++) {
        covey_bytes blob = request->appends[i].blob;

        if (find(relay, blob) == 0) test_relay_append(relay, blob);
        response->appended[i] = find(relay, blob);
    }
    response->num_appended = request->num_appends;
}

/* ---- entries ---- */

static covey_sync_entry entry_of(uint64_t index, covey_bytes blob,
                                 uint32_t max_blob)
{
    covey_sync_entry entry = {.index = index, .blob = blob};

    if (blob.len <= max_blob) return entry;
    entry.blob = covey_bytes_of(NULL, 0);
    entry.is_stub = true;
    entry.stub_len = (uint32_t)blob.len;
    covey_blob_hash(&entry.stub_hash, blob);
    return entry;
}

/* As many as max_bytes allows; those at `limit` and behind it are not
 * shown. */
static void give(const test_relay *relay, covey_sync_response *response,
                 covey_sync_entry *entries, const covey_sync_request *request,
                 size_t limit)
{
    size_t left = request->max_bytes - 32;

    response->entries = entries;
    for (size_t i = (size_t)request->after; i < limit; i++) {
        if (relay->entries[i].at == NULL) continue;
        const covey_sync_entry entry =
            entry_of(i + 1, relay->entries[i], request->max_blob);
        size_t need = (entry.is_stub ? 48 : entry.blob.len) + 16;

        if (need > left || response->num_entries == COVEY_SYNC_ENTRIES_MAX) {
            return;
        }
        left -= need;
        entries[response->num_entries++] = entry;
    }
}

/* ---- answers ---- */

static void serve(test_relay *relay, covey_sync_response *response,
                  covey_sync_entry *entries, const covey_sync_request *request)
{
    size_t num = count_new(relay, request);
    size_t before = relay->num_entries;

    response->status = relay->is;
    if (request->num_appends > relay->max_appends) {
        response->status = COVEY_SYNC_TOO_LARGE;
    } else if (relay->is == COVEY_SYNC_OK &&
               relay->num_entries + num > relay->quota) {
        response->status = COVEY_SYNC_QUOTA;
    } else if (relay->is == COVEY_SYNC_OK) {
        append_all(relay, response, request);
    }
    if (response->status != COVEY_SYNC_OK &&
        response->status != COVEY_SYNC_QUOTA) {
        return;
    }
    size_t limit = before < relay->num_shown ? before : relay->num_shown;
    response->next = relay->num_shown < relay->num_entries
                         ? relay->num_shown + 1
                         : relay->num_entries + 1;
    if (request->after < limit) {
        give(relay, response, entries, request, limit);
    }
}

covey_bytes test_relay_answer(test_relay *relay, covey_bytes body)
{
    static covey_sync_entry entries[COVEY_SYNC_ENTRIES_MAX];
    covey_scratch scratch = covey_scratch_of(memory, sizeof memory);
    covey_writer w = covey_writer_of(room, sizeof room);
    covey_sync_response response = {.status = COVEY_SYNC_OK};
    covey_sync_request request;

    must(covey_sync_request_decode(&request, &scratch, body) == COVEY_OK,
         "the request does not decode");
    must(covey_sync_request_verify(&request, covey_bytes_of_text(
                                                 TEST_RELAY_NAME)) == COVEY_OK,
         "the request is not signed");
    relay->num_requests++;
    relay->mailbox = request.mailbox;
    relay->last = request;
    serve(relay, &response, entries, &request);
    scratch = covey_scratch_of(memory + (1 << 19), 1 << 19);
    must(covey_sync_response_encode(&w, &response, scratch) == COVEY_OK,
         "the answer does not encode");
    return covey_bytes_of(test_copy(covey_bytes_of(room, w.len)), w.len);
}
