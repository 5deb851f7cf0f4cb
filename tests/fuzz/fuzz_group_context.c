/*
 * GroupContext and lists of extensions, RFC 9420 sections 8.1, 11.1 and 13.4.
 */
#include <covey/error.h>

#include "fuzz/fuzz.h"
#include "mls/extension.h"
#include "mls/group_context.h"
#include "mls/types.h"

static void extensions(covey_bytes input)
{
    covey_group_context context = {.extensions_len = 0};
    covey_required_capabilities required;
    covey_bytes found;
    bool known = fuzz_reencode(REENCODE_EXTENSIONS, input);
    bool fits = covey_group_extensions_set(&context, input) == COVEY_OK;

    (void)covey_required_capabilities_of(&required, input);
    if (!fits) {
        fuzz_require(context.extensions_len == 0);
        return;
    }
    fuzz_require(known && input.len <= COVEY_MLS_EXTENSIONS_MAX);
    fuzz_require(covey_bytes_same(covey_group_extensions(&context), input));
    fuzz_require(!covey_extensions_find(input, COVEY_EXTENSION_EXTERNAL_SENDERS,
                                        &found));
    fuzz_require(covey_required_capabilities_of(&required, input) == COVEY_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = covey_bytes_of(data, size);

    switch (fuzz_byte(&input)) {
    case 0: (void)fuzz_reencode(REENCODE_GROUP_CONTEXT, input); break;
    case 1: extensions(input); break;
    case 2: (void)fuzz_reencode(REENCODE_REQUIRED_CAPABILITIES, input); break;
    default: break;
    }
    test_free_all();
    return 0;
}
