/*
 * Proposal, Commit, UpdatePath and PreSharedKeyID, RFC 9420 sections 12.1,
 * 12.4, 7.6 and 8.4.
 */
#include <covey/error.h>

#include "fuzz/fuzz.h"
#include "mls/psk.h"

static void psk_id(covey_bytes input)
{
    covey_reader r = covey_reader_of(input);
    covey_psk_id psk;
    covey_secret secret = {{1}};

    if (!fuzz_reencode(REENCODE_PSK_ID, input)) return;
    covey_read_psk_id(&r, &psk);
    if (covey_psk_id_check(&psk) != COVEY_OK) return;
    covey_psk_secret_add(&secret, psk.encoding, psk.id, 0, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = covey_bytes_of(data, size);

    switch (fuzz_byte(&input)) {
    case 0: (void)fuzz_reencode(REENCODE_COMMIT, input); break;
    case 1: (void)fuzz_reencode(REENCODE_PROPOSAL, input); break;
    case 2: (void)fuzz_reencode(REENCODE_UPDATE_PATH, input); break;
    case 3: psk_id(input); break;
    default: break;
    }
    test_free_all();
    return 0;
}
