/*
 * A disk that remembers: every change that the file store makes to its
 * directory is written down, and any state that a power cut can leave behind
 * is made of the list. What was not flushed may be there or not: of names the
 * first ones, of a file's bytes none, half or all.
 *
 * The system calls come here by the linker's --wrap.
 */
#ifndef TEST_CLI_DISK_H
#define TEST_CLI_DISK_H

#include <stdbool.h>
#include <stddef.h>

/* Forgets everything, and writes down from now on. */
void disk_record(void);
size_t disk_num_steps(void);

/* The step number `at`, counted from disk_record, fails instead of being
 * done; (size_t)-1: none does. */
void disk_fail_at(size_t at);

typedef enum { DISK_NOTHING, DISK_HALF, DISK_ALL } disk_bytes;

/* A cut behind so many steps. */
typedef struct {
    size_t num_steps;
    size_t num_names; /* of the names' changes that were not flushed */
    disk_bytes bytes;
} disk_cut;

/* Makes the files in an empty directory; false when fewer changes of names
 * were not flushed than the cut keeps. */
bool disk_make(const char *directory, const disk_cut *cut);

/* Whether any file that ever was, but the one with this name now, holds these
 * bytes on the disk still. */
bool disk_remembers(const void *bytes, size_t len, const char *but);

#endif
