#include "content/arena.h"

#define ALIGNMENT _Alignof(uint64_t)

void *covey_arena_take(covey_scratch *scratch, size_t len)
{
    uintptr_t at = (uintptr_t)scratch->at + scratch->used;
    size_t gap = (size_t)(-at % ALIGNMENT);
    size_t start = scratch->used;

    if (covey_scratch_take(scratch, gap) == NULL) return NULL;
    uint8_t *taken = covey_scratch_take(scratch, len);
    if (taken == NULL) scratch->used = start;
    return taken;
}

static void *take(void *scratch, size_t len)
{
    return covey_arena_take(scratch, len);
}

static void keep(void *scratch, void *at)
{
    (void)scratch;
    (void)at;
}

ProtobufCAllocator covey_arena_allocator(covey_scratch *scratch)
{
    return (ProtobufCAllocator){take, keep, scratch};
}
