/*
 * A family that goes on while the relay is under attack: appends and reads
 * without pause, and remembers how long it took.
 */
#ifndef HONEST_H
#define HONEST_H

#include "relay_program.h"

typedef struct honest honest;

honest *honest_start(const relay_program *relay);

/* Ends it; fails the test when anything went wrong, when it got nowhere, or
 * when one answer took longer than that. */
void honest_stop(honest *family, const char *during, unsigned longest_ms);

#endif
