/*
 * Fields that several of the device's records have.
 */
#ifndef COVEY_DEVICE_FIELDS_H
#define COVEY_DEVICE_FIELDS_H

#include <covey/content.h>

#include "base/reader.h"
#include "base/writer.h"

static inline bool covey_same_member(const covey_member_id *a,
                                     const covey_member_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static inline bool covey_same_reference(const covey_reference *a,
                                        const covey_reference *b)
{
    return covey_same_member(&a->sender, &b->sender) &&
           a->id.counter == b->id.counter &&
           a->id.incarnation == b->id.incarnation;
}

static inline bool covey_is_nobody(const covey_member_id *id)
{
    static const covey_member_id nobody;

    return covey_same_member(id, &nobody);
}

/* Fixed bytes into an array; zeros after a failure. */
void covey_read_into(covey_reader *r, void *out, size_t len);

void covey_write_member(covey_writer *w, const covey_member_id *id);
void covey_read_member(covey_reader *r, covey_member_id *id);
void covey_write_reference(covey_writer *w, const covey_reference *reference);
void covey_read_reference(covey_reader *r, covey_reference *reference);
void covey_write_flag(covey_writer *w, bool flag);
bool covey_read_flag(covey_reader *r);

#endif
