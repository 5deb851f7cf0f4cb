#include "device/fields.h"

void covey_read_into(covey_reader *r, void *out, size_t len)
{
    covey_bytes bytes = covey_read_fixed(r, len);

    memset(out, 0, len);
    covey_copy(out, bytes.at, bytes.len);
}

void covey_write_member(covey_writer *w, const covey_member_id *id)
{
    covey_write_fixed(w, covey_bytes_of(id->bytes, sizeof id->bytes));
}

void covey_read_member(covey_reader *r, covey_member_id *id)
{
    covey_read_into(r, id->bytes, sizeof id->bytes);
}

void covey_write_reference(covey_writer *w, const covey_reference *reference)
{
    covey_write_member(w, &reference->sender);
    covey_write_u64(w, reference->id.counter);
    covey_write_u32(w, reference->id.incarnation);
}

void covey_read_reference(covey_reader *r, covey_reference *reference)
{
    covey_read_member(r, &reference->sender);
    reference->id.counter = covey_read_u64(r);
    reference->id.incarnation = covey_read_u32(r);
}

void covey_write_flag(covey_writer *w, bool flag)
{
    covey_write_u8(w, flag ? 1 : 0);
}

bool covey_read_flag(covey_reader *r)
{
    return covey_read_optional(r);
}
