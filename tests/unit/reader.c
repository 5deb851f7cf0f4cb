#include "base/reader.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"

/* A reader over bytes that end at a guard page. */
static covey_reader reader_of_hex(const char *text)
{
    return covey_reader_of(guard_copy(hex(text)));
}

/* A vector of len bytes, each 0x5a, under the given length prefix. */
static covey_bytes vector_of(covey_bytes prefix, size_t len)
{
    uint8_t *at = guard_end(prefix.len + len);

    memcpy(at, prefix.at, prefix.len);
    if (len != 0) memset(at + prefix.len, 0x5a, len);
    return covey_bytes_of(at, prefix.len + len);
}

/* RFC 9420 section 2.1.2 gives the encodings. */
typedef struct {
    const char *prefix;
    uint32_t len;
} prefix_case;

static const prefix_case shortest[] = {
    {"00", 0},           {"01", 1},           {"25", 37},
    {"3f", 63},          {"4040", 64},        {"4041", 65},
    {"40ff", 255},       {"4100", 256},       {"7bbd", 15293},
    {"7fff", 16383},     {"80004000", 16384}, {"80004001", 16385},
    {"8000ffff", 65535}, {"80010000", 65536},
};

#define NUM_SHORTEST (sizeof shortest / sizeof shortest[0])

Test(reader, numbers_are_big_endian)
{
    covey_reader r = reader_of_hex("01 0203 04050607 08090a0b0c0d0e0f");

    cr_assert_eq(covey_read_u8(&r), 0x01);
    cr_assert_eq(covey_read_u16(&r), 0x0203);
    cr_assert_eq(covey_read_u32(&r), 0x04050607);
    cr_assert_eq(covey_read_u64(&r), 0x08090a0b0c0d0e0f);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
}

Test(reader, numbers_keep_their_top_bit)
{
    covey_reader r = reader_of_hex("ff fffe fffffffd fffffffffffffffc");

    cr_assert_eq(covey_read_u8(&r), UINT8_MAX);
    cr_assert_eq(covey_read_u16(&r), UINT16_MAX - 1);
    cr_assert_eq(covey_read_u32(&r), UINT32_MAX - 2);
    cr_assert_eq(covey_read_u64(&r), UINT64_MAX - 3);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
}

Test(reader, a_number_that_is_cut_short_reads_as_zero_and_fails)
{
    for (size_t len = 0; len < 8; len++) {
        covey_bytes bytes = guard_copy(covey_bytes_of("\xff\xff\xff\xff"
                                                      "\xff\xff\xff",
                                                      len));
        covey_reader r = covey_reader_of(bytes);

        cr_assert_eq(covey_read_u64(&r), 0, "%zu bytes", len);
        cr_assert(r.failed);
        r = covey_reader_of(bytes);
        cr_assert_eq(covey_read_u32(&r), len < 4 ? 0 : UINT32_MAX);
        cr_assert_eq(r.failed, len < 4);
        r = covey_reader_of(bytes);
        cr_assert_eq(covey_read_u16(&r), len < 2 ? 0 : UINT16_MAX);
        cr_assert_eq(r.failed, len < 2);
        r = covey_reader_of(bytes);
        cr_assert_eq(covey_read_u8(&r), len < 1 ? 0 : UINT8_MAX);
        cr_assert_eq(r.failed, len < 1);
    }
}

Test(reader, nothing_is_an_empty_input)
{
    covey_reader r = covey_reader_of(covey_bytes_of(NULL, 0));

    cr_assert_not_null(r.at);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    cr_assert_not(covey_reader_more(&r));
    cr_assert_eq(covey_read_u8(&r), 0);
    cr_assert_eq(covey_reader_finish(&r), COVEY_ERR_MALFORMED);
}

Test(reader, no_pointer_means_no_bytes_whatever_the_length_says)
{
    covey_reader r = covey_reader_of(covey_bytes_of(NULL, 5));

    cr_assert_eq(r.left, 0);
}

Test(reader, bytes_that_are_left_over_are_refused)
{
    covey_reader r = reader_of_hex("0102");

    (void)covey_read_u8(&r);
    cr_assert(covey_reader_more(&r));
    cr_assert_eq(covey_reader_finish(&r), COVEY_ERR_MALFORMED);
    (void)covey_read_u8(&r);
    cr_assert_not(covey_reader_more(&r));
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
}

Test(reader, fixed_bytes_are_a_view_of_the_input)
{
    covey_bytes input = guard_copy(hex("010203"));
    covey_reader r = covey_reader_of(input);
    covey_bytes two = covey_read_fixed(&r, 2);

    cr_assert_eq(two.at, input.at);
    cr_assert_eq(two.len, 2);
    cr_assert_eq(covey_read_fixed(&r, 0).len, 0);
    cr_assert_not(r.failed, "nothing can always be read");
    cr_assert_eq(covey_read_fixed(&r, 1).at, input.at + 2);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
}

Test(reader, a_length_near_the_top_of_size_t_does_not_wrap_around)
{
    static const size_t huge[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1, 4};

    for (size_t i = 0; i < sizeof huge / sizeof huge[0]; i++) {
        covey_reader r = reader_of_hex("010203");
        covey_bytes got = covey_read_fixed(&r, huge[i]);

        cr_assert_null(got.at);
        cr_assert_eq(got.len, 0);
        cr_assert(r.failed);
    }
}

Test(reader, failure_latches)
{
    covey_reader r = reader_of_hex("00000000 00000000 00000000");
    const uint8_t *start = r.at;

    (void)covey_read_fixed(&r, 13);
    cr_assert(r.failed);
    cr_assert_eq(covey_read_u8(&r), 0);
    cr_assert_eq(covey_read_u16(&r), 0);
    cr_assert_eq(covey_read_u32(&r), 0);
    cr_assert_eq(covey_read_u64(&r), 0);
    cr_assert_null(covey_read_fixed(&r, 0).at);
    cr_assert_null(covey_read_fixed(&r, 1).at);
    cr_assert_null(covey_read_vec(&r).at);
    cr_assert_not(covey_read_optional(&r));
    cr_assert_not(covey_reader_more(&r));
    cr_assert_null(covey_reader_since(&r, start).at);

    covey_reader list = covey_read_list(&r);

    cr_assert(list.failed);
    cr_assert_not(covey_reader_more(&list));
    cr_assert_eq(covey_reader_finish(&list), COVEY_ERR_MALFORMED);
    cr_assert_eq(r.at, start, "a failed reader does not move");
    cr_assert_eq(r.left, 12);
    cr_assert_eq(covey_reader_finish(&r), COVEY_ERR_MALFORMED);
}

Test(reader, the_shortest_length_is_read_at_each_boundary)
{
    for (size_t i = 0; i < NUM_SHORTEST; i++) {
        covey_bytes prefix = hex(shortest[i].prefix);
        covey_bytes input = vector_of(prefix, shortest[i].len);
        covey_reader r = covey_reader_of(input);
        covey_bytes got = covey_read_vec(&r);

        cr_assert_eq(got.len, shortest[i].len, "%s", shortest[i].prefix);
        cr_assert_eq(got.at, input.at + prefix.len);
        cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    }
}

Test(reader, a_vector_that_lacks_its_last_byte_is_refused)
{
    for (size_t i = 1; i < NUM_SHORTEST; i++) {
        covey_bytes input =
            vector_of(hex(shortest[i].prefix), shortest[i].len - 1);
        covey_reader r = covey_reader_of(input);
        covey_bytes got = covey_read_vec(&r);

        cr_assert(r.failed, "%s", shortest[i].prefix);
        cr_assert_null(got.at);
        cr_assert_eq(got.len, 0);
    }
}

Test(reader, a_prefix_that_is_cut_short_is_refused)
{
    static const char *const cut[] = {"", "40", "7f", "80", "8000", "800040"};

    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        covey_reader r = reader_of_hex(cut[i]);

        cr_assert_null(covey_read_vec(&r).at);
        cr_assert(r.failed, "'%s'", cut[i]);
    }
}

Test(reader, a_length_in_more_bytes_than_needed_is_refused)
{
    static const prefix_case longer[] = {
        {"4000", 0},      {"4001", 1},       {"403f", 63},
        {"80000000", 0},  {"80000001", 1},   {"8000003f", 63},
        {"80000040", 64}, {"800000ff", 255}, {"80003fff", 16383},
    };

    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++) {
        covey_reader r =
            covey_reader_of(vector_of(hex(longer[i].prefix), longer[i].len));
        covey_bytes got = covey_read_vec(&r);

        cr_assert(r.failed, "%s", longer[i].prefix);
        cr_assert_null(got.at);
    }
}

Test(reader, the_fourth_form_of_length_is_refused)
{
    for (unsigned first = 0xc0; first <= 0xff; first++) {
        uint8_t *at = guard_end(256);

        at[0] = (uint8_t)first;

        covey_reader r = covey_reader_of(covey_bytes_of(at, 256));

        cr_assert_null(covey_read_vec(&r).at, "%02x", first);
        cr_assert(r.failed);
    }
}

Test(reader, the_largest_length_is_refused_without_its_bytes)
{
    covey_reader r = reader_of_hex("bfffffff 00000000");

    cr_assert_null(covey_read_vec(&r).at);
    cr_assert(r.failed);
}

Test(reader, a_list_reads_no_further_than_its_vector)
{
    covey_reader r = reader_of_hex("03 010203 99");
    covey_reader list = covey_read_list(&r);
    unsigned sum = 0;

    while (covey_reader_more(&list)) sum += covey_read_u8(&list);
    cr_assert_eq(sum, 6);
    cr_assert_eq(covey_reader_finish(&list), COVEY_OK);
    cr_assert_eq(covey_read_u8(&list), 0);
    cr_assert(list.failed);
    cr_assert_not(r.failed, "a list fails alone");
    cr_assert_eq(covey_read_u8(&r), 0x99);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
}

Test(reader, an_element_that_crosses_the_end_of_its_list_is_refused)
{
    covey_reader r = reader_of_hex("03 010203 0405");
    covey_reader list = covey_read_list(&r);

    (void)covey_read_u16(&list);
    (void)covey_read_u16(&list);
    cr_assert_eq(covey_reader_finish(&list), COVEY_ERR_MALFORMED);
}

Test(reader, an_empty_list_has_no_elements)
{
    covey_reader r = reader_of_hex("00");
    covey_reader list = covey_read_list(&r);

    cr_assert_not(covey_reader_more(&list));
    cr_assert_eq(covey_reader_finish(&list), COVEY_OK);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
}

Test(reader, presence_is_0_or_1_and_nothing_else)
{
    for (unsigned value = 0; value < 256; value++) {
        uint8_t byte = (uint8_t)value;
        covey_reader r = covey_reader_of(covey_bytes_of(&byte, 1));
        bool present = covey_read_optional(&r);

        cr_assert_eq(present, value == 1);
        cr_assert_eq(r.failed, value > 1, "%u", value);
    }
}

Test(reader, what_was_read_since_a_point_is_a_view)
{
    covey_reader r = reader_of_hex("01 02 03 04");

    (void)covey_read_u8(&r);

    const uint8_t *start = r.at;

    (void)covey_read_u16(&r);
    check_hex(covey_reader_since(&r, start).at, 2, "0203");
    cr_assert_eq(covey_reader_since(&r, start).len, 2);
}

/* Whatever the bytes, nothing outside them is touched and nothing is given
 * out that is not inside them. */
Test(reader, random_bytes_never_lead_outside)
{
    test_choices choices = test_choices_of(1);

    for (unsigned run = 0; run < 20000; run++) {
        size_t len = test_below(&choices, 80);
        uint8_t *at = guard_end(len);

        test_fill(&choices, at, len);

        covey_reader r = covey_reader_of(covey_bytes_of(at, len));

        for (unsigned step = 0; step < 20; step++) {
            covey_bytes got = {NULL, 0};

            switch (test_below(&choices, 6)) {
            case 0: (void)covey_read_u16(&r); break;
            case 1: (void)covey_read_u64(&r); break;
            case 2: (void)covey_read_optional(&r); break;
            case 3: got = covey_read_vec(&r); break;
            case 4: got = covey_read_fixed(&r, test_below(&choices, 9)); break;
            default: {
                covey_reader list = covey_read_list(&r);
                got = covey_bytes_of(list.at, list.left);
                break;
            }
            }
            cr_assert(got.len == 0 ||
                      (got.at >= at && got.at + got.len <= at + len));
            cr_assert(r.at + r.left == at + len || len == 0);
        }
        if (run % 256 == 0) guard_free_all();
    }
}
