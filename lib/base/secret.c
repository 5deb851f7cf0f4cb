#include "base/secret.h"

/* The compiler may not assume anything about what passes here, so it cannot
 * turn masks back into branches. */
static uint32_t barrier(uint32_t value)
{
#if defined(__GNUC__) || defined(__clang__)
    __asm__("" : "+r"(value));
    return value;
#else
    volatile uint32_t hidden = value;
    return hidden;
#endif
}

void covey_wipe(void *at, size_t len)
{
    if (len == 0) return;
    memset(at, 0, len);
#if defined(__GNUC__) || defined(__clang__)
    __asm__ volatile("" : : "r"(at) : "memory");
#else
    volatile uint8_t *byte = at;
    for (size_t i = 0; i < len; i++) byte[i] = 0;
#endif
}

/* 1 when difference is 0, else 0, for a difference below 256. */
static bool is_zero(uint32_t difference)
{
    uint32_t bit = (barrier(difference) - 1) >> 31;
    bool result = bit != 0;

    COVEY_CT_PUBLIC(&result, sizeof result);
    return result;
}

bool covey_ct_equal(const void *a, const void *b, size_t len)
{
    const uint8_t *left = a;
    const uint8_t *right = b;
    uint32_t difference = 0;

    for (size_t i = 0; i < len; i++) difference |= left[i] ^ right[i];
    return is_zero(difference);
}

bool covey_ct_is_zero(const void *a, size_t len)
{
    const uint8_t *at = a;
    uint32_t difference = 0;

    for (size_t i = 0; i < len; i++) difference |= at[i];
    return is_zero(difference);
}
