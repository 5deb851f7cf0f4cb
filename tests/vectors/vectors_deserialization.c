/*
 * mls/deserialization.json: lengths of variable-size vectors, RFC 9420
 * section 2.1.2.
 */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "base/reader.h"
#include "base/writer.h"
#include "support/guard.h"
#include "support/vectors.h"

/* The header with as many bytes behind it as it announces. */
static void check_reads(covey_bytes header, size_t len)
{
    uint8_t *at = guard_end(header.len + len);
    covey_reader r;

    memcpy(at, header.at, header.len);
    r = covey_reader_of(covey_bytes_of(at, header.len + len));
    cr_assert_eq(covey_read_vec(&r).len, len, "%s", hex_of(header));
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK, "%s", hex_of(header));
}

static void check_writes(covey_bytes header, size_t len)
{
    uint8_t out[4];
    covey_writer w = covey_writer_of(out, sizeof out);

    covey_write_vec_len(&w, len);
    check_bytes(covey_writer_since(&w, 0), header);
}

/* Without the bytes a reader cannot know the length: it must refuse. */
static void check_refuses(covey_bytes header, size_t len)
{
    covey_reader r = covey_reader_of(guard_copy(header));

    cr_assert_eq(covey_read_vec(&r).len, 0);
    cr_assert_eq(r.failed, len != 0, "%s", hex_of(header));
}

Test(vectors, deserialization)
{
    const json_t *root = vectors_open("mls/deserialization.json");
    const json_t *value;
    size_t i;

    cr_assert_gt(json_array_size(root), 0);
    json_array_foreach(root, i, value)
    {
        covey_bytes header = vector_hex(value, "vlbytes_header");
        size_t len = (size_t)vector_number(value, "length");

        /* A gigabyte of address space is more than 32 bits can spare. */
        if (len <= 1u << 24 || sizeof(size_t) > 4) {
            check_reads(header, len);
        } else {
            cr_log_warn("length %zu is refused and written, not read", len);
        }
        check_refuses(header, len);
        check_writes(header, len);
        guard_free_all();
    }
}
