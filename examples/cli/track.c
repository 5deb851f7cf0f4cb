#include "track.h"

#include <sodium.h>
#include <stdlib.h>

bool track_add(track *t, const covey_fix *fix)
{
    if (t->num >= TRACK_FIXES_MAX) return false;
    if (t->num == t->cap) {
        size_t cap = t->cap > 0 ? 2 * t->cap : 64;
        covey_fix *fixes = realloc(t->fixes, cap * sizeof *fixes);
        if (fixes == NULL) return false;
        t->fixes = fixes;
        t->cap = cap;
    }
    t->fixes[t->num++] = *fix;
    return true;
}

void track_free(track *t)
{
    if (t->fixes != NULL) sodium_memzero(t->fixes, t->cap * sizeof *t->fixes);
    free(t->fixes);
    *t = (track){NULL, 0, 0};
}

static int order(const void *left, const void *right)
{
    const covey_fix *a = left;
    const covey_fix *b = right;

    if (a->time_ms != b->time_ms) return a->time_ms < b->time_ms ? -1 : 1;
    if (a->lat_e7 != b->lat_e7) return a->lat_e7 < b->lat_e7 ? -1 : 1;
    if (a->lon_e7 != b->lon_e7) return a->lon_e7 < b->lon_e7 ? -1 : 1;
    return 0;
}

void track_sort(track *t)
{
    size_t kept = 0;

    if (t->num == 0) return;
    qsort(t->fixes, t->num, sizeof *t->fixes, order);
    for (size_t i = 0; i < t->num; i++) {
        if (i > 0 && order(&t->fixes[i], &t->fixes[kept - 1]) == 0) continue;
        t->fixes[kept++] = t->fixes[i];
    }
    t->num = kept;
}
