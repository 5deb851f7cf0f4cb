/*
 * The records of a device in a directory: covey_port over one file, "state",
 * which each save replaces whole.
 *
 * Replacing a file does not erase the old one, and the old key slot must not
 * stay readable. So the old file keeps a second name, "state.old", until its
 * bytes have been overwritten in place and flushed; an interrupted save is
 * finished by the next one, or when the directory is opened again. That is as
 * far as a file system lets a program go: one that copies on write, takes
 * snapshots or journals data, and the flash behind a controller, may keep the
 * old bytes all the same. A product writes the key slot to flash pages that it
 * erases, or to a secure element.
 *
 * Any number of processes may have the same directory open: a lock on the file
 * "lock" orders them, and a save over another's is a conflict. The file system
 * must know hard links and flock.
 */
#ifndef DESK_FILE_STORE_H
#define DESK_FILE_STORE_H

#include <covey/port.h>

typedef struct file_store file_store;

/* NULL with errno set. */
file_store *file_store_open(const char *directory);
void file_store_close(file_store *store);

/* Good as long as the store. */
const covey_port *file_store_port(const file_store *store);

#endif
