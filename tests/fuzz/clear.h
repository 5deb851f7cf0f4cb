/*
 * AEAD that a fuzzer gets through. Linked with --wrap=covey_aead_open and
 * --wrap=covey_random_fill, which stays strict: what has a tag of zeros stands there in clear, while fuzz_lenient is set. What
 * was opened in earnest is noted, so that real blobs can be written in clear.
 */
#ifndef COVEY_FUZZ_CLEAR_H
#define COVEY_FUZZ_CLEAR_H

#include "base/bytes.h"

/* Notes what is opened from now on, or does not. */
void clear_note(bool on);

/* The same blob, of the same size, with each part in clear that was noted.
 * It is never freed. */
covey_bytes clear_blob(covey_bytes blob);

#endif
