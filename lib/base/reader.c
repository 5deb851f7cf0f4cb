#include "base/reader.h"

#include <covey/error.h>

#include "base/secret.h"

static const uint8_t empty[1];

covey_reader covey_reader_of(covey_bytes bytes)
{
    if (bytes.at == NULL) bytes = covey_bytes_of(empty, 0);
    return (covey_reader){bytes.at, bytes.len, false};
}

/* The only function that moves the pointer. */
static const uint8_t *take(covey_reader *r, size_t len)
{
    if (r->failed || len > r->left) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *at = r->at;
    r->at += len;
    r->left -= len;
    return at;
}

static uint64_t take_uint(covey_reader *r, unsigned width)
{
    const uint8_t *at = take(r, width);
    uint64_t value = 0;

    for (unsigned i = 0; at != NULL && i < width; i++) {
        value = value << 8 | at[i];
    }
    return value;
}

uint8_t covey_read_u8(covey_reader *r)
{
    return (uint8_t)take_uint(r, 1);
}

uint16_t covey_read_u16(covey_reader *r)
{
    return (uint16_t)take_uint(r, 2);
}

uint32_t covey_read_u32(covey_reader *r)
{
    return (uint32_t)take_uint(r, 4);
}

uint64_t covey_read_u64(covey_reader *r)
{
    return take_uint(r, 8);
}

covey_bytes covey_read_fixed(covey_reader *r, size_t len)
{
    const uint8_t *at = take(r, len);
    return covey_bytes_of(at, at != NULL ? len : 0);
}

/* The top two bits of the first byte say how wide the length is. Lengths are
 * public: padding hides them from the network, not from who could time the
 * receiver. */
covey_bytes covey_read_vec(covey_reader *r)
{
    static const uint32_t smallest[3] = {0, 64, 16384};
    uint8_t first = covey_read_u8(r);
    unsigned form = first >> 6;
    uint32_t len = first & 0x3f;

    COVEY_CT_PUBLIC(&form, sizeof form);
    if (form == 3) {
        r->failed = true;
        return covey_bytes_of(NULL, 0);
    }
    for (unsigned i = 1; i < 1u << form; i++) {
        len = len << 8 | covey_read_u8(r);
    }
    COVEY_CT_PUBLIC(&len, sizeof len);
    if (len < smallest[form]) r->failed = true;
    return covey_read_fixed(r, len);
}

covey_reader covey_read_list(covey_reader *r)
{
    covey_bytes bytes = covey_read_vec(r);
    covey_reader list = covey_reader_of(bytes);

    list.failed = r->failed;
    return list;
}

bool covey_read_optional(covey_reader *r)
{
    uint8_t present = covey_read_u8(r);

    COVEY_CT_PUBLIC(&present, sizeof present); /* as a length is */
    if (present > 1) r->failed = true;
    return !r->failed && present == 1;
}

int covey_reader_finish(const covey_reader *r)
{
    return r->failed || r->left != 0 ? COVEY_ERR_MALFORMED : COVEY_OK;
}
