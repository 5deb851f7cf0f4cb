#include "base/writer.h"

#include <covey/error.h>
#include <criterion/criterion.h>

#include "base/reader.h"
#include "support/bytes.h"
#include "support/guard.h"

#define VEC_LEN_MAX 0x3fffffffu /* 2^30 - 1, RFC 9420 section 2.1.2 */

/* len bytes that differ from their neighbours. */
static covey_bytes pattern(size_t len)
{
    uint8_t *at = test_alloc(len);

    for (size_t i = 0; i < len; i++) at[i] = (uint8_t)(i * 7 + (i >> 8) + 1);
    return covey_bytes_of(at, len);
}

typedef struct {
    size_t len;
    const char *prefix;
} len_case;

static const len_case lens[] = {
    {0, "00"},           {1, "01"},           {62, "3e"},
    {63, "3f"},          {64, "4040"},        {65, "4041"},
    {255, "40ff"},       {256, "4100"},       {16382, "7ffe"},
    {16383, "7fff"},     {16384, "80004000"}, {16385, "80004001"},
    {65535, "8000ffff"}, {65536, "80010000"},
};

#define NUM_LENS (sizeof lens / sizeof lens[0])

Test(writer, numbers_are_big_endian)
{
    uint8_t *at = guard_end(15);
    covey_writer w = covey_writer_of(at, 15);

    covey_write_u8(&w, 0x01);
    covey_write_u16(&w, 0x0203);
    covey_write_u32(&w, 0x04050607);
    covey_write_u64(&w, 0x08090a0b0c0d0e0f);
    cr_assert_eq(covey_writer_finish(&w), COVEY_OK);
    check_hex(at, w.len, "0102030405060708090a0b0c0d0e0f");
}

Test(writer, a_full_buffer_is_no_failure_and_one_more_byte_is)
{
    uint8_t *at = guard_end(4);
    covey_writer w = covey_writer_of(at, 4);

    covey_write_u32(&w, 1);
    cr_assert_eq(covey_writer_finish(&w), COVEY_OK);
    covey_write_fixed(&w, covey_bytes_of(NULL, 0));
    cr_assert_eq(covey_writer_finish(&w), COVEY_OK);
    covey_write_u8(&w, 1);
    cr_assert_eq(covey_writer_finish(&w), COVEY_ERR_BUFFER);
    check_hex(at, 4, "00000001");
}

Test(writer, a_number_is_written_whole_or_not_at_all)
{
    for (size_t cap = 0; cap < 8; cap++) {
        uint8_t *at = guard_end(cap);
        covey_writer w = covey_writer_of(at, cap);

        covey_write_u64(&w, UINT64_MAX);
        cr_assert(w.failed);
        cr_assert_eq(w.len, 0);
        cr_assert(test_is_zero(at, cap));
    }
}

Test(writer, failure_latches)
{
    uint8_t *at = guard_end(8);
    covey_writer w = covey_writer_of(at, 8);

    covey_write_zeros(&w, 9);
    cr_assert(w.failed);
    covey_write_u8(&w, 0xff);
    covey_write_u16(&w, 0xffff);
    covey_write_u32(&w, 0xffffffff);
    covey_write_u64(&w, UINT64_MAX);
    covey_write_fixed(&w, covey_bytes_of_text("ff"));
    covey_write_vec(&w, covey_bytes_of_text("ff"));
    covey_write_vec_len(&w, 3);

    size_t mark = covey_write_vec_open(&w);

    covey_write_vec_close(&w, mark);
    cr_assert_null(covey_write_room(&w, 0));
    cr_assert_null(covey_write_room(&w, 1));
    cr_assert_null(covey_writer_since(&w, 0).at);
    cr_assert_eq(w.len, 0);
    cr_assert(test_is_zero(at, 8));
    cr_assert_eq(covey_writer_finish(&w), COVEY_ERR_BUFFER);
}

Test(writer, no_buffer_has_no_room)
{
    covey_writer w = covey_writer_of(NULL, 100);

    covey_write_u8(&w, 1);
    cr_assert_eq(covey_writer_finish(&w), COVEY_ERR_BUFFER);
}

Test(writer, the_room_left_is_reckoned_without_wrapping_around)
{
    static const size_t huge[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 7,
                                  SIZE_MAX / 2 + 1};

    for (size_t i = 0; i < sizeof huge / sizeof huge[0]; i++) {
        uint8_t *at = guard_end(16);
        covey_writer w = covey_writer_of(at, 16);

        covey_write_u64(&w, 0);
        cr_assert_null(covey_write_room(&w, huge[i]));
        cr_assert(w.failed);
        cr_assert_eq(w.len, 8);
    }
}

Test(writer, counting_stops_at_the_top_of_size_t)
{
    covey_writer w = covey_writer_counting();

    (void)covey_write_room(&w, SIZE_MAX - 1);
    covey_write_u8(&w, 1);
    cr_assert_eq(w.len, SIZE_MAX);
    cr_assert_not(w.failed);
    covey_write_u8(&w, 1);
    cr_assert(w.failed);
    cr_assert_eq(w.len, SIZE_MAX);
}

Test(writer, a_length_takes_its_shortest_form)
{
    for (size_t i = 0; i < NUM_LENS; i++) {
        uint8_t *at = guard_end(4);
        covey_writer w = covey_writer_of(at, 4);

        covey_write_vec_len(&w, lens[i].len);
        check_hex(at, w.len, lens[i].prefix);
        cr_assert_eq(covey_vec_len_size(lens[i].len), w.len);
    }
}

Test(writer, the_longest_vector_is_one_below_2_to_the_30)
{
    uint8_t *at = guard_end(4);
    covey_writer w = covey_writer_of(at, 4);

    covey_write_vec_len(&w, VEC_LEN_MAX);
    cr_assert_eq(covey_writer_finish(&w), COVEY_OK);
    check_hex(at, w.len, "bfffffff");

    w = covey_writer_of(at, 4);
    covey_write_vec_len(&w, (size_t)VEC_LEN_MAX + 1);
    cr_assert(w.failed);
    cr_assert_eq(w.len, 0);

    w = covey_writer_counting();
    covey_write_vec(&w, covey_bytes_of(at, (size_t)VEC_LEN_MAX + 1));
    cr_assert(w.failed);
    w = covey_writer_counting();
    covey_write_vec(&w, covey_bytes_of(at, SIZE_MAX));
    cr_assert(w.failed);
    w = covey_writer_counting();
    (void)covey_write_room(&w, (size_t)VEC_LEN_MAX + 1);
    covey_write_vec_close(&w, 0);
    cr_assert(w.failed, "closing a vector knows the same bound");
}

Test(writer, what_is_written_is_read_back)
{
    for (size_t i = 0; i < NUM_LENS; i++) {
        covey_bytes content = pattern(lens[i].len);
        size_t size = covey_vec_len_size(lens[i].len) + lens[i].len;
        uint8_t *at = guard_end(size);
        covey_writer w = covey_writer_of(at, size);

        covey_write_vec(&w, content);
        cr_assert_eq(covey_writer_finish(&w), COVEY_OK);
        cr_assert_eq(w.len, size);

        covey_reader r = covey_reader_of(covey_bytes_of(at, size));

        cr_assert(covey_bytes_same(covey_read_vec(&r), content));
        cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    }
}

/* Around each change of width, into a buffer that is just large enough. */
Test(writer, closing_a_vector_equals_writing_it_at_once)
{
    for (size_t i = 0; i < NUM_LENS; i++) {
        covey_bytes content = pattern(lens[i].len);
        size_t size = 3 + covey_vec_len_size(lens[i].len) + lens[i].len;
        uint8_t *at = guard_end(size);
        covey_writer w = covey_writer_of(at, size);

        covey_write_fixed(&w, hex("aabbcc"));

        size_t mark = covey_write_vec_open(&w);

        covey_write_fixed(&w, content);
        covey_write_vec_close(&w, mark);
        cr_assert_eq(covey_writer_finish(&w), COVEY_OK, "%zu", lens[i].len);
        cr_assert_eq(w.len, size);
        check_hex(at, 3, "aabbcc");

        covey_reader r = covey_reader_of(covey_bytes_of(at + 3, size - 3));

        cr_assert(covey_bytes_same(covey_read_vec(&r), content));
        cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    }
}

Test(writer, closing_fails_where_the_length_no_longer_fits)
{
    for (size_t i = 0; i < NUM_LENS; i++) {
        size_t head = covey_vec_len_size(lens[i].len);

        for (size_t lack = 1; lack <= head; lack++) {
            size_t cap = lens[i].len + head - lack;
            uint8_t *at = guard_end(cap);
            covey_writer w = covey_writer_of(at, cap);
            size_t mark = covey_write_vec_open(&w);

            covey_write_zeros(&w, lens[i].len);
            cr_assert_not(w.failed);
            covey_write_vec_close(&w, mark);
            cr_assert(w.failed, "%zu in %zu", lens[i].len, cap);
        }
        guard_free_all();
    }
}

Test(writer, vectors_nest)
{
    uint8_t *at = guard_end(9);
    covey_writer w = covey_writer_of(at, 9);
    size_t outer = covey_write_vec_open(&w);

    covey_write_vec(&w, hex("0102"));

    size_t inner = covey_write_vec_open(&w);

    covey_write_u16(&w, 0x0304);
    covey_write_vec_close(&w, inner);

    inner = covey_write_vec_open(&w);
    covey_write_vec_close(&w, inner);
    covey_write_vec_close(&w, outer);
    covey_write_u8(&w, 0xff);
    cr_assert_eq(covey_writer_finish(&w), COVEY_OK);
    check_hex(at, w.len, "07 020102 020304 00 ff");
}

/* The same calls, with and without a buffer. */
static void write_something(covey_writer *w, size_t len)
{
    covey_bytes content = pattern(len);
    size_t mark = covey_write_vec_open(w);

    covey_write_u8(w, 1);
    covey_write_u16(w, 2);
    covey_write_u32(w, 3);
    covey_write_u64(w, 4);
    covey_write_zeros(w, 5);
    covey_write_vec(w, content);
    covey_write_vec_close(w, mark);
    covey_write_fixed(w, content);
    (void)covey_write_room(w, 6);
}

Test(writer, counting_gives_the_length_that_writing_takes)
{
    for (size_t i = 0; i < NUM_LENS; i++) {
        covey_writer count = covey_writer_counting();

        write_something(&count, lens[i].len);
        cr_assert_eq(covey_writer_finish(&count), COVEY_OK);
        cr_assert_null(covey_writer_since(&count, 0).at);

        covey_writer w = covey_writer_of(guard_end(count.len), count.len);

        write_something(&w, lens[i].len);
        cr_assert_eq(covey_writer_finish(&w), COVEY_OK);
        cr_assert_eq(w.len, count.len);

        w = covey_writer_of(guard_end(count.len - 1), count.len - 1);
        write_something(&w, lens[i].len);
        cr_assert_eq(covey_writer_finish(&w), COVEY_ERR_BUFFER);
    }
}

Test(writer, room_is_inside_the_buffer_and_counted)
{
    uint8_t *at = guard_end(6);
    covey_writer w = covey_writer_of(at, 6);

    covey_write_u16(&w, 0x0102);

    uint8_t *room = covey_write_room(&w, 4);

    cr_assert_eq(room, at + 2);
    cr_assert_eq(w.len, 6);
    check_hex(covey_writer_since(&w, 1).at, 5, "0200000000");
    cr_assert_eq(covey_writer_since(&w, 1).len, 5);

    covey_writer count = covey_writer_counting();

    cr_assert_null(covey_write_room(&count, 4));
    cr_assert_not(count.failed);
    cr_assert_eq(count.len, 4);
}
