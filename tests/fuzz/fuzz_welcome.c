/*
 * Welcome, GroupInfo and GroupSecrets, RFC 9420 section 12.4.3.
 */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = covey_bytes_of(data, size);

    switch (fuzz_byte(&input)) {
    case 0: (void)fuzz_reencode(REENCODE_WELCOME, input); break;
    case 1: (void)fuzz_reencode(REENCODE_GROUP_INFO, input); break;
    case 2: (void)fuzz_reencode(REENCODE_GROUP_SECRETS, input); break;
    default: break;
    }
    test_free_all();
    return 0;
}
