/*
 * A disk that loses power: an SQLite VFS in front of the system's. What was
 * written and not synced may be lost in the cut, whole or in sectors, in any
 * order; what was synced stays. No byte is synced for real.
 *
 * Call cut_vfs_install in a child process: when its time has come the files
 * are left as the cut leaves them, and the child ends with status 0.
 */
#ifndef CUT_VFS_H
#define CUT_VFS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t seed;
    uint32_t after;   /* so many writes, syncs and truncations */
    uint32_t keep;    /* of 100 unsynced sectors so many survive */
    bool weaker_sync; /* PRAGMA synchronous = NORMAL, whatever is asked for */
    bool disk_lies;   /* says that it synced, and did not */
} cut_plan;

/* Becomes the default VFS. */
void cut_vfs_install(const cut_plan *plan);

#endif
