/*
 * A set of leaf indices.
 */
#ifndef COVEY_MLS_LEAF_SET_H
#define COVEY_MLS_LEAF_SET_H

#include "base/limits.h"
#include "mls/tree_math.h"

typedef struct {
    uint32_t words[(COVEY_MLS_MEMBERS_MAX + 31) / 32];
} covey_leaf_set;

static inline bool covey_leaf_set_has(const covey_leaf_set *set,
                                      covey_leaf_index leaf)
{
    return leaf.value < COVEY_MLS_MEMBERS_MAX &&
           (set->words[leaf.value / 32] >> (leaf.value % 32) & 1) != 0;
}

/* leaf is below COVEY_MLS_MEMBERS_MAX. */
static inline void covey_leaf_set_add(covey_leaf_set *set,
                                      covey_leaf_index leaf)
{
    set->words[leaf.value / 32] |= (uint32_t)1 << (leaf.value % 32);
}

static inline void covey_leaf_set_drop(covey_leaf_set *set,
                                       covey_leaf_index leaf)
{
    set->words[leaf.value / 32] &= ~((uint32_t)1 << (leaf.value % 32));
}

static inline bool covey_leaf_set_is_empty(const covey_leaf_set *set)
{
    uint32_t any = 0;

    for (size_t i = 0; i < sizeof set->words / sizeof set->words[0]; i++) {
        any |= set->words[i];
    }
    return any == 0;
}

/* *set becomes what is not in `gone`. */
static inline void covey_leaf_set_subtract(covey_leaf_set *set,
                                           const covey_leaf_set *gone)
{
    for (size_t i = 0; i < sizeof set->words / sizeof set->words[0]; i++) {
        set->words[i] &= ~gone->words[i];
    }
}

#endif
