/*
 * Lets a fuzzer through where it would need a key or a preimage. Linked with
 * --wrap for each function of lenient.c; while fuzz_lenient is set, signatures
 * and tags of the right size are taken for valid, parent hashes for right, and
 * path secrets that do not open for zero. Everything else is the library's.
 */
#ifndef COVEY_FUZZ_LENIENT_H
#define COVEY_FUZZ_LENIENT_H

#include <stdbool.h>

extern bool fuzz_lenient;

#endif
