/*
 * The only memory that protobuf-c gets: a piece of the caller's scratch. It
 * ends; then there is none, and what asked for it fails.
 *
 * Why it needs to: an unknown field of two bytes costs protobuf-c 32 bytes of
 * memory, a packed number of one byte 8, and a message of 8 KiB could so ask
 * for 128 KiB.
 */
#ifndef COVEY_CONTENT_ARENA_H
#define COVEY_CONTENT_ARENA_H

#include <protobuf-c/protobuf-c.h>

#include "base/scratch.h"

/* len bytes, aligned as for uint64_t; NULL when there are not so many. */
void *covey_arena_take(covey_scratch *scratch, size_t len);

/* Hands out the scratch's memory, and takes none back. Points to the
 * scratch. */
ProtobufCAllocator covey_arena_allocator(covey_scratch *scratch);

#endif
