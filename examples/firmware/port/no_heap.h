/*
 * Forced into protobuf-c's runtime when it is built for a board (-include;
 * see scripts/build-cross).
 *
 * Its default allocator names malloc and free, also where nobody uses it.
 * With these lines it has no memory to give: a call that forgot to pass an
 * allocator fails cleanly, and no heap is linked.
 */
#ifndef COVEY_FIRMWARE_NO_HEAP_H
#define COVEY_FIRMWARE_NO_HEAP_H

#include <stdlib.h>

static inline void *port_no_memory(size_t size)
{
    (void)size;
    return NULL;
}

static inline void port_no_free(void *at)
{
    (void)at;
}

#define malloc port_no_memory
#define free port_no_free

#endif
