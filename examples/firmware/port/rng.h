/*
 * The random source of a device without an operating system: a generator on
 * ChaCha20 whose key is replaced by its own output at every call, so that a
 * dump of RAM says nothing about what was drawn before.
 *
 * It fails closed: before it was seeded, Covey's hook answers an error, and
 * libsodium, which cannot be told so, ends the program (sodium_misuse).
 * libsodium is built with it as its only source; see rng_default.h.
 */
#ifndef COVEY_FIRMWARE_RNG_H
#define COVEY_FIRMWARE_RNG_H

#include <covey/types.h>

/**
 * Mix 32 bytes from the hardware's entropy source into the generator. Call it
 * at start, before anything else, and again whenever fresh bytes are at hand.
 */
void port_rng_seed(const uint8_t entropy[32]);

/** The generator as the library asks for it; fails when it was not seeded. */
extern const covey_random port_random;

#endif
