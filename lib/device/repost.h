/*
 * Commits of one's own that ended the last epochs: when a relay has lost them,
 * whoever has not read them yet could not follow. They are posted again, to
 * the mailboxes where they stood. Only in devices that commit.
 */
#ifndef COVEY_DEVICE_REPOST_H
#define COVEY_DEVICE_REPOST_H

#include "device/device.h"

/* One's own commit has ended this epoch: kept, and older ones make room. */
void covey_repost_keep(covey_device *d);

/* All of them are to be posted again. */
void covey_repost_begin(covey_device *d);

/* Whether one is to be posted, and nothing else needs the channel. */
bool covey_repost_waits(const covey_device *d);

/* The one that is posted next, and the seed of its mailbox. */
const uint8_t *covey_repost_seed(const covey_device *d);
covey_bytes covey_repost_blob(const covey_device *d);

/* It is there. */
void covey_repost_done(covey_device *d);

void covey_reposts_write(covey_writer *w, const covey_reposts *reposts);
/* COVEY_ERR_MALFORMED, COVEY_ERR_CAPACITY. */
int covey_reposts_read(covey_reposts *reposts, covey_reader *r);

#endif
