#include "support/mailboxes.h"

#include <covey/error.h>
#include <stdio.h>
#include <stdlib.h>

#include "relay/blob.h"

static uint8_t request_room[1 << 18];
static uint8_t response_room[1 << 18];
static uint8_t answer_room[1 << 20];

static void must(bool is_so, const char *what)
{
    if (is_so) return;
    (void)fprintf(stderr, "test mailboxes: %s\n", what);
    abort();
}

void test_mailboxes_append(test_mailbox *box, covey_bytes blob)
{
    uint8_t *copy = malloc(blob.len);

    if (box->num == box->cap) {
        box->cap = box->cap == 0 ? 16 : 2 * box->cap;
        box->entries = realloc(box->entries, box->cap * sizeof box->entries[0]);
    }
    must(copy != NULL && box->entries != NULL, "no memory");
    memcpy(copy, blob.at, blob.len);
    box->entries[box->num++] = covey_bytes_of(copy, blob.len);
}

void test_mailboxes_free(test_mailboxes *relay)
{
    for (size_t i = 0; i < relay->num; i++) {
        test_mailbox *box = &relay->boxes[i];

        for (size_t k = 0; k < box->num; k++) {
            free((void *)(uintptr_t)box->entries[k].at);
        }
        free(box->entries);
    }
    *relay = (test_mailboxes){.name = relay->name, .origin = relay->origin};
}

size_t test_mailboxes_find(test_mailboxes *relay,
                           const covey_mailbox_address *address)
{
    for (size_t i = 0; i < relay->num; i++) {
        if (memcmp(&relay->boxes[i].address, address, sizeof *address) == 0) {
            return i;
        }
    }
    must(relay->num < TEST_MAILBOXES_MAX, "too many mailboxes");
    relay->boxes[relay->num] = (test_mailbox){.address = *address};
    return relay->num++;
}

/* ---- appending ---- */

/* 0: it is not there. */
static uint64_t index_of(const test_mailbox *box, covey_bytes blob)
{
    for (size_t i = 0; i < box->num; i++) {
        if (covey_bytes_same(box->entries[i], blob)) return i + 1;
    }
    return 0;
}

static bool conflicts(const test_mailbox *box,
                      const covey_sync_request *request)
{
    size_t num_new = 0;

    for (size_t i = 0; i < request->num_appends; i++) {
        num_new += index_of(box, request->appends[i].blob) == 0;
    }
    return num_new != 0 && request->has_expect_next &&
           request->expect_next != box->num + 1;
}

static void append_all(test_mailbox *box, covey_sync_response *response,
                       const covey_sync_request *request)
{
    for (size_t i = 0; i < request->num_appends; i++) {
        covey_bytes blob = request->appends[i].blob;

        if (index_of(box, blob) == 0) test_mailboxes_append(box, blob);
        response->appended[i] = index_of(box, blob);
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

/* What was there before this request, as much as max_bytes allows. */
static void give(const test_mailbox *box, covey_sync_response *response,
                 const covey_sync_request *request, size_t before)
{
    static covey_sync_entry entries[COVEY_SYNC_ENTRIES_MAX];
    size_t left = request->max_bytes - COVEY_SYNC_HEAD_MAX / 2;

    response->entries = entries;
    for (size_t i = (size_t)request->after;
         i < before && response->num_entries < COVEY_SYNC_ENTRIES_MAX; i++) {
        const covey_sync_entry entry =
            entry_of(i + 1, box->entries[i], request->max_blob);
        size_t need = (entry.is_stub ? 48 : entry.blob.len) + 16;

        if (need > left) return;
        left -= need;
        entries[response->num_entries++] = entry;
    }
}

const test_exchange *test_mailboxes_answer(test_mailboxes *relay,
                                           covey_bytes request)
{
    static test_exchange exchange;
    covey_scratch memory = covey_scratch_of(request_room, sizeof request_room);
    covey_writer w = covey_writer_of(answer_room, sizeof answer_room);
    covey_sync_response *response = &exchange.response;

    memset(&exchange, 0, sizeof exchange);
    must(covey_sync_request_decode(&exchange.request, &memory, request) ==
             COVEY_OK,
         "a request does not decode");
    must(covey_sync_request_verify(&exchange.request,
                                   covey_bytes_of_text(relay->name)) ==
             COVEY_OK,
         "a request is not signed");
    exchange.mailbox = test_mailboxes_find(relay, &exchange.request.mailbox);
    test_mailbox *box = &relay->boxes[exchange.mailbox];
    size_t before = box->num;

    response->status = COVEY_SYNC_CONFLICT;
    if (!conflicts(box, &exchange.request)) {
        response->status = COVEY_SYNC_OK;
        append_all(box, response, &exchange.request);
    }
    response->next = box->num + 1;
    response->origin = relay->origin;
    give(box, response, &exchange.request, before);
    must(covey_sync_response_encode(&w, response,
                                    covey_scratch_of(response_room,
                                                     sizeof response_room)) ==
             COVEY_OK,
         "an answer does not encode");
    exchange.answer = covey_writer_since(&w, 0);
    return &exchange;
}
