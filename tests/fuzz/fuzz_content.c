/*
 * Payloads: whatever decodes is within its ranges, encodes again to the same
 * bytes, and took no more memory than it was given.
 */
#include <covey/content.h>
#include <covey/error.h>

#include "fuzz/fuzz.h"

static bool can_be_sent(const covey_content *content)
{
    switch (content->kind) {
    case COVEY_CONTENT_UNKNOWN: return false;
    case COVEY_CONTENT_COMMAND:
        return content->of.command.kind != COVEY_COMMAND_UNKNOWN;
    default: return true;
    }
}

/* Sources, reasons and kinds of later versions become "unknown", which has
 * another encoding. */
static bool may_differ(const covey_content *content)
{
    const covey_location *location = &content->of.location;

    if (content->kind == COVEY_CONTENT_SOS) location = &content->of.sos.where;
    switch (content->kind) {
    case COVEY_CONTENT_COMMAND_RECEIPT:
        return content->of.command_receipt.outcome == COVEY_OUTCOME_REFUSED;
    case COVEY_CONTENT_NOTICE:
        return content->of.notice.kind == COVEY_NOTICE_UNKNOWN;
    case COVEY_CONTENT_LOCATION:
    case COVEY_CONTENT_SOS:
        for (size_t i = 0; i < location->num_fixes; i++) {
            if (location->fixes[i].source == COVEY_SOURCE_UNKNOWN ||
                location->fixes[i].reason == COVEY_REASON_UNKNOWN) {
                return true;
            }
        }
        return false;
    default: return false;
    }
}

static void check_places(const covey_content *content)
{
    const covey_location *location = &content->of.location;

    if (content->kind != COVEY_CONTENT_LOCATION) return;
    fuzz_require(location->num_fixes <= COVEY_FIXES_MAX);
    for (size_t i = 0; i < location->num_fixes; i++) {
        fuzz_require(location->fixes[i].lat_e7 >= -900000000);
        fuzz_require(location->fixes[i].lat_e7 <= 900000000);
        fuzz_require(location->fixes[i].heading_cdeg < 36000);
        fuzz_require(location->fixes[i].time_ms <= COVEY_TIME_MS_MAX);
    }
}

static void check_hashes(const covey_content *content)
{
    uint8_t *memory = test_alloc(COVEY_CONTENT_SCRATCH_SIZE);
    covey_buffer work = {memory, COVEY_CONTENT_SCRATCH_SIZE, 0};
    uint8_t hash[COVEY_ACCESS_CHAIN_SIZE];

    if (content->kind == COVEY_CONTENT_DOCUMENT) {
        fuzz_require(covey_document_hash(hash, &content->of.document, &work) ==
                     COVEY_OK);
    }
    if (content->kind == COVEY_CONTENT_ACCESS_LOG) {
        fuzz_require(covey_access_log_after(hash, &content->of.access_log,
                                            &work) == COVEY_OK);
    }
}

static void encode_again(const covey_payload *payload, covey_bytes input)
{
    uint8_t *memory = test_alloc(COVEY_CONTENT_SCRATCH_SIZE);
    covey_buffer work = {memory, COVEY_CONTENT_SCRATCH_SIZE, 0};
    covey_buffer out = {test_alloc(COVEY_PAYLOAD_MAX), COVEY_PAYLOAD_MAX, 0};
    bool same;

    int err = covey_payload_encode(&out, payload, &work);
    if (may_differ(&payload->content)) return;
    fuzz_require(err == COVEY_OK);
    same = covey_bytes_same(covey_bytes_of(out.at, out.len), input);
    fuzz_require(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = covey_bytes_of(data, size);
    uint8_t *memory = test_alloc(COVEY_CONTENT_SCRATCH_SIZE);
    covey_buffer work = {memory, COVEY_CONTENT_SCRATCH_SIZE, 0};
    covey_payload payload;
    int err = covey_payload_decode(&payload, input, &work);

    fuzz_require(err == COVEY_OK || err == COVEY_ERR_MALFORMED);
    if (err == COVEY_OK) {
        check_places(&payload.content);
        check_hashes(&payload.content);
        if (can_be_sent(&payload.content)) encode_again(&payload, input);
    }
    test_free_all();
    return 0;
}
