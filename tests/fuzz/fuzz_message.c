/*
 * MLSMessage, RFC 9420 section 6, of every wire format.
 */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)fuzz_reencode(REENCODE_MESSAGE, covey_bytes_of(data, size));
    test_free_all();
    return 0;
}
