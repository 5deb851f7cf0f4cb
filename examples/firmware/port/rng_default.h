/*
 * Forced into every file of libsodium when it is built for a board
 * (-include; see scripts/build-cross).
 *
 * libsodium's own default opens /dev/urandom and aborts where there is none.
 * With these two lines it uses the port's generator (rng.c) from its first
 * call on: there is no call to randombytes_set_implementation that somebody
 * could forget, and no other source left in the image.
 */
#ifndef COVEY_FIRMWARE_RNG_DEFAULT_H
#define COVEY_FIRMWARE_RNG_DEFAULT_H

struct randombytes_implementation;
extern const struct randombytes_implementation port_rng;

#define RANDOMBYTES_CUSTOM_IMPLEMENTATION 1
#define RANDOMBYTES_DEFAULT_IMPLEMENTATION (&port_rng)

#endif
