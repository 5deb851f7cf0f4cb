#include "planted.h"

bool planted_set(const char *name)
{
    (void)name;
    return false;
}
