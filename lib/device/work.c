#include "device/work.h"

#define ALIGNED(len) (((len) + 15) & ~(size_t)15)

static size_t front_size(void)
{
    return ALIGNED(COVEY_CONTENT_SCRATCH_SIZE);
}

/* Half of an outbox takes the longest payload that it has room for, or its
 * blob. A phone's takes the largest Welcome, opened and sealed. */
static size_t message_size(bool commits)
{
    size_t half = COVEY_OUTBOX_BYTES / 2;

    if (commits) return ALIGNED(covey_mls_welcome_size() + 1024);
    return ALIGNED(
        64 + (half < COVEY_BLOB_MESSAGE_MAX ? half : COVEY_BLOB_MESSAGE_MAX));
}

/* Front and message, or a staged commit. */
static size_t staged_size(bool commits)
{
    size_t parts = front_size() + message_size(commits);
    size_t staged = ALIGNED(covey_mls_staged_size());

    return staged > parts ? staged : parts;
}

static size_t scratch_size(bool commits)
{
    size_t size =
        commits ? covey_mls_scratch_size() : covey_mls_member_scratch_size();

    return ALIGNED(
        size > COVEY_CONTENT_SCRATCH_SIZE ? size : COVEY_CONTENT_SCRATCH_SIZE);
}

/* All records at once, sealed. A watch's outbox and group are seldom both at
 * their largest; its inbox serves as well then. */
static size_t save_size(void)
{
    return COVEY_STORE_KEY_SLOT_MAX + covey_mls_saved_size() +
           sizeof(covey_outbox) + sizeof(covey_log) + sizeof(covey_peers) +
           sizeof(covey_tasks) + sizeof(covey_book) + sizeof(covey_self) +
           sizeof(covey_notes) + sizeof(covey_pairing) + sizeof(covey_pending) +
           sizeof(covey_committer) + COVEY_PAYLOAD_MAX + 1024;
}

size_t covey_work_size(bool commits)
{
    size_t size = staged_size(commits) + scratch_size(commits);

    return commits && save_size() > size ? ALIGNED(save_size()) : size;
}

covey_buffer covey_work_front(covey_device *d)
{
    return (covey_buffer){d->work.at, front_size(), 0};
}

covey_buffer covey_work_staged(covey_device *d)
{
    return (covey_buffer){d->work.at, staged_size(d->can_commit), 0};
}

covey_buffer covey_work_message(covey_device *d)
{
    return (covey_buffer){d->work.at + front_size(),
                          message_size(d->can_commit), 0};
}

covey_buffer covey_work_scratch(covey_device *d)
{
    return (covey_buffer){d->work.at + staged_size(d->can_commit),
                          scratch_size(d->can_commit), 0};
}

covey_buffer covey_work_blob(covey_device *d, covey_bytes blob)
{
    size_t at = (size_t)(blob.at - d->inbox_bytes);

    return (covey_buffer){d->inbox_bytes + at - COVEY_BLOB_MARGIN,
                          blob.len + COVEY_BLOB_MARGIN, 0};
}
