#include "support/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* A mapping is: a page with this header, a guard, the buffer's pages, a
 * guard. */
typedef struct mapping {
    struct mapping *next;
    size_t size;
} mapping;

static mapping *mappings;

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* The buffer's pages, as many as len bytes need. */
static uint8_t *map(size_t len, size_t *pages_len)
{
    size_t page = page_size();
    size_t data = (len + page - 1) / page * page;
    size_t size = data + 3 * page;
    uint8_t *at = mmap(NULL, size, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (at == MAP_FAILED || mprotect(at, page, PROT_READ | PROT_WRITE) != 0 ||
        (data != 0 &&
         mprotect(at + 2 * page, data, PROT_READ | PROT_WRITE) != 0)) {
        perror("guarded buffer");
        abort();
    }

    mapping *m = (mapping *)(void *)at;

    *m = (mapping){mappings, size};
    mappings = m;
    *pages_len = data;
    return at + 2 * page;
}

uint8_t *guard_end(size_t len)
{
    size_t pages_len;
    uint8_t *at = map(len, &pages_len);

    return at + pages_len - len;
}

uint8_t *guard_start(size_t len)
{
    size_t pages_len;

    return map(len, &pages_len);
}

covey_bytes guard_copy(covey_bytes bytes)
{
    uint8_t *at = guard_end(bytes.len);

    covey_copy(at, bytes.at, bytes.len);
    return covey_bytes_of(at, bytes.len);
}

void guard_free_all(void)
{
    while (mappings != NULL) {
        mapping *m = mappings;
        mappings = m->next;
        (void)munmap(m, m->size);
    }
}
