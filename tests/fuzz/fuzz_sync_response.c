/*
 * A sync response as a device gets it from a relay that lies. What decodes is
 * encoded again to the same bytes; what matches the request keeps the promises
 * that the device relies on. The first byte: memory in units of 256 bytes.
 */
#include <covey/error.h>

#include "fuzz/fuzz.h"
#include "relay/sync.h"

static uint8_t working[COVEY_SYNC_ENTRIES_MAX * 256];

static void check(const covey_sync_response *response, covey_bytes input)
{
    uint8_t *room = malloc(input.len);
    covey_writer w = covey_writer_of(room, input.len);

    fuzz_require(room != NULL);
    fuzz_require(
        covey_sync_response_encode(&w, response,
                                   covey_scratch_of(working, sizeof working)) ==
        COVEY_OK);
    fuzz_require(covey_bytes_same(covey_bytes_of(room, w.len), input));
    free(room);
}

static void check_match(const covey_sync_response *response)
{
    const covey_sync_request request = {.num_appends = 2,
                                        .after = 17,
                                        .max_bytes = 8192,
                                        .max_blob = 512};
    uint64_t last = request.after;

    if (covey_sync_response_match(response, &request) != COVEY_OK) return;
    for (size_t i = 0; i < response->num_entries; i++) {
        const covey_sync_entry *entry = &response->entries[i];

        fuzz_require(entry->index > last && entry->index < response->next);
        fuzz_require(entry->blob.len <= request.max_blob);
        last = entry->index;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = {data, size};
    size_t cap = (size_t)256 * fuzz_byte(&input);
    covey_sync_response response;

    uint8_t *memory = malloc(cap + 1);
    fuzz_require(memory != NULL);
    covey_scratch scratch = covey_scratch_of(memory, cap);
    int err = covey_sync_response_decode(&response, &scratch, input);
    fuzz_require(err == COVEY_OK || err == COVEY_ERR_MALFORMED ||
                 err == COVEY_ERR_BUFFER);
    if (!err) {
        check(&response, input);
        check_match(&response);
    }
    free(memory);
    return 0;
}
