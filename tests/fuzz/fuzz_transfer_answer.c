/*
 * A relay's answer as a transfer reads it, entry by entry where it lies. It
 * accepts what the codec and its match accept, and finds the same in it. The
 * first byte: what was asked.
 */
#include <covey/error.h>

#include "device/transfer_answer.h"
#include "fuzz/fuzz.h"

static uint8_t working[COVEY_SYNC_ENTRIES_MAX * 1024];

static bool is_same(const covey_sync_entry *a, const covey_sync_entry *b)
{
    return a->index == b->index && a->is_stub == b->is_stub &&
           a->stub_len == b->stub_len && covey_bytes_same(a->blob, b->blob) &&
           memcmp(&a->stub_hash, &b->stub_hash, sizeof a->stub_hash) == 0;
}

static void check(covey_transfer_answer *answer,
                  const covey_sync_response *want)
{
    covey_sync_entry entry;

    fuzz_require(answer->head.status == want->status);
    fuzz_require(answer->head.next == want->next);
    fuzz_require(answer->head.num_appended == want->num_appended);
    fuzz_require(memcmp(answer->head.appended, want->appended,
                        want->num_appended * sizeof want->appended[0]) == 0);
    for (size_t i = 0; i < want->num_entries; i++) {
        fuzz_require(covey_transfer_answer_next(answer, &entry));
        fuzz_require(is_same(&entry, &want->entries[i]));
    }
    fuzz_require(!covey_transfer_answer_next(answer, &entry));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = {data, size};
    uint8_t asked = fuzz_byte(&input);
    const covey_sync_request request = {.num_appends = asked & 3,
                                        .after = (asked & 4) != 0 ? 17 : 0,
                                        .max_bytes = 131072,
                                        .max_blob =
                                            (asked & 8) != 0 ? 16384 : 256};
    covey_scratch scratch = covey_scratch_of(working, sizeof working);
    covey_sync_response want;
    covey_transfer_answer answer;

    int err = covey_sync_response_decode(&want, &scratch, input);
    if (err == COVEY_ERR_BUFFER) return 0; /* the codec has not looked */
    if (!err) err = covey_sync_response_match(&want, &request);
    fuzz_require(covey_transfer_answer_of(&answer, input, &request) == err);
    if (!err) check(&answer, &want);
    return 0;
}
