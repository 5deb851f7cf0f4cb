#include "complaint.h"

#include <stdarg.h>
#include <stdio.h>

bool complain(complaint *error, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    (void)vsnprintf(error->text, sizeof error->text, format, list);
    va_end(list);
    return false;
}
