/*
 * The directory in which a device lives on the desk: its keys, its records
 * (file_store.h), its history (history.h).
 *
 * The keys lie in the file "host.key", which its owner alone can read, next to
 * what they open: who has the directory has the device. A product keeps them
 * elsewhere: in the Keystore or the Secure Enclave of a phone, in the secure
 * element or the fuses of a watch.
 */
#ifndef DESK_HOME_H
#define DESK_HOME_H

#include <covey/port.h>
#include <limits.h>

#include "complaint.h"

#define HOME_KEY_SIZE 32

typedef struct {
    char path[PATH_MAX - 64];
    int dir;
    int engine;                                  /* the lock of home_engine */
    uint8_t host_key[COVEY_STORE_HOST_KEY_SIZE]; /* the library's */
    uint8_t history_key[HOME_KEY_SIZE];          /* the history's */
} home;

/* The directory for this user: XDG's data directory, "covey". */
bool home_default(char path[PATH_MAX - 64], complaint *error);

/* Opens a directory; makes it, and keys, when `create` says so and there is
 * nothing yet. */
bool home_open(home *h, const char *path, bool create, complaint *error);
void home_close(home *h);

/* One process at a time runs the device. Whether it is this one, from now on
 * until it ends. */
bool home_engine(home *h);

#endif
