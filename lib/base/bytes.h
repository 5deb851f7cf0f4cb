/*
 * A view of bytes that somebody else owns.
 */
#ifndef COVEY_BASE_BYTES_H
#define COVEY_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <covey/types.h>

static inline covey_bytes covey_bytes_of(const void *at, size_t len)
{
    return (covey_bytes){(const uint8_t *)at, len};
}

/* A C string without its end. */
static inline covey_bytes covey_bytes_of_text(const char *text)
{
    return covey_bytes_of(text, strlen(text));
}

/* For public values only: it stops at the first difference. */
static inline bool covey_bytes_same(covey_bytes a, covey_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* memcpy that takes (NULL, 0). */
static inline void covey_copy(void *to, const void *from, size_t len)
{
    if (len != 0) memcpy(to, from, len);
}

#endif
