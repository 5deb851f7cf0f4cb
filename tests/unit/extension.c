#include "mls/extension.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "base/limits.h"
#include "base/writer.h"
#include "mls/types.h"
#include "support/bytes.h"
#include "support/guard.h"

/* Types first, first + 1, ..., each with its own number of bytes. */
static covey_bytes list_of(uint16_t first, size_t num)
{
    covey_writer w = covey_writer_of(test_alloc(4096), 4096);

    for (size_t i = 0; i < num; i++) {
        uint8_t data[64] = {(uint8_t)i};

        covey_write_u16(&w, (uint16_t)(first + i));
        covey_write_vec(&w, covey_bytes_of(data, i));
    }
    cr_assert_not(w.failed);
    return guard_copy(covey_writer_since(&w, 0));
}

Test(extension, an_empty_list_is_well)
{
    covey_bytes data;

    cr_assert_eq(covey_extensions_check(covey_bytes_of(NULL, 0)), COVEY_OK);
    cr_assert_not(covey_extensions_find(covey_bytes_of(NULL, 0), 1, &data));
}

Test(extension, one_is_found_among_others)
{
    covey_bytes list = list_of(0xf000, 5);
    covey_bytes data = {NULL, 99};

    cr_assert_eq(covey_extensions_check(list), COVEY_OK);
    cr_assert(covey_extensions_find(list, 0xf003, &data));
    check_bytes(data, hex("030000"));
    cr_assert(covey_extensions_find(list, 0xf000, &data));
    cr_assert_eq(data.len, 0);
    data.len = 99;
    cr_assert_not(covey_extensions_find(list, 0xf005, &data));
    cr_assert_eq(data.len, 99, "the output of a search that failed");
}

Test(extension, a_type_that_comes_twice_is_refused)
{
    cr_assert_eq(covey_extensions_check(hex("f00100 f00200 f00300 f00101aa")),
                 COVEY_ERR_EXTENSION);
    cr_assert_eq(covey_extensions_check(hex("f00100 f00100")),
                 COVEY_ERR_EXTENSION);
    cr_assert_eq(covey_extensions_check(hex("f00100 f00200 f00201aa")),
                 COVEY_ERR_EXTENSION);
}

Test(extension, as_many_types_as_the_limit_says_and_no_more)
{
    covey_bytes most = list_of(0xf000, COVEY_MLS_EXTENSION_TYPES_MAX);
    covey_bytes more = list_of(0xf000, COVEY_MLS_EXTENSION_TYPES_MAX + 1);

    cr_assert_eq(covey_extensions_check(most), COVEY_OK);
    cr_assert_eq(covey_extensions_check(more), COVEY_ERR_PROFILE);
}

Test(extension, a_list_cut_anywhere_but_between_is_refused)
{
    covey_bytes list = list_of(0xf000, 4);
    /* Behind each: 3 + 0, 3 + 1, ... bytes. */
    static const size_t ends[] = {0, 3, 7, 12, 18};
    size_t next = 0;

    cr_assert_eq(list.len, ends[4]);
    for (size_t len = 0; len <= list.len; len++) {
        bool end = len == ends[next];
        covey_bytes cut = guard_copy(covey_bytes_of(list.at, len));
        covey_bytes data;

        next += end;
        cr_assert_eq(covey_extensions_check(cut),
                     end ? COVEY_OK : COVEY_ERR_MALFORMED, "%zu bytes", len);
        (void)covey_extensions_find(cut, 0xffff, &data);
    }
}

Test(extension, a_listed_value_is_found)
{
    covey_bytes list = guard_copy(hex("0001 0203 ffff"));

    cr_assert(covey_u16_listed(list, 1));
    cr_assert(covey_u16_listed(list, 0x0203));
    cr_assert(covey_u16_listed(list, 0xffff));
    cr_assert_not(covey_u16_listed(list, 0));
    cr_assert_not(covey_u16_listed(list, 0x0102), "across two values");
    cr_assert_not(covey_u16_listed(covey_bytes_of(NULL, 0), 0));
    /* Half a value at the end is none. */
    cr_assert_not(covey_u16_listed(guard_copy(hex("0001 00")), 0));
}

Test(extension, the_default_types_are_those_of_the_rfc)
{
    for (uint32_t type = 0; type <= UINT16_MAX; type++) {
        cr_assert_eq(covey_extension_is_default((uint16_t)type),
                     type >= 1 && type <= 5);
        cr_assert_eq(covey_proposal_is_default((uint16_t)type),
                     type >= 1 && type <= 7);
    }
}

Test(extension, required_capabilities_are_three_lists)
{
    covey_required_capabilities required;
    covey_bytes list = guard_copy(hex("f00100 0003 09 02f001 00 040001f002"));

    cr_assert_eq(covey_required_capabilities_of(&required, list), COVEY_OK);
    check_bytes(required.extensions, hex("f001"));
    cr_assert_eq(required.proposals.len, 0);
    check_bytes(required.credentials, hex("0001f002"));
}

Test(extension, no_required_capabilities_require_nothing)
{
    covey_required_capabilities required;

    cr_assert_eq(covey_required_capabilities_of(&required, hex("f00100")),
                 COVEY_OK);
    cr_assert_eq(required.extensions.len, 0);
    cr_assert_eq(required.proposals.len, 0);
    cr_assert_eq(required.credentials.len, 0);
}

Test(extension, malformed_required_capabilities_are_refused)
{
    static const char *const bad[] = {
        "0003 00",          /* nothing in it */
        "0003 02 0000",     /* two lists */
        "0003 04 00000000", /* something behind */
        "0003 04 01aa0000", /* half a value */
        "0003 04 0001aa00", "0003 04 000001aa",
        "0003 03 03aaaa", /* longer than it is */
    };
    covey_required_capabilities required;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        covey_bytes list = guard_copy(hex(bad[i]));

        cr_assert_eq(covey_required_capabilities_of(&required, list),
                     COVEY_ERR_MALFORMED, "%s", bad[i]);
    }
}
