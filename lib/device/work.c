#include "device/work.h"

#define ALIGNED(len) (((len) + 15) & ~(size_t)15)

static size_t front_size(void)
{
    size_t staged = covey_mls_staged_size();

    return ALIGNED(staged > COVEY_CONTENT_SCRATCH_SIZE
                       ? staged
                       : COVEY_CONTENT_SCRATCH_SIZE);
}

/* A phone's takes the largest Welcome, opened and sealed. */
static size_t message_size(bool commits)
{
    return ALIGNED(commits ? covey_mls_welcome_size() + 1024
                           : COVEY_BLOB_MESSAGE_MAX + 64);
}

static size_t scratch_size(bool commits)
{
    size_t size =
        commits ? covey_mls_scratch_size() : covey_mls_member_scratch_size();

    return ALIGNED(
        size > COVEY_CONTENT_SCRATCH_SIZE ? size : COVEY_CONTENT_SCRATCH_SIZE);
}

/* All records at once, sealed. A watch's outbox and group are never both at
 * their largest: its tree holds public keys of few members. */
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
    size_t size = front_size() + message_size(commits) + scratch_size(commits);

    return commits && save_size() > size ? ALIGNED(save_size()) : size;
}

covey_buffer covey_work_front(covey_device *d)
{
    return (covey_buffer){d->work.at, front_size(), 0};
}

covey_buffer covey_work_message(covey_device *d)
{
    return (covey_buffer){d->work.at + front_size(),
                          message_size(d->can_commit), 0};
}

covey_buffer covey_work_scratch(covey_device *d)
{
    return (covey_buffer){d->work.at + front_size() +
                              message_size(d->can_commit),
                          scratch_size(d->can_commit), 0};
}
