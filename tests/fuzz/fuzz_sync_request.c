/*
 * A sync request as a relay gets it. What decodes is encoded again to the
 * same bytes, whatever memory there is for it. The first byte: memory in
 * units of 256 bytes.
 */
#include <covey/error.h>

#include "fuzz/fuzz.h"
#include "relay/sync_text.h"

static void check(const covey_sync_request *request, covey_bytes input)
{
    const covey_bytes relay = covey_bytes_of_text("relay.example");
    uint8_t *room = malloc(input.len);
    covey_writer w = covey_writer_of(room, input.len);
    covey_sync_text text;

    fuzz_require(room != NULL);
    fuzz_require(covey_sync_request_is_valid(request));
    fuzz_require(covey_sync_request_encode(&w, request) == COVEY_OK);
    fuzz_require(covey_bytes_same(covey_bytes_of(room, w.len), input));
    fuzz_require(covey_sync_text_of(&text, request, relay) == COVEY_OK);
    fuzz_either_way(covey_sync_request_verify(request, relay));
    free(room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = {data, size};
    size_t cap = (size_t)256 * fuzz_byte(&input);
    covey_sync_request request;

    uint8_t *memory = malloc(cap + 1);
    fuzz_require(memory != NULL);
    covey_scratch scratch = covey_scratch_of(memory, cap);
    int err = covey_sync_request_decode(&request, &scratch, input);
    fuzz_require(err == COVEY_OK || err == COVEY_ERR_MALFORMED ||
                 err == COVEY_ERR_BUFFER);
    if (!err) check(&request, input);
    free(memory);
    return 0;
}
