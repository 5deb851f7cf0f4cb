/*
 * Bugs that are planted into the library where a program is linked: each
 * must break an invariant, or the simulator is blind there.
 */
#ifndef COVEY_SIM_PLANTED_H
#define COVEY_SIM_PLANTED_H

#include <stdbool.h>

/* False: there is no such bug here. */
bool planted_set(const char *name);

/* Keys of messages that were read are not used up: planted_mls.c. */
extern bool planted_reads_again;

/* The linker gives a function's own name to what is called __wrap_ and it,
 * and its body to __real_ and it. */
#define PLANTED(type, name, ...)                                               \
    type __real_##name(__VA_ARGS__);                                           \
    type __wrap_##name(__VA_ARGS__);                                           \
    type __wrap_##name(__VA_ARGS__)

#endif
